"""People: the section `people`, whom an event is about, and who clicked."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from powertrip.config.section import Section
from powertrip.config.values import Email, Identity, KeyInTable, MemberId


class SubjectKind(StrEnum):
    """What is known of the subject; PERSON and AWAITED are asked directly, for all others the channel is."""

    PERSON = "person"  # mapped, active, can be messaged
    BOT = "bot"  # `bot: true` in the config
    UNMAPPED = "unmapped"  # no entry in `people`
    NOT_FOUND = "not_found"  # Slack knows no such member
    DEACTIVATED = "deactivated"  # the Slack account is switched off
    GUEST = "guest"  # a guest, a bot user or a member of another organisation
    AWAITED = "awaited"  # Slack has still to say who they are; the event is theirs all the same
    UNREACHABLE = "unreachable"  # Slack refused the direct message


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The person, or bot, an event is about, as far as is known."""

    kind: SubjectKind
    slack_id: str | None = None
    """The Slack member id, kept also where the member cannot be messaged."""
    name: str | None = None
    """The name Slack shows for the member."""
    team: str | None = None
    """The owning team of a bot."""


class Standing(StrEnum):
    """Slack's word on the account behind a click."""

    MEMBER = "member"  # a full, active member of this workspace or organisation
    GUEST = "guest"
    DEACTIVATED = "deactivated"
    OUTSIDER = "outsider"  # of another organisation, through a shared channel
    BOT = "bot"
    UNKNOWN = "unknown"  # Slack did not answer, or knows no such account


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The person who clicked or typed, as looked up at that moment."""

    slack_id: str
    name: str
    standing: Standing
    is_reviewer: bool = False


class Person(Section):
    """The Slack member, or the bot, behind a user name: exactly one of `slack`, `email` and `bot`."""

    name: Annotated[str, KeyInTable()]
    """The key in the config, usually the unix user name."""
    slack: MemberId | None = None
    """Their Slack member id."""
    email: Email | None = None
    """The e-mail address of their Slack account, and one of their names."""
    oidc: Identity | None = None
    """Who they are at the identity provider: what the claim says that `proofs.oidc.claim` names. Counts only
    beside `slack`, for nothing that Slack says of a person may choose who proves it."""
    bot: bool = False
    """Whether a program uses this name: its events go to the security channel."""
    team: str | None = None
    """The team that owns a bot, said on its cards."""
    names: tuple[str, ...] = ()
    """Further names of the same person: unix users, e-mail addresses, AWS users or SSO sessions, Okta ids."""
    github: str | None = None
    """Their GitHub login. Capitals do not matter in it, nor in e-mail addresses; in other names they do."""


def may_be_former(slack_id: str, listed: Iterable[str]) -> list[str]:
    """Those ids that this member may have had before their workspace joined an organisation."""
    # Members of an organisation have W… or U…; whoever has U… still has what they had.
    return [other for other in listed if other.startswith("U")] if slack_id.startswith("W") else []


def before_lookup(person: Person | None) -> Subject:
    """Whom an event is about, as far as the configuration says; Slack is asked when it is first told."""
    if person is None:
        return Subject(kind=SubjectKind.UNMAPPED)
    if person.bot:
        return Subject(kind=SubjectKind.BOT, name=person.name, team=person.team)
    kind = SubjectKind.PERSON if person.slack else SubjectKind.AWAITED
    return Subject(kind=kind, slack_id=person.slack, name=person.name)
