"""What the steps work with: the adapters, the clock, and the settings, which a reload replaces whole."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Generic, TypeVar

from pydantic import Field

from powertrip.cards import CardSettings
from powertrip.config.section import Section
from powertrip.config.values import Duration, Size
from powertrip.policy import Policy
from powertrip.ports import BackupChannels, Directory, Enrichment, Metrics, Notifier, Origin, Watch
from powertrip.reminders import Reminders
from powertrip.routing import People, Reviewers
from powertrip.rules import RuleSet
from powertrip.severity import SeverityLists
from powertrip.store import Store


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


T = TypeVar("T")
R = TypeVar("R")


class Live(Generic[T]):
    """One value that is replaced as a whole; call it to read it, at use, and never keep what it returned."""

    def __init__(self, value: T) -> None:
        self._value = value

    def __call__(self) -> T:
        """The value in force."""
        return self._value

    def replace(self, value: T) -> None:
        """Put another in force, for everybody at once."""
        self._value = value


def derived(live: Live[T], make: Callable[[T], R]) -> Callable[[], R]:
    """What `make` makes of the value in force, made anew only when that was replaced."""
    made: list[tuple[T, R]] = []

    def read() -> R:
        value = live()
        if not made or made[0][0] is not value:
            made[:] = [(value, make(value))]
        return made[0][1]

    return read


@dataclass(frozen=True, slots=True)
class Signals:
    """What wakes the loops. Whoever leaves work sets one; one loop waits for each."""

    inbox: asyncio.Event = field(default_factory=asyncio.Event)
    outbox: asyncio.Event = field(default_factory=asyncio.Event)
    lookups: asyncio.Event = field(default_factory=asyncio.Event)
    reminders: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Everything a step may use; `settings` and `backup` are read anew at each use."""

    store: Store
    notifier: Notifier
    directory: Directory
    enrichment: Enrichment
    metrics: Metrics
    clock: Callable[[], datetime]
    """Returns the time now, aware and in UTC."""
    new_id: Callable[[], str]
    """Returns an id for an event that nobody can guess."""
    live_settings: Callable[[], Settings]
    live_backup: Callable[[], BackupChannels]
    origins: Mapping[str, Origin]
    """The ways to tell origins what was decided, by the origins' names."""
    signals: Signals

    @property
    def settings(self) -> Settings:
        """Those in force now."""
        return self.live_settings()

    @property
    def backup(self) -> BackupChannels:
        """The channels in force now."""
        return self.live_backup()
