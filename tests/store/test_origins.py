"""What origins saw and were told, on both databases."""

from datetime import timedelta

import pytest

from powertrip.domain.deciding import DecisionPlan
from powertrip.domain.decision import Verdict
from powertrip.domain.delivery import Delivery, DeliveryKind, Note, Posted
from powertrip.domain.event import Event, Status
from powertrip.domain.hids import HidsProfile, OriginState, Watch
from powertrip.domain.judgement import Applied, Judgement, ToAsk, ToSight
from powertrip.domain.record import Record
from powertrip.store import Store, audit, inbox
from powertrip.store.database import DatabaseThread
from tests.claiming import take_next
from tests.samples import ALICE, NOW, SECURITY, decided, decision, event, later, record

LEASE = timedelta(seconds=30)
WAZUH = Watch(
    origin=HidsProfile(name="wazuh", sources=("alerts",), expects=("ssh_login",)),
    tells=True,
)
WAIT = 11 * 60.0
"""Seconds after which every grace is over."""


class Bench:
    """A store, and the two sides that bring it records."""

    def __init__(self, store: Store, thread: DatabaseThread) -> None:
        self.store = store
        self.thread = thread

    async def _claimed(self, source: str, event: Event, record_id: str) -> Record:
        came = record(source=source, record_id=record_id, occurred_at=event.occurred_at)
        await self.thread.run(inbox.append, [[came]])
        (claimed,) = await self.store.inbox.claim(1, lambda: NOW, LEASE)
        return claimed

    async def pipeline(self, record_id: str = "p1", watch: Watch = WAZUH, **about: object) -> Applied:
        """The log pipeline tells of a login."""
        happened = event(**about)
        claimed = await self._claimed("syslog", happened, record_id)
        ask = ToAsk(record=claimed, event=happened, conversation=ALICE, watches=(watch,))
        return await self.store.judging.apply([ask], NOW)

    async def hids(self, record_id: str = "a1", watch: Watch = WAZUH, **about: object) -> Applied:
        """The HIDS tells of a login; its names for hosts have a domain."""
        seen = event(
            **{"source": "alerts", "host_name": "bastion-1.example.com", "fold_key": "alerts"} | about
        )
        claimed = await self._claimed("alerts", seen, record_id)
        return await self.store.judging.apply([ToSight(record=claimed, event=seen, watch=watch)], NOW)

    async def open_due(self, at: float = WAIT) -> Applied:
        """What the sweep does once the grace is over."""
        due = await self.store.sightings.due(later(seconds=at), 10)
        asked = [
            (
                item.id,
                ToAsk(
                    record=item.record,
                    event=decided(item.event, id=f"late{item.id}"),
                    conversation=SECURITY,
                    watches=(WAZUH,),
                ),
            )
            for item in due
        ]
        return await self.store.sightings.open_due(asked, later(seconds=at))

    async def decide(
        self,
        event_id: str,
        status: Status = Status.APPROVED,
        verdict: Verdict = Verdict.APPROVE,
        *,
        revision: int = 1,
        tell: tuple[str, ...] = (),
    ) -> None:
        """Alice decides."""
        before = await self.store.events.get(event_id)
        taken = await self.store.events.decide(
            DecisionPlan(
                before=before,
                after=decided(before, status=status),
                decision=decision(verdict, revision=revision),
                remind_at=None,
                outcome_channel=None,
                rest_id=f"rest{event_id}",
                rest_conversation=ALICE,
                rest_remind_at=later(minutes=10),
                tell=tell,
            )
        )
        assert taken is not None

    async def deliveries(self, kind: DeliveryKind = DeliveryKind.ORIGIN) -> list[Delivery]:
        """All waiting deliveries of a kind, claimed."""
        found: list[Delivery] = []
        while delivery := await take_next(self.store, later(hours=1)):
            found.append(delivery)
        return [delivery for delivery in found if delivery.kind is kind]

    async def states(self, event_id: str) -> list[OriginState]:
        """What the event's card says of origins."""
        return [standing.state for standing in (await self.store.events.get(event_id)).origins]


@pytest.fixture
def bench(store: Store, database_thread: DatabaseThread) -> Bench:
    """A bench on an empty database."""
    return Bench(store, database_thread)


