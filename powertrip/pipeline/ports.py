"""The outside, as steps see it: Slack, its people, services that know addresses, HIDS, backup channels."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from powertrip.domain.address import AddressFacts
from powertrip.domain.checkpoint import Checkpoint
from powertrip.domain.containment import Order
from powertrip.domain.delivery import Posted
from powertrip.domain.event import Event
from powertrip.domain.expectations import Expectation
from powertrip.domain.hids import OriginVerdict
from powertrip.domain.people import Actor, Person, Subject
from powertrip.domain.proof import Attempt, Factor, Met, ProofKind, Shown
from powertrip.domain.trial import Trial


class Notifier(Protocol):
    """Slack's messages. Raises SlackUnavailable, SlackAmbiguous or SlackRefused."""

    async def post(self, conversation: str, message: dict[str, Any], uid: str) -> Posted:
        """Post a message to a channel or, for a member id, to their direct messages."""

    async def find(self, conversation: str, uid: str, since: datetime) -> Sequence[Posted]:
        """The messages with this uid that were posted since, newest first."""

    async def read(self, channel: str, ts: str) -> str | None:
        """A message of ours as Slack has it, as JSON; None where it is gone."""

    async def update(self, channel: str, ts: str, message: dict[str, Any]) -> None:
        """Replace a message of ours."""

    async def delete(self, channel: str, ts: str) -> None:
        """Remove a message of ours."""

    async def reopen(self, member: str) -> str:
        """The channel of somebody's direct messages as it is now."""

    def link(self, channel: str, ts: str) -> str | None:
        """The address of a message for those who can see it."""


class Directory(Protocol):
    """Looks people up in Slack."""

    async def subject(self, person: Person | None) -> Subject:
        """Whom an event is about; raises SlackError while nobody can say, now or from memory."""

    def known(self, person: Person | None) -> Subject | None:
        """Whom an event is about, where Slack said so lately; None where it has to be asked. Thread-safe."""

    async def actor(self, slack_id: str, team_id: str | None, *, needs_group: bool = True) -> Actor:
        """Who clicked, looked up at this moment. Never raises: Slack's silence is a standing.

        Without `needs_group` those are reviewers who are listed by their ids.
        """

    async def viewer(self, slack_id: str) -> Actor:
        """Who looks at something, as Slack knew them lately. Never raises: Slack's silence is a standing."""

    async def current_id(self, slack_id: str) -> str | None:
        """The id that Slack has now for a member; None where it knows none. Raises SlackError, StoreError."""

    async def names(self, slack_id: str, people: Sequence[Person]) -> list[str]:
        """The names of those among `people` who are this member; raises SlackError."""

    async def called(self, name: str, people: Sequence[Person]) -> list[str]:
        """The ids of those among `people` who are called so; raises StoreError."""


class Enrichment(Protocol):
    """Asks the configured services about addresses."""

    @property
    def has_services(self) -> bool:
        """Whether there is anybody to ask."""

    def at_once(self, address: str) -> AddressFacts:
        """What is known of an address without asking anybody."""

    async def facts(self, addresses: Collection[str], within: timedelta) -> dict[str, AddressFacts]:
        """The facts that come within this time, by address; services still to answer are named in `awaited`.

        Never raises. Later answers are cached for the next call.
        """


class Origin(Protocol):
    """One way to tell a host intrusion detection system what was decided."""

    async def tell(self, verdict: OriginVerdict) -> None:
        """Tell one verdict. Idempotent. Raises Unavailable or Rejected."""


class Anchor(Protocol):
    """One place outside where checkpoints of the history are kept."""

    async def keep(self, checkpoint: Checkpoint) -> str | None:
        """Have it kept, and return what proves it, if anything does. Idempotent. Raises OutsideError."""


class Trials(Protocol):
    """Sends test logins through the address that senders use."""

    async def send(self, source: str | None, user_name: str) -> Trial:
        """Post a login of this user to the source, or to the first that can be tried.

        Raises PowertripError with a sentence for whoever asked.
        """

    async def judged(self, trial: Trial, within: timedelta) -> Trial:
        """The test once it is judged; raises Unavailable where that takes too long."""


class Proofs(Protocol):
    """The kinds of proof that are configured."""

    @property
    def kinds(self) -> tuple[ProofKind, ...]:
        """Those that count where a policy demands any."""

    @property
    def fresh(self) -> timedelta:
        """How long a factor that was confirmed does not count for what is grave."""

    @property
    def enrol_page(self) -> str | None:
        """Where people enrol by signing in; None where nobody can."""

    def has_identity(self, slack_id: str) -> bool:
        """Whether the configuration says who this member is at the identity provider."""

    def shown(self, attempt: Attempt, about: Event | Expectation) -> Shown:
        """How its person is asked."""

    def check(
        self,
        kind: ProofKind,
        about: Event | Expectation,
        factors: Sequence[Factor],
        answer: str,
        now: datetime,
    ) -> Met | None:
        """What a typed answer proves; `factors` are those of the person that count for this now."""


class Action(Protocol):
    """Does one kind of containment, and undoes it; what is not idempotent is called once for a click.

    Raises Unavailable where nobody knows whether it was done, and Rejected where it was not.
    """

    @property
    def is_idempotent(self) -> bool:
        """Whether the same order may be carried out twice with the effect of once."""

    async def prepare(self, order: Order) -> Mapping[str, str]:
        """What has to be known before, and is kept; it changes nothing."""

    async def contain(self, order: Order) -> str | None:
        """Do it; returns what is to be said beyond that it is done."""

    async def revert(self, order: Order) -> str | None:
        """Undo what `order.undoes` did."""


class BackupChannels(Protocol):
    """Tell people without Slack."""

    @property
    def names(self) -> tuple[str, ...]:
        """The channels, by the names that people know them by."""

    async def send(self, name: str, title: str, body: str) -> None:
        """Send plain text; raises Unavailable."""
