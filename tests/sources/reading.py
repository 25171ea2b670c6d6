"""One request to a source of any type that the config can name, and what it makes of it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from typing import Any

from pydantic import SecretStr

from powertrip.event import Record
from powertrip.ingest import IngestRequest, Reading, SourceType
from powertrip.rules import Match, RuleSet
from powertrip.sources import Limits, SourceSettings, build_sources

NOW = datetime(2026, 11, 22, 20, 9, tzinfo=UTC)
SECRET = "the-secret-of-this-source"
NAME = "logs"


def _unconcerned(_name: str) -> None:
    """Nobody asked how many records were left out."""


def reading(
    kind: SourceType,
    body: object,
    *,
    headers: dict[str, str] | None = None,
    secret: str = SECRET,
    zone: tzinfo | None = None,
    now: datetime = NOW,
    on_batch_cut: Callable[[str], None] = _unconcerned,
) -> Reading:
    """What the source makes of the body: bytes or text as they stand, anything else as JSON."""
    entry = SourceSettings(name=NAME, type=kind, secret=SecretStr(SECRET), time_zone=zone)
    source = build_sources([entry], limits=Limits(), on_batch_cut=on_batch_cut)[NAME]
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    data = text.encode() if isinstance(text, str) else text
    request = IngestRequest(headers=headers or {}, body=data, received_at=now, path_secret=secret)
    return source.read(request)


def read(kind: SourceType, body: object, **options: Any) -> list[Record]:
    """The records alone."""
    return reading(kind, body, **options).records


def fields_of(rules: RuleSet, record: Record) -> dict[str, str]:
    """What the rules name in a record that must be a match."""
    verdict = rules.judge(record)
    assert isinstance(verdict, Match), verdict
    return verdict.fields
