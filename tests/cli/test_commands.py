"""What an operator reads on the terminal: each mistake with its fix, and never a secret."""

import csv
import io
import json
import os
import re
import sqlite3
import tomllib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from powertrip.cli.demo.workspace import local_slack
from slack_emulator import APP_TOKEN, BOT_TOKEN, SlackEmulator
from slack_emulator.control import Control
from tests.cli.running import Elsewhere, bot
from tests.end_to_end.evidence import Evidence
from tests.end_to_end.harness import (
    ROOT,
    SECRET,
    free_port,
    login,
    powertrip_here,
    settings,
    write_config,
)
from tests.end_to_end.test_main_path import card_for
from tests.outside import json_answer, serving

LINES = """\
Nov 22 20:08:58 bastion-1 sshd[99]: Accepted publickey for alice from 192.0.2.10 port 52277 ssh2
Nov 22 20:08:59 bastion-1 sshd[99]: Failed password for invalid user x from 198.51.100.7 port 1 ssh2
Accepted nonsense
"""


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    """Where the Slack of a test lives."""
    with Elsewhere() as there:
        yield there


@pytest.fixture
def sandbox(elsewhere: Elsewhere) -> Iterator[SlackEmulator]:
    """A Slack of this test's own."""
    with elsewhere.within(local_slack()) as started:
        yield started


@pytest.fixture
def control(elsewhere: Elsewhere, sandbox: SlackEmulator) -> Iterator[Control]:
    """Hands and eyes in it."""
    with elsewhere.within(Control(sandbox.url)) as client:
        yield client


def configured(sandbox: SlackEmulator, folder: Path, **changes: Any) -> None:
    """Write a config.yaml for the local Slack into the folder."""
    write_config(folder / "config.yaml", settings(sandbox, folder, **changes))


def test_all_mistakes_of_a_config_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("slack: {security_chanel: x}\nreminders: {remind_after: 10}\n")
    ended = bot("check", folder=tmp_path, SLACK_BOT_TOKEN=BOT_TOKEN, SLACK_APP_TOKEN=APP_TOKEN)
    assert ended.status == 1
    assert "config.yaml:1" in ended.errors
    assert "security_channel" in ended.errors
    assert "config.yaml:2" in ended.errors


def test_check_is_content_once_everything_is_right(sandbox: SlackEmulator, tmp_path: Path) -> None:
    configured(sandbox, tmp_path)
    assert (bot("migrate", folder=tmp_path)).status == 0
    ended = bot("check", folder=tmp_path)
    assert ended.status == 0, ended.said
    for words in (
        "database",
        "are whole",
        "bot token",
        "app token",
        "scopes",
        "C0SECURITY",
        "Carol, Dana, 2 by the user group S0SECURITY",
    ):
        assert words in ended.out
    assert "FAIL" not in ended.out


def test_check_says_what_came_of_the_records_of_each_source(
    elsewhere: Elsewhere, sandbox: SlackEmulator, control: Control, tmp_path: Path
) -> None:
    more = {"wrong": {"type": "json", "secret": SECRET, "keys": {"message": "msgg"}}}
    configured(sandbox, tmp_path, sources=more | {"quiet": {"type": "syslog", "secret": SECRET}})

    async def some_records_come() -> None:
        async with powertrip_here(tmp_path / "config.yaml") as (_, sender):
            await sender.post(login("alice"))
            await sender.post({"message": "(root) CMD (true)", "program": "cron", "id": "1"}, source="wrong")
            await card_for(control, "alice")
            await Evidence(f"sqlite:///{tmp_path}/powertrip.db").until_idle()

    elsewhere.run(some_records_come())
    told = dict(re.findall(r"(?m)^(?:ok|note) +from (\w+) +(.*)$", bot("check", folder=tmp_path).out))

    assert told["syslog"].startswith("1 records in the last 7 days, the last 20")
    assert (
        told["papertrail"]
        == "no record has come yet; see: python bot.py sources papertrail, and docs/sources.md"
    )
    assert told["quiet"].startswith("no record has come yet")
    assert re.match(
        r"no rule took any record: (1 were unmatched and 0|0 were unmatched and 1) quar", told["wrong"]
    )


def test_a_backup_channel_can_be_tried_and_says_when_it_fails(sandbox: SlackEmulator, tmp_path: Path) -> None:
    configured(sandbox, tmp_path)
    none = bot("test-backup", folder=tmp_path)
    assert (none.status, "none is configured" in none.errors) == (1, True)
    url = f"json://alice:hunter2hunter2@127.0.0.1:{free_port()}/"
    configured(sandbox, tmp_path, backup={"channels": {"pager": {"url": url}}})
    ended = bot("test-backup", folder=tmp_path)
    assert ended.status == 1
    assert "backup.channels.pager did not take the message" in ended.errors
    assert "hunter2" not in ended.said


