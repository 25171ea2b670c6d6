"""Says in a sentence what is wrong with a setting, where it stands, and what to write instead."""

from collections.abc import Iterator

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from powertrip.config.environment import Filled
from powertrip.config.schema import dotted, environment_of, field_at, how_written, model_at
from powertrip.config.values import quoted
from powertrip.errors import Mistake
from powertrip.rules.entry import did_you_mean
from powertrip.yamlfile import Document, YamlPath

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


def mistakes_of(error: ValidationError, filled: Filled, document: Document) -> Iterator[Mistake]:
    """One mistake for each of pydantic's errors; what is already known of a path is not said twice."""
    for details in error.errors(include_url=False, include_context=True):
        path: YamlPath = tuple(step for step in details["loc"] if step != "[key]")
        if path in filled.mistakes:
            continue
        variable = filled.variables.get(path)
        where = f"environment variable {variable}" if variable else document.where(path)
        yield Mistake(where, dotted(path), _problem(details, path))


def _problem(details: ErrorDetails, path: YamlPath) -> str:
    kind = details["type"]
    if kind == "extra_forbidden":
        return _unknown_key(path)
    if kind == "missing":
        return _missing(path)
    if kind == "value_error":
        return details["msg"].removeprefix("Value error, ")
    text = _TEXTS[kind].format(**details.get("ctx", {})) if kind in _TEXTS else details["msg"]
    return f"{text}, not {quoted(details['input'])}" if kind in _QUOTABLE else text


def _unknown_key(path: YamlPath) -> str:
    model = model_at(path[:-1])
    known = [*model.model_fields] if model else []
    known += ["rules"] if len(path) == 1 else []
    return did_you_mean(str(path[-1]), known, "setting")


def _missing(path: YamlPath) -> str:
    field = field_at(path)
    if field is None:
        return "is missing"
    variable = environment_of(field)
    set_it = f"set {variable.name} in the environment, or " if variable else ""
    return f"is missing; {set_it}write {how_written(field)}"
