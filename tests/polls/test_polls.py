"""What each polled API is asked, and what becomes of its answers, at the wire."""

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from pydantic import TypeAdapter

from powertrip.domain.record import Cursor
from powertrip.errors import OutsideError, Rejected, Unavailable
from powertrip.ingest.contract import Page, PollRequest
from powertrip.net import Bounds, HttpClient
from powertrip.polls import AnyPoll, PollSection
from powertrip.polls import api as api_module
from powertrip.rules import load_rules
from powertrip.rules.judgements import Ignored, Match
from tests.polls.api import Api
from tests.samples import NOW, later

SINCE = later(hours=-1)
OWN: dict[str, dict[str, str]] = {
    "papertrail_search": {"token": "a-token"},
    "aptible_operations": {"token": "a-token", "account": "12"},
    "wazuh_indexer": {"username": "powertrip", "password": "a-password"},
}
"""What each type needs besides the address."""

_ANY: TypeAdapter[PollSection] = TypeAdapter(AnyPoll)


@pytest.fixture
def api() -> Api:
    return Api()


@dataclass(frozen=True)
class Asking:
    """A poll by the name `polled`, and the client that is lent to it."""

    section: PollSection
    client: HttpClient

    async def fetch(self, cursor: Cursor | None, since: datetime, now: datetime) -> Page:
        """One page."""
        request = PollRequest(name="polled", client=self.client, cursor=cursor, since=since, now=now)
        return await self.section.fetch(request)


def poll(api: Api, kind: str, **changes: Any) -> Asking:
    return Asking(_ANY.validate_python({"type": kind, "url": api.url} | OWN[kind] | changes), api.http())


async def rounds(poll: Asking, cursor: Cursor | None = None, limit: int = 10) -> list[Page]:
    """Pages until there is no more."""
    pages: list[Page] = []
    while not pages or (pages[-1].more and len(pages) < limit):
        pages.append(await poll.fetch(cursor, SINCE, NOW))
        cursor = pages[-1].cursor
    return pages


def event(number: int) -> dict[str, Any]:
    return {
        "id": str(number),
        "received_at": "2026-01-15T11:59:00Z",
        "hostname": "bastion-1",
        "program": "sshd",
        "message": "Accepted publickey for alice from 192.0.2.10 port 50000 ssh2",
    }


async def test_papertrail_is_walked_forward_by_id_without_tail(api: Api) -> None:
    api.answers = [
        {"events": [event(1)], "max_id": "1", "reached_end": False},
        {"events": [], "max_id": "5", "reached_end": False},
        {"events": [event(7)], "max_id": "7", "reached_end": True},
    ]
    pages = await rounds(poll(api, "papertrail_search", query="sshd"))
    assert [record.record_id for page in pages for record in page.records] == ["1", "7"]
    assert pages[-1].cursor == {"min_id": "7"}
    assert [asked.query.get("min_id") for asked in api.asked] == [None, "1", "5"]
    assert api.asked[0].query["min_time"] == str(int(SINCE.timestamp()))
    assert {asked.query["tail"] for asked in api.asked} == {"false"}
    assert api.asked[0].query["q"] == "sshd"
    assert api.asked[0].headers["X-Papertrail-Token"] == "a-token"


async def test_papertrail_that_does_not_advance_is_not_asked_in_a_tight_loop(api: Api) -> None:
    api.answers = [{"events": [], "max_id": "1", "reached_end": False}]
    assert len(await rounds(poll(api, "papertrail_search"), {"min_id": "1"})) == 1


def operation(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": number,
        "type": "execute",
        "status": "running",
        "created_at": "2026-01-15T11:30:00.000Z",
        "updated_at": "2026-01-15T11:31:00.000Z",
        "user_email": "alice@example.com",
        "user_name": "Alice",
        "automated": False,
        "_links": {"resource": {"href": "https://api.aptible.com/apps/4"}},
    } | changes


def hal(*operations: dict[str, Any]) -> dict[str, Any]:
    return {"_embedded": {"operations": list(operations)}}


async def test_aptible_is_paged_back_to_where_the_last_round_ended(api: Api) -> None:
    old = operation(1, created_at="2026-01-14T00:00:00Z")
    api.answers = [hal(*(operation(n) for n in range(250, 0, -1))), hal(operation(251), old)]
    pages = await rounds(poll(api, "aptible_operations"))
    assert [asked.query["page"] for asked in api.asked] == ["1", "2"]
    assert api.asked[0].path == "/accounts/12/operations"
    assert api.asked[0].headers["Authorization"] == "Bearer a-token"
    assert len([record for page in pages for record in page.records]) == 251
    assert pages[-1].cursor["place"] is None


async def test_an_aptible_operation_is_a_record_whenever_its_status_changes(api: Api) -> None:
    api.answers = [hal(operation(9)), hal(operation(9)), hal(operation(9, status="succeeded"))]
    one = poll(api, "aptible_operations")
    ids = [(await one.fetch(None, SINCE, NOW)).records[0].record_id for _ in range(3)]
    assert ids == ["9:running", "9:running", "9:succeeded"]


