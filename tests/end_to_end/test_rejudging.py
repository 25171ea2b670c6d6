"""After a rule is mended, what was missed is asked about: once, late, and only if its sender was known."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from typer.testing import CliRunner

from powertrip.cli import app
from powertrip.net import utc_now
from powertrip.runtime.app import Running
from powertrip.settings import load_config
from slack_emulator.control import Control
from tests.end_to_end.evidence import until
from tests.end_to_end.harness import ALICES_DM, SECRET, Sender, login, write_config

SECURITY = "C0SECURITY"
LATE = "This is late news"


@pytest.fixture
def changes() -> dict[str, Any]:
    rule = {"name": "entered", "title": "Entry", "program": "door", "pattern": "^in (?P<user_name>[a-z]+)$"}
    return {
        "sources": {"servers": {"type": "syslog", "secret": SECRET}},
        "rules": [{"use": "ssh", "source": "papertrail"}, rule | {"expects": {"prefix": "in "}}],
        "unmatched": {"tell_after": "1h"},
        "reviewers": {"users": ["U0CAROL"]},
    }


class Operator:
    """Who mends the configuration, and types `bot.py`."""

    def __init__(self, folder: Path, running: Running) -> None:
        self._path = folder / "config.yaml"
        self._running = running

    def lists(self, kind: str, *options: str) -> list[dict[str, Any]]:
        """What there is of a kind, as `--json` tells it."""
        ended = CliRunner().invoke(app, [kind, "list", "--json", *options, "-c", str(self._path)])
        assert ended.exit_code == 0, (ended.output, ended.exception)
        return [json.loads(line) for line in ended.output.splitlines()]

    async def types(self, *command: str, status: int = 0) -> str:
        """What a command prints that has a loop of its own."""
        return await asyncio.to_thread(self.prints, *command, status=status)

    def prints(self, *command: str, status: int = 0) -> str:
        ended = CliRunner().invoke(app, [*command, "-c", str(self._path)], env={"COLUMNS": "250"})
        assert ended.exit_code == status, (ended.output, ended.exception)
        return re.sub(r"\s+", " ", ended.output)

    async def mends(self, **changes: Any) -> None:
        """Change sections of the file, and have the running process read it."""
        whole = yaml.safe_load(self._path.read_text()) | changes
        config = load_config(write_config(self._path, whole), {})
        assert await self._running.reload(config) == ()


@pytest.fixture
def operator(running: tuple[Running, Sender], tmp_path: Path) -> Operator:
    return Operator(tmp_path, running[0])


async def judged(running: Running, verdict: str, count: int) -> None:
    """Wait until this many records have this verdict."""
    line = f'{{source="servers",verdict="{verdict}"}} {count}.0'
    await until(lambda: line in running.metrics.exposition().decode(), f"{count} records: {verdict}")


async def cards(control: Control, count: int) -> list[Any]:
    """The cards in Alice's direct messages, once there are so many."""
    state = await control.wait_for(lambda s: len(s.messages(ALICES_DM)) >= count)
    return state.messages(ALICES_DM)


async def test_a_login_that_no_rule_took_is_asked_about_once_after_the_rules_are_mended(
    running: tuple[Running, Sender], control: Control, operator: Operator
) -> None:
    application, sender = running
    door = {"host": "web-1", "program": "gate", "message": "in alice"}
    noise = {"host": "web-1", "program": "CRON", "message": "(root) CMD"}
    await sender.post(door, noise, source="servers")
    await judged(application, "unmatched", 2)
    assert [item["program"] for item in operator.lists("unmatched")] == ["CRON", "gate"]

    rule = {
        "name": "entered",
        "title": "Entry",
        "program": ["door", "gate"],
        "pattern": "^in (?P<user_name>[a-z]+)$",
    }
    await operator.mends(rules=[rule])
    (listed,) = operator.lists("unmatched", "--program", "gate")
    assert (listed["now"], listed["why"]) == ("match", "entered")
    tried = await operator.types("unmatched", "rejudge", "--dry-run")
    # One by one: the log of the process under test may come in between.
    for said in (
        "1 would be asked about",
        "1 no rule takes it, as before",
        "no rule is for this program (1)",
    ):
        assert said in tried
    assert "1 put back" in await operator.types("unmatched", "rejudge")
    (card,) = await cards(control, 1)
    assert card.shows(LATE)
    assert card.shows("no rule took it then")
    assert "nothing is put back" in await operator.types("unmatched", "rejudge")
    assert len((await control.state()).messages(ALICES_DM)) == 1
    # The one that stays unmatched was not counted twice.
    assert "CRON on web-1 (1 in 7 d)" in operator.prints("sources", "servers")


