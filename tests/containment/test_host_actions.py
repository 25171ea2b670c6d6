"""Hosts ask for what is theirs, signed both ways; a real shell does it once."""

import shutil
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from pydantic import SecretStr

from powertrip.config.secret import signature
from powertrip.containment import HostAction
from powertrip.domain.contained import ContainmentState
from powertrip.host_actions import LIMIT, HostActions
from tests.containment.conftest import NewRoom
from tests.containment.outside import HOOK_SECRET
from tests.containment.room import Room
from tests.contrib.server import Ended, run
from tests.contrib.test_powertrip_login import each_shell
from tests.store.busy import faults

SCRIPT = Path(__file__).parents[2] / "contrib" / "containment" / "powertrip-containment"
NONCE = "0123456789abcdef0123456789abcdef"
WAITING, DONE = ContainmentState.WAITING, ContainmentState.DONE
FAILED, UNKNOWN = ContainmentState.FAILED, ContainmentState.UNKNOWN


@dataclass
class Asked:
    """A room, and the address where hosts ask."""

    room: Room
    url: str

    def key(self, host: str = "bastion-1") -> SecretStr:
        action = self.room.section.actions["host"]
        assert isinstance(action, HostAction)
        return action.key_of(host)

    async def ask(
        self,
        *lines: str,
        host: str = "bastion-1",
        key: SecretStr | None = None,
        headers: Mapping[str, str] | None = None,
        action: str = "host",
        nonce: str = NONCE,
    ) -> tuple[int, str]:
        """Ask as a host does; returns the status, and the answer, whose signature is right."""
        body = "\n".join([f"nonce {nonce}", *lines]).encode()
        sent_at = str(int(self.room.clock().timestamp()))
        signed = {"X-Powertrip-Timestamp": sent_at, "X-Powertrip-Host": host} | dict(headers or {})
        signed["X-Powertrip-Signature"] = signature(
            key or self.key(host), signed["X-Powertrip-Timestamp"], body
        )
        url = f"{self.url.rpartition('/')[0]}/{action}"
        async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=signed) as answer:
            said = await answer.read()
            if answer.status == 200:
                wanted = signature(key or self.key(host), answer.headers["X-Powertrip-Timestamp"], said)
                assert answer.headers["X-Powertrip-Signature"] == wanted
            return answer.status, said.decode()


@pytest.fixture
async def asked(new_room: NewRoom) -> AsyncIterator[Asked]:
    """A room whose hosts can ask."""
    room, app = new_room(), web.Application()
    HostActions(
        store=lambda: room.store,
        actions=lambda: room.section.actions,
        clock=room.clock,
        on_change=lambda: None,
    ).add_to(app)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield Asked(room, f"http://127.0.0.1:{runner.addresses[0][1]}/api/v1/host-actions/host")
    await runner.cleanup()


async def pressed(room: Room, **about: Any) -> str:
    """Something that waits for the host; its key."""
    await room.denied(**about)
    await room.press("host")
    (made,) = await room.contained()
    assert made.says == "End sessions of alice on bastion-1"
    return f"{made.key}-1"


async def test_a_host_fetches_what_is_its_own_until_it_says_what_came_of_it(asked: Asked) -> None:
    room = asked.room
    key = await pressed(room)
    await room.work()
    assert await asked.ask(host="web-1") == (200, f"nonce {NONCE}\n")
    # What it has not fetched yet it cannot have done.
    await asked.ask(f"done {key}")
    assert await room.states() == [WAITING]
    for _ in range(2):
        assert await asked.ask() == (200, f"nonce {NONCE}\ndo {key} end_sessions alice\n")
    # Another host knows nothing of it, and cannot answer for it.
    await asked.ask(f"done {key}", host="web-1")
    assert await room.states() == [WAITING]
    assert await asked.ask(f"done {key}") == (200, f"nonce {NONCE}\n")
    assert await room.states() == [DONE]
    await asked.ask(f"failed {key} it says otherwise now")
    room.clock.forward(hours=1)
    await room.work()
    assert await room.states() == [DONE]
    assert await faults(room.thread) == {}


