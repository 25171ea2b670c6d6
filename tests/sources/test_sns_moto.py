"""Amazon SNS as moto plays it: boto3 publishes, moto signs and posts, and the record is committed.

moto signs each notification (version 2) with a certificate of its own and serves it, so the whole way from
`publish` to the store is real but for one thing: `SigningCertURL` names Amazon's host, and here the fetch
is led to moto. What moto cannot show is told in test_sns.py instead: it takes subscriptions for confirmed,
has no raw delivery over HTTP, signs no subject and tries nothing again.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import boto3
import httpx
import pytest

from powertrip.domain.backlog import Backlog
from powertrip.domain.record import Record
from powertrip.ingest.contract import Limits
from powertrip.ingest.fetching import Fetcher
from powertrip.ingest.http import build_app
from powertrip.ingest.server import WebServer
from powertrip.metrics import Metrics
from powertrip.sources.sns_message import check_certificate_url
from powertrip.store import Store
from powertrip.store.database import DatabaseThread
from powertrip.store.group_commit import GroupCommitInbox
from tests.amazon import amazon
from tests.sources import posting

SECRET = "a-secret-that-is-long-enough"
REGION = "us-east-1"
LINE = "Accepted publickey for alice from 192.0.2.10 port 50000 ssh2"
FOR_SNS = {"Authorization": f"AWS4-HMAC-SHA256 Credential=testing/20260115/{REGION}/sns/aws4_request"}
"""By which moto's server, which plays all services at one address, knows whom a request is for."""


@pytest.fixture
def moto() -> Iterator[str]:
    """The address of a moto server."""
    with amazon() as url:
        yield url


@pytest.fixture
def client(moto: str) -> Any:
    """Amazon's own client of SNS, which moto answers."""
    return boto3.client(
        "sns",
        region_name=REGION,
        endpoint_url=moto,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


@pytest.fixture
async def endpoint(moto: str, topic: str, database_thread: DatabaseThread) -> AsyncIterator[str]:
    """The address of a Powertrip that listens to the topic and keeps what comes in a database."""

    class FromMoto(Fetcher):
        async def fetch(self, url: str) -> bytes:
            check_certificate_url(url)
            async with httpx.AsyncClient(headers=FOR_SNS) as http:
                response = await http.get(moto + urlsplit(url).path)
            return response.raise_for_status().content

    alarms = posting.source("sns", secret=SECRET, topics=topic)
    app = build_app(
        sources=lambda: {"alarms": alarms},
        limits=Limits,
        fetcher=FromMoto(),
        inbox=GroupCommitInbox(
            database_thread, backlog=lambda: Backlog(100), retry_after=lambda: 1, on_new=lambda: None
        ),
        metrics=Metrics(),
        clock=lambda: datetime.now(UTC),
    )
    server = WebServer(app, "127.0.0.1", 0)
    await server.start()
    yield f"http://127.0.0.1:{server.port}/ingest/alarms/{SECRET}"
    await server.stop()


@pytest.fixture
def topic(client: Any) -> str:
    """The ARN of a topic."""
    return str(client.create_topic(Name="logins")["TopicArn"])


async def publish(client: Any, topic: str, message: str) -> str:
    """Publish, in a thread, and return the id; moto answers when it has delivered."""
    published = await asyncio.to_thread(client.publish, TopicArn=topic, Message=message)
    return str(published["MessageId"])


async def kept(store: Store) -> list[Record]:
    return await store.inbox.claim(10, lambda: datetime.now(UTC), timedelta(minutes=1))


async def test_what_boto3_publishes_is_committed(
    client: Any, topic: str, endpoint: str, store: Store
) -> None:
    await asyncio.to_thread(client.subscribe, TopicArn=topic, Protocol="http", Endpoint=endpoint)

    message_id = await publish(client, topic, LINE)

    [record] = await kept(store)
    assert (record.record_id, record.message) == (message_id, LINE)
    assert record.occurred_at is not None


async def test_what_another_topic_publishes_is_not_committed(
    client: Any, endpoint: str, store: Store
) -> None:
    other = (await asyncio.to_thread(client.create_topic, Name="other"))["TopicArn"]
    await asyncio.to_thread(client.subscribe, TopicArn=other, Protocol="http", Endpoint=endpoint)

    await publish(client, other, LINE)

    assert await kept(store) == []
    told = await store.quarantine.report("C0SECURITY", timedelta(hours=1), datetime.now(UTC))
    assert told is not None
    assert list(told.reasons) == [f"{other} is not in this source's `topics`"]
