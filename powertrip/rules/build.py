"""One well-shaped entry -> Rule, with every mistake that only compiling its patterns can show."""

import ipaddress
from collections.abc import Iterator, Mapping
from string import Template

from powertrip.config.values import did_you_mean
from powertrip.domain.event import Severity
from powertrip.errors import Mistake
from powertrip.rules.build_json import JsonParts, build_json, constants_of
from powertrip.rules.entry import EventEntry, IgnoreEntry, RawEntry, Trust
from powertrip.rules.fields import Condition, Network, read_ip
from powertrip.rules.pattern import Pattern, compile_pattern, join_lines
from powertrip.rules.verdicts import Expectation, Rule

DEFAULT_FOLD_BY = ("user_name", "host_name", "source_ip")
FACILITY, JOURNALD_UID, JOURNALD_COMM = "facility", "_UID", "_COMM"


def build_rule(raw: RawEntry, entry: EventEntry | IgnoreEntry) -> Rule | list[Mistake]:
    """The rule, or all that is wrong with it."""
    patterns, mistakes = compile_patterns(raw, entry.pattern or [], unanchored=entry.unanchored)
    json = build_json(raw, entry)
    if mistakes or json.mistakes:
        return [*mistakes, *json.mistakes]
    captured = {name for pattern in patterns for name in pattern.names} | json.names
    known = captured | set(entry.fields) | {"host_name"}
    fold_by = _fold_by(entry, known)
    where, where_mistakes = read_conditions(raw, "where", entry.where, entry.types, known)
    unless, unless_mistakes = read_conditions(raw, "unless", entry.unless, entry.types, known)
    mistakes = [
        *_type_mistakes(raw, entry, captured),
        *_constant_mistakes(raw, entry, captured),
        *where_mistakes,
        *unless_mistakes,
        *(_fold_mistakes(raw, entry, fold_by, known) if isinstance(entry, EventEntry) else ()),
    ]
    return mistakes or _rule(raw, entry, patterns, json, where, unless, fold_by)


def _rule(
    raw: RawEntry,
    entry: EventEntry | IgnoreEntry,
    patterns: tuple[Pattern, ...],
    json: JsonParts,
    where: tuple[Condition, ...],
    unless: tuple[Condition, ...],
    fold_by: tuple[str, ...],
) -> Rule:
    programs = tuple(entry.program or ())
    return Rule(
        name=entry.name,
        title=entry.title or entry.name,
        action=(isinstance(entry, EventEntry) and entry.action) or entry.name,
        severity=Severity(entry.severity if isinstance(entry, EventEntry) else "low"),
        patterns=patterns,
        json=json.test,
        sources=tuple(entry.source or ()),
        programs=programs,
        types=entry.types,
        unescape=entry.unescape,
        constants={name: Template(text) for name, text in constants_of(entry).items()},
        where=where,
        unless=unless,
        fold_by=fold_by,
        expects=_expectation(entry, programs, json),
        trust=_trust(entry.trust),
        ignore=isinstance(entry, IgnoreEntry),
        pack=raw.pack,
    )


def _expectation(
    entry: EventEntry | IgnoreEntry, programs: tuple[str, ...], json: JsonParts
) -> Expectation | None:
    expects = entry.expects
    if expects is None:
        return None
    return Expectation(
        programs=tuple(expects.program or programs),
        prefix=expects.prefix or "",
        contains=expects.contains or "",
        when=json.expected,
    )


def _trust(trust: Trust | None) -> dict[str, tuple[str, ...]]:
    if trust is None:
        return {}
    stated = {
        FACILITY: trust.facility,
        JOURNALD_UID: trust.journald_uid,
        JOURNALD_COMM: trust.journald_comm,
    }
    return {name: tuple(allowed) for name, allowed in stated.items() if allowed is not None}


