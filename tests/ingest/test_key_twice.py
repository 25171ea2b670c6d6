"""A key given twice in one object of JSON: refused or quarantined by name, never judged by one of the two."""

import base64
import json

import pytest

from powertrip.domain.record import Record
from powertrip.errors import Unreadable
from powertrip.rules import Quarantined
from tests.rules.support import rules_of
from tests.sources.posting import read

LOGIN = "Accepted publickey for alice from 192.0.2.10 port 50000 ssh2"
TWICE = f'{{"message": "{LOGIN}", "program": "sshd", "message": "nothing"}}'
NESTED = f'{{"program": "sshd", "message": "{LOGIN}", "host": {{"name": "a", "name": "b"}}}}'
SOUND = f'{{"program": "sshd", "message": "{LOGIN}", "host": "bastion-1"}}'


@pytest.mark.parametrize("kind", ["json", "syslog", "journald", "aptible", "teleport"])
@pytest.mark.parametrize(("body", "key"), [(TWICE, "message"), (NESTED, "name")])
def test_an_object_alone_is_refused_with_the_key(kind: str, body: str, key: str) -> None:
    with pytest.raises(Unreadable, match=f"gives the key '{key}' twice"):
        read(kind, body)


@pytest.mark.parametrize("kind", ["json", "syslog", "journald"])
@pytest.mark.parametrize("shape", ["[{0}, {1}, {0}]", "{0}\n{1}\n{0}", "{0}{1}{0}"])
def test_beside_others_it_is_quarantined_with_all_that_it_gave_and_they_are_read(
    kind: str, shape: str
) -> None:
    reading = read(kind, shape.replace("{0}", SOUND).replace("{1}", TWICE))

    assert len(reading.records) == 2
    (unread,) = reading.unread
    assert "'message' twice" in unread.reason
    assert LOGIN.encode() in unread.body
    assert b"nothing" in unread.body


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("papertrail", f'{{"events": [{{"id": 1, "message": "{LOGIN}"}}], "events": []}}'),
        ("loki", f'{{"streams": [{{"stream": {{}}, "values": [["1", "{LOGIN}"]]}}], "streams": []}}'),
        ("alertmanager", '{"alerts": [{"labels": {"powertrip": "high"}}], "alerts": []}'),
        ("eventbridge", '{"id": "1", "detail": {"eventName": "ConsoleLogin", "eventName": "Nothing"}}'),
    ],
)
def test_an_envelope_that_gives_its_records_twice_is_refused(kind: str, body: str) -> None:
    with pytest.raises(Unreadable, match="twice"):
        read(kind, body)


def flawed(kind: str, body: str) -> Record:
    (item,) = read(kind, body).records
    return item


def firehose(message: str) -> str:
    batch = {"messageType": "DATA_MESSAGE", "logEvents": [{"id": "1", "timestamp": 1, "message": message}]}
    data = base64.b64encode(json.dumps(batch).encode()).decode()
    return json.dumps({"records": [{"data": data}]})


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("loki", json.dumps({"streams": [{"stream": {}, "values": [["1700000000000000000", TWICE]]}]})),
        ("json", json.dumps({"message": TWICE})),
        ("json", json.dumps({"message": f"@cee:{NESTED}"})),
        ("syslog", json.dumps({"log": TWICE})),
    ],
)
@pytest.mark.parametrize("packs", ["[{use: ssh}]", "[{use: sudo}, {use: cloudtrail}]"])
def test_a_line_or_message_that_is_such_an_object_is_quarantined_by_the_key(
    kind: str, body: str, packs: str
) -> None:
    verdict = rules_of(packs).judge(flawed(kind, body))

    assert isinstance(verdict, Quarantined)
    assert "twice" in verdict.reason


def test_a_message_in_cloudwatch_logs_is_quarantined_by_the_key() -> None:
    headers = {"X-Amz-Firehose-Access-Key": "a-secret-that-is-long-enough", "X-Amz-Firehose-Request-Id": "r"}
    (item,) = read("firehose", firehose(TWICE), headers=headers).records
    verdict = rules_of("[{use: ssh}]").judge(item)

    assert isinstance(verdict, Quarantined)
    assert "'message' twice" in verdict.reason


def test_a_rule_of_ones_own_can_say_that_nobody_wants_to_hear_of_it() -> None:
    own = "[{name: noisy, ignore: true, pattern: '^\\{.*$'}, {use: ssh}]"
    item = flawed("json", json.dumps({"message": TWICE}))

    assert not isinstance(rules_of(own).judge(item), Quarantined)
