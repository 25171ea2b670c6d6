"""The script that PAM runs: what it tells, that it never keeps a login waiting, and that it forgets none."""

import asyncio
import json
import os
import shutil
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from powertrip.errors import StoreUnavailable
from tests.contrib.server import SECRET, Kept, Server, receiving, run
from tests.samples import PAM_LOGIN

SHELLS = [("dash",), ("bash", "--posix"), ("busybox", "sh")]
HOSTILE = [
    b'quote" and \\ backslash\\',
    b'","user":"root","x":"',
    b"line\nfeed\r\ttab\x01\x1f\x7f\x1b[31m",
    b"$(touch pwned) `touch pwned` ; touch pwned | & > pwned",
    b"%s%n\\n\\0\\x41%d",
    b"-n",
    b"--login",
    b"*",
    b"  blanks  ",
    b"name=value",
    "zoë 日本 \U0001f511 \u202eecila".encode(),
    b"not UTF-8: \xff\xc3(\xed\xa0\x80",
    b"",
]


def each_shell() -> list[object]:
    return [
        pytest.param(
            shell,
            id=shell[0],
            marks=pytest.mark.skipif(shutil.which(shell[0]) is None, reason=f"there is no {shell[0]} here"),
        )
        for shell in SHELLS
    ]


@pytest.mark.parametrize("shell", each_shell())
async def test_a_login_is_told_with_all_that_pam_knows(
    server: Server, kept: Kept, port: int, shell: tuple[str, ...]
) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    async with receiving(kept, port):
        ended = await server.tell(*shell)

    assert (ended.status, ended.output) == (0, "")
    [record] = kept.records
    told = json.loads(record.raw)
    assert told.pop("id") == record.record_id
    assert told.pop("time") == record.occurred_at.timestamp() if record.occurred_at else None
    rest = {name: value for name, value in PAM_LOGIN.items() if name not in ("id", "time")}
    assert told == rest | {"host": os.uname().nodename}
    assert record.occurred_at
    assert before <= record.occurred_at <= datetime.now(UTC)
    assert server.waiting() == []


@pytest.mark.parametrize("shell", each_shell())
@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
async def test_hostile_names_arrive_as_they_are(
    server: Server, kept: Kept, port: int, shell: tuple[str, ...], text: bytes
) -> None:
    async with receiving(kept, port):
        await server.tell(*shell, environ={b"PAM_USER": text, b"PAM_RHOST": text})

    [told] = await kept.until(1)
    assert told["user"] == told["rhost"] == text.decode("utf-8", "replace")
    assert "pwned" not in {*os.listdir(server.root), *os.listdir(server.spool), *os.listdir("/")}


async def test_an_endless_name_is_cut(server: Server, kept: Kept, port: int) -> None:
    async with receiving(kept, port):
        await server.tell(environ={b"PAM_USER": b"a" * 100_000})

    [told] = await kept.until(1)
    assert told["user"] == "a" * 1000


