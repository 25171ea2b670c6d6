"""Each way to tell a HIDS, against a server that speaks as its documentation says."""

import hashlib
import hmac
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from pydantic import SecretStr, TypeAdapter

from powertrip.domain.decision import Verdict
from powertrip.domain.hids import OriginVerdict
from powertrip.errors import Rejected, Unavailable
from powertrip.hids import AnyTell, TellSection, Way
from powertrip.hids.report import DEFAULT_TEMPLATE, TEXT_LIMIT
from powertrip.hids.wazuh4 import LOGIN, event_of
from tests.end_to_end.harness import ROOT
from tests.hids.conftest import Said, Server
from tests.samples import NOW

SECRET = SecretStr("a-secret-that-is-long-enough")
_ANY: TypeAdapter[TellSection] = TypeAdapter(AnyTell)
TOKEN = Said(200, {"data": {"token": "jwt-1"}, "error": 0})
TAKEN = Said(200, {"data": {"affected_items": []}, "error": 0})


def way(server: Server, path: str, **section: Any) -> Way:
    """The way to it that the section says."""
    tell = _ANY.validate_python({"url": server.url + path} | section)
    return Way(tell, server.http(tell.url))


def callback(server: Server, template: str = DEFAULT_TEMPLATE) -> Way:
    """A signed request to it."""
    return way(server, "told", type="callback", secret=SECRET, body=template)


def wazuh(server: Server) -> Way:
    """Its API of Wazuh 4."""
    return way(server, "", type="wazuh4", user="powertrip", password=SECRET)


def indexer(server: Server) -> Way:
    """Its indexer."""
    return way(server, "", type="indexer", user="powertrip", password=SECRET)


Making = Callable[[Server], Way]


async def test_a_callback_is_signed_over_time_and_body(server: Server, verdict: OriginVerdict) -> None:
    await callback(server).tell(verdict)
    (call,) = server.calls
    timestamp = call.headers["X-Powertrip-Timestamp"]
    signed = timestamp.encode() + b"." + call.body
    expected = hmac.new(SECRET.get_secret_value().encode(), signed, hashlib.sha256).hexdigest()
    assert (call.method, call.path) == ("POST", "/told")
    assert timestamp == str(int(NOW.timestamp()))
    assert call.headers["X-Powertrip-Signature"] == f"sha256={expected}"
    assert json.loads(call.body) == {
        "event_id": "event00001",
        "verdict": "approved",
        "alert_id": "1768478399.1549653",
        "rule": "ssh_login",
        "user_name": "alice",
        "host_name": "bastion-1",
        "source_ip": "192.0.2.10",
        "occurred_at": f"{NOW:%Y-%m-%dT%H:%M:%S}.000Z",
        "decided_by": "U0ALICE",
        "decided_by_name": "Alice",
        "decided_at": f"{NOW:%Y-%m-%dT%H:%M:%S}.000Z",
        "reason": None,
    }


@pytest.mark.parametrize(
    ("given", "word"),
    [(Verdict.APPROVE, "approved"), (Verdict.DENY, "denied"), (Verdict.CLOSE, "closed")],
)
async def test_each_verdict_is_told_in_its_word(
    server: Server, verdict: OriginVerdict, given: Verdict, word: str
) -> None:
    await callback(server).tell(replace(verdict, verdict=given))
    assert json.loads(server.calls[0].body)["verdict"] == word


async def test_a_template_keeps_hostile_values_in_their_place(server: Server, verdict: OriginVerdict) -> None:
    hostile = replace(verdict, user_name='eve", "verdict": "denied', reason="$secret \n " + "x" * 5000)
    await callback(server, '{"who": $user_name, "why": $reason, "price": "$$1"}').tell(hostile)
    told = json.loads(server.calls[0].body)
    assert told["who"] == 'eve", "verdict": "denied'
    assert told["why"].startswith("$secret \n ")
    assert len(told["why"]) == TEXT_LIMIT
    assert told["price"] == "$1"


@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_any_success_of_a_callback_is_told(server: Server, verdict: OriginVerdict, status: int) -> None:
    server.answers["*"] = [Said(status)]
    await callback(server).tell(verdict)
    assert [call.path for call in server.calls] == ["/told"]


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503])
@pytest.mark.parametrize("way", [callback, wazuh, indexer])
async def test_what_may_pass_is_to_be_told_later(
    server: Server, verdict: OriginVerdict, way: Making, status: int
) -> None:
    server.answers["*"] = [Said(status, headers={"Retry-After": "7"})]
    with pytest.raises(Unavailable, match=str(status)) as failed:
        await way(server).tell(verdict)
    assert failed.value.retry_after == 7


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 422])
@pytest.mark.parametrize("way", [callback, wazuh, indexer])
async def test_what_somebody_has_to_mend_is_refused_with_advice_and_without_secrets(
    server: Server, verdict: OriginVerdict, way: Making, status: int
) -> None:
    server.answers["*"] = [Said(status, headers={"Location": "http://192.0.2.1/"})]
    with pytest.raises(Rejected, match=f"origins.wazuh.tell: the server answered {status}") as refused:
        await way(server).tell(verdict)
    assert SECRET.get_secret_value() not in str(refused.value)


@pytest.mark.parametrize("way", [callback, wazuh, indexer])
async def test_a_server_that_is_away_is_to_be_told_later(
    server: Server, verdict: OriginVerdict, way: Making
) -> None:
    server.is_away = True
    with pytest.raises(Unavailable, match="cannot be reached"):
        await way(server).tell(verdict)


