"""A source of any type, and what it makes of a body that a sender posts."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import SecretStr, TypeAdapter

from powertrip.domain.record import Record
from powertrip.ingest.contract import IngestRequest, Limits, Preparing, Reading
from powertrip.ingest.fetching import Fetcher
from powertrip.ingest.source import SourceSection
from powertrip.rules import Ignored, Match, Quarantined, RuleSet, Unmatched
from powertrip.sources import AnySource

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
SECRET = "a-secret-that-is-long-enough"
BEARER = {"Authorization": f"Bearer {SECRET}"}

NAME = "it"
LIMITS = Limits()
_ANY: TypeAdapter[SourceSection] = TypeAdapter(AnySource)


def source(kind: str, **settings: Any) -> SourceSection:
    """A source of this type, as its section of the config says it."""
    return _ANY.validate_python({"type": kind, "secret": SECRET} | settings)


def with_secret(section: SourceSection, secret: str) -> SourceSection:
    """The source with a secret that the config would refuse, such as an example of a vendor's."""
    return section.model_copy(update={"secret": SecretStr(secret)})


def body_of(value: object) -> bytes:
    """The body as bytes; what is not bytes or text is written as JSON."""
    if isinstance(value, bytes):
        return value
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()


def request(
    value: object,
    headers: Mapping[str, str] | None = None,
    *,
    name: str = NAME,
    now: datetime = NOW,
    path_secret: str | None = None,
    limits: Limits = LIMITS,
    fetcher: Fetcher | None = None,
) -> IngestRequest:
    """A request to the source `name` that carries the secret, or the given headers instead."""
    return IngestRequest(
        headers=BEARER if headers is None else headers,
        body=body_of(value),
        received_at=now,
        source=name,
        limits=limits,
        fetcher=fetcher or Fetcher(),
        path_secret=path_secret,
    )


def take(source: SourceSection, request: IngestRequest) -> Reading:
    """What the ingest endpoint does with a request that it has whole."""
    if isinstance(source, Preparing):
        asyncio.run(source.prepare(request))
    return source.read(request)


def read(
    kind: str,
    value: object,
    headers: Mapping[str, str] | None = None,
    *,
    beside: Mapping[str, str] | None = None,
    name: str = NAME,
    now: datetime = NOW,
    path_secret: str | None = None,
    limits: Limits = LIMITS,
    **settings: Any,
) -> Reading:
    """What a source of this type makes of the body.

    `headers` stand in place of the one with the secret, `beside` come with it.
    """
    sent = {**(BEARER if headers is None else headers), **(beside or {})}
    asked = request(value, sent, name=name, now=now, path_secret=path_secret, limits=limits)
    return take(source(kind, **settings), asked)


def records_of(
    kind: str, value: object, headers: Mapping[str, str] | None = None, **options: Any
) -> list[Record]:
    """The records alone."""
    return read(kind, value, headers, **options).records


def fields_of(rules: RuleSet, record: Record) -> dict[str, str]:
    """What the rules name in a record that must be a match."""
    judgement = rules.judge(record)
    assert isinstance(judgement, Match), judgement
    return judgement.fields


def judged(rules: RuleSet, reading: Reading) -> list[Match | Ignored | Quarantined | Unmatched]:
    """What the rules say of each record."""
    return [rules.judge(record) for record in reading.records]


def hmac_of(signed: bytes, secret: str = SECRET) -> str:
    """HMAC-SHA256 in hexadecimal digits."""
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def github_headers(
    value: object, event: str = "member", delivery: str = "d-1", secret: str = SECRET
) -> dict[str, str]:
    """The headers of a delivery by GitHub."""
    signature = f"sha256={hmac_of(body_of(value), secret)}"
    return {"X-Hub-Signature-256": signature, "X-GitHub-Event": event, "X-GitHub-Delivery": delivery}


def grafana_headers(value: object, secret: str = SECRET) -> dict[str, str]:
    """The header of a notification by Grafana."""
    return {"X-Grafana-Alerting-Signature": hmac_of(body_of(value), secret)}


def tailscale_headers(value: object, secret: str = SECRET, *, seconds: int = 0) -> dict[str, str]:
    """The header of a webhook by Tailscale, signed so many seconds after NOW."""
    signed_at = int(NOW.timestamp()) + seconds
    signature = hmac_of(f"{signed_at}.".encode() + body_of(value), secret)
    return {"Tailscale-Webhook-Signature": f"t={signed_at},v1={signature}"}
