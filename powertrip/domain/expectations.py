"""Expectations: work that is known of before: whose, of what, where and until when, and what it never covers.

An event that one covers is kept, judged and told to the HIDS like any other; it is approved instead of asked.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal

import re2
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from powertrip.config.regex import compile_re2
from powertrip.config.section import Section
from powertrip.config.values import Duration, SourceName, Written, as_list, quoted
from powertrip.config.yamlfile import YamlPath
from powertrip.domain.address import RiskLevel, is_at_least
from powertrip.domain.event import GRAVE, MISSED_AT, Event, Severity
from powertrip.domain.expected_names import is_from
from powertrip.domain.people import Person
from powertrip.domain.pipelines import PipelineSection
from powertrip.domain.policy import When
from powertrip.domain.proof import ANY, FACTORS, ProofKind
from powertrip.domain.severity import ASCENDING, SeverityLists
from powertrip.domain.storms import is_failed

FUTURE = timedelta(minutes=5)
"""A record that is dated further ahead is asked about: nobody's clock is that wrong by itself."""
KEY_FIELDS = ("key_fingerprint", "fingerprint", "access_key_id")
"""Fields of an event that name the key it was done with."""
_NAMING = ("user_name", "host_name", "source_ip", *KEY_FIELDS)
"""Fields that are compared: an event in whose records they vary is none that can be compared."""


def _readable(pattern: str) -> str:
    try:
        compile_re2(pattern)
    except ValueError as error:
        raise ValueError(f"{quoted(pattern)} is no pattern: {error}") from error
    return pattern


_NO_FACTORS: dict[str, str] = {
    ProofKind.SESSION_NUMBER: "it is of the terminal of one login, and an expectation is of none",
    ProofKind.TYPED_HOST: "it proves nothing, and an expectation is of no one host",
}


def _provable(word: str) -> str:
    if word not in (ANY, *FACTORS):
        why = _NO_FACTORS.get(word, "nobody can prove anything by that")
        raise ValueError(f"{quoted(word)}: {why}; write one of {ANY}, {', '.join(FACTORS)}")
    return word


FactorWord = Annotated[str, AfterValidator(_provable)]
Ticket = Annotated[str, AfterValidator(_readable), Written("a pattern, as in `CHG-[0-9]+`")]


class ExpectationSection(Section):
    """Work that people announce, so that they are not asked about each part of it. Off unless switched on."""

    enabled: bool = False
    """Without it nothing is covered, also not by what was announced before it was switched off."""
    max: Duration = timedelta(hours=8)
    """How long one lasts at most."""
    ahead: Duration = timedelta(days=7)
    """How long before it begins it may be announced."""
    max_uses: Annotated[int, Field(ge=1, le=10_000)] = 200
    """Records that one covers at most."""
    max_open: Annotated[int, Field(ge=1, le=100)] = 3
    """Expectations of one person that stand at the same time."""
    severity: Literal[Severity.LOW, Severity.MEDIUM, Severity.HIGH] = Severity.MEDIUM
    """Events above this severity are asked about, whatever is expected."""
    risk: Literal[RiskLevel.LOW, RiskLevel.MEDIUM] = RiskLevel.LOW
    """Events from addresses of a higher risk are asked about."""
    not_for: tuple[When, ...] = (When(severity=Severity.HIGH),)
    """Events that no expectation ever covers."""
    network: Literal["exact", "cidr", "as"] = "cidr"
    """The widest that may be left out after an approval: this address, its /24 (/48), or all of its owner's
    (AS), where a service or a database knows that. Only with `as` anybody may name an AS."""
    second_person: bool = True
    """What somebody expects of themselves stands only when a reviewer, another person, has confirmed it."""
    confirm_within: Duration = timedelta(hours=1)
    """An expectation that nobody has confirmed by then is dropped."""
    require: Annotated[
        tuple[FactorWord, ...],
        BeforeValidator(as_list),
        Written("`proof`, `passkey`, `oidc`, `totp`, or a list of them"),
    ] = ()
    """Proofs that everybody gives who puts an expectation into force in Slack: whoever announces it, and
    whoever confirms it. `proof` takes any that `proofs.kinds` names, but the number of a login."""
    ticket: Ticket | None = None
    """The pattern of a ticket, which each then has to name; RE2 syntax, matched as a whole."""
    pipelines: dict[SourceName, PipelineSection] = Field(default_factory=dict)
    """Programs that announce their own work over HTTP. Without any there is no such address."""

    @property
    def secrets(self) -> dict[str, SecretStr]:
        """Those of the pipelines, by their settings."""
        return {f"expectations.pipelines.{name}.secret": each.secret for name, each in self.pipelines.items()}

    def takes_ticket(self, word: str) -> bool:
        """Whether this is a ticket."""
        return self.ticket is not None and re2.fullmatch(self.ticket, word) is not None


