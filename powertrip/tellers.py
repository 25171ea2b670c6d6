"""The ways to tell the origins what was decided, as the config says."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import httpx
from pydantic import SecretStr

from powertrip.config import Config
from powertrip.config.telling import Tell
from powertrip.errors import ConfigError, Mistake
from powertrip.origins import Callback, Indexer, Wazuh4, Wire, new_client


@dataclass(frozen=True, slots=True)
class Tellers:
    """The ways to tell the origins what was decided, by their names, and the connections they use."""

    ways: Mapping[str, Callback | Indexer | Wazuh4]
    clients: Sequence[httpx.AsyncClient]

    async def close(self) -> None:
        """Close the connections."""
        await asyncio.gather(*(client.aclose() for client in self.clients))


def tellers(config: Config, clock: Callable[[], datetime]) -> Tellers:
    """A way for every origin that can be told; raises ConfigError for a `ca_file` that cannot be read."""
    ways: dict[str, Callback | Indexer | Wazuh4] = {}
    clients = []
    for name, origin in config.origins.items():
        if origin.tell is not None:
            clients.append(_client(name, origin.tell))
            wire = Wire(clients[-1], origin.tell.url, f"origins.{name}.tell")
            ways[name] = _way(origin.tell, wire, clock)
    return Tellers(ways, clients)


def _client(name: str, tell: Tell) -> httpx.AsyncClient:
    try:
        return new_client(tell.ca_file)
    except OSError as error:
        problem = f"{tell.ca_file}: cannot be read as certificates in PEM: {error.strerror or error}"
        raise ConfigError([Mistake("config", f"origins.{name}.tell.ca_file", problem)]) from error


def _way(tell: Tell, wire: Wire, clock: Callable[[], datetime]) -> Callback | Indexer | Wazuh4:
    user, password = tell.user or "", tell.password or SecretStr("")
    if tell.type == "wazuh4":
        return Wazuh4(wire, user, password)
    if tell.type == "indexer":
        return Indexer(wire, user, password, tell.index)
    return Callback(wire, tell.secret or SecretStr(""), tell.template, clock)
