"""In which order first cards go out, and how those that wait for one channel become one list."""

from powertrip.domain.delivery import LISTED, Delivery, Posted, Shown
from powertrip.domain.due import Enriched
from powertrip.domain.event import NoticeKind, Severity
from powertrip.store import Store, inbox
from powertrip.store.database import DatabaseThread
from powertrip.store.database_in_use import database
from powertrip.store.tables import DeliveryRow, DeliveryState
from tests.claiming import take_next
from tests.samples import ALICE, NOW, SECURITY, ask, event, later, record
from tests.store.test_flow import LEASE, post

LOW, MEDIUM, HIGH, CRITICAL = Severity
ABOVE = 3
SOON = later(minutes=1)


async def asked(thread: DatabaseThread, store: Store, *severities: Severity, to: str = SECURITY) -> list[str]:
    """New events of these severities whose first cards are for one conversation, in this order."""
    await thread.run(inbox.append, [[record() for _ in severities]])
    claimed = await store.inbox.claim(len(severities), lambda: NOW, LEASE)
    events = [event(severity=severity) for severity in severities]
    events = [event(id=about.id, severity=about.severity, fold_key=about.id) for about in events]
    asks = [ask(item, about, to) for item, about in zip(claimed, events, strict=True)]
    return list((await store.judging.apply(asks, NOW)).opened)


async def claim(store: Store, *busy: str) -> Delivery:
    delivery = await take_next(store, later(minutes=1), busy=busy)
    assert delivery is not None
    return delivery


async def gathered(store: Store) -> Delivery:
    return await store.gathering.gather(await claim(store), ABOVE, SOON)


async def everything(store: Store) -> list[tuple[str, ...]]:
    """The events of all that waits, in the order in which it goes out."""
    found = []
    while (delivery := await take_next(store, later(minutes=1))) is not None:
        delivery = await store.gathering.gather(delivery, ABOVE, SOON)
        found.append(delivery.event_ids)
    return found


async def test_the_gravest_first_card_goes_first_and_of_these_the_oldest(
    database_thread: DatabaseThread, store: Store
) -> None:
    one, two, three, four, five = await asked(database_thread, store, LOW, MEDIUM, CRITICAL, HIGH, MEDIUM)
    order = [(await claim(store)).event_ids[0] for _ in range(5)]
    assert order == [three, four, two, five, one]


async def test_what_an_earlier_release_left_waiting_goes_as_if_it_were_of_medium_severity(
    database_thread: DatabaseThread, store: Store
) -> None:
    low, old, high = await asked(database_thread, store, LOW, LOW, HIGH)

    def as_left() -> None:
        columns = "kind, lane, priority, channel, event_ids, due_at, created_at"
        chosen = DeliveryRow.event_id == old
        source = DeliveryRow.get(chosen)
        database.execute_sql(
            f"INSERT INTO delivery (uid, {columns}) "  # noqa: S608 (names of ours)
            f"SELECT 'of an earlier release', {columns} FROM delivery WHERE id = {source.id}"
        )
        DeliveryRow.delete().where(chosen).execute()

    await database_thread.run(as_left)
    assert await everything(store) == [(high,), (old,), (low,)]


async def test_a_card_that_waits_moves_up_when_its_address_turns_out_bad(
    database_thread: DatabaseThread, store: Store
) -> None:
    before, bad = await asked(database_thread, store, MEDIUM, MEDIUM)
    about = event(id=bad, severity=CRITICAL)
    found = Enriched(event=about, copies=(), conversation=SECURITY, again_at=None)
    await store.enriching.keep([found], NOW)
    assert await everything(store) == [(bad,), (before,)]


async def test_more_cards_than_the_limit_become_one_list_the_worst_first(
    database_thread: DatabaseThread, store: Store
) -> None:
    low, *medium = await asked(database_thread, store, LOW, MEDIUM, MEDIUM, MEDIUM)
    assert await everything(store) == [(*medium, low)]


async def test_as_many_cards_as_the_limit_stay_cards(database_thread: DatabaseThread, store: Store) -> None:
    events = await asked(database_thread, store, LOW, LOW, LOW)
    assert await everything(store) == [(event_id,) for event_id in events]