def test_every_backup_channel_is_tried_and_each_failure_has_its_reason(
    elsewhere: Elsewhere, sandbox: SlackEmulator, tmp_path: Path
) -> None:
    async def refuse(request: httpx.Request) -> httpx.Response:
        return json_answer({}, status=200 if request.url.path == "/well" else 403)

    with elsewhere.within(serving(refuse)) as url:
        there = url.removeprefix("http://")
        channels = {
            "away": {"url": f"json://127.0.0.1:{free_port()}/"},
            "refuses": {"url": f"json://bob:hunter2hunter2@{there}no"},
            "works": {"url": f"json://{there}well"},
        }
        configured(sandbox, tmp_path, backup={"channels": channels})
        ended = bot("test-backup", folder=tmp_path)

    away, refuses = ended.errors.splitlines()[-2:]
    assert "backup.channels.away did not take the message (it cannot be connected to)" in away
    assert "backup.channels.refuses did not take the message (it answered 403)" in refuses
    assert (ended.status, ended.out) == (1, "works: sent\n")
    assert "hunter2" not in ended.said


def test_check_says_that_the_database_waits_for_migrations(sandbox: SlackEmulator, tmp_path: Path) -> None:
    configured(sandbox, tmp_path)
    ended = bot("check", folder=tmp_path)
    assert ended.status == 1
    assert f"sqlite:///{tmp_path}/powertrip.db has no tables yet; run: python bot.py migrate" in ended.out
    bot("migrate", folder=tmp_path)
    with closing(sqlite3.connect(tmp_path / "powertrip.db")) as opened:
        opened.execute("DELETE FROM schema_migration WHERE name LIKE '0004%'")
        opened.commit()
    later = bot("check", folder=tmp_path)
    assert "is not up to date (0004_event_facts); run: python bot.py migrate" in later.out


def test_migrate_says_that_it_makes_a_new_database_where_an_older_one_lies_in_the_working_directory(
    sandbox: SlackEmulator, tmp_path: Path
) -> None:
    folder, elsewhere = tmp_path / "config", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    configured(sandbox, folder, database={"url": "sqlite:///powertrip.db"})
    (elsewhere / "powertrip.db").touch()
    ended = bot("migrate", "--config", "../config/config.yaml", folder=elsewhere)
    assert (ended.status, (folder / "powertrip.db").exists()) == (0, True)
    assert f"{elsewhere}/powertrip.db, in the working directory, is not used" in ended.errors


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"bot_token": "xoxb-wrong"}, ["invalid_auth", "slack.bot_token", "OAuth & Permissions"]),
        ({"app_token": "xapp-wrong"}, ["invalid_auth", "slack.app_token", "connections:write"]),
        ({"security_channel": "#nowhere"}, ["#nowhere", "create it"]),
        ({"security_channel": "C0NOWHERE"}, ["C0NOWHERE"]),
        ({"base_url": "http://127.0.0.1:9/api/"}, ["cannot be reached", "slack.base_url"]),
    ],
)
def test_check_names_what_is_wrong_and_what_to_do(
    sandbox: SlackEmulator, tmp_path: Path, section: dict[str, str], words: list[str]
) -> None:
    configured(sandbox, tmp_path, slack=section)
    bot("migrate", folder=tmp_path)
    ended = bot("check", folder=tmp_path)
    assert ended.status == 1
    for word in words:
        assert word in ended.out
    assert "Traceback" not in ended.said


