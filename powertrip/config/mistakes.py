"""Says in a sentence what is wrong with a setting, where it stands, and what to write instead."""

from collections.abc import Iterator
from difflib import get_close_matches

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from powertrip.config.environment import Filled
from powertrip.config.schema import Location, dotted, environment_of, how_written, locate, tag_of
from powertrip.config.values import did_you_mean, quoted
from powertrip.config.yamlfile import YamlDocument
from powertrip.errors import Mistake

_TEXTS = {
    "bool_parsing": "write true or false",
    "bool_type": "write true or false",
    "dict_type": "must hold settings, written as `name: value` on lines of their own",
    "enum": "write {expected}",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "greater_than_equal": "must be at least {ge}",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "less_than_equal": "must be at most {le}",
    "literal_error": "write {expected}",
    "model_type": "must hold settings, written as `name: value` on lines of their own",
    "string_type": "must be text; put it in quotes if it looks like a number",
    "too_short": "must not be empty",
    "tuple_type": "must be a list, with `- ` before each entry",
}
# Only these may quote what was written: a setting of any other kind may hold a secret.
_QUOTABLE = ("bool_parsing", "enum", "float_parsing", "int_parsing", "int_from_float", "literal_error")


def mistakes_of(
    error: ValidationError, root: type[BaseModel], filled: Filled, document: YamlDocument
) -> Iterator[Mistake]:
    """One mistake for each of pydantic's errors; what is already known of a path is not said twice."""
    for details in _all_errors(error, root):
        place = locate(root, details["loc"])
        path = (*place.path, "type") if details["type"].startswith("union_tag") else place.path
        if path in filled.mistakes:
            continue
        variable = filled.variables.get(path)
        where = f"environment variable {variable}" if variable else document.where(path)
        yield Mistake(where, dotted(path), _problem(details, place))


def _all_errors(error: ValidationError, root: type[BaseModel]) -> Iterator[ErrorDetails]:
    """Pydantic's errors, and those of a section whose type is wrong, which it does not look into."""
    for details in error.errors(include_url=False, include_context=True):
        yield details
        if details["type"].startswith("union_tag") and isinstance(details["input"], dict):
            yield from _errors_beside_type(details, root)


def _errors_beside_type(details: ErrorDetails, root: type[BaseModel]) -> Iterator[ErrorDetails]:
    models = locate(root, details["loc"]).inside
    tags = {tag_of(model): model for model in models}
    near = get_close_matches(str(details["input"].get("type")), tags, n=1)
    tag = near[0] if near else next(iter(tags))
    common = set.intersection(*(set(model.model_fields) for model in models))
    known = {name for model in models for name in model.model_fields}
    try:
        tags[tag].model_validate(details["input"] | {"type": tag})
    except ValidationError as error:
        for inner in error.errors(include_url=False, include_context=True):
            if inner["loc"][0] in common or inner["loc"][0] not in known:
                yield inner | {"loc": (*details["loc"], tag, *inner["loc"])}


def _problem(details: ErrorDetails, place: Location) -> str:
    kind = details["type"]
    if kind == "extra_forbidden":
        return _unknown_key(place)
    if kind == "missing":
        return _missing(place)
    if kind.startswith("union_tag"):
        return _wrong_type(details, [tag_of(model) for model in place.inside])
    if kind == "value_error":
        return details["msg"].removeprefix("Value error, ")
    text = _TEXTS[kind].format(**details.get("ctx", {})) if kind in _TEXTS else details["msg"]
    return f"{text}, not {quoted(details['input'])}" if kind in _QUOTABLE else text


def _wrong_type(details: ErrorDetails, types: list[str]) -> str:
    if details["type"] == "union_tag_not_found":
        return f"is missing; write {', '.join(types[:-1])} or {types[-1]}"
    return did_you_mean(str(details["input"]["type"]), types, "type")


def _unknown_key(place: Location) -> str:
    key = str(place.path[-1])
    types = [tag_of(model) for model in place.others if key in model.model_fields]
    if types and place.model:
        where = f", but for {' and '.join(types)}" if len(types) < 4 else ""
        return f"is not for type {tag_of(place.model)}{where}; remove it"
    known = [*place.model.model_fields] if place.model else []
    known += ["rules"] if len(place.path) == 1 else []
    return did_you_mean(key, known, "setting")


def _missing(place: Location) -> str:
    if place.field is None:
        return "is missing"
    variable = environment_of(place.field)
    set_it = f"set {variable.name} in the environment, or " if variable else ""
    return f"is missing; {set_it}write {how_written(place.field)}"