async def test_what_a_host_does_not_fetch_in_time_is_not_handed_out_any_more(asked: Asked) -> None:
    room = asked.room
    key = await pressed(room)
    room.clock.forward(minutes=10)
    assert key not in (await asked.ask())[1]
    await room.work()
    (late,) = await room.contained()
    assert (late.state, late.said) == (FAILED, "bastion-1 has not asked for it in time.")
    await room.try_again()
    # By another name, for the host does nothing twice.
    again = f"{key[:-1]}2"
    assert again in (await asked.ask())[1]
    room.clock.forward(minutes=10)
    await room.work()
    assert await room.states() == [UNKNOWN]
    # It was cut off, and says so late; what it says of the first try counts for nothing.
    await asked.ask(f"failed {key} no")
    await asked.ask(f"done {again}")
    assert await room.states() == [DONE]
    assert await faults(room.thread) == {}


async def test_whoever_has_not_the_key_of_the_host_learns_nothing(asked: Asked) -> None:
    key = await pressed(asked.room)
    for other in (HOOK_SECRET, asked.key("web-1").get_secret_value(), "x"):
        assert await asked.ask(key=SecretStr(other)) == (401, "not signed with the key of this host")
    assert (await asked.ask(action="hook"))[0] == 401
    assert (await asked.ask(action="nosuch"))[0] == 401
    for name in ("../x", "web 1", ""):
        assert (await asked.ask(host=name, key=asked.key(name)))[0] == 401
    for seconds in (-301, 301):
        sent_at = str(int(asked.room.clock().timestamp()) + seconds)
        assert (await asked.ask(headers={"X-Powertrip-Timestamp": sent_at}))[0] == 401
    assert (await asked.ask("done everything"))[0] == 400
    # Without a nonce of its own an old answer would do.
    for nonce in ("", "0123", "g" * 16):
        assert (await asked.ask(nonce=nonce))[0] == 400
    assert (await asked.ask("x" * LIMIT))[0] == 413
    assert await asked.room.states() == [WAITING]
    assert key not in (await asked.ask(host="web-1"))[1]
    mine = asked.key()
    asked.room.section = asked.room.section.model_copy(update={"actions": {}})
    assert (await asked.ask(key=mine))[0] == 404


class Host:
    """A host below a folder with the script, and programs that tell what they were asked to do."""

    def __init__(self, folder: Path, asked: Asked) -> None:
        self.folder = folder
        self.etc, self.journal = folder / "etc", folder / "journal"
        self.etc.mkdir(parents=True)
        (self.etc / "url").write_text(asked.url + "\n")
        (self.etc / "host").write_text("bastion-1\n")
        (self.etc / "key").write_text(asked.key().get_secret_value() + "\n")
        self.program("pkill", 'echo "pkill $*" >>"$0.log"')
        self.program("pgrep", "exit 1")
        self.program("loginctl", 'echo "loginctl $*" >>"$0.log"')
        self.program("logger", "exit 0")
        self.program("sleep", "exit 0")
        self.program("date", f"echo {int(asked.room.clock().timestamp())}")
        # As real ones do it, numbers are users too; some hosts take capitals for small letters.
        known = "-u\\ [Aa]lice | -u\\ 1001) echo 1001 ;; -un\\ 1001) echo alice ;; -u\\ daemon) echo 2 ;;"
        self.program("id", f'case "$1 $2" in {known} *) exit 1 ;; esac')
        text = SCRIPT.read_text(encoding="utf-8")
        for old, new in (
            ("PATH=/usr/local/sbin", f"PATH={folder}/bin:/usr/local/sbin"),
            ("etc=/etc/powertrip-containment", f"etc={self.etc}"),
            ("journal=/var/lib/powertrip-containment", f"journal={self.journal}"),
        ):
            assert text.count(old) == 1
            text = text.replace(old, new)
        self.script = folder / "powertrip-containment"
        self.script.write_text(text, encoding="utf-8")

    def program(self, name: str, does: str) -> None:
        file = self.folder / "bin" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"#!/bin/sh\n{does}\n")
        file.chmod(0o755)

    def did(self, name: str = "pkill") -> list[str]:
        log = self.folder / "bin" / f"{name}.log"
        return log.read_text().splitlines() if log.exists() else []

    async def asks(self, *shell: str) -> Ended:
        return await run(*(shell or ("sh",)), self.script)


