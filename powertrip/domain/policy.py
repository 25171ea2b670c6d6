"""Who may decide an event, and what the decision takes: a reason, a second person, a proof."""

from collections.abc import Iterable
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from powertrip.config.section import Section
from powertrip.config.values import OneOrMore, Written, as_list
from powertrip.domain import lifecycle, proof
from powertrip.domain.address import RiskLevel, is_at_least
from powertrip.domain.decision import Verdict
from powertrip.domain.event import Event, Severity
from powertrip.domain.people import Actor, Standing
from powertrip.domain.proof import ProofKind
from powertrip.errors import NotAllowed

_ASCENDING = list(Severity)

Demand = Literal["reason", "second_person", "proof"] | ProofKind
"""`proof` is any kind of it that is configured."""
_NO_PROOFS = {"reason", "second_person"}

STANDING_IN_WORDS = {
    Standing.GUEST: "Guests cannot decide security events.",
    Standing.DEACTIVATED: "Your Slack account is deactivated, so it cannot decide security events.",
    Standing.OUTSIDER: "Members of another organisation cannot decide security events.",
    Standing.BOT: "Bots cannot decide security events.",
    Standing.UNKNOWN: "Slack could not say who you are just now, so nothing was decided. Please try again.",
}


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
    risk: Literal[RiskLevel.LOW, RiskLevel.MEDIUM, RiskLevel.HIGH] | None = None
    """This risk of the address, and all above it; it counts from when a service tells it."""

    def holds_for(self, event: Event) -> bool:
        # Host names have no case, unix user names do.
        return (
            (not self.rule or event.rule in self.rule)
            and _any_glob((host.lower() for host in self.host), (event.host_name or "").lower())
            and _any_glob(self.user, event.user_name or "")
            and (self.severity is None or _ASCENDING.index(event.severity) >= _ASCENDING.index(self.severity))
            and (self.risk is None or is_at_least(event.risk.level, self.risk))
        )


class Policy(Section):
    """What it takes to approve some events; where several apply, all are required."""

    when: When = When()
    """The events it is about."""
    require: Annotated[
        tuple[Demand, ...],
        BeforeValidator(as_list),
        Written("`reason`, `second_person`, `proof`, a kind of proof, or a list of them"),
        Field(min_length=1),
    ]
    """What approving takes beyond a click."""


def with_requirements(event: Event, policies: Iterable[Policy]) -> Event:
    """`event` with all that the policies which apply to it require of an approval together."""
    required = {item for policy in policies if policy.when.holds_for(event) for item in policy.require}
    # What the card said an approval takes stays required, also where a reload relaxed the policy.
    reason = event.requires_reason or "reason" in required
    second = event.requires_second_person or "second_person" in required
    proofs = proof.together(event.requires_proof.split(), required - _NO_PROOFS)
    asked = (event.requires_reason, event.requires_second_person, event.requires_proof)
    if (reason, second, proofs) == asked:
        return event
    return replace(event, requires_reason=reason, requires_second_person=second, requires_proof=proofs)


def any_proof(policies: Iterable[Policy]) -> bool:
    """Whether any of these may demand a proof."""
    return any(set(policy.require) - _NO_PROOFS for policy in policies)


def only_members(actor: Actor) -> None:
    """Raise NotAllowed, with the sentence for the person, for whoever is no member of this workspace."""
    if actor.standing is not Standing.MEMBER:
        raise NotAllowed(STANDING_IN_WORDS[actor.standing])


def authorise(event: Event, actor: Actor, verdict: Verdict) -> None:
    """Raise NotAllowed, with the sentence for the person, unless `actor` may give `verdict` on `event`."""
    is_subject = event.subject.slack_id == actor.slack_id
    # A denial is the safe direction, so it is taken also while Slack cannot confirm who denies.
    if not (verdict is Verdict.DENY and actor.standing is Standing.UNKNOWN):
        only_members(actor)
    if verdict is Verdict.APPROVE and lifecycle.is_claimed(event):
        _authorise_reversal(event, actor)
    if actor.is_reviewer or (is_subject and verdict is not Verdict.CLOSE):
        return
    if is_subject:
        raise NotAllowed("Only a reviewer can close a denied event, not the person it is about.")
    raise NotAllowed(
        "Only the person this event is about and the reviewers can decide it. Nothing was changed."
    )


def _authorise_reversal(event: Event, actor: Actor) -> None:
    """Raise NotAllowed unless `actor` is the second person that it takes to approve what was denied."""
    if event.subject.slack_id == actor.slack_id:
        raise NotAllowed("It was denied, so a reviewer who has not denied it has to agree that it was you.")
    if any(made.verdict is Verdict.DENY and made.actor_id == actor.slack_id for made in event.decisions):
        raise NotAllowed("You denied this, so another reviewer has to agree that it was right after all.")


def _any_glob(patterns: Iterable[str], value: str) -> bool:
    listed = tuple(patterns)
    return not listed or any(fnmatchcase(value, pattern) for pattern in listed)
