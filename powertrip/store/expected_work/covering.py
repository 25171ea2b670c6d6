"""Approves what expectations cover, in the transaction that keeps it; all of it takes the turn of decisions.

Whoever counts a use holds that turn until the commit, as does whoever opens or ends an expectation: so no two
transactions ever count the same use, and nothing is covered by what has ended.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from powertrip.domain.decision import Decision, Verdict, Via
from powertrip.domain.event import Event, Status
from powertrip.domain.expectations import Expectable, Expectation, outside
from powertrip.domain.judgement import ToAsk
from powertrip.store import audit, written
from powertrip.store.bulk import insert_all
from powertrip.store.database import Turn, wait_for
from powertrip.store.expected_work.rows import is_any_open, open_for
from powertrip.store.hids import reports
from powertrip.store.tables import DecisionRow


@dataclass(frozen=True, slots=True)
class Approved:
    """An event that an expectation covers."""

    event_id: str
    revision: int
    """Records that are covered, which are all of it."""
    expected: Expectation
    tell: tuple[str, ...]


@dataclass(slots=True)
class Covering:
    """What is expected of the people of one transaction, as it stands until the commit."""

    expected: Sequence[Expectation] = ()
    now: datetime | None = None
    used: dict[str, int] = field(default_factory=dict)
    approved: list[Approved] = field(default_factory=list)

    def may_cover(self, whose: Expectable | None, event: Event, moments: Sequence[datetime]) -> bool:
        """Whether one covers the event, as far as is known of it by now."""
        return self._one_for([(whose, event)], moments) is not None

    def may_cover_ask(self, ask: ToAsk) -> bool:
        """The same for a record that makes an event."""
        return self.may_cover(ask.expectable, ask.event, [ask.event.occurred_at])

    def cover(self, asks: Sequence[ToAsk]) -> Expectation | None:
        """Use one that covers each of these records of one new event; None where that is asked about."""
        moments = [ask.event.occurred_at for ask in asks]
        if not all(ask.is_looked_up and ask.event.severity == asks[0].event.severity for ask in asks):
            return None
        return self._use(asks[0].event.id, [(ask.expectable, ask.event) for ask in asks], moments)

    def cover_known(self, event: Event, whose: Expectable, moments: Sequence[datetime]) -> Expectation | None:
        """The same for an event that was kept before, whose records occurred at these moments."""
        return self._use(event.id, [(whose, event)], moments)

    def _use(
        self,
        event_id: str,
        events: Sequence[tuple[Expectable | None, Event]],
        moments: Sequence[datetime],
    ) -> Expectation | None:
        found = self._one_for(events, moments)
        if found is not None:
            self.used[found.id] = self.used.get(found.id, 0) + len(moments)
            whose = events[0][0]
            tell = whose.tell if whose else ()
            self.approved.append(Approved(event_id, len(moments), found, tell))
        return found

    def _one_for(
        self, events: Sequence[tuple[Expectable | None, Event]], moments: Sequence[datetime]
    ) -> Expectation | None:
        now = self.now
        if now is None:
            return None
        for expected in self.expected:
            has_room = expected.left - self.used.get(expected.id, 0) >= len(moments)
            if has_room and all(
                whose is not None and outside(expected, whose, event, moments, now) is None
                for whose, event in events
            ):
                return expected
        return None


NOTHING = Covering()
"""Where nothing is expected of anybody."""

_Case = tuple[Expectable, Event, Sequence[datetime]]


def begin(cases: Iterable[_Case], now: datetime) -> Covering:
    """What may cover some of these events; belongs before rows of events are locked.

    Costs one question where nothing is expected of anybody, and none where nothing can be.
    """
    these = list(cases)
    if not these or not is_any_open():
        return Covering()
    people = {whose.person for whose, _, _ in these}
    first = Covering(open_for(people, now), now)
    if not any(first.may_cover(*case) for case in these):
        return Covering()
    wait_for(Turn.DECIDING)
    # As they are now that nobody else can use or end them.
    return Covering(open_for(people, now), now)


def begin_asks(asks: Iterable[ToAsk], now: datetime) -> Covering:
    """The same for what is judged."""
    return begin(
        [(ask.expectable, ask.event, [ask.event.occurred_at]) for ask in asks if ask.expectable is not None],
        now,
    )


def columns_of(expected: Expectation | None, now: datetime) -> dict[str, Any]:
    """What is written of a new event besides: that it is approved, where something covers it."""
    if expected is None:
        return {"decided_at": None, "expected_by": None}
    return {
        "status": Status.APPROVED,
        "decided_at": now,
        "expected_by": expected.id,
        "next_reminder_at": None,
    }


def keep(covering: Covering, now: datetime) -> None:
    """Write the decisions, the uses and the lines; belongs after the events and their records are written."""
    if not covering.approved:
        return
    decisions = [(each, _decision(each, now)) for each in covering.approved]
    insert_all(DecisionRow, [{"event_id": each.event_id, **asdict(said)} for each, said in decisions])
    for expectation_id, uses in sorted(covering.used.items()):
        written.run("UPDATE expected_work SET uses = uses + ? WHERE id = ?", uses, expectation_id)
    for each, said in decisions:
        audit.append(
            "decided",
            now,
            event_id=each.event_id,
            actor_id=said.actor_id,
            actor_name=said.actor_name,
            verdict=said.verdict,
            status=Status.APPROVED,
            via=said.via,
            revision=said.revision,
            reason=said.reason,
            outcome_channel=None,
            expectation=each.expected.id,
            person=each.expected.person,
        )
    reports.for_decisions({each.event_id: (Status.APPROVED, each.tell) for each in covering.approved}, now)


def _decision(approved: Approved, now: datetime) -> Decision:
    expected = approved.expected
    return Decision(
        verdict=Verdict.APPROVE,
        # Whoever announced it answers for it.
        actor_id=expected.created_by,
        actor_name=expected.created_name,
        at=now,
        via=Via.COMMAND,
        revision=approved.revision,
        # For whoever is told of nothing else: a HIDS, an export, an earlier release.
        reason=f"expected: {expected.reason}",
        expectation_id=expected.id,
    )
