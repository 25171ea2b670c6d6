"""What is outside: Slack, its people, the services that know addresses, the HIDS, and the backup channels."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from powertrip.domain.address import AddressFacts
from powertrip.domain.delivery import Posted
from powertrip.domain.hids import OriginVerdict
from powertrip.domain.people import Actor, Person, Subject


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


class Enrichment(Protocol):
    """What the configured services know of addresses."""

    async def facts(self, addresses: Collection[str], within: timedelta) -> dict[str, AddressFacts]:
        """What can be said of each address within this time; the rest is named in `awaited`.

        Never raises: that a service does not answer is an answer too. What comes later is kept, so that
        the next call has it.
        """


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