def compile_patterns(
    raw: RawEntry, texts: list[str], *, unanchored: bool
) -> tuple[tuple[Pattern, ...], list[Mistake]]:
    """The entry's patterns, and what is wrong with them."""
    patterns, mistakes = [], []
    for number, text in enumerate(texts):
        path = ("pattern", number) if len(texts) > 1 else ("pattern",)
        try:
            patterns.append(compile_pattern(join_lines(text), unanchored=unanchored))
        except ValueError as error:
            mistakes += [raw.mistake(problem, *path) for problem in error.args]
    return tuple(patterns), mistakes


def pattern_mistakes(raw: RawEntry) -> list[Mistake]:
    """What is wrong with the patterns of an entry that has mistakes of shape too: all are told at once."""
    given = raw.data.get("pattern", [])
    texts = [text for text in (given if isinstance(given, list) else [given]) if isinstance(text, str)]
    return compile_patterns(raw, texts, unanchored=raw.data.get("unanchored") is True)[1]


def _type_mistakes(raw: RawEntry, entry: EventEntry | IgnoreEntry, captured: set[str]) -> Iterator[Mistake]:
    for name in entry.types.keys() - captured:
        yield raw.mistake(did_you_mean(name, sorted(captured), "captured field"), "types", name)


def _constant_mistakes(
    raw: RawEntry, entry: EventEntry | IgnoreEntry, captured: set[str]
) -> Iterator[Mistake]:
    usable = sorted(captured | {"host_name"})
    for name, text in constants_of(entry).items():
        template = Template(text)
        if name in captured:
            yield raw.mistake(
                "is captured by the pattern already; give one of the two another name", "fields", name
            )
        if not template.is_valid():
            yield raw.mistake("has a $ that names no field; write $$ for a dollar sign", "fields", name)
            continue
        for unknown in sorted(set(template.get_identifiers()) - set(usable)):
            yield raw.mistake(did_you_mean(unknown, usable, "captured field"), "fields", name)


def _fold_by(entry: EventEntry | IgnoreEntry, known: set[str]) -> tuple[str, ...]:
    if isinstance(entry, EventEntry) and entry.fold_by is not None:
        return tuple(entry.fold_by)
    return tuple(name for name in DEFAULT_FOLD_BY if name in known)


def _fold_mistakes(
    raw: RawEntry, entry: EventEntry, fold_by: tuple[str, ...], known: set[str]
) -> Iterator[Mistake]:
    for name in fold_by:
        if name not in known:
            yield raw.mistake(did_you_mean(name, sorted(known), "field"), "fold_by")
    if "user_name" not in fold_by and not entry.folds_people:
        path = ("fold_by",) if entry.fold_by is not None else ()
        yield raw.mistake(
            "would fold what different people did into one event, and only one of them would be asked; "
            "capture user_name and have it in fold_by, or write `folds_people: true`",
            *path,
        )


def read_conditions(
    raw: RawEntry, key: str, where: dict[str, list[str]], types: Mapping[str, str], known: set[str]
) -> tuple[tuple[Condition, ...], list[Mistake]]:
    """The conditions under `where` or `unless`, and what is wrong with them."""
    conditions, mistakes = [], []
    for name, values in where.items():
        if name not in known:
            mistakes.append(raw.mistake(did_you_mean(name, sorted(known), "field"), key, name))
            continue
        try:
            conditions.append(_condition(name, values, is_ip=types.get(name) == "ip"))
        except ValueError as error:
            mistakes.append(raw.mistake(f"is not an address or a network: {error}", key, name))
    return tuple(conditions), mistakes


def _condition(name: str, values: list[str], *, is_ip: bool) -> Condition:
    if not is_ip:
        return Condition(name, frozenset(values))
    addresses = frozenset(read_ip(value) for value in values if "/" not in value)
    networks: tuple[Network, ...] = tuple(ipaddress.ip_network(value) for value in values if "/" in value)
    return Condition(name, addresses, networks)
