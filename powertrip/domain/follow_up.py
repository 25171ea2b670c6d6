"""What becomes of an event after a denial: who has it, what is to be done, and what was noted."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from powertrip.domain.contained import Containment


class NoteKind(StrEnum):
    """What somebody wrote about a denied event; its value is kept in the database."""

    NOTE = "note"  # by a reviewer
    CLAIM = "claim"  # by the person it is about: it was me after all


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The reviewer who has a denied event."""

    slack_id: str
    name: str
    since: datetime
    until: datetime
    """Until then the other reviewers are not mentioned; whatever the owner does puts it off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing of the checklist."""

    number: int
    """From 1 on."""
    text: str
    done_by: str | None = None
    """The Slack member id of whoever ticked it."""
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DenialNote:
    """What somebody wrote about a denied event."""

    kind: NoteKind
    actor_id: str
    actor_name: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """All that has become of a denied event, its decisions aside."""

    told_at: datetime | None = None
    """When Slack took the message that calls the reviewers."""
    is_being_told: bool = False
    """Whether that message still waits."""
    owner: Owner | None = None
    items: tuple[Item, ...] = ()
    notes: tuple[DenialNote, ...] = ()
    """What reviewers noted, the oldest first."""
    claim: DenialNote | None = None
    """That it was them after all, in the person's words. It decides nothing by itself."""
    containments: tuple[Containment, ...] = ()
    """What reviewers had done about it, the oldest first."""

    @property
    def undone(self) -> tuple[Item, ...]:
        """What of the checklist is not ticked."""
        return tuple(item for item in self.items if item.done_at is None)

    def quiet_for(self, now: datetime) -> Owner | None:
        """The owner for whose sake the reviewers are not mentioned."""
        return self.owner if self.owner and now < self.owner.until else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """Somebody has it from now on, or nobody has."""

    owner: Owner | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticked:
    """One thing was ticked, or the tick was taken back."""

    item: Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """Something was written."""

    note: DenialNote


Change = Owned | Ticked | Noted
