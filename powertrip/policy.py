"""Who may decide an event, and what the decision takes: a reason, a second person."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from powertrip.errors import NotAllowed
from powertrip.event import Actor, Event, Severity, Standing, Verdict

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One entry of `policy` in the config; an empty condition matches everything."""

    rules: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    """Glob patterns, compared without regard to case."""
    users: tuple[str, ...] = ()
    """Glob patterns, compared as they stand: unix user names have case."""
    severity: Severity | None = None
    """The lowest severity it is about."""
    requires: Requirements = Requirements()

    def applies_to(self, event: Event) -> bool:
        """Whether all conditions of the clause hold for `event`."""
        return (
            (not self.rules or event.rule in self.rules)
            and _any_glob((host.lower() for host in self.hosts), (event.host_name or "").lower())
            and _any_glob(self.users, event.user_name or "")
            and (self.severity is None or _at_least(event.severity, self.severity))
        )


def requirements(event: Event, clauses: Iterable[Clause]) -> Requirements:
    """Everything that the clauses which apply to `event` demand together.

    What the event already demanded when it was asked about stays demanded.
    """
    applying = [clause.requires for clause in clauses if clause.applies_to(event)]
    return Requirements(
        reason=event.requires_reason or any(demand.reason for demand in applying),
        second_person=event.requires_second_person or any(demand.second_person for demand in applying),
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
