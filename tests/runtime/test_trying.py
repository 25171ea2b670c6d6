"""Where a test login is sent to, and what stands in the way of one that cannot be sent."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from powertrip.domain.backlog import Backlog
from powertrip.domain.trial import NO_SOURCE, token_in
from powertrip.errors import Rejected
from powertrip.runtime.trying import TrialSender
from powertrip.settings import Config, load_config
from powertrip.store import Store
from powertrip.store.database import DatabaseThread
from powertrip.store.group_commit import GroupCommitInbox
from slack_emulator import SlackEmulator
from tests.conftest import Clock
from tests.end_to_end.harness import settings, write_config

POLL = {"type": "papertrail_search", "token": "a-token-of-papertrail"}


def configured(folder: Path, **changes: Any) -> Config:
    whole = settings(SlackEmulator(), folder, **changes)
    return load_config(write_config(folder / "config.yaml", whole), {})


def sender(config: Config, store: Store, clock: Clock, answers: Any = None, **more: Any) -> TrialSender:
    """One whose requests end at `answers`."""
    http = httpx.AsyncClient(transport=httpx.MockTransport(answers or (lambda _: httpx.Response(500))))
    return TrialSender(config=lambda: config, store=store, http=http, clock=clock, **more)


@pytest.mark.parametrize(
    ("ingest", "port", "address"),
    [
        ({"host": "0.0.0.0", "port": 8080}, None, "http://127.0.0.1:8080"),  # noqa: S104
        ({"host": "127.0.0.1", "port": 0}, 43210, "http://127.0.0.1:43210"),
        ({"host": "::", "port": 8080}, None, "http://[::1]:8080"),
        ({"host": "::1", "port": 8080}, None, "http://[::1]:8080"),
        ({"host": "powertrip.internal", "port": 8080}, None, "http://powertrip.internal:8080"),
        ({"public_url": "https://powertrip.example.com/"}, 43210, "https://powertrip.example.com"),
        ({"public_url": "https://example.com/powertrip"}, None, "https://example.com/powertrip"),
    ],
)
def test_a_test_goes_where_senders_go(
    tmp_path: Path, store: Store, clock: Clock, ingest: dict[str, Any], port: int | None, address: str
) -> None:
    config = configured(tmp_path, ingest=ingest)

    assert sender(config, store, clock, port=lambda: port).address(config) == address


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (401, "its secret did not arrive as it was sent"),
        (404, "is ingest.public_url right"),
        (302, "redirects are not followed"),
        (422, "did not arrive as it was sent"),
    ],
)
async def test_an_answer_that_is_no_success_says_where_to_look(
    tmp_path: Path, store: Store, clock: Clock, status: int, says: str
) -> None:
    config = configured(tmp_path, ingest={"public_url": "https://powertrip.example.com"})
    seen: list[httpx.Request] = []

    def answers(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(status, stream=httpx.ByteStream(b""))

    with pytest.raises(Rejected, match=says) as refused:
        await sender(config, store, clock, answers).send("syslog", "alice")

    (request,) = seen
    assert request.url == "https://powertrip.example.com/ingest/syslog"
    secret = config.sources["syslog"].secret.get_secret_value()
    assert request.headers["Authorization"] == f"Bearer {secret}"
    assert secret not in str(refused.value)


@pytest.mark.parametrize(
    ("source", "says"), [("search", "is a poll: Powertrip asks it"), ("syslgo", 'did you mean "syslog"')]
)
async def test_what_nobody_posts_to_cannot_be_tried(
    tmp_path: Path, store: Store, clock: Clock, source: str, says: str
) -> None:
    config = configured(tmp_path, polls={"search": POLL})

    with pytest.raises(Rejected, match=says):
        await sender(config, store, clock).send(source, "alice")


async def test_before_any_source_is_configured_a_test_goes_into_the_inbox(
    tmp_path: Path, store: Store, database_thread: DatabaseThread, clock: Clock
) -> None:
    config = configured(tmp_path).model_copy(update={"sources": {}})
    inbox = GroupCommitInbox(
        database_thread, backlog=lambda: Backlog(9), retry_after=lambda: 30, on_new=lambda: None
    )
    trial = await sender(config, store, clock, inbox=inbox).send(None, "alice")

    (record,) = await store.inbox.claim(9, clock, config.ingest.retry_after)
    assert (record.source, trial.source) == (NO_SOURCE, NO_SOURCE)
    assert token_in(record.message) == trial.token
    with pytest.raises(Rejected, match="no source"):
        await sender(config, store, clock).send(None, "alice")