def never_expected(data: Mapping[str, Any]) -> Iterator[tuple[YamlPath, Any]]:
    """Where the file names rules of which nothing is ever covered, and what stands there."""
    section = data.get("expectations")
    listed = section.get("not_for") if isinstance(section, dict) else None
    for number, when in enumerate(listed if isinstance(listed, list) else []):
        if isinstance(when, dict):
            yield ("expectations", "not_for", number, "rule"), when.get("rule")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """Work of one person that is expected, as narrow as it was announced; it is never made wider."""

    id: str
    """Opaque, like the id of an event."""
    person: str
    """As the configuration names them."""
    slack_id: str | None
    """None for a bot."""
    rule: str
    """A rule's name, with `*` for any text."""
    host: str
    """A host's name in lower case, with `*` for any text."""
    network: str | None
    """In CIDR notation, or `AS64500`; None for any."""
    key: str | None
    """The fingerprint of the key; None for any."""
    severity: Severity
    """Events up to this severity are covered."""
    risk: RiskLevel
    """And events from addresses up to this risk."""
    created_at: datetime
    created_by: str
    """The Slack member who announced it."""
    created_name: str
    starts_at: datetime
    until: datetime
    max_uses: int
    """Records that it covers at most."""
    ticket: str | None = None
    why: str | None = None
    from_event: str | None = None
    """The event after whose approval it was asked for."""
    confirm_by: datetime | None = None
    """When it is dropped unless somebody has confirmed it."""
    confirmed_at: datetime | None = None
    confirmed_by: str | None = None
    confirmed_name: str | None = None
    announced_proof: str | None = None
    """The kinds by which whoever announced it proved that it was they, with blanks between them."""
    confirmed_proof: str | None = None
    """The same of whoever confirmed it."""
    uses: int = 0
    """Records that it has covered."""
    ended_at: datetime | None = None
    ended_by: str | None = None
    """The Slack member who ended it; None where it ended by itself."""
    ended_why: str | None = None

    @property
    def is_grave(self) -> bool:
        """Whether it covers what is of high severity or above."""
        return self.severity in GRAVE

    @property
    def is_own(self) -> bool:
        """Whether it is about the person who announced it."""
        return self.slack_id == self.created_by

    @property
    def has_second_person(self) -> bool:
        """Whether somebody other than the one who announced it, and the one it is about, stands for it."""
        return self.confirmed_by not in (None, self.created_by, self.slack_id)

    @property
    def is_open(self) -> bool:
        """Whether it may cover what comes within its time."""
        return self.confirmed_at is not None and self.ended_at is None

    @property
    def left(self) -> int:
        """Records that it may still cover."""
        return max(self.max_uses - self.uses, 0)

    def has_rule(self, rule: str) -> bool:
        return fnmatchcase(rule, self.rule)

    def has_host(self, host: str | None) -> bool:
        # Host names have no case.
        return fnmatchcase((host or "").lower(), self.host)

    @property
    def reason(self) -> str:
        """Why what it covers is approved: `CHG-1234: new certificates`."""
        return ": ".join(part for part in (self.ticket, self.why) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectable:
    """Whose work an event is, where an expectation may cover it."""

    person: str
    """As the configuration names them."""
    slack_id: str | None
    is_sensitive: bool
    """Whether it is on the list of what matters more than its rule says."""
    tell: tuple[str, ...] = ()
    """The origins that are told of every decision."""


def expectable(
    event: Event,
    person: Person | None,
    section: ExpectationSection,
    lists: SeverityLists,
    tell: tuple[str, ...],
) -> Expectable | None:
    """Whose work an event is; None where it is asked about whatever anybody expects.

    That holds for events of nobody who is listed, for tests, for what was judged late, and by `not_for`.
    """
    if not section.enabled or person is None or event.is_test or MISSED_AT in event.fields:
        return None
    if any(when.holds_for(event) for when in section.not_for):
        return None
    sensitive = lists.sensitive.reason(event) is not None
    return Expectable(person=person.name, slack_id=person.slack, is_sensitive=sensitive, tell=tell)


def outside(
    expected: Expectation, whose: Expectable, event: Event, moments: Sequence[datetime], now: datetime
) -> str | None:
    """Why an event is not covered, `another host` for example; None where it is covered in all respects.

    `moments` say when each of its records occurred. What is not known of the event counts as outside.
    """
    if (why := outside_of_time(expected, moments, now)) is not None:
        return why
    return outside_of_scope(expected, whose, event)


def outside_of_time(expected: Expectation, moments: Sequence[datetime], now: datetime) -> str | None:
    """The same for its time alone."""
    if expected.confirmed_at is None or expected.ended_at is not None:
        return "not open"
    # Never for what had happened before somebody stood for it.
    begins = max(expected.starts_at, expected.confirmed_at)
    is_within = all(begins <= moment < expected.until for moment in moments)
    if now >= expected.until or not is_within or max(moments) > now + FUTURE:
        return "another time"
    return None


def outside_of_scope(expected: Expectation, whose: Expectable, event: Event) -> str | None:
    """The same for all but its time."""
    same_id = whose.slack_id is None or whose.slack_id == expected.slack_id
    checks = {
        "another person": whose.person == expected.person and same_id,
        "a test": not event.is_test,
        "another rule": expected.has_rule(event.rule),
        "another host": expected.has_host(event.host_name),
        "another network": expected.network is None or is_from(event, expected.network),
        "another key": expected.key is None or key_of(event) == expected.key,
        "records that differ": not any(name in event.varied for name in _NAMING),
        # Who tries, and fails, may not be who is expected.
        "did not succeed": not is_failed(event),
        "a higher severity": ASCENDING.index(event.severity) <= ASCENDING.index(expected.severity),
        "a higher risk": is_at_least(expected.risk, event.risk.level),
        "sensitive, and announced by whom it is about": not (whose.is_sensitive and expected.is_own),
        "takes two people": expected.has_second_person or not event.requires_second_person,
        "takes a reason": bool(expected.reason) or not event.requires_reason,
        "takes a proof": not event.requires_proof,
    }
    return next((why for why, holds in checks.items() if not holds), None)


def key_of(event: Event) -> str | None:
    """The key that an event was done with, where its record names one."""
    return next((event.fields[name] for name in KEY_FIELDS if name in event.fields), None)


def is_fully_known(event: Event) -> bool:
    """Whether every service that is asked about its address has answered."""
    facts = event.facts
    return facts is not None and not (facts.awaited or facts.failing or facts.unavailable)
