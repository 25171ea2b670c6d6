"""What is put back into the inbox is judged once more, and what is in it is the record as it came."""

from dataclasses import replace
from datetime import timedelta

from powertrip.domain.judgement import ToCount, ToQuarantine
from powertrip.domain.missed import MissedQuery
from powertrip.domain.quarantine import QuarantineSection
from powertrip.domain.record import Record
from powertrip.domain.retention import Retention
from powertrip.domain.sources import RecordVerdict
from powertrip.store import Store, again, inbox
from powertrip.store.database import DatabaseThread
from powertrip.store.tables import AuditRow
from tests.samples import NOW, ask, event, later, record
from tests.store.busy import faults

LEASE = timedelta(seconds=30)
SENT = record(
    "in Alice\x01 ✓",
    raw='{"message": "in Alice"}',
    source="servers",
    occurred_at=None,
    host_name="web-1",
    facility="auth",
    trusted={"_UID": "0"},
    content="some",
    cut=7,
)


async def claim(store: Store, **after: float) -> list[Record]:
    return await store.inbox.claim(10, lambda: later(**after), LEASE)


async def in_quarantine(thread: DatabaseThread, store: Store) -> None:
    await thread.run(inbox.append, [[SENT]])
    (claimed,) = await claim(store)
    await store.judging.apply([ToQuarantine(record=claimed, rule="entered", reason="odd")], NOW)


async def history(thread: DatabaseThread) -> list[tuple[str, object]]:
    rows = await thread.run(lambda: list(AuditRow.select().order_by(AuditRow.id)))
    assert await faults(thread) == {}
    return [(row.action, row.detail) for row in rows]


async def test_a_quarantined_record_comes_back_as_it_came_and_once(
    database_thread: DatabaseThread, store: Store
) -> None:
    await in_quarantine(database_thread, store)
    (missed,) = await database_thread.run(again.quarantined, MissedQuery())
    assert missed.record == SENT
    assert (missed.rule, missed.reason, missed.obstacle) == ("entered", "odd", None)

    put_back = [await store.again.rejudge_quarantined({missed.id: [SENT]}, later(days=1)) for _ in range(2)]
    assert put_back == [1, 0]
    (claimed,) = await claim(store, days=1)
    assert (claimed.record_id, claimed.received_at, claimed.rejudged_at) == (
        SENT.record_id,
        NOW,
        later(days=1),
    )
    await store.judging.apply([ask(claimed, event(id="missed", fold_key="missed"))], later(days=1))
    assert await store.again.rejudge_quarantined({missed.id: [SENT]}, later(days=2)) == 0
    assert await claim(store, days=2) == []
    assert [action for action, _ in await history(database_thread)] == ["quarantine_rejudged", "event_opened"]
    assert await database_thread.run(again.quarantined, MissedQuery()) == []
    (marked,) = await database_thread.run(again.quarantined, MissedQuery(with_rejudged=True))
    assert marked.rejudged_at == later(days=1)


async def test_a_record_that_the_inbox_keeps_no_more_comes_back_too(
    database_thread: DatabaseThread, store: Store
) -> None:
    await in_quarantine(database_thread, store)
    await store.prune(Retention(), QuarantineSection(), later(days=60))
    (missed,) = await database_thread.run(again.quarantined, MissedQuery())
    assert missed.record is not None

    assert await store.again.rejudge_quarantined({missed.id: [missed.record]}, later(days=31)) == 1
    (claimed,) = await claim(store, days=31)
    assert (claimed.raw, claimed.trusted, claimed.received_at) == (SENT.raw, SENT.trusted, NOW)


async def test_a_record_whose_id_another_record_has_by_now_comes_back_all_the_same(
    database_thread: DatabaseThread, store: Store
) -> None:
    await in_quarantine(database_thread, store)
    await store.prune(Retention(), QuarantineSection(), later(days=60))
    other = replace(SENT, raw="another", message="another", content="other", received_at=later(days=30))
    await database_thread.run(inbox.append, [[other]])

    assert await store.again.rejudge_quarantined({1: [SENT]}, later(days=31)) == 1
    assert [item.message for item in await claim(store, days=31)] == ["another", SENT.message]


async def test_an_unmatched_record_comes_back_once_and_is_counted_once(
    database_thread: DatabaseThread, store: Store
) -> None:
    async def unmatched(**after: float) -> None:
        (claimed,) = await claim(store, **after)
        verdict = ToCount(record=claimed, verdict=RecordVerdict.UNMATCHED, name="servers", reason="no rule")
        await store.judging.apply([verdict], later(**after))

    await database_thread.run(inbox.append, [[SENT]])
    await unmatched()
    (missed,) = await database_thread.run(again.unmatched, MissedQuery(source="servers", host_name="web-1"))
    assert await database_thread.run(again.unmatched, MissedQuery(program="cron")) == []
    put_back = [await store.again.rejudge_unmatched({missed.id: SENT}, later(hours=1)) for _ in range(2)]
    assert put_back == [1, 0]

    await unmatched(hours=1)
    (report,) = await store.sources.reports({"servers": ""}, later(hours=1))
    assert report.week == {"accepted": 1, "unmatched": 1}
    assert len(await database_thread.run(again.unmatched, MissedQuery())) == 1
    assert await history(database_thread) == [("unmatched_rejudged", {"count": 1, "sources": {"servers": 1}})]


async def test_more_than_one_statement_takes_are_put_back_together(
    database_thread: DatabaseThread, store: Store
) -> None:
    await database_thread.run(inbox.append, [[record(source="servers") for _ in range(1200)]])
    claimed = await store.inbox.claim(1200, lambda: NOW, LEASE)
    taken_by_none = RecordVerdict.UNMATCHED
    await store.judging.apply(
        [ToCount(record=item, verdict=taken_by_none, name="servers") for item in claimed], NOW
    )
    by_id = {item.inbox_id: item for item in claimed}
    assert await store.again.rejudge_unmatched(by_id, NOW) == 1200
    assert await store.inbox.backlog(2000) == 1200
