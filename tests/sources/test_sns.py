"""Amazon SNS: whose messages are believed, which addresses are asked, and what becomes of the rest."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from powertrip.errors import IngestRefused, Overloaded, Unauthorized, Unreadable
from powertrip.ingest.contract import Preparing, Reading
from powertrip.ingest.fetching import Fetcher
from powertrip.settings import load_config
from powertrip.sources.sns_message import (
    check_certificate_url,
    check_subscribe_url,
    parse_message,
    string_to_sign,
)
from tests.sources import posting, sns

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
SECRET = "a-secret-that-is-long-enough"
RAW = {
    "x-amz-sns-rawdelivery": "true",
    "x-amz-sns-message-id": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
    "x-amz-sns-topic-arn": sns.TOPIC,
}


@dataclass
class Aws(Fetcher):
    """What is at AWS's addresses, and which of them were asked."""

    content: bytes = field(default_factory=sns.certificate)
    asked: list[str] = field(default_factory=list)
    down: bool = False

    def __post_init__(self) -> None:
        super().__init__()

    async def fetch(self, url: str) -> bytes:
        self.asked.append(url)
        if self.down:
            raise Overloaded("sns.us-east-1.amazonaws.com did not answer")
        return self.content


class Receiver:
    """A source of type `sns`, as the web endpoint uses it."""

    def __init__(self, aws: Aws, **settings: Any) -> None:
        self.source = posting.source("sns", secret=SECRET, **({"topics": sns.TOPIC} | settings))
        self.fetcher = aws

    async def read(
        self,
        message: Mapping[str, Any] | bytes,
        *,
        at: datetime = NOW,
        headers: Mapping[str, str] | None = None,
        secret: str = SECRET,
    ) -> Reading:
        request = posting.request(
            message, headers or {}, name="alarms", now=at, path_secret=secret, fetcher=self.fetcher
        )
        assert isinstance(self.source, Preparing)
        await self.source.prepare(request)
        return self.source.read(request)


@pytest.fixture
def aws() -> Aws:
    return Aws()


@pytest.fixture
def receiver(aws: Aws) -> Receiver:
    return Receiver(aws)


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("subject", [None, "ALARM: \u00fcn\u00efcode"])
async def test_a_signed_notification_is_a_record(
    receiver: Receiver, version: str, subject: str | None
) -> None:
    reading = await receiver.read(sns.signed(SignatureVersion=version, Subject=subject))

    [record] = reading.records
    assert record.record_id == sns.NOTIFICATION["MessageId"]
    assert record.message == record.raw == sns.NOTIFICATION["Message"]
    assert record.occurred_at == NOW
    assert reading.follow_up is None


@pytest.mark.parametrize("name", ["Message", "MessageId", "Timestamp"])
async def test_a_notification_changed_after_signing_is_refused(receiver: Receiver, name: str) -> None:
    changed = sns.signed() | {name: "2026-01-15T12:00:01Z" if name == "Timestamp" else "other"}

    with pytest.raises(Unauthorized, match="signature is wrong"):
        await receiver.read(changed)


async def test_a_notification_with_a_subject_added_is_refused(receiver: Receiver) -> None:
    with pytest.raises(Unauthorized):
        await receiver.read(sns.signed() | {"Subject": "added"})


async def test_a_notification_cannot_be_passed_off_as_a_confirmation(receiver: Receiver, aws: Aws) -> None:
    passed_off = sns.CONFIRMATION | {"Signature": sns.signed()["Signature"]}

    with pytest.raises(Unauthorized):
        await receiver.read(passed_off)
    assert aws.asked == [sns.CERTIFICATE_URL]


@pytest.mark.parametrize("signature", ["", "not base64", "AAAA", "\u00fc"])
async def test_what_is_no_signature_is_refused(receiver: Receiver, signature: str) -> None:
    with pytest.raises(Unauthorized):
        await receiver.read(sns.signed() | {"Signature": signature})


async def test_a_signature_of_an_unknown_version_goes_to_the_quarantine(receiver: Receiver) -> None:
    with pytest.raises(Unreadable, match="SignatureVersion '3'"):
        await receiver.read(sns.signed(SignatureVersion="3"))


