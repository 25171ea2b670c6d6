"""Pipelines that announce their own work: whose it may be, and how far it may reach."""

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from powertrip.config.read import Problem, tables
from powertrip.config.section import Section
from powertrip.config.values import MemberId, SourceSecret, Written, did_you_mean, quoted
from powertrip.errors import NotAllowed


def _plain(pattern: str) -> str:
    # What stands for one character, as ? does, would fit the * that somebody asks for.
    if not re.fullmatch(r"[A-Za-z0-9._*-]{1,100}", pattern):
        raise ValueError(f"{quoted(pattern)} is no name, in which * stands for any text")
    return pattern


_Pattern = Annotated[str, AfterValidator(_plain), Written("a name, with `*` for any text")]


class PipelineSection(Section):
    """A program that announces work by `POST /api/v1/expectations`; its key is its name in requests."""

    secret: SourceSecret
    """What it signs its requests with."""
    owner: MemberId
    """The Slack member who answers for it: what it announced ends when their account does."""
    announces_for: Annotated[tuple[str, ...], Field(min_length=1)]
    """Whose work it may announce, by their names under `people`; mostly a bot's."""
    rules: tuple[_Pattern, ...] = ()
    """Rules that it may name, with `*` for any text; without any all."""
    hosts: tuple[_Pattern, ...] = ()
    """Hosts that it may name, with `*` for any text; without any all."""
    second_person: bool = True
    """What it announces stands only when a reviewer has confirmed it; broad ones always wait for that."""

    def authorise(self, person: str, rule: str, host: str, *, setting: str) -> None:
        """Raise NotAllowed, which names the setting, unless it may announce that of this person."""
        # A `*` that was asked for fits only where a `*` here stands for more.
        may_be = {
            f"{setting}.announces_for": person in self.announces_for,
            f"{setting}.rules": not self.rules or any(fnmatchcase(rule, each) for each in self.rules),
            f"{setting}.hosts": not self.hosts or any(fnmatchcase(host, each.lower()) for each in self.hosts),
        }
        for name, is_allowed in may_be.items():
            if not is_allowed:
                raise NotAllowed(f"{name} does not allow that; announce less, or have an operator add it.")


def mistakes_in_pipelines(data: Mapping[str, Any]) -> Iterator[Problem]:
    """People whom nobody is listed as."""
    section, known = data.get("expectations"), [str(name) for name, _ in tables(data, "people")]
    for name, pipeline in tables(section, "pipelines") if isinstance(section, dict) else ():
        listed = pipeline.get("announces_for")
        for number, person in enumerate(listed if isinstance(listed, list) else []):
            if person not in known:
                where = ("expectations", "pipelines", name, "announces_for", number)
                yield where, did_you_mean(str(person), known, "person")
