"""What may be announced and by whom, who may confirm it and end it; refusals are sentences for the person."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_network

from powertrip.config.values import write_duration
from powertrip.domain.event import Event, Severity
from powertrip.domain.expectations import (
    Expectation,
    ExpectationSection,
    expectable,
    outside_of_scope,
)
from powertrip.domain.expected_names import is_of_as, patterns_meet
from powertrip.domain.people import Actor, Person
from powertrip.domain.severity import ASCENDING, Listed, SeverityLists
from powertrip.errors import NotAllowed, Refused

BROAD = 20
"""One that would have covered more events than this last week is opened only by who has seen how many."""
REASON_LIMIT = 300
"""Characters of the reason that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody asks to be expected, as they typed it."""

    rule: str
    host: str
    length: timedelta
    ticket: str | None = None
    why: str | None = None
    network: str | None = None
    key: str | None = None
    severity: Severity | None = None
    max_uses: int | None = None
    starts_at: datetime | None = None
    """Now, where nothing is said."""
    from_event: str | None = None

    @property
    def kept_why(self) -> str | None:
        """As much of the reason as is kept."""
        return (self.why or "").strip()[:REASON_LIMIT] or None


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """What it would have come to in the last week."""

    covered: int = 0
    hosts: int = 0
    outside: Mapping[str, int] = field(default_factory=dict)
    """Events of the same person, rule and hosts that it would not have covered, by why."""
    is_cut: bool = False
    """Whether there are more events than were looked at."""


def announced(
    wish: Wish,
    person: Person,
    slack_id: str | None,
    actor: Actor,
    *,
    section: ExpectationSection,
    lists: SeverityLists,
    expectation_id: str,
    now: datetime,
) -> Expectation:
    """The expectation that `actor` may announce for `person`; raises NotAllowed or Refused for all others."""
    if slack_id != actor.slack_id and not actor.is_reviewer:
        raise NotAllowed("Only reviewers can announce the work of others.")
    starts_at = _starts_at(wish, section, now)
    severity, max_uses = wish.severity or section.severity, wish.max_uses or section.max_uses
    if wish.length > section.max:
        raise Refused(f"That is too long: an expectation lasts at most {write_duration(section.max)}.")
    if ASCENDING.index(severity) > ASCENDING.index(section.severity):
        raise Refused(f"Powertrip always asks about events above {section.severity} severity.")
    if max_uses > section.max_uses:
        raise Refused(f"That is too much: an expectation covers at most {section.max_uses:,} records.")
    _check_scope(wish, section)
    expected = Expectation(
        id=expectation_id,
        person=person.name,
        slack_id=slack_id,
        rule=wish.rule,
        host=wish.host,
        network=wish.network,
        key=wish.key,
        severity=severity,
        risk=section.risk,
        created_at=now,
        created_by=actor.slack_id,
        created_name=actor.name,
        starts_at=starts_at,
        until=starts_at + wish.length,
        max_uses=max_uses,
        ticket=wish.ticket,
        why=wish.kept_why,
        from_event=wish.from_event,
    )
    if not expected.reason:
        raise Refused("Say why, at the end: whoever reads what it covered wants to know.")
    if expected.is_own and is_sensitive(expected, lists.sensitive):
        raise NotAllowed(
            "This is on the list of sensitive events: nobody can announce it for themselves. Ask a reviewer."
        )
    return expected


def _starts_at(wish: Wish, section: ExpectationSection, now: datetime) -> datetime:
    if wish.starts_at is None:
        return now
    if wish.starts_at < now:
        raise Refused("That time has begun already: work cannot be announced for the past.")
    if wish.starts_at > now + section.ahead:
        raise Refused(
            f"That is too far ahead: announce it {write_duration(section.ahead)} before it begins, at most."
        )
    return wish.starts_at


def _check_scope(wish: Wish, section: ExpectationSection) -> None:
    if is_of_as(wish.network) and section.network != "as":
        raise Refused("An AS is too wide: expectations.network does not allow it. Name a network instead.")
    if not wish.rule.strip("*"):
        raise Refused("That is all that is watched. Name a rule; the command rules lists them.")
    if not wish.host.strip("*") and wish.network is None and wish.key is None:
        raise Refused("That is every host. Name hosts, as in web-*, or a network or a key besides.")


def is_sensitive(expected: Expectation | Wish, sensitive: Listed) -> bool:
    """Whether it may cover anything on the list; what it cannot tell is asked about when it comes."""
    return (
        any(patterns_meet(expected.host, entry.lower()) for entry in sensitive.hosts)
        or any(patterns_meet(expected.rule, entry) for entry in sensitive.rules)
        or any(
            expected.network is not None
            # Whether an address is of an AS is known when something comes from it.
            and not is_of_as(expected.network)
            and network.version == (its := ip_network(expected.network)).version
            and network.overlaps(its)
            for network in sensitive.addresses
        )
    )


def last_week(
    expected: Expectation,
    events: Iterable[Event],
    person: Person,
    section: ExpectationSection,
    lists: SeverityLists,
    *,
    is_cut: bool,
) -> Week:
    """What it would have covered of these events of the person, its time aside."""
    covered, hosts, beside = 0, set[str | None](), Counter[str]()
    for event in events:
        whose = expectable(event, person, section, lists, ())
        why = "never covered" if whose is None else outside_of_scope(expected, whose, event)
        if why in ("another rule", "another host"):
            continue
        if why is None:
            covered += event.occurrences
            hosts.add(event.host_name)
        else:
            beside[why] += 1
    return Week(covered=covered, hosts=len(hosts), outside=dict(beside.most_common()), is_cut=is_cut)


def is_broad(expected: Expectation, week: Week) -> bool:
    """Whether whoever opens it has to have seen first what it would have covered."""
    is_wide = "*" in expected.rule or expected.host.startswith("*") or is_of_as(expected.network)
    return is_wide or week.covered > BROAD or week.is_cut


def authorise_announcing(
    expected: Expectation, actor: Actor, section: ExpectationSection, now: datetime
) -> None:
    """Raise Refused unless what `actor` asked for some minutes ago may still be announced by them."""
    if expected.slack_id != actor.slack_id and not actor.is_reviewer:
        raise NotAllowed("Only reviewers can announce the work of others.")
    # By which it would last longer than was asked for, or the configuration allows by now.
    lasts_longer = expected.until - expected.starts_at > section.max or expected.created_at > now
    is_over = expected.until <= now
    is_graver = ASCENDING.index(expected.severity) > ASCENDING.index(section.severity)
    if lasts_longer or is_over or is_graver or expected.max_uses > section.max_uses:
        raise Refused("What may be announced has changed meanwhile, or its time. Announce it again.")


def needs_second_person(expected: Expectation, section: ExpectationSection) -> bool:
    """Whether somebody other than the person has to stand for it."""
    return expected.is_own and section.second_person


def authorise_confirming(expected: Expectation, actor: Actor, section: ExpectationSection) -> None:
    """Raise NotAllowed unless `actor` may have it stand."""
    if not actor.is_reviewer:
        raise NotAllowed("Only reviewers can confirm what is expected.")
    if needs_second_person(expected, section) and actor.slack_id in (expected.created_by, expected.slack_id):
        raise NotAllowed("You announced this for yourself, so another reviewer has to confirm it.")


def authorise_ending(expected: Expectation, actor: Actor) -> None:
    """Raise NotAllowed unless `actor` may end it."""
    if not actor.is_reviewer and actor.slack_id not in (expected.created_by, expected.slack_id):
        raise NotAllowed("Only its person, whoever announced it, and reviewers can end it.")
