"""The contract between the web endpoint, the sources and the store: a request comes in, records go on.

The web endpoint builds an `IngestRequest`, a `Source` makes a `Reading` of it, and an `InboxWriter` keeps the
records. The three live in rooms that do not know each other; this is all they share.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, runtime_checkable

from powertrip.domain.record import Cursor, Gap, Record
from powertrip.ingest.fetching import Fetcher
from powertrip.net import HttpClient

MEBIBYTE = 1024 * 1024

_BYTES_A_VALUE = 16
"""Shippers' records have one value in 25 bytes or more; those of the shortest keys and times in 20."""

READ_AGAIN = (
    "content-type",
    "content-encoding",
    "logplex-frame-id",
    "x-amz-firehose-request-id",
    "x-amz-sns-message-id",
    "x-amz-sns-rawdelivery",
    "x-amz-sns-topic-arn",
    "x-github-delivery",
    "x-github-event",
)
"""Headers that sources read a body by, none of which proves anything: all that is kept of a request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of one request is taken."""

    message_characters: int = 8192
    """Longer messages are cut, and the record says by how much."""
    body_bytes: int = 8 * MEBIBYTE
    """Of a body as it comes, which may be compressed."""
    inflated_bytes: int = 16 * MEBIBYTE
    records: int = 100_000
    held_bytes: int = 48 * MEBIBYTE
    """Of all bodies at once, those that wait to be read included."""
    unproven_bytes: int = 16 * MEBIBYTE
    """The same of bodies that prove only when they are whole who sent them."""

    @property
    def values(self) -> int:
        """Of JSON in one body: each takes memory, however short it is."""
        return self.records + self.inflated_bytes // _BYTES_A_VALUE

    @property
    def raw_characters(self) -> int:
        """Of all its records: what several share, such as the labels of a stream, is kept with each."""
        return 2 * self.inflated_bytes


DEFAULT_LIMITS = Limits()


def too_many(records: int) -> str:
    """The refusal of a body that holds more than `records`."""
    return f"the body holds more than {records} records; send smaller batches"


@dataclass(slots=True, kw_only=True)
class IngestRequest:
    """One request as a source sees it, free of HTTP machinery."""

    headers: Mapping[str, str]
    """Names in any case; kept in lower case."""
    body: bytes
    """As it came, possibly gzipped; empty while only the credentials are checked."""
    received_at: datetime
    source: str = ""
    """The name of the source, as the path has it."""
    limits: Limits = DEFAULT_LIMITS
    fetcher: Fetcher = field(default_factory=Fetcher)
    """The endpoint's own, which keeps certificates from request to request."""
    path_secret: str | None = None
    """The segment behind the source's name in the path, unquoted."""
    proven_to: object = None
    """The source that has checked all credentials already, if one has."""

    def __post_init__(self) -> None:
        # Names of headers have no case, and proxies change it.
        lowered: dict[str, str] = {}
        for name, value in self.headers.items():
            key = name.lower()
            # As RFC 9110 (5.3) reads them. Of two secrets none counts: a proxy may have checked the other.
            lowered[key] = f"{lowered[key]}, {value}" if key in lowered else value
        self.headers = lowered

    def kept_headers(self) -> dict[str, str]:
        """The headers that reading looks at, but for credentials."""
        return {name: self.headers[name] for name in READ_AGAIN if name in self.headers}

    def header(self, name: str) -> str | None:
        """The header's value; None if the sender did not send it."""
        return self.headers.get(name.lower())


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A part of a body that no retry can save, while the request as a whole is accepted."""

    body: bytes
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestAnswer:
    """The answer of a sender that does not understand the endpoint's own."""

    status: int = 200
    content: Mapping[str, Any] | None = None
    """Written as JSON; None for an empty body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The content of one request; all of it is committed before the sender is answered."""

    records: list[Record] = field(default_factory=list)
    unread: tuple[Unread, ...] = ()
    """Kept in the quarantine."""
    is_cut: bool = False
    """Whether the sender left records out."""
    gaps: tuple[Gap, ...] = ()
    """Records that the sender left out and an API still has; committed with the others."""
    answer: IngestAnswer | None = None
    follow_up: Callable[[], Awaitable[None]] | None = None
    """Called after the commit and before the answer; the sender has to retry if it raises Overloaded."""


