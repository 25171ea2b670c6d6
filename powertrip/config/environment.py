"""Brings the environment into the settings: `${NAME}` in values, and variables that stand for a setting."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from powertrip.config.schema import all_settings, dotted, environment_of
from powertrip.config.yamlfile import YamlDocument, YamlPath
from powertrip.errors import Mistake

_REFERENCE = re.compile(r"\$\{(?P<inside>[^}]*)\}?")
_INSIDE = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(:-(?P<default>.*))?")


@dataclass
class Filled:
    """The data of the file with the environment in it."""

    data: dict[str, Any]
    variables: dict[YamlPath, str] = field(default_factory=dict)
    """The variable that each setting was taken from whole, which a mistake then names as its place."""
    mistakes: dict[YamlPath, Mistake] = field(default_factory=dict)


def fill_in(
    document: YamlDocument, data: Mapping[str, Any], environ: Mapping[str, str], root: type[BaseModel]
) -> Filled:
    """Replaces every reference in `data` and puts in the variables that stand for settings."""
    filler = _Filler(document, environ)
    filled = Filled(data={key: filler.fill((key,), value) for key, value in data.items()})
    filled.mistakes = filler.mistakes
    for setting in all_settings((root,)):
        variable = environment_of(setting.field)
        # One that is set to nothing counts as not set: platforms cannot always take a variable away.
        if not variable or not environ.get(variable.name):
            continue
        section = filled.data.setdefault(setting.path[0], {})
        key = setting.path[1]
        if isinstance(section, dict) and (variable.overrides or section.get(key) is None):
            section[key] = environ[variable.name]
            filled.variables[setting.path] = variable.name
            # What was written in the file counts no more, and so its mistake does not either.
            filled.mistakes.pop(setting.path, None)
    return filled


class _Filler:
    """Replaces the references in all texts, however deep they stand, and keeps the mistakes in them."""

    def __init__(self, document: YamlDocument, environ: Mapping[str, str]) -> None:
        self.mistakes: dict[YamlPath, Mistake] = {}
        self._document = document
        self._environ = environ

    def fill(self, path: YamlPath, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self.fill((*path, key), inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.fill((*path, number), inner) for number, inner in enumerate(value)]
        if isinstance(value, str):
            return _REFERENCE.sub(lambda reference: self._look_up(path, reference), value)
        return value

    def _look_up(self, path: YamlPath, reference: re.Match[str]) -> str:
        inside = _INSIDE.fullmatch(reference["inside"]) if reference[0].endswith("}") else None
        if inside is None:
            problem = "write ${NAME} or ${NAME:-default} to take a variable's value"
        else:
            value = self._environ.get(inside["name"]) or inside["default"]
            if value is not None:
                return value
            problem = f"the environment variable {inside['name']} is not set; set it, or write the value"
        self.mistakes[path] = Mistake(self._document.where(path), dotted(path), problem)
        return ""
