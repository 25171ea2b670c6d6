"""The heartbeat: each link that breaks is named in time, the call outside stops, and nothing grows."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from powertrip.cli.demo.workspace import local_slack
from powertrip.domain.heartbeat_section import HeartbeatSection
from powertrip.domain.quarantine import QuarantineSection
from powertrip.domain.retention import Retention
from powertrip.rules import load_rules
from powertrip.store.database import DatabaseThread, open_database
from powertrip.store.tables import Table
from slack_emulator.control import Control
from tests.conftest import Clock
from tests.pipeline.heartbeat_chain import Chain, chain

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
LATE_AFTER = timedelta(minutes=10)
COARSE = timedelta(minutes=5)


@pytest.fixture
async def living(tmp_path: Path, clock: Clock) -> AsyncIterator[Chain]:
    """A chain whose first heartbeat was seen in Slack and told outside."""
    async with (
        local_slack() as sandbox,
        Control(sandbox.url) as control,
        chain(tmp_path, clock, sandbox, control) as made,
    ):
        await made.work()
        await made.beat()
        yield made


async def test_a_heartbeat_is_seen_in_slack_before_the_address_outside_is_called(living: Chain) -> None:
    assert "all is well" in await living.card()
    assert len(living.pings) == 1


async def test_the_card_is_edited_and_the_address_called_once_a_heartbeat(living: Chain) -> None:
    for _ in range(3):
        await living.passes(HOUR, COARSE)
        await living.beat()

    assert len(await living.cards()) == 1
    assert len(living.pings) == 4
    assert living.backup.told == []


async def stop_the_shipper(chain: Chain) -> None:
    """The host sends, and nobody carries it."""


async def change_the_secret(chain: Chain) -> None:
    record = chain.login(chain.name())
    assert await chain.post(record, headers={"Authorization": "Bearer the-secret-of-last-year"}) == 401
    await chain.refusals.close()


async def lead_the_proxy_astray(chain: Chain) -> None:
    assert await chain.post(chain.login(chain.name()), source="elsewhere") == 404
    await chain.refusals.close()


async def garble_the_header(chain: Chain) -> None:
    record = chain.login(chain.name())
    record["message"] = f"%% bastion-1 sshd %% {record['message']}"
    assert await chain.post(record) == 200


async def rename_the_key(chain: Chain) -> None:
    record = chain.login(chain.name())
    record["text"] = record.pop("message")
    assert await chain.post(record) == 200


async def switch_the_rule_off(chain: Chain) -> None:
    rules = load_rules([{"use": "sudo"}], lambda _: "config.yaml")
    chain.config = chain.config.model_copy(update={"rules": rules})
    assert await chain.post(chain.login(chain.name())) == 200


async def stop_the_judge(chain: Chain) -> None:
    chain.is_judging = False
    assert await chain.post(chain.login(chain.name())) == 200


async def take_the_database_away(chain: Chain) -> None:
    gone = DatabaseThread(open_database("sqlite:////nonexistent/powertrip.db"))
    chain.store.heartbeat.database = gone
    chain.is_judging = False


async def have_slack_refuse(chain: Chain) -> None:
    await chain.control.fault("chat.update", "error", count=999, error="not_in_channel")
    await chain.post(chain.login(chain.name()))


async def have_slack_break(chain: Chain) -> None:
    await chain.control.fault("*", "http_error", count=999, status=503)
    await chain.post(chain.login(chain.name()))


async def have_slack_forget(chain: Chain) -> None:
    """It takes what it is told, and shows it to nobody."""
    await chain.control.fault("conversations.history", "error", count=999, error="missing_scope")
    await chain.post(chain.login(chain.name()))


async def close_the_socket(chain: Chain) -> None:
    chain.is_connected = False
    assert await chain.post(chain.login(chain.name())) == 200


LINKS = [
    (stop_the_shipper, "card", "nothing arrived from syslog: sender, shipper, network, secret or proxy"),
    (change_the_secret, "card", "1 request was refused: 401 wrong secret or signature"),
    (lead_the_proxy_astray, "card", "1 request was refused: 404 no such source"),
    (garble_the_header, "card", "arrived but no rule took it"),
    (rename_the_key, "card", "arrived but no rule took it"),
    (switch_the_rule_off, "card", "arrived but no rule took it"),
    (stop_the_judge, "card", "worker"),
    (take_the_database_away, "card", "database"),
    (have_slack_refuse, "backup", "Slack refused to take the card"),
    (have_slack_break, "backup", "Slack does not take the card"),
    (have_slack_forget, "backup", "Slack refused to show the card again"),
    (close_the_socket, "card", "socket closed"),
]


@pytest.mark.parametrize(("break_it", "where", "words"), LINKS, ids=[link[0].__name__ for link in LINKS])
async def test_a_broken_link_is_named_in_time_and_the_call_outside_stops(
    living: Chain, break_it: Callable[[Chain], Awaitable[None]], where: str, words: str
) -> None:
    await living.passes(HOUR, COARSE)
    await break_it(living)

    await living.passes(LATE_AFTER, MINUTE)

    named = await living.card() if where == "card" else "".join(living.backup.told)
    assert words in named
    assert "all is well" not in named
    assert len(living.pings) == 1


@pytest.mark.parametrize(("break_it", "where", "words"), LINKS, ids=[link[0].__name__ for link in LINKS])
async def test_a_link_that_stays_broken_for_a_day_is_told_once(
    living: Chain, break_it: Callable[[Chain], Awaitable[None]], where: str, words: str
) -> None:
    await living.passes(HOUR, COARSE)
    await break_it(living)

    for _ in range(24):
        await living.passes(HOUR, 30 * MINUTE)
        if where == "backup":
            await living.post(living.login(living.name()))

    assert len(living.backup.told) == (1 if where == "backup" else 0), words
    assert len(living.pings) == 1
    await living.control.clear_faults()
    assert len(await living.cards()) == 1


async def test_what_is_mended_is_said_once_and_the_calls_go_on(living: Chain) -> None:
    await living.passes(HOUR, COARSE)
    await have_slack_refuse(living)
    await living.passes(LATE_AFTER, MINUTE)
    await living.control.clear_faults()

    await living.passes(LATE_AFTER, MINUTE)
    await living.beat()
    await living.passes(LATE_AFTER, MINUTE)

    assert [told.splitlines()[0] for told in living.backup.told] == [
        "Powertrip: its heartbeat is broken",
        "Powertrip: its heartbeat works again",
    ]
    assert len(living.pings) == 3
    assert "all is well" in await living.card()


async def test_a_source_that_is_heard_again_is_said_to_be_mended_until_the_next_heartbeat(
    living: Chain,
) -> None:
    await living.passes(HOUR + LATE_AFTER, COARSE)
    assert "nothing arrived" in await living.card()

    await living.beat()
    assert "all is well" in await living.card()
    assert "What was broken was mended at " in await living.card()

    await living.passes(HOUR, COARSE)
    await living.beat()
    assert "mended" not in await living.card()
    assert len(living.pings) == 3


async def test_a_card_that_was_deleted_is_posted_anew(living: Chain) -> None:
    (seen,) = [m for m in (await living.control.state()).messages("C0SECURITY") if "Heartbeat:" in m.text]
    await living.control.delete(seen.user, "C0SECURITY", seen.ts)

    await living.passes(HOUR, COARSE)
    await living.beat()
    await living.passes(MINUTE)

    assert "all is well" in await living.card()
    assert len(living.pings) == 2


async def test_while_one_source_is_late_the_address_is_not_called_for_the_others(
    tmp_path: Path, clock: Clock
) -> None:
    async with (
        local_slack() as sandbox,
        Control(sandbox.url) as control,
        chain(
            tmp_path, clock, sandbox, control, heartbeat={"sources": {"syslog": "15m", "papertrail": "1h"}}
        ) as two,
    ):
        await two.work()
        await two.beat()
        assert two.pings == []

        await two.passes(HOUR + LATE_AFTER, COARSE)
        await two.beat()

    assert two.pings == []


async def rows(chain: Chain) -> dict[str, int]:
    """How many rows each table has."""

    def count() -> dict[str, int]:
        return {table.__name__: int(table.select().count()) for table in Table.__subclasses__()}

    return await chain.thread.run(count)


async def test_thirty_days_of_heartbeats_leave_no_more_than_ten(living: Chain) -> None:
    # Each hour where there is time for it, or else four times a day: both fill what could fill.
    a_day = 24 if os.environ.get("POWERTRIP_HYPOTHESIS") == "full" else 4
    section = living.config.heartbeat.model_copy(update={"every": timedelta(days=1) / a_day})
    living.config = living.config.model_copy(update={"heartbeat": section})

    async def days(number: int) -> dict[str, int]:
        for _ in range(number * a_day):
            living.clock.forward(hours=24 / a_day)
            await living.beat()
            await living.store.prune(Retention(), QuarantineSection(), living.clock())
        return await rows(living)

    # What came from each source is counted an hour for a week.
    after_ten = await days(10)
    after_thirty = await days(20)

    assert after_thirty == after_ten
    assert after_thirty["EventRow"] == after_thirty["AuditRow"] == after_thirty["DeliveryRow"] == 0
    assert len(living.pings) == 1 + 30 * a_day
    assert len(await living.cards()) == 1


async def test_a_heartbeat_that_is_switched_off_leaves_no_card_that_nobody_keeps_true(living: Chain) -> None:
    on = living.config
    living.config = on.model_copy(update={"heartbeat": HeartbeatSection()})
    await living.work(2)
    assert await living.cards() == []

    living.config = on
    living.clock.forward(minutes=1)
    await living.beat()
    assert "all is well" in await living.card()


async def test_the_card_says_until_when_it_can_be_believed_only_where_that_is_known(living: Chain) -> None:
    assert "after 2026-01-15 13:11:00 UTC, Powertrip itself is down" in await living.card()

    await living.passes(HOUR + LATE_AFTER, COARSE)

    assert "itself is down" not in await living.card()


async def test_an_address_that_does_not_take_the_call_is_named_and_called_again(living: Chain) -> None:
    living.ping_status = 404
    await living.passes(HOUR, COARSE)
    await living.beat()
    await living.passes(LATE_AFTER, MINUTE)

    assert "the address outside did not take the call" in await living.card()
    assert "the server answered 404" in await living.card()
    assert "/ping" not in await living.card()
    assert 2 < len(living.pings) < 20

    living.ping_status = 200
    await living.passes(LATE_AFTER, MINUTE)
    called = len(living.pings)
    await living.passes(LATE_AFTER, MINUTE)

    assert "all is well" in await living.card()
    assert len(living.pings) == called


async def test_a_card_that_cannot_be_read_yet_is_not_posted_again_and_nobody_outside_is_called(
    tmp_path: Path, clock: Clock
) -> None:
    async with (
        local_slack() as sandbox,
        Control(sandbox.url) as control,
        chain(tmp_path, clock, sandbox, control) as lagging,
    ):
        await control.lag_reads(3600)
        await lagging.work()
        await lagging.beat()
        await lagging.passes(2 * MINUTE, timedelta(seconds=5))
        assert "all is well" in await lagging.card()
        assert lagging.pings == []

        await control.lag_reads(0)
        await lagging.passes(2 * MINUTE, timedelta(seconds=30))
        assert len(lagging.pings) == 1
        assert len(await lagging.cards()) == 1


async def test_a_card_that_shows_something_else_is_not_well(
    living: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    notifier = living.context.notifier

    async def shows_another(channel: str, ts: str) -> str | None:
        return (await notifier_read(channel, ts) or "").replace("check ", "")[:20]

    notifier_read = notifier.read
    monkeypatch.setattr(notifier, "read", shows_another)
    await living.passes(HOUR, COARSE)
    await living.beat()
    await living.passes(LATE_AFTER, MINUTE)

    assert "does not show what it says now" in living.backup.told[0]
    assert len(living.pings) == 1
