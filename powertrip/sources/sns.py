"""The source type `sns`: notifications of Amazon SNS over HTTPS.

Anybody can subscribe any address to a topic of their own, so the topics that may send are listed, and every
message is signed by SNS. SNS retries 5xx for an hour at most and never a 4xx, so what is signed rightly and
yet cannot be taken goes to the quarantine. A message that is an object of JSON is a record of JSON, as
CloudTrail's records and alarms of CloudWatch are; any other is a line.
"""

import json
import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Literal

import structlog
from pydantic import BeforeValidator, Field

from powertrip.config.values import TopicArn, Written, as_list
from powertrip.errors import IngestRefused, Unreadable
from powertrip.ingest.aws import of_text
from powertrip.ingest.body import read_text
from powertrip.ingest.contract import IngestRequest, Reading, Unread
from powertrip.ingest.sample import NoSample, Sample, SampleLogin, console_login
from powertrip.ingest.source import BySecret
from powertrip.ingest.times import parse_time
from powertrip.sources.sns_message import (
    MESSAGE_ID,
    SnsMessage,
    check_certificate_url,
    check_signature,
    check_subscribe_url,
    parse_message,
)

_log = structlog.get_logger(__name__)

_OLDEST = timedelta(hours=1)
"""SNS gives up after an hour, so an older message may be one that somebody recorded and sends again."""
_TOO_OLD = "a message of SNS is older than an hour, or from the future; it may be a recorded one"
_UNSUBSCRIBED = (
    "somebody ended the subscription to {}, and no more will come of it; "
    "if nobody should have, subscribe again and ask who did"
)


class Sns(BySecret):
    """Amazon SNS: signed notifications of your own topics."""

    type: Literal["sns"]
    topics: Annotated[
        tuple[TopicArn, ...],
        BeforeValidator(as_list),
        Field(min_length=1),
        Written(
            "arn:aws:sns:REGION:ACCOUNT:NAME, or a list of such, "
            "for anybody can subscribe this address to a topic of their own"
        ),
    ]
    """The ARNs of the topics that may send."""
    raw_delivery: bool = False
    """Take raw delivery, which bears no signature."""

    def sample_body(self, login: SampleLogin) -> Sample:
        if not self.raw_delivery:
            raise NoSample(
                "only AWS can sign a notification; try the way out with: aws sns publish --topic-arn "
                f"{self.topics[0]} --message 'a line of your log'"
            )
        message_id = str(uuid.uuid5(uuid.NAMESPACE_OID, login.token))
        headers = {"x-amz-sns-rawdelivery": "true", "x-amz-sns-topic-arn": self.topics[0]}
        body = json.dumps(console_login(login)).encode()
        return Sample(body=body, headers={**headers, "x-amz-sns-message-id": message_id})

    async def prepare(self, request: IngestRequest) -> None:
        """Fetch the certificate of the signature; see `Preparing`."""
        if _is_raw(request):
            return
        try:
            # Before anything is fetched, so that no stranger can have us call anybody.
            self.authorize(request)
            message = self._expected(request)
        except IngestRefused:
            return
        await request.fetcher.bring_certificate(message.SigningCertURL)

    def read_body(self, request: IngestRequest) -> Reading:
        if _is_raw(request):
            return self._raw(request)
        message = self._expected(request)
        certificate = request.fetcher.certificate(message.SigningCertURL)
        check_signature(message, certificate, request.received_at)
        sent_at = parse_time(message.Timestamp, received_at=request.received_at, zone=None)
        if sent_at is None:
            return _quarantined(request, "a message of SNS has a Timestamp that is none")
        if abs(request.received_at - sent_at) > _OLDEST:
            return _quarantined(request, _TOO_OLD)
        if message.Type == "UnsubscribeConfirmation":
            return _quarantined(request, _UNSUBSCRIBED.format(message.TopicArn))
        if message.Type == "Notification":
            return self._reading(message.Message, message.MessageId, request, sent_at=message.Timestamp)
        url = check_subscribe_url(message.SubscribeURL)

        async def confirm() -> None:
            await request.fetcher.fetch(url)
            _log.info("sns subscription confirmed", source=request.source, topic=message.TopicArn)

        return Reading(follow_up=confirm)

    def _expected(self, request: IngestRequest) -> SnsMessage:
        """The message, of a topic that may send and signed by SNS as it says; the signature is unchecked."""
        message = parse_message(request.body)
        check_certificate_url(message.SigningCertURL)
        self._check_topic(message.TopicArn)
        return message

    def _check_topic(self, topic: str | None) -> None:
        if topic not in self.topics:
            raise Unreadable(f"{(topic or 'a topic without a name')[:300]} is not in this source's `topics`")

    def _raw(self, request: IngestRequest) -> Reading:
        """A message without its envelope, and so without a signature: the secret alone vouches for it."""
        if not self.raw_delivery:
            raise Unreadable("raw delivery bears no signature; end it in SNS, or write `raw_delivery: true`")
        self._check_topic(request.header("x-amz-sns-topic-arn"))
        message_id = request.header("x-amz-sns-message-id") or ""
        if not MESSAGE_ID.fullmatch(message_id):
            raise Unreadable("x-amz-sns-message-id is missing or malformed; SNS sends it")
        return self._reading(read_text(request), message_id, request)

    def _reading(
        self, text: str, message_id: str, request: IngestRequest, *, sent_at: str | None = None
    ) -> Reading:
        value = of_text(text, id=message_id)
        # A time that the message names itself comes before that of its sending.
        timed = replace(value, value={"time": sent_at} | value.value)
        return Reading(records=self.records([timed], request))


def _is_raw(request: IngestRequest) -> bool:
    return (request.header("x-amz-sns-rawdelivery") or "").lower() == "true"


def _quarantined(request: IngestRequest, reason: str) -> Reading:
    return Reading(unread=(Unread(body=request.body, reason=reason),))
