"""A server below a folder that powertrip-login is installed on, and the Powertrip that it tells of logins."""

import asyncio
import contextlib
import json
import os
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from powertrip.domain.record import Gap, Record
from powertrip.ingest.contract import Limits
from powertrip.ingest.http import build_app
from powertrip.ingest.server import WebServer
from powertrip.metrics import Metrics
from tests.sources.posting import source

CONTRIB = Path(__file__).parents[2] / "contrib" / "pam"
SECRET = "the-secret-of-the-servers"
SOURCE = "servers"
NEEDED = ("curl", "sha256sum", "od", "awk", "flock", "setsid", "logger")
PAM_FILE = """\
#%PAM-1.0
# Logins over SSH.

auth     include   common-auth
session  required  pam_limits.so
session  optional  pam_env.so user_readenv=1
"""
LOGIN = {
    "PAM_TYPE": "open_session",
    "PAM_SERVICE": "sshd",
    "PAM_USER": "alice",
    "PAM_RHOST": "192.0.2.10",
    "PAM_TTY": "ssh",
}


@dataclass(frozen=True, slots=True)
class Ended:
    """A program that has run."""

    status: int
    output: str


async def run(*command: str | Path, given: str = "", environ: dict[str, str] | None = None) -> Ended:
    """Run a program with `given` on its standard input, to the end of all that holds its output open."""
    process = await asyncio.create_subprocess_exec(
        *command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environ, start_new_session=True
    )
    output, errors = await process.communicate(given.encode())
    assert process.returncode is not None
    return Ended(process.returncode, (output + errors).decode())


@dataclass(frozen=True, slots=True)
class Server:
    """The files below `root`."""

    root: Path

    @property
    def script(self) -> Path:
        """The installed powertrip-login."""
        return self.root / "usr/local/sbin/powertrip-login"

    @property
    def pam_file(self) -> Path:
        """What PAM does for sshd."""
        return self.root / "etc/pam.d/sshd"

    @property
    def spool(self) -> Path:
        """Where logins wait."""
        return self.root / "var/spool/powertrip-login"

    def waiting(self) -> list[dict[str, Any]]:
        """The logins that wait, the oldest first."""
        found = []
        for path in sorted(self.spool.glob("*.json")):
            # One that was sent between the two does not wait any more.
            with contextlib.suppress(FileNotFoundError):
                found.append(json.loads(path.read_bytes()))
        return found

    async def install(self, *arguments: str, secret: str = SECRET) -> Ended:
        """Run contrib/pam/install."""
        return await run(CONTRIB / "install", "--root", str(self.root), *arguments, given=secret)

    async def open_session(self, **changes: str) -> Ended:
        """What PAM does when a session opens."""
        return await run(self.script, environ=LOGIN | changes)

    async def tell(self, *shell: str, environ: dict[bytes, bytes] | None = None) -> Ended:
        """Only what happens in the background then, and wait for it."""
        whole = {os.fsencode(name): os.fsencode(value) for name, value in LOGIN.items()} | (environ or {})
        process = await asyncio.create_subprocess_exec(
            *shell, self.script, "--login", "4242", stdout=PIPE, stderr=PIPE, env=whole
        )
        output, errors = await process.communicate()
        assert process.returncode is not None
        return Ended(process.returncode, (output + errors).decode())

    async def flush(self) -> Ended:
        """What the timer does."""
        return await run(self.script, "--flush")

    def change_script(self, old: str, new: str) -> None:
        """Put `new` in place of `old` in the installed script."""
        text = self.script.read_text(encoding="utf-8")
        assert text.count(old) == 1
        self.script.write_text(text.replace(old, new), encoding="utf-8")


def furnished(root: Path) -> Server:
    """A server with PAM and nothing else."""
    (root / "etc/pam.d").mkdir(parents=True)
    server = Server(root)
    server.pam_file.write_text(PAM_FILE, encoding="utf-8")
    server.pam_file.chmod(0o644)
    return server


@dataclass
class Kept:
    """The inbox: a list, which can be told to wait or to fail."""

    records: list[Record] = field(default_factory=list)
    quarantined: list[bytes] = field(default_factory=list)
    failure: Exception | None = None
    requests: int = 0
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    def __post_init__(self) -> None:
        self.may_answer.set()

    async def put(self, records: Sequence[Record], gaps: Sequence[Gap] = ()) -> int:  # noqa: ARG002
        """See `powertrip.ingest.contract.Inbox`."""
        self.requests += 1
        self.asked.set()
        await self.may_answer.wait()
        if self.failure:
            raise self.failure
        known = {record.record_id for record in self.records}
        new = [record for record in records if record.record_id not in known]
        self.records += new
        async with self.changed:
            self.changed.notify_all()
        return len(new)

    async def quarantine_body(
        self,
        _source: str,
        body: bytes,
        _reason: str,
        _received_at: datetime,
        _headers: Mapping[str, str] | None = None,
    ) -> None:
        """See `powertrip.ingest.contract.Inbox`."""
        self.quarantined.append(body)

    async def until(self, count: int) -> list[dict[str, Any]]:
        """The records as JSON, once there are so many."""
        async with self.changed:
            await self.changed.wait_for(lambda: len(self.records) >= count)
        return [json.loads(record.raw) for record in self.records]


@asynccontextmanager
async def receiving(kept: Kept, port: int, secret: str = SECRET) -> AsyncIterator[None]:
    """Powertrip's ingest endpoint with a source of type `pam`, on this port."""
    app = build_app(
        sources=lambda: {SOURCE: source("pam", secret=secret)},
        limits=Limits,
        inbox=kept,
        metrics=Metrics(),
        clock=lambda: datetime.now(UTC),
    )
    server = WebServer(app, "127.0.0.1", port)
    await server.start()
    try:
        yield
    finally:
        await server.stop()
