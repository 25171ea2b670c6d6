"""Ways to tell a host intrusion detection system what was decided: a file per way, with its settings."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import httpx
from pydantic import Field

from powertrip.config.read import Problem, tables
from powertrip.config.values import AT_START, as_list, did_you_mean
from powertrip.domain.hids import HidsProfile
from powertrip.errors import ConfigError, Mistake
from powertrip.hids.callback import TellCallback
from powertrip.hids.indexer import TellIndexer
from powertrip.hids.section import TellSection, Way
from powertrip.hids.wazuh4 import TellWazuh4
from powertrip.net import HttpClient, new_client

__all__ = ["AnyTell", "OriginSection", "TellSection", "Way", "Ways", "open_ways"]

AnyTell = Annotated[TellWazuh4 | TellIndexer | TellCallback, Field(discriminator="type")]


class OriginSection(HidsProfile):
    """A host intrusion detection system (HIDS) that sees the same things, and is told what was decided."""

    tell: Annotated[AnyTell | None, AT_START] = None
    """Without it the records are compared, and nothing is told."""


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways to tell the origins what was decided, by their names, and the connections they use."""

    by_origin: Mapping[str, Way]
    clients: Sequence[httpx.AsyncClient]

    async def close(self) -> None:
        await asyncio.gather(*(client.aclose() for client in self.clients))


def open_ways(origins: Mapping[str, OriginSection], clock: Callable[[], datetime]) -> Ways:
    """A way for every origin that can be told; raises ConfigError for a `ca_file` that cannot be read."""
    ways: dict[str, Way] = {}
    clients = []
    for name, origin in origins.items():
        if origin.tell is not None:
            clients.append(_client(name, origin.tell))
            client = HttpClient(
                client=clients[-1],
                clock=clock,
                name=f"origins.{name}.tell",
                base_url=origin.tell.url.rstrip("/"),
            )
            ways[name] = Way(origin.tell, client)
    return Ways(ways, clients)


def _client(name: str, tell: TellSection) -> httpx.AsyncClient:
    try:
        return new_client(tell.ca_file)
    except OSError as error:
        problem = f"{tell.ca_file}: cannot be read as certificates in PEM: {error.strerror or error}"
        raise ConfigError([Mistake("config", f"origins.{name}.tell.ca_file", problem)]) from error


def mistakes_in_origins(data: Mapping[str, Any]) -> list[Problem]:
    """Sources of origins that are not there, or are of two origins: whose record would it be?"""
    known = [str(name) for section in ("sources", "polls") for name, _ in tables(data, section)]
    owners: dict[str, str] = {}
    found: list[Problem] = []
    for origin, section in tables(data, "origins"):
        named = as_list(section.get("sources"))
        if not named and not section.get("tell"):
            found.append((("origins", origin), "has no sources, so it sees nothing; write `sources: [NAME]`"))
        if not named and section.get("expects"):
            problem = "needs `sources`, for without them nothing is seen"
            found.append((("origins", origin, "expects"), problem))
        for name in map(str, named if isinstance(named, list) else []):
            path = ("origins", origin, "sources")
            if name not in known:
                found.append((path, did_you_mean(name, known, "source")))
            elif owners.setdefault(name, origin) != origin:
                problem = f'"{name}" is already a source of {owners[name]}; remove it from one of the two'
                found.append((path, problem))
    return found
