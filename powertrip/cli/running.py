"""Running a process until it is told to stop: signals, reload, and the exit."""

import asyncio
import signal
from collections.abc import Callable

import structlog

from powertrip.application import Application
from powertrip.config import Config
from powertrip.errors import ConfigError

log = structlog.get_logger(__name__)

READING = "cannot be used; the configuration in force stays"


async def run_until_stopped(
    config: Config, read_config: Callable[[], Config], *, serves_web: bool, works: bool
) -> None:
    """Start, stay until SIGTERM or SIGINT, reload on SIGHUP, stop in order; raises ConfigError."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    application = Application(config, serves_web=serves_web, works=works)
    reloads: set[asyncio.Task[None]] = set()

    def reload() -> None:
        task = asyncio.create_task(_reload(application, read_config))
        reloads.add(task)
        task.add_done_callback(reloads.discard)

    loop.add_signal_handler(signal.SIGHUP, reload)
    try:
        await _start_or_stop(application, stopping)
        await stopping.wait()
        log.info("stopping")
    finally:
        await application.stop()


async def _start_or_stop(application: Application, stopping: asyncio.Event) -> None:
    """Start, and give up at once if told to stop while Slack is still out of reach."""
    starting = asyncio.create_task(application.start())
    waiting = asyncio.create_task(stopping.wait())
    await asyncio.wait({starting, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if starting.done():
        starting.result()
    else:
        starting.cancel()
        await asyncio.wait({starting})


async def _reload(application: Application, read_config: Callable[[], Config]) -> None:
    try:
        config = await asyncio.to_thread(read_config)
        await application.reload(config)
    except ConfigError as error:
        log.error(f"the changed configuration {READING}", mistakes=[str(item) for item in error.mistakes])
    else:
        log.info("the changed configuration is in force", warnings=list(config.warnings))
