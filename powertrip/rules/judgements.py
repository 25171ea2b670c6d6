"""A rule ready to judge, and the four judgements of a record."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from string import Template

from powertrip.domain.event import Severity
from powertrip.domain.record import Record
from powertrip.domain.tags import plain_program
from powertrip.rules.document import RecordJson
from powertrip.rules.fields import Condition
from powertrip.rules.lookup import JsonTest, PathCondition, all_hold
from powertrip.rules.pattern import Pattern

MESSAGE = "message"
"""In `may_vary`: the words of the log line; fields that are read from it still have to be equal."""
WITHIN_MESSAGE = f"{MESSAGE}."
"""In `may_vary`: begins a path of keys in the object, such as `message.request.id`; all others are equal."""
_WHERE_FROM = ("source_ip", "source_domain", "source_service")
"""Fields that say from where; one of them is enough."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rule:
    """One rule, checked and compiled."""

    name: str
    title: str
    """What happened, in words: "SSH login"."""
    action: str
    """The event's `event_action`."""
    severity: Severity
    patterns: tuple[Pattern, ...]
    """Tried in this order; the first that matches names the fields. Empty for a rule over JSON."""
    json: JsonTest | None = None
    """For a rule over JSON: what it asks of a document."""
    sources: tuple[str, ...] = ()
    """Empty: every source."""
    programs: tuple[str, ...] = ()
    """Empty: every program."""
    program_known: bool = False
    """Whether a record has to name its program, for the rule's words could be anybody's."""
    types: Mapping[str, str] = field(default_factory=dict)
    unescape: str | None = None
    constants: Mapping[str, Template] = field(default_factory=dict)
    """Fields added to the captured ones; `$name` stands for another field."""
    where: tuple[Condition, ...] = ()
    """All must hold."""
    unless: tuple[Condition, ...] = ()
    """None may hold."""
    may_vary: tuple[str, ...] = ()
    """What may differ between records of one event, beside times: fields, or MESSAGE for the log line."""
    keys_may_vary: tuple[str, ...] = ()
    """What may differ of an object that a rule over JSON reads: keys, or paths of keys joined by dots."""
    folds_people: bool = False
    """Whether records that name nobody may be of one event, though of two people."""
    strangers_may_vary: tuple[str, ...] = ()
    """What else may differ between records from one address that name nobody whom the configuration knows."""
    headline: tuple[str, ...] = ()
    """The fields that stand beside the title, the most telling first."""
    expects: "tuple[Expectation, ...]" = ()
    trust: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Allowed values of `facility` and of journald's fields, checked where the record has them."""
    ignore: bool = False
    pack: str | None = None
    """The pack that the rule came with; None for the config's own."""

    @property
    def names(self) -> set[str]:
        """The fields that the rule can name."""
        captured = {name for pattern in self.patterns for name in pattern.names}
        return {*captured, *(self.json.lookups if self.json else ()), *self.constants, "host_name"}

    def is_for(self, source: str) -> bool:
        return _fits(source, self.sources)

    def may_judge(self, record: Record) -> bool:
        """Whether source and program fit."""
        return self._is_of_known(record) and _fits_program(record.program, self.programs)

    def _is_of_known(self, record: Record) -> bool:
        return self.is_for(record.source) and not (self.program_known and record.program is None)

    def stands_alone(self, record: Record, fields: Mapping[str, str]) -> bool:
        """Whether the record leaves open what it is about, so that no other is known to be equal."""
        names_nobody = not self.folds_people and "user_name" not in fields
        says_where_from = any(name in fields for name in _WHERE_FROM) or "source_ip" not in self.names
        return (
            # What was cut off, nobody can compare.
            record.cut > 0
            or names_nobody
            or not (says_where_from or "source_ip" in self.may_vary)
            # A line of a log is of some host. An audit log in JSON may know none.
            or (self.json is None and "host_name" not in fields)
        )

    def accepts(self, fields: Mapping[str, str]) -> bool:
        """Whether the conditions on fields let the record pass."""
        return all(condition.holds(fields) for condition in self.where) and not any(
            condition.holds(fields) for condition in self.unless
        )

    def distrusts(self, record: Record) -> str | None:
        """The reason why another program may have written the record; None without one."""
        # Any program can write any message, but not under another's facility or user: see `trust`.
        stated = {"facility": record.facility, **record.trusted}
        for name, allowed in self.trust.items():
            value = stated.get(name)
            if value is not None and value not in allowed:
                claim = f"has {name} {value[:40]!r}, not {' or '.join(allowed)}"
                return f"looks like {self.name} but {claim}: another program may have written it"
        return None

    def should_judge(self, record: Record, texts: Iterable[str], documents: RecordJson) -> bool:
        """Whether `expects` says that no record like this, with these texts, may go unjudged."""
        if not self._is_of_known(record):
            return False
        for expected in self.expects:
            if not _fits_program(record.program, expected.programs):
                continue
            if self.json is not None:
                if all_hold(expected.when, self.json.inside, documents):
                    return True
            elif any(expected.is_of(text) for text in texts):
                return True
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """Which records a rule must be able to judge; those it cannot go to quarantine."""

    programs: tuple[str, ...]
    """Empty: every program."""
    prefix: str = ""
    """How the message begins, for a rule on text."""
    contains: tuple[str, ...] = ()
    """What is somewhere in the message, all of it, for a rule on text."""
    when: tuple[PathCondition, ...] = ()
    """What holds for the document, for a rule over JSON."""

    def is_of(self, message: str) -> bool:
        """Whether a message is of this kind, for a rule on text."""
        return message.startswith(self.prefix) and all(part in message for part in self.contains)


ANY_SOURCE = "*"
"""The source of a record that every rule may judge, whatever sources it names; no source has this name."""


def _fits(value: str | None, allowed: tuple[str, ...]) -> bool:
    return not allowed or value == ANY_SOURCE or value in allowed


def _fits_program(program: str | None, allowed: tuple[str, ...]) -> bool:
    # A record of an unknown program could be of any.
    if not allowed or program is None or program in allowed:
        return True
    # Shippers and daemons write one tag in several ways: `SSHD`, `/usr/sbin/sshd`, `sshd@1`.
    return _plain(program) in map(_plain, allowed)


@lru_cache(maxsize=1024)
def _plain(program: str) -> str:
    return plain_program(program).lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The record is an event, or an occurrence of one."""

    rule: Rule
    fields: dict[str, str]
    """ECS names with dots as underscores (`user_name`, `source_ip`, `host_name`); the unknown is absent."""
    fold_key: str
    """Equal for records that are the same ongoing thing; 64 hexadecimal digits."""
    stranger_key: str | None = None
    """The same where they name nobody whom the configuration knows; None where that makes no difference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """A rule says that nobody has to be asked about the record; it is counted under that rule."""

    rule: Rule
    fields: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A rule should have judged the record and could not, or the record claims to be what it is not."""

    rule: Rule | None
    """None: no rule is about the record, and one should be."""
    reason: str
    """Why, for the security channel; holds no text of the message."""


@dataclass(frozen=True, slots=True)
class Unmatched:
    """No rule is about this record."""

    reason: str
    """Why none took it; holds no text of the record."""
