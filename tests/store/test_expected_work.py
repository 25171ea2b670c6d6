"""What is expected is approved in the transaction that keeps it, and what becomes of expectations."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from powertrip.domain.address import Network
from powertrip.domain.deciding import DecisionPlan
from powertrip.domain.decision import Verdict
from powertrip.domain.delivery import DeliveryKind
from powertrip.domain.doubt import plan as doubt_plan
from powertrip.domain.due import Enriched
from powertrip.domain.event import Event, Severity, Status
from powertrip.domain.people import Actor, Standing, Subject, SubjectKind
from powertrip.store import Store, inbox
from powertrip.store.bulk import insert_all
from powertrip.store.database import DatabaseThread, open_database
from powertrip.store.expected_work import changing, covering
from powertrip.store.expected_work.rows import columns_of, is_any_open
from powertrip.store.expected_work.sweep import sweep
from powertrip.store.expected_work.tables import ExpectedWorkRow
from powertrip.store.habits import past_of_row
from powertrip.store.history.expected import ExpectedWork
from powertrip.store.migrating import migrate
from powertrip.store.tables import DeliveryRow, EventRow
from tests.claiming import take_next
from tests.expecting import WHOSE, announce, confirm, expectation, expected_ask, stand
from tests.samples import (
    ALICE,
    BOB,
    CAROL,
    NOW,
    SECURITY,
    decided,
    decision,
    doubt,
    event,
    known,
    later,
    record,
)
from tests.store.busy import faults
from tests.store.plans import steps
from tests.store.test_races import while_held

LEASE = timedelta(seconds=30)
SOON = later(minutes=1)
BOB_HIMSELF = Subject(kind=SubjectKind.PERSON, slack_id=BOB, name="bob")


async def come(
    thread: DatabaseThread, *abouts: Event, now: Any = SOON, is_looked_up: bool = True, whose: Any = WHOSE
) -> list[str]:
    """Judge a record for each of these events; returns the statuses of all that were opened."""
    store = Store(thread)
    await thread.run(inbox.append, [[record() for _ in abouts]])
    taken = await store.inbox.claim(len(abouts), lambda: now, LEASE)
    batch = [
        expected_ask(item, about, whose, is_looked_up=is_looked_up)
        for item, about in zip(taken, abouts, strict=True)
    ]
    applied = await store.judging.apply(batch, now)
    return [(await store.events.get(opened)).status for opened in applied.opened]


def login(name: str, **changes: Any) -> Event:
    return event(**({"id": name, "fold_key": name, "occurred_at": SOON, "last_occurred_at": SOON} | changes))


async def expected(store: Store) -> Any:
    return await store.expected_work.get("worked")


async def waiting(thread: DatabaseThread, kind: DeliveryKind) -> list[Any]:
    """What the outbox holds of a kind."""
    which = (DeliveryRow.kind == kind) & (DeliveryRow.state == "waiting")
    return await thread.run(lambda: list(DeliveryRow.select().where(which).order_by(DeliveryRow.id)))


async def notes(thread: DatabaseThread) -> list[str]:
    return [
        "\n".join([row.payload["title"], *row.payload["lines"]])
        for row in await waiting(thread, DeliveryKind.NOTE)
    ]


async def tell(store: Store, now: Any) -> int:
    """Have the channel told of what a pipeline announced."""
    return await store.expected_work.tell(
        "worked", channel=SECURITY, command="/powertrip", week=None, now=now
    )


async def test_what_is_covered_is_kept_and_approved_and_nobody_is_asked(
    database_thread: DatabaseThread, store: Store
) -> None:
    await stand(store)
    whose = replace(WHOSE, tell=("hids",))
    assert await come(database_thread, login("one"), whose=whose) == [Status.APPROVED]

    found = await store.events.get("one")
    (said,) = found.decisions
    assert (said.verdict, said.expectation_id, said.actor_id) == (Verdict.APPROVE, "worked", ALICE)
    assert said.reason == "expected: CHG-1: new certificates"
    assert found.next_reminder_at is None
    assert len(await store.events.occurrences("one")) == 1
    assert await waiting(database_thread, DeliveryKind.FIRST) == []
    assert [row.channel for row in await waiting(database_thread, DeliveryKind.ORIGIN)] == ["hids"]
    assert (await expected(store)).uses == 1
    assert await faults(database_thread) == {}


async def test_what_is_outside_of_it_is_asked_about_and_so_is_all_in_whose_name_anything_is(
    database_thread: DatabaseThread, store: Store
) -> None:
    await stand(store)
    outside = [login("host", host_name="db-1"), login("net", source_ip="198.51.100.1")]
    assert await come(database_thread, *outside) == [Status.PENDING] * 2
    # Two records of one event, of which one came before anything was confirmed.
    both = [login("fold"), login("fold2", fold_key="fold", occurred_at=NOW - LEASE)]
    assert await come(database_thread, *both) == [Status.PENDING]
    again = [login("pair", fold_key="pair"), login("pair2", fold_key="pair")]
    assert await come(database_thread, *again) == [Status.APPROVED]
    assert (await expected(store)).uses == 2
    # A record joins what is asked about, also where it alone would be covered.
    await come(database_thread, login("later", fold_key="fold"))
    assert (await store.events.get("fold")).occurrences == 3
    assert (await expected(store)).uses == 2
    assert await faults(database_thread) == {}


async def test_nothing_is_covered_before_it_is_confirmed_nor_from_the_second_on_at_which_it_ends(
    database_thread: DatabaseThread, store: Store
) -> None:
    await announce(store)
    assert await come(database_thread, login("early")) == [Status.PENDING]
    await confirm(store)
    last = later(hours=1) - timedelta(seconds=1)
    assert await come(database_thread, login("last", occurred_at=last), now=last) == [Status.APPROVED]
    assert await come(database_thread, login("late", occurred_at=last), now=later(hours=1)) == [
        Status.PENDING
    ]
    assert await faults(database_thread) == {}


async def test_it_covers_no_more_records_than_it_was_announced_for(
    database_thread: DatabaseThread, store: Store
) -> None:
    await stand(store, max_uses=3)
    statuses = await come(database_thread, *(login(f"n{number}") for number in range(5)))
    assert sorted(statuses) == [*[Status.APPROVED] * 3, *[Status.PENDING] * 2]
    assert await come(database_thread, login("more")) == [Status.PENDING]


async def test_workers_that_race_count_every_use_once(
    database_url: str, database_thread: DatabaseThread, store: Store
) -> None:
    await stand(store, max_uses=25)
    threads = [database_thread, *(DatabaseThread(open_database(database_url)) for _ in range(2))]
    try:
        found = await asyncio.gather(
            *(
                come(thread, *(login(f"{place}-{batch}-{number}") for number in range(4)))
                for batch in range(3)
                for place, thread in enumerate(threads)
            )
        )
    finally:
        for thread in threads[1:]:
            await thread.close()
    statuses = [status for each in found for status in each]
    assert statuses.count(Status.APPROVED) == 25
    assert len(statuses) == 36
    assert (await expected(store)).uses == 25
    assert await faults(database_thread) == {}


async def test_a_denial_of_the_person_ends_it_in_the_same_transaction(
    database_thread: DatabaseThread, store: Store
) -> None:
    await stand(store)
    await announce(store, id="waits")
    await stand(store, id="bobs", person="bob", slack_id=BOB)
    await come(database_thread, login("denied", host_name="db-1"))
    before = await store.events.get("denied")
    plan = DecisionPlan(
        before=before,
        after=decided(before, status=Status.DENIED),
        decision=decision(Verdict.DENY, at=SOON),
        remind_at=later(hours=1),
        outcome_channel=SECURITY,
        rest_id="rest",
        rest_conversation=ALICE,
        rest_remind_at=later(hours=1),
    )
    assert await store.events.decide(plan) is not None
    ended = await expected(store)
    assert (ended.ended_at, ended.ended_why) == (SOON, "something of this person was denied")
    assert [each.id for each in await store.expected_work.standing()] == ["bobs"]
    assert await come(database_thread, login("after")) == [Status.PENDING]
    assert await faults(database_thread) == {}


async def test_it_ends_too_where_somebody_is_not_sure(database_thread: DatabaseThread, store: Store) -> None:
    await stand(store)
    await come(database_thread, login("odd", host_name="db-1"))
    said, alice = doubt(), Actor(slack_id=ALICE, name="Alice", standing=Standing.MEMBER)
    await store.doubts.doubt(
        "odd", lambda about: doubt_plan(about, said, alice, security_channel=SECURITY), SOON
    )
    assert (await expected(store)).ended_why == "somebody is not sure of something of this person"
    assert await come(database_thread, login("after")) == [Status.PENDING]
    assert await faults(database_thread) == {}


# AWAITED: whom Slack has not told of yet, since they are listed by an address alone.
@pytest.mark.parametrize("kind", [SubjectKind.BOT, SubjectKind.AWAITED])
async def test_what_somebody_without_a_slack_id_is_expected_to_do_ends_with_a_denial_too(
    database_thread: DatabaseThread, store: Store, kind: SubjectKind
) -> None:
    await stand(store, person="oswaldo", slack_id=None, created_by=CAROL)
    subject = Subject(kind=kind, name="oswaldo")
    await come(database_thread, login("bot", host_name="db-1", subject=subject))
    before = await store.events.get("bot")
    plan = DecisionPlan(
        before=before,
        after=decided(before, status=Status.DENIED),
        decision=decision(Verdict.DENY, at=SOON),
        remind_at=None,
        outcome_channel=SECURITY,
        rest_id="rest",
        rest_conversation=SECURITY,
        rest_remind_at=later(hours=1),
    )
    await store.events.decide(plan)
    assert (await expected(store)).ended_at == SOON


async def test_one_is_confirmed_once_and_not_too_late(database_thread: DatabaseThread, store: Store) -> None:
    await announce(store)
    assert await confirm(store, now=later(minutes=10)) is None
    assert (await confirm(store, now=later(minutes=9))) is not None
    assert await confirm(store, now=later(minutes=9)) is None
    assert await faults(database_thread) == {}


async def test_a_person_has_no_more_of_them_than_allowed(store: Store) -> None:
    for name in ("one", "two", "three"):
        await announce(store, id=name)
    with pytest.raises(AssertionError):
        await announce(store, id="four")
    await store.expected_work.end("two", actor_id=ALICE, why="done", now=NOW)
    await announce(store, id="four")


async def test_its_end_is_summed_up_once_and_the_note_of_it_says_so(
    database_thread: DatabaseThread, store: Store
) -> None:
    await stand(store)
    await come(
        database_thread, login("one"), login("other", source_ip="198.51.100.1"), login("db", host_name="db-1")
    )
    assert await store.expected_work.sweep(lambda _: ["alice"], SECURITY, later(minutes=59)) == 0
    told = [
        await store.expected_work.sweep(lambda _: ["alice"], SECURITY, later(hours=1, minutes=minute))
        for minute in range(3)
    ]
    assert told == [1, 0, 0]
    announced, summary = await notes(database_thread)
    assert announced.startswith("Not expected any more: work of alice, worked")
    assert "its time is over" in announced
    assert "Approved without asking: 1 record." in summary
    assert "Asked about all the same, of this person, rule and host within its time: 1 event." in summary
    assert await faults(database_thread) == {}


async def test_two_processes_that_announce_at_once_keep_as_many_as_one_would(
    threads: tuple[DatabaseThread, DatabaseThread],
) -> None:
    other, mine = threads
    limits: Any = {"confirm_within": timedelta(minutes=10), "channel": SECURITY, "command": "/powertrip"}

    def propose(name: str) -> Any:
        return lambda: changing.propose(expectation(id=name), max_open=1, **limits)

    def propose_once() -> Any:
        limit = limits["confirm_within"]
        return changing.propose_once(expectation(id="sent twice"), confirm_within=limit, max_open=9)

    assert await while_held(other, propose("one"), lambda: mine.run(propose("two"))) is None
    kept, is_new = await while_held(other, propose_once, lambda: mine.run(propose_once))
    assert (kept.id, is_new) == ("sent twice", False)


async def test_what_another_process_ends_while_a_record_is_judged_covers_nothing(
    threads: tuple[DatabaseThread, DatabaseThread],
) -> None:
    other, mine = threads
    await stand(Store(mine))

    def end() -> None:
        assert changing.end("worked", actor_id=ALICE, why="ended by Alice", now=SOON) is not None

    assert await while_held(other, end, lambda: come(mine, login("late"))) == [Status.PENDING]
    assert await faults(mine) == {}


async def test_what_a_half_without_slack_kept_is_kept_once_and_told_by_one_of_two_workers(
    database_thread: DatabaseThread, store: Store
) -> None:
    kept = [
        await store.expected_work.propose_once(
            expectation(), confirm_within=timedelta(minutes=10), max_open=1
        )
        for _ in range(2)
    ]
    assert [is_new for _, is_new in kept] == [True, False]
    assert [each.id for each in await store.expected_work.untold(later(minutes=1))] == ["worked"]
    told = await asyncio.gather(*(tell(store, later(minutes=1)) for _ in range(2)))
    assert sorted(told) == [0, 1]
    assert await store.expected_work.untold(later(minutes=2)) == []
    await confirm(store, now=later(minutes=2))
    assert [each.partition("\n")[0] for each in await notes(database_thread)] == [
        "Expected: work of alice, worked"
    ]
    assert await faults(database_thread) == {}


async def test_what_was_confirmed_before_the_channel_was_told_is_told_as_confirmed(
    database_thread: DatabaseThread, store: Store
) -> None:
    await store.expected_work.propose_once(expectation(), confirm_within=timedelta(minutes=10), max_open=1)
    (untold,) = await store.expected_work.untold(later(seconds=5))
    assert not untold.is_open
    await confirm(store, now=later(seconds=6))
    assert await tell(store, later(seconds=7)) == 1
    assert [each.partition("\n")[0] for each in await notes(database_thread)] == [
        "Expected: work of alice, worked"
    ]


async def test_one_that_went_as_announced_is_summed_up_in_the_note_of_it_and_calls_nobody_again(
    database_thread: DatabaseThread, store: Store
) -> None:
    await stand(store)
    await come(database_thread, login("one"))
    assert await store.expected_work.sweep(lambda _: ["alice"], SECURITY, later(hours=1)) == 1
    (note,) = await notes(database_thread)
    assert note.startswith("Over: work of alice, worked")
    assert "Approved without asking: 1 record." in note
    assert "within its time: 0 events." in note


async def test_where_the_note_of_it_is_forgotten_it_is_summed_up_anew(
    database_thread: DatabaseThread, store: Store
) -> None:
    await stand(store)
    await database_thread.run(lambda: DeliveryRow.delete().execute())
    assert await store.expected_work.sweep(lambda _: ["alice"], SECURITY, later(hours=1)) == 1
    (note,) = await notes(database_thread)
    assert note.startswith("Over: work of alice, worked")


async def test_one_that_nobody_confirmed_ends_without_a_summary(store: Store) -> None:
    await announce(store)
    assert await store.expected_work.sweep(lambda _: ["alice"], SECURITY, later(minutes=10)) == 0
    assert (await expected(store)).ended_why == "nobody confirmed it in time"


async def test_trust_that_a_neighbour_in_the_network_abused_stands_in_the_digest_of_the_day(
    database_thread: DatabaseThread, store: Store
) -> None:
    await stand(store)
    await come(database_thread, looked_at := login("looked-at", host_name="db-1"))
    await database_thread.run(_approve, looked_at.id)
    mine, theirs = [login(f"mine{number}") for number in range(3)], login("theirs", source_ip="192.0.2.66")
    await come(database_thread, *mine, theirs)
    sweeps = [
        await store.expected_work.sweep(lambda _: ["alice"], SECURITY, later(hours=hour))
        for hour in (2, 12, 13)
    ]
    assert sweeps == [1, 1, 0]
    digest = (await notes(database_thread))[-1]
    assert "Trusted without asking on 2026-01-15: 4 records" in digest
    assert "from 192.0.2.66 (1, which nobody has approved before), 192.0.2.10 (3)" in digest


def _approve(event_id: str) -> None:
    EventRow.update(status=Status.APPROVED).where(EventRow.id == event_id).execute()


async def test_what_was_trusted_makes_nothing_usual(database_thread: DatabaseThread, store: Store) -> None:
    await stand(store)
    await come(database_thread, login("one"))
    await come(database_thread, login("two", host_name="db-1", occurred_at=later(minutes=2)))
    past = await database_thread.run(lambda: past_of_row(EventRow.get_by_id("two")))
    assert past.first_from_address


class TestFactsThatComeLater:
    """Where services are asked, an event waits for them, and is covered only once all have answered."""

    async def found(self, store: Store, about: Event, score: int, **changes: Any) -> None:
        severity = Severity.HIGH if score > 67 else about.severity
        item = Enriched(
            event=replace(about, facts=known(score), severity=severity),
            copies=(),
            conversation=ALICE,
            again_at=None,
            expectable=WHOSE,
        )
        await store.enriching.keep([replace(item, **changes)], SOON)

    async def test_it_is_approved_when_they_are_as_expected(
        self, database_thread: DatabaseThread, store: Store
    ) -> None:
        await stand(store)
        assert await come(database_thread, login("one"), is_looked_up=False) == [Status.PENDING]
        await self.found(store, await store.events.get("one"), 10)
        assert (await store.events.get("one")).status is Status.APPROVED
        assert await waiting(database_thread, DeliveryKind.FIRST) == []
        assert (await expected(store)).uses == 1
        assert await faults(database_thread) == {}

    @pytest.mark.parametrize("score", [35, 90])
    async def test_it_is_asked_about_when_the_risk_goes_beyond(
        self, database_thread: DatabaseThread, store: Store, score: int
    ) -> None:
        await stand(store)
        await come(database_thread, login("one"), is_looked_up=False)
        await self.found(store, await store.events.get("one"), score)
        assert (await store.events.get("one")).status is Status.PENDING
        (first,) = await waiting(database_thread, DeliveryKind.FIRST)
        assert first.due_at <= SOON
        assert (await expected(store)).uses == 0

    @pytest.mark.parametrize(("number", "status"), [(64500, Status.APPROVED), (64501, Status.PENDING)])
    async def test_an_as_covers_what_they_say_to_come_from_it_and_the_digest_names_who_is_new_there(
        self, database_thread: DatabaseThread, store: Store, number: int, status: Status
    ) -> None:
        await stand(store, network="AS64500")
        await come(database_thread, login("one", source_ip="198.51.100.77"), is_looked_up=False)
        facts = known(10, network=Network(as_number=number))
        found = replace(await store.events.get("one"), facts=facts)
        await self.found(store, found, 10, event=found)
        assert (await store.events.get("one")).status is status
        await store.expected_work.sweep(lambda _: ["alice"], SECURITY, later(hours=12))
        named = "from 198.51.100.77 (1, which nobody has approved before)"
        assert (named in (await notes(database_thread))[-1]) is (status is Status.APPROVED)

    async def test_it_is_asked_about_when_a_service_has_not_answered(
        self, database_thread: DatabaseThread, store: Store
    ) -> None:
        await stand(store)
        await come(database_thread, login("one"), is_looked_up=False)
        await self.found(store, await store.events.get("one"), 10, expectable=None)
        assert (await store.events.get("one")).status is Status.PENDING

    async def test_a_question_that_went_out_stays_one(
        self, database_thread: DatabaseThread, store: Store
    ) -> None:
        await stand(store)
        await come(database_thread, login("one"), is_looked_up=False)
        assert await take_next(store, later(minutes=2)) is not None
        while (delivery := await take_next(store, later(minutes=2))) is not None:
            await store.deliveries.skip(delivery, later(minutes=2))
        await self.found(store, await store.events.get("one"), 10)
        assert (await store.events.get("one")).status is Status.PENDING
        assert (await expected(store)).uses == 0

    async def test_it_is_asked_about_where_the_trust_has_ended_meanwhile(
        self, database_thread: DatabaseThread, store: Store
    ) -> None:
        await stand(store)
        await come(database_thread, login("one"), is_looked_up=False)
        await store.expected_work.end("worked", actor_id=CAROL, why="ended by Carol", now=SOON)
        await self.found(store, await store.events.get("one"), 10)
        assert (await store.events.get("one")).status is Status.PENDING


async def test_a_batch_asks_one_question_more_where_nothing_is_expected(
    database_thread: DatabaseThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def watched(run: Callable[..., Any]) -> Callable[..., Any]:
        def spy(sql: str, *others: Any, **more: Any) -> Any:
            asked.append(sql)
            return run(sql, *others, **more)

        return spy

    opened = database_thread.database
    monkeypatch.setattr(opened, "execute_sql", watched(opened.execute_sql))
    await come(database_thread, *(login(f"n{number}") for number in range(20)))
    about = [sql for sql in asked if "FROM expected_work" in sql]
    assert about == ["SELECT 1 FROM expected_work WHERE ended_at IS NULL LIMIT 1"]


async def test_it_asks_none_where_nothing_can_be_covered(
    database_thread: DatabaseThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stand(Store(database_thread))
    monkeypatch.setattr(covering, "is_any_open", None)
    assert await come(database_thread, login("one"), whose=None) == [Status.PENDING]


async def test_what_has_ended_makes_that_question_no_slower(tmp_path: Any) -> None:
    opened = open_database(f"sqlite:///{tmp_path}/powertrip.db")
    migrate(opened)
    thread = DatabaseThread(opened)
    before = await steps(thread, is_any_open)
    rows = [
        columns_of(expectation(id=f"old{number}", ended_at=NOW)) | {"note_uid": ""} for number in range(500)
    ]
    await thread.run(insert_all, ExpectedWorkRow, rows)
    assert await steps(thread, is_any_open) <= before + 1
    await thread.close()


@pytest.mark.parametrize(
    "look",
    [
        changing.standing,
        partial(changing.untold, SOON),
        partial(changing.end_for, [BOB_HIMSELF], actor_id=CAROL, now=SOON),
        partial(sweep, lambda _: ["alice"], SECURITY, SOON),
    ],
    ids=["standing", "untold", "a denial", "sweep"],
)
async def test_nor_what_is_looked_at_every_few_seconds(tmp_path: Path, look: Callable[[], Any]) -> None:
    opened = open_database(f"sqlite:///{tmp_path}/powertrip.db")
    migrate(opened)
    thread = DatabaseThread(opened)
    await announce(Store(thread))
    # The days that are over are told of once.
    await thread.run(look)
    before = await steps(thread, look)
    over = {"note_uid": "", "summed_at": NOW}
    rows = [columns_of(expectation(id=f"old{number}", ended_at=NOW)) | over for number in range(500)]
    await thread.run(insert_all, ExpectedWorkRow, rows)
    assert await steps(thread, look) <= before + 1
    await thread.close()


def test_a_line_that_an_expectation_approved_something_stands_between_its_confirmation_and_its_end() -> None:
    lines = ExpectedWork()
    for line, action in ((1, "announced"), (3, "confirmed"), (9, "ended")):
        lines.take(line, 0, f"expectation_{action}", CAROL, {"expectation": "worked", "until": ""})
    assert lines.use("worked", 5, 1) is None
    for line, wrong in ((2, "not confirmed before"), (10, "had ended before")):
        assert wrong in (lines.use("worked", line, 1) or "")
    assert "no audit line tells" in (lines.use("forged", 5, 1) or "")
