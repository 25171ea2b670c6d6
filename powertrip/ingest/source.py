"""What the settings of all sources share, and what a source is built with."""

from abc import abstractmethod
from dataclasses import dataclass
from datetime import tzinfo
from typing import final
from zoneinfo import ZoneInfo

from powertrip.config.section import Section
from powertrip.config.values import Duration, HeaderName, SourceSecret, TimeZone
from powertrip.ingest.auth import authorize
from powertrip.ingest.contract import IngestRequest, Reading
from powertrip.ingest.records import RecordKeys, RecordMaker
from powertrip.ingest.signatures import check_signature


class Source(Section):
    """One sender of log records, which posts to `/ingest/NAME`."""

    type: str
    """Who sends, and so the format; [sources.md](sources.md) tells how to connect each."""
    secret: SourceSecret
    """What the sender proves itself with: bearer token, password, header, end of the path, or a signature."""
    expect_within: Duration | None = None
    """The security channel is told when no new record came for this long."""

    def authorize(self, request: IngestRequest) -> None:
        """Check what can be checked without the body; raises Unauthorized."""
        authorize(request, self.secret, None)

    def authenticate(self, request: IngestRequest) -> None:
        """All that `authorize` checks, and what takes the body: a signature over it."""
        self.authorize(request)

    @final
    def read(self, request: IngestRequest) -> Reading:
        """See `powertrip.ingest.Source`."""
        self.authenticate(request)
        return self.read_body(request)

    @abstractmethod
    def read_body(self, request: IngestRequest) -> Reading:
        """Make records of the body, in its order; the sender is known already.

        Raises BodyTooLarge (also for what the body inflates to), or Unreadable.
        """

    def maker(self, keys: RecordKeys, request: IngestRequest) -> RecordMaker:
        """Makes this source's records of values with these keys."""
        return RecordMaker(source=request.source, keys=keys, limits=request.tools.limits, zone=self.zone)

    @property
    def zone(self) -> tzinfo | None:
        """The zone of times that name none; None where they are not trusted."""
        return None


class BySecret(Source):
    """A sender that carries the secret as it is."""

    auth_header: HeaderName = "X-Powertrip-Secret"
    """The header that may carry the secret."""

    def authorize(self, request: IngestRequest) -> None:
        authorize(request, self.secret, self.auth_header)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What a request's headers offer as its signature."""

    header: str
    """What a refusal names."""
    offered: tuple[str, ...]
    """HMAC-SHA256 in lower-case hexadecimal digits; one that is right is enough."""
    signed_before_body: bytes = b""


class SignedSource(Source):
    """A sender that signs each request with the secret. What it offers is all that a type has to say."""

    @abstractmethod
    def signature(self, request: IngestRequest) -> Signature:
        """Raises Unauthorized where it is missing, malformed or made too long ago."""

    @final
    def authorize(self, request: IngestRequest) -> None:
        self.signature(request)

    @final
    def authenticate(self, request: IngestRequest) -> None:
        made = self.signature(request)
        signed = made.signed_before_body + request.body
        check_signature(made.offered, self.secret, signed, header=made.header)


class Zoned(Source):
    """A sender whose times may name no zone."""

    time_zone: TimeZone | None = None
    """The zone of times that name none. Without it syslog's are UTC, and others are not trusted."""

    @property
    def zone(self) -> tzinfo | None:
        return ZoneInfo(self.time_zone) if self.time_zone else None