async def test_what_is_grave_is_a_card_of_its_own_before_the_list(
    database_thread: DatabaseThread, store: Store
) -> None:
    *low, high, critical = await asked(database_thread, store, *[LOW] * 4, HIGH, CRITICAL)
    assert await everything(store) == [(critical,), (high,), tuple(low)]


async def test_too_many_grave_ones_are_a_list_of_their_like_alone(
    database_thread: DatabaseThread, store: Store
) -> None:
    critical, *others = await asked(database_thread, store, CRITICAL, *[HIGH] * 4, *[MEDIUM] * 3)
    assert await everything(store) == [(critical,), tuple(others[:4]), *((one,) for one in others[4:])]


async def test_a_list_has_a_bound(database_thread: DatabaseThread, store: Store) -> None:
    events = await asked(database_thread, store, *[LOW] * (LISTED + 5))
    assert await everything(store) == [tuple(events[:LISTED]), tuple(events[LISTED:])]


async def test_the_cards_of_a_person_and_of_another_channel_are_in_no_list(
    database_thread: DatabaseThread, store: Store
) -> None:
    listed = await asked(database_thread, store, *[LOW] * 4)
    (mine,) = await asked(database_thread, store, LOW, to=ALICE)
    (other,) = await asked(database_thread, store, LOW, to="C0OTHER")
    assert await everything(store) == [tuple(listed), (mine,), (other,)]


async def test_the_events_of_a_list_are_told_once_though_the_process_dies_before_it_posts(
    database_thread: DatabaseThread, store: Store
) -> None:
    events = await asked(database_thread, store, *[LOW] * 4)
    made = await gathered(store)
    assert await take_next(store, later(minutes=1)) is None
    again = await take_next(store, later(minutes=2))
    assert again is not None
    # By the same mark in its metadata, and looked for, as it may have been posted.
    assert (again.uid, again.event_ids) == (made.uid, tuple(events))
    assert again.attempted_at is not None


async def test_a_list_takes_nothing_of_what_was_claimed_by_another_process_meanwhile(
    database_thread: DatabaseThread, store: Store
) -> None:
    first, *others = await asked(database_thread, store, *[LOW] * 5)
    mine = await claim(store)
    # The lease ran out before the list was made, and somebody posts the card alone.
    taken = await take_next(store, later(minutes=2))
    assert taken is not None
    assert taken.event_ids == (first,)
    assert (await store.gathering.gather(mine, ABOVE, later(minutes=2))).event_ids == (first,)
    waiting = await database_thread.run(
        lambda: DeliveryRow.select().where(DeliveryRow.state == DeliveryState.WAITING).count()
    )
    assert waiting == 1 + len(others)


async def test_every_event_of_a_list_has_its_first_notice_in_it(
    database_thread: DatabaseThread, store: Store
) -> None:
    events = await asked(database_thread, store, *[LOW] * 4)
    made = await gathered(store)
    await post(store, made, "1.1", SECURITY)
    for event_id in events:
        (notice,) = await store.notices.of_event(event_id)
        assert (notice.kind, notice.ts) == (NoticeKind.FIRST, "1.1")


async def test_what_comes_in_the_minute_after_a_list_is_listed_too_and_later_a_card_again(
    database_thread: DatabaseThread, store: Store
) -> None:
    await asked(database_thread, store, *[LOW] * 4)
    await gathered(store)
    more = await asked(database_thread, store, LOW, LOW)
    soon, late = later(seconds=50), later(seconds=70)
    one = await take_next(store, soon)
    assert one is not None
    assert (await store.gathering.gather(one, ABOVE, late)).event_ids == (more[0],)
    assert (await store.gathering.gather(one, ABOVE, soon)).event_ids == tuple(more)


async def test_what_had_no_room_in_a_list_is_asked_about_in_the_next_message(
    database_thread: DatabaseThread, store: Store
) -> None:
    events = await asked(database_thread, store, *[LOW] * 4)
    made = await gathered(store)
    shown = [Shown(event_id=item.event.id, revision=1, version=item.version) for item in made.snapshots[:3]]
    where = Posted(channel=SECURITY, ts="1.1")
    await store.notices.posted(made, NoticeKind.FIRST, where, shown, SOON)
    left = await claim(store)
    assert (left.event_ids, left.created_at) == ((events[3],), made.created_at)
    assert await store.notices.of_event(events[3]) == []
