"""One decision on the usual events of a storm: checked when it is begun and again when it is submitted."""

import re
from collections import Counter
from dataclasses import dataclass, replace

import structlog

from powertrip.domain import deciding
from powertrip.domain.agents import in_decision
from powertrip.domain.deciding import DecisionPlan
from powertrip.domain.decision import Agent, Decision, Verdict, Via
from powertrip.domain.event import Status
from powertrip.domain.people import Actor
from powertrip.domain.storm_view import Coverage, Covered, StormView, authorise_bulk
from powertrip.domain.storms import SLACK
from powertrip.errors import NotAllowed, NotShown, Refused, SlackError, UnknownEvent
from powertrip.pipeline.context import Context
from powertrip.pipeline.decide import REASON_LIMIT

log = structlog.get_logger(__name__)

CHUNK = 250
"""Decisions in one transaction: few enough that clicks and records behind them hardly wait."""
ROUNDS = 3
"""How often events are planned anew that changed meanwhile, as when their addresses were looked up."""

_REFERENCE = re.compile(r"([0-9a-f]{16})\.([0-9]{1,12})")


@dataclass(frozen=True, slots=True, kw_only=True)
class StormReference:
    """A storm, and the number up to which its card showed it."""

    storm_id: str
    watermark: int

    def __str__(self) -> str:
        return f"{self.storm_id}.{self.watermark}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StormOutcome:
    """What became of one decision on many events."""

    verdict: Verdict
    decided: int
    refused: tuple[tuple[str, int], ...]
    """Sentences that say why events were left out, and for how many."""
    missed: int
    """Events that were decided by others, or changed, before this was submitted."""
    still_open: int
    """Usual events of the storm that wait now."""


def parse_storm_reference(text: str) -> StormReference:
    """Read what a button or a window carries; raises UnknownEvent for anything else."""
    match = _REFERENCE.fullmatch(text)
    if match is None:
        raise UnknownEvent("This is not the name of a storm.")
    return StormReference(storm_id=match[1], watermark=int(match[2]))


