"""What is asked to fill a gap, and what becomes of the answers, at the wire."""

from typing import Any

import httpx
import pytest

from powertrip.errors import OutsideError, Rejected, Unavailable
from powertrip.ingest.contract import Backfill, Page
from powertrip.ingest.source import SourceSection
from powertrip.polls import build_backfills
from tests.polls.api import Api
from tests.samples import NOW
from tests.sources import posting

SECRET = "a-secret-of-some-length"


@pytest.fixture
def api() -> Api:
    return Api()


def entry(url: str, *, has_token: bool = True) -> SourceSection:
    own = {"backfill_token": "a-token", "backfill_url": url} if has_token else {}
    return posting.source("papertrail", secret=SECRET, **own)


@pytest.fixture
def backfill(api: Api) -> Backfill:
    return build_backfills({"logs": entry(api.url)}, api.http())["logs"]


def event(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": str(number),
        "received_at": "2026-01-15T11:59:00Z",
        "hostname": "bastion-1",
        "program": "sshd",
        "message": "Accepted publickey for alice from 192.0.2.10 port 50000 ssh2",
    } | changes


async def fill(backfill: Backfill, after: str = "10", until: str = "20") -> list[Page]:
    """Pages until the gap is filled."""
    pages = [await backfill.fetch({"min_id": after}, until, "program:sshd", NOW)]
    while pages[-1].more:
        pages.append(await backfill.fetch(pages[-1].cursor, until, "program:sshd", NOW))
    return pages


def ids(pages: list[Page]) -> list[str]:
    return [record.record_id for page in pages for record in page.records]


async def test_a_gap_is_walked_forward_page_by_page_over_empty_ones_too(api: Api, backfill: Backfill) -> None:
    api.answers = [
        {"events": [event(11), event(13)], "max_id": "13"},
        {"events": [], "max_id": "17"},
        {"events": [event(18)], "max_id": "18", "reached_end": True},
    ]
    assert ids(await fill(backfill)) == ["11", "13", "18"]
    assert [asked.query["min_id"] for asked in api.asked] == ["10", "13", "17"]
    assert api.asked[0].path == "/api/v1/events/search.json"
    assert api.asked[0].query == {"min_id": "10", "tail": "false", "limit": "1000", "q": "program:sshd"}
    assert api.asked[0].headers["X-Papertrail-Token"] == "a-token"


async def test_what_lies_past_the_gap_is_dropped_and_ends_it(api: Api, backfill: Backfill) -> None:
    api.answers = [{"events": [event(11), event(20), event(21)], "max_id": "21", "reached_end": False}]
    assert ids(await fill(backfill)) == ["11", "20"]
    assert len(api.asked) == 1


async def test_a_gap_without_a_query_is_fetched_whole(api: Api, backfill: Backfill) -> None:
    api.answers = [{"events": [], "reached_end": True}]
    page = await backfill.fetch({"min_id": "10"}, "20", None, NOW)
    assert (page.records, page.more) == ([], False)
    assert "q" not in api.asked[0].query


@pytest.mark.parametrize("newest", ["10", "9", None, "x"])
async def test_a_search_that_stands_still_is_tried_again_later(
    api: Api, backfill: Backfill, newest: str | None
) -> None:
    api.answers = [{"events": [], "max_id": newest}]
    with pytest.raises(Unavailable, match="neither goes on nor ends"):
        await fill(backfill)


@pytest.mark.parametrize(
    ("answer", "kind", "wait"),
    [
        ((429, "", {"Retry-After": "70"}), Unavailable, 70.0),
        ((500, "", {}), Unavailable, None),
        ((200, "no JSON", {}), Unavailable, None),
        ({"events": None}, Unavailable, None),
        ((401, "", {}), Rejected, None),
        ((302, "", {"Location": "https://example.com/"}), Rejected, None),
    ],
)
async def test_what_goes_wrong_is_told_apart_without_the_token(
    api: Api, backfill: Backfill, answer: Any, kind: type[OutsideError], wait: float | None
) -> None:
    api.answers = [answer]
    with pytest.raises(kind) as raised:
        await fill(backfill)
    assert getattr(raised.value, "retry_after", None) == wait
    assert "a-token" not in str(raised.value)


async def test_an_event_is_the_same_record_from_the_webhook_and_from_the_search(
    api: Api, backfill: Backfill
) -> None:
    sent = event(11, facility="Auth")
    body = b'{"events": [%s]}' % httpx.Request("POST", api.url, json=sent | {"id": 11}).content
    source, request = entry(api.url), posting.request(body, {}, name="logs", now=NOW, path_secret=SECRET)
    api.answers = [{"events": [sent | {"id": 11}], "reached_end": True}]
    [page] = await fill(backfill)
    assert page.records == source.read(request).records


async def test_a_source_without_a_token_is_not_asked(api: Api) -> None:
    assert build_backfills({"logs": entry(api.url, has_token=False)}, api.http()) == {}
