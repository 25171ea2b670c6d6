"""Runs `bot.py`: in this process, which takes no second to load, or in one of its own."""

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any, Self, TypeVar

import structlog
from typer.testing import CliRunner

from powertrip import log
from powertrip.cli import app, shared
from powertrip.store.database_in_use import database
from tests.end_to_end.harness import ROOT

Answer = TypeVar("Answer")

PATIENCE = 60
WIDTH = 200


@dataclass(frozen=True)
class Ended:
    """What a command left behind."""

    status: int | None
    out: str
    errors: str

    @property
    def said(self) -> str:
        """All that it wrote."""
        return self.out + self.errors


def surroundings(**variables: str) -> dict[str, str]:
    """The environment of a command: nothing of the one that runs the tests."""
    return {"PATH": os.environ["PATH"], "COLUMNS": str(WIDTH), **variables}


def bot(*arguments: str, folder: Path, typed: str = "", **environment: str) -> Ended:
    """Run `bot.py` here, in a folder, with something on its standard input; a fault of ours is raised."""
    cleared: dict[str, str | None] = dict.fromkeys(os.environ)
    for terminal in (shared.console, shared.complaints):
        terminal.width = WIDTH  # rich reads COLUMNS once, when the module is loaded
    with contextlib.chdir(folder), forgotten_afterwards():
        result = CliRunner().invoke(
            app,
            list(arguments),
            input=typed.encode(),
            env=cleared | surroundings(**environment),
            catch_exceptions=False,
        )
    return Ended(result.exit_code, result.stdout, result.stderr)


@contextmanager
def forgotten_afterwards() -> Iterator[None]:
    """What a command sets up for its process is as it was before."""
    root = logging.getLogger()
    handlers, level, secrets = list(root.handlers), root.level, set(log._secrets)
    levels = {name: logging.getLogger(name).level for name in log._QUIET_LIBRARIES}
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        for name, quiet in levels.items():
            logging.getLogger(name).setLevel(quiet)
        logging.captureWarnings(False)
        structlog.reset_defaults()
        log._secrets.clear()
        log._secrets.update(secrets)
        database.initialize(None)


async def started(*arguments: str, folder: Path, **environment: str) -> asyncio.subprocess.Process:
    """`bot.py` in a process of its own, with its three streams."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        str(ROOT / "bot.py"),
        *arguments,
        cwd=folder,
        env=surroundings(**environment),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def bot_process(*arguments: str, folder: Path, typed: bytes = b"", **environment: str) -> Ended:
    """Run `bot.py` in a process of its own, and wait for its end."""
    process = await started(*arguments, folder=folder, **environment)
    async with asyncio.timeout(PATIENCE):
        out, errors = await process.communicate(typed)
    return Ended(process.returncode, out.decode(), errors.decode())


class Elsewhere:
    """An event loop on a thread of its own: what a command talks to while it holds this thread."""

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="elsewhere")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def run(self, step: Coroutine[Any, Any, Answer]) -> Answer:
        """Await a step there."""
        return asyncio.run_coroutine_threadsafe(step, self._loop).result(PATIENCE)

    @contextmanager
    def within(self, manager: AbstractAsyncContextManager[Answer]) -> Iterator[Answer]:
        """Hold something open there."""
        opened = self.run(_entered(manager))
        try:
            yield opened
        finally:
            self.run(_left(manager))


async def _entered(manager: AbstractAsyncContextManager[Answer]) -> Answer:
    return await manager.__aenter__()


async def _left(manager: AbstractAsyncContextManager[Any]) -> None:
    await manager.__aexit__(None, None, None)
