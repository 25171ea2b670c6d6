"""Storms: many events of one rule and person, or of one address, which become one living card.

What belongs to one, and what does not fit and is asked about on its own before anything is offered in bulk.
"""

import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from typing import Annotated, Literal

from pydantic import Field

from powertrip.config.section import Section
from powertrip.config.values import Duration
from powertrip.domain.address import RiskLevel, is_at_least, parse_address
from powertrip.domain.event import GRAVE, Event, Severity
from powertrip.domain.habits import Past
from powertrip.domain.people import SubjectKind

SLACK = timedelta(minutes=10)
"""How much later than its storm an event is reminded of: it is only where its storm's reminders fail."""
GROUPS_KEPT = 200
"""Host groups of a person's past that are compared with; who has more is at home everywhere."""
LONELY = 1
"""Events of a host group among the first of a storm with which the group is not usual yet."""

# `json.dumps` makes an encoder at each call.
_as_json = json.JSONEncoder(sort_keys=True).encode

IN_PASSING = frozenset(
    {*("source_port", "source_domain", "session", "session_log", "pid", "process", "tty"), "operation_id"}
)
"""Fields that name one occasion and say nothing else: events of one storm differ in them."""


class BulkSettings(Section):
    """What one decision may cover of a storm. Only reviewers take it, with a reason and the typed count."""

    max: Annotated[int, Field(ge=1, le=20_000)] = 5000
    """Events that one decision covers at most, the oldest first."""
    own: Annotated[int, Field(ge=0)] = 20
    """Events of their own that a reviewer may approve with one decision."""


class StormSection(Section):
    """When many events alike become one card, and how that card lives."""

    enabled: bool = True
    """Without it every event has a card of its own, also what waits in a storm when it is switched off."""
    above: Annotated[int, Field(ge=2)] = 20
    """More new events than this, of one rule and person or of one address, are a storm."""
    within: Duration = timedelta(minutes=2)
    """The time in which they come."""
    ends_after: Duration = timedelta(minutes=10)
    """Without a new event for so long the storm is over, and later events are asked about on their own."""
    update_every: Duration = timedelta(seconds=30)
    """How often the card of a storm is brought up to date at most."""
    outlier_risk: Literal[RiskLevel.MEDIUM, RiskLevel.HIGH] = RiskLevel.MEDIUM
    """An event from an address of this risk, or above, has a card of its own."""
    bulk: BulkSettings = BulkSettings()


class StormKind(StrEnum):
    """What the events of a storm have in common besides their rule."""

    PERSON = "person"  # user name and network
    ADDRESS = "address"  # the address, with names that nobody is listed for


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """One storm."""

    id: str
    """Opaque, like the id of an event."""
    kind: StormKind
    key: str
    rule: str
    title: str
    severity: Severity
    user_name: str | None
    """None where the storm is of an address."""
    source_ip: str | None
    """None where the storm is of a person."""
    network: str
    failed: bool
    """Whether its events tell of what did not succeed."""
    groups: tuple[str, ...]
    """The usual host groups; none where hosts tell nothing."""
    opened_at: datetime
    last_at: datetime
    ended_at: datetime | None
    seq: int
    """Rises with each event that joins and each record that joins one of its events."""
    version: int
    reminders: int
    next_reminder_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stormy:
    """What may make an event part of a storm, and how a storm that it opens is asked about."""

    keys: tuple[tuple[StormKind, str], ...]
    """The storms that the event could be part of, the first that exists counts; none for a grave event."""
    settings: StormSection
    channel: str
    """Where a storm is asked about: never in direct messages, or many questions would wear a person out."""


@lru_cache(maxsize=1024)
def network_of(source_ip: str | None) -> str:
    """The /24 or /48 around an address; what is no address as it stands."""
    try:
        address = parse_address(source_ip or "")
    except ValueError:  # CloudTrail names services where others have addresses
        return source_ip or ""
    length = 24 if address.version == 4 else 48
    rest = address.max_prefixlen - length
    # Of numbers, for reading the text once more takes as long as all else.
    return f"{type(address)(int(address) >> rest << rest)}/{length}"


