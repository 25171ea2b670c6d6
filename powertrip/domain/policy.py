"""Who may decide an event, and what the decision takes: a reason, a second person."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from powertrip.config.section import Section
from powertrip.config.values import OneOrMore, Written, as_list
from powertrip.domain.decision import Verdict
from powertrip.domain.event import Event, Severity
from powertrip.domain.people import Actor, Standing
from powertrip.errors import NotAllowed

_ASCENDING = list(Severity)

STANDING_IN_WORDS = {
    Standing.GUEST: "Guests cannot decide security events.",
    Standing.DEACTIVATED: "Your Slack account is deactivated, so it cannot decide security events.",
    Standing.OUTSIDER: "Members of another organisation cannot decide security events.",
    Standing.BOT: "Bots cannot decide security events.",
    Standing.UNKNOWN: "Slack could not say who you are just now, so nothing was decided. Please try again.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """What an approval of an event takes beyond a click."""

    reason: bool = False
    second_person: bool = False


class When(Section):
    """Which events a policy is about; what is not said matches all, what is said must all match."""

    rule: OneOrMore = ()
    """The rule's name."""
    host: OneOrMore = ()
    """A host name, with `*` for any text."""
    user: OneOrMore = ()
    """A user name, with `*` for any text."""
    severity: Severity | None = None
    """This severity, and all above it."""

    def holds_for(self, event: Event) -> bool:
        # Host names have no case, unix user names do.
        return (
            (not self.rule or event.rule in self.rule)
            and _any_glob((host.lower() for host in self.host), (event.host_name or "").lower())
            and _any_glob(self.user, event.user_name or "")
            and (self.severity is None or _at_least(event.severity, self.severity))
        )


class Policy(Section):
    """What it takes to approve some events; where several apply, all are required."""

    when: When = When()
    """The events it is about."""
    require: Annotated[
        tuple[Literal["reason", "second_person"], ...],
        BeforeValidator(as_list),
        Written("`reason`, `second_person`, or a list of both"),
        Field(min_length=1),
    ]
    """What approving takes beyond a click."""


def requirements(event: Event, policies: Iterable[Policy]) -> Requirements:
    """Everything that the policies which apply to `event` demand together.

    What the event already demanded when it was asked about stays demanded.
    """
    demanded = {demand for policy in policies if policy.when.holds_for(event) for demand in policy.require}
    return Requirements(
        reason=event.requires_reason or "reason" in demanded,
        second_person=event.requires_second_person or "second_person" in demanded,
    )


def authorise(event: Event, actor: Actor, verdict: Verdict) -> None:
    """Return if `actor` may give `verdict` on `event`; raises NotAllowed with the sentence to tell them.

    A denial is the safe direction: it is taken from the subject or a reviewer also while Slack
    cannot confirm their standing.
    """
    is_subject = event.subject.slack_id == actor.slack_id
    unconfirmed_denial = verdict is Verdict.DENY and actor.standing is Standing.UNKNOWN
    if actor.standing is not Standing.MEMBER and not unconfirmed_denial:
        raise NotAllowed(STANDING_IN_WORDS[actor.standing])
    if actor.is_reviewer or (is_subject and verdict is not Verdict.CLOSE):
        return
    raise NotAllowed(_not_yours(verdict, is_subject=is_subject))


def _not_yours(verdict: Verdict, *, is_subject: bool) -> str:
    if verdict is Verdict.CLOSE and is_subject:
        return "Only a reviewer can close a denied event, not the person it is about."
    return "Only the person this event is about and the reviewers can decide it. Nothing was changed."


def _any_glob(patterns: Iterable[str], value: str) -> bool:
    listed = list(patterns)
    return not listed or any(fnmatchcase(value, pattern) for pattern in listed)


def _at_least(severity: Severity, lowest: Severity) -> bool:
    return _ASCENDING.index(severity) >= _ASCENDING.index(lowest)