@pytest.mark.parametrize(
    "secret",
    ["4f9a1c7be2d03568", "9c8e2f7a1b6d4035" * 3 + "7e1f08d2c4b6a593", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"],
)
async def test_the_signature_holds_for_every_secret_that_the_config_takes(
    bare_server: Server, kept: Kept, port: int, secret: str
) -> None:
    ended = await bare_server.install(f"http://127.0.0.1:{port}/ingest/servers", secret=secret)
    assert ended.status == 0, ended.output

    async with receiving(kept, port, secret):
        await bare_server.tell()

    assert len(kept.records) == 1


async def test_opening_a_session_does_not_wait_for_powertrip(server: Server, kept: Kept, port: int) -> None:
    kept.may_answer.clear()
    async with receiving(kept, port):
        ended = await server.open_session()
        assert (ended.status, ended.output) == (0, "")
        # Had the script waited for the answer, the request would be over by now, and never be accepted.
        kept.may_answer.set()
        [told] = await kept.until(1)

    assert told["user"] == "alice"


async def test_what_tells_powertrip_is_in_a_session_of_its_own(server: Server, kept: Kept, port: int) -> None:
    kept.may_answer.clear()
    async with receiving(kept, port):
        await server.open_session()
        await kept.asked.wait()
        scripts = processes_with(f"{server.script}\0--login")
        sessions = {os.getsid(process) for process in (*scripts, *processes_with(f":{port}/ingest"))}
        kept.may_answer.set()
        await kept.until(1)

    assert len(sessions) == 1
    assert sessions <= set(scripts)


def processes_with(text: str) -> list[int]:
    """The processes that have it on their command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if text.encode() in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            continue  # it has ended
    return found


async def test_the_end_of_a_session_is_not_told(server: Server, kept: Kept, port: int) -> None:
    async with receiving(kept, port):
        ended = await server.open_session(PAM_TYPE="close_session", PAM_USER="bob")
        await server.open_session()
        told = await kept.until(1)

    assert ended.status == 0
    assert [record["user"] for record in told] == ["alice"]
    assert "bob" not in {record["user"] for record in server.waiting()}


@pytest.mark.parametrize("change", ["etc/powertrip-login/secret", "etc/powertrip-login/url"])
async def test_a_server_that_is_not_set_up_lets_people_in_and_keeps_their_logins(
    server: Server, change: str
) -> None:
    (server.root / change).unlink()

    assert (await server.open_session()).status == 0
    await server.tell()

    assert "alice" in {record["user"] for record in server.waiting()}


async def test_a_login_while_powertrip_is_away_is_told_later_with_its_own_time(
    server: Server, kept: Kept, port: int
) -> None:
    await server.tell()
    [waiting] = server.waiting()
    assert (await server.flush()).status == 1
    long_ago = {**waiting, "time": 1_700_000_000}
    [path] = server.spool.glob("*.json")
    path.write_text(json.dumps(long_ago), encoding="utf-8")

    async with receiving(kept, port):
        ended = await server.flush()

    assert ended.status == 0
    [record] = kept.records
    assert record.record_id == waiting["id"]
    assert record.occurred_at == datetime.fromtimestamp(1_700_000_000, UTC)
    assert server.waiting() == []


async def test_the_next_login_tells_of_those_that_waited(server: Server, kept: Kept, port: int) -> None:
    await server.tell(environ={b"PAM_USER": b"alice"})
    await server.tell(environ={b"PAM_USER": b"bob"})

    async with receiving(kept, port):
        await server.tell(environ={b"PAM_USER": b"carol"})

    assert sorted(told["user"] for told in await kept.until(3)) == ["alice", "bob", "carol"]
    assert server.waiting() == []


async def test_a_login_waits_while_the_database_cannot_take_it(server: Server, kept: Kept, port: int) -> None:
    kept.failure = StoreUnavailable("the disk is full")
    async with receiving(kept, port):
        await server.tell()
        assert len(server.waiting()) == 1
        kept.failure = None
        assert (await server.flush()).status == 0

    assert len(kept.records) == 1


async def test_a_login_waits_until_the_secret_is_right(server: Server, kept: Kept, port: int) -> None:
    async with receiving(kept, port, "another-secret-than-ours"):
        await server.tell()
    assert kept.records == []
    assert len(server.waiting()) == 1

    async with receiving(kept, port):
        assert (await server.flush()).status == 0
    assert len(kept.records) == 1


@pytest.mark.parametrize("damaged", ["", '{"id":"4d2f'])
async def test_a_damaged_record_is_quarantined_and_keeps_none_behind_it(
    server: Server, kept: Kept, port: int, damaged: str
) -> None:
    await server.tell()
    (server.spool / "0000000001-damaged.json").write_text(damaged, encoding="utf-8")

    async with receiving(kept, port):
        ended = await server.flush()

    assert ended.status == 0
    assert kept.quarantined == [damaged.encode()]
    assert len(kept.records) == 1
    assert server.waiting() == []


@pytest.mark.parametrize(("stuck", "told"), [(1, 1), (2, 1), (3, 0)])
async def test_what_is_refused_for_itself_keeps_none_behind_it_unless_all_are_refused(
    server: Server, kept: Kept, port: int, stuck: int, told: int
) -> None:
    await server.tell()
    for number in range(stuck):
        # Larger than Powertrip takes: 413, at every attempt.
        (server.spool / f"000000000{number}-large.json").write_bytes(b" " * (9 * 1024 * 1024))

    async with receiving(kept, port):
        ended = await server.flush()

    assert ended.status == 1
    assert len(kept.records) == told
    assert len(list(server.spool.glob("*.json"))) == stuck + 1 - told


async def test_only_one_process_at_a_time_tells_of_what_waits(server: Server, kept: Kept, port: int) -> None:
    await server.tell()
    kept.may_answer.clear()
    async with receiving(kept, port):
        first = asyncio.create_task(server.flush())
        await kept.asked.wait()
        second = await server.flush()
        kept.may_answer.set()
        assert (await first).status == second.status == 0

    assert kept.requests == 1


async def test_the_spool_is_bounded_and_a_login_past_it_is_told_at_once_or_not_at_all(
    server: Server, kept: Kept, port: int
) -> None:
    server.change_script("most_files=10000", "most_files=2")
    for user in (b"alice", b"bob", b"carol"):
        await server.tell(environ={b"PAM_USER": user})
    assert {record["user"] for record in server.waiting()} == {"alice", "bob"}

    async with receiving(kept, port):
        await server.tell(environ={b"PAM_USER": b"oswaldo"})
    assert [told["user"] for told in await kept.until(1)] == ["oswaldo"]
    assert len(server.waiting()) == 2


async def test_a_login_that_cannot_be_kept_is_told_all_the_same(
    server: Server, kept: Kept, port: int
) -> None:
    server.spool.rmdir()

    async with receiving(kept, port):
        await server.tell()

    assert len(kept.records) == 1


async def test_what_waits_can_be_read_by_its_owner_alone(server: Server) -> None:
    await server.tell()

    [path] = server.spool.glob("*.json")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(server.spool.stat().st_mode) == 0o700


async def test_the_secret_is_on_no_command_line(
    server: Server, kept: Kept, port: int, tmp_path: Path
) -> None:
    tools, seen = tmp_path / "tools", tmp_path / "seen"
    write_wrappers(tools, seen)
    server.change_script("PATH=/usr/local/sbin", f"PATH={tools}:/usr/local/sbin")

    async with receiving(kept, port):
        await server.tell()

    assert len(kept.records) == 1
    commands = seen.read_text(encoding="utf-8")
    assert f"http://127.0.0.1:{port}/ingest/servers" in commands
    numbers = " ".join(str(ord(letter)) for letter in SECRET)
    for trace in (SECRET, SECRET.encode().hex(), numbers, "/printf "):
        assert trace not in commands


def write_wrappers(folder: Path, seen: Path) -> None:
    """For each program of this machine one that adds its command line to `seen`, and then is that program."""
    folder.mkdir()
    for real in (*Path("/bin").iterdir(), *Path("/usr/bin").iterdir()):
        wrapper = folder / real.name
        wrapper.write_text(f'#!/bin/sh\nprintf "%s\\n" "{real} $*" >>{seen}\nexec {real} "$@"\n')
        wrapper.chmod(0o755)


async def test_the_environment_of_the_login_does_not_reach_curl(
    server: Server, kept: Kept, port: int, tmp_path: Path
) -> None:
    (tmp_path / ".curlrc").write_text('proxy = "http://127.0.0.1:9"\n')
    bent = {
        b"http_proxy": b"http://127.0.0.1:9",
        b"ALL_PROXY": b"http://127.0.0.1:9",
        b"HOME": os.fsencode(tmp_path),
        b"CURL_HOME": os.fsencode(tmp_path),
        b"PATH": os.fsencode(tmp_path),
        b"IFS": b"/:",
    }
    async with receiving(kept, port):
        await server.tell(environ=bent)

    assert len(kept.records) == 1


async def test_run_by_hand_it_does_nothing(server: Server) -> None:
    ended = await run(server.script)

    assert (ended.status, ended.output) == (0, "")
    assert server.waiting() == []
