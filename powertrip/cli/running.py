"""Runs a process until a signal stops it, and reloads the configuration on SIGHUP."""

import asyncio
import gc
import signal
from collections.abc import Callable

import structlog

from powertrip.errors import ConfigError
from powertrip.runtime.app import Running, powertrip
from powertrip.settings import Config

log = structlog.get_logger(__name__)


async def run_until_stopped(
    config: Config, read_config: Callable[[], Config], *, serves_web: bool, works: bool
) -> None:
    """Start, stay until SIGTERM or SIGINT, reload on SIGHUP, stop in order; raises ConfigError."""
    loop, stopping, reloads = asyncio.get_running_loop(), asyncio.Event(), asyncio.Queue[None]()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    loop.add_signal_handler(signal.SIGHUP, reloads.put_nowait, None)

    async def serve() -> None:
        async with powertrip(config, serves_web=serves_web, works=works) as running:
            # What is there now lives to the end: to look for garbage in it takes 70 ms each time.
            gc.freeze()
            while True:
                # A queue, not an event: a signal that comes during a reload must lead to another.
                await reloads.get()
                await _reload(running, read_config)

    serving, signalled = asyncio.create_task(serve()), asyncio.create_task(stopping.wait())
    # The start may fail before any signal comes.
    await asyncio.wait({serving, signalled}, return_when=asyncio.FIRST_COMPLETED)
    if not serving.done():
        log.info("stopping")
        serving.cancel()
    try:
        await serving
    except asyncio.CancelledError:
        log.info("stopped")


async def _reload(running: Running, read_config: Callable[[], Config]) -> None:
    try:
        # In a thread: it reads files and compiles rules, while senders wait for answers.
        config = await asyncio.to_thread(read_config)
        waiting = await running.reload(config)
    except ConfigError as error:
        mistakes = [str(item) for item in error.mistakes]
        log.error("configuration not reloaded, the one in force stays", mistakes=mistakes)
        return
    log.info("configuration reloaded", warnings=list(map(str, config.warnings)))
    if waiting:
        log.warning("changed settings take effect at a restart only", settings=list(waiting))