async def test_the_right_signature_needs_the_right_secret_too(receiver: Receiver, aws: Aws) -> None:
    with pytest.raises(Unauthorized):
        await receiver.read(sns.signed(), secret="another-secret-of-some-length")
    assert aws.asked == []


@pytest.mark.parametrize("days", [-30, 400])
async def test_a_certificate_outside_of_its_time_is_not_believed(receiver: Receiver, days: int) -> None:
    at = sns.VALID_FROM + timedelta(days=days)

    with pytest.raises(Unreadable, match="is not valid at this time"):
        await receiver.read(sns.signed(Timestamp=at.isoformat()), at=at)


async def test_the_certificate_is_fetched_once(receiver: Receiver, aws: Aws) -> None:
    await receiver.read(sns.signed())
    aws.down = True
    await receiver.read(sns.signed(MessageId="another"))

    assert aws.asked == [sns.CERTIFICATE_URL]


async def test_many_certificates_do_not_fill_the_memory(receiver: Receiver, aws: Aws) -> None:
    urls = [f"https://sns.us-east-1.amazonaws.com/{number}.pem" for number in range(50)]

    for url in [*urls, urls[-1], urls[0]]:
        await receiver.read(sns.signed(SigningCertURL=url))

    assert aws.asked == [*urls, urls[0]]


@pytest.mark.parametrize("content", [b"", b"<html>", b"-----BEGIN CERTIFICATE-----\n", b"\xff"])
async def test_what_is_no_certificate_makes_sns_try_again(content: bytes) -> None:
    with pytest.raises(Overloaded):
        await Receiver(Aws(content=content)).read(sns.signed())


async def test_while_no_certificate_can_be_had_sns_is_to_try_again(receiver: Receiver, aws: Aws) -> None:
    aws.down = True
    with pytest.raises(Overloaded):
        await receiver.read(sns.signed())

    aws.down = False
    assert (await receiver.read(sns.signed())).records


HOSTILE_URLS = [
    "",
    "http://sns.us-east-1.amazonaws.com/x.pem",
    "https://sns.us-east-1.amazonaws.com.example.com/x.pem",
    "https://192.0.2.1/x.pem",
    "https://169.254.169.254/latest/meta-data/x.pem",
    "https://[::1]/x.pem",
    "https://localhost/x.pem",
    "https://example.com/sns.us-east-1.amazonaws.com/x.pem",
    "https://alice@sns.us-east-1.amazonaws.com/x.pem",
    "https://sns.us-east-1.amazonaws.com@example.com/x.pem",
    "https://sns.us-east-1.amazonaws.com\\@example.com/x.pem",
    "https://sns.us-east-1.amazonaws.com#@example.com/x.pem",
    "https://sns.us-east-1.amazonaws.com:8443/x.pem",
    "https://sns.us-east-1.amazonaws.com/x.pem?y",
    "https://sns.us-east-1.amazonaws.com/../x.pem",
    "https://sns.us-east-1.amazonaws.com/x.txt",
    "https://sns.us-east-1.amazonaws.com/x.pem\n",
    "https://sns.us-east-1.amazonaws.com\r\nHost: example.com/x.pem",
    "https://sns.\uff41\uff41\uff41.amazonaws.com/x.pem",
    "https://sns.x.amazonaws.com/x.pem",
    "https://logs.s3.amazonaws.com/x.pem",
    "file:///etc/passwd.pem",
]


@pytest.mark.parametrize("url", HOSTILE_URLS)
async def test_no_address_but_one_of_sns_is_asked(receiver: Receiver, aws: Aws, url: str) -> None:
    with pytest.raises(Unauthorized, match="SigningCertURL"):
        await receiver.read(sns.signed(SigningCertURL=url))
    with pytest.raises(Unauthorized, match="SubscribeURL"):
        await receiver.read(sns.signed(sns.CONFIRMATION, SubscribeURL=url))

    assert aws.asked == [sns.CERTIFICATE_URL]


