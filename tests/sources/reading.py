"""One request to a source of any type that the config can name, and what it makes of it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from powertrip.domain.record import Record
from powertrip.ingest.contract import Reading
from powertrip.rules import Match, RuleSet
from tests.sources.posting import request, source

NOW = datetime(2026, 11, 22, 20, 9, tzinfo=UTC)
SECRET = "the-secret-of-this-source"
NAME = "logs"


def reading(
    kind: str,
    body: object,
    *,
    headers: Mapping[str, str] | None = None,
    secret: str = SECRET,
    now: datetime = NOW,
    **settings: Any,
) -> Reading:
    """What the source makes of the body: bytes or text as they stand, anything else as JSON."""
    asked = request(body, headers or {}, name=NAME, now=now, path_secret=secret)
    return source(kind, secret=SECRET, **settings).read(asked)


def read(kind: str, body: object, **options: Any) -> list[Record]:
    """The records alone."""
    return reading(kind, body, **options).records


def fields_of(rules: RuleSet, record: Record) -> dict[str, str]:
    """What the rules name in a record that must be a match."""
    verdict = rules.judge(record)
    assert isinstance(verdict, Match), verdict
    return verdict.fields