@pytest.mark.parametrize("after", ["", "soon", "-1", "9" * 30])
async def test_a_senseless_wish_to_wait_is_passed_over(
    server: Server, verdict: OriginVerdict, after: str
) -> None:
    server.answers["*"] = [Said(503, headers={"Retry-After": after})]
    with pytest.raises(Unavailable) as failed:
        await callback(server).tell(verdict)
    assert failed.value.retry_after is None


async def test_wazuh_is_logged_in_to_once_and_told_an_event(server: Server, verdict: OriginVerdict) -> None:
    server.answers = {LOGIN: [TOKEN], "/events": [TAKEN]}
    way = wazuh(server)
    await way.tell(verdict)
    await way.tell(verdict)
    login, first, second = server.calls
    assert (login.path, login.headers["Authorization"].split()[0]) == (LOGIN, "Basic")
    assert [first.path, second.path] == ["/events", "/events"]
    assert first.headers["Authorization"] == "Bearer jwt-1"
    (event,) = json.loads(first.body)["events"]
    assert json.loads(event) == {"powertrip": event_of(verdict)}
    assert event_of(verdict)["approver_name"] == "Alice"


async def test_a_token_of_wazuh_that_ran_out_is_renewed_once(server: Server, verdict: OriginVerdict) -> None:
    server.answers = {
        LOGIN: [TOKEN, Said(200, {"data": {"token": "jwt-2"}})],
        "/events": [TAKEN, Said(401), TAKEN],
    }
    way = wazuh(server)
    await way.tell(verdict)
    await way.tell(verdict)
    assert server.calls[-1].headers["Authorization"] == "Bearer jwt-2"
    assert [call.path for call in server.calls] == [LOGIN, "/events", "/events", LOGIN, "/events"]


async def test_a_wazuh_that_says_no_in_its_answer_is_told_again(
    server: Server, verdict: OriginVerdict
) -> None:
    server.answers = {LOGIN: [TOKEN], "/events": [Said(200, {"error": 1, "data": {}})]}
    with pytest.raises(Unavailable, match="did not take the event"):
        await wazuh(server).tell(verdict)


async def test_a_user_of_wazuh_without_the_permission_is_told_which(
    server: Server, verdict: OriginVerdict
) -> None:
    server.answers = {LOGIN: [TOKEN], "/events": [Said(403)]}
    with pytest.raises(Rejected, match="event:ingest"):
        await wazuh(server).tell(verdict)


@pytest.mark.parametrize("body", [None, [], {}, {"data": []}, {"data": {"token": 7}}])
async def test_a_login_without_a_token_is_refused(
    server: Server, verdict: OriginVerdict, body: object
) -> None:
    server.answers = {LOGIN: [Said(200, body)]}
    with pytest.raises(Rejected, match="no token"):
        await wazuh(server).tell(verdict)


async def test_the_indexer_gets_one_document_however_often_it_is_told(
    server: Server, verdict: OriginVerdict
) -> None:
    server.answers["*"] = [Said(201), Said(200)]
    way = indexer(server)
    await way.tell(verdict)
    await way.tell(verdict)
    await way.tell(replace(verdict, verdict=Verdict.CLOSE))
    first, again, other = (call.path for call in server.calls)
    assert first == again != other
    assert re.fullmatch(rf"/powertrip-verdicts-{NOW:%Y\.%m}/_doc/[0-9a-f]{{64}}", first)
    document = json.loads(server.calls[0].body)
    assert document["@timestamp"] == document["powertrip"]["decided_at"]
    assert document["powertrip"]["verdict"] == "approved"


async def test_each_way_can_be_checked(server: Server) -> None:
    server.answers = {LOGIN: [TOKEN]}
    assert "takes the password" in await wazuh(server).check()
    assert "takes the password" in await indexer(server).check()
    assert "answers" in await callback(server).check()


def test_wazuhs_rules_look_for_what_is_told(verdict: OriginVerdict) -> None:
    text = (ROOT / "contrib" / "wazuh" / "powertrip_rules.xml").read_text()
    rules = {rule.get("id"): rule for rule in ET.fromstring(text).iter("rule")}  # noqa: S314
    told = {f"powertrip.{name}" for name in event_of(replace(verdict, reason="as planned"))}
    named = set(re.findall(r"\$\(([^)]+)\)", text)) | {field.get("name") for field in rules_fields(rules)}
    assert named <= told
    levels = {str(rule.findtext("field")).strip("^$"): int(str(rule.get("level"))) for rule in rules.values()}
    assert (levels["approved"], levels["denied"]) == (3, 12)


def rules_fields(rules: dict[str | None, ET.Element]) -> list[ET.Element]:
    """Every field that a rule looks at."""
    return [field for rule in rules.values() for field in rule.iter("field")]


@pytest.mark.parametrize("token", ["\u2028", "a b", "x\r\nHost: evil.example", "", 7, None])
async def test_a_token_that_is_no_header_is_refused_by_name(
    server: Server, verdict: OriginVerdict, token: object
) -> None:
    server.answers = {LOGIN: [Said(200, {"data": {"token": token}, "error": 0})]}

    with pytest.raises(Rejected, match="its answer holds no token"):
        await wazuh(server).tell(verdict)
