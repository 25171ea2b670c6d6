"""Says in a sentence what is wrong with a setting, where it stands, and what to write instead."""

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from difflib import get_close_matches
from itertools import groupby

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from powertrip.config.environment import Filled
from powertrip.config.schema import (
    Location,
    dotted,
    environment_of,
    how_written,
    is_key,
    locate,
    models_in,
    tag_of,
)
from powertrip.config.values import did_you_mean, quoted, write_duration
from powertrip.config.yamlfile import YamlDocument
from powertrip.errors import Mistake

_TEXTS = {
    "bool_parsing": "write true or false",
    "bool_type": "write true or false",
    "enum": "write {expected}",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "greater_than_equal": "must be at least {ge}",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "less_than_equal": "must be at most {le}",
    "literal_error": "write {expected}",
    "string_type": "must be text; put it in quotes if it looks like a number",
    "too_long": "must have at most {max_length} entries",
    "too_short": "must not be empty",
    "tuple_type": "must be a list, with `- ` before each entry",
}
# As pydantic names the members of an enum among the choices of a Literal: <RiskLevel.LOW: 'low'>.
_MEMBER_OF_ENUM = re.compile(r"<[\w.]+: ('[^']*')>")
_CHOICE = re.compile(r"'[^']*'")
_DURATION = re.compile(r"datetime\.timedelta\(((?:days|seconds|microseconds|, |=|\d)+)\)")
# Only these may quote what was written: a setting of any other kind may hold a secret.
_QUOTABLE = ("bool_parsing", "enum", "float_parsing", "int_parsing", "int_from_float", "literal_error")


def mistakes_of(
    error: ValidationError, root: type[BaseModel], filled: Filled, document: YamlDocument
) -> Iterator[Mistake]:
    """One mistake for each of pydantic's errors; what is already known of a path is not said twice."""
    for details in _choices_joined(_all_errors(error, root)):
        location = locate(root, details["loc"])
        is_of_type = details["type"].startswith("union_tag")
        path = (*location.path, "type") if is_of_type else location.path
        if path in filled.mistakes:
            continue
        variable = filled.variables.get(path)
        where = f"environment variable {variable}" if variable else document.where(path)
        yield Mistake(where, dotted(path), _problem(details, location))


def _choices_joined(errors: Iterable[ErrorDetails]) -> Iterator[ErrorDetails]:
    """One error for a union of choices, of which pydantic makes one for each member."""
    for is_choice, together in groupby(errors, key=_is_member_of_choices):
        if not is_choice:
            yield from together
            continue
        for _, members in groupby(together, key=lambda details: details["loc"][:-1]):
            first, *others = members
            named = [each.get("ctx", {}).get("expected", "") for each in (first, *others)]
            choices = _CHOICE.findall(", ".join(named))
            expected = f"{', '.join(choices[:-1])} or {choices[-1]}"
            yield first | {"loc": first["loc"][:-1], "ctx": {"expected": expected}}


def _is_member_of_choices(details: ErrorDetails) -> bool:
    member = details["loc"][-1] if details["loc"] else ""
    return details["type"] in ("enum", "literal_error") and str(member).startswith(("literal[", "str-enum["))


def _all_errors(error: ValidationError, root: type[BaseModel]) -> Iterator[ErrorDetails]:
    """Pydantic's errors, and those of a section whose type is wrong, which it does not look into."""
    for details in error.errors(include_url=False, include_context=True):
        yield details
        section = details["input"]
        if not details["type"].startswith("union_tag") or not isinstance(section, dict):
            continue
        models = locate(root, details["loc"]).inside
        tags = {tag_of(model): model for model in models}
        near = get_close_matches(str(section.get("type")), tags, n=1)
        tag = near[0] if near else next(iter(tags))
        # The nearest type is a guess: of it only what holds for all types, or for none, is surely a mistake.
        common = set.intersection(*(set(model.model_fields) for model in models))
        known = {name for model in models for name in model.model_fields}
        try:
            tags[tag].model_validate(section | {"type": tag})
        except ValidationError as inner_error:
            for inner in inner_error.errors(include_url=False, include_context=True):
                if inner["loc"][0] in common or inner["loc"][0] not in known:
                    yield inner | {"loc": (*details["loc"], tag, *inner["loc"])}


def _problem(details: ErrorDetails, location: Location) -> str:
    kind = details["type"]
    if kind == "extra_forbidden":
        return _unknown_key(location)
    if kind == "missing":
        variable = location.field and environment_of(location.field)
        set_it = f"set {variable.name} in the environment, or " if variable else ""
        remedy = f"; {set_it}write {how_written(location.field)}" if location.field else ""
        return f"is missing{remedy}"
    if kind.startswith("union_tag"):
        types = [tag_of(model) for model in location.inside]
        if kind == "union_tag_invalid":
            return did_you_mean(str(details["input"]["type"]), types, "type")
        return f"is missing; write {', '.join(types[:-1])} or {types[-1]}"
    if kind in ("dict_type", "model_type", "model_attributes_type"):
        return _how_a_section_is_written(location)
    text = details["msg"].removeprefix("Value error, ")
    if kind in _TEXTS:
        limits = {name: _limit(value) for name, value in details.get("ctx", {}).items()}
        text = _MEMBER_OF_ENUM.sub(r"\1", _TEXTS[kind].format(**limits))
    return f"{text}, not {quoted(details['input'])}" if kind in _QUOTABLE else text


def _limit(value: object) -> object:
    """A limit as people write it; pydantic gives that of a duration as Python does."""
    if not (is_duration := _DURATION.fullmatch(str(value))):
        return value
    parts = {unit: int(number) for unit, number in re.findall(r"(\w+)=(\d+)", is_duration[1])}
    return write_duration(timedelta(**parts))


def _how_a_section_is_written(location: Location) -> str:
    """What to write where there is a text or a list in place of settings."""
    fields = [
        name
        for name, field in (location.inside[0].model_fields if location.inside else {}).items()
        if not is_key(field)
    ]
    # A table has a name of the operator's above the settings, which an entry of it has already.
    depth = len(models_in(location.field.annotation)[1]) if location.field else 0
    key = str(location.path[-1])
    within_table = bool(depth) and location.model is not None and key not in location.model.model_fields
    settings = f"{{{fields[0]}: …}}" if fields else "name: value"
    if depth and not within_table:
        settings = f"NAME: {settings}"
    elif fields:
        settings = f"{key}: {settings}"
    return f"must hold settings, written as `{settings}`, or each on a line of its own"


def _unknown_key(location: Location) -> str:
    key = str(location.path[-1])
    types = [tag_of(model) for model in location.others if key in model.model_fields]
    if types and location.model:
        # Beyond three types the list says no more than that this one is not among them.
        where = f", but for {' and '.join(types)}" if len(types) < 4 else ""
        return f"is not for type {tag_of(location.model)}{where}; remove it"
    known = [*location.model.model_fields] if location.model else []
    if len(location.path) == 1:
        # The rules are read by themselves, and no model has them.
        known.append("rules")
    return did_you_mean(key, known, "setting")
