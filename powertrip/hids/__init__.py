"""Ways to tell a host intrusion detection system what was decided: a file per way, with its settings."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from powertrip.config.read import Problem, tables
from powertrip.config.values import AT_START, as_list, did_you_mean
from powertrip.domain.hids import HidsProfile
from powertrip.errors import ConfigError, Mistake
from powertrip.hids.callback import TellCallback
from powertrip.hids.indexer import TellIndexer
from powertrip.hids.section import TellSection, Way
from powertrip.hids.wazuh4 import TellWazuh4
from powertrip.net import HttpClient, Pool, new_client

__all__ = ["AnyTell", "OriginSection", "TellSection", "Way", "Ways", "open_ways"]

AnyTell = Annotated[TellWazuh4 | TellIndexer | TellCallback, Field(discriminator="type")]


class OriginSection(HidsProfile):
    """A host intrusion detection system (HIDS) that sees the same things, and is told what was decided."""

    tell: Annotated[AnyTell | None, AT_START] = None
    """Without it the records are compared, and nothing is told."""


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways to tell the origins, by the origins' names, and the connections they use."""

    by_origin: Mapping[str, Way]
    pools: Sequence[Pool]

    async def close(self) -> None:
        await asyncio.gather(*(pool.aclose() for pool in self.pools))


def open_ways(origins: Mapping[str, OriginSection], clock: Callable[[], datetime]) -> Ways:
    """A way for every origin that can be told; raises ConfigError for a `ca_file` that cannot be read."""
    ways: dict[str, Way] = {}
    pools = []
    for name, origin in origins.items():
        if origin.tell is None:
            continue
        try:
            # A pool each, for each may trust an authority of its own.
            pools.append(new_client(origin.tell.ca_file))
        except OSError as error:
            reason = error.strerror or error
            problem = f"{origin.tell.ca_file}: cannot be read as certificates in PEM: {reason}"
            raise ConfigError([Mistake("config", f"origins.{name}.tell.ca_file", problem)]) from error
        client = HttpClient(
            client=pools[-1],
            clock=clock,
            name=f"origins.{name}.tell",
            base_url=origin.tell.url.rstrip("/"),
        )
        ways[name] = Way(origin.tell, client)
    return Ways(ways, pools)


def mistakes_in_origins(data: Mapping[str, Any]) -> Iterator[Problem]:
    """Origins without sources, and sources that do not exist or belong to two origins."""
    known = [str(name) for section in ("sources", "polls") for name, _ in tables(data, section)]
    owners: dict[str, str] = {}
    for origin, section in tables(data, "origins"):
        named = as_list(section.get("sources"))
        if not named and not section.get("tell"):
            yield ("origins", origin), "has no sources, so it sees nothing; write `sources: [NAME]`"
        if not named and section.get("expects"):
            yield ("origins", origin, "expects"), "needs `sources`, for without them nothing is seen"
        path = ("origins", origin, "sources")
        for name in map(str, named if isinstance(named, list) else []):
            if name not in known:
                yield path, did_you_mean(name, known, "source")
            # Two owners: nobody could say which of them saw a record, or is to be told.
            elif owners.setdefault(name, origin) != origin:
                yield path, f'"{name}" is already a source of {owners[name]}; remove it from one of the two'
