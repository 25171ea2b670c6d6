"""What the config says of one source, as the sources want it."""

from dataclasses import dataclass
from datetime import tzinfo

from pydantic import SecretStr

from powertrip.ingest import SourceType

KeyPath = str | tuple[str, ...] | None

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordKeys:
    """Where a record's fields are found: a key, or a path of keys with dots; None where there is none.

    A key that itself contains dots, such as `@timestamp` or `host.name`, is found as it stands. Of several
    keys the first that the record has counts.
    """

    message: KeyPath = "message"
    host: KeyPath = "host"
    time: KeyPath = "timestamp"
    id: KeyPath = None
    program: KeyPath = "program"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSettings:
    """One entry of `sources` in the config."""

    name: str
    type: SourceType
    secret: SecretStr
    auth_header: str | None = None
    """A header that carries the secret and nothing else, for senders that can set one."""
    keys: RecordKeys = RecordKeys()
    """Type `json` only; the others know their own."""
    records_key: str | None = None
    """Type `json` only: the key under which an object holds its list of records."""
    topics: frozenset[str] = frozenset()
    """Type `sns` only: the ARNs of the topics that are listened to."""
    raw_delivery: bool = False
    """Type `sns` only: whether messages without a signature are taken, on the strength of the secret."""
    time_zone: tzinfo | None = None
    """Types `json` and `wazuh5` only: the zone of times that name none.

    Without it they are not trusted, and syslog's are taken for UTC.
    """
    label: str = "powertrip"
    """Types `alertmanager` and `grafana` only: the label that says how much an alert matters."""
    signature_header: str = "X-Grafana-Alerting-Signature"
    """Type `grafana` only: where the signature is; this is Grafana's own default."""
    timestamp_header: str | None = None
    """Type `grafana` only: where the time of signing is, if it is signed."""
    backfill_token: SecretStr | None = None
    """Type `papertrail` only: the API token by which what the webhook leaves out is fetched."""
    backfill_url: str | None = None
    """Type `papertrail` only: another server than Papertrail's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of one request is taken."""

    message_characters: int = 8192
    """Longer messages are cut, and the record says by how much."""
    inflated_bytes: int = 16 * MEBIBYTE
    records: int = 100_000
