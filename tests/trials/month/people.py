"""What people do in that month: they answer, have the like left out, and announce what they know of."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from powertrip.domain.announcing import Wish
from powertrip.domain.decision import Verdict, Via
from powertrip.domain.event import Event, Status
from powertrip.domain.people import SubjectKind
from powertrip.domain.storms import host_group, network_of
from powertrip.errors import Refused
from powertrip.pipeline.decide import Decider, Reference
from powertrip.pipeline.decide_storm import StormDecider, StormReference
from powertrip.pipeline.expect import Expecter
from powertrip.store.tables import EventRow
from tests.trials.month.office import Office, slack_id
from tests.trials.month.script import REVIEWERS, Line, Month, Plan

WORTH_IT = 2
"""Whoever knows that so many more like it will come has them left out."""
WORKDAY = timedelta(hours=8)
AWAKE = (8, 23)
"""The hours in which who did nothing themselves sees a card."""


@dataclass
class People:
    """Everybody who answers."""

    office: Office
    month: Month
    uses_expectations: bool
    dice: Random
    works: Counter[str] = field(default_factory=Counter)
    """What reviewers, and people, did beside answering: announced, had left out, confirmed."""
    refused: Counter[str] = field(default_factory=Counter)
    _attacks: set[tuple[datetime, str, str]] = field(default_factory=set)
    _later: dict[str, list[Line]] = field(default_factory=dict)
    _storms: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.office.on_asked = self._is_asked
        for line in self.month.lines:
            if line.attack:
                self._attacks.add(line.mark)
            self._later.setdefault(line.user, []).append(line)
        for plan in self.month.plans if self.uses_expectations else []:
            self.office.at(plan.at, self._announcing(plan))

    @property
    def _expecter(self) -> Expecter:
        return Expecter(self.office.context)

    def _is_attack(self, event: Event) -> bool:
        return (event.occurred_at, event.user_name or "", event.host_name or "") in self._attacks

    def _is_asked(self, event: Event) -> None:
        """Whoever is asked answers in some minutes, or when they wake up."""
        at = self.office.now + timedelta(seconds=self.dice.randint(20, 240))
        is_own = event.subject.kind is SubjectKind.PERSON
        is_awake = is_own and not self._is_attack(event)
        if not is_awake and not AWAKE[0] <= at.hour < AWAKE[1]:
            at += timedelta(hours=(AWAKE[0] - at.hour) % 24)
        self.office.at(at, self._answering(event))

    def _answering(self, event: Event) -> Callable[[], Awaitable[None]]:
        async def answer() -> None:
            office, reviewer = self.office, self.dice.choice(REVIEWERS)
            now = await office.context.store.events.get(event.id)
            if not now.is_open:
                return
            storm = await office.thread.run(_storm_of, event.id)
            if storm is not None:
                await self._decide_storm(storm, reviewer)
                now = await office.context.store.events.get(event.id)
                if not now.is_open:
                    return
                if await office.thread.run(_storm_of, event.id) is not None:
                    office.at(office.now + timedelta(minutes=2), answer)
                    return
            own = now.subject.slack_id if now.subject.kind is SubjectKind.PERSON else None
            verdict = Verdict.DENY if self._is_attack(now) else Verdict.APPROVE
            if await self._decide(now, verdict, own or slack_id(reviewer)) and own:
                await self._leave_out(now, own, verdict)

        return answer

    async def _decide(self, event: Event, verdict: Verdict, by: str) -> bool:
        reference = Reference(event_id=event.id, revision=event.revision)
        try:
            outcome = await Decider(self.office.context).decide(
                reference, verdict, slack_id=by, team_id=None, via=Via.BUTTON, reason="as it was"
            )
        except Refused as refusal:
            self.refused[str(refusal)] += 1
            return False
        if outcome.event.status is Status.DENIED:
            self.office.at(self.office.now + timedelta(minutes=30), self._closing(event.id))
        return True

    def _closing(self, event_id: str) -> Callable[[], Awaitable[None]]:
        async def close() -> None:
            now = await self.office.context.store.events.get(event_id)
            await self._decide(now, Verdict.CLOSE, slack_id(REVIEWERS[0]))

        return close

    async def _decide_storm(self, storm_id: str, reviewer: str) -> None:
        view = await self.office.context.store.storms.get(storm_id)
        decider = StormDecider(self.office.context)
        reference = StormReference(storm_id=storm_id, watermark=view.watermark)
        try:
            _, coverage, verdict = await decider.offer(reference, slack_id=slack_id(reviewer), team_id=None)
            await decider.decide(
                reference,
                verdict,
                slack_id=slack_id(reviewer),
                team_id=None,
                reason="a deploy",
                count=coverage.count,
            )
        except Refused as refusal:
            self.refused[str(refusal)] += 1

    async def _leave_out(self, event: Event, by: str, verdict: Verdict) -> None:
        """Have the like left out, where more of it is to come today."""
        until = self._more_like_until(event) if self.uses_expectations else None
        if until is None or verdict is not Verdict.APPROVE:
            return
        try:
            offer = await self._expecter.offer(event.id, by)
        except Refused as refusal:
            self.refused[str(refusal)] += 1
            return
        needed = until - self.office.now
        length = next((each for each in offer.lengths if each >= needed), offer.lengths[-1])
        try:
            expected, _ = await self._expecter.accept(
                event.id,
                slack_id=by,
                team_id=None,
                # The widest that is offered.
                host=offer.hosts[-1],
                network=offer.networks[-1] if offer.networks else None,
                length=length,
                ticket=None,
                why="today's work",
            )
        except Refused as refusal:
            self.refused[str(refusal)] += 1
            return
        self.works["left out by people"] += 1
        if not expected.is_open:
            self._have_confirmed(expected.id, by)

    def _more_like_until(self, event: Event) -> datetime | None:
        """When the last of today comes that is like it; None where too few come."""
        group, network = host_group(event.host_name or ""), network_of(event.source_ip)
        now = self.office.now
        more = [
            line.at
            for line in self._later[event.user_name or ""]
            if now < line.at < now + WORKDAY
            and not line.attack
            and bool(line.command) == (event.source_ip is None)
            and host_group(line.host) == group
            and network_of(line.address) == network
            and (not line.command or line.target == event.fields.get("target_user"))
        ]
        return more[-1] if len(more) >= WORTH_IT else None

    def _have_confirmed(self, expectation_id: str, by: str) -> None:
        reviewer = self.dice.choice([name for name in REVIEWERS if slack_id(name) != by])

        async def confirm() -> None:
            actor = await self.office.context.member(slack_id(reviewer), None)
            try:
                await self._expecter.confirm(expectation_id, actor)
            except Refused as refusal:
                self.refused[str(refusal)] += 1
                return
            self.works["confirmed by reviewers"] += 1

        self.office.at(self.office.now + timedelta(seconds=self.dice.randint(60, 480)), confirm)

    def _announcing(self, plan: Plan) -> Callable[[], Awaitable[None]]:
        async def announce() -> None:
            person = self.office.context.settings.people.find(plan.user)
            assert person is not None
            wish = Wish(
                rule=plan.rule,
                host=f"{plan.group}-*",
                length=plan.length,
                why="as planned",
                network=plan.address,
                key=plan.key,
                starts_at=plan.begins,
            )
            actor = await self.office.context.member(slack_id(plan.by), None)
            try:
                expected, _ = await self._expecter.announce(wish, actor, person, person.slack)
            except Refused as refusal:
                self.refused[str(refusal)] += 1
                return
            self.works["announced"] += 1
            if not expected.is_open:
                # A broad one of a bot's takes a second look of whoever announced it, or of another.
                self._have_confirmed(expected.id, slack_id(plan.by))

        return announce


def _storm_of(event_id: str) -> str | None:
    row = EventRow.get_by_id(event_id)
    return row.storm_id if row.storm_apart is None else None
