"""The shapes of one entry under `rules:` in YAML, and what is said of an entry that has none of them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    ValidationError,
)
from pydantic_core import ErrorDetails

from powertrip.config.values import did_you_mean
from powertrip.config.yamlfile import YamlPath
from powertrip.errors import Mistake

Where: TypeAlias = Callable[[YamlPath], str]
"""File and line of a path that begins with an entry's position in the list of rules."""


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _as_text(value: Any) -> Any:
    # `source_port: 22` needs no quotes; true and false are surely meant otherwise.
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Text: TypeAlias = Annotated[str, StringConstraints(min_length=1)]
Name: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Value: TypeAlias = Annotated[Text, BeforeValidator(_as_text)]
Texts: TypeAlias = Annotated[list[Text], BeforeValidator(_as_list), Field(min_length=1)]
Values: TypeAlias = Annotated[list[Value], BeforeValidator(_as_list), Field(min_length=1)]
SeverityName: TypeAlias = Literal["low", "medium", "high", "critical"]


class Shape(BaseModel):
    """Unknown keys and values of the wrong type are mistakes, never guesses."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ValuePattern(Shape):
    """A condition on a value in JSON that is a pattern."""

    pattern: Text


class LookupEntry(Shape):
    """One place in JSON that a field may be taken from."""

    path: Text
    pattern: Text | None = None


JsonValue: TypeAlias = Annotated[
    str | None,
    # In a condition on JSON true and false are meant, and compared as JSON writes them.
    BeforeValidator(lambda value: str(value).lower() if isinstance(value, bool) else _as_text(value)),
]
JsonValues: TypeAlias = Annotated[list[JsonValue], BeforeValidator(_as_list), Field(min_length=1)]
Lookups: TypeAlias = Annotated[list[LookupEntry], BeforeValidator(_as_list), Field(min_length=1)]
# Pydantic puts these tags into the path of a mistake; in brackets, so that they can be taken out of it again.
WhenValue: TypeAlias = Annotated[
    Annotated[JsonValues, Tag("[values]")] | Annotated[ValuePattern, Tag("[pattern]")],
    Discriminator(lambda value: "[pattern]" if isinstance(value, dict) else "[values]"),
]
FieldValue: TypeAlias = Annotated[
    Annotated[Value, Tag("[plain]")] | Annotated[Lookups, Tag("[paths]")],
    Discriminator(lambda value: "[paths]" if isinstance(value, dict | list) else "[plain]"),
]
When: TypeAlias = Annotated[dict[Text, WhenValue], Field(min_length=1)]
FieldCondition: TypeAlias = Annotated[
    Annotated[Values, Tag("[values]")] | Annotated[ValuePattern, Tag("[pattern]")],
    Discriminator(lambda value: "[pattern]" if isinstance(value, dict) else "[values]"),
]


class Expects(Shape):
    """Which records the rule must be able to judge: `prefix` or `contains` for a pattern, `when` for JSON."""

    program: Texts | None = None
    prefix: Text | None = None
    contains: Texts | None = None
    """All of these."""
    when: When | None = None


Expected: TypeAlias = Annotated[list[Expects], BeforeValidator(_as_list), Field(min_length=1)]


class Trust(Shape):
    """What the log system must say of the writer, where it says anything."""

    facility: Texts | None = None
    journald_uid: Values | None = None
    journald_comm: Texts | None = None


class Recognition(Shape):
    """What every rule has that recognises records itself: by a pattern on text, or by `when` on JSON."""

    name: Name
    pattern: Texts | None = None
    unanchored: bool = False
    inside: Texts | None = None
    when: When | None = None
    source: Texts | None = None
    program: Texts | None = None
    program_known: bool = False
    types: dict[str, Literal["ip", "port"]] = Field(default_factory=dict)
    unescape: Literal["vis"] | None = None
    where: dict[str, FieldCondition] = Field(default_factory=dict)
    unless: dict[str, FieldCondition] = Field(default_factory=dict)
    fields: dict[Name, FieldValue] = Field(default_factory=dict)
    expects: Expected | None = None
    """Any of these."""
    trust: Trust | None = None


class EventEntry(Recognition):
    """A rule whose matches are events."""

    title: Text
    action: Text | None = None
    severity: SeverityName = "medium"
    headline: Annotated[list[Text], BeforeValidator(_as_list)] | None = None
    may_vary: Annotated[list[Text], BeforeValidator(_as_list)] | None = None
    fold_by: Texts | None = None
    folds_people: bool = False
    strangers_may_vary: Annotated[list[Text], BeforeValidator(_as_list)] | None = None
    ignore: Literal[False] = False


class IgnoreEntry(Recognition):
    """A rule whose matches nobody is asked about."""

    title: Text | None = None
    ignore: Literal[True]


class NarrowEntry(Shape):
    """An ignore rule that takes another rule's pattern and adds conditions."""

    name: Name
    rule: Name
    where: dict[str, FieldCondition] = Field(min_length=1)
    title: Text | None = None
    ignore: Literal[True]


class UseEntry(Shape):
    """A pack of rules, with what is to be different in all of its rules."""

    use: Text
    severity: SeverityName | None = None
    source: Texts | None = None
    program: Texts | None = None
    trust: Trust | None = None


ShapeT = TypeVar("ShapeT", bound=Shape)


@dataclass(frozen=True, slots=True)
class RawEntry:
    """One entry as the YAML has it, and where it stands."""

    data: dict[Any, Any]
    position: int
    where: Where
    pack: str | None = None

    def mistake(self, problem: str, *path: str | int) -> Mistake:
        """A mistake in this entry, at the key that `path` names."""
        label = self.data.get("name", self.position)
        setting = ".".join(str(step) for step in ("rules", label, *path))
        return Mistake(self.where((self.position, *path)), setting, problem)