@pytest.mark.parametrize("hids_first", [True, False])
async def test_two_records_of_one_login_make_one_event_whichever_comes_first(
    bench: Bench, hids_first: bool
) -> None:
    if hids_first:
        assert (await bench.hids()).paired == ()
        applied = await bench.pipeline()
        assert applied.paired == ("wazuh",)
        (event_id,) = applied.opened
    else:
        (event_id,) = (await bench.pipeline()).opened
        assert (await bench.hids()).paired == ("wazuh",)
    assert await bench.states(event_id) == [OriginState.PENDING]
    assert (await bench.open_due()).opened == ()
    assert await bench.store.expectations.miss(later(seconds=WAIT), 10) == 0


async def test_a_pending_event_is_told_of_when_it_is_decided(bench: Bench) -> None:
    (event_id,) = (await bench.pipeline()).opened
    await bench.hids()
    assert await bench.deliveries() == []
    await bench.decide(event_id)
    (delivery,) = await bench.deliveries()
    verdict = await bench.store.tellings.verdict(delivery)
    assert verdict is not None
    assert (delivery.channel, verdict.alert_id, verdict.verdict) == ("wazuh", "a1", Verdict.APPROVE)
    assert (verdict.decided_by, verdict.decided_by_name) == (ALICE, "Alice")
    assert verdict.host_name == "bastion-1.example.com"
    await bench.store.tellings.told(delivery, later(minutes=2))
    (standing,) = (await bench.store.events.get(event_id)).origins
    assert (standing.state, standing.at) == (OriginState.TOLD, later(minutes=2))


async def test_a_decided_event_is_told_of_at_once(bench: Bench) -> None:
    (event_id,) = (await bench.pipeline()).opened
    await bench.decide(event_id)
    assert await bench.deliveries() == []
    await bench.hids()
    assert [delivery.event_ids for delivery in await bench.deliveries()] == [(event_id,)]


async def test_one_approval_of_two_is_told_to_nobody(bench: Bench) -> None:
    (event_id,) = (await bench.pipeline()).opened
    await bench.hids()
    await bench.decide(event_id, Status.HALF_APPROVED, tell=("siem",))
    assert await bench.deliveries() == []


async def test_an_origin_without_records_is_told_of_every_decision(bench: Bench) -> None:
    (event_id,) = (await bench.pipeline()).opened
    await bench.decide(event_id, Status.DENIED, Verdict.DENY, tell=("siem",))
    (delivery,) = await bench.deliveries()
    verdict = await bench.store.tellings.verdict(delivery)
    assert verdict is not None
    assert (delivery.lane, verdict.alert_id, verdict.verdict) == ("origin siem", None, Verdict.DENY)


async def test_a_closing_waits_until_the_denial_was_taken(bench: Bench) -> None:
    (event_id,) = (await bench.pipeline()).opened
    await bench.hids()
    await bench.decide(event_id, Status.DENIED, Verdict.DENY)
    await bench.decide(event_id, Status.CLOSED, Verdict.CLOSE)
    denial, closing = await bench.deliveries()
    assert await bench.store.tellings.verdict(closing) is None
    await bench.store.tellings.told(denial, NOW)
    verdict = await bench.store.tellings.verdict(closing)
    assert verdict is not None
    assert verdict.verdict is Verdict.CLOSE


async def test_what_the_hids_alone_saw_is_opened_once(bench: Bench) -> None:
    await bench.hids()
    assert (await bench.open_due(at=60)).opened == ()
    due = await bench.store.sightings.due(later(seconds=WAIT), 10)
    asked = [
        (
            due[0].id,
            ToAsk(record=due[0].record, event=decided(due[0].event, id="alone00001"), conversation=SECURITY),
        )
    ]
    first = await bench.store.sightings.open_due(asked, later(seconds=WAIT))
    again = await bench.store.sightings.open_due(asked, later(seconds=WAIT))
    assert (first.opened, again.opened, again.folded) == (("alone00001",), (), ())
    assert await bench.states("alone00001") == [OriginState.ALONE, OriginState.PENDING]
    assert len(await bench.deliveries(DeliveryKind.FIRST)) == 1


