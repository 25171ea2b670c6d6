"""One well-shaped entry -> Rule, with every mistake that only compiling its patterns can show."""

from collections.abc import Iterable, Mapping
from string import Template

from powertrip.config.values import did_you_mean
from powertrip.domain import headline
from powertrip.domain.event import Severity
from powertrip.errors import Mistake
from powertrip.rules.compiler import Compiler
from powertrip.rules.entry import EventEntry, IgnoreEntry, RawEntry
from powertrip.rules.judgements import MESSAGE, WITHIN_MESSAGE, Rule
from powertrip.rules.lookup import JsonTest
from powertrip.rules.pattern import Pattern

DEFAULT_MAY_VARY = ("source_port",)
"""A port tells two logins of one person apart, and nothing of either."""
# The keys of `trust`, as records name them: journald sets those with a _, and no writer can forge them.
_STATED_AS = {"facility": "facility", "journald_uid": "_UID", "journald_comm": "_COMM"}


def build_rule(raw: RawEntry, entry: EventEntry | IgnoreEntry) -> Rule | list[Mistake]:
    """The rule, or all that is wrong with it."""
    compiler = Compiler(raw)
    patterns = compiler.patterns(entry.pattern or [], unanchored=entry.unanchored)
    json = compiler.json_test(entry)
    expects = compiler.expectations(entry)
    if compiler.mistakes:
        # Nobody knows yet which fields there are, and right names would be called unknown.
        return compiler.mistakes

    captured = {name for pattern in patterns for name in pattern.names} | set(json.lookups if json else ())
    constants = {name: text for name, text in entry.fields.items() if isinstance(text, str)}
    known = captured | constants.keys() | {"host_name"}
    for name in entry.types.keys() - captured:
        problem = did_you_mean(name, sorted(captured), "captured field")
        if not captured:
            problem = f"is no field, as the pattern captures none; write (?P<{name}>...) in it"
        compiler.mistake(problem, "types", name)
    _check_constants(compiler, constants, captured)
    where = compiler.conditions("where", entry.where, entry.types, known)
    unless = compiler.conditions("unless", entry.unless, entry.types, known)
    action, severity = entry.name, Severity.LOW
    keys: list[str] = []
    strangers_may_vary: tuple[str, ...] = ()
    may_vary, folds_people = [name for name in DEFAULT_MAY_VARY if name in known], False
    shown: tuple[str, ...] = ()
    if isinstance(entry, EventEntry):
        action, severity = entry.action or entry.name, Severity(entry.severity)
        if entry.may_vary is not None:
            within = [name for name in entry.may_vary if json and name.startswith(WITHIN_MESSAGE)]
            keys = [name.removeprefix(WITHIN_MESSAGE) for name in within]
            may_vary = [name for name in entry.may_vary if name not in within]
        elif entry.fold_by and json:
            # An object tells its own id and time, so of what `fold_by` was for nothing would be left.
            may_vary = [*may_vary, MESSAGE]
        folds_people = entry.folds_people
        strangers_may_vary = tuple(entry.strangers_may_vary or ())
        _check_folding(compiler, entry, may_vary, known)
        shown = tuple(entry.headline or ())
        if entry.headline is None:
            shown = headline.default(_in_order(patterns, json, constants))
        for name in sorted(set(shown) - known):
            compiler.mistake(did_you_mean(name, sorted(known), "field"), "headline")
    trust = entry.trust.model_dump(exclude_none=True) if entry.trust else {}
    return compiler.mistakes or Rule(
        name=entry.name,
        title=entry.title or entry.name,
        action=action,
        severity=severity,
        patterns=patterns,
        json=json,
        sources=tuple(entry.source or ()),
        programs=tuple(entry.program or ()),
        program_known=entry.program_known,
        types=entry.types,
        unescape=entry.unescape,
        constants={name: Template(text) for name, text in constants.items()},
        where=where,
        unless=unless,
        may_vary=tuple(may_vary),
        keys_may_vary=tuple(keys),
        folds_people=folds_people,
        strangers_may_vary=strangers_may_vary,
        headline=shown,
        expects=expects,
        trust={_STATED_AS[key]: tuple(allowed) for key, allowed in trust.items()},
        ignore=isinstance(entry, IgnoreEntry),
        pack=raw.pack,
    )


def _in_order(
    patterns: Iterable[Pattern], json: JsonTest | None, constants: Iterable[str]
) -> dict[str, None]:
    """The names of the fields, in the order in which the rule names them."""
    captured = (name for pattern in patterns for name in pattern.names)
    return dict.fromkeys([*captured, *(json.lookups if json else ()), *constants])


def _check_constants(compiler: Compiler, constants: Mapping[str, str], captured: set[str]) -> None:
    # One constant in another is not there yet when it is asked for.
    usable = captured | {"host_name"}
    for name, text in constants.items():
        template = Template(text)
        if name in captured:
            problem = "is captured by the pattern already; give one of the two another name"
            compiler.mistake(problem, "fields", name)
        if not template.is_valid():
            problem = "has a $ that names no field; write $$ for a dollar sign"
            compiler.mistake(problem, "fields", name)
            continue
        for unknown in sorted(set(template.get_identifiers()) - usable):
            compiler.mistake(did_you_mean(unknown, sorted(usable), "captured field"), "fields", name)


def _check_folding(compiler: Compiler, entry: EventEntry, may_vary: list[str], known: set[str]) -> None:
    strangers = entry.strangers_may_vary or []
    named = {"may_vary": may_vary, "fold_by": entry.fold_by or (), "strangers_may_vary": strangers}
    for key, names in named.items():
        for name in names:
            if name not in known and not (key != "fold_by" and name == MESSAGE):
                compiler.mistake(did_you_mean(name, sorted(known), "field"), key)
    if strangers and ("source_ip" not in known or "source_ip" in strangers):
        compiler.mistake(
            "would fold what came from anywhere into one event; capture source_ip and do not let it vary",
            "strangers_may_vary",
        )
    if ("user_name" not in known or "user_name" in may_vary) and not entry.folds_people:
        path = ("may_vary",) if "user_name" in may_vary else ()
        compiler.mistake(
            "would fold what different people did into one event, and only one of them would be asked; "
            "capture user_name and do not let it vary, or write `folds_people: true`",
            *path,
        )