async def test_a_subscription_to_a_topic_that_may_send_is_confirmed(receiver: Receiver, aws: Aws) -> None:
    reading = await receiver.read(sns.signed(sns.CONFIRMATION))

    assert (reading.records, reading.unread) == ([], ())
    assert sns.SUBSCRIBE_URL not in aws.asked, "not before the commit"
    assert reading.follow_up is not None
    await reading.follow_up()
    assert aws.asked[-1] == sns.SUBSCRIBE_URL


async def test_a_confirmation_that_fails_makes_sns_try_again(receiver: Receiver, aws: Aws) -> None:
    reading = await receiver.read(sns.signed(sns.CONFIRMATION))

    aws.down = True
    assert reading.follow_up is not None
    with pytest.raises(Overloaded):
        await reading.follow_up()


@pytest.mark.parametrize("base", [sns.NOTIFICATION, sns.CONFIRMATION])
@pytest.mark.parametrize("topic", [sns.TOPIC + "2", sns.TOPIC.replace("123456789012", "210987654321"), ""])
async def test_nothing_of_another_topic_is_believed_or_asked_for(
    receiver: Receiver, aws: Aws, base: dict[str, str], topic: str
) -> None:
    with pytest.raises(Unreadable, match="is not in this source's `topics`"):
        await receiver.read(sns.signed(base, TopicArn=topic))

    assert aws.asked == []


async def test_the_end_of_a_subscription_is_told(receiver: Receiver, aws: Aws) -> None:
    message = sns.signed(sns.CONFIRMATION, Type="UnsubscribeConfirmation")

    reading = await receiver.read(message)

    [part] = reading.unread
    assert f"somebody ended the subscription to {sns.TOPIC}" in part.reason
    assert json.loads(part.body) == message
    assert reading.follow_up is None
    assert aws.asked == [sns.CERTIFICATE_URL]


@pytest.mark.parametrize("base", [sns.NOTIFICATION, sns.CONFIRMATION])
@pytest.mark.parametrize("hours", [-1.01, 1.01, 48])
async def test_an_old_message_is_kept_aside(receiver: Receiver, base: dict[str, str], hours: float) -> None:
    reading = await receiver.read(sns.signed(base), at=NOW + timedelta(hours=hours))

    [part] = reading.unread
    assert "older than an hour" in part.reason
    assert (reading.records, reading.follow_up) == ([], None)


async def test_a_message_of_an_hour_of_retries_is_taken(receiver: Receiver) -> None:
    assert (await receiver.read(sns.signed(), at=NOW + timedelta(hours=1))).records


async def test_a_time_that_is_none_is_kept_aside(receiver: Receiver) -> None:
    assert (await receiver.read(sns.signed(Timestamp="yesterday"))).unread


async def test_a_message_of_json_is_judged_as_json(receiver: Receiver) -> None:
    trail = {"eventName": "ConsoleLogin", "eventTime": "2026-01-15T11:58:00Z", "padding": "x" * 20_000}
    envelope = {"detail-type": "AWS Console Sign In via CloudTrail", "detail": trail}

    [record] = (await receiver.read(sns.signed(Message=json.dumps(envelope)))).records

    assert json.loads(record.raw) == envelope
    assert record.occurred_at == NOW
    [bare] = (await receiver.read(sns.signed(Message=json.dumps(trail)))).records
    assert bare.occurred_at == datetime(2026, 1, 15, 11, 58, tzinfo=UTC)


async def test_a_line_of_syslog_loses_its_header(receiver: Receiver) -> None:
    line = "Jan 15 11:59:00 bastion-1 sshd[99]: Accepted publickey for alice from 192.0.2.10 port 50000 ssh2"

    [record] = (await receiver.read(sns.signed(Message=line))).records

    assert (record.host_name, record.program) == ("bastion-1", "sshd")
    assert record.message.startswith("Accepted publickey")
    assert record.raw == line


@pytest.mark.parametrize("message", ['{"a": 1} {"b": 2}', "[1]", "{", '{"a":' * 100_000, "null"])
async def test_what_only_looks_like_json_is_a_line(receiver: Receiver, message: str) -> None:
    [record] = (await receiver.read(sns.signed(Message=message))).records

    assert record.raw == message


