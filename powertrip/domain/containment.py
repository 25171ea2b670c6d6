"""Containment: what reviewers may have done about a denied event, and what became of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Annotated

from pydantic import Field

from powertrip.config.section import Section
from powertrip.config.values import Duration, OneOrMore
from powertrip.domain.event import Event
from powertrip.domain.people import Person, SubjectKind
from powertrip.errors import Refused

SECOND_WITHIN = timedelta(hours=1)
"""How long another reviewer may agree; what nobody agreed to then has to be asked for again."""
OFFERED_AT_MOST = 5
"""Actions that one card offers: each has a button with a question of its own, and a card has little room."""


class AtMost(Section):
    """How many containments may rest on one reviewer alone."""

    actions: Annotated[int, Field(ge=0, le=100)] = 3
    """So many within the time; for each further one another reviewer has to agree."""
    within: Annotated[Duration, Field(ge=timedelta(minutes=1))] = timedelta(hours=1)
    """The time in which they are counted, over all events."""


class Never(Section):
    """Who is never contained, whatever is configured."""

    users: OneOrMore = ("root",)
    """Names of users, with `*` for any text; capitals do not matter. Any name of the person counts."""
    bots: bool = True
    """Whether bots are spared, too."""


class ContainmentRules(Section):
    """What reviewers may have done about a denied event, by buttons on its card. All wait for a press."""

    never: Never = Never()
    at_most: AtMost = AtMost()
    dry_run: bool = False
    """Whether nothing is done, and the card says what would have been."""


class NotPossible(Exception):
    """An action cannot be done about an event; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an action would do about one event: of the event's typed fields, and nothing else."""

    target: str
    """Whom or what it acts upon."""
    says: str
    """`Lock bob in Teleport for 1 h`: the button, and the line on the card."""
    does: str
    """What happens, in a sentence."""
    undo_says: str | None = None
    """`Unlock bob in Teleport`; None where it cannot be undone from here."""
    undo: str
    """How it ends, or is undone, in a sentence."""
    arguments: Mapping[str, str] = field(default_factory=dict)
    lasts: timedelta | None = None
    """After which it ends by itself."""


class ActionProfile(Section):
    """What all kinds of containment have in common."""

    rules: OneOrMore = ("*",)
    """The rules whose events it is offered for, with `*` for any text."""

    def plan(self, event: Event) -> Plan:
        """What it would do; raises NotPossible."""
        raise NotImplementedError

    @property
    def waits_for(self) -> timedelta | None:
        """How long a host may take to fetch it; None where Powertrip does it itself."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An action as a card shows it: with its plan, or why it cannot be done."""

    name: str
    plan: Plan | None = None
    refusal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One containment as whoever does it reads it."""

    key: str
    action: str
    event_id: str
    rule: str
    target: str
    arguments: Mapping[str, str]
    asked_by: str
    """The name of the reviewer."""
    released_at: datetime
    """When it was asked for, or agreed to."""
    until: datetime | None
    undoes: str | None
    """The key of what this undoes."""
    never: tuple[str, ...] = ()
    """Globs of users who are never contained, for what only the other side knows the user of."""
    prepared: Mapping[str, str] | None = None
    """What was found before the first attempt; of what is undone, what was found before that was done."""


def is_never(names: Iterable[str | None], globs: Sequence[str]) -> bool:
    """Whether any of these names is on the list."""
    return any(fnmatchcase(name.casefold(), glob.casefold()) for name in names if name for glob in globs)


def offers(
    event: Event, person: Person | None, actions: Mapping[str, ActionProfile], rules: ContainmentRules
) -> list[Offer]:
    """What may be done about an event of this rule, and what may not, with the reason."""
    if event.is_test:
        return []
    fitting = {
        name: action
        for name, action in actions.items()
        if any(fnmatchcase(event.rule, glob) for glob in action.rules)
    }
    return [_offer(event, person, name, action, rules) for name, action in fitting.items()]


def _offer(
    event: Event, person: Person | None, name: str, action: ActionProfile, rules: ContainmentRules
) -> Offer:
    if event.users > 1:
        return Offer(name=name, refusal="its records name several users")
    try:
        plan = action.plan(event)
    except NotPossible as error:
        return Offer(name=name, refusal=str(error))
    if rules.never.bots and (event.subject.kind is SubjectKind.BOT or (person and person.bot)):
        return Offer(name=name, refusal="bots are spared (containment.never.bots)")
    known = (person.name, *person.names, person.email, person.github, person.slack) if person else ()
    names = (event.user_name, plan.target, event.subject.name, event.subject.slack_id, *known)
    if is_never(names, rules.never.users):
        return Offer(name=name, refusal="its user is on the list containment.never.users")
    return Offer(name=name, plan=plan)


def offer_of(name: str, offered: Iterable[Offer]) -> Plan:
    """The plan of one action; raises Refused where it may not be done."""
    offer = next((offer for offer in offered if offer.name == name), None)
    if offer is None:
        raise Refused("This is not offered for this event any more. Nothing was done.")
    if offer.plan is None:
        raise Refused(f"This is not done: {offer.refusal}.")
    return offer.plan
