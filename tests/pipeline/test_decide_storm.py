"""One decision on many events: what it covers, what it leaves, and who may take it."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from powertrip.domain.decision import ActorKind, Agent, Verdict
from powertrip.domain.delivery import DeliveryKind
from powertrip.domain.event import Severity, Status
from powertrip.domain.people import Actor, Person, Standing, Subject, SubjectKind
from powertrip.domain.policy import Policy, When
from powertrip.domain.reminders import Reminders
from powertrip.domain.routing import People
from powertrip.domain.storms import BulkSettings, StormSection
from powertrip.errors import NotAllowed, NotShown
from powertrip.metrics import Metrics
from powertrip.pipeline.context import Context, Signals
from powertrip.pipeline.decide_storm import StormDecider, StormReference
from powertrip.store import Store
from powertrip.store.database import DatabaseThread
from powertrip.store.storms.tables import StormRow
from powertrip.store.tables import AuditRow, DecisionRow, DeliveryRow, EventRow
from tests.samples import CAROL, NOW, SECURITY, later
from tests.store.busy import faults
from tests.store.storms import deliver, judge, login

REVIEWER = Actor(slack_id=CAROL, name="Carol", standing=Standing.MEMBER, is_reviewer=True)
DANA = replace(REVIEWER, slack_id="U0DANA", name="Dana")


@dataclass
class Scene:
    """A storm of the bot's, and whoever decides it."""

    thread: DatabaseThread
    store: Store
    settings: Any
    decider: StormDecider
    actors: dict[str, Actor]
    subject: Subject

    async def reference(self) -> StormReference:
        """What the button on the card says now."""
        (storm_id,) = await self.thread.run(lambda: [row.id for row in StormRow.select()])
        view = await self.store.storms.get(storm_id)
        return StormReference(storm_id=storm_id, watermark=view.watermark)

    async def decide(
        self,
        reference: StormReference,
        number: int,
        verdict: Verdict = Verdict.APPROVE,
        by: str = CAROL,
        agent: Agent | None = None,
    ) -> Any:
        return await self.decider.decide(
            reference,
            verdict,
            slack_id=by,
            team_id=None,
            reason="The nightly deployment",
            count=number,
            agent=agent,
        )

    async def statuses(self) -> dict[str, int]:
        view = await self.store.storms.get((await self.reference()).storm_id)
        return {str(status): number for status, number in view.statuses.items()}

    async def come(self, *numbers: int, now: datetime = NOW, **changes: Any) -> None:
        """Judge logins, whose addresses nobody need look up."""
        await judge(self.thread, self.store, [login(number, **changes) for number in numbers], now=now)
        await self.thread.run(lambda: EventRow.update(facts_due_at=None).execute())


@pytest.fixture
async def scene(database_thread: DatabaseThread, store: Store) -> Scene:
    """Thirty logins, of which nobody has decided one."""
    numbers = count(1)
    settings: Any = SimpleNamespace(
        people=People(()),
        policy=(),
        reminders=Reminders(),
        security_channel=SECURITY,
        watches=(),
        storms=StormSection(),
    )
    actors = {CAROL: REVIEWER, "U0DANA": DANA}
    scene: Scene

    async def actor(slack_id: str, _team: str | None, **_: Any) -> Actor:
        return actors[slack_id]

    async def subject(_person: Person | None) -> Subject:
        return scene.subject

    unused: Any = None
    directory: Any = SimpleNamespace(actor=actor, subject=subject)
    context = Context(
        store=store,
        notifier=unused,
        directory=directory,
        enrichment=unused,
        metrics=Metrics(),
        clock=lambda: later(minutes=1),
        new_id=lambda: f"batch{next(numbers):05d}",
        live_settings=lambda: settings,
        live_backup=unused,
        origins={},
        signals=Signals(),
    )
    nobody = Subject(kind=SubjectKind.BOT)
    scene = Scene(database_thread, store, settings, StormDecider(context), actors, nobody)
    await scene.come(*range(30))
    return scene


async def test_what_comes_while_the_window_is_open_stays_open(scene: Scene) -> None:
    reference = await scene.reference()
    await scene.come(*range(100, 200), now=later(seconds=5))
    await scene.come(500, now=later(seconds=6), fold_key="login3")

    outcome = await scene.decide(reference, 30)

    # One of the thirty was joined by a record that no card had shown.
    assert (outcome.decided, outcome.missed, outcome.still_open) == (29, 1, 101)
    assert await scene.statuses() == {"approved": 29, "pending": 101}


async def test_two_reviewers_at_once_decide_each_event_once(scene: Scene) -> None:
    reference = await scene.reference()
    outcomes = await asyncio.gather(
        scene.decide(reference, 30), scene.decide(reference, 30, Verdict.DENY, by="U0DANA")
    )
    assert sum(outcome.decided for outcome in outcomes) == 30
    decided = await scene.thread.run(lambda: [row.event_id for row in DecisionRow.select()])
    assert (len(decided), len(set(decided))) == (30, 30)


