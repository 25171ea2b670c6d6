"""The number that powertrip-login shows: drawn fairly, printed at once, known to nobody but the terminal."""

import json
import os
import re
import time
from pathlib import Path

import pytest

from powertrip.domain import session_number
from tests.contrib.server import LOGIN, SECRET, Ended, Kept, Server, receiving, run
from tests.contrib.test_powertrip_login import each_shell, write_wrappers

SHOWN = re.compile(r"Powertrip: if Slack asks whether this login is yours, your number is (\d+)\.\n")
SEES_A_SHELL = 'terminal=$(terminal_of "$1")', "terminal=shell"


async def open_session(server: Server, *shell: str, **changes: str) -> Ended:
    return await run(*shell, server.script, "--number", environ=LOGIN | changes)


@pytest.mark.parametrize("shell", each_shell())
async def test_what_is_told_is_the_hash_of_what_the_terminal_shows(
    server: Server, kept: Kept, port: int, shell: tuple[str, ...]
) -> None:
    server.change_script(*SEES_A_SHELL)
    async with receiving(kept, port):
        ended = await open_session(server, *shell, SSH_CONNECTION="192.0.2.10 50022 198.51.100.1 22")
        [told] = await kept.until(1)

    shown = SHOWN.fullmatch(ended.output)
    assert shown
    assert (told["terminal"], told["port"]) == ("shell", "50022")
    assert told["number_mac"] == session_number.mac(SECRET, told["id"], shown[1])


async def test_the_number_is_there_before_its_terminal_was_looked_at(server: Server) -> None:
    server.change_script(SEES_A_SHELL[0], "sleep 3")

    assert SHOWN.fullmatch((await open_session(server)).output)


@pytest.mark.parametrize(
    ("drawn", "number"),
    [([0], "100"), ([899], "999"), ([900], "100"), ([64_799], "999"), ([64_800, 65_535, 64_801, 1], "101")],
)
async def test_each_of_900_numbers_is_as_likely_as_any_other(
    server: Server, tmp_path: Path, drawn: list[int], number: str
) -> None:
    random = tmp_path / "random"
    random.write_bytes(b"".join(value.to_bytes(2, "little") for value in drawn))
    # A file begins anew each time it is opened, a descriptor does not.
    server.change_script("-t u2 /dev/urandom", "-t u2 <&4")
    server.change_script("umask 077", f"umask 077; exec 4<{random}")

    shown = SHOWN.fullmatch((await open_session(server)).output)
    assert shown
    assert shown[1] == number


async def test_without_a_source_of_chance_there_is_no_number_and_a_login_all_the_same(
    server: Server, kept: Kept, port: int
) -> None:
    server.change_script("/dev/urandom", "/dev/no-such-thing")
    async with receiving(kept, port):
        ended = await open_session(server)
        [told] = await kept.until(1)

    assert "number" not in ended.output
    assert "terminal" not in told


@pytest.mark.parametrize("service", ["su", "sudo", "login", "cron"])
async def test_a_service_that_would_print_it_elsewhere_shows_none(server: Server, service: str) -> None:
    assert (await open_session(server, PAM_SERVICE=service)).output == ""


async def test_the_number_is_on_no_command_line_and_in_no_file(
    server: Server, kept: Kept, port: int, tmp_path: Path
) -> None:
    number = "8675309"
    server.change_script("number=$(draw)", f"number={number}")
    server.change_script(*SEES_A_SHELL)
    tools, seen = tmp_path / "tools", tmp_path / "seen"
    write_wrappers(tools, seen)
    server.change_script("PATH=/usr/local/sbin", f"PATH={tools}:/usr/local/sbin")

    kept.may_answer.clear()
    async with receiving(kept, port):
        await open_session(server)
        await kept.asked.wait()
        spooled = [path.read_text() for path in server.spool.iterdir()]
        kept.may_answer.set()
        [told] = await kept.until(1)

    assert told["number_mac"] == session_number.mac(SECRET, told["id"], number)
    assert number not in seen.read_text(encoding="utf-8")
    assert number not in json.dumps(told) + kept.records[0].message
    assert spooled
    assert number not in "".join(spooled)


async def test_a_login_whose_terminal_nobody_watches_any_more_is_told_without_a_number(
    server: Server, kept: Kept, port: int
) -> None:
    server.spool.joinpath("1-fresh.young").write_text(
        json.dumps({"id": "fresh", "program": "powertrip-login"})
    )
    left = server.spool / "2-left.young"
    left.write_text(json.dumps({"id": "left", "program": "powertrip-login", "terminal": "unknown"}))
    os.utime(left, (time.time() - 120, time.time() - 120))

    async with receiving(kept, port):
        assert (await server.flush()).status == 0

    assert [json.loads(record.raw)["id"] for record in kept.records] == ["left"]
    assert [path.name for path in server.spool.glob("*.young")] == ["1-fresh.young"]
