"""A database that the last release left half way: it is migrated, and nothing that waited in it is lost.

How it was made says `last_release/make.py`.
"""

import secrets
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from powertrip.domain.deciding import DecisionPlan
from powertrip.domain.delivery import Delivery, DeliveryKind, Posted, Shown
from powertrip.domain.event import NoticeKind, Status
from powertrip.domain.hids import OriginState
from powertrip.domain.judgement import ToAsk
from powertrip.store import Store
from powertrip.store.database import DatabaseThread, open_database
from powertrip.store.migrating import migrate
from powertrip.store.tables import DeliveryRow, DeliveryState
from tests.claiming import take_next
from tests.samples import ALICE, SECURITY, ask, decided, decision, event, later
from tests.store.busy import faults

DUMPS = Path(__file__).parent / "last_release"
LEASE = timedelta(seconds=30)
HOUR = timedelta(hours=1)
NOTICE_KIND = {
    DeliveryKind.FIRST: NoticeKind.FIRST,
    DeliveryKind.OUTCOME: NoticeKind.OUTCOME,
    DeliveryKind.REMINDER: NoticeKind.REMINDER,
}


@pytest.fixture(params=["sqlite", "postgresql"])
async def left(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[DatabaseThread]:
    """The database as it was left, migrated by today's code."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/left.db"
        with sqlite3.connect(tmp_path / "left.db") as connection:
            connection.executescript((DUMPS / "sqlite.sql").read_text())
    else:
        server = request.getfixturevalue("postgres")
        name = f"left_{secrets.token_hex(4)}"
        server.psql(f"CREATE DATABASE {name}")
        url = server.get_uri(database=name)
        with psycopg.connect(url) as connection:
            connection.execute((DUMPS / "postgresql.sql").read_bytes())
    opened = open_database(url)
    migrate(opened)
    thread = DatabaseThread(opened)
    yield thread
    assert await faults(thread) == {}
    await thread.close()


async def take(store: Store, delivery: Delivery, number: int) -> None:
    """Do what the sender does with a delivery that the outside takes."""
    shown = [
        Shown(event_id=found.event.id, revision=found.event.revision, version=found.version, reminder=9)
        for found in delivery.snapshots
    ]
    match delivery.kind:
        case DeliveryKind.FIRST | DeliveryKind.OUTCOME | DeliveryKind.REMINDER:
            where = Posted(channel=SECURITY, ts=f"100.{number}")
            await store.notices.posted(delivery, NOTICE_KIND[delivery.kind], where, shown, later(hours=1))
        case DeliveryKind.UPDATE:
            await store.notices.updated(delivery, shown, later(hours=1))
        case DeliveryKind.ORIGIN:
            assert await store.tellings.verdict(delivery) is not None
            await store.tellings.told(delivery, later(hours=1))
        case DeliveryKind.BACKUP:
            about = [found.event.id for found in delivery.snapshots]
            await store.backups.told(delivery, about, later(hours=1))
        case _:
            await store.deliveries.finish(delivery, later(hours=1))


async def test_all_that_waited_goes_out_with_the_events_it_is_about(left: DatabaseThread) -> None:
    store, sent = Store(left), []
    while delivery := await take_next(store, later(hours=1)):
        sent.append(delivery)
        await take(store, delivery, len(sent))

    told = {
        kind: sorted(sorted(found.event.id for found in item.snapshots) for item in sent if item.kind is kind)
        for kind in (DeliveryKind.FIRST, DeliveryKind.OUTCOME, DeliveryKind.REMINDER, DeliveryKind.ORIGIN)
    }
    assert told == {
        DeliveryKind.FIRST: [["bobs"], ["new"]],
        DeliveryKind.OUTCOME: [["denied"]],
        DeliveryKind.REMINDER: [["grown", "silent"]],
        DeliveryKind.ORIGIN: [["approved"], ["approved"], ["denied"]],
    }
    counted = Counter(item.kind for item in sent)
    assert counted[DeliveryKind.NOTE] == 2
    assert counted[DeliveryKind.QUARANTINE] == counted[DeliveryKind.BACKUP] == 1
    assert counted[DeliveryKind.REMOVE] == 1
    updated = {(item.notices[0].ts, item.snapshots[0].event.id) for item in sent if item.notices}
    assert {("1.1", "asked"), ("2.1", "grown"), ("3.1", "denied"), ("5.1", "approved")} <= updated
    waiting = DeliveryRow.select().where(DeliveryRow.state == DeliveryState.WAITING)
    assert await left.run(waiting.count) == 0


async def test_events_are_reminded_of_joined_and_decided_as_if_nothing_had_been(left: DatabaseThread) -> None:
    store = Store(left)
    due = await store.events.due_reminders(later(hours=2), 50)
    following = [(item, later(hours=3)) for item in due]
    assert {item.event_id for item in due} >= {"asked", "grown", "denied", "halfway", "new", "bobs", "silent"}
    assert await store.events.reserve_reminders(following, SECURITY, 3, later(hours=2)) == len(due)

    unjudged = await store.inbox.claim(10, lambda: later(minutes=2), LEASE)
    assert [item.record_id for item in unjudged] == ["w-1", "w-2"]
    batch = [ask(unjudged[0], event(fold_key="grown")), ask(unjudged[1], event(id="after", fold_key="after"))]
    applied = await store.judging.apply(batch, later(hours=2))
    assert (applied.opened, applied.folded) == (("after",), ("grown",))

    grown = await store.events.get("grown")
    assert (grown.revision, grown.status) == (3, Status.PENDING)
    plan = DecisionPlan(
        before=grown,
        after=decided(grown, status=Status.APPROVED),
        decision=decision(revision=2),
        remind_at=None,
        outcome_channel=None,
        rest_id="rest",
        rest_conversation=ALICE,
        rest_remind_at=later(hours=3),
    )
    taken = await store.events.decide(plan)
    assert taken is not None
    assert taken.rest is not None
    assert [item.record_id for item in await store.events.occurrences("rest")] == ["w-1"]


async def test_facts_decisions_and_what_origins_have_to_do_with_events_are_read(left: DatabaseThread) -> None:
    store = Store(left)
    asked, denied, approved = [await store.events.get(name) for name in ("asked", "denied", "approved")]

    assert asked.facts is not None
    assert asked.past is not None
    assert [state.state for state in asked.origins] == [OriginState.MISSED]
    assert [(taken.actor_id, taken.reason) for taken in denied.decisions] == [(ALICE, "not me")]
    assert {standing.origin for standing in approved.origins} == {"wazuh", "audit_system"}
    decisions = await store.decisions.after(0, None, 10)
    assert [found.event_id for found in decisions] == ["denied", "halfway", "approved"]


async def test_what_the_hids_alone_saw_and_what_is_in_quarantine_is_told(left: DatabaseThread) -> None:
    store = Store(left)
    due = await store.sightings.due(later(hours=1), 10)
    assert [item.event.user_name for item in due] == ["carol"]
    asked = [
        (
            due[0].id,
            ToAsk(
                record=due[0].record,
                event=decided(due[0].event, id="alone", next_reminder_at=later(hours=2)),
                conversation=SECURITY,
            ),
        )
    ]
    assert (await store.sightings.open_due(asked, later(hours=1))).opened == ("alone",)
    report = await store.quarantine.report(SECURITY, HOUR, later(hours=2))
    assert report is not None
    assert report.reasons == {"judging broke: KeyError": 1}
