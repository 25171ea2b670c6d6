"""`bot.py` as a process of its own, forked from one that has loaded it: loading takes a second each time."""

import asyncio
import atexit
import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import IO

LOADED = Path(__file__).with_name("loaded.py")
ENDED_WITH_INPUT = 10.0


class Forked:
    """A process, with those words for it that asyncio has."""

    def __init__(self, pid: int, said: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._said = said
        self._writer = writer
        self._watching = asyncio.create_task(self._watch())

    def send_signal(self, number: int) -> None:
        """Send it a signal; raises ProcessLookupError once it has ended."""
        if self.returncode is not None:
            raise ProcessLookupError(self.pid)
        os.kill(self.pid, number)

    async def wait(self) -> int:
        """Its exit status, or minus the signal that ended it."""
        return await asyncio.shield(self._watching)

    async def _watch(self) -> int:
        # The connection is closed with the event loop too, and with it ends the process.
        with closing(self._writer):
            self.returncode = int(await self._said.readline())
        return self.returncode


async def forked(arguments: Sequence[str], environment: Mapping[str, str], output: IO[bytes]) -> Forked:
    """Start the script and its arguments, with no input, and both its outputs in a file."""
    ours, theirs = socket.socketpair()
    with theirs:
        order = json.dumps([arguments, dict(environment)]).encode()
        socket.send_fds(_loaded(), [order], [output.fileno(), theirs.fileno()])
    said, writer = await asyncio.open_connection(sock=ours)
    return Forked(int(await said.readline()), said, writer)


def can_fork() -> bool:
    """Whether this machine tells of the end of processes as this needs it: Linux does."""
    return hasattr(os, "pidfd_open") and hasattr(socket, "send_fds")


@cache
def _loaded() -> socket.socket:
    """Where the one that has loaded it takes orders."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    environment = {"PATH": os.environ["PATH"]}
    with theirs:
        command = [sys.executable, str(LOADED)]
        # In a session of its own: who interrupts pytest ends it by the end of its input.
        process = subprocess.Popen(command, stdin=theirs.fileno(), env=environment, start_new_session=True)

    def end() -> None:
        ours.close()
        process.wait(ENDED_WITH_INPUT)

    atexit.register(end)
    return ours
