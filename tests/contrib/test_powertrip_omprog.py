"""The program between rsyslog and Powertrip: it confirms what is kept, and nothing else."""

import asyncio
import json
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web

from tests.contrib.server import SECRET
from tests.end_to_end.harness import ROOT, free_port

PROGRAM = ROOT / "contrib" / "rsyslog" / "powertrip-omprog"
BEGIN, COMMIT = "BEGIN TRANSACTION", "COMMIT TRANSACTION"
MESSAGES = [json.dumps({"message": f" login {number} zoë"}, ensure_ascii=False) for number in range(4)]
PATIENCE = 20.0


@dataclass
class Answers:
    """A server that answers with one status after the other, the last one for ever."""

    statuses: list[int] = field(default_factory=lambda: [200])
    headers: dict[str, str] = field(default_factory=dict)
    largest: int = 1 << 20
    bodies: list[bytes] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)
    authorizations: list[str | None] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        """Answer as told."""
        body = await request.read()
        self.methods.append(request.method)
        self.authorizations.append(request.headers.get("Authorization"))
        if body.count(b"\n") >= self.largest:
            return web.Response(status=413)
        self.bodies.append(body)
        status = self.statuses[0] if len(self.statuses) == 1 else self.statuses.pop(0)
        return web.Response(status=status, headers=self.headers)


@asynccontextmanager
async def answering(answers: Answers, port: int) -> AsyncIterator[str]:
    """The server, at the address that is given."""
    app = web.Application()
    app.router.add_route("*", "/ingest/syslog", answers.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}/ingest/syslog"
    finally:
        await runner.cleanup()


@dataclass
class Rsyslog:
    """The other end of the pipe."""

    process: Process

    async def hear(self) -> str:
        """The program's next line."""
        assert self.process.stdout
        async with asyncio.timeout(PATIENCE):
            return (await self.process.stdout.readline()).decode().rstrip("\n")

    async def say(self, *lines: str) -> list[str]:
        """Write lines, each once the one before is answered; returns the answers."""
        assert self.process.stdin
        heard = []
        for line in lines:
            self.process.stdin.write(f"{line}\n".encode())
            heard.append(await self.hear())
        return heard

    async def hang_up(self) -> tuple[int | None, str]:
        """Close the pipe; returns the status and what the program had said on stderr."""
        _, errors = await self.process.communicate(b"")
        return self.process.returncode, errors.decode()


@asynccontextmanager
async def started(*arguments: str | Path) -> AsyncIterator[Rsyslog]:
    """The program as rsyslog starts it."""
    process = await asyncio.create_subprocess_exec(PROGRAM, *arguments, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    try:
        yield Rsyslog(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """The file with the secret."""
    path = tmp_path / "secret"
    path.touch(mode=0o600)
    path.write_text(f"{SECRET}\n", encoding="utf-8")
    return path


async def test_a_transaction_is_one_request_and_confirmed_when_it_is_answered(secret: Path) -> None:
    answers = Answers()
    async with answering(answers, free_port()) as url, started(url, secret) as rsyslog:
        assert await rsyslog.hear() == "OK"
        heard = await rsyslog.say(BEGIN, *MESSAGES[:3])
        assert heard == ["OK", "DEFER_COMMIT", "DEFER_COMMIT", "DEFER_COMMIT"]
        assert answers.bodies == []
        assert await rsyslog.say(COMMIT) == ["OK"]
        assert await rsyslog.hang_up() == (0, "")
    assert answers.bodies == ["\n".join(MESSAGES[:3]).encode()]
    assert answers.authorizations == [f"Bearer {SECRET}"]


async def test_a_message_outside_of_a_transaction_is_sent_at_once(secret: Path) -> None:
    answers = Answers()
    async with answering(answers, free_port()) as url, started(url, secret) as rsyslog:
        assert await rsyslog.hear() == "OK"
        assert await rsyslog.say(MESSAGES[0], BEGIN, COMMIT) == ["OK", "OK", "OK"]
    assert answers.bodies == [MESSAGES[0].encode()]


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 403, 404, 413, 429, 500, 502, 503])
async def test_what_is_not_committed_is_not_confirmed(secret: Path, status: int) -> None:
    """Neither a redirection, which is followed by a GET elsewhere."""
    answers = Answers([status, 200], {"Location": "/ingest/syslog"})
    async with answering(answers, free_port()) as url, started(url, secret) as rsyslog:
        assert await rsyslog.hear() == "OK"
        *_, refused = await rsyslog.say(BEGIN, MESSAGES[0], COMMIT)
        assert refused.startswith(f"ERROR Powertrip answered {status}")
        assert (await rsyslog.say(BEGIN, MESSAGES[0], COMMIT))[-1] == "OK"
        status_and_errors = await rsyslog.hang_up()
    assert answers.methods == ["POST", "POST"]
    assert f"answered {status}" in status_and_errors[1]