@pytest.fixture
def host(tmp_path: Path, asked: Asked) -> Host:
    if lacks := [tool for tool in ("curl", "flock", "sha256sum") if shutil.which(tool) is None]:
        pytest.skip(f"this machine lacks {lacks}")
    return Host(tmp_path / "host", asked)


ONCE = ["pkill -TERM -u 1001", "pkill -KILL -u 1001"]


@pytest.mark.parametrize("shell", each_shell())
async def test_the_script_ends_the_sessions_and_says_so(
    host: Host, asked: Asked, shell: tuple[str, ...]
) -> None:
    await pressed(asked.room)
    ended = await host.asks(*shell)
    assert (ended.status, ended.output) == (0, "")
    assert (host.did(), host.did("loginctl")) == (ONCE, ["loginctl terminate-user 1001"])
    assert await asked.room.states() == [DONE]
    assert (await host.asks(*shell)).status == 0
    assert host.did() == ONCE


async def test_what_the_script_was_killed_at_is_never_done_twice(host: Host, asked: Asked) -> None:
    await pressed(asked.room)
    host.program("pkill", f'echo "pkill $*" >>"$0.log"; kill -9 $(cat {host.folder}/pid)')
    killed = await run("sh", "-c", f"echo $$ >{host.folder}/pid; exec sh {host.script}")
    assert killed.status != 0
    host.program("pkill", 'echo "pkill $*" >>"$0.log"')
    assert (await host.asks()).status == 0
    assert [each for each in host.did() if "TERM" in each] == ONCE[:1]
    (lost,) = await asked.room.contained()
    assert (lost.state, lost.said) == (UNKNOWN, "bastion-1 says: the host stopped in between")


async def test_the_script_touches_no_system_account_and_nobody_on_its_list(host: Host, asked: Asked) -> None:
    (host.etc / "never").write_text("alice\n")
    await pressed(asked.room)
    assert (await host.asks()).status == 0
    await asked.room.denied("other", user_name="daemon")
    await asked.room.press("host", name="other")
    assert (await host.asks()).status == 0
    said = [(await asked.room.contained(name))[0].said for name in ("login", "other")]
    assert said == [
        "bastion-1 says: the user is on the list of this host",
        "bastion-1 says: a system account is never touched here",
    ]
    assert host.did() == []


async def test_nobody_on_the_hosts_list_is_ended_by_another_of_their_names(host: Host, asked: Asked) -> None:
    (host.etc / "never").write_text("alice\n")
    for name in ("1001", "Alice"):
        await asked.room.denied(name, user_name=name)
        await asked.room.press("host", name=name)
        assert (await host.asks()).status == 0
    said = [(await asked.room.contained(name))[0].said for name in ("1001", "Alice")]
    assert said == [
        "bastion-1 says: no name of a user",
        "bastion-1 says: the user is on the list of this host",
    ]
    assert host.did() == []


async def test_an_answer_that_is_not_signed_with_the_key_does_nothing(host: Host) -> None:
    answer = f"nonce x\\ndo {'a' * 20}-1 end_sessions alice\\n"
    headers = "X-Powertrip-Timestamp: 1\\r\\nX-Powertrip-Signature: sha256=00\\r\\n"
    forged = f"""
        for each; do
            case $last in
                --output) printf '{answer}' >"$each" ;;
                --dump-header) printf '{headers}' >"$each" ;;
            esac
            last=$each
        done
        printf 200"""
    host.program("curl", forged)
    ended = await host.asks()
    assert (ended.status, "is not signed with this key" in ended.output) == (1, True)
    assert host.did() == []
