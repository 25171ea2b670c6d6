"""The same id is not the same record: what is known, what is judged, and under which id."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
import structlog

from powertrip.domain.judgement import ToAsk
from powertrip.domain.quarantine import QuarantineSection
from powertrip.domain.record import Record, content_of, sent_id, told_apart
from powertrip.domain.retention import Retention
from powertrip.log import Seldom
from powertrip.store import Store, inbox
from powertrip.store.database import DatabaseThread
from tests.samples import ALICE, NOW, event, later, record
from tests.sources.posting import read

LEASE = timedelta(seconds=30)


def sent(message: str, record_id: str = "X", **changes: object) -> Record:
    """A record as a source makes it."""
    return record(message, record_id=record_id, content=content_of(message), **changes)


async def judged(
    thread: DatabaseThread, store: Store, *records: Record, same_log: tuple[str, ...] = ()
) -> tuple[list[str], int]:
    """The users who are asked about the records of one batch, and how many records are known."""
    for item in records:
        await thread.run(inbox.append, [[item]])
    claimed = await store.inbox.claim(100, lambda: NOW, LEASE)
    asks = [
        ToAsk(
            record=item,
            event=event(
                user_name=(user := item.message.partition(" for ")[2].partition(" ")[0]),
                fold_key=f"{item.source} {user}",
                source=item.source,
                occurred_at=item.occurred_at or item.received_at,
            ),
            conversation=ALICE,
            same_log=same_log,
        )
        for item in claimed
    ]
    applied = await store.judging.apply(asks, NOW)
    opened = [ask.event.user_name or "" for ask in asks if ask.event.id in applied.opened]
    return [*opened, *("joined" for _ in applied.folded)], applied.repeated


LOGIN = "Accepted publickey for {} from 192.0.2.10 port 50000 ssh2"
ALICES, BOBS = LOGIN.format("alice"), LOGIN.format("bob")


async def test_of_one_id_for_many_records_each_is_judged_and_counted(
    database_thread: DatabaseThread, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "_shared_ids", Seldom(timedelta(hours=1)))
    records = [sent(ALICES), sent(BOBS), sent(ALICES), sent(BOBS)]
    with structlog.testing.capture_logs() as logs:
        assert await database_thread.run(
            inbox.append, [[replace(item, source="shared-ids") for item in records]]
        ) == [2]
        await database_thread.run(inbox.append, [[sent("another", source="shared-ids")]])
    claimed = await store.inbox.claim(100, lambda: NOW, LEASE)

    assert [item.message for item in claimed] == [ALICES, BOBS, "another"]
    assert [sent_id(item.record_id) for item in claimed] == ["X"] * 3
    assert len({item.record_id for item in claimed}) == 3
    numbers = await store.statistics.numbers(NOW)
    assert numbers.tallies == {("duplicate", "shared-ids"): 2, ("shared_id", "shared-ids"): 2}
    warned = [entry for entry in logs if entry["log_level"] == "warning"]
    assert [entry["source"] for entry in warned] == ["shared-ids"]


async def test_a_poisoned_id_hides_no_login(database_thread: DatabaseThread, store: Store) -> None:
    await database_thread.run(inbox.append, [[sent("nothing of interest", program="cron")]])
    await store.inbox.claim(100, lambda: NOW, LEASE)

    assert await judged(database_thread, store, sent(ALICES)) == (["alice"], 0)


@pytest.mark.parametrize(
    ("again", "asked", "repeated"),
    [
        (sent(ALICES), [], 1),
        (sent(BOBS), ["bob"], 0),
        # The same words of another time, or of a time that nobody states, may be of another login.
        (sent(ALICES, occurred_at=later(hours=1)), ["joined"], 0),
        (sent(ALICES, occurred_at=None, received_at=later(days=40)), ["joined"], 0),
    ],
    ids=["the same", "another", "another time", "no time"],
)
async def test_an_id_that_comes_again_after_retention_makes_no_error(
    database_thread: DatabaseThread, store: Store, again: Record, asked: list[str], repeated: int
) -> None:
    await judged(database_thread, store, sent(ALICES))
    for _ in range(2):
        await store.prune(Retention(), QuarantineSection(), later(days=61))

    assert await judged(database_thread, store, again) == (asked, repeated)
    # And once more: the id that tells it apart is taken now, too.
    await store.prune(Retention(), QuarantineSection(), later(days=61))
    later_still = replace(again, received_at=again.received_at + timedelta(days=32))
    _, known = await judged(database_thread, store, later_still)
    assert known == (0 if again.occurred_at is None else 1)


async def test_a_record_of_one_log_is_asked_about_once_whichever_reader_tells_of_it(
    database_thread: DatabaseThread, store: Store
) -> None:
    by_webhook = sent(ALICES, source="pt")
    by_poll = replace(sent(ALICES, source="search"), raw='{"id": "X"}', content="sha256:other")
    missed = sent(BOBS, "Y", source="search")

    assert await judged(database_thread, store, by_webhook, same_log=("search",)) == (["alice"], 0)
    assert await judged(database_thread, store, by_poll, missed, same_log=("pt",)) == (["bob"], 1)


async def test_of_one_batch_too_the_second_reader_only_repeats(
    database_thread: DatabaseThread, store: Store
) -> None:
    pair = [sent(ALICES, source=name) for name in ("pt", "search")]

    assert await judged(database_thread, store, *pair, same_log=("pt", "search")) == (["alice"], 1)


@pytest.mark.parametrize(
    "other",
    [
        sent(BOBS, source="search"),
        sent(ALICES, "Y", source="search"),
        sent(ALICES, source="search", occurred_at=later(seconds=1)),
        sent(ALICES, source="elsewhere"),
    ],
    ids=["other words", "other id", "other time", "other log"],
)
async def test_what_differs_or_is_of_another_log_is_asked_about(
    database_thread: DatabaseThread, store: Store, other: Record
) -> None:
    await judged(database_thread, store, sent(ALICES, source="pt"), same_log=("search",))
    asked, repeated = await judged(
        database_thread, store, other, same_log=("pt",) if other.source == "search" else ()
    )

    assert (len(asked), repeated) == (1, 0)


async def test_an_id_made_to_look_like_that_of_the_next_login_hides_it_no_more_than_any_other(
    database_thread: DatabaseThread, store: Store
) -> None:
    def posted(record_id: str, message: str) -> Record:
        body = json.dumps({"id": record_id, "message": message, "time": NOW.isoformat()})
        (made,) = read("json", body, keys={"id": "id"}).records
        return made

    login = posted("7", "Accepted publickey for alice from 192.0.2.10 port 50000 ssh2")
    before = [posted("7", "noise"), posted(told_apart("7", login.content), "noise")]

    assert await database_thread.run(inbox.append, [[item] for item in (*before, login)]) == [1, 1, 1]
    assert login.message in [
        item.message for item in await store.inbox.claim(9, lambda: later(days=1), LEASE)
    ]


def test_the_id_of_the_sender_is_found_again() -> None:
    content = content_of("a line")

    assert sent_id(told_apart("alert-1", content)) == "alert-1"
    assert sent_id(told_apart("alert-1", content, 7)) == "alert-1"
    assert sent_id("alert#1") == "alert#1"
