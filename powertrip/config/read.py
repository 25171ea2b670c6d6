"""Reads a file into sections: each step adds the mistakes it finds, so that all are reported at once."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from powertrip.config.environment import Filled
from powertrip.config.mistakes import mistakes_of
from powertrip.config.schema import dotted, is_key, models_in
from powertrip.config.values import did_you_mean
from powertrip.config.yamlfile import YamlDocument, YamlPath, parse_yaml
from powertrip.errors import ConfigError, Mistake

Root = TypeVar("Root", bound=BaseModel)

Problem = tuple[YamlPath, str]
"""Where a check found something wrong, and what."""


def read_document(path: Path, *, if_missing: str) -> YamlDocument:
    """The YAML file; raises ConfigError where it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError([Mistake(str(path), "", if_missing)]) from None
    except OSError as error:
        raise ConfigError([Mistake(str(path), "", f"cannot be read: {error.strerror}")]) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            [Mistake(str(path), "", f"is not UTF-8 at byte {error.start}; save it so")]
        ) from None
    return parse_yaml(text, str(path))


def top_of(document: YamlDocument) -> dict[str, Any]:
    """The sections of the file; one with nothing but comments in it counts as left out."""
    data = {} if document.data is None else document.data
    if not isinstance(data, dict):
        problem = "must hold sections such as `slack:`, as config.example.yaml does"
        raise ConfigError([Mistake(document.where(()), "", problem)])
    return {key: value for key, value in data.items() if value is not None}


def validate(root: type[Root], filled: Filled, document: YamlDocument) -> tuple[Root | None, list[Mistake]]:
    """The sections, or None and every mistake within one of them."""
    named, unknown = _named(root, filled.data)
    mistakes = [*filled.mistakes.values(), *as_mistakes(unknown, document)]
    try:
        return root.model_validate(named), mistakes
    except ValidationError as error:
        return None, [*mistakes, *mistakes_of(error, root, filled, document)]


def as_mistakes(problems: Iterable[Problem], document: YamlDocument) -> list[Mistake]:
    """The problems with file and line."""
    return [Mistake(document.where(path), dotted(path), problem) for path, problem in problems]


def in_order(mistakes: list[Mistake]) -> list[Mistake]:
    """As the lines of the file come; what is of no line of it, such as a variable, first."""

    def line(mistake: Mistake) -> int:
        number = mistake.where.rpartition(":")[2]
        return int(number) if number.isdecimal() else 0

    return sorted(mistakes, key=line)


def tables(data: Mapping[str, Any], section: str) -> list[tuple[str, dict[str, Any]]]:
    """The sections of a table as written, for checks that look past what has not the expected shape."""
    table = data.get(section)
    if not isinstance(table, dict):
        return []
    return [(name, entry) for name, entry in table.items() if isinstance(entry, dict)]


def _named(root: type[BaseModel], data: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """The data with each section's key put in where its model wants it; nobody may write it."""
    filled, problems = dict(data), list[Problem]()
    for section, field in root.model_fields.items():
        models = models_in(field.annotation)[0]
        keys = [name for model in models for name, inner in model.model_fields.items() if is_key(inner)]
        if not keys or not isinstance(data.get(section), dict):
            continue
        known = [name for model in models for name in model.model_fields if name not in keys]
        for name, entry in tables(data, section):
            # Pydantic would take what is written for the key, as it cannot tell the two apart.
            if keys[0] in entry:
                problems.append(((section, name, keys[0]), did_you_mean(keys[0], known, "setting")))
        filled[section] = {
            name: entry | {keys[0]: str(name)} if isinstance(entry, dict) else entry
            for name, entry in data[section].items()
        }
    return filled, problems
