"""What is outside: Slack, its people, the services that know addresses, the HIDS, and the backup channels."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from powertrip.event import (
    Actor,
    Person,
    Subject,
    Verdict,
)
from powertrip.facts import AddressFacts
from powertrip.ports.deliveries import Posted


class Notifier(Protocol):
    """Slack's messages. Raises SlackUnavailable, SlackAmbiguous or SlackRefused."""

    async def post(self, conversation: str, message: dict[str, Any], uid: str) -> Posted:
        """Post a message to a channel or, for a member id, to their direct messages."""

    async def find(self, conversation: str, uid: str, since: datetime) -> Posted | None:
        """The message with this uid in its metadata, if it was posted since."""

    async def update(self, channel: str, ts: str, message: dict[str, Any]) -> None:
        """Replace a message of ours."""

    async def delete(self, channel: str, ts: str) -> None:
        """Remove a message of ours."""

    def link(self, channel: str, ts: str) -> str | None:
        """The address of a message for those who can see it."""


class Directory(Protocol):
    """What Slack says of people."""

    async def subject(self, person: Person | None) -> Subject:
        """Whom an event is about. Never raises: why that cannot be said is an answer too."""

    async def actor(self, slack_id: str, team_id: str | None) -> Actor:
        """Who clicked, looked up at this moment. Never raises either."""

    async def names(self, slack_id: str, people: Sequence[Person]) -> list[str]:
        """The names of those among `people` who are this member; raises SlackError."""


class EnrichmentCache(Protocol):
    """What services said of addresses, kept in the database; every method may raise StoreUnavailable."""

    async def answers(self, keys: Collection[str], now: datetime) -> dict[str, tuple[Any, datetime]]:
        """Those of the answers that are kept and still good, as JSON values, with when each expires."""

    async def keep_answers(self, answers: Mapping[str, Any], now: datetime, until: datetime) -> None:
        """Keep answers, each in place of an earlier one, until they expire."""

    async def spend_calls(self, service: str, period: str, calls: int, limit: int) -> bool:
        """Count calls of a service in a period such as `2026-11`; False, uncounted, beyond the limit."""


class Enrichment(Protocol):
    """What the configured services know of addresses."""

    async def facts(self, addresses: Collection[str], within: timedelta) -> dict[str, AddressFacts]:
        """What can be said of each address within this time; the rest is named in `awaited`.

        Never raises: that a service does not answer is an answer too. What comes later is kept, so that
        the next call has it.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginVerdict:
    """A decision as the origin, the system that saw the same thing, is told of it."""

    event_id: str
    verdict: Verdict
    alert_id: str | None
    """The origin's own id of its record; None where it has none."""
    rule: str
    user_name: str | None
    host_name: str | None
    source_ip: str | None
    occurred_at: datetime
    decided_by: str
    """The Slack member id of the person who decided."""
    decided_by_name: str
    decided_at: datetime
    reason: str | None = None


class Origin(Protocol):
    """One way to tell a host intrusion detection system what was decided."""

    async def tell(self, verdict: OriginVerdict) -> None:
        """Tell one verdict; telling it again does no harm. Raises Unavailable or Rejected."""


class BackupChannels(Protocol):
    """Ways to tell people without Slack."""

    @property
    def names(self) -> tuple[str, ...]:
        """The channels, by the names that people know them by."""

    async def send(self, name: str, title: str, body: str) -> None:
        """Send plain text; raises Unavailable."""


class Metrics(Protocol):
    """What the workflow counts."""

    def record_judged(self, rule: str, verdict: str) -> None:
        """One record was judged; `rule` is empty where none recognised it."""

    def decision_taken(self, verdict: str, waited: timedelta) -> None:
        """One event was decided, this long after it arrived."""

    def first_notice_posted(self, waited: timedelta) -> None:
        """An event was asked about for the first time, this long after it arrived."""

    def page_polled(self, poll: str, new: int) -> None:
        """A page of a poll was kept, with this many new records."""

    def poll_succeeded(self, poll: str, at: datetime, behind_at: datetime | None) -> None:
        """A round went through; `behind_at` is how far it is, where it is behind."""

    def poll_failed(self, poll: str) -> None:
        """A round failed."""

    def gap_fetched(self, source: str, new: int) -> None:
        """A page of what a sender left out was kept, with this many new records."""

    def gap_failed(self, source: str) -> None:
        """A page of what a sender left out could not be fetched."""

    def delivery_attempted(self, kind: str, outcome: str) -> None:
        """The outside was told something, or was not."""

    def origin_told(self, origin: str, outcome: str) -> None:
        """An origin was told a verdict, or was not."""

    def sighting_compared(self, origin: str, outcome: str) -> None:
        """A record of an origin was found to have a counterpart (`matched`), or to have none (`alone`)."""
