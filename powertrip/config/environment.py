"""Brings what stands outside of the file into the settings: `${NAME}`, `${file:…}` and `${credential:…}` in
values, and variables that stand for a setting."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from powertrip.config.schema import all_settings, dotted, environment_of
from powertrip.config.values import Environment
from powertrip.config.yamlfile import WHOLE, YamlDocument, YamlPath, is_whole
from powertrip.errors import Mistake

_REFERENCE = re.compile(r"\$\{(?P<inside>[^}]*)\}?")
_INSIDE = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(:-(?P<default>.*))?")
_FROM_FILE = re.compile(r"(?P<kind>file|credential):(?P<name>.+)")
_FILE_LIMIT = 64 << 10
"""Characters of a file; a secret is shorter, and what has more is another file."""


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
    for path, variable in _variables(root):
        # One that is set to nothing counts as not set: platforms cannot always take a variable away.
        if not environ.get(variable.name):
            continue
        section = filled.data.setdefault(path[0], {})
        key = path[1]
        if not is_whole(environ[variable.name]):
            place = f"environment variable {variable.name}"
            filled.mistakes[path] = Mistake(place, dotted(path), f"is not UTF-8; {WHOLE}")
            continue
        if isinstance(section, dict) and (variable.overrides or section.get(key) is None):
            section[key] = environ[variable.name]
            filled.variables[path] = variable.name
            # What was written in the file counts no more, and so its mistake does not either.
            filled.mistakes.pop(path, None)
    return filled


@cache
def _variables(root: type[BaseModel]) -> tuple[tuple[tuple[str, ...], Environment], ...]:
    """The settings that a variable may hold: six among hundreds, which each reload looked through."""
    found = ((setting.path, environment_of(setting.field)) for setting in all_settings((root,)))
    return tuple((path, variable) for path, variable in found if variable)


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
        closed = reference["inside"] if reference[0].endswith("}") else ""
        if from_file := _FROM_FILE.fullmatch(closed):
            value, problem = self._read(from_file["kind"], from_file["name"])
        else:
            value, problem = self._variable(closed)
        if value is not None:
            return value
        self.mistakes[path] = Mistake(self._document.where(path), dotted(path), problem)
        return ""

    def _variable(self, written: str) -> tuple[str | None, str]:
        inside = _INSIDE.fullmatch(written)
        if inside is None:
            return None, (
                "write ${NAME} or ${NAME:-default} to take a variable's value, "
                "${file:/PATH} or ${credential:NAME} to take a file's"
            )
        value = self._environ.get(inside["name"]) or inside["default"]
        if value is not None and not is_whole(value):
            return None, f"the environment variable {inside['name']} is not UTF-8; {WHOLE}"
        return value, f"the environment variable {inside['name']} is not set; set it, or write the value"

    def _read(self, kind: str, name: str) -> tuple[str | None, str]:
        """The text of a file without the end of its last line, or None and what is wrong with it."""
        file = Path(name)
        if kind == "credential":
            folder = self._environ.get("CREDENTIALS_DIRECTORY")
            if not folder:
                return None, (
                    f"the credential {name} is not there, for CREDENTIALS_DIRECTORY is not set; "
                    "systemd sets it for a unit with LoadCredential="
                )
            # A name, and never a way out of the folder.
            if file.name != name:
                return None, f"{name} is not the name of a credential; write it without a folder"
            file = Path(folder) / name
        elif not file.is_absolute():
            return None, f"{name} is not a whole path; write it from / on"
        try:
            with file.open(encoding="utf-8") as opened:
                text = opened.read(_FILE_LIMIT + 1)
        except (OSError, ValueError) as error:
            return None, f"the file {file} cannot be read: {_why_unread(error)}"
        if len(text) > _FILE_LIMIT:
            return None, f"the file {file} is longer than a value can be ({_FILE_LIMIT} characters)"
        value = text.removesuffix("\n").removesuffix("\r")
        return value or None, f"the file {file} is empty"


def _why_unread(error: OSError | ValueError) -> str:
    match error:
        case OSError():
            return str(error.strerror)
        case UnicodeDecodeError():
            return "it is not UTF-8"
        case _:  # a NUL in it
            return "no file has such a name"
