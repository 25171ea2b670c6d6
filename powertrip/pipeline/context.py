"""What all steps share: adapters, clock, signals, and the settings, which a reload replaces whole.

A step reads `context.settings` once, at its top: two reads around an `await` may be of two configurations.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from powertrip.cards import CardSettings
from powertrip.domain import containment, expectations, proof
from powertrip.domain.bursts import Bursts
from powertrip.domain.checkpoint import Checkpoints
from powertrip.domain.containment import ActionProfile, ContainmentRules, Offer
from powertrip.domain.event import Event
from powertrip.domain.expectations import Expectable, ExpectationSection
from powertrip.domain.heartbeat_section import HeartbeatSection
from powertrip.domain.hids import Watch
from powertrip.domain.home import HomeSection
from powertrip.domain.not_me import NotMe
from powertrip.domain.people import Actor
from powertrip.domain.policy import Policy, only_members
from powertrip.domain.proof import ProofKind
from powertrip.domain.quarantine import QuarantineSection
from powertrip.domain.reminders import Reminders
from powertrip.domain.report_section import ReportSection
from powertrip.domain.routing import People, Reviewers
from powertrip.domain.severity import SeverityLists
from powertrip.domain.storms import StormSection
from powertrip.domain.telling import AlsoTell
from powertrip.domain.voices import Expected
from powertrip.metrics import Metrics
from powertrip.pipeline.ports import (
    Action,
    Anchor,
    BackupChannels,
    Directory,
    Enrichment,
    Notifier,
    Origin,
    Proofs,
)
from powertrip.rules import RuleSet
from powertrip.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The sections that the steps read, and what Slack said at the start; a reload replaces it whole."""

    rules: RuleSet
    people: People
    policy: tuple[Policy, ...]
    reminders: Reminders
    reviewers: Reviewers
    cards: CardSettings
    severity: SeverityLists
    also_tell: tuple[AlsoTell, ...]
    quarantine: QuarantineSection
    heartbeat: HeartbeatSection
    security_channel: str
    """A channel id."""
    command: str
    """The slash command, as cards tell people to type it."""
    backup_after: timedelta
    """How long an event may wait for Slack before it is told another way."""
    bursts: Bursts = Bursts()  # noqa: RUF009 (frozen)
    storms: StormSection = StormSection()  # noqa: RUF009 (frozen)
    report: ReportSection = ReportSection()  # noqa: RUF009 (frozen)
    expectations: ExpectationSection = field(default_factory=ExpectationSection)
    home: HomeSection = HomeSection()  # noqa: RUF009 (frozen)
    not_me: NotMe = field(default_factory=NotMe)
    proofs: Proofs
    containment: ContainmentRules = ContainmentRules()  # noqa: RUF009 (frozen)
    actions: Mapping[str, ActionProfile] = field(default_factory=dict)
    """What reviewers may have done about a denied event, by the names in the configuration."""
    checkpoints: Checkpoints = field(default_factory=Checkpoints)
    watches: tuple[Watch, ...] = ()
    expected: Expected = field(default_factory=dict)
    senders: Mapping[str, str] = field(default_factory=dict)
    """All sources and polls by name, with what is doubtful about the configuration of each."""
    same_logs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """For each source and poll all others that read the same log."""
    numbers_wanted: bool = field(init=False)
    """Whether the number that a login shows may ever be asked for; else it is not looked at."""

    def __post_init__(self) -> None:
        # Once, and not for each record.
        words = {word for policy in self.policy for word in policy.require}
        is_any = proof.ANY in words and ProofKind.SESSION_NUMBER in self.proofs.kinds
        object.__setattr__(self, "numbers_wanted", is_any or ProofKind.SESSION_NUMBER in words)

    def expectable(self, event: Event) -> Expectable | None:
        """Whose work an event is, where an expectation may cover it."""
        if not self.expectations.enabled:
            return None
        tell = tuple(watch.origin.name for watch in self.watches if watch.is_told_of_all)
        person = self.people.find(event.user_name)
        return expectations.expectable(event, person, self.expectations, self.severity, tell)

    def offers(self, event: Event) -> list[Offer]:
        """What reviewers may have done about it, were it denied."""
        if not self.actions:
            return []
        person = self.people.find(event.user_name)
        return containment.offers(event, person, self.actions, self.containment)

    def watch_of(self, source: str) -> Watch | None:
        """The origin whose own records come through this source."""
        return next((watch for watch in self.watches if source in watch.origin.sources), None)


@dataclass(frozen=True, slots=True)
class Signals:
    """Wake the loops: whoever leaves work sets one, and one loop waits for each."""

    inbox: asyncio.Event = field(default_factory=asyncio.Event)
    outbox: asyncio.Event = field(default_factory=asyncio.Event)
    lookups: asyncio.Event = field(default_factory=asyncio.Event)
    heartbeat: asyncio.Event = field(default_factory=asyncio.Event)
    proofs: asyncio.Event = field(default_factory=asyncio.Event)
    homes: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Everything a step may use; `settings` and `backup` may differ from one use to the next."""

    store: Store
    notifier: Notifier
    directory: Directory
    enrichment: Enrichment
    metrics: Metrics
    clock: Callable[[], datetime]
    """Returns the time now, aware and in UTC."""
    new_id: Callable[[], str]
    """Returns an id for an event; nobody can guess it, for buttons carry it."""
    live_settings: Callable[[], Settings]
    live_backup: Callable[[], BackupChannels]
    origins: Mapping[str, Origin]
    """The ways to tell origins what was decided, by the origins' names."""
    anchors: Mapping[str, Anchor] = field(default_factory=dict)
    """Where checkpoints of the history are kept, by the anchors' names."""
    signals: Signals
    live_actions: Callable[[], Mapping[str, Action]] = dict
    """The ways to contain, by the names of the actions."""

    async def member(self, slack_id: str, team_id: str | None, *, needs_group: bool = True) -> Actor:
        """Who presses or types, as Slack says at this moment; raises NotAllowed for all but members."""
        actor = await self.directory.actor(slack_id, team_id, needs_group=needs_group)
        only_members(actor)
        return actor

    @property
    def settings(self) -> Settings:
        """The settings in force now."""
        return self.live_settings()

    @property
    def actions(self) -> Mapping[str, Action]:
        """The ways to contain in force now."""
        return self.live_actions()

    @property
    def backup(self) -> BackupChannels:
        """The channels in force now."""
        return self.live_backup()
