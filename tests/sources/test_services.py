"""Records of the source types `github`, `okta`, `tailscale` and `teleport`, and what packs make of them."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from powertrip.errors import Unauthorized, Unreadable
from powertrip.ingest.contract import Challenged, IngestAnswer
from powertrip.rules import Ignored, Match
from tests.rules.support import rules_of
from tests.sources.posting import (
    NOW,
    SECRET,
    body_of,
    github_headers,
    hmac_of,
    judged,
    read,
    request,
    source,
    tailscale_headers,
    with_secret,
)

MEMBER: dict[str, Any] = {
    "action": "added",
    "member": {"login": "mallory", "id": 2**53 + 1, "type": "User"},
    "changes": {"permission": {"to": "admin"}},
    "repository": {"id": 1, "full_name": "example/vault", "private": True},
    "organization": {"login": "example"},
    "sender": {"login": "alice-gh", "type": "User"},
}
OKTA_EVENT: dict[str, Any] = {
    "uuid": "0e0e0e0e-0000-4000-8000-000000000001",
    "published": "2026-01-15T11:59:00.000Z",
    "eventType": "user.session.start",
    "displayMessage": "User login to Okta",
    "actor": {"id": "00u1alice", "type": "User", "alternateId": "alice@example.com", "displayName": "Alice"},
    "client": {"ipAddress": "192.0.2.10"},
    "outcome": {"result": "SUCCESS"},
}
OKTA: dict[str, Any] = {
    "eventType": "com.okta.event_hook",
    "eventTypeVersion": "1.0",
    "cloudEventsVersion": "0.1",
    "source": "https://example.okta.com/api/v1/eventHooks/who",
    "eventId": "b5a188b9-5ece-4636-b041-482ffda96311",
    "eventTime": "2026-01-15T11:59:10.000Z",
    "contentType": "application/json",
    "data": {"events": [OKTA_EVENT, OKTA_EVENT | {"uuid": "2", "actor": {"alternateId": "bob@example.com"}}]},
}
TAILSCALE: list[dict[str, Any]] = [
    {
        "timestamp": "2026-01-15T11:59:37.061963715Z",
        "version": 1,
        "type": "nodeCreated",
        "tailnet": "example.com",
        "message": "Node alice-laptop created",
        "data": {
            "nodeID": "n1",
            "deviceName": "alice-laptop.example.ts.net",
            "managedBy": "alice@example.com",
            "actor": "alice@example.com",
            "url": "https://login.tailscale.com/admin/machines/100.64.0.1",
        },
    },
    {
        "timestamp": "2026-01-15T11:59:38Z",
        "version": 1,
        "type": "userRoleUpdated",
        "tailnet": "example.com",
        "message": "Role changed",
        "data": {
            "user": "bob@example.com",
            "oldRoles": ["member"],
            "newRoles": ["admin"],
            "actor": "alice@example.com",
        },
    },
]
TELEPORT: dict[str, Any] = {
    "event": "user.login",
    "code": "T1000I",
    "uid": "53e474cc-db1c-45f1-a60d-b31239e20098",
    "time": "2026-01-15T11:59:42Z",
    "user": "alice@example.com",
    "success": True,
    "method": "saml",
    "addr.remote": "192.0.2.10:50000",
    "cluster_name": "teleport.example.com",
}


def test_a_delivery_of_github_is_an_event() -> None:
    reading = read("github", MEMBER, github_headers(MEMBER, delivery="72d3162e-cc78"))

    [record] = reading.records
    [verdict] = judged(rules_of("- use: github-webhook"), reading)
    assert record.record_id == "72d3162e-cc78"
    assert record.received_at == NOW
    assert json.loads(record.raw) == MEMBER | {"powertrip": {"event": "member"}}
    assert isinstance(verdict, Match)
    assert verdict.rule.name == "github_hook_access_changed"
    assert verdict.fields == {
        "user_name": "alice-gh",
        "host_name": "example/vault",
        "github_event": "member",
        "github_action": "added",
        "target": "mallory",
        "changes": '{"permission":{"to":"admin"}}',
        "actor_type": "User",
        "event_outcome": "success",
    }


def test_a_ping_of_github_is_accepted_and_makes_no_record() -> None:
    ping = {"zen": "Design for failure.", "hook_id": 1}

    assert read("github", ping, github_headers(ping, "ping")).records == []


def test_a_delivery_as_a_form_is_read_alike() -> None:
    form = urlencode({"payload": json.dumps(MEMBER)})

    assert read("github", form, github_headers(form)).records == (
        read("github", MEMBER, github_headers(MEMBER)).records
    )


def test_the_signature_is_the_one_that_github_documents() -> None:
    """From "Validating webhook deliveries", with a body that is no JSON: the signature is checked first."""
    signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    headers = {"X-Hub-Signature-256": signature, "X-GitHub-Event": "push"}
    vendors_own = with_secret(source("github"), "It's a Secret to Everybody")

    with pytest.raises(Unreadable):
        vendors_own.read(request("Hello, World!", headers))


@pytest.mark.parametrize(
    "signature",
    [
        "",
        hmac_of(body_of(MEMBER)),
        "sha256=" + "0" * 64,
        "sha1=" + "0" * 40,
        f"sha256={hmac_of(b'{}')}",
        SECRET,
    ],
)
def test_what_github_did_not_sign_is_refused(signature: str) -> None:
    headers = github_headers(MEMBER) | {"X-Hub-Signature-256": signature}

    with pytest.raises(Unauthorized):
        read("github", MEMBER, headers)
    with pytest.raises(Unauthorized):
        read("github", MEMBER)


@pytest.mark.parametrize("body", [b"", b"\xff\x00", [], [MEMBER, MEMBER], "text", "1"])
def test_a_signed_body_that_is_no_delivery_is_unreadable(body: object) -> None:
    with pytest.raises(Unreadable):
        read("github", body, github_headers(body))


def test_a_delivery_that_does_not_say_its_event_is_unreadable() -> None:
    headers = github_headers(MEMBER)
    del headers["X-GitHub-Event"]

    with pytest.raises(Unreadable, match="X-GitHub-Event"):
        read("github", MEMBER, headers)


@pytest.mark.parametrize("authorization", [SECRET, f"Bearer {SECRET}"])
def test_the_events_of_an_okta_hook_are_events(authorization: str) -> None:
    reading = read("okta", OKTA, {"Authorization": authorization})

    verdicts = judged(rules_of("- use: okta"), reading)
    assert [record.record_id for record in reading.records] == [OKTA_EVENT["uuid"], "2"]
    assert [record.occurred_at and record.occurred_at.minute for record in reading.records] == [59, 59]
    assert reading.answer == IngestAnswer(status=200, content=None)
    assert [verdict.fields["user_name"] for verdict in verdicts if isinstance(verdict, Match)] == [
        "alice@example.com",
        "bob@example.com",
    ]
    assert isinstance(verdicts[0], Match)
    assert verdicts[0].fields["source_ip"] == "192.0.2.10"
    assert verdicts[0].fields["host_name"] == "okta"


def test_okta_is_told_what_it_asks() -> None:
    hook = source("okta")
    headers = {"Authorization": SECRET, "X-Okta-Verification-Challenge": "challenge-1"}

    assert isinstance(hook, Challenged)
    assert hook.challenge(request(b"", headers)) == IngestAnswer(content={"verification": "challenge-1"})
    with pytest.raises(Unauthorized):
        hook.challenge(request(b"", {"X-Okta-Verification-Challenge": "challenge-1"}))
    with pytest.raises(Unreadable, match="X-Okta-Verification-Challenge"):
        hook.challenge(request(b"", {"Authorization": SECRET}))


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "wrong"}, {"Authorization": f"Bearer {SECRET} "[:-2]}]
)
def test_a_stranger_is_no_okta(headers: dict[str, str]) -> None:
    with pytest.raises(Unauthorized):
        read("okta", OKTA, headers)


@pytest.mark.parametrize("body", ["", "[]x", {}, {"data": {}}, {"data": {"events": {}}}, {"data": []}, "1"])
def test_what_is_no_hook_of_okta_is_unreadable(body: object) -> None:
    with pytest.raises(Unreadable):
        read("okta", body)


def test_the_events_of_a_tailnet_are_events() -> None:
    reading = read("tailscale", TAILSCALE, tailscale_headers(TAILSCALE))

    added, promoted = judged(rules_of("- use: tailscale"), reading)
    assert [record.occurred_at and record.occurred_at.second for record in reading.records] == [37, 38]
    assert len({record.record_id for record in reading.records}) == 2
    assert isinstance(added, Match)
    assert isinstance(promoted, Match)
    assert (added.rule.name, promoted.rule.name) == ("tailscale_node_added", "tailscale_role_changed")
    assert added.fields["user_name"] == promoted.fields["user_name"] == "alice@example.com"
    assert added.fields["host_name"] == "alice-laptop.example.ts.net"
    assert (promoted.fields["target"], promoted.fields["after"]) == ("bob@example.com", "admin")


def test_the_test_of_a_tailscale_webhook_asks_nobody() -> None:
    test = [{"timestamp": "2026-01-15T11:59:37Z", "version": 1, "type": "test", "tailnet": "example.com"}]

    [verdict] = judged(rules_of("- use: tailscale"), read("tailscale", test, tailscale_headers(test)))

    assert isinstance(verdict, Ignored)


def test_a_new_secret_of_tailscale_may_sign_beside_the_old_one() -> None:
    headers = tailscale_headers(TAILSCALE)
    both = {name: value.replace(",v1=", f",v1={'0' * 64},v1=") for name, value in headers.items()}

    assert len(read("tailscale", TAILSCALE, both).records) == 2


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=,v1=",
        f"t=1,v1={'0' * 64}",
        f"v1={'0' * 64}",
        f"t={int(NOW.timestamp())},v1={'0' * 64}",
        f"t={'9' * 5000}",
    ],
)
def test_what_tailscale_did_not_sign_is_refused(header: str) -> None:
    with pytest.raises(Unauthorized):
        read("tailscale", TAILSCALE, {"Tailscale-Webhook-Signature": header})
    with pytest.raises(Unauthorized):
        read("tailscale", TAILSCALE)


@pytest.mark.parametrize("seconds", [-301, 301])
def test_what_tailscale_signed_long_ago_is_refused(seconds: int) -> None:
    assert len(read("tailscale", TAILSCALE, tailscale_headers(TAILSCALE, seconds=seconds // 2)).records) == 2
    with pytest.raises(Unauthorized, match="301 s"):
        read("tailscale", TAILSCALE, tailscale_headers(TAILSCALE, seconds=seconds))


@pytest.mark.parametrize(
    "arranged",
    [body_of(TELEPORT), body_of([TELEPORT]), body_of(TELEPORT) + b"\n"],
    ids=["object", "array", "line"],
)
def test_an_audit_event_of_teleport_is_an_event(arranged: bytes) -> None:
    reading = read("teleport", arranged)

    [record] = reading.records
    [verdict] = judged(rules_of("- use: teleport"), reading)
    assert record.record_id == TELEPORT["uid"]
    assert record.occurred_at is not None
    assert isinstance(verdict, Match)
    fields = {name: verdict.fields[name] for name in ("user_name", "host_name", "source_ip", "event_type")}
    assert fields == {
        "user_name": "alice@example.com",
        "host_name": "teleport.example.com",
        "source_ip": "192.0.2.10",
        "event_type": "user.login",
    }


@pytest.mark.parametrize(
    ("kind", "good"), [("teleport", TELEPORT), ("tailscale", TAILSCALE[0])], ids=["teleport", "tailscale"]
)
def test_what_is_no_event_is_kept_apart(kind: str, good: dict[str, Any]) -> None:
    body = [good, {"level": "info"}, 5]
    headers = tailscale_headers(body) if kind == "tailscale" else None
    reading = read(kind, body, headers)

    assert len(reading.records) == 1
    assert [part.body for part in reading.unread] == [b'{"level":"info"}', b"5"]
    with pytest.raises(Unreadable, match="not an"):
        read(kind, body[1:], tailscale_headers(body[1:]) if kind == "tailscale" else None)


@pytest.mark.parametrize(("kind", "name"), [("teleport", "teleport.jsonl"), ("okta", "okta_systemlog.jsonl")])
def test_no_row_of_the_corpora_is_lost(corpora: Path, kind: str, name: str) -> None:
    lines = (corpora / "panther" / name).read_text().splitlines()
    rows = [json.loads(line)["log"] for line in lines]
    reading = read(kind, {"data": {"events": rows}} if kind == "okta" else rows)

    assert len(reading.records) + len(reading.unread) == len(rows)
    judged(rules_of(f"- use: {kind}"), reading)
