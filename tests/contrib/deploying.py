"""Reads the files by which Powertrip is deployed."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import yaml

from tests.end_to_end.harness import ROOT

CONTAINER, SYSTEMD = ROOT / "contrib" / "container", ROOT / "contrib" / "systemd"


def containerfile() -> list[tuple[str, str]]:
    """The instructions of the Containerfile, each with what follows it, on one line."""
    text = re.sub(r"^#.*\n", "", (CONTAINER / "Containerfile").read_text(), flags=re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines if line.strip())]


def bases() -> list[str]:
    """The image of each stage, as it is where nobody names another."""
    given = dict(rest.split("=", 1) for word, rest in containerfile() if word == "ARG")
    named = [rest.split()[0] for word, rest in containerfile() if word == "FROM"]
    return [given.get(name.removeprefix("${").removesuffix("}"), name) for name in named]


def last(instruction: str) -> str:
    """What the image has in the end."""
    return [rest for word, rest in containerfile() if word == instruction][-1]


def image_environment() -> dict[str, str]:
    """The variables that the image sets."""
    words = [word for name, rest in containerfile() if name == "ENV" for word in shlex.split(rest)]
    return dict(word.split("=", 1) for word in words)


def health_command() -> list[str]:
    """What the image's health check runs."""
    found: list[str] = json.loads(last("HEALTHCHECK").partition(" CMD ")[2])
    return found


def compose() -> Any:
    """The services, with what each takes from the part that they share."""
    return yaml.safe_load((CONTAINER / "compose.yaml").read_text())


def unit(name: str) -> dict[str, list[str]]:
    """Every setting of a unit of systemd's, whatever its section, with all its values."""
    text = (SYSTEMD / name).read_text().replace("\\\n", " ")
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        key, is_setting, value = line.partition("=")
        if is_setting and not line.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


def procfile() -> dict[str, str]:
    """The command of each type of process."""
    lines = Path(ROOT / "Procfile").read_text().splitlines()
    return {name: command.strip() for name, _, command in (line.partition(":") for line in lines)}
