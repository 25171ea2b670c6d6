"""Many events alike become one storm, and what does not fit is asked about on its own, on both databases."""

from collections import Counter
from datetime import datetime, timedelta

from powertrip.domain.decision import Verdict
from powertrip.domain.delivery import Delivery, DeliveryKind
from powertrip.domain.due import Enriched
from powertrip.domain.event import Severity, Status
from powertrip.domain.storm_view import StormView
from powertrip.store import Store
from powertrip.store.database import DatabaseThread
from powertrip.store.storms.tables import StormRow
from powertrip.store.tables import EventRow
from slack_emulator.rates import Rates
from tests.claiming import take_next
from tests.samples import ALICE, NOW, SECURITY, event, later
from tests.store.storms import LEASE, deliver, judge, login


async def the_storm(thread: DatabaseThread, store: Store) -> StormView:
    (storm_id,) = await thread.run(lambda: [row.id for row in StormRow.select()])
    return await store.storms.get(storm_id)


async def everything(store: Store, now: datetime) -> list[Delivery]:
    """All deliveries that are due, taken."""
    found = []
    while (delivery := await deliver(store, now)) is not None:
        found.append(delivery)
    return found


def hourly(_number: int, at: datetime) -> datetime:
    """When the next reminder is due."""
    return at + timedelta(hours=1)


async def looked_up(thread: DatabaseThread) -> None:
    await thread.run(lambda: EventRow.update(facts_due_at=None).execute())


async def test_more_events_alike_than_the_threshold_have_one_card(
    database_thread: DatabaseThread, store: Store
) -> None:
    await judge(database_thread, store, [login(number) for number in range(20)])
    assert await database_thread.run(lambda: StormRow.select().count()) == 0

    await judge(database_thread, store, [login(number) for number in range(20, 200)], now=later(seconds=1))

    view = await the_storm(database_thread, store)
    assert (view.events, view.open, view.hosts.different, view.outlier_count) == (200, 200, 41, 0)
    assert [delivery.kind for delivery in await everything(store, later(seconds=9))] == [DeliveryKind.STORM]


async def test_events_that_come_slowly_keep_their_own_cards(
    database_thread: DatabaseThread, store: Store
) -> None:
    for number in range(60):
        await judge(database_thread, store, [login(number)], now=later(seconds=10 * number))
    assert await database_thread.run(lambda: StormRow.select().count()) == 0


async def test_what_does_not_fit_is_shown_before_the_usual_ones_are_offered(
    database_thread: DatabaseThread, store: Store
) -> None:
    hidden = [
        login(7001, source_ip="203.0.113.9", fold_key="foreign"),
        login(7002, severity=Severity.HIGH, fold_key="grave"),
        login(7003, host_name="vault-1", fold_key="elsewhere"),
        login(7004, fields={"key_fingerprint": "SHA256:other"}, fold_key="other key"),
    ]
    await judge(database_thread, store, [login(number) for number in range(30)])
    await judge(database_thread, store, [login(number) for number in range(100, 130)] + hidden)
    await looked_up(database_thread)

    view = await the_storm(database_thread, store)
    assert [(item.event.id, item.why) for item in view.outliers] == [
        ("login07001", "from another network"),
        ("login07002", "high severity"),
        ("login07003", "on a kind of host that is new here"),
        ("login07004", "in another way"),
    ]
    assert (view.events, view.unasked, view.is_offered) == (60, 4, False)

    cards = await everything(store, later(seconds=9))
    asked = [id_ for delivery in cards if delivery.kind is DeliveryKind.FIRST for id_ in delivery.event_ids]
    assert asked == ["login07002", "login07001", "login07003", "login07004"]
    view = await the_storm(database_thread, store)
    assert (view.unasked, view.is_offered, view.open_covered) == (0, True, 60)


async def test_a_storm_is_two_updates_a_minute_however_much_comes(
    database_thread: DatabaseThread, store: Store
) -> None:
    rates = Rates(strict=True, clock=lambda: moment)
    moment, calls, refused = 0.0, [], 0
    for second in range(60):
        moment = float(second)
        batch = [login(number) for number in range(second * 25, second * 25 + 25)]
        await judge(database_thread, store, batch, now=later(seconds=second))
        for each in await everything(store, later(seconds=second)):
            method = "chat.postMessage" if each.ts is None else "chat.update"
            calls.append(method)
            refused += rates.retry_after(method, 50, each.channel)
    assert (calls, refused) == (["chat.postMessage", "chat.update"], 0)
    last = (await everything(store, later(minutes=2)))[0].storm
    assert last is not None
    assert (last.events, last.storm.seq) == (1500, 1500)
    counted = await database_thread.run(
        lambda: EventRow.select().where(EventRow.storm_id.is_null(False)).count()
    )
    assert last.events == counted


async def test_a_storm_ends_and_later_events_are_asked_about_alone(
    database_thread: DatabaseThread, store: Store
) -> None:
    await judge(database_thread, store, [login(number) for number in range(30)])
    await everything(store, later(seconds=9))

    after = later(minutes=11)
    await store.storm_sweeps.sweep(hourly, after)
    await judge(database_thread, store, [login(99)], now=after)

    view = await the_storm(database_thread, store)
    assert (view.storm.ended_at, view.events) == (after, 30)
    kinds = [delivery.kind for delivery in await everything(store, after + timedelta(minutes=1))]
    assert kinds.count(DeliveryKind.FIRST) == 1


