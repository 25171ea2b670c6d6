"""Enrolment: what a person enrols counts once a reviewer has confirmed it, and ends by two reviewers."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from powertrip.domain.people import Actor
from powertrip.domain.proof import ProofKind
from powertrip.errors import NotAllowed

CODE_LASTS = timedelta(minutes=15)
CONFIRM_WITHIN = timedelta(hours=24)
"""How long an enrolment, or the loss of a device, waits for a reviewer before it ends by itself."""
MOST_WAITING = 3
"""Of one person, enrolled by signing in: reviewers are asked about each."""


class Began(StrEnum):
    """What an enrolment began with; reviewers are told, for it says who can have made it."""

    SERVER = "server"  # an operator, on the server
    SIGN_IN = "sign_in"  # a fresh sign-in at the identity provider, on the page


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFactor:
    """Something that was enrolled just now."""

    id: str
    person: str
    """As the configuration names them."""
    kind: ProofKind
    label: str
    secret: str = field(repr=False)
    """Encrypted, for this id."""
    credential_id: str | None = None
    last_step: int = -1
    """What was used to enrol it proves nothing afterwards."""
    began: Began = Began.SERVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """What became of an enrolment, as it can be shown."""

    id: str
    person: str
    slack_id: str | None
    """None until Slack has said who that is."""
    kind: ProofKind
    label: str
    began: Began = Began.SERVER
    enrolled_at: datetime
    confirm_by: datetime | None = None
    confirmed_at: datetime | None = None
    confirmed_name: str | None = None
    used_at: datetime | None = None
    locked_until: datetime | None = None
    ended_at: datetime | None = None
    ended_why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A reviewer says that somebody's device is lost."""

    id: str
    slack_id: str
    name: str
    asked_by: str
    asked_name: str
    asked_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a one-time code was given out for."""

    person: str
    kind: ProofKind


def may_confirm(actor: Actor, slack_id: str | None) -> None:
    """Raise NotAllowed unless `actor` may confirm, or refuse, what this member enrolled."""
    if not actor.is_reviewer:
        raise NotAllowed("Only reviewers can confirm what somebody enrolled.")
    if actor.slack_id == slack_id:
        raise NotAllowed("It is yours, so another reviewer has to confirm it.")


def may_end(actor: Actor, loss: Loss) -> None:
    """Raise NotAllowed unless `actor` is the second reviewer whom a loss takes."""
    if not actor.is_reviewer:
        raise NotAllowed("Only reviewers can say that a device is lost.")
    if actor.slack_id in (loss.asked_by, loss.slack_id):
        raise NotAllowed("It takes a second reviewer, who is neither you nor the one whose device it is.")