async def test_each_event_has_its_decision_and_its_line_in_the_history(scene: Scene) -> None:
    await scene.decide(await scene.reference(), 30)

    def found() -> tuple[set[Any], int]:
        batches = {(row.batch_id, row.actor_id, row.reason) for row in DecisionRow.select()}
        lines = AuditRow.select().where((AuditRow.action == "decided") & (AuditRow.actor_id == CAROL))
        return batches, lines.count()

    assert await scene.thread.run(found) == ({("batch00001", CAROL, "The nightly deployment")}, 30)
    assert await faults(scene.thread) == {}


async def test_a_script_that_did_all_of_them_is_named_in_each_decision_and_on_the_card(scene: Scene) -> None:
    reference = await scene.reference()
    await scene.decide(reference, 30, agent=Agent(name="deploy.sh"))

    def found() -> set[Any]:
        return {(row.actor_kind, row.agent_name) for row in DecisionRow.select()}

    assert await scene.thread.run(found) == {(ActorKind.AGENT, "deploy.sh")}
    (batch,) = (await scene.store.storms.get(reference.storm_id)).batches
    assert batch.agent_name == "deploy.sh"
    assert await faults(scene.thread) == {}


async def test_never_more_than_the_maximum_and_the_oldest_first(scene: Scene) -> None:
    scene.settings.storms = StormSection(bulk=BulkSettings(max=12))
    _, coverage, _ = await scene.decider.offer(await scene.reference(), slack_id=CAROL, team_id=None)
    assert (coverage.count, coverage.beyond) == (12, 18)
    reference = StormReference(storm_id=(await scene.reference()).storm_id, watermark=coverage.watermark)
    assert (await scene.decide(reference, 12)).decided == 12
    approved = await scene.thread.run(
        lambda: sorted(row.id for row in EventRow.select().where(EventRow.status == Status.APPROVED))
    )
    assert approved == [f"login{number:05d}" for number in range(12)]


async def test_more_than_was_typed_is_never_decided(scene: Scene) -> None:
    assert (await scene.decide(await scene.reference(), 7)).decided == 7


async def test_events_that_take_two_people_wait_for_the_second(scene: Scene) -> None:
    scene.settings.policy = (Policy(when=When(host=("web-1",)), require=("second_person",)),)
    reference = await scene.reference()
    assert (await scene.decide(reference, 30)).decided == 30
    assert await scene.statuses() == {"approved": 29, "half_approved": 1}

    again = await scene.decide(reference, 1)
    assert (again.decided, len(again.refused)) == (0, 1)
    assert (await scene.decide(reference, 1, by="U0DANA")).decided == 1
    assert await scene.statuses() == {"approved": 30}


async def test_a_denial_calls_the_reviewers_once_and_is_closed_together(scene: Scene) -> None:
    reference = await scene.reference()
    await scene.decide(reference, 30, Verdict.DENY)

    def calls() -> list[Any]:
        kinds = (DeliveryKind.OUTCOME, DeliveryKind.STORM)
        rows = DeliveryRow.select().where(DeliveryRow.kind.in_(kinds) & DeliveryRow.ts.is_null())
        return [(row.kind, row.payload["kind"]) for row in rows]

    assert await scene.thread.run(calls) == [("storm", "first"), ("storm", "outcome")]
    _, coverage, verdict = await scene.decider.offer(reference, slack_id=CAROL, team_id=None)
    assert (coverage.count, verdict) == (30, Verdict.CLOSE)
    assert (await scene.decide(reference, 30, Verdict.CLOSE)).decided == 30
    assert await scene.statuses() == {"closed": 30}
    assert await faults(scene.thread) == {}


async def test_who_may_is_asked_again_when_it_is_submitted(scene: Scene) -> None:
    reference = await scene.reference()
    await scene.decider.offer(reference, slack_id=CAROL, team_id=None)
    scene.actors[CAROL] = replace(REVIEWER, is_reviewer=False)
    with pytest.raises(NotAllowed):
        await scene.decide(reference, 30)
    assert await scene.statuses() == {"pending": 30}


async def test_a_reviewer_cannot_approve_a_storm_of_their_own(scene: Scene) -> None:
    scene.settings.people = People([Person(name="oswaldo", slack=CAROL)])
    scene.subject = Subject(kind=SubjectKind.PERSON, slack_id=CAROL)
    reference = await scene.reference()
    with pytest.raises(NotAllowed, match="events of your own"):
        await scene.decide(reference, 30)
    assert (await scene.decide(reference, 30, by="U0DANA")).decided == 30


async def test_nothing_is_offered_while_what_does_not_fit_is_not_shown(scene: Scene) -> None:
    await scene.come(700, source_ip="203.0.113.9", fold_key="foreign")
    reference = await scene.reference()
    with pytest.raises(NotShown, match="1 to come"):
        await scene.decider.offer(reference, slack_id=CAROL, team_id=None)
    while await deliver(scene.store, later(seconds=9)):
        pass
    _, coverage, _ = await scene.decider.offer(reference, slack_id=CAROL, team_id=None)
    assert coverage.count == 30