def host_group(host_name: str) -> str:
    """`web-*` for `web-17` and `web-9`: the name without what counts its hosts."""
    parts = re.split(r"([.\-_])", host_name.lower())
    return "".join("*" if re.search(r"\d", part.rstrip("0123456789")) else _counted(part) for part in parts)


def _counted(part: str) -> str:
    bare = part.rstrip("0123456789")
    return part if bare == part else f"{bare}*"


def is_failed(event: Event) -> bool:
    return event.fields.get("event_outcome") == "failure"


def keys_of(event: Event) -> tuple[tuple[StormKind, str], ...]:
    """The storms that an event could be part of: none for a test and for what is sensitive."""
    # Before the address is looked up only the list of what is sensitive raises a severity.
    is_sensitive = (event.severity_reason or "").startswith("raised")
    takes_more = event.requires_second_person or event.requires_proof
    if event.is_test or event.severity in GRAVE or is_sensitive or takes_more:
        return ()
    # A click covers what a card shows, and a storm's card shows no field of each: all must agree in them.
    fields = {name: value for name, value in event.fields.items() if name not in IN_PASSING}
    keys = []
    if event.user_name:
        keys.append((StormKind.PERSON, [event.user_name, network_of(event.source_ip)]))
    # Whoever is listed is asked in person: an office behind one address is no storm.
    if event.source_ip and event.subject.kind is SubjectKind.UNMAPPED:
        keys.append((StormKind.ADDRESS, [event.source_ip]))
    return tuple((kind, _digest([kind, event.rule, event.severity, who, fields])) for kind, who in keys)


def _digest(values: object) -> str:
    return sha256(_as_json(values).encode()).hexdigest()


def usual_groups(seen: Iterable[str | None], past: Collection[str]) -> tuple[str, ...]:
    """The host groups that are usual in a storm that begins with events on the hosts `seen`.

    What the person was approved on before counts; without any past, what most of the first events are on.
    """
    if past:
        return tuple(sorted({host_group(name) for name in past}))
    groups = [host_group(name) for name in seen if name]
    return tuple(sorted({group for group in groups if groups.count(group) > LONELY}))


def apart(event: Event, storm: Storm) -> str | None:
    """Why an event that a storm's key fits is asked about on its own all the same; None where it is usual."""
    if storm.kind is StormKind.PERSON and event.host_name:
        group = host_group(event.host_name)
        if storm.groups and group not in storm.groups:
            return "on a kind of host that is new here"
    return None


def beside(event: Event, storm: Storm) -> str | None:
    """Why an event that a storm's key does not fit has to be looked at before it; None for no reason."""
    same_user = storm.user_name is not None and event.user_name == storm.user_name
    same_address = storm.source_ip is not None and event.source_ip == storm.source_ip
    is_same_rule = event.rule == storm.rule
    elsewhere = same_user and network_of(event.source_ip) != storm.network
    reasons = {
        "succeeded, while the others failed": storm.failed and not is_failed(event),
        f"{event.severity} severity": event.severity in GRAVE
        or (is_same_rule and event.severity is not storm.severity),
        "takes two people": is_same_rule and event.requires_second_person,
        "takes a proof": is_same_rule and bool(event.requires_proof),
        "of somebody who is listed": is_same_rule
        and event.subject.kind is not SubjectKind.UNMAPPED
        and not same_user,
        "from another network": is_same_rule and elsewhere,
        "in another way": is_same_rule,
    }
    return next((why for why, holds in reasons.items() if holds), None) if same_user or same_address else None


def apart_by_facts(event: Event, bar: RiskLevel) -> str | None:
    """Why an event leaves its storm now that its address is looked up; None where it stays."""
    if event.severity in GRAVE:
        return f"{event.severity} severity"
    if is_at_least(event.risk.level, bar):
        return f"an address of {event.risk.level} risk"
    return None


def apart_by_past(past: Past) -> str | None:
    """Why an event leaves its storm for what was decided before; None where it stays."""
    return "from an address that was denied before" if past.denied_from_address_at else None
