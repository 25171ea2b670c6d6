"""Whatever waits is committed together, and everybody is told their own result."""

import asyncio
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from powertrip.domain.backlog import Backlog
from powertrip.domain.quarantine import QuarantineSection
from powertrip.domain.record import Record
from powertrip.domain.retention import Retention
from powertrip.domain.sources import RecordVerdict
from powertrip.errors import Overloaded, StoreUnavailable
from powertrip.store import Store, inbox, quarantine
from powertrip.store.database import DatabaseThread
from powertrip.store.group_commit import GroupCommitInbox
from powertrip.store.sources import counts
from powertrip.store.tables import InboxRow
from tests.samples import NOW, record


def inbox_of(
    thread: DatabaseThread,
    backlog_limit: int = 100,
    answer_limit: float = 60,
    on_new: Callable[[], None] = lambda: None,
) -> GroupCommitInbox:
    return GroupCommitInbox(
        thread,
        backlog=lambda: Backlog(backlog_limit),
        retry_after=lambda: 30,
        on_new=on_new,
        # What breaks is logged with its traceback, which takes long on a busy machine.
        answer_limit=answer_limit,
    )


async def test_everybody_who_waited_learns_how_many_of_theirs_were_new(
    database_thread: DatabaseThread,
) -> None:
    writer, known = inbox_of(database_thread), record()
    answers = await asyncio.gather(writer.put([known]), writer.put([known, record()]), writer.put([]))
    assert list(answers) == [1, 1, 0]
    assert await database_thread.run(inbox.backlog, 100) == 2


@pytest.mark.parametrize("seed", range(4))
async def test_what_is_committed_together_is_kept_as_one_after_the_other_would_be(
    database_thread: DatabaseThread, seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311 (the same at every run)

    def some(source: str, ids: Sequence[int]) -> list[Record]:
        return [
            record(source=source, record_id=str(each), message=f"{each % 7}", content=f"sha256:{each % 3}")
            for each in ids
        ]

    # Of all new, with some known, with one id and several contents, and of more than one statement.
    ids = [[dice.randrange(400) for _ in range(dice.choice((0, 1, 2, 90, 200)))] for _ in range(6)]
    ids += [[1000], [1001, 1002], [1003]] * (seed % 2)
    together = await database_thread.run(inbox.append, [some("together", part) for part in ids])
    apart = [await database_thread.run(inbox.append, [some("apart", part)]) for part in ids]

    def kept(source: str) -> tuple[list[Any], dict[str, int]]:
        rows = InboxRow.select().where(InboxRow.source == source).order_by(InboxRow.id)
        columns = [(row.record_id, row.message, row.content, row.raw) for row in rows]
        return columns, counts.totals(NOW - timedelta(days=400), source)[source]

    assert together == [new for [new] in apart]
    first, second = [await database_thread.run(kept, source) for source in ("together", "apart")]
    assert first == second


async def test_what_comes_in_at_each_turn_of_the_loop_is_committed_together(
    database_thread: DatabaseThread,
) -> None:
    commits: list[None] = []
    writer = inbox_of(database_thread, on_new=lambda: commits.append(None))

    async def put_after(turns: int) -> int:
        for _ in range(turns):
            await asyncio.sleep(0)
        return await writer.put([record()])

    assert await asyncio.gather(*map(put_after, range(5))) == [1] * 5
    assert len(commits) == 1


async def test_who_gives_up_waiting_for_the_commit_is_told_to_come_back(
    database_thread: DatabaseThread,
) -> None:
    writer, may_go_on = inbox_of(database_thread, answer_limit=0.05), threading.Event()
    hanging = asyncio.create_task(database_thread.run(may_go_on.wait))
    with pytest.raises(StoreUnavailable, match="did not answer within"):
        await writer.put([record()])
    may_go_on.set()
    await hanging


async def test_a_request_that_cannot_be_kept_does_not_keep_out_the_others(
    database_thread: DatabaseThread,
) -> None:
    writer = inbox_of(database_thread)
    unkeepable: Record = replace(record(), source=None)  # type: ignore[arg-type]
    answers = await asyncio.gather(
        writer.put([record()]), writer.put([unkeepable]), writer.put([record()]), return_exceptions=True
    )
    assert (answers[0], answers[2]) == (1, 1)
    assert isinstance(answers[1], StoreUnavailable)


async def test_too_much_that_waits_turns_senders_away_until_it_is_judged(
    database_thread: DatabaseThread, store: Store
) -> None:
    writer = inbox_of(database_thread, backlog_limit=2)
    await writer.put([record(), record()])
    with pytest.raises(Overloaded) as refused:
        await writer.put([record()])
    assert refused.value.retry_after == 30
    for claimed in await store.inbox.claim(2, lambda: NOW, NOW - NOW):
        assert await database_thread.run(inbox.mark_judged, {claimed.inbox_id: RecordVerdict.IGNORED}, NOW)
    assert await writer.put([record()]) == 1


async def test_the_quarantine_lets_go_of_the_oldest_beyond_its_bounds(
    database_thread: DatabaseThread, store: Store
) -> None:
    writer = inbox_of(database_thread)
    for body in (b"oldest", b"middle", b"newest"):
        await writer.quarantine_body("syslog", body, "unreadable", NOW)
    gone = await store.prune(Retention(), QuarantineSection(keep=2), NOW)
    assert gone["quarantine"] == 1
    untold = await database_thread.run(quarantine.untold)
    assert untold is not None
    assert untold.samples == ("middle", "newest")
    assert (await store.prune(Retention(), QuarantineSection.model_validate({"keep_bytes": "6B"}), NOW))[
        "quarantine"
    ] == 1
