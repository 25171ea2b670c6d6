"""The ways to tell the origins what was decided, as the config says."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import httpx

from powertrip.config import Config
from powertrip.errors import ConfigError, Mistake
from powertrip.net import HttpClient, new_client
from powertrip.origins import TellSettings, Way


@dataclass(frozen=True, slots=True)
class Tellers:
    """The ways to tell the origins what was decided, by their names, and the connections they use."""

    ways: Mapping[str, Way]
    clients: Sequence[httpx.AsyncClient]

    async def close(self) -> None:
        """Close the connections."""
        await asyncio.gather(*(client.aclose() for client in self.clients))


def tellers(config: Config, clock: Callable[[], datetime]) -> Tellers:
    """A way for every origin that can be told; raises ConfigError for a `ca_file` that cannot be read."""
    ways: dict[str, Way] = {}
    clients = []
    for name, origin in config.origins.items():
        if origin.tell is not None:
            clients.append(_client(name, origin.tell))
            client = HttpClient(
                client=clients[-1],
                clock=clock,
                name=f"origins.{name}.tell",
                base_url=origin.tell.url.rstrip("/"),
            )
            ways[name] = origin.tell.way(client)
    return Tellers(ways, clients)


def _client(name: str, tell: TellSettings) -> httpx.AsyncClient:
    try:
        return new_client(tell.ca_file)
    except OSError as error:
        problem = f"{tell.ca_file}: cannot be read as certificates in PEM: {error.strerror or error}"
        raise ConfigError([Mistake("config", f"origins.{name}.tell.ca_file", problem)]) from error