@pytest.mark.parametrize("is_decided", [True, False])
async def test_a_record_that_comes_after_all_joins_what_the_hids_alone_saw(
    bench: Bench, is_decided: bool
) -> None:
    await bench.hids()
    (event_id,) = (await bench.open_due()).opened
    if is_decided:
        await bench.decide(event_id)
    applied = await bench.pipeline(occurred_at=later(seconds=30))
    assert (applied.opened, applied.folded) == ((), (event_id,))
    assert await bench.states(event_id) == [OriginState.PENDING]
    assert (await bench.store.events.get(event_id)).occurrences == 1
    again = await bench.pipeline("p2", occurred_at=later(seconds=31))
    assert len(again.opened) == 1, "one record of the HIDS stands for one login"


async def test_a_late_record_of_another_connection_is_asked_about_on_its_own(bench: Bench) -> None:
    await bench.hids(fields={"source_port": "1"})
    (alone,) = (await bench.open_due()).opened
    other = await bench.pipeline(fields={"source_port": "2"})
    assert (len(other.opened), other.folded) == (1, ())
    own = await bench.pipeline("p2", fields={"source_port": "1"})
    assert (own.opened, own.folded) == ((), (alone,))


async def test_what_the_hids_did_not_see_is_reported_once(bench: Bench) -> None:
    (event_id,) = (await bench.pipeline()).opened
    assert await bench.store.expectations.miss(later(minutes=9), 10) == 0
    assert await bench.store.expectations.miss(later(minutes=10), 10) == 1
    assert await bench.states(event_id) == [OriginState.MISSED]
    history = await bench.thread.run(lambda: [line.action for line in audit.lines(event_id)])
    assert history.count("origin_did_not_see") == 1
    window = timedelta(minutes=15)
    assert await bench.store.expectations.report(SECURITY, window, later(minutes=10)) == 1
    assert await bench.store.expectations.report(SECURITY, window, later(hours=9)) == 0
    (note,) = await bench.deliveries(DeliveryKind.NOTE)
    assert isinstance(note.payload, Note)
    assert "did not see" in note.payload.title


async def test_many_events_that_the_hids_did_not_see_are_two_notes(bench: Bench) -> None:
    await bench.pipeline("p0", fold_key="p0")
    await bench.store.expectations.miss(later(minutes=10), 100)
    await bench.store.expectations.report(SECURITY, timedelta(minutes=15), later(minutes=10))
    for number in range(1, 31):
        await bench.pipeline(f"p{number}", fold_key=f"p{number}")
    await bench.store.expectations.miss(later(minutes=11), 100)
    assert await bench.store.expectations.report(SECURITY, timedelta(minutes=15), later(minutes=11)) == 0
    assert await bench.store.expectations.report(SECURITY, timedelta(minutes=15), later(minutes=26)) == 30
    notes = await bench.deliveries(DeliveryKind.NOTE)
    assert len(notes) == 2
    assert isinstance(notes[1].payload, Note)
    assert "30 events" in notes[1].payload.title


async def test_a_hids_that_saw_late_is_not_said_to_have_missed(bench: Bench) -> None:
    (event_id,) = (await bench.pipeline()).opened
    await bench.store.expectations.miss(later(minutes=10), 10)
    await bench.hids()
    assert await bench.states(event_id) == [OriginState.PENDING]


async def test_a_sighting_of_a_folded_occurrence_counts_for_its_event(bench: Bench) -> None:
    (event_id,) = (await bench.pipeline("p1", fields={"source_port": "1"})).opened
    folded = await bench.pipeline("p2", fields={"source_port": "2"}, occurred_at=later(minutes=1))
    assert folded.folded == (event_id,)
    assert (await bench.hids("a2", fields={"source_port": "2"})).paired == ("wazuh",)
    await bench.decide(event_id, revision=1)
    assert await bench.deliveries() == [], "the occurrence that it saw is not covered"
    assert await bench.states(f"rest{event_id}") == [OriginState.PENDING]


