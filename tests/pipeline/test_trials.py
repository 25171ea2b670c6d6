"""Only the record that a test was made for is a test; whoever copies its words has logged in."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from powertrip.cli.demo.workspace import local_slack
from powertrip.domain.event import Event, EventQuery
from powertrip.domain.trial import Trial, new_token
from powertrip.ingest.sample import SampleLogin
from slack_emulator.control import Control
from tests.conftest import Clock
from tests.end_to_end.harness import SECRET
from tests.pipeline.heartbeat_chain import Chain, chain


@pytest.fixture
async def living(tmp_path: Path, clock: Clock) -> AsyncIterator[Chain]:
    """The way from HTTP to the database, with two sources of one type."""
    async with (
        local_slack() as sandbox,
        Control(sandbox.url) as control,
        chain(
            tmp_path, clock, sandbox, control, sources={"other": {"type": "json", "secret": SECRET}}
        ) as made,
    ):
        yield made


async def begun(living: Chain, user: str = "alice") -> SampleLogin:
    """A test of the source `syslog` that is about to be sent."""
    login = SampleLogin(user_name=user, token=new_token(), at=living.clock())
    trial = Trial(token=login.token, source="syslog", user_name=user, created_at=living.clock())
    assert await living.store.trials.begin(trial)
    return login


async def asked(living: Chain, record: dict[str, Any], source: str = "syslog") -> list[Event]:
    assert await living.post(record, source=source) == 200
    await living.work()
    found, _ = await living.store.events.find(EventQuery())
    return list(found)


async def test_a_test_is_an_event_that_says_so_and_reminds_nobody(living: Chain) -> None:
    login = await begun(living)
    (event,) = await asked(living, login.fields)

    assert event.is_test
    assert event.title == "🧪 Test: SSH login"
    assert event.next_reminder_at is None
    outcome = await living.store.trials.get(login.token)
    assert outcome is not None
    assert (outcome.event_id, outcome.outcome) == (event.id, "the rule ssh_login took it")
    assert (await living.store.statistics.numbers(living.clock())).events == ()


@pytest.mark.parametrize(
    ("change", "source"),
    [
        pytest.param({}, "other", id="through another source"),
        pytest.param({"user": "root"}, "syslog", id="of another user"),
    ],
)
async def test_a_token_makes_no_test_of_anything_else(
    living: Chain, change: dict[str, str], source: str
) -> None:
    login = await begun(living)
    record = dict(login.fields)
    record["message"] = record["message"].replace("for alice", f"for {change.get('user', 'alice')}")
    (event,) = await asked(living, record, source)

    assert not event.is_test
    assert "Test" not in event.title
    assert event.next_reminder_at is not None


async def test_a_test_that_is_copied_is_a_login_of_its_own(living: Chain) -> None:
    login = await begun(living)
    await asked(living, login.fields)
    events = await asked(living, {**login.fields, "host": "elsewhere"})

    assert sorted((event.host_name, event.is_test) for event in events) == [
        ("elsewhere", False),
        ("powertrip-test", True),
    ]


async def test_a_test_that_no_rule_takes_is_told_to_whoever_sent_it(living: Chain) -> None:
    login = await begun(living)
    record = {**login.fields, "program": "dropbear"}
    assert await asked(living, record) == []

    outcome = await living.store.trials.get(login.token)
    assert outcome is not None
    assert outcome.event_id is None
    assert outcome.outcome
