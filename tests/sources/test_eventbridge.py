"""Amazon EventBridge's API destinations: an event a request, judged by the pack for CloudTrail."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from powertrip.domain.record import Record
from powertrip.errors import Unauthorized, Unreadable
from tests.sources import posting

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
SECRET = "a-secret-that-is-long-enough"
TRAIL = {"eventID": "from-cloudtrail", "eventName": "ConsoleLogin", "eventTime": "2026-01-15T11:58:00Z"}
EVENT = {
    "version": "0",
    "id": "6f87d04b-9f74-4f04-a780-7acf4b0a9b38",
    "detail-type": "AWS Console Sign In via CloudTrail",
    "source": "aws.signin",
    "time": "2026-01-15T11:59:00Z",
    "detail": TRAIL,
}


def read(body: Any, **headers: str) -> list[Record]:
    sent = headers or {"X-Api-Key": SECRET}
    return posting.records_of("eventbridge", body, sent, name="trail", auth_header="X-Api-Key")


def test_an_event_is_a_record_with_the_id_that_eventbridge_gave_it() -> None:
    [record] = read(EVENT)

    assert record.record_id == EVENT["id"]
    assert record.occurred_at == datetime(2026, 1, 15, 11, 59, tzinfo=UTC)
    assert json.loads(record.raw) == EVENT


def test_a_bare_record_of_cloudtrail_has_its_own_id_and_time() -> None:
    [record] = read(TRAIL)

    assert record.record_id == "from-cloudtrail"
    assert record.occurred_at == datetime(2026, 1, 15, 11, 58, tzinfo=UTC)


def test_whoever_puts_events_cannot_choose_their_id() -> None:
    [record] = read(EVENT | {"source": "com.example", "detail": {"id": "x", "eventID": "x"}})

    assert record.record_id == EVENT["id"]


def test_an_api_key_in_any_header_and_basic_auth_are_taken() -> None:
    assert read(EVENT, **{"x-api-key": SECRET})
    assert read(EVENT, authorization="Basic cG93ZXJ0cmlwOmEtc2VjcmV0LXRoYXQtaXMtbG9uZy1lbm91Z2g=")
    with pytest.raises(Unauthorized):
        read(EVENT, **{"x-api-key": "another-secret-of-some-length"})


@pytest.mark.parametrize("body", [b"", b"text", b'"text"', b"[]", b"{}", b"1", b"null"])
def test_what_a_transformer_made_unreadable_is_refused(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read(body)


def test_the_documented_events_are_records(corpora: Path) -> None:
    samples = json.loads((corpora / "aws-docs/eventbridge_cloudtrail_events.json").read_text())

    records = [read(sample)[0] for sample in samples]

    assert [record.record_id for record in records] == [sample["id"] for sample in samples]
    assert all(record.occurred_at for record in records)
