"""Reminders of one minute go out together, on both databases."""

from datetime import datetime, timedelta

import pytest

from powertrip.domain.delivery import DeliveryKind
from powertrip.domain.people import Subject, SubjectKind
from powertrip.domain.reminders import Reminders, gathered_until
from powertrip.pipeline.remind import remind
from powertrip.store import Store, inbox
from powertrip.store.database import DatabaseThread
from tests.claiming import take_next
from tests.pipeline.contexts import context
from tests.samples import NOW, SECURITY, ask, event, later, record

LEASE = timedelta(seconds=30)
BOT = Subject(kind=SubjectKind.BOT)


async def reminded(
    database_thread: DatabaseThread, store: Store, *, due: list[float], schedule: Reminders, now: datetime
) -> list[list[str]]:
    """The events of each reminder that is queued `now`, where theirs were due after so many minutes."""
    await database_thread.run(inbox.append, [[record() for _ in due]])
    claimed = await store.inbox.claim(len(due), lambda: NOW, LEASE)
    for number, (item, minutes) in enumerate(zip(claimed, due, strict=True)):
        about = event(
            id=f"event{number}",
            fold_key=str(number),
            subject=BOT,
            next_reminder_at=later(minutes=minutes),
        )
        await store.judging.apply([ask(item, about, SECURITY)], NOW)
    await remind(context(store, lambda: now, reminders=schedule, security_channel=SECURITY))
    found = []
    while delivery := await take_next(store, now):
        found += [sorted(delivery.event_ids)] if delivery.kind is DeliveryKind.REMINDER else []
    return sorted(found)


async def test_what_comes_due_within_the_minute_goes_into_the_same_list(
    database_thread: DatabaseThread, store: Store
) -> None:
    messages = await reminded(
        database_thread, store, due=[10, 10.9, 11.1], schedule=Reminders(), now=later(minutes=10)
    )
    assert messages == [["event0", "event1"]]


async def test_nothing_is_told_ahead_of_what_is_due(database_thread: DatabaseThread, store: Store) -> None:
    messages = await reminded(
        database_thread, store, due=[10.5, 10.9], schedule=Reminders(), now=later(minutes=10)
    )
    assert messages == []


async def test_lists_can_be_kept_for_many(database_thread: DatabaseThread, store: Store) -> None:
    messages = await reminded(
        database_thread, store, due=[10, 10, 10], schedule=Reminders(together=3), now=later(minutes=10)
    )
    assert messages == [["event0"], ["event1"], ["event2"]]


@pytest.mark.parametrize(
    ("after", "every", "ahead"),
    [("10m", "1h", 60), ("1h", "5m", 30), ("10s", "10s", 1), ("1s", "1h", 0.1)],
)
def test_where_all_goes_faster_less_is_gathered(after: str, every: str, ahead: float) -> None:
    schedule = Reminders.model_validate({"remind_after": after, "remind_every": every})
    assert (gathered_until(schedule, NOW) - NOW).total_seconds() == ahead
