"""What a report says of a span of time: how much was asked, and how people answered.

It tells how well asking works and not how anybody works: nobody is named, and a figure about the way that
people answer is withheld where fewer than five people made it, or where others would give it away.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from powertrip.domain.report_advice import MANY, Advice
from powertrip.domain.statistics import Waits

FEW = MANY
"""Groups of fewer people are withheld."""
FAST = timedelta(seconds=3)
"""Who approves sooner after the card came has hardly read it."""
BURST, BURST_WITHIN = 5, timedelta(minutes=1)
"""So many approvals of one person within this time are a burst: click after click."""

ADVISED = 5
"""Rules that ask most, of which it is said what would halve them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Which events are counted: those that arrived in a time, of one person or of all, and no tests."""

    since: datetime
    until: datetime
    subject: str | None = None


class Group(StrEnum):
    """Who answered, about whom."""

    PEOPLE = "people"  # about themselves
    AGENTS = "agents"  # about themselves too, and that it was their agent or script
    REVIEWERS = "reviewers"  # about others


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The first decision on an event."""

    actor_id: str
    at: datetime
    verdict: str
    by_agent: bool = False
    in_bulk: bool = False
    """One decision covered many: neither fast nor part of a burst, for it takes a typed count."""
    by_expectation: bool = False
    """It was announced, and nobody was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One event, as far as a report counts it."""

    id: str
    rule: str
    severity: str
    status: str
    received_at: datetime
    subject: str | None
    """The member id of the person whom it is about."""
    is_bot: bool
    values: Mapping[str, str]
    """What could be named in a rule: `user_name`, `host_name`, `source_ip`, and its first decisive field."""
    decisive: str | None
    """The name of that field."""
    is_expected: bool
    """Whether an expectation covers it, so that nobody was asked."""
    was_asked: bool
    """Whether any message about it reached Slack."""
    asked_at: datetime | None
    """When Slack took its first card; None where it took none, and where it stands on the card of a storm."""
    in_person: bool
    """Whether that card went to the person."""
    in_storm: bool
    """Whether it stands on the card of a storm, which shows many and lives on: no time is measured."""
    reminded_at: datetime | None
    answer: Answer | None

    @property
    def group(self) -> Group | None:
        """Who answered; None where nobody did."""
        if self.answer is None:
            return None
        if self.answer.actor_id != self.subject:
            return Group.REVIEWERS
        return Group.AGENTS if self.answer.by_agent else Group.PEOPLE

    @property
    def waited(self) -> timedelta | None:
        """From the card to the click, where both are known: Slack tells nobody when a card is read."""
        if self.asked_at is None or self.answer is None or self.answer.in_bulk:
            return None
        waited = self.answer.at - self.asked_at
        # A card whose answer from Slack was lost is found later, maybe after it was answered.
        return waited if waited >= timedelta() else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """How one group answered. None: withheld, for the group is small."""

    group: Group
    answered: int
    waits: Waits | None
    approvals: int
    """Those that `fast` and `in_bursts` are shares of."""
    timed: int
    """Those of them of which the time is known."""
    fast: int | None
    in_bursts: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardsADay:
    """First cards to one person on one UTC day, of all days on which somebody got any."""

    median: int
    p95: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFigures:
    """One rule."""

    rule: str
    asked: int
    denied: int
    fast: int | None
    """People's approvals of their own within FAST; None where that is withheld."""
    approvals: int
    """People's approvals of their own."""
    advice: Advice | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that a report shows."""

    since: datetime
    until: datetime
    is_own: bool
    """Whether it is about one person, for whom alone it is."""
    events: int
    expected: int
    """Those that an expectation covers, so that nobody was asked."""
    asked: int
    answered: int
    denied: int
    in_storms: int
    settled: int
    """Those asked, outside of storms, that were answered or reminded of."""
    unreminded: int | None
    """Those of them that were answered before the first reminder; None: withheld."""
    answers: tuple[Answers, ...]
    cards: CardsADay | None
    """None where it is withheld, and where no person got a card."""
    people_asked: bool
    """Whether any person got a card."""
    rules: tuple[RuleFigures, ...]
    """Those that ask most come first."""
    per_day: Mapping[str, Counter[str]]
    """Events by the UTC day they arrived, and by their status."""
