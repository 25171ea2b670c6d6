"""The weekly card: its week, its channel, and that a failure leads to another attempt."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from powertrip.domain.delivery import Digest
from powertrip.domain.report import Span
from powertrip.domain.report_section import ReportSection
from powertrip.pipeline.report import make_report, send_if_due
from powertrip.rules import load_rules
from powertrip.store import Store, reports
from powertrip.store.database import DatabaseThread
from tests.claiming import take_next
from tests.month import SINCE, UNTIL, asked, month, write
from tests.pipeline.contexts import context
from tests.samples import ALICE, SECURITY

RULES = load_rules([{"use": "ssh"}, {"use": "sudo"}], lambda _: "config.yaml:1")
WEEKLY = ReportSection.model_validate({"every": "thursday 09:00", "time_zone": "Europe/Berlin"})
BEFORE, DUE = datetime.fromisoformat("2026-01-02T12:00Z"), datetime.fromisoformat("2026-01-08T08:00Z")


async def weekly(store: Store, now: datetime, section: ReportSection = WEEKLY) -> Any:
    """What is queued at that time, if anything is."""
    await send_if_due(context(store, lambda: now, report=section, rules=RULES, security_channel=SECURITY))
    taken = await take_next(store, now + timedelta(minutes=1))
    if taken is not None:
        await store.deliveries.finish(taken, now)
    return taken


async def test_it_tells_of_the_week_that_ends_then(database_thread: DatabaseThread, store: Store) -> None:
    await database_thread.run(write, [*month(), asked("later", 8, ALICE)])
    assert await weekly(store, BEFORE) is None
    told = await weekly(store, DUE + timedelta(minutes=3))
    assert told.channel == SECURITY
    assert isinstance(told.payload, Digest)
    assert told.payload.title == "What was asked, 2026-01-01 to 2026-01-08"
    # From the 1st at 9 in Berlin: all of the month up to the 7th, and nothing of the 8th.
    assert told.payload.lines[0] == "Asked: 77 events; 77 answered, 1 of them denied, 0 open"
    assert "ssh_login_expected_1" in told.payload.boxes[1].text
    assert await weekly(store, DUE + timedelta(minutes=4)) is None


async def test_a_week_in_which_nothing_was_asked_is_told_too(store: Store) -> None:
    await weekly(store, BEFORE)
    told = await weekly(store, DUE)
    assert told.payload.lines == ("Asked: nothing in this time.",)


async def test_it_goes_to_the_channel_that_is_named(store: Store) -> None:
    named = WEEKLY.model_copy(update={"to": "#weekly"})
    await weekly(store, BEFORE, named)
    assert (await weekly(store, DUE, named)).channel == "#weekly"


async def test_without_a_time_nothing_is_read_and_nothing_is_sent(store: Store) -> None:
    assert await weekly(store, BEFORE, ReportSection()) is None
    assert await weekly(store, DUE, ReportSection()) is None


async def test_two_that_are_asked_for_at_once_are_read_one_after_the_other(
    database_thread: DatabaseThread, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "PAGE", 20)
    await database_thread.run(write, month())
    about = context(store, lambda: DUE, rules=RULES)
    read, page = list[str | None](), store.reports.page

    async def seen(span: Span, after: Any) -> Any:
        read.append(span.subject)
        return await page(span, after)

    monkeypatch.setattr(store.reports, "page", seen)
    await asyncio.gather(make_report(about, SINCE, UNTIL), make_report(about, SINCE, UNTIL, own=ALICE))
    assert read == [*[None] * 6, *[ALICE] * 2]
