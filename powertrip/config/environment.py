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
    """Return `data` with every reference replaced and the variables of the settings put in.

    A variable that is set to nothing counts as not set.
    """
    filler = _Filler(document, environ)
    filled = Filled(data={key: filler.fill((key,), value) for key, value in data.items()})
    filled.mistakes = filler.mistakes
    for setting in all_settings((root,)):
        variable = environment_of(setting.field)
        if variable and environ.get(variable.name):
            _stand_in(filled, setting.path, variable.name, environ, overrides=variable.overrides)
    return filled


def _stand_in(
    filled: Filled, path: tuple[str, ...], name: str, environ: Mapping[str, str], *, overrides: bool
) -> None:
    section = filled.data.setdefault(path[0], {})
    if isinstance(section, dict) and (overrides or section.get(path[1]) is None):
        section[path[1]] = environ[name]
        filled.variables[path] = name
        filled.mistakes.pop(path, None)


class _Filler:
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
            return _REFERENCE.sub(lambda found: self._look_up(path, found), value)
        return value

    def _look_up(self, path: YamlPath, found: re.Match[str]) -> str:
        inside = _INSIDE.fullmatch(found["inside"]) if found[0].endswith("}") else None
        if inside is None:
            return self._mistake(path, "write ${NAME} or ${NAME:-default} to take a variable's value")
        value = self._environ.get(inside["name"]) or inside["default"]
        if value is None:
            name = inside["name"]
            return self._mistake(
                path, f"the environment variable {name} is not set; set it, or write the value"
            )
        return value

    def _mistake(self, path: YamlPath, problem: str) -> str:
        self.mistakes[path] = Mistake(self._document.where(path), dotted(path), problem)
        return ""