async def test_a_record_in_quarantine_is_asked_about_once_and_marked(
    running: tuple[Running, Sender], control: Control, operator: Operator
) -> None:
    application, sender = running
    await sender.post({"host": "web-1", "program": "door", "message": "in alice!"}, source="servers")
    await judged(application, "quarantine", 1)
    await control.wait_for(lambda s: any(m.shows("bot.py quarantine list") for m in s.messages(SECURITY)))
    (listed,) = operator.lists("quarantine")
    assert (listed["now"], listed["rule"], listed["rejudged_at"]) == ("quarantine", "entered", None)
    assert "To have one asked about after all" in operator.prints("quarantine", "list")
    assert "there is nothing that fits" in operator.prints("quarantine", "list", "--program", "sshd")
    assert "in alice!" in operator.prints("quarantine", "show", "1")
    assert "nothing is put back" in await operator.types("quarantine", "rejudge")

    rule = {"name": "entered", "title": "Entry", "program": "door", "pattern": "^in (?P<user_name>[a-z]+)!?$"}
    await operator.mends(rules=[rule])
    assert "1 put back" in await operator.types("quarantine", "rejudge", "1")
    (card,) = await cards(control, 1)
    assert card.shows(LATE)
    assert "put back already: 1" in await operator.types("quarantine", "rejudge", "1", status=1)
    (listed,) = operator.lists("quarantine")
    assert "was put back on" in listed["why"]
    assert listed["rejudged_at"] is not None
    assert len((await control.state()).messages(ALICES_DM)) == 1


async def test_a_body_is_read_again_by_its_source_once_that_can_read_it(
    running: tuple[Running, Sender], control: Control, operator: Operator
) -> None:
    sender = running[1]
    body = json.dumps({"deep": {"list": [login()]}}).encode()
    await operator.mends(
        sources={"servers": {"type": "papertrail", "secret": SECRET}},
        rules=[{"use": "ssh"}],
    )
    with pytest.raises(aiohttp.ClientResponseError, match="422"):
        await sender.post(source="servers", raw=body)
    assert "still cannot be read" in operator.lists("quarantine")[0]["why"]
    await operator.mends(sources={"servers": {"type": "json", "secret": SECRET, "events": "deep.list"}})

    assert "1 put back" in await operator.types("quarantine", "rejudge")
    (card,) = await cards(control, 1)
    assert card.shows(LATE)
    assert "there is nothing" in await operator.types("quarantine", "rejudge")


async def test_a_body_of_a_stranger_and_a_part_of_one_are_never_read_again(
    running: tuple[Running, Sender], operator: Operator
) -> None:
    body = json.dumps([login()]).encode()
    await running[0].shared.inbox.quarantine_body("servers", body, "nobody knows who", utc_now())
    said = await operator.types("quarantine", "rejudge")
    assert "1 cannot be judged, as before" in said
    assert "its sender had not proven itself" in said
    assert "nothing is put back" in said


@pytest.mark.parametrize(
    ("wrong", "kind", "verdict"),
    [
        ({"message": "text"}, "quarantine", "quarantine"),
        ({"program": "host", "message": "msg"}, "unmatched", "unmatched"),
    ],
)
async def test_after_the_keys_of_a_source_are_mended_its_records_are_read_anew(
    running: tuple[Running, Sender],
    control: Control,
    operator: Operator,
    wrong: dict[str, str],
    kind: str,
    verdict: str,
) -> None:
    application, sender = running
    source = {"type": "json", "secret": SECRET}
    rule = {"name": "entered", "title": "Entry", "program": "door", "pattern": "^in (?P<user_name>[a-z]+)$"}
    await operator.mends(sources={"servers": source | {"keys": wrong}}, rules=[rule])
    sent = {"msg": "in alice", "host": "web-1", "program": "door", "time": "2026-01-15T12:00:00Z"}
    await sender.post(sent, source="servers")
    await judged(application, verdict, 1)

    await operator.mends(sources={"servers": source | {"keys": {"message": "msg"}}})
    assert "1 put back" in await operator.types(kind, "rejudge")
    (card,) = await cards(control, 1)
    assert card.shows("web-1")
    assert card.shows("2026-01-15 12:00:00 UTC")
    assert card.shows(LATE)