async def test_while_powertrip_is_away_nothing_is_confirmed_and_afterwards_it_is(secret: Path) -> None:
    port, answers = free_port(), Answers()
    async with started(f"http://127.0.0.1:{port}/ingest/syslog", secret) as rsyslog:
        assert await rsyslog.hear() == "OK"
        assert (await rsyslog.say(MESSAGES[0]))[
            0
        ] == "ERROR no answer from Powertrip (ConnectionRefusedError)"
        async with answering(answers, port):
            assert await rsyslog.say(MESSAGES[0]) == ["OK"]
    assert answers.bodies == [MESSAGES[0].encode()]


async def test_a_server_that_hangs_up_has_taken_nothing(secret: Path) -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, started(f"http://127.0.0.1:{port}/ingest/syslog", secret) as rsyslog:
        assert await rsyslog.hear() == "OK"
        assert (await rsyslog.say(MESSAGES[0]))[0].startswith("ERROR no answer")


async def test_what_no_retry_can_save_is_dropped_with_a_word(secret: Path) -> None:
    async with answering(Answers([422]), free_port()) as url, started(url, secret) as rsyslog:
        assert await rsyslog.hear() == "OK"
        assert (await rsyslog.say(BEGIN, *MESSAGES[:2], COMMIT))[-1] == "OK"
        _, errors = await rsyslog.hang_up()
    assert "cannot read 2 messages (422)" in errors


async def test_a_batch_that_is_too_large_is_sent_in_parts(secret: Path) -> None:
    answers = Answers(largest=1)
    async with answering(answers, free_port()) as url, started(url, secret) as rsyslog:
        assert await rsyslog.hear() == "OK"
        assert (await rsyslog.say(BEGIN, *MESSAGES, COMMIT))[-1] == "OK"
    assert answers.bodies == [message.encode() for message in MESSAGES]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
async def test_a_secret_that_others_may_read_is_refused(secret: Path, mode: int) -> None:
    await asyncio.to_thread(secret.chmod, mode)
    async with started("http://127.0.0.1:1/ingest/syslog", secret) as rsyslog:
        status, errors = await rsyslog.hang_up()
    assert status == 2
    assert "chmod 600" in errors
    assert SECRET not in errors


@pytest.mark.parametrize("content", ["", "\n", "two\nlines", "zoë"])
async def test_a_file_without_a_secret_is_refused(secret: Path, content: str) -> None:
    await asyncio.to_thread(secret.write_text, content, encoding="utf-8")
    async with started("http://127.0.0.1:1/ingest/syslog", secret) as rsyslog:
        status, errors = await rsyslog.hang_up()
    assert status == 2
    assert str(secret) in errors


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://powertrip.example.com/ingest/syslog", "https://"),
        ("powertrip.example.com", "/ingest/NAME"),
        ("ftp://powertrip.example.com/", "/ingest/NAME"),
    ],
)
async def test_an_address_that_would_not_do_is_refused(secret: Path, url: str, words: str) -> None:
    async with started(url, secret) as rsyslog:
        status, errors = await rsyslog.hang_up()
    assert (status, words in errors) == (2, True)


async def test_without_arguments_it_tells_how_it_is_used() -> None:
    async with started() as rsyslog:
        status, errors = await rsyslog.hang_up()
    assert (status, "usage:" in errors) == (2, True)