def test_check_names_a_missing_scope_and_what_it_is_for(
    elsewhere: Elsewhere, sandbox: SlackEmulator, control: Control, tmp_path: Path
) -> None:
    configured(sandbox, tmp_path)
    bot("migrate", folder=tmp_path)
    elsewhere.run(control.scopes(["chat:write", "channels:read", "groups:read"]))
    ended = bot("check", folder=tmp_path)
    assert ended.status == 1
    assert "add users:read, needed to tell members from guests" in ended.out
    assert "add im:history, needed for the same in direct messages, and reinstall the app" in ended.out


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"users": []}, "reviewers.group: S0SECURITY has no members"),
        ({"is_disabled": True}, "reviewers.group: S0SECURITY: Slack refused: no_such_subteam"),
    ],
)
def test_check_names_reviewers_who_are_nobody(
    elsewhere: Elsewhere,
    sandbox: SlackEmulator,
    control: Control,
    tmp_path: Path,
    fields: dict[str, Any],
    words: str,
) -> None:
    configured(sandbox, tmp_path)
    bot("migrate", folder=tmp_path)
    elsewhere.run(control.usergroup("S0SECURITY", **fields))
    ended = bot("check", folder=tmp_path)
    assert ended.status == 1
    assert words in ended.out


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"bot_token": "xoxb-wrong"}, "slack.bot_token: Slack refused: invalid_auth; copy it anew"),
        ({"app_token": "xapp-wrong"}, "slack.app_token: Slack refused: invalid_auth; make one"),
    ],
)
def test_a_wrong_token_stops_the_start_and_is_named(
    sandbox: SlackEmulator, tmp_path: Path, section: dict[str, str], words: str
) -> None:
    configured(sandbox, tmp_path, slack=section)
    ended = bot("run", folder=tmp_path)
    assert ended.status == 1
    assert words in ended.errors
    assert "Traceback" not in ended.said


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"members": ["U0CAROL"]}, "/invite @powertrip"),
        ({"is_archived": True}, "archived"),
        ({"is_ext_shared": True}, "another organisation"),
    ],
)
def test_a_channel_that_cannot_be_posted_to_stops_the_start(
    elsewhere: Elsewhere,
    sandbox: SlackEmulator,
    control: Control,
    tmp_path: Path,
    fields: dict[str, Any],
    words: str,
) -> None:
    configured(sandbox, tmp_path)
    elsewhere.run(control.channel("C0SECURITY", **fields))
    ended = bot("run", folder=tmp_path)
    assert ended.status == 1
    assert words in ended.errors
    assert "Traceback" not in ended.said


def test_rules_test_shows_what_becomes_of_each_line(tmp_path: Path) -> None:
    (tmp_path / "auth.log").write_text(LINES)
    table = bot("rules", "test", "auth.log", folder=tmp_path)
    assert table.status == 0
    assert "user_name=alice" in table.out
    assert "1 match, 0 ignored, 1 quarantine, 1 unmatched" in table.out
    as_json = bot("rules", "test", "--json", "auth.log", folder=tmp_path)
    verdicts = [json.loads(line) for line in as_json.out.splitlines()]
    assert [item["verdict"] for item in verdicts] == ["match", "unmatched", "quarantine"]
    assert verdicts[0]["fields"]["source_ip"] == "192.0.2.10"


def test_rules_test_names_a_file_that_is_not_there(tmp_path: Path) -> None:
    ended = bot("rules", "test", "nothing.log", folder=tmp_path)
    assert ended.status != 0
    assert "nothing.log" in ended.errors
    assert "Traceback" not in ended.said


def test_events_are_listed_shown_and_exported(
    elsewhere: Elsewhere, sandbox: SlackEmulator, control: Control, tmp_path: Path
) -> None:
    configured(sandbox, tmp_path)

    async def two_logins_of_which_one_is_approved() -> str:
        async with powertrip_here(tmp_path / "config.yaml") as (_, sender):
            await control.connected()
            await sender.post(login("alice"), login("=cmd()", host="[red]web"))
            card = await card_for(control, "alice")
            await control.press("U0ALICE", card.channel, card.ts, action_id="approve")
            await control.wait_for(lambda s: not s.message(card).buttons)
            return str(card.buttons[0]["value"].partition(".")[0])

    event_id = elsewhere.run(two_logins_of_which_one_is_approved())
    listed = bot("events", "list", folder=tmp_path)
    assert event_id in listed.out
    assert "[red]web" in listed.out
    assert event_id not in (bot("events", "list", "--open", folder=tmp_path)).out

    # With the revision too, as lists and cards show it.
    shown = bot("events", "show", f"{event_id}.2", folder=tmp_path)
    for words in ("192.0.2.10", "event_opened", "notice_posted", "decided", "U0ALICE"):
        assert words in shown.out

    exported = bot("events", "export", folder=tmp_path)
    rows = {row["user_name"]: row for row in csv.DictReader(io.StringIO(exported.out))}
    assert rows["alice"]["status"] == "approved"
    assert (rows["alice"]["risk"], rows["alice"]["country"]) == ("unknown", "")
    assert "'=cmd()" in rows, "a spreadsheet must not take a user name for a formula"

    to_file = bot("events", "export", "--format", "jsonl", "--output", "out.jsonl", folder=tmp_path)
    assert to_file.status == 0
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert {item["user_name"] for item in lines} == {"alice", "=cmd()"}
    assert {item["facts"]["kind"] for item in lines} == {"documentation"}
    assert all(item["past"]["first_of_person"] for item in lines)
    assert (bot("events", "export", "--format", "xml", folder=tmp_path)).status == 2
    for nothing, said in (("aaaaaaaaaa", "There is no event"), ("?", "is not the id of an event")):
        missing = bot("events", "show", nothing, folder=tmp_path)
        assert (missing.status, said in missing.errors) == (1, True)
        assert "python bot.py events list" in missing.errors