async def test_the_card_counts_what_was_decided_and_says_who_did(scene: Scene) -> None:
    while await deliver(scene.store, later(seconds=9)):
        pass
    await scene.decide(await scene.reference(), 30)
    update = await deliver(scene.store, later(minutes=1) + timedelta(seconds=1))
    assert update is not None
    view = update.storm
    assert view is not None
    assert (update.ts is None, view.open, view.batches[0].count) == (False, 0, 30)
    assert (view.batches[0].actor_id, view.batches[0].at) == (CAROL, later(minutes=1))


async def test_the_window_counts_only_what_stood_on_the_card_when_it_was_pressed(scene: Scene) -> None:
    pressed = await scene.reference()
    await scene.come(*range(30, 40))
    _, coverage, _ = await scene.decider.offer(pressed, slack_id=CAROL, team_id=None)
    assert (coverage.count, coverage.records, coverage.later) == (30, 30, 10)


async def test_what_does_not_fit_and_comes_while_the_window_is_open_stays_open_and_gets_a_card(
    scene: Scene,
) -> None:
    reference = await scene.reference()
    await scene.come(700, now=later(seconds=5), source_ip="203.0.113.9", fold_key="foreign")
    assert (await scene.decide(reference, 30)).decided == 30
    found = await scene.thread.run(lambda: EventRow.get(EventRow.id == "login00700"))
    assert (found.status, found.storm_apart) == (Status.PENDING, "from another network")
    cards = await scene.thread.run(
        lambda: [row.event_id for row in DeliveryRow.select().where(DeliveryRow.kind == DeliveryKind.FIRST)]
    )
    assert "login00700" in cards


async def test_a_record_that_races_the_decision_is_covered_by_none(scene: Scene) -> None:
    reference = await scene.reference()
    joins = [scene.come(500 + n, now=later(seconds=5), fold_key=f"login{n}") for n in range(30)]
    outcome, *_ = await asyncio.gather(scene.decide(reference, 30), *joins)

    def records() -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for row in EventRow.select():
            found.setdefault(row.status, []).append(row.occurrences)
        return found

    found = await scene.thread.run(records)
    assert found.get("approved", []) == [1] * outcome.decided
    # All sixty records are there: what was not approved with what was shown waits.
    assert sum(map(sum, found.values())) == 60
    assert await faults(scene.thread) == {}


async def test_an_event_that_becomes_grave_while_the_window_is_open_is_not_covered(scene: Scene) -> None:
    reference = await scene.reference()
    await scene.come(500, now=later(seconds=5), fold_key="login3", severity=Severity.CRITICAL)
    outcome = await scene.decide(reference, 30)
    assert (outcome.decided, outcome.missed) == (29, 1)
    found = await scene.thread.run(lambda: EventRow.get(EventRow.id == "login00003"))
    assert (found.status, found.storm_apart) == (Status.PENDING, "critical severity")


async def test_a_maximum_that_was_lowered_while_the_window_was_open_holds(scene: Scene) -> None:
    reference = await scene.reference()
    scene.settings.storms = StormSection(bulk=BulkSettings(max=12))
    assert (await scene.decide(reference, 30)).decided == 12


async def test_a_storm_of_a_reviewers_further_name_is_their_own(scene: Scene) -> None:
    scene.settings.people = People([Person(name="carol", slack=CAROL, names=("oswaldo",))])
    scene.subject = Subject(kind=SubjectKind.PERSON, slack_id=CAROL)
    with pytest.raises(NotAllowed, match="events of your own"):
        await scene.decide(await scene.reference(), 30)


async def test_nobody_approves_a_storm_of_their_own_in_small_bites(scene: Scene) -> None:
    scene.settings.people = People([Person(name="oswaldo", slack=CAROL)])
    scene.subject = Subject(kind=SubjectKind.PERSON, slack_id=CAROL)
    with pytest.raises(NotAllowed, match="this would be 30"):
        await scene.decide(await scene.reference(), 20)
    assert await scene.statuses() == {"pending": 30}


async def test_what_is_said_to_be_shown_beyond_the_card_covers_no_more_than_was_typed(scene: Scene) -> None:
    reference = await scene.reference()
    await scene.come(*range(100, 200), now=later(seconds=5))
    forged = StormReference(storm_id=reference.storm_id, watermark=10**12 - 1)
    assert (await scene.decide(forged, 30)).decided == 30
    approved = await scene.thread.run(
        lambda: sorted(row.id for row in EventRow.select().where(EventRow.status == Status.APPROVED))
    )
    assert approved == [f"login{number:05d}" for number in range(30)]


async def test_what_takes_a_proof_is_left_out_and_that_is_said(scene: Scene) -> None:
    scene.settings.policy = (Policy(when=When(host=("web-1",)), require=("proof",)),)
    outcome = await scene.decide(await scene.reference(), 30)
    assert (outcome.decided, outcome.still_open) == (29, 1)
    ((why, left_out),) = outcome.refused
    assert (left_out, "proof that Slack cannot give" in why, "press Approve" in why) == (1, True, True)
