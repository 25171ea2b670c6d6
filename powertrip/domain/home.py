"""The Home tab of the app: what it shows one person, and when it is brought up to date."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from powertrip.config.section import Section
from powertrip.domain.enrolment import Enrolled
from powertrip.domain.event import Event, Severity
from powertrip.domain.expectations import Expectation
from powertrip.domain.proof import ProofKind

OPEN_FOR = timedelta(hours=1)
"""How long a Home tab that was looked at is taken to be open: Slack never says that it was closed."""
LOOKED_AT_EVERY = timedelta(seconds=30)
"""How often somebody's open Home tab is brought up to date at most."""
OPENED_AT_MOST = timedelta(seconds=5)
"""How often opening it draws it anew: switching to and fro must not use up what Slack allows for all."""
AGED = timedelta(minutes=5)
"""After this it is drawn anew though nothing changed: it says how long things have been waiting."""
BEHIND_CARDS = timedelta(seconds=10)
"""How long somebody who opened it waits while questions to people are still to be posted."""
PAST = timedelta(hours=24)
"""How far back it tells of oneself: who has taken over a session must not read off where its person works."""
PROVEN_FOR = timedelta(hours=8)
"""How long it tells more, after its person has proven something with what they enrolled."""
AGES = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4))
"""Where the columns of the queue end."""


class HomeSection(Section):
    """The Home tab of the app in Slack."""

    enabled: bool = True
    """Without it the tab says that it is switched off."""
    rows: Annotated[int, Field(ge=1, le=25)] = 20
    """Events of each list on it; Slack takes 100 blocks. It counts the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenHome:
    """Somebody's Home tab that was looked at lately."""

    slack_id: str
    opened_at: datetime
    asked_at: datetime | None
    """Since when somebody looks at it and waits; None where it was drawn since."""
    published_at: datetime | None
    is_reviewer: bool
    """Whether it was drawn for a reviewer."""
    stamp: str | None
    """What it was drawn of; see `HomeFacts.stamp`."""
    view_hash: str | None
    """Slack's, of what it shows."""

    def is_due(self, stamp: str, now: datetime) -> bool:
        """Whether it has to be drawn anew for what it would show."""
        if self.asked_at is not None or self.published_at is None or stamp != self.stamp:
            return True
        return not self.published_at <= now < self.published_at + AGED


@dataclass(frozen=True, slots=True, kw_only=True)
class StormLine:
    """A storm of which something waits."""

    title: str
    who: str | None
    """The user, or the address, that its events share."""
    events: int
    undone: int
    severity: Severity
    card: tuple[str, str] | None
    """Channel and ts of its card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mine:
    """What there is of one person."""

    waiting: Sequence[Event] = ()
    """What asks them, the gravest first; not what the card of a storm asks."""
    waits: int = 0
    """How many questions wait in all."""
    in_storms: int = 0
    """How many of these are asked by the cards of storms."""
    storms: Sequence[StormLine] = ()
    """Those whose card they have."""
    past: Sequence[Event] = ()
    """What else there was of theirs lately, the newest first."""
    expected: Sequence[Expectation] = ()
    proofs: Sequence[Enrolled] = ()
    has_proven: bool = False
    """Whether they proved something lately with what they enrolled: `past` goes back beyond PAST then."""
    stamp: str = ""


@dataclass(frozen=True, slots=True)
class SilentVoice:
    """Who the security channel was told is silent: a source, or a rule, a program or a host of it."""

    source: str
    rule: str
    program: str
    host_name: str
    heard_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """What waits in all, and how Powertrip itself is: for reviewers."""

    first: Sequence[Event] = ()
    """The gravest, and of these the oldest; not what the card of a storm asks."""
    waits: int = 0
    unconfirmed: int = 0
    """Expectations that a reviewer has to confirm."""
    ages: Mapping[tuple[Severity, int], int]
    """How many by severity and by how many of AGES they are older than."""
    storms: Sequence[StormLine] = ()
    silent: Sequence[SilentVoice] = ()
    silent_in_all: int = 0
    versions: Mapping[str, int]
    """Processes that gave a sign of life lately, by their version."""
    stamp: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartbeatLine:
    """How one source's heartbeat is."""

    source: str
    received_at: datetime | None
    trouble: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeFacts:
    """All that somebody's Home tab shows."""

    mine: Mine
    queue: Queue | None
    """None for whoever is no reviewer."""
    heartbeats: Sequence[HeartbeatLine] = ()
    kinds: Sequence[ProofKind] = ()
    """The kinds of proof that are configured."""
    fresh: timedelta = timedelta()
    """How long a proof that was confirmed does not count for what is grave."""
    enrol_page: str | None = None
    """Where people enrol by signing in."""

    @property
    def stamp(self) -> str:
        """What it is drawn of, but for what changes with the time alone."""
        beats = ",".join(f"{beat.source}={beat.trouble is None}" for beat in self.heartbeats)
        return "|".join([self.mine.stamp, self.queue.stamp if self.queue else "", beats])