async def test_a_nearer_record_takes_the_place_of_one_that_was_not_its_own(bench: Bench) -> None:
    (first,) = (await bench.pipeline("p1", fold_key="1")).opened
    await bench.hids("a2", occurred_at=later(seconds=60))
    assert await bench.states(first) == [OriginState.PENDING]
    await bench.hids("a1", occurred_at=later(seconds=1))
    (second,) = (await bench.pipeline("p2", fold_key="2", occurred_at=later(seconds=61))).opened
    await bench.decide(second, Status.DENIED, Verdict.DENY)
    (delivery,) = await bench.deliveries()
    verdict = await bench.store.tellings.verdict(delivery)
    assert verdict is not None
    assert verdict.alert_id == "a2"


async def test_a_pair_at_the_edge_of_what_is_compared_stays(bench: Bench) -> None:
    (far,) = (await bench.pipeline("far", fold_key="far", occurred_at=later(minutes=13))).opened
    await bench.hids("far", occurred_at=later(minutes=9))
    assert await bench.states(far) == [OriginState.PENDING]
    await bench.pipeline("near", fold_key="near")
    assert await bench.states(far) == [OriginState.PENDING]


async def test_a_pair_that_was_told_stays(bench: Bench) -> None:
    (first,) = (await bench.pipeline("p1", fold_key="1")).opened
    await bench.hids("a2", occurred_at=later(seconds=60))
    await bench.decide(first)
    await bench.hids("a1", occurred_at=later(seconds=1))
    assert len(await bench.deliveries()) == 1
    assert [item.event.source for item in await bench.store.sightings.due(later(seconds=WAIT), 10)] == [
        "alerts"
    ]


async def test_a_refusal_is_shown_and_told_once_to_the_security_channel(bench: Bench) -> None:
    for name in ("p1", "p2"):
        (event_id,) = (await bench.pipeline(name, fold_key=name)).opened
        await bench.decide(event_id, tell=("siem",))
    refusals = await bench.deliveries()
    for _ in range(2):
        for delivery in refusals:
            await bench.store.tellings.refused(delivery, "wrong password", later(minutes=20), SECURITY, NOW)
    (standing,) = (await bench.store.events.get(event_id)).origins
    assert (standing.state, standing.why, standing.at) == (OriginState.FAILED, "wrong password", NOW)
    assert len(await bench.deliveries(DeliveryKind.NOTE)) == 1
    again = await take_next(bench.store, later(minutes=21))
    assert again is None or again.kind is not DeliveryKind.NOTE


async def test_a_refusal_is_told_at_once_and_again_after_the_hids_took_one(bench: Bench) -> None:
    for name in ("p1", "p2", "p3"):
        (event_id,) = (await bench.pipeline(name, fold_key=name)).opened
        await bench.decide(event_id, tell=("siem",))
    first, second, third = await bench.deliveries()

    async def notes_after_refusal(delivery: Delivery) -> int:
        await bench.store.tellings.refused(delivery, "wrong password", later(days=1), SECURITY, NOW)
        return len(await bench.deliveries(DeliveryKind.NOTE))

    assert await notes_after_refusal(first) == 1
    assert await notes_after_refusal(second) == 0
    for delivery in (first, second):
        await bench.store.tellings.told(delivery, NOW)
    assert await notes_after_refusal(third) == 1


async def test_an_origin_that_is_not_told_shows_only_that_it_saw(bench: Bench) -> None:
    quiet = Watch(origin=HidsProfile(name="ossec", sources=("alerts",)), tells=False)
    (event_id,) = (await bench.pipeline(watch=quiet)).opened
    await bench.hids(watch=quiet)
    await bench.decide(event_id)
    assert await bench.deliveries() == []
    assert await bench.states(event_id) == [OriginState.SEEN]


@pytest.mark.parametrize("hids_first", [True, False])
async def test_a_record_and_its_counterpart_in_one_batch_make_a_pair(
    database_thread: DatabaseThread, store: Store, *, hids_first: bool
) -> None:
    records = [record(source="syslog", record_id="p1"), record(source="alerts", record_id="a1")]
    await database_thread.run(inbox.append, [records[:1], records[1:]])
    pipeline, hids = await store.inbox.claim(2, lambda: NOW, LEASE)
    batch: list[Judgement] = [
        ToAsk(record=pipeline, event=event(id="one"), conversation=ALICE, watches=(WAZUH,)),
        ToSight(record=hids, event=event(source="alerts"), watch=WAZUH),
    ]

    applied = await store.judging.apply(batch[::-1] if hids_first else batch, NOW)

    assert (applied.opened, applied.sighted, applied.paired) == (("one",), 1, ("wazuh",))
    assert await store.sightings.due(later(hours=1), 10) == []
    assert await store.expectations.miss(later(hours=1), 10) == 0


