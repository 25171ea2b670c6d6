"""The contract between the web endpoint, the sources and the store: a request comes in, records go on.

The web endpoint builds an `IngestRequest`, a `Source` makes records of it, and an `Inbox` keeps them.
The three live in rooms that do not know each other; this is all they share.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from powertrip.event import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestRequest:
    """One request as a source sees it, free of HTTP machinery."""

    headers: Mapping[str, str]
    """Names in any case; kept in lower case."""
    body: bytes
    """As it came, possibly gzipped; empty while only the credentials are checked."""
    received_at: datetime
    path_secret: str | None = None
    """What followed the source's name in the path, unquoted."""

    def __post_init__(self) -> None:
        lowered = {name.lower(): value for name, value in self.headers.items()}
        object.__setattr__(self, "headers", lowered)

    def header(self, name: str) -> str | None:
        """The header's value; None if the sender did not send it."""
        return self.headers.get(name.lower())


class Source(Protocol):
    """Makes records of requests in one wire format."""

    @property
    def name(self) -> str:
        """The source's name in the config."""

    def authorize(self, request: IngestRequest) -> None:
        """Check the credentials, which need no body; raises Unauthorized."""

    def read(self, request: IngestRequest) -> list[Record]:
        """Authorize, then make records of the body, in its order.

        Raises Unauthorized, BodyTooLarge (also for what the body inflates to), or Unreadable.
        """


class Inbox(Protocol):
    """Where accepted records wait to be judged."""

    async def put(self, records: Sequence[Record]) -> int:
        """Commit the records and return how many were new; known ids are dropped.

        Raises StoreUnavailable if they could not be committed, Overloaded if too much waits already.
        """

    async def quarantine_body(self, source: str, body: bytes, reason: str, received_at: datetime) -> None:
        """Commit a body that no source could read; raises StoreUnavailable."""
