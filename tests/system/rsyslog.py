"""A real rsyslogd with our documented file, on a socket of its own.

Debian lets only one of syslog-ng and rsyslog be installed, and the other tests have syslog-ng: rsyslogd may
also stand unpacked below build/rsyslog, where .ci/run puts it.
"""

import asyncio
import signal
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.end_to_end.harness import ROOT
from tests.system.machine import START_TIMEOUT, write

PLACES = (ROOT / "build" / "rsyslog", Path("/"))
DOCUMENTED = ROOT / "docs" / "examples" / "rsyslog.conf"
HELPER = ROOT / "contrib" / "rsyslog" / "powertrip-omprog"
SURROUNDINGS = """
global(workDirectory="{folder}/work")
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="{folder}/log")
"""
"""What the rest of rsyslog's configuration does on a server."""


def where_rsyslog_is() -> Path | None:
    """The root below which rsyslogd and its modules are; None if there are none."""
    return next((place for place in PLACES if (place / "usr/sbin/rsyslogd").exists()), None)


def furnished(folder: Path, ingest: str, secret: str) -> Path:
    """The configuration that posts to the address `ingest`, and all that it names."""
    (folder / "work").mkdir(parents=True)
    documented = DOCUMENTED.read_text(encoding="utf-8")
    for placeholder, ours in (
        ("https://powertrip.example.com/ingest/syslog", ingest),
        ("/usr/local/sbin/powertrip-omprog", str(HELPER)),
        ("/etc/powertrip-omprog.secret", f"{folder}/secret"),
        ("/var/log/powertrip-omprog.log", f"{folder}/helper.log"),
    ):
        assert placeholder in documented
        documented = documented.replace(placeholder, ours)
    (folder / "secret").touch(mode=0o600)
    write(folder / "secret", secret)
    write(folder / "rsyslog.conf", SURROUNDINGS.format(folder=folder) + documented)
    return folder / "rsyslog.conf"


@dataclass
class Rsyslog:
    """The daemon, which can be killed and started again."""

    folder: Path
    root: Path
    process: Process | None = None

    async def start(self) -> None:
        """Start, and wait for the socket."""
        (self.folder / "log").unlink(missing_ok=True)
        (self.folder / "pid").unlink(missing_ok=True)
        (modules,) = self.root.glob("usr/lib/*/rsyslog")
        with (self.folder / "rsyslogd.log").open("ab") as output:
            self.process = await asyncio.create_subprocess_exec(
                *(self.root / "usr/sbin/rsyslogd", "-n", "-f", self.folder / "rsyslog.conf"),
                *("-i", self.folder / "pid", "-M", modules),
                stdin=DEVNULL,
                stdout=output,
                stderr=output,
            )
        await self._until((self.folder / "log").exists)

    async def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it, by default as a shutdown does."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(number)
        await self.process.wait()

    async def log(self, message: str, *, tag: str = "sshd[99]", priority: str = "auth.info") -> None:
        """Write to the socket what a program writes to /dev/log."""
        logger = await asyncio.create_subprocess_exec(
            "logger", "-u", self.folder / "log", "-t", tag, "-p", priority, "--", message
        )
        assert await logger.wait() == 0

    async def until_on_disk(self, text: str) -> None:
        """Return once the queue's files hold the text."""
        await self._until(lambda: any(text in self._read(file) for file in self._queue()))

    def _queue(self) -> list[Path]:
        return list((self.folder / "work").glob("powertrip.0*"))

    @staticmethod
    def _read(file: Path) -> str:
        return file.read_text(encoding="utf-8", errors="replace")

    async def _until(self, holds: Callable[[], bool]) -> None:
        assert self.process is not None
        async with asyncio.timeout(START_TIMEOUT):
            while not holds():
                assert self.process.returncode is None, (self.folder / "rsyslogd.log").read_text()
                await asyncio.sleep(0.05)
