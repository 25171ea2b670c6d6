"""The order of decisions is that of their commits, whoever writes them, on both databases."""

from datetime import timedelta

import pytest

from powertrip.domain.deciding import DecisionPlan
from powertrip.domain.event import Event, EventQuery, Status
from powertrip.errors import NotAllowed, UnknownEvent
from powertrip.store import Store, inbox
from powertrip.store.database import DatabaseThread
from tests.samples import ALICE, NOW, ask, decided, decision, event, later, record
from tests.store.test_flow import approve

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


async def opened(thread: DatabaseThread, store: Store) -> Event:
    await thread.run(inbox.append, [[record()]])
    (claimed,) = await store.inbox.claim(1, lambda: NOW, LEASE)
    await store.judging.apply([ask(claimed, event())], NOW)
    ((about,), _) = await store.events.find(EventQuery())
    return about


@pytest.mark.parametrize("is_typed", [True, False])
async def test_a_decision_is_planned_by_what_the_event_is_at_that_moment(
    database_thread: DatabaseThread, store: Store, is_typed: bool
) -> None:
    about = await opened(database_thread, store)
    await store.events.answered({about.id: 7})
    planned: list[tuple[Event, int | None]] = []

    def plan(now: Event, shown: int | None) -> DecisionPlan:
        planned.append((now, shown))
        return approve(now.id)

    assert await store.events.decide_as_it_is(about.id, plan, is_typed=is_typed)
    assert planned == [(about, 7 if is_typed else None)]
    assert (await store.events.get(about.id)).status is Status.APPROVED

    assert await store.events.decide_as_it_is(about.id, plan, is_typed=False) is None
    assert planned[1][0].status is Status.APPROVED


async def test_a_plan_that_refuses_leaves_everything_as_it_was(
    database_thread: DatabaseThread, store: Store
) -> None:
    about = await opened(database_thread, store)

    def refuse(_now: Event, _shown: int | None) -> DecisionPlan:
        raise NotAllowed("Only Bob may.")

    with pytest.raises(NotAllowed, match="Only Bob may"):
        await store.events.decide_as_it_is(about.id, refuse, is_typed=False)
    with pytest.raises(UnknownEvent):
        await store.events.decide_as_it_is("nothere", refuse, is_typed=False)

    assert await store.events.get(about.id) == about
    assert await store.decisions.after(0, None, 10) == []