@pytest.mark.parametrize("kind", ["execute", "tunnel", "deploy"])
async def test_the_aptible_pack_makes_events_of_what_people_do(api: Api, kind: str) -> None:
    rules = load_rules([{"use": "aptible"}], str)
    api.answers = [hal(operation(1, type=kind), operation(2, type=kind, automated=True))]
    (page,) = await rounds(poll(api, "aptible_operations"))
    person, nobody = (rules.judge(record) for record in page.records)
    assert isinstance(person, Match)
    assert person.fields["user_name"] == "alice@example.com"
    assert isinstance(nobody, Ignored)


def hit(number: int, **changes: Any) -> dict[str, Any]:
    line = "Accepted publickey for alice from 192.0.2.10 port 50000 ssh2: ED25519 SHA256:" + "k" * 43
    alert = {
        "timestamp": "2026-01-15T11:59:00.000+0000",
        "id": f"1.{number}",
        "agent": {"id": "001", "name": "bastion-1"},
        "rule": {"id": "5715", "groups": ["sshd"]},
        "full_log": f"Jan 15 11:58:59 bastion-1 sshd[17]: {line}",
    }
    return {"_id": f"hit{number}", "_source": alert | changes, "sort": [1, f"1.{number}"]}


async def test_wazuh_is_searched_forward_and_its_line_is_read_by_our_grammar(api: Api) -> None:
    api.answers = [{"hits": {"hits": [hit(n) for n in range(500)]}}, {"hits": {"hits": [hit(500)]}}]
    pages = await rounds(poll(api, "wazuh_indexer", rule_ids=("5715",)))
    records = [record for page in pages for record in page.records]
    assert len({record.record_id for record in records}) == 501
    assert api.asked[1].body["search_after"] == [1, "1.499"]
    assert api.asked[0].path == "/wazuh-alerts-4.x-*/_search"
    login = base64.b64encode(b"powertrip:a-password").decode()
    assert api.asked[0].headers["Authorization"] == f"Basic {login}"
    verdict = load_rules([{"use": "ssh"}], str).judge(records[0])
    assert isinstance(verdict, Match)
    assert (verdict.fields["user_name"], verdict.fields["source_ip"]) == ("alice", "192.0.2.10")
    assert (records[0].host_name, records[0].program) == ("bastion-1", "sshd")


async def test_wazuh_is_asked_again_for_the_overlap(api: Api) -> None:
    api.answers = [{"hits": {"hits": [hit(1)]}}]
    one = poll(api, "wazuh_indexer")
    first = await one.fetch(None, SINCE, NOW)
    await one.fetch(first.cursor, SINCE, NOW)
    begins = [asked.body["query"]["bool"]["filter"][0]["range"]["timestamp"]["gte"] for asked in api.asked]
    assert begins == [SINCE.isoformat(), later(minutes=-11).isoformat()]


async def test_an_alert_dated_ahead_does_not_make_later_ones_unseen(api: Api) -> None:
    api.answers = [{"hits": {"hits": [hit(1, timestamp="2031-01-01T00:00:00.000+0000")]}}]
    (page,) = await rounds(poll(api, "wazuh_indexer"))
    assert page.cursor["newest"] == NOW.isoformat()


EVERY_HTTP = pytest.mark.parametrize("kind", ["papertrail_search", "aptible_operations", "wazuh_indexer"])


@EVERY_HTTP
@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        ((401, "", {}), Rejected, "401"),
        ((403, "", {}), Rejected, "credentials"),
        ((404, "", {}), Rejected, "404"),
        ((302, "", {"Location": "http://127.0.0.1:1/"}), Rejected, "302"),
        ((429, "", {"Retry-After": "120"}), Unavailable, "429"),
        ((500, "a-token", {}), Unavailable, "500"),
        ((200, "<html>", {}), Unavailable, "JSON"),
        ((200, "[" * 100_000, {}), Unavailable, "JSON"),
        ((200, "[]", {}), Unavailable, "object"),
        ((200, "{}", {}), Unavailable, "list"),
    ],
)
async def test_what_an_api_answers_amiss_is_said_in_words(
    api: Api, kind: str, answer: Any, error: type[OutsideError], words: str
) -> None:
    api.answers = [answer]
    with pytest.raises(error, match=words) as raised:
        await poll(api, kind).fetch(None, SINCE, NOW)
    assert "a-token" not in str(raised.value)
    assert getattr(raised.value, "retry_after", None) == (120 if answer[0] == 429 else None)


@EVERY_HTTP
async def test_an_endless_answer_is_cut_off(api: Api, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_module, "BOUNDS", Bounds(size=1 << 20))
    api.answers = [(200, '{"events": "' + "x" * (10 << 20) + '"}', {})]
    with pytest.raises(Unavailable, match="larger than 1 MiB"):
        await poll(api, kind).fetch(None, SINCE, NOW)


@EVERY_HTTP
async def test_an_api_that_is_away_is_tried_later(kind: str) -> None:
    with pytest.raises(Unavailable, match="no answer"):
        await poll(Api(is_away=True), kind).fetch(None, SINCE, NOW)