async def test_a_second_alert_by_the_same_port_joins_and_one_by_another_is_asked_about(bench: Bench) -> None:
    (event_id,) = (await bench.pipeline(fields={"source_port": "1"})).opened
    await bench.hids(fields={"source_port": "1"})
    await bench.decide(event_id)
    await bench.hids("a2", fields={"source_port": "1"}, occurred_at=later(seconds=30))
    await bench.hids("a3", fields={"source_port": "2"}, occurred_at=later(seconds=30))

    told = [await bench.store.tellings.verdict(delivery) for delivery in await bench.deliveries()]
    assert [verdict and verdict.alert_id for verdict in told] == ["a1", "a2"]
    assert len((await bench.open_due()).opened) == 1


async def test_a_second_alert_of_what_the_hids_alone_saw_joins_that_event(bench: Bench) -> None:
    await bench.hids(fields={"source_port": "1"})
    (event_id,) = (await bench.open_due()).opened
    await bench.decide(event_id)
    await bench.hids("a2", fields={"source_port": "1"}, occurred_at=later(seconds=30))

    assert (await bench.open_due(at=2 * WAIT)).opened == ()
    told = [await bench.store.tellings.verdict(delivery) for delivery in await bench.deliveries()]
    assert [verdict and verdict.alert_id for verdict in told] == ["a1", "a2"]


async def test_alerts_that_only_look_alike_stay_two(bench: Bench) -> None:
    """Without a port nobody knows whether the second is of a login that the log pipeline missed."""
    await bench.pipeline()
    await bench.hids()
    await bench.hids("a2", occurred_at=later(seconds=30))

    assert len((await bench.open_due()).opened) == 1


async def test_of_logins_in_one_event_the_card_names_those_that_the_hids_missed(bench: Bench) -> None:
    (event_id,) = (await bench.pipeline(fields={"source_port": "1"})).opened
    for number in (2, 3):
        await bench.pipeline(
            f"p{number}", fields={"source_port": str(number)}, occurred_at=later(seconds=number)
        )
    await bench.hids(fields={"source_port": "2"}, occurred_at=later(seconds=2))
    assert await bench.store.expectations.miss(later(seconds=WAIT), 10) == 2

    (missed, seen) = (await bench.store.events.get(event_id)).origins
    assert (missed.state, seen.state) == (OriginState.MISSED, OriginState.PENDING)
    assert [(one.at, one.source_port) for one in missed.missed] == [(NOW, "1"), (later(seconds=3), "3")]
    # One of them comes after all.
    await bench.hids("a2", fields={"source_port": "3"}, occurred_at=later(seconds=3))
    (missed, _) = (await bench.store.events.get(event_id)).origins
    assert [one.source_port for one in missed.missed] == ["1"]


async def test_a_note_is_amended_wherever_it_is_when_the_record_comes(bench: Bench) -> None:
    await bench.pipeline(fields={"source_port": "1"})
    await bench.store.expectations.miss(later(seconds=WAIT), 10)
    await bench.store.expectations.report(SECURITY, timedelta(minutes=15), later(seconds=WAIT))
    (note,) = await bench.deliveries(DeliveryKind.NOTE)
    # On its way: what was rendered is not true any more when it has arrived.
    await bench.hids(fields={"source_port": "1"})
    await bench.store.notes.posted(note, Posted(channel=SECURITY, ts="1.1"), later(seconds=WAIT))

    (change,) = await bench.deliveries(DeliveryKind.NOTE)
    assert (change.channel, change.ts) == (SECURITY, "1.1")
    assert isinstance(change.payload, Note)
    assert change.payload.title == "Taken back: the HIDS wazuh saw the event after all, only late"
