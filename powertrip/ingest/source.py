"""The settings that all sources share, and the steps of reading that none may leave out."""

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, ClassVar, final
from zoneinfo import ZoneInfo

from powertrip.config.section import Section
from powertrip.config.values import Duration, HeaderName, Size, SourceSecret, TimeZone
from powertrip.domain.record import Record
from powertrip.domain.voices import ExpectedVoice
from powertrip.ingest.auth import authorize
from powertrip.ingest.contract import IngestRequest, Reading
from powertrip.ingest.finding import RecordKeys
from powertrip.ingest.records import KEYS, make_records
from powertrip.ingest.sample import NoSample, Sample, SampleLogin
from powertrip.ingest.signatures import check_signature, hmac_sha256


class SourceSection(Section):
    """One sender of log records, which posts to `/ingest/NAME`."""

    packs: ClassVar[tuple[str, ...]] = ()
    """The rule packs that are made for this type; none where it carries what others wrote, of any kind."""

    log: ClassVar[str | None] = None
    """The service whose ids name one record wherever they come from."""

    proves_by_body: ClassVar[bool] = False
    """Whether only a signature over the body proves who sent it."""

    packs_parts: ClassVar[bool] = False
    """Whether parts of a body may be compressed by themselves."""

    type: str
    """Who sends, and so the format; [sources.md](sources.md) tells how to connect each."""
    secret: SourceSecret
    """What the sender proves itself with: bearer token, password, header, end of the path, or a signature."""
    max_body: Size | None = None
    """A larger request is refused; never more than `ingest.max_body`."""
    expect_within: Duration | None = None
    """The security channel is told when no new record came for this long."""
    expect: tuple[ExpectedVoice, ...] = ()
    same_log_as: str | None = None
    """Another source or poll that reads the same log and gives its records the same ids: what one of the two
    told of is not asked about again when it comes by the other."""

    @property
    def programs(self) -> tuple[str, ...]:
        """The programs that all its records are of, where that can be known."""
        return ()

    @property
    def body_limit(self) -> int | None:
        return self.max_body

    def authorize(self, request: IngestRequest) -> None:
        """Check the credentials in the headers and the path; raises Unauthorized."""
        authorize(request, self.secret, None)

    def sample(self, login: SampleLogin) -> Sample:
        """A request with a made-up login in it, signed or with the secret; raises NoSample."""
        sample = self.sample_body(login)
        return sample.with_headers(Authorization=f"Bearer {self.secret.get_secret_value()}")

    def sample_body(self, login: SampleLogin) -> Sample:  # noqa: ARG002 (for types that can make one)
        """The same without the secret; raises NoSample."""
        raise NoSample(f"a request of type {self.type} cannot be made up")

    def authenticate(self, request: IngestRequest) -> None:
        """Check all credentials, a signature over the body included; raises Unauthorized."""
        self.authorize(request)

    @final
    def read(self, request: IngestRequest) -> Reading:
        # No type can read a body before it is known who sent it.
        if request.proven_to is not self:
            self.authenticate(request)
        return self.read_body(request)

    @abstractmethod
    def read_body(self, request: IngestRequest) -> Reading:
        """Make records of the body, in its order; the sender is known already.

        Raises BodyTooLarge (also for what the body inflates to), or Unreadable.
        """

    def records(self, values: Iterable[Any], request: IngestRequest, keys: RecordKeys = KEYS) -> list[Record]:
        """A record for each value; see `make_records`."""
        return make_records(
            values,
            source=request.source,
            keys=keys,
            received_at=request.received_at,
            zone=self.zone,
            limits=request.limits,
        )

    @property
    def zone(self) -> tzinfo | None:
        """The zone of times that name none; None where they are not trusted."""
        return None

    @property
    def text_keys(self) -> tuple[str, ...]:
        """Where each record has a log line; empty where records need none."""
        return ()


class BySecret(SourceSection):
    """A sender that carries the secret as it is."""

    auth_header: HeaderName = "X-Powertrip-Secret"
    """The header that may carry the secret."""

    def authorize(self, request: IngestRequest) -> None:
        authorize(request, self.secret, self.auth_header)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A signature as a request's headers offer it."""

    header: str
    """Named by a refusal."""
    offered: tuple[str, ...]
    """HMAC-SHA256 in lower-case hexadecimal digits; one that is right is enough."""
    signed_before_body: bytes = b""


class SignedSource(SourceSection):
    """A sender that signs each request with the secret; a type only finds the signature in the headers.

    Anybody can have us hold a body until it is whole, so what is taken of one is small: `usual_body` of it,
    unless the configuration says otherwise.
    """

    proves_by_body: ClassVar[bool] = True

    usual_body: ClassVar[int] = 256 * 1024

    @property
    def body_limit(self) -> int | None:
        return self.max_body or self.usual_body

    def sample(self, login: SampleLogin) -> Sample:
        sample = self.sample_body(login)
        before, headers = self.signs(login)
        offered = hmac_sha256(self.secret, before + sample.body)
        signed = {name: value.replace("SIGNATURE", offered) for name, value in headers.items()}
        return Sample(body=sample.body, headers={**sample.headers, **signed})

    @abstractmethod
    def signs(self, login: SampleLogin) -> tuple[bytes, dict[str, str]]:
        """What a sender signs before the body, and its headers, with SIGNATURE for the digits."""

    @abstractmethod
    def signature(self, request: IngestRequest) -> Signature:
        """Raises Unauthorized where it is missing, malformed or made too long ago."""

    @final
    def authorize(self, request: IngestRequest) -> None:
        self.signature(request)

    @final
    def authenticate(self, request: IngestRequest) -> None:
        signature = self.signature(request)
        signed = signature.signed_before_body + request.body
        check_signature(signature.offered, self.secret, signed, header=signature.header)


class Zoned(SourceSection):
    """A sender whose times may name no zone."""

    time_zone: TimeZone | None = None
    """The zone of times that name none. Without it syslog's are UTC, and others are not trusted."""

    @property
    def zone(self) -> tzinfo | None:
        return ZoneInfo(self.time_zone) if self.time_zone else None