def parse_rule(raw: RawEntry) -> EventEntry | IgnoreEntry | NarrowEntry | list[Mistake]:
    """The entry in the shape that its keys call for, or all that is wrong with it."""
    if raw.data.get("ignore") is not True:
        return parse_entry(raw, EventEntry)
    if "rule" in raw.data:
        return parse_entry(raw, NarrowEntry)
    return parse_entry(raw, IgnoreEntry)


def parse_entry(raw: RawEntry, shape: type[ShapeT]) -> ShapeT | list[Mistake]:
    """The entry in this shape, or all that is wrong with it."""
    conflicts = list(_conflicts(raw)) if issubclass(shape, Recognition) else []
    try:
        entry = shape.model_validate(raw.data)
    except ValidationError as error:
        mistakes = []
        for details in error.errors(include_url=False):
            path = [step for step in details["loc"] if not str(step).startswith("[")]
            if path[:1] == ["expects"] and not isinstance(raw.data["expects"], list):
                # One alone stands in no list in the file.
                del path[1]
            mistakes.append(raw.mistake(_problem(details, shape), *path))
        return [*mistakes, *conflicts]
    return conflicts or entry


def _conflicts(raw: RawEntry) -> Iterator[Mistake]:
    """Keys that are missing, or do not go together, for a rule on text or for one over JSON."""
    over_json = "when" in raw.data
    foreign: tuple[str, ...] = ("inside",)
    expected: tuple[str, ...] = ("prefix", "contains")
    unexpected: tuple[str, ...] = ("when",)
    other = "has no `when` and so is not over JSON"
    if over_json:
        foreign = ("pattern", "unescape", "unanchored")
        expected, unexpected = unexpected, expected
        other = "has `when` and so is over JSON"
    elif "pattern" not in raw.data:
        yield raw.mistake(_MISSING["pattern"], "pattern")
    problem = f"cannot be here, as the rule {other}; leave out one of the two"
    for key in foreign:
        if key in raw.data:
            yield raw.mistake(problem, key)
    written = raw.data.get("expects")
    for number, expects in enumerate(written if isinstance(written, list) else [written]):
        if not isinstance(expects, dict):
            continue
        at = ("expects", number) if isinstance(written, list) else ("expects",)
        if expects.keys().isdisjoint(expected):
            yield raw.mistake(_MISSING[f"expects.{expected[0]}"], *at, expected[0])
            continue
        for key in unexpected:
            # Beside a key that counts it would read as one more condition, and never be looked at.
            if key in expects:
                yield raw.mistake(problem, *at, key)


_PROBLEMS = {
    "string_type": "must be text; put it in quotes",
    "bool_type": "must be true or false",
    "dict_type": "must be a mapping of names to values",
    "model_type": "must be a mapping, with the keys {keys}",
    "list_type": "must be a text or a list of texts",
    "string_too_short": "is empty; leave it out or fill it",
    "too_short": "is empty; leave it out or fill it",
    "string_pattern_mismatch": "must be lower-case letters, digits and underscores, and begin with a letter",
    "literal_error": "must be {expected}",
}

_MISSING: Mapping[str, str] = {
    "name": "is missing; give the rule a name of its own, such as `name: vpn_login`",
    "title": "is missing; say what happened as people will read it, such as `title: VPN login`",
    "pattern": "is missing; write what the whole message looks like, such as "
    "`pattern: '^user (?P<user_name>[^ ]+) logged in$'`, or for JSON `when: {action: login}`",
    "where": "is missing; without it every match of that rule would be ignored. Write for example "
    "`where: {user_name: oswaldo, source_ip: 192.0.2.7}`",
    "expects.prefix": "is missing; write how the messages begin that the rule must judge, or in "
    "`contains` what is in them",
    "expects.when": "is missing; write which records the rule must judge, such as `when: {action: login}`",
    "path": "is missing; write where the value stands, such as `{path: actor.email}`",
}


def _problem(details: ErrorDetails, shape: type[Shape]) -> str:
    kind, key = details["type"], str(details["loc"][-1])
    if kind == "missing":
        return _MISSING.get(key, "is missing")
    if kind == "extra_forbidden":
        holder = _shape_at(shape, details["loc"][:-1])
        if holder in (IgnoreEntry, NarrowEntry) and key in EventEntry.model_fields:
            means = "takes it from the rule it names" if holder is NarrowEntry else "makes no event"
            return f"an ignore rule {means} and has no {key}; leave it out"
        return did_you_mean(key, list(holder.model_fields), "key")
    if kind == "string_type" and isinstance(details["input"], list):
        return "must be one text, not a list"
    text = _PROBLEMS.get(kind, details["msg"])
    keys = ", ".join(_shape_at(shape, details["loc"]).model_fields)
    return text.format(**details.get("ctx", {}), keys=keys) if "{" in text else text


def _shape_at(shape: type[Shape], path: tuple[int | str, ...]) -> type[Shape]:
    """The shape of the mapping at the path: the entry's own, or that of one within it."""
    inner: dict[str, type[Shape]] = {"expects": Expects, "trust": Trust, "[pattern]": ValuePattern}
    if "[paths]" in path:
        return LookupEntry
    # One of several stands at its number.
    names = [str(step) for step in path if not isinstance(step, int)]
    return inner.get(names[-1], shape) if names else shape