async def test_a_storm_is_reminded_of_and_none_of_its_events(
    database_thread: DatabaseThread, store: Store
) -> None:
    await judge(database_thread, store, [login(number) for number in range(30)])
    await everything(store, later(seconds=9))

    due = later(minutes=10)
    assert await store.storm_sweeps.sweep(hourly, due) == 1

    assert await store.events.due_reminders(later(minutes=60), 100) == []
    (reminder,) = [each for each in await everything(store, due) if each.ts is None]
    assert reminder.kind is DeliveryKind.STORM
    # Where the storm's own reminders fail, each of them is reminded of.
    assert len(await store.events.due_reminders(later(minutes=81), 100)) == 30


async def test_a_storm_whose_card_was_deleted_gets_another(
    database_thread: DatabaseThread, store: Store
) -> None:
    await judge(database_thread, store, [login(number) for number in range(30)])
    (first,) = await everything(store, later(seconds=9))
    assert await store.storm_sweeps.sweep(hourly, later(seconds=20)) == 0

    await judge(database_thread, store, [login(40)], now=later(seconds=20))
    # Of an update Slack said that there is no such message.
    (update,) = await everything(store, later(seconds=60))
    await store.notices.gone(update, later(seconds=61))

    assert await store.storm_sweeps.sweep(hourly, later(seconds=65)) == 1
    assert await store.storm_sweeps.sweep(hourly, later(seconds=70)) == 0
    (again,) = await everything(store, later(seconds=75))
    assert (first.ts, update.ts is None, again.ts) == (None, False, None)


async def test_a_record_that_joins_an_event_takes_it_beyond_what_was_shown(
    database_thread: DatabaseThread, store: Store
) -> None:
    await judge(database_thread, store, [login(number) for number in range(30)])
    await looked_up(database_thread)
    before = await the_storm(database_thread, store)

    await judge(database_thread, store, [login(500, fold_key="login3")], now=later(seconds=5))

    view = await the_storm(database_thread, store)
    assert (view.events, view.storm.seq, view.statuses) == (30, 31, {Status.PENDING: 30})
    assert before.watermark == 30
    (joined,) = await store.storm_decisions.chunk(view.storm.id, 31, Verdict.APPROVE, 30, 9)
    assert joined.event.id == "login00003"
    assert before.storm.last_at == NOW


async def test_what_comes_during_an_update_waits_its_turn(
    database_thread: DatabaseThread, store: Store
) -> None:
    await judge(database_thread, store, [login(number) for number in range(30)])
    await everything(store, later(seconds=9))
    await judge(database_thread, store, [login(40)], now=later(seconds=20))
    update = await take_next(store, later(seconds=40))
    assert update is not None

    await judge(database_thread, store, [login(41)], now=later(seconds=41))
    await store.storm_messages.updated(update, later(seconds=42))

    assert await everything(store, later(seconds=60)) == []
    assert len(await everything(store, later(seconds=75))) == 1


async def test_an_event_whose_address_turns_out_bad_leaves_the_storm_and_is_asked_about(
    database_thread: DatabaseThread, store: Store
) -> None:
    await judge(database_thread, store, [login(number) for number in range(30)])
    await everything(store, later(seconds=9))
    found = await store.enriching.claim(100, lambda: later(seconds=10), LEASE)
    assert (await the_storm(database_thread, store)).open_covered == 0

    enriched = [
        Enriched(
            event=item.event,
            copies=(),
            conversation=SECURITY,
            again_at=None,
            apart="an address of high risk" if item.event.id == "login00007" else None,
            remind_at=later(minutes=10),
        )
        for item in found
    ]
    await store.enriching.keep(enriched, later(seconds=11))

    view = await the_storm(database_thread, store)
    assert [(item.event.id, item.why) for item in view.outliers] == [
        ("login00007", "an address of high risk")
    ]
    assert (view.open_covered, view.unasked) == (29, 1)
    cards = await everything(store, later(seconds=12))
    assert [each.event_ids for each in cards if each.kind is DeliveryKind.FIRST] == [("login00007",)]
    assert [due.event_id for due in await store.events.due_reminders(later(minutes=10), 99)] == ["login00007"]


async def test_a_person_is_not_asked_about_a_storm_of_theirs(
    database_thread: DatabaseThread, store: Store
) -> None:
    mine = [login(number, user_name="alice", subject=event().subject) for number in range(30)]
    await judge(database_thread, store, mine, channel=ALICE)
    told = await everything(store, later(seconds=9))
    assert [(each.kind, each.channel) for each in told] == [(DeliveryKind.STORM, SECURITY)]


async def test_a_channel_that_is_told_besides_is_told_of_each(
    database_thread: DatabaseThread, store: Store
) -> None:
    mine = [login(number) for number in range(30)]
    await judge(database_thread, store, mine, copies=(SECURITY, "C0LOGINS"))
    told = Counter((each.kind, each.channel) for each in await everything(store, later(seconds=9)))
    assert told == {(DeliveryKind.STORM, SECURITY): 1, (DeliveryKind.COPY, "C0LOGINS"): 30}
