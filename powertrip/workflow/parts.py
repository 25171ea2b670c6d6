"""What the steps work with: the adapters, the clock, and the settings, which a reload replaces whole."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from powertrip.cards import Mention
from powertrip.policy import Clause
from powertrip.ports import BackupChannels, Directory, Enrichment, Metrics, Notifier, Origin, Watch
from powertrip.reminders import Schedule
from powertrip.routing import People
from powertrip.rules import RuleSet
from powertrip.severity import Weights
from powertrip.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The part of the config that the steps read; one value, so that a reload takes effect whole."""

    rules: RuleSet
    people: People
    policy: tuple[Clause, ...]
    schedule: Schedule
    reviewers: tuple[Mention, ...]
    """Whom to mention when the reviewers are called."""
    security_channel: str
    """A channel id."""
    command: str
    """The slash command, as cards tell people to type it."""
    late_after: timedelta
    future_after: timedelta
    weights: Weights
    """What matters more, or less, than its rule says."""
    backup_after: timedelta
    """How long an event may wait for Slack before it is told another way."""
    quarantine_window: timedelta
    """The security channel hears of the quarantine at most this often."""
    missed_window: timedelta
    """The security channel hears of what origins did not see at most this often."""
    watches: tuple[Watch, ...] = ()
    """The origins, as their records are compared."""

    def watch_of(self, source: str) -> Watch | None:
        """The origin whose own records come through this source, if they do."""
        return next((watch for watch in self.watches if source in watch.sources), None)


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