async def test_raw_delivery_is_not_believed_unless_asked_for(receiver: Receiver) -> None:
    with pytest.raises(Unreadable, match="raw_delivery: true"):
        await receiver.read(b"Accepted", headers=RAW)


async def test_raw_delivery_that_was_asked_for_is_a_record(aws: Aws) -> None:
    receiver = Receiver(aws, raw_delivery=True)

    [record] = (await receiver.read(b"Accepted password for alice", headers=RAW)).records

    assert (record.record_id, record.message) == (RAW["x-amz-sns-message-id"], "Accepted password for alice")
    assert aws.asked == []


@pytest.mark.parametrize(
    "changes",
    [
        {"x-amz-sns-topic-arn": sns.TOPIC + "2"},
        {"x-amz-sns-topic-arn": ""},
        {"x-amz-sns-message-id": ""},
        {"x-amz-sns-message-id": "a" * 101},
        {"x-amz-sns-message-id": "\0"},
    ],
)
async def test_raw_delivery_needs_a_known_topic_and_an_id(aws: Aws, changes: dict[str, str]) -> None:
    with pytest.raises(Unreadable):
        await Receiver(aws, raw_delivery=True).read(b"Accepted", headers=RAW | changes)


async def test_raw_delivery_needs_the_secret(aws: Aws) -> None:
    with pytest.raises(Unauthorized):
        await Receiver(aws, raw_delivery=True).read(b"Accepted", headers=RAW, secret="wrong")


async def test_without_the_header_of_raw_delivery_a_signature_is_needed(aws: Aws) -> None:
    with pytest.raises(IngestRefused):
        await Receiver(aws, raw_delivery=True).read(sns.signed() | {"Signature": "AAAA"})


@pytest.mark.parametrize("missing", sorted(set(sns.NOTIFICATION) - {"UnsubscribeURL"}))
async def test_what_a_message_lacks_is_named(receiver: Receiver, missing: str) -> None:
    message = sns.signed()
    del message[missing]

    with pytest.raises(Unreadable, match=missing):
        await receiver.read(message)


def test_the_source_has_what_the_config_says(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    entry = f"type: sns, secret: {SECRET}, topics: '{sns.TOPIC}', raw_delivery: true"
    path.write_text(f"sources: {{alarms: {{{entry}}}}}")

    config = load_config(path, {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"})

    assert config.sources["alarms"] == posting.source("sns", topics=[sns.TOPIC], raw_delivery=True)


def test_the_documented_messages_are_understood(corpora: Path) -> None:
    for sample in json.loads((corpora / "aws-docs/sns_http_messages.json").read_text()):
        message = parse_message(json.dumps(sample["body"]).encode())
        assert message.Type == sample["headers"]["x-amz-sns-message-type"]
        check_certificate_url(message.SigningCertURL)
        if message.Type == "SubscriptionConfirmation":
            check_subscribe_url(message.SubscribeURL)


async def test_the_vectors_are_verified(corpora: Path) -> None:
    folder = corpora / "synthetic"
    certificate = (folder / "sns_test_cert.pem").read_bytes()
    vectors = json.loads((folder / "sns_signed_vectors.json").read_text())
    outcomes = {}
    for vector in vectors:
        message = parse_message(vector["body"].encode())
        if "string_to_sign" in vector:
            assert string_to_sign(message).decode() == vector["string_to_sign"]
        receiver = Receiver(Aws(content=certificate), topics=message.TopicArn)
        try:
            await receiver.read(vector["body"].encode(), at=datetime.fromisoformat(message.Timestamp))
            outcomes[vector["name"]] = True
        except Unauthorized:
            outcomes[vector["name"]] = False
    assert outcomes == {vector["name"]: "tamper" not in vector["name"].lower() for vector in vectors}


def test_addresses_of_certificates_are_told_apart(corpora: Path) -> None:
    cases = json.loads((corpora / "synthetic/sns_cert_url_cases.json").read_text())
    for url in cases["accept"]:
        check_certificate_url(url)
    for url in cases["reject"]:
        with pytest.raises(Unauthorized):
            check_certificate_url(url)