class StormDecider:
    """Takes decisions on many events at once."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def offer(
        self, reference: StormReference, *, slack_id: str, team_id: str | None
    ) -> tuple[StormView, Coverage, Verdict]:
        """What this reviewer may decide together now; raises Refused with the sentence for them.

        The verdict is CLOSE where all that is left was denied, else APPROVE, which stands for both.
        """
        store, bulk = self._context.store, self._context.settings.storms.bulk
        view = await store.storms.get(reference.storm_id)
        verdict = Verdict.APPROVE if view.open else Verdict.CLOSE
        # Whoever may only deny gets the window too.
        await self._authorised(view, verdict, slack_id=slack_id, team_id=team_id, count=0)
        if view.unasked:
            raise NotShown(
                f"Not all that does not fit was shown here yet: {view.unasked:,} to come. Look first, then "
                "press again."
            )
        coverage = await store.storms.coverage(reference.storm_id, reference.watermark, verdict, bulk.max)
        if not coverage.count:
            raise NotShown(
                "Nothing that this card showed waits any more. It will be brought up to date soon."
            )
        return view, coverage, verdict

    async def decide(
        self,
        reference: StormReference,
        verdict: Verdict,
        *,
        slack_id: str,
        team_id: str | None,
        reason: str,
        count: int,
        agent: Agent | None = None,
    ) -> StormOutcome:
        """Decide what the window said it covers, `count` events; raises Refused.

        Each event is decided once, and only as it stood on the card: what came or changed since stays open.
        """
        context = self._context
        view = await context.store.storms.get(reference.storm_id)
        # Of their own nobody takes a large storm in small bites.
        whole = await context.store.storms.coverage(
            reference.storm_id, reference.watermark, verdict, context.settings.storms.bulk.max
        )
        actor = await self._authorised(
            view, verdict, slack_id=slack_id, team_id=team_id, count=max(count, whole.count)
        )
        batch_id, now = context.new_id(), context.clock()
        decision = Decision(
            verdict=verdict,
            actor_id=actor.slack_id,
            actor_name=actor.name,
            at=now,
            via=Via.BUTTON,
            revision=1,
            reason=reason.strip()[:REASON_LIMIT],
            batch_id=batch_id,
            **in_decision(agent),
        )
        await context.store.storm_decisions.begun(
            reference.storm_id,
            actor_id=actor.slack_id,
            verdict=verdict,
            batch_id=batch_id,
            watermark=reference.watermark,
            count=count,
            now=now,
        )
        decided, refused = 0, Counter[str]()
        # A reload may have lowered the maximum while the window was open.
        most = min(count, context.settings.storms.bulk.max)
        for _ in range(ROUNDS):
            taken, refused = await self._round(reference, decision, actor, room=most - decided)
            decided += taken
            if not taken or decided >= most:
                break
        after = await context.store.storms.get(reference.storm_id)
        left = {Verdict.DENY: Status.DENIED, Verdict.APPROVE: Status.HALF_APPROVED}.get(verdict)
        calls = bool(decided and left and after.statuses.get(left))
        await context.store.storm_decisions.finish(reference.storm_id, calls, context.clock())
        context.signals.outbox.set()
        log.info(
            "storm decided", storm=reference.storm_id, verdict=verdict, actor=actor.slack_id, events=decided
        )
        return StormOutcome(
            verdict=verdict,
            decided=decided,
            refused=tuple(refused.items()),
            missed=max(count - decided - sum(refused.values()), 0),
            still_open=after.open,
        )

    async def _round(
        self, reference: StormReference, decision: Decision, actor: Actor, *, room: int
    ) -> tuple[int, Counter[str]]:
        """Decide all that is covered as it is read now, `room` events at most."""
        store, taken, after = self._context.store, 0, 0
        refused = Counter[str]()
        while room > taken:
            covered = await store.storm_decisions.chunk(
                reference.storm_id, reference.watermark, decision.verdict, after, min(CHUNK, room - taken)
            )
            if not covered:
                break
            after = covered[-1].seq
            plans = []
            for item in covered:
                try:
                    plans.append((self._plan(item, decision, actor), item.version))
                except Refused as refusal:
                    refused[str(refusal)] += 1
            taken += await store.storm_decisions.decide(
                reference.storm_id, reference.watermark, plans, decision.at
            )
        return taken, refused

    def _plan(self, item: Covered, decision: Decision, actor: Actor) -> DecisionPlan:
        settings, event = self._context.settings, item.event
        plan = deciding.plan(
            event,
            # All of it was there when the card was drawn: an event that a record joins gets a later number.
            replace(decision, revision=event.revision),
            actor,
            policies=settings.policy,
            schedule=settings.reminders,
            security_channel=settings.security_channel,
            watches=settings.watches,
            rest_id="",
        )
        # One call for all of them, and one reminder.
        remind_at = plan.remind_at + SLACK if plan.remind_at else None
        return replace(plan, outcome_channel=None, second_channel=None, remind_at=remind_at)

    async def _authorised(
        self, view: StormView, verdict: Verdict, *, slack_id: str, team_id: str | None, count: int
    ) -> Actor:
        """Who this is, looked up at this moment; raises NotAllowed, which is written down."""
        context = self._context
        actor = await context.directory.actor(slack_id, team_id)
        try:
            authorise_bulk(
                actor,
                verdict,
                subject_slack_id=await self._subject(view),
                count=count,
                bulk=context.settings.storms.bulk,
            )
        except NotAllowed as refusal:
            log.warning("decision refused", storm=view.storm.id, actor=slack_id, why=str(refusal))
            await context.store.storm_decisions.refused(
                view.storm.id, slack_id, verdict, str(refusal), context.clock()
            )
            raise
        return actor

    async def _subject(self, view: StormView) -> str | None:
        """The member whom a storm is about, as Slack says now; None for a bot and for nobody."""
        person = self._context.settings.people.find(view.storm.user_name)
        if person is None or person.bot:
            return None
        try:
            return (await self._context.directory.subject(person)).slack_id
        except SlackError as error:
            raise NotAllowed(
                "Slack could not say just now whose events these are, so nothing was decided. Try again."
            ) from error
