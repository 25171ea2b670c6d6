"""The script that a host sends heartbeats with: what Powertrip makes of them, whichever shell runs it."""

import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from powertrip.domain.heartbeat import Beat, verify
from powertrip.domain.heartbeat_section import HeartbeatSection
from powertrip.domain.record import Record
from powertrip.rules import Match, RuleSet, load_rules
from tests.contrib.server import Ended, Kept, Server, receiving, run
from tests.contrib.test_powertrip_login import each_shell

SCRIPT = Path(__file__).parents[2] / "contrib" / "heartbeat" / "powertrip-heartbeat"
KEY = "a-key-of-24-characters-!"
RULES: RuleSet = load_rules([{"use": "ssh"}, {"use": "pam-login"}], lambda _: "config.yaml")


class Host:
    """A folder with the script, its key, and a `logger` that writes into a file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key_file = folder / "key"
        self.logged = folder / "logged"
        self.script = folder / "powertrip-heartbeat"
        folder.mkdir()
        logger = folder / "logger"
        logger.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >>{self.logged}\n')
        logger.chmod(0o755)
        self.change(f"\nPATH={folder}:", at="\nPATH=")
        self.change(f"key_file={self.key_file}", at="key_file=/etc/powertrip-heartbeat/key")
        self.give(KEY + "\n")

    def change(self, text: str, *, at: str) -> None:
        """Put `text` in place of `at` in the script."""
        source = self.script if self.script.exists() else SCRIPT
        written = source.read_text()
        assert written.count(at) == 1
        self.script.write_text(written.replace(at, text))

    def give(self, key: str) -> None:
        """Write the key's file."""
        self.key_file.write_bytes(key.encode())

    async def send(self, *arguments: str, shell: tuple[str, ...] = ("sh",)) -> Ended:
        """Run the script."""
        return await run(*shell, self.script, *arguments)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """A host with the script."""
    return Host(tmp_path / "host")


def heard(name: str, source: str, key: str = KEY) -> Beat:
    """The heartbeat that a user name is."""
    # Not validated: the configuration would refuse keys that are as odd as some of these.
    section = HeartbeatSection.model_construct(key=SecretStr(key), sources={source: None})
    beat = verify(name, section, source=source, received_at=datetime.now(UTC))
    assert isinstance(beat, Beat), beat
    return beat


def login_in(message: str, **fields: Any) -> Match:
    """What the rules of sshd say of a line."""
    now = datetime.now(UTC)
    verdict = RULES.judge(
        Record(source="syslog", record_id="1", message=message, raw=message, received_at=now, **fields)
    )
    assert isinstance(verdict, Match), verdict
    return verdict


@pytest.mark.parametrize("shell", each_shell())
async def test_the_line_in_the_log_is_a_login_to_the_rules_and_a_heartbeat_to_powertrip(
    host: Host, shell: tuple[str, ...]
) -> None:
    ended = await host.send("syslog", shell=shell)

    assert (ended.status, ended.output) == (0, "")
    tag_option, tag, priority_option, priority, message = host.logged.read_text().splitlines()
    assert (tag_option, priority_option, priority) == ("-t", "-p", "auth.info")
    assert tag.startswith("sshd[")
    match = login_in(message, program="sshd", facility="auth")
    assert (match.rule.name, match.fields["source_ip"]) == ("ssh_login", "192.0.2.1")
    assert heard(match.fields["user_name"], "syslog").source == "syslog"


@pytest.mark.parametrize("shell", each_shell())
@pytest.mark.parametrize("key", ["sixteen-letters!", "k" * 64, "-n%s\\n$(id)`id`%%", "a\"b'c d" * 3])
async def test_any_key_of_16_to_64_characters_signs(host: Host, shell: tuple[str, ...], key: str) -> None:
    for end in ("", "\n", "\r\n"):
        host.give(key + end)
        ended = await host.send("--name", "syslog", shell=shell)
        assert heard(ended.output.strip(), "syslog", key)


async def test_each_one_has_a_nonce_of_its_own(host: Host) -> None:
    names = [(await host.send("--name", "syslog")).output.strip() for _ in range(3)]

    assert len({heard(name, "syslog").nonce for name in names}) == 3


async def test_a_session_goes_to_powertrip_by_the_way_of_real_ones(
    host: Host, server: Server, kept: Kept, port: int
) -> None:
    host.change(f"powertrip_login={server.script}", at="powertrip_login=/usr/local/sbin/powertrip-login")
    async with receiving(kept, port):
        ended = await host.send("--pam", "servers")
        assert ended.status == 0, ended.output
        await kept.until(1)

    verdict = RULES.judge(kept.records[0])
    assert isinstance(verdict, Match)
    assert (verdict.rule.name, verdict.fields["source_ip"]) == ("pam_login", "192.0.2.1")
    assert heard(verdict.fields["user_name"], "servers")


@pytest.mark.parametrize(
    ("arguments", "key", "status", "said"),
    [
        ((), KEY, 2, "usage"),
        (("two", "sources"), KEY, 2, "usage"),
        (("--line",), KEY, 2, "usage"),
        (("No Source",), KEY, 2, "usage"),
        (("syslog",), "too-short", 1, "less than 16 characters"),
        (("syslog",), "", 1, "less than 16 characters"),
        (("syslog",), "k" * 65, 1, "more than 64 characters"),
        (("--pam", "servers"), KEY, 1, "install contrib/pam first"),
    ],
)
async def test_what_cannot_work_is_said_and_sends_nothing(
    host: Host, arguments: tuple[str, ...], key: str, status: int, said: str
) -> None:
    host.give(key)
    host.change(
        f"powertrip_login={host.folder}/nothing", at="powertrip_login=/usr/local/sbin/powertrip-login"
    )

    ended = await host.send(*arguments)

    assert ended.status == status
    assert said in ended.output
    assert "Accepted" not in (host.logged.read_text() if host.logged.exists() else "")


async def test_without_a_key_it_says_so(host: Host) -> None:
    host.key_file.unlink()

    ended = await host.send("syslog")

    assert ended.status == 1
    assert "cannot be read" in ended.output


async def test_the_key_is_on_no_command_line(host: Host) -> None:
    traced = await run("sh", "-x", host.script, "syslog")

    # The shell's own printf and numbers are no programs; what `ps` shows are the lines that begin with these.
    started = [
        line
        for line in traced.output.splitlines()
        if line.startswith(("+ sha256sum", "+ od", "+ tr", "+ cut"))
    ]
    assert started
    assert KEY not in "".join(started)


def test_the_script_can_be_run() -> None:
    assert stat.S_IMODE(SCRIPT.stat().st_mode) & 0o111
