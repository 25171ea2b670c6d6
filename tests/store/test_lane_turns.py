"""No lane waits for all that stands in another, and what waits for one person is sent on at once."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from powertrip.domain.delivery import Delivery, DeliveryKind
from powertrip.domain.event import Severity
from powertrip.domain.people import Subject, SubjectKind
from powertrip.domain.routing import UNRESOLVED, copy_route
from powertrip.store import Store, deliveries, inbox, outbox, resolving
from powertrip.store.bulk import insert_all
from powertrip.store.database import DatabaseThread, open_database
from powertrip.store.lane_turns import LaneTurns
from powertrip.store.posting import Posting
from powertrip.store.tables import AuditRow, DeliveryRow, DeliveryState, EventRow, LaneRow
from tests.claiming import ANY_PACE, take_next
from tests.samples import ALICE, BOB, CAROL, NOW, SECURITY, ask, event, later, record
from tests.store.plans import plan_of
from tests.store.test_bursts import BURSTS
from tests.store.test_flow import LEASE

WHO = Subject(kind=SubjectKind.PERSON, slack_id=ALICE, name="Alice")
SOON = later(seconds=1)


async def queue(thread: DatabaseThread, *lanes: str, severity: Severity | None = None) -> None:
    """One card for each of these conversations, in this order."""
    rows = [deliveries.new(DeliveryKind.FIRST, lane, NOW, severity=severity) for lane in lanes]
    await thread.run(deliveries.enqueue, rows)


async def sent(store: Store, count: int = 1_000) -> list[str]:
    """To whom what waits goes, in its order, where no lane has to rest."""
    channels: list[str] = []
    while len(channels) < count and (delivery := await take_next(store, SOON)) is not None:
        await store.deliveries.finish(delivery, SOON)
        channels.append(delivery.channel)
    return channels


async def events_of(thread: DatabaseThread, store: Store, count: int, to: str) -> list[str]:
    """New events that are asked about in one conversation."""
    await thread.run(inbox.append, [[record() for _ in range(count)]])
    claimed = await store.inbox.claim(count, lambda: NOW, LEASE)
    awaited = Subject(kind=SubjectKind.AWAITED, name="alice")
    asks = [ask(item, event(fold_key=item.record_id, subject=awaited), to) for item in claimed]
    return list((await store.judging.apply(asks, NOW)).opened)


def waiting_in(lane: str) -> list[str | None]:
    """The events whose first cards wait in a lane, in the order in which they came."""
    cards = (DeliveryRow.lane == lane) & (DeliveryRow.kind == DeliveryKind.FIRST)
    return [row.event_id for row in DeliveryRow.select().where(cards).order_by(DeliveryRow.id)]


async def resolved(store: Store) -> Delivery:
    waiting = await take_next(store, SOON, busy=(ALICE, SECURITY))
    assert waiting is not None
    await store.bursts.address(waiting, WHO, security_channel=SECURITY, bursts=BURSTS, now=SOON)
    return waiting


async def test_a_person_with_one_card_waits_for_one_of_each_other_and_not_for_all(
    database_thread: DatabaseThread, store: Store
) -> None:
    await queue(database_thread, *[BOB] * 50, *[CAROL] * 50, ALICE)
    assert await sent(store, 7) == [BOB, CAROL, ALICE, BOB, CAROL, BOB, CAROL]


async def test_the_order_within_a_lane_is_that_in_which_it_came(
    database_thread: DatabaseThread, store: Store
) -> None:
    await queue(database_thread, BOB, ALICE, BOB, ALICE, BOB)
    first = await database_thread.run(
        lambda: [row.id for row in DeliveryRow.select().order_by(DeliveryRow.id)]
    )
    found: dict[str, list[int]] = {}
    while (delivery := await take_next(store, SOON)) is not None:
        found.setdefault(delivery.channel, []).append(delivery.id)
    assert found == {BOB: [first[0], first[2], first[4]], ALICE: [first[1], first[3]]}


async def test_what_is_graver_goes_first_whatever_turn_it_has(
    database_thread: DatabaseThread, store: Store
) -> None:
    await queue(database_thread, ALICE, BOB, severity=Severity.LOW)
    await queue(database_thread, *[CAROL] * 3, severity=Severity.HIGH)
    assert await sent(store) == [CAROL, CAROL, CAROL, ALICE, BOB]


async def test_a_lane_that_was_served_long_has_no_debt(database_thread: DatabaseThread, store: Store) -> None:
    await queue(database_thread, *[BOB] * 5)
    assert await sent(store, 4) == [BOB] * 4
    await queue(database_thread, *[CAROL] * 2, BOB)
    # What waits longest is what the others' turns are counted from.
    assert await sent(store) == [BOB, CAROL, CAROL, BOB]


async def test_the_lists_of_a_channel_have_their_share_however_much_is_in_each(
    database_thread: DatabaseThread, store: Store
) -> None:
    await queue(database_thread, *[SECURITY] * 150, *[ALICE] * 3)
    found = []

    def listed() -> None:
        its = DeliveryRow.select(DeliveryRow.id).where(DeliveryRow.lane == SECURITY).order_by(DeliveryRow.id)
        DeliveryRow.delete().where(DeliveryRow.id.in_(its.limit(100))).execute()

    while (delivery := await take_next(store, SOON)) is not None:
        found.append(delivery.channel)
        if delivery.channel == SECURITY:  # as a list does
            await database_thread.run(listed)
        else:
            await store.deliveries.finish(delivery, SOON)
    assert found == [SECURITY, ALICE, SECURITY, ALICE, ALICE]


async def test_what_an_earlier_release_queued_goes_before(
    database_thread: DatabaseThread, store: Store
) -> None:
    await queue(database_thread, *[BOB] * 3)
    row = deliveries.new(DeliveryKind.FIRST, CAROL, NOW)
    await database_thread.run(insert_all, DeliveryRow, [row, row | {"uid": "another"}])
    assert await sent(store) == [BOB, CAROL, CAROL, BOB, BOB]


async def test_all_that_waits_for_one_person_is_sent_on_by_one_look_up(
    database_thread: DatabaseThread, store: Store
) -> None:
    opened = await events_of(database_thread, store, 300, f"{UNRESOLVED}alice")
    await resolved(store)

    def found() -> tuple[int, int, int, int]:
        named = EventRow.select().where(EventRow.subject_slack_id == ALICE).count()
        lines = AuditRow.select().where(AuditRow.action == "subject_changed").count()
        told = AuditRow.select().where(AuditRow.action == "asked_of_others").count()
        return (
            named,
            lines,
            told,
            DeliveryRow.select().where(DeliveryRow.lane == f"{UNRESOLVED}alice").count(),
        )

    assert await database_thread.run(found) == (300, 300, 297, 0)
    to_her = DeliveryRow.select().where(
        (DeliveryRow.channel == ALICE) & (DeliveryRow.kind == DeliveryKind.FIRST)
    )
    assert (
        await database_thread.run(lambda: [row.event_id for row in to_her.order_by(DeliveryRow.id)])
        == opened[:3]
    )


async def test_the_gravest_of_what_waits_for_a_person_is_asked_of_them(
    database_thread: DatabaseThread, store: Store
) -> None:
    opened = await events_of(database_thread, store, 20, f"{UNRESOLVED}alice")
    await database_thread.run(
        lambda: DeliveryRow.update(rank=0).where(DeliveryRow.event_id == opened[-1]).execute()
    )
    await resolved(store)
    to_her = DeliveryRow.select().where(
        (DeliveryRow.channel == ALICE) & (DeliveryRow.kind == DeliveryKind.FIRST)
    )
    assert opened[-1] in await database_thread.run(lambda: [row.event_id for row in to_her])


async def test_a_card_that_is_still_held_for_its_address_is_not_sent_on_before(
    database_thread: DatabaseThread, store: Store
) -> None:
    _, held = await events_of(database_thread, store, 2, f"{UNRESOLVED}alice")
    await database_thread.run(
        lambda: DeliveryRow.update(due_at=later(seconds=2)).where(DeliveryRow.event_id == held).execute()
    )
    await resolved(store)
    assert await database_thread.run(waiting_in, f"{UNRESOLVED}alice") == [held]


async def test_who_lost_the_lease_sends_nothing_on(database_thread: DatabaseThread, store: Store) -> None:
    await events_of(database_thread, store, 5, f"{UNRESOLVED}alice")
    mine = await take_next(store, SOON)
    later_one = await take_next(store, SOON + LEASE + timedelta(seconds=1))
    assert mine is not None
    assert later_one is not None
    assert mine.id == later_one.id
    await store.deliveries.database.run(resolving.resolve, mine, WHO, ALICE, SOON)
    assert len(await database_thread.run(waiting_in, f"{UNRESOLVED}alice")) == 5


KNOWN = outbox.Known({"alice": WHO}.get, SECURITY, BURSTS)


async def taken(store: Store) -> list[tuple[str, tuple[str, ...]]]:
    """Where what is taken together goes, and the events in it."""
    found = await store.deliveries.take_several(
        lambda: SOON, LEASE, 16, posts_per_minute=ANY_PACE, known=KNOWN
    )
    return sorted((delivery.channel, delivery.event_ids) for delivery in found)


async def test_what_is_about_somebody_known_is_sent_on_and_taken_at_once(
    database_thread: DatabaseThread, store: Store
) -> None:
    events = await events_of(database_thread, store, BURSTS.questions + 2, f"{UNRESOLVED}alice")

    # The channel reads first why it is asked.
    assert await taken(store) == [(SECURITY, ()), (ALICE, (events[0],))]

    assert await database_thread.run(waiting_in, ALICE) == events[: BURSTS.questions]
    assert await database_thread.run(waiting_in, SECURITY) == events[BURSTS.questions :]
    assert [(await store.events.get(each)).subject for each in events] == [WHO] * len(events)
    # Whoever comes next finds the lane as if nobody had been there.
    lanes = await database_thread.run(lambda: {row.name for row in LaneRow.select()})
    assert lanes >= {ALICE, SECURITY}
    assert f"{UNRESOLVED}alice" not in lanes


async def test_what_is_about_somebody_unknown_is_handed_out_to_be_looked_up(
    database_thread: DatabaseThread, store: Store
) -> None:
    hers = await events_of(database_thread, store, 1, f"{UNRESOLVED}alice")
    his = await events_of(database_thread, store, 1, f"{UNRESOLVED}bob")

    assert await taken(store) == [(f"{UNRESOLVED}bob", tuple(his)), (ALICE, tuple(hers))]


async def test_a_copy_for_the_channel_where_it_is_asked_ends_also_where_the_person_is_known(
    database_thread: DatabaseThread, store: Store
) -> None:
    nobody = Subject(kind=SubjectKind.NOT_FOUND)
    row = deliveries.new(DeliveryKind.COPY, copy_route(SECURITY, f"{UNRESOLVED}alice"), NOW)
    await database_thread.run(deliveries.enqueue, [row])
    known = outbox.Known({"alice": nobody}.get, SECURITY, BURSTS)

    assert not await store.deliveries.take_several(
        lambda: SOON, LEASE, 16, posts_per_minute=ANY_PACE, known=known
    )

    states = await database_thread.run(lambda: [row.state for row in DeliveryRow.select()])
    assert states == [DeliveryState.SKIPPED]


async def test_copies_for_one_channel_are_sent_on_together_and_no_others(
    database_thread: DatabaseThread, store: Store
) -> None:
    hers = copy_route("C0LOGINS", f"{UNRESOLVED}alice")
    other = copy_route("C0LOGINS", f"{UNRESOLVED}bob")
    rows = [deliveries.new(DeliveryKind.COPY, lane, NOW) for lane in (hers, hers, other, hers)]
    await database_thread.run(deliveries.enqueue, rows)
    copy = await take_next(store, SOON)
    assert copy is not None
    await store.resolving.tell(copy, "C0LOGINS", SOON)
    lanes = await database_thread.run(
        lambda: [row.lane for row in DeliveryRow.select().order_by(DeliveryRow.id)]
    )
    assert lanes == ["C0LOGINS", "C0LOGINS", other, "C0LOGINS"]


async def test_no_more_is_sent_on_in_one_transaction_than_others_can_wait_for(
    database_thread: DatabaseThread, store: Store
) -> None:
    rows = [
        deliveries.new(DeliveryKind.COPY, f"{UNRESOLVED}alice", NOW) for _ in range(resolving.AT_ONCE + 9)
    ]
    await database_thread.run(deliveries.enqueue, rows)
    copy = await take_next(store, SOON)
    assert copy is not None
    await store.deliveries.database.run(resolving.skip, copy, SOON)
    assert len(await sent(store)) == 9


@pytest.mark.parametrize("query", ["take", "queue"])
async def test_the_questions_are_answered_from_an_index(database_url: str, store: Store, query: str) -> None:
    if not database_url.startswith("sqlite"):
        pytest.skip("PostgreSQL chooses by the numbers of rows")
    steps: dict[str, Callable[[], object]] = {
        "take": lambda: outbox.take(lambda: SOON, LEASE, Posting(ANY_PACE)),
        "queue": lambda: LaneTurns().take(DeliveryKind.FIRST, ALICE, priority=0, rank=2),
    }

    def plan() -> list[str]:
        deliveries.enqueue([deliveries.new(DeliveryKind.FIRST, BOB, NOW)])
        return plan_of(steps[query])

    asked = await store.deliveries.database.run(plan)
    said = "\n".join(line for line in asked if "delivery" in line or "TEMP" in line)
    expected = "COVERING INDEX delivery_turn" if query == "take" else "INDEX delivery_in_lane"
    assert expected in said
    assert "TEMP B-TREE" not in said
    assert "SCAN delivery" not in said or "USING" in said


async def test_several_are_taken_together_each_of_a_lane_of_its_own_and_none_by_two_workers(
    database_url: str, database_thread: DatabaseThread, store: Store
) -> None:
    await queue(database_thread, *[f"C{number % 10}" for number in range(40)])
    second = DatabaseThread(open_database(database_url))
    other = Store(second)
    mine, theirs = await asyncio.gather(
        store.deliveries.take_several(lambda: SOON, LEASE, 7, posts_per_minute=ANY_PACE),
        other.deliveries.take_several(lambda: SOON, LEASE, 7, posts_per_minute=ANY_PACE),
    )
    await second.close()
    lanes = [delivery.lane for delivery in (*mine, *theirs)]
    assert sorted(lanes) == sorted({f"C{number}" for number in range(10)})
    assert await store.deliveries.take_several(lambda: SOON, LEASE, 7, posts_per_minute=ANY_PACE) == []
