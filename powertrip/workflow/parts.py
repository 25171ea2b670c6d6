"""What the steps work with: the adapters, the clock, and the settings, which a reload replaces whole."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from powertrip.cards import CardSettings
from powertrip.config.section import Section
from powertrip.config.values import Duration, Size
from powertrip.policy import Policy
from powertrip.ports import BackupChannels, Directory, Enrichment, Metrics, Notifier, Origin, Store, Watch
from powertrip.reminders import Reminders
from powertrip.routing import People, Reviewers
from powertrip.rules import RuleSet
from powertrip.severity import SeverityLists


class Quarantine(Section):
    """The records that a rule should have judged and could not."""

    report_every: Duration = timedelta(minutes=15)
    """The security channel is told at most this often, with a count."""
    keep: Annotated[int, Field(ge=1)] = 10_000
    """At most this many are kept; the oldest go first."""
    keep_bytes: Size = 64 << 20
    """At most this much is kept; the oldest go first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The sections that the steps read, and what the start found out; a reload replaces it whole."""

    rules: RuleSet
    people: People
    policy: tuple[Policy, ...]
    reminders: Reminders
    reviewers: Reviewers
    cards: CardSettings
    severity: SeverityLists
    quarantine: Quarantine
    security_channel: str
    """A channel id."""
    command: str
    """The slash command, as cards tell people to type it."""
    backup_after: timedelta
    """How long an event may wait for Slack before it is told another way."""
    watches: tuple[Watch, ...] = ()
    """The origins, as their records are compared."""

    def watch_of(self, source: str) -> Watch | None:
        """The origin whose own records come through this source, if they do."""
        return next((watch for watch in self.watches if source in watch.origin.sources), None)


def do_nothing() -> None:
    """Stands where nobody waits to be woken."""


@dataclass(slots=True, kw_only=True)
class Parts:
    """Everything a step may use. Only `settings` and `backup` are ever replaced."""

    store: Store
    notifier: Notifier
    directory: Directory
    backup: BackupChannels
    enrichment: Enrichment
    metrics: Metrics
    clock: Callable[[], datetime]
    """Returns the time now, aware and in UTC."""
    new_id: Callable[[], str]
    """Returns an id for an event that nobody can guess."""
    settings: Settings
    origins: Mapping[str, Origin] = field(default_factory=dict)
    """The ways to tell origins what was decided, by the origins' names."""
    wake_sender: Callable[[], None] = field(default=do_nothing)
    """Called when the outbox has something new."""
    wake_lookups: Callable[[], None] = field(default=do_nothing)
    """Called when an event's address is to be looked up."""
    wake_judge: Callable[[], None] = field(default=do_nothing)
    """Called when the inbox has something new."""
    wake_reminders: Callable[[], None] = field(default=do_nothing)
    """Called when a reminder is due at once."""
