"""Whatever waits is committed together, and everybody is told their own result."""

import asyncio
from dataclasses import replace

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
from tests.samples import NOW, record


def inbox_of(thread: DatabaseThread, backlog_limit: int = 100) -> GroupCommitInbox:
    return GroupCommitInbox(
        thread,
        backlog=lambda: Backlog(backlog_limit),
        retry_after=lambda: 30,
        on_new=lambda: None,
        # What breaks is logged with its traceback, which takes long on a busy machine.
        answer_limit=60,
    )


async def test_everybody_who_waited_learns_how_many_of_theirs_were_new(
    database_thread: DatabaseThread,
) -> None:
    writer, known = inbox_of(database_thread), record()
    answers = await asyncio.gather(writer.put([known]), writer.put([known, record()]), writer.put([]))
    assert list(answers) == [1, 1, 0]
    assert await database_thread.run(inbox.backlog, 100) == 2


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
