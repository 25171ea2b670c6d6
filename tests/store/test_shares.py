"""Every source has its share: of the backlog, of each batch that is judged, and its own 503."""

import asyncio
from collections.abc import Callable

import pytest

from powertrip.domain.backlog import Backlog
from powertrip.domain.record import Record
from powertrip.domain.sources import RecordVerdict
from powertrip.errors import Overloaded
from powertrip.store import Store, inbox, turns
from powertrip.store.database import DatabaseThread
from powertrip.store.group_commit import UNCOMMITTED, GroupCommitInbox
from powertrip.store.sources import counts
from powertrip.store.tables import InboxRow
from tests.samples import NOW, later, record
from tests.store.plans import plan_of


def of(source: str, count: int) -> list[Record]:
    return [record(source=source) for _ in range(count)]


async def claimed(store: Store, limit: int) -> list[str]:
    return [item.source for item in await store.inbox.claim(limit, lambda: NOW, later(minutes=1) - NOW)]


async def test_the_sources_take_turns_whoever_sent_how_much_before(
    database_thread: DatabaseThread, store: Store
) -> None:
    await database_thread.run(inbox.append, [of("loud", 100)])
    for number in range(29):
        await database_thread.run(inbox.append, [of(f"quiet{number:02}", 2)])

    first = await claimed(store, 60)

    assert first.count("loud") == 2
    assert {first.count(f"quiet{number:02}") for number in range(29)} == {2}
    assert await claimed(store, 60) == ["loud"] * 60


async def test_who_comes_later_is_next_and_not_first(database_thread: DatabaseThread, store: Store) -> None:
    await database_thread.run(inbox.append, [of("loud", 10), of("loud", 10)])
    judged = await store.inbox.claim(5, lambda: NOW, later(minutes=1) - NOW)
    await database_thread.run(
        inbox.mark_judged, {item.inbox_id: RecordVerdict.IGNORED for item in judged}, NOW
    )
    await database_thread.run(inbox.append, [of("quiet", 3)])

    assert await claimed(store, 6) == ["loud", "quiet"] * 3


async def test_of_a_source_the_oldest_come_first(database_thread: DatabaseThread, store: Store) -> None:
    sent = of("any", 7)
    await database_thread.run(inbox.append, [sent[:3], sent[3:5]])
    await database_thread.run(inbox.append, [sent[5:]])

    got = await store.inbox.claim(9, lambda: NOW, later(minutes=1) - NOW)

    assert [item.record_id for item in got] == [item.record_id for item in sent]


async def test_what_is_judged_again_takes_its_turn_like_any_other(
    database_thread: DatabaseThread, store: Store
) -> None:
    await database_thread.run(inbox.append, [of("back", 4)])
    back = await store.inbox.claim(9, lambda: NOW, later(minutes=1) - NOW)
    ids = [item.inbox_id for item in back]
    await database_thread.run(inbox.mark_judged, dict.fromkeys(ids, RecordVerdict.UNMATCHED), NOW)
    await database_thread.run(inbox.append, [of("other", 4)])
    assert await store.again.rejudge_unmatched(dict(zip(ids, back, strict=True)), NOW) == 4

    assert sorted(await claimed(store, 4)) == ["back", "back", "other", "other"]


@pytest.mark.parametrize("query", ["claim", "count", "turns"])
async def test_the_questions_are_answered_from_an_index(database_url: str, store: Store, query: str) -> None:
    if not database_url.startswith("sqlite"):
        pytest.skip("PostgreSQL chooses by the numbers of rows")
    steps: dict[str, Callable[[], object]] = {
        "claim": lambda: inbox.claim(5, lambda: NOW, later(minutes=1) - NOW),
        "count": turns.waiting_by_source,
        "turns": lambda: turns.Turns(["any"]),
    }
    said = "\n".join(await store.inbox.database.run(lambda: plan_of(steps[query])))
    assert "inbox_turn" in said or "inbox_of_source" in said
    assert "TEMP B-TREE" not in said


async def test_a_source_at_its_share_is_turned_away_and_no_other(database_thread: DatabaseThread) -> None:
    writer = GroupCommitInbox(
        database_thread, backlog=lambda: Backlog(40, senders=2), retry_after=lambda: 7, on_new=lambda: None
    )
    await writer.put(of("loud", 30))

    answers = await asyncio.gather(
        writer.put(of("loud", 1)), writer.put(of("quiet", 2)), writer.put([]), return_exceptions=True
    )

    refused, new, nothing = answers
    assert isinstance(refused, Overloaded)
    assert "loud" in str(refused)
    assert (refused.retry_after, new, nothing) == (7, 2, 0)
    assert await database_thread.run(turns.waiting_by_source) == {"loud": 30, "quiet": 2}


async def test_what_waits_for_a_commit_is_bounded(database_thread: DatabaseThread) -> None:
    writer = GroupCommitInbox(
        database_thread, backlog=lambda: Backlog(9), retry_after=lambda: 7, on_new=lambda: None
    )
    one = record()
    first = asyncio.create_task(writer.put([one]))
    await asyncio.sleep(0)

    with pytest.raises(Overloaded, match="more slowly"):
        await writer.put([one] * UNCOMMITTED)
    assert await first == 1
    assert await writer.put([record()]) == 1


async def test_what_was_put_off_is_free_at_once_and_counted_by_source(
    database_thread: DatabaseThread, store: Store
) -> None:
    await database_thread.run(inbox.append, [of("slow", 3)])
    taken = await store.inbox.claim(9, lambda: NOW, later(minutes=1) - NOW)

    await store.inbox.release([item.inbox_id for item in taken], NOW, put_off=["slow"])

    assert len(await store.inbox.claim(9, lambda: NOW, later(minutes=1) - NOW)) == 3
    totals = await database_thread.run(counts.totals, NOW)
    assert totals["slow"][RecordVerdict.PUT_OFF] == 1


async def test_what_an_earlier_version_keeps_meanwhile_comes_first(
    database_thread: DatabaseThread, store: Store
) -> None:
    await database_thread.run(inbox.append, [of("new", 2)])
    await database_thread.run(inbox.append, [of("old", 2)])
    await database_thread.run(lambda: InboxRow.update(turn=0).where(InboxRow.source == "old").execute())

    assert (await claimed(store, 4))[1:3] == ["old", "old"]
