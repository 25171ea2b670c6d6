"""Whichever way a record of CloudTrail comes, its pack says the same of it."""

import base64
import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from powertrip.rules import Match
from tests.rules.support import rules_of
from tests.sources import hostile, sns
from tests.sources.posting import take

RULES = rules_of("- use: cloudtrail")
SIGN_IN = {
    "eventVersion": "1.08",
    "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/alice", "userName": "alice"},
    "eventTime": "2026-01-15T11:58:00Z",
    "eventSource": "signin.amazonaws.com",
    "eventName": "ConsoleLogin",
    "sourceIPAddress": "192.0.2.10",
    "userAgent": "x" * 10_000,
    "responseElements": {"ConsoleLogin": "Success"},
    "eventID": "0e0e0e0e-0000-4000-8000-000000000001",
}
EVENT = {
    "id": "1",
    "time": "2026-01-15T12:01:00Z",
    "detail-type": "AWS Console Sign In via CloudTrail",
    "detail": SIGN_IN,
}
HAPPENED_AT = datetime(2026, 1, 15, 11, 58, tzinfo=UTC)
CARRIED_AT = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


def notification(message: Any) -> bytes:
    return sns.body(sns.signed(Message=json.dumps(message)))


def log_event(message: Any) -> bytes:
    event = {"id": "1", "timestamp": 1768478400000, "message": json.dumps(message)}
    return firehose({"messageType": "DATA_MESSAGE", "logStream": "trail", "logEvents": [event]})


def firehose(value: Any) -> bytes:
    data = base64.b64encode(gzip.compress(json.dumps(value).encode())).decode()
    return json.dumps({"records": [{"data": data}]}).encode()


def bare(value: Any) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    ("kind", "carry", "value"),
    [
        ("sns", notification, SIGN_IN),
        ("sns", notification, EVENT),
        ("firehose", log_event, SIGN_IN),
        ("firehose", log_event, EVENT),
        ("firehose", firehose, SIGN_IN),
        ("firehose", firehose, EVENT),
        ("eventbridge", bare, EVENT),
        ("eventbridge", bare, SIGN_IN),
    ],
)
def test_a_sign_in_is_judged_and_happened_when_cloudtrail_says(
    kind: str, carry: Callable[[Any], bytes], value: Any
) -> None:
    [record] = take(hostile.source_of(kind), hostile.request_of(kind, carry(value))).records

    verdict = RULES.judge(record)

    assert isinstance(verdict, Match), verdict
    assert verdict.rule.name == "aws_console_login_without_mfa"
    assert (verdict.fields["user_name"], verdict.fields["source_ip"]) == ("alice", "192.0.2.10")
    assert record.occurred_at == HAPPENED_AT


@pytest.mark.parametrize(
    "message",
    [
        {"eventTime": "2026-01-15T11:58:00Z", "message": "of an application, not of CloudTrail"},
        SIGN_IN | {"eventTime": "at noon"},
        SIGN_IN | {"eventTime": 1768478280},
        SIGN_IN | {"eventTime": None},
        {"detail": "none"},
    ],
)
def test_a_log_event_without_a_time_of_cloudtrails_happened_when_cloudwatch_says(message: Any) -> None:
    [record] = take(hostile.source_of("firehose"), hostile.request_of("firehose", log_event(message))).records

    assert record.occurred_at == CARRIED_AT
