"""`bot.py send-test`: each step is told, and what stands in the way is named."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from powertrip.cli.demo.workspace import local_slack
from slack_emulator import SlackEmulator
from slack_emulator.control import Control
from tests.cli.running import Elsewhere, bot
from tests.end_to_end.harness import SECRET, free_port, powertrip_here, settings, write_config


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    """Where the Slack and the Powertrip of a test live."""
    with Elsewhere() as there:
        yield there


@pytest.fixture
def sandbox(elsewhere: Elsewhere) -> Iterator[SlackEmulator]:
    """A Slack of this test's own."""
    with elsewhere.within(local_slack()) as started:
        yield started


SOURCES: dict[str, Any] = {
    "syslog": {"type": "json", "secret": SECRET, "keys": {"message": "log.msg", "host": "log.host"}},
    "servers": {"type": "pam", "secret": SECRET},
    "alarms": {"type": "sns", "secret": SECRET, "topics": "arn:aws:sns:us-east-1:123456789012:logs"},
}


def configured(sandbox: SlackEmulator, folder: Path, **changes: Any) -> None:
    ingest = {"host": "127.0.0.1", "port": free_port()}
    whole = settings(sandbox, folder, **({"sources": SOURCES, "ingest": ingest} | changes))
    write_config(folder / "config.yaml", whole)


def test_a_source_is_tried_from_the_address_to_the_card(
    elsewhere: Elsewhere, sandbox: SlackEmulator, tmp_path: Path
) -> None:
    configured(sandbox, tmp_path)
    with (
        elsewhere.within(powertrip_here(tmp_path / "config.yaml")),
        elsewhere.within(Control(sandbox.url)) as control,
    ):
        ended = bot("send-test", "syslog", folder=tmp_path)
        assert ended.status == 0, ended.said
        for step in ("posted", "a login of alice", "judged", "the rule ssh_login took it", "card", "D0ALICE"):
            assert step in ended.said
        (card,) = elsewhere.run(control.state()).messages("D0ALICE")
        assert "🧪 Test: SSH login" in card.text
        assert SECRET not in ended.said

        # The pack of the hook is not in use: the test finds it out.
        ended = bot("send-test", "servers", folder=tmp_path)
        assert ended.status == 1
        assert "no card comes of it" in ended.said


@pytest.mark.parametrize(
    ("arguments", "changes", "says"),
    [
        (["alarms"], {}, "only AWS can sign a notification"),
        (["syslogg"], {}, 'did you mean "syslog"?'),
        (["syslog"], {}, "cannot be reached"),
        (["syslog"], {"ingest": {"port": 0}}, "write ingest.public_url"),
    ],
)
def test_what_stands_in_the_way_is_named(
    sandbox: SlackEmulator, tmp_path: Path, arguments: list[str], changes: dict[str, Any], says: str
) -> None:
    configured(sandbox, tmp_path, **changes)
    bot("migrate", folder=tmp_path)

    ended = bot("send-test", *arguments, folder=tmp_path)

    assert ended.status == 1
    assert says in ended.said
    assert SECRET not in ended.said


def test_check_says_when_each_source_was_last_heard(sandbox: SlackEmulator, tmp_path: Path) -> None:
    heartbeat = {"key": "41f0d8c2a7b9e35560c1", "sources": ["syslog"]}
    configured(sandbox, tmp_path, heartbeat=heartbeat)
    bot("migrate", folder=tmp_path)

    ended = bot("check", folder=tmp_path)

    assert "syslog: none came yet; docs/heartbeat.md tells how a host sends one" in ended.out
    assert "heartbeat.ping: is not set" in ended.out
