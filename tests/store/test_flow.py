"""From a record to a decision, on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest

from powertrip.domain.deciding import DecisionPlan
from powertrip.domain.decision import Verdict
from powertrip.domain.delivery import Delivery, DeliveryKind, Posted, Shown
from powertrip.domain.event import EventQuery, NoticeKind, Severity, Status
from powertrip.domain.judgement import ToCount, ToQuarantine
from powertrip.domain.people import Subject, SubjectKind
from powertrip.domain.record import Record
from powertrip.domain.sources import RecordVerdict
from powertrip.store import Store, audit, inbox, quarantine
from powertrip.store.database import DatabaseThread
from powertrip.store.database_in_use import database
from tests.claiming import take_next
from tests.samples import ALICE, NOW, SECURITY, ask, decided, decision, event, later, record
from tests.store.busy import faults

LEASE = timedelta(seconds=30)


async def claimed_records(thread: DatabaseThread, store: Store, count: int) -> list[Record]:
    await thread.run(inbox.append, [[record() for _ in range(count)]])
    return await store.inbox.claim(count, lambda: NOW, LEASE)


async def opened_event(thread: DatabaseThread, store: Store, occurrences: int = 1) -> str:
    claimed = await claimed_records(thread, store, occurrences)
    applied = await store.judging.apply([ask(item) for item in claimed], NOW)
    return applied.opened[0]


async def next_delivery(store: Store, *, but_not_to: str = "") -> Delivery:
    delivery = await take_next(store, later(minutes=1), busy=(but_not_to,) if but_not_to else ())
    assert delivery is not None
    return delivery


async def post(store: Store, delivery: Delivery, ts: str, channel: str = "D1") -> None:
    shown = [
        Shown(event_id=item.event.id, revision=item.event.revision, version=item.version)
        for item in delivery.snapshots
    ]
    kind = NoticeKind(delivery.kind.value)
    await store.notices.posted(delivery, kind, Posted(channel=channel, ts=ts), shown, later(minutes=1))


def approve(about_id: str, before_revision: int = 1) -> DecisionPlan:
    before = event(id=about_id)
    return DecisionPlan(
        before=before,
        after=decided(before, status=Status.APPROVED),
        decision=decision(revision=before_revision),
        remind_at=None,
        outcome_channel=None,
        rest_id="rest00001",
        rest_conversation=ALICE,
        rest_remind_at=later(minutes=11),
    )


async def test_a_record_with_a_known_id_is_dropped_and_counted(
    database_thread: DatabaseThread, store: Store
) -> None:
    twice = record(record_id="same")
    assert await database_thread.run(inbox.append, [[twice, record()], [twice]]) == [2, 0]
    numbers = await store.statistics.numbers(NOW)
    assert numbers.tallies == {("duplicate", "syslog"): 1}


async def test_a_record_comes_back_as_it_went_in(database_thread: DatabaseThread, store: Store) -> None:
    hostile = record("zoë \x00 \u202e \ud800 <!channel>", occurred_at=None, host_name=None, cut=7)
    await database_thread.run(inbox.append, [[hostile]])
    (claimed,) = await store.inbox.claim(1, lambda: NOW, LEASE)
    assert claimed.message == "zoë \\x00 \u202e \\ud800 <!channel>"
    assert claimed.received_at == NOW
    assert claimed.occurred_at is None
    assert claimed.cut == 7


async def test_a_claimed_record_is_nobody_elses_until_its_lease_ends(
    database_thread: DatabaseThread, store: Store
) -> None:
    await claimed_records(database_thread, store, 1)
    assert await store.inbox.claim(1, lambda: later(seconds=29), LEASE) == []
    assert len(await store.inbox.claim(1, lambda: later(seconds=31), LEASE)) == 1


async def test_a_record_judged_twice_makes_one_event(database_thread: DatabaseThread, store: Store) -> None:
    (claimed,) = await claimed_records(database_thread, store, 1)
    first = await store.judging.apply([ask(claimed)], NOW)
    second = await store.judging.apply([ask(claimed)], NOW)
    assert (len(first.opened), second.opened, second.folded) == (1, (), ())


async def test_an_occurrence_joins_the_open_event(database_thread: DatabaseThread, store: Store) -> None:
    event_id = await opened_event(database_thread, store, occurrences=3)
    found = await store.events.get(event_id)
    assert (found.revision, found.occurrences, found.ref) == (3, 3, f"{event_id}.3")
    assert [item.revision for item in await store.events.occurrences(event_id)] == [1, 2, 3]


async def test_a_record_that_joins_and_happened_before_the_first_is_told_with_its_time(
    database_thread: DatabaseThread, store: Store
) -> None:
    claimed = await claimed_records(database_thread, store, 2)
    times = (NOW, later(days=-5))
    asked = [
        ask(item, event(occurred_at=at, last_occurred_at=at)) for item, at in zip(claimed, times, strict=True)
    ]
    (event_id,) = (await store.judging.apply(asked, NOW)).opened
    about = await store.events.get(event_id)
    assert (about.earlier_occurred_at, about.occurred_at) == (later(days=-5), NOW)
    # What the first revision covers is of its own time alone, and so is what stays open.
    outcome = await store.events.decide(approve(event_id))
    assert outcome is not None
    assert (await store.events.get(event_id)).earlier_occurred_at is None
    assert outcome.rest is not None
    rest = await store.events.get(outcome.rest.id)
    assert (rest.earlier_occurred_at, rest.occurred_at) == (None, later(days=-5))


async def test_another_person_is_another_event(database_thread: DatabaseThread, store: Store) -> None:
    one, two = await claimed_records(database_thread, store, 2)
    applied = await store.judging.apply([ask(one), ask(two, event(user_name="bob", fold_key="bob"))], NOW)
    assert len(applied.opened) == 2


async def test_ignored_and_quarantined_records_leave_numbers(
    database_thread: DatabaseThread, store: Store
) -> None:
    one, two = await claimed_records(database_thread, store, 2)
    applied = await store.judging.apply(
        [
            ToCount(record=one, verdict=RecordVerdict.IGNORED, name="monitoring"),
            ToQuarantine(record=two, rule="ssh_login", reason="no pattern matches"),
        ],
        NOW,
    )
    assert applied.quarantined == 1
    numbers = await store.statistics.numbers(NOW)
    assert (numbers.tallies, numbers.quarantined) == ({("ignored", "monitoring"): 1}, 1)


async def test_the_quarantine_is_told_once(database_thread: DatabaseThread, store: Store) -> None:
    (one,) = await claimed_records(database_thread, store, 1)
    await store.judging.apply([ToQuarantine(record=one, rule=None, reason="odd")], NOW)
    window = timedelta(minutes=15)
    report = await store.quarantine.report(SECURITY, window, NOW)
    assert report is not None
    assert (report.count, report.sources) == (1, {"syslog": 1})
    assert await store.quarantine.report(SECURITY, window, later(hours=1)) is None
    assert (await next_delivery(store)).kind is DeliveryKind.QUARANTINE


async def test_a_record_larger_than_all_that_the_quarantine_keeps_goes_too(
    database_thread: DatabaseThread, store: Store
) -> None:
    for one in await claimed_records(database_thread, store, 2):
        odd = ToQuarantine(record=one, rule=None, reason="odd")
        await store.judging.apply([odd], NOW)
    assert await database_thread.run(quarantine.prune, 100, 1, NOW) == 2
    assert (await store.statistics.numbers(NOW)).quarantined == 0


async def test_an_answer_about_a_person_takes_the_place_of_an_older_one(store: Store) -> None:
    await store.people_cache.put("U0ALICE", {"deleted": False}, NOW)
    await store.people_cache.put("U0ALICE", {"deleted": True}, later(minutes=5))
    assert await store.people_cache.get("U0ALICE", later(minutes=1)) == {"deleted": True}
    assert await store.people_cache.get("U0ALICE", later(minutes=6)) is None


async def test_what_is_quarantined_within_the_window_is_told_together_after_it(
    database_thread: DatabaseThread, store: Store
) -> None:
    window = timedelta(minutes=15)
    for one in await claimed_records(database_thread, store, 3):
        await store.judging.apply([ToQuarantine(record=one, rule=None, reason="odd")], NOW)
        await store.quarantine.report(SECURITY, window, later(minutes=1))
    assert await store.quarantine.report(SECURITY, window, later(minutes=15)) is None
    report = await store.quarantine.report(SECURITY, window, later(minutes=16))
    assert report is not None
    assert report.count == 2


async def test_a_new_event_has_its_first_notice_written_down(
    database_thread: DatabaseThread, store: Store
) -> None:
    event_id = await opened_event(database_thread, store)
    delivery = await next_delivery(store)
    assert (delivery.kind, delivery.channel, delivery.event_ids) == (DeliveryKind.FIRST, ALICE, (event_id,))
    assert await take_next(store, later(minutes=1)) is None


async def test_a_delivery_of_a_crashed_process_is_claimed_again_as_maybe_arrived(
    database_thread: DatabaseThread, store: Store
) -> None:
    await opened_event(database_thread, store)
    first = await next_delivery(store)
    again = await take_next(store, later(minutes=2))
    assert again is not None
    assert (first.attempted_at, again.attempted_at, again.uid) == (None, later(minutes=1), first.uid)


async def test_a_delivery_that_surely_failed_need_not_be_looked_for(
    database_thread: DatabaseThread, store: Store
) -> None:
    await opened_event(database_thread, store)
    delivery = await next_delivery(store)
    await store.deliveries.postpone(delivery, later(minutes=2), "429", may_have_arrived=False)
    assert await take_next(store, later(minutes=1)) is None
    again = await take_next(store, later(minutes=2))
    assert again is not None
    assert (again.attempted_at, again.attempts) == (None, 1)


async def test_a_busy_lane_is_left_alone(database_thread: DatabaseThread, store: Store) -> None:
    await opened_event(database_thread, store)
    assert await take_next(store, NOW, busy=(ALICE,)) is None


async def test_only_the_first_decision_is_taken(database_thread: DatabaseThread, store: Store) -> None:
    event_id = await opened_event(database_thread, store)
    assert await store.events.decide(approve(event_id))
    assert await store.events.decide(approve(event_id)) is None
    found = await store.events.get(event_id)
    assert (found.status, len(found.decisions), found.next_reminder_at) == (Status.APPROVED, 1, None)


async def test_what_the_card_did_not_show_stays_open(database_thread: DatabaseThread, store: Store) -> None:
    event_id = await opened_event(database_thread, store, occurrences=3)
    taken = await store.events.decide(approve(event_id, before_revision=1))
    assert taken is not None
    assert taken is not None
    assert taken.rest is not None
    covered, rest = await store.events.get(event_id), await store.events.get(taken.rest.id)
    assert (covered.status, covered.occurrences, covered.revision) == (Status.APPROVED, 1, 1)
    assert (rest.status, rest.occurrences, rest.revision) == (Status.PENDING, 2, 2)
    kinds = [(await next_delivery(store)).event_ids for _ in range(2)]
    assert kinds == [(event_id,), (rest.id,)]


async def test_what_stays_open_shows_the_first_occurrence_that_was_not_decided(
    database_thread: DatabaseThread, store: Store
) -> None:
    claimed = await claimed_records(database_thread, store, 3)
    moments = [later(seconds=number) for number in range(3)]
    seen = [
        event(message=f"login {number}", occurred_at=at, last_occurred_at=at)
        for number, at in enumerate(moments)
    ]
    records = [
        replace(item, message=about.message, occurred_at=about.occurred_at)
        for item, about in zip(claimed, seen, strict=True)
    ]
    (event_id,) = (await store.judging.apply(list(map(ask, records, seen)), NOW)).opened
    taken = await store.events.decide(approve(event_id, before_revision=1))
    assert taken is not None
    assert taken.rest is not None
    rest = await store.events.get(taken.rest.id)
    assert (rest.message, rest.occurred_at, rest.last_occurred_at) == ("login 1", moments[1], moments[2])


async def test_nothing_joins_a_decided_event(database_thread: DatabaseThread, store: Store) -> None:
    event_id = await opened_event(database_thread, store)
    await store.events.decide(approve(event_id))
    assert await opened_event(database_thread, store) != event_id


async def test_a_decision_has_every_copy_updated_once(database_thread: DatabaseThread, store: Store) -> None:
    event_id = await opened_event(database_thread, store)
    await post(store, await next_delivery(store), ts="1.1")
    await store.events.decide(approve(event_id))
    delivery = await next_delivery(store)
    assert (delivery.kind, delivery.channel, delivery.ts) == (DeliveryKind.UPDATE, "D1", "1.1")
    assert await take_next(store, later(minutes=1)) is None


async def test_a_message_that_was_overtaken_while_it_was_posted_is_updated(
    database_thread: DatabaseThread, store: Store
) -> None:
    event_id = await opened_event(database_thread, store)
    delivery = await next_delivery(store)
    stale = [Shown(event_id=event_id, revision=1, version=1)]
    await store.events.decide(approve(event_id))
    await store.notices.posted(
        delivery, NoticeKind.FIRST, Posted(channel="D1", ts="1.1"), stale, later(minutes=1)
    )
    assert (await next_delivery(store)).kind is DeliveryKind.UPDATE


async def test_a_reminder_is_reserved_once(database_thread: DatabaseThread, store: Store) -> None:
    event_id = await opened_event(database_thread, store)
    now = later(minutes=10)
    due = await store.events.due_reminders(now, 10)
    plan = [(item, later(hours=1)) for item in due]
    assert [item.event_id for item in due] == [event_id]
    assert await store.events.reserve_reminders(plan, SECURITY, 3, now) == 1
    assert await store.events.reserve_reminders(plan, SECURITY, 3, now) == 0
    assert (await store.events.get(event_id)).reminders == 1


async def test_many_reminders_due_together_are_one_delivery(
    database_thread: DatabaseThread, store: Store
) -> None:
    claimed = await claimed_records(database_thread, store, 4)
    await store.judging.apply(
        [ask(item, event(fold_key=str(number))) for number, item in enumerate(claimed)], NOW
    )
    for _ in range(4):
        await post(store, await next_delivery(store), ts=f"1.{_}")
    due = await store.events.due_reminders(later(minutes=10), 10)
    await store.events.reserve_reminders([(item, later(hours=1)) for item in due], SECURITY, 3, NOW)
    delivery = await next_delivery(store)
    assert (delivery.kind, len(delivery.event_ids)) == (DeliveryKind.REMINDER, 4)


async def test_a_person_is_nudged_once_for_all_that_is_due_with_the_first_reminder(
    database_thread: DatabaseThread, store: Store
) -> None:
    claimed = await claimed_records(database_thread, store, 4)
    bot = Subject(kind=SubjectKind.BOT)
    abouts = [event(id=f"event{number}", fold_key=str(number)) for number in range(3)]
    abouts.append(event(id="event3", fold_key="3", subject=bot))
    await store.judging.apply([ask(*pair) for pair in zip(claimed, abouts, strict=True)], NOW)
    for number in range(4):
        await post(store, await next_delivery(store), ts=f"1.{number}")
    nudges = []
    for hours in (1, 2):
        due = await store.events.due_reminders(later(hours=hours), 10)
        plan = [(item, later(hours=hours + 1)) for item in due]
        await store.events.reserve_reminders(plan, SECURITY, 1, NOW)
        while delivery := await take_next(store, later(minutes=1)):
            nudges += [delivery] if delivery.kind is DeliveryKind.NUDGE else []

    (nudge,) = nudges
    assert (nudge.channel, set(nudge.event_ids)) == (ALICE, {"event0", "event1", "event2"})


async def test_who_has_approved_is_not_nudged_while_a_second_person_is_looked_for(
    database_thread: DatabaseThread, store: Store
) -> None:
    event_id = await opened_event(database_thread, store)
    await post(store, await next_delivery(store), ts="1.1")
    about = event(id=event_id)
    half = replace(
        approve(event_id),
        after=decided(about, status=Status.HALF_APPROVED),
        remind_at=later(minutes=11),
        second_channel=SECURITY,
    )
    await store.events.decide(half)
    due = await store.events.due_reminders(later(hours=1), 10)
    await store.events.reserve_reminders([(item, later(hours=5)) for item in due], SECURITY, 1, NOW)

    kinds = []
    while delivery := await take_next(store, later(minutes=1)):
        kinds.append((delivery.kind, delivery.channel))
    assert set(kinds) == {
        (DeliveryKind.SECOND, SECURITY),
        (DeliveryKind.REMINDER, SECURITY),
        (DeliveryKind.UPDATE, "D1"),
    }


async def test_a_new_reminder_removes_the_one_before(database_thread: DatabaseThread, store: Store) -> None:
    event_id = await opened_event(database_thread, store)
    await post(store, await next_delivery(store), ts="1.1")
    for ts, hours in (("2.1", 1), ("2.2", 2)):
        due = await store.events.due_reminders(later(hours=hours), 10)
        await store.events.reserve_reminders(
            [(item, later(hours=hours + 1)) for item in due], SECURITY, 3, NOW
        )
        await post(store, await next_delivery(store, but_not_to=ALICE), ts=ts, channel=SECURITY)
    removal = await next_delivery(store, but_not_to=ALICE)
    assert (removal.kind, removal.channel, removal.ts) == (DeliveryKind.REMOVE, SECURITY, "2.1")
    assert [notice.ts for notice in await store.notices.of_event(event_id)] == ["1.1", "2.2"]


async def test_a_list_of_reminders_stays_for_the_events_that_it_still_reminds_of(
    database_thread: DatabaseThread, store: Store
) -> None:
    claimed = await claimed_records(database_thread, store, 4)
    await store.judging.apply(
        [ask(item, event(fold_key=str(number))) for number, item in enumerate(claimed)], NOW
    )
    for number in range(4):
        await post(store, await next_delivery(store), ts=f"1.{number}")
    due = await store.events.due_reminders(later(minutes=10), 10)
    first, *others = due
    again = [(first, later(hours=1)), *((item, later(hours=5)) for item in others)]
    await store.events.reserve_reminders(again, SECURITY, 3, NOW)
    await post(store, await next_delivery(store, but_not_to=ALICE), ts="2.1", channel=SECURITY)

    due_again = await store.events.due_reminders(later(hours=1), 10)
    await store.events.reserve_reminders([(item, later(hours=5)) for item in due_again], SECURITY, 3, NOW)
    await post(store, await next_delivery(store, but_not_to=ALICE), ts="2.2", channel=SECURITY)

    left = await next_delivery(store, but_not_to=ALICE)
    assert (left.kind, left.ts) == (DeliveryKind.UPDATE, "2.1")
    assert {notice.event_id for notice in left.notices} == {item.event_id for item in others}
    assert await take_next(store, later(minutes=1), busy=(ALICE,)) is None


async def test_events_are_found_by_what_people_ask_for(database_thread: DatabaseThread, store: Store) -> None:
    event_id = await opened_event(database_thread, store)
    for query in (
        EventQuery(open_only=True),
        EventQuery(subject_slack_id=ALICE),
        EventQuery(user_name="alice", host_name="bastion-1", source_ip="192.0.2.10", since=NOW),
    ):
        found, total = await store.events.find(query)
        assert ([item.id for item in found], total) == ([event_id], 1)
    assert await store.events.find(EventQuery(user_name="bob")) == ([], 0)


async def test_the_numbers_add_up(database_thread: DatabaseThread, store: Store) -> None:
    event_id = await opened_event(database_thread, store)
    await store.events.decide(approve(event_id))
    numbers = await store.statistics.numbers(NOW)
    assert numbers.waits_per_day == {"2026-01-15": {60: 1}}
    assert numbers.deciders == {ALICE: 1}
    assert numbers.opened_per_day == {"2026-01-15": 1}
    assert [(item.status, item.count) for item in numbers.events] == [("approved", 1)]


async def test_the_audit_is_a_chain_that_breaks_where_it_is_touched(
    database_thread: DatabaseThread, store: Store
) -> None:
    event_id = await opened_event(database_thread, store)
    await store.events.decide(approve(event_id))
    assert await faults(database_thread) == {}


async def test_the_history_says_which_record_made_an_event_what_was_shown_and_who_decided_how(
    database_thread: DatabaseThread, store: Store
) -> None:
    (claimed,) = await claimed_records(database_thread, store, 1)
    (event_id,) = (await store.judging.apply([ask(claimed)], NOW)).opened
    await post(store, await next_delivery(store), ts="1.1")
    await store.events.decide(approve(event_id))
    lines = await database_thread.run(lambda: {line.action: line for line in audit.lines(event_id)})
    assert lines["event_opened"].detail["record_id"] == claimed.record_id
    shown = {"kind": "first", "channel": "D1", "ts": "1.1", "revision": 1}
    assert lines["notice_posted"].detail == shown
    decision_line = lines["decided"]
    assert (decision_line.actor_id, decision_line.at) == (ALICE, later(minutes=1))
    said = {key: decision_line.detail[key] for key in ("verdict", "via", "revision")}
    assert said == {"verdict": "approve", "via": "button", "revision": 1}


@pytest.mark.parametrize("statement", ["UPDATE audit SET action = 'x'", "DELETE FROM audit"])
async def test_the_database_itself_refuses_to_change_the_audit(
    database_thread: DatabaseThread, store: Store, statement: str
) -> None:
    await opened_event(database_thread, store)
    with pytest.raises(Exception, match="append-only"):
        await database_thread.run(database_thread.database.execute_sql, statement)


async def test_a_denied_event_is_told_to_the_security_channel(
    database_thread: DatabaseThread, store: Store
) -> None:
    event_id = await opened_event(database_thread, store)
    await post(store, await next_delivery(store), ts="1.1")
    before = await store.events.get(event_id)
    plan = DecisionPlan(
        before=before,
        after=decided(before, status=Status.DENIED),
        decision=decision(Verdict.DENY),
        remind_at=later(minutes=20),
        outcome_channel=SECURITY,
        rest_id="rest00001",
        rest_conversation=ALICE,
        rest_remind_at=later(minutes=11),
    )
    assert await store.events.decide(plan)
    assert (await next_delivery(store)).kind is DeliveryKind.OUTCOME
    assert [item.event_id for item in await store.events.due_reminders(later(minutes=20), 10)] == [event_id]


async def test_what_waits_is_listed_by_weight_and_then_by_age(
    database_thread: DatabaseThread, store: Store
) -> None:
    claimed = await claimed_records(database_thread, store, 4)
    waiting = [
        event(id="medium-new", fold_key="1", received_at=later(minutes=2)),
        event(id="medium-old", fold_key="2", received_at=later(minutes=1)),
        event(id="critical", fold_key="3", severity=Severity.CRITICAL),
        event(id="low", fold_key="4", severity=Severity.LOW, received_at=later(minutes=-9)),
    ]
    await store.judging.apply([ask(*pair) for pair in zip(claimed, waiting, strict=True)], NOW)
    found, total = await store.events.find(EventQuery(undone_only=True))
    assert [item.id for item in found] == ["critical", "medium-old", "medium-new", "low"]
    assert total == 4
    found, _ = await store.events.find(EventQuery())
    assert found[0].id == "medium-new"


async def test_an_event_of_an_earlier_release_has_the_usual_fields_in_its_headline(
    database_thread: DatabaseThread, store: Store
) -> None:
    (item,) = await claimed_records(database_thread, store, 1)
    about = event(id="event00001", fields={"command": "ls", "tty": "pts/0"}, headline=("tty",))
    await store.judging.apply([ask(item, about)], NOW)
    assert (await store.events.get("event00001")).decisive == ("pts/0",)
    await database_thread.run(lambda: database.execute_sql("UPDATE event SET headline = NULL"))
    assert (await store.events.get("event00001")).decisive == ("ls",)