class Source(Protocol):
    """Makes records of requests in one wire format."""

    @property
    def body_limit(self) -> int | None:
        """Bytes of a body as it comes; None where only the endpoint's limit counts."""

    @property
    def proves_by_body(self) -> bool:
        """Whether only the whole body proves who sent it, so that it is held for a stranger too."""

    @property
    def packs_parts(self) -> bool:
        """Whether parts within a body may be compressed, so that a short one may be long."""

    def authorize(self, request: IngestRequest) -> None:
        """Check what can be checked without the body; raises Unauthorized."""

    def authenticate(self, request: IngestRequest) -> None:
        """Check all credentials, a signature over the body included; raises Unauthorized."""

    def read(self, request: IngestRequest) -> Reading:
        """Authenticate, unless the request is `proven_to` this source, then make records, in their order.

        Raises Unauthorized, BodyTooLarge (also for what the body inflates to), or Unreadable.
        """


@runtime_checkable
class Preparing(Protocol):
    """A source that has to fetch something before it can read, such as the certificate of a signature."""

    async def prepare(self, request: IngestRequest) -> None:
        """Fetch and keep the things that `read` needs; raises Overloaded if they cannot be had now.

        Nothing is fetched for a request that `read` will refuse, and this refuses none.
        """


@runtime_checkable
class Challenged(Protocol):
    """A source whose sender checks by one GET that the endpoint belongs to its owner."""

    def challenge(self, request: IngestRequest) -> IngestAnswer:
        """Answer the question in the headers; the body is empty. Raises Unauthorized and Unreadable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One answer of a polled API; its records and the cursor past them are committed together."""

    records: list[Record]
    cursor: Cursor
    more: bool
    """Whether the next page can be had at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollRequest:
    """One page that a poll is asked for."""

    name: str
    """The poll's, which its records name as their source."""
    client: HttpClient
    cursor: Cursor | None
    """Where the last page ended; None before the first, which begins at `since`."""
    since: datetime
    now: datetime


class Poll(Protocol):
    """Asks one API for records."""

    @property
    def every(self) -> timedelta:
        """The time between two rounds."""

    @property
    def look_back(self) -> timedelta:
        """Where the very first round begins, before its start."""

    @property
    def catch_up(self) -> int:
        """About so many records are taken in one round."""

    @property
    def tell_failing_after(self) -> timedelta:
        """The security channel is told of a poll that fails for this long."""

    async def fetch(self, request: PollRequest) -> Page:
        """The page at the cursor; raises Unavailable or Rejected."""


class Backfill(Protocol):
    """Asks one API for records that its sender left out."""

    async def fetch(self, cursor: Cursor, until_id: str, query: str | None, now: datetime) -> Page:
        """The page at `cursor`, which begins as `{"min_id": after_id}`; without more, the gap is filled.

        Raises Unavailable or Rejected.
        """


class InboxWriter(Protocol):
    """Keeps accepted records until they are judged."""

    async def put(self, records: Sequence[Record], gaps: Sequence[Gap] = ()) -> int:
        """Commit records and gaps together and return how many records were new; known ids are dropped.

        Raises StoreUnavailable if they could not be committed, Overloaded if too much waits already.
        """

    async def quarantine_body(
        self,
        source: str,
        body: bytes,
        reason: str,
        received_at: datetime,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Commit a body that no source could read; raises StoreUnavailable.

        With the `headers` that reading takes, it can be read again later; None where it never must be.
        """