@pytest.mark.parametrize(("since", "fits"), [("7d", True), ("24h", True), ("2026-01-31", True), ("7", False)])
def test_an_export_begins_where_slacks_history_would(
    sandbox: SlackEmulator, tmp_path: Path, since: str, fits: bool
) -> None:
    configured(sandbox, tmp_path)
    bot("migrate", folder=tmp_path)
    ended = bot("events", "export", "--since", since, folder=tmp_path)

    assert ended.status == (0 if fits else 2)
    assert fits or "a span such as 7d or 24h" in " ".join(ended.errors.replace("│", " ").split())


def test_what_is_written_is_for_its_owner_alone(sandbox: SlackEmulator, tmp_path: Path) -> None:
    configured(sandbox, tmp_path)
    before = os.umask(0o022)
    try:
        bot("migrate", folder=tmp_path)
        bot("events", "export", "--output", "out.csv", folder=tmp_path)
    finally:
        os.umask(before)

    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob("[op]*")}
    assert modes.keys() >= {"powertrip.db", "out.csv"}
    assert set(modes.values()) == {0o600}


def test_the_version_is_the_projects(tmp_path: Path) -> None:
    ended = bot("--version", folder=tmp_path)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert ended.out.startswith(f"powertrip {project['version']} (Python 3.")


def test_a_file_that_cannot_be_written_is_named(sandbox: SlackEmulator, tmp_path: Path) -> None:
    configured(sandbox, tmp_path)
    bot("migrate", folder=tmp_path)
    ended = bot("events", "export", "--output", "nowhere/out.csv", folder=tmp_path)
    assert ended.status == 1
    assert "--output: nowhere/out.csv cannot be written" in ended.errors
    assert "Traceback" not in ended.said


def test_events_need_a_database_that_is_set_up(sandbox: SlackEmulator, tmp_path: Path) -> None:
    configured(sandbox, tmp_path)
    ended = bot("events", "list", folder=tmp_path)
    assert (ended.status, "python bot.py migrate" in ended.errors) == (1, True)


def test_what_is_in_quarantine_can_be_looked_at(
    elsewhere: Elsewhere, sandbox: SlackEmulator, control: Control, tmp_path: Path
) -> None:
    configured(sandbox, tmp_path)

    async def something_comes_that_no_rule_can_judge() -> None:
        async with powertrip_here(tmp_path / "config.yaml") as (_, sender):
            await sender.post(
                {"message": "Accepted nonsense \x1b[31m", "program": "sshd", "host": "bastion-1"}
            )
            await control.message_in("C0SECURITY", lambda m: m.shows("Accepted nonsense"))

    elsewhere.run(something_comes_that_no_rule_can_judge())
    shown = bot("events", "quarantine", folder=tmp_path)
    assert "Accepted nonsense" in shown.out
    assert "\x1b" not in shown.out


def test_the_database_is_named_in_the_log_without_its_password(
    elsewhere: Elsewhere, sandbox: SlackEmulator, control: Control, tmp_path: Path
) -> None:
    configured(sandbox, tmp_path)
    elsewhere.run(control.channel("C0SECURITY", is_archived=True))
    ended = bot("run", folder=tmp_path, SLACK_BOT_TOKEN=BOT_TOKEN)
    assert f"sqlite:///{tmp_path}/powertrip.db" in ended.errors
    assert "token` will be unused" not in ended.errors


def test_no_secret_is_ever_printed(sandbox: SlackEmulator, tmp_path: Path) -> None:
    secret_url = "postgresql://powertrip:hidden-password@127.0.0.1:9/powertrip"
    tokens = {"bot_token": "xoxb-hidden-token", "app_token": "xapp-hidden-token"}
    configured(sandbox, tmp_path, slack=tokens, database={"url": secret_url})
    for command in (["check"], ["run"], ["migrate"], ["events", "list"]):
        ended = bot(*command, folder=tmp_path)
        assert ended.status == 1, command
        assert "Traceback" not in ended.said, command
        for secret in ("hidden-password", "hidden-token", SECRET):
            assert secret not in ended.said, command


@pytest.mark.parametrize(
    ("group", "sentences"),
    [
        ((), ["nothing may use it meanwhile. Today's is kept beside it.", "Try rules on log lines."]),
        (
            ("audit",),
            ["how far the history has come by now, to be kept elsewhere; `verify --anchors` takes it."],
        ),
        (("rules",), ["with the fields it names; without a config, the ssh rules."]),
    ],
    ids=["all", "audit", "rules"],
)
def test_help_says_of_each_command_all_that_it_does(
    tmp_path: Path, group: tuple[str, ...], sentences: list[str]
) -> None:
    shown = " ".join(bot(*group, "--help", folder=tmp_path).out.split())
    assert [sentence for sentence in sentences if sentence not in shown] == []
