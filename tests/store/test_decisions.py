"""The order of decisions is that of their commits, whoever writes them, on both databases."""

from datetime import timedelta

from powertrip.domain.deciding import DecisionPlan
from powertrip.domain.event import Status
from powertrip.store import Store, inbox
from powertrip.store.database import DatabaseThread
from tests.samples import ALICE, NOW, ask, decided, decision, event, later, record

LEASE = timedelta(seconds=30)


async def approved(thread: DatabaseThread, store: Store, number: int) -> None:
    """One more approved event."""
    about = event(id=f"event{number:05}", fold_key=str(number))
    await thread.run(inbox.append, [[record()]])
    (claimed,) = await store.inbox.claim(1, lambda: NOW, LEASE)
    await store.judging.apply([ask(claimed, about)], NOW)
    plan = DecisionPlan(
        before=about,
        after=decided(about, status=Status.APPROVED),
        decision=decision(at=later(minutes=number)),
        remind_at=None,
        outcome_channel=None,
        rest_id="rest00001",
        rest_conversation=ALICE,
        rest_remind_at=later(minutes=11),
    )
    assert await store.events.decide(plan)


async def test_whoever_goes_on_after_the_last_misses_none(
    database_thread: DatabaseThread, store: Store
) -> None:
    for number in range(3):
        await approved(database_thread, store, number)
    first = await store.decisions.after(0, None, 2)
    assert [one.event_id for one in first] == ["event00000", "event00001"]
    await approved(database_thread, store, 3)
    rest = await store.decisions.after(first[-1].id, None, 10)
    assert [one.event_id for one in rest] == ["event00002", "event00003"]
    assert await store.decisions.after(rest[-1].id, None, 10) == []


async def test_a_time_leaves_out_what_was_before(database_thread: DatabaseThread, store: Store) -> None:
    for number in range(3):
        await approved(database_thread, store, number)
    found = await store.decisions.after(0, later(minutes=1), 10)
    assert [one.at for one in found] == [later(minutes=1), later(minutes=2)]
