"""What the settings of all sources share, and what a source is built with."""

from abc import abstractmethod
from datetime import tzinfo
from zoneinfo import ZoneInfo

from powertrip.config.section import Section
from powertrip.config.values import Duration, HeaderName, SourceSecret, TimeZone
from powertrip.ingest import IngestRequest, Reading
from powertrip.sources.auth import authorize
from powertrip.sources.records import RecordKeys, RecordMaker


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

    @abstractmethod
    def read(self, request: IngestRequest) -> Reading:
        """Authorize, a signature over the body included, then make records of the body, in its order.

        Raises Unauthorized, BodyTooLarge (also for what the body inflates to), or Unreadable.
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


class Zoned(Source):
    """A sender whose times may name no zone."""

    time_zone: TimeZone | None = None
    """The zone of times that name none. Without it syslog's are UTC, and others are not trusted."""

    @property
    def zone(self) -> tzinfo | None:
        return ZoneInfo(self.time_zone) if self.time_zone else None
