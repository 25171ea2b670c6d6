"""Writes the configuration reference, docs/configuration.md, from the models of the settings."""

from datetime import timedelta
from enum import Enum
from itertools import groupby
from typing import Any

from pydantic import BaseModel, SecretStr

from powertrip.config.schema import Setting, all_settings, environment_of, heading_of, how_written, tag_of
from powertrip.config.values import write_duration, write_size

_OPENING = """\
# Configuration

Powertrip reads `config.yaml`, or the file that `--config` names. This page is written from the code by
`make docs`; [config.example.yaml](../config.example.yaml) shows every setting in its place.

- A duration has a unit: `500ms`, `90s`, `10m`, `1h`, `7d`. A size has one too: `512KiB`, `8MiB`, `1GiB`.
- `${NAME}` in a value is replaced by that environment variable, `${NAME:-default}` has a default. A variable
  that is empty counts as not set. `${file:/PATH}` is replaced by what the file holds, without the end of its
  last line, and `${credential:NAME}` by a credential that systemd loads for the unit; both are for secrets,
  of which a process's environment tells too many. The `rules` section is left as it stands.
- A SIGHUP makes a running Powertrip read the file again. What takes effect at the next start only, says so
  here.
- In the names of settings NAME is a name that you choose, and N the place in a list.
- A mistake stops the start, and all mistakes are told at once, each with its line and what to write instead.
"""

_RULES = """\
## rules

What is recognised in records, as a list. `use: NAME` brings a rule pack that comes with Powertrip. Without
this section it is `[{use: ssh}]`. [rules.md](rules.md) tells how to write a rule.
"""


def reference(root: type[BaseModel]) -> str:
    """The whole page as Markdown."""
    parts = [_OPENING]
    for name, group in groupby(all_settings((root,)), key=lambda setting: setting.path[0]):
        settings = list(group)
        common = [setting for setting in settings if not setting.only_in]
        parts.append(_section(name, heading_of(root, name), common))
        # What only some types have gets a table a type, in the order in which the types first occur.
        for kind in dict.fromkeys(kind for setting in settings for kind in setting.only_in):
            own = [setting for setting in settings if kind in setting.only_in]
            parts.append(_section(f"{name} of type `{tag_of(kind)}`", kind, own, level=3))
    return "\n".join([*parts, _RULES])


def _section(title: str, model: type[BaseModel] | None, settings: list[Setting], *, level: int = 2) -> str:
    """A heading, the docstring of the model, and a row a setting."""
    lines = [
        f"{'#' * level} {title}",
        "",
        " ".join(((model and model.__doc__) or "").split()),
        "",
        "| Setting | What to write | Default | Meaning |",
        "| --- | --- | --- | --- |",
    ]
    for setting in settings:
        name = ".".join(setting.path)
        meaning = setting.meaning
        if setting.at_start:
            meaning += " Takes effect at the next start."
        kind, required = how_written(setting.field), setting.field.is_required()
        default = "required" if required else _written(setting.field.default, kind)
        if (variable := environment_of(setting.field)) is not None:
            taken = f"`{variable.name}` from the environment"
            default = f"{default}; {taken} wins" if variable.overrides else taken
        cells = (f"`{name}`", kind, default, meaning)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def _written(value: Any, kind: str) -> str:
    """A value of this kind as YAML has it."""
    if value is None or value == ():
        return "none"
    if isinstance(value, timedelta):
        return f"`{write_duration(value)}`"
    # Before sizes: a bool is a number to Python.
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if kind.startswith("a size"):
        return f"`{write_size(value)}`"
    if isinstance(value, tuple):
        return f"`[{', '.join(map(str, value))}]`"
    shown = value.get_secret_value() if isinstance(value, SecretStr) else value
    return f"`{shown.value if isinstance(shown, Enum) else shown}`"
