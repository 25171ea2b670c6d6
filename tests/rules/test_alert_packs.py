"""The packs `alerts`, `github-webhook` and `tailscale`."""

from pathlib import Path
from typing import Any

import pytest

from powertrip.rules import Match
from tests.rules.corpora_summary import rows
from tests.rules.support import json_record, rule_and_fields, rule_of, rules_of

ALERTS, HOOKS, TAILNET = (rules_of(f"- use: {pack}") for pack in ("alerts", "github-webhook", "tailscale"))


def alert(ask: object, **labels: str) -> dict[str, Any]:
    """An alert as the source hands it on."""
    return {
        "status": "firing",
        "labels": {"alertname": "SSHLogin", **labels},
        "annotations": {"summary": "A login", "runbook_url": "https://runbook.example.com/ssh"},
        "fingerprint": "-".join(["f", *labels.values()]),
        "generatorURL": "https://prometheus.example.com/graph",
        "powertrip": {"ask": ask, "receiver": "powertrip", "url": None},
    }


@pytest.mark.parametrize("ask", ["critical", "high", "medium", "low"])
def test_the_label_says_how_much_an_alert_matters(ask: str) -> None:
    verdict = ALERTS.judge(json_record(alert(ask), host_name="bastion-1"))

    assert isinstance(verdict, Match)
    assert verdict.rule.severity.value == ask
    assert verdict.rule.action == "alert"
    assert verdict.fields == {
        "alert": "SSHLogin",
        "summary": "A login",
        "alert_status": "firing",
        "runbook": "https://runbook.example.com/ssh",
        "fingerprint": "f",
        "url": "https://prometheus.example.com/graph",
        "host_name": "bastion-1",
    }


def test_an_alert_may_name_its_user_and_address() -> None:
    _, fields = rule_and_fields(ALERTS, alert("high", user="alice", source_ip="192.0.2.10"))

    assert (fields["user_name"], fields["source_ip"]) == ("alice", "192.0.2.10")


@pytest.mark.parametrize("ask", [None, "", [], {}])
def test_an_alert_without_the_label_is_nobodys_business(ask: object) -> None:
    assert rule_of(ALERTS, alert(ask)) == ("Unmatched", None)


@pytest.mark.parametrize("ask", ["hihg", "HIGH", "yes", "a\nb", 5])
def test_a_misspelt_label_is_noticed(ask: object) -> None:
    assert rule_of(ALERTS, alert(ask)) == ("Quarantined", "alert_medium")


def test_alerts_are_told_apart_by_their_labels_alone() -> None:
    first, again, other = (
        ALERTS.judge(json_record(value, record_id=str(number)))
        for number, value in enumerate([alert("high"), alert("high"), alert("high", pod="b")])
    )

    assert isinstance(first, Match)
    assert isinstance(again, Match)
    assert isinstance(other, Match)
    assert first.fold_key == again.fold_key != other.fold_key


def hook(event: str, action: str | None = None, **more: Any) -> dict[str, Any]:
    """A delivery by GitHub as the source hands it on."""
    return {
        "action": action,
        "organization": {"login": "example"},
        "sender": {"login": "alice-gh", "type": "User"},
        "powertrip": {"event": event},
        **more,
    }


@pytest.mark.parametrize(
    ("delivery", "rule"),
    [
        (hook("organization", "member_added"), "github_hook_organisation_changed"),
        (hook("membership", "added"), "github_hook_access_changed"),
        (hook("team", "edited"), "github_hook_access_changed"),
        (hook("branch_protection_rule", "deleted"), "github_hook_protection_changed"),
        (hook("repository_ruleset", "edited"), "github_hook_protection_changed"),
        (hook("deploy_key", "created"), "github_hook_key_changed"),
        (hook("installation", "created"), "github_hook_app_changed"),
        (hook("meta", "deleted"), "github_hook_app_changed"),
        (hook("public"), "github_hook_repository_exposed"),
        (hook("repository", "publicized"), "github_hook_repository_changed"),
        (hook("secret_scanning_alert", "created"), "github_hook_secret_found"),
        (hook("deployment", "created"), "github_hook_deployment"),
    ],
)
def test_what_is_done_at_github_is_an_event(delivery: dict[str, Any], rule: str) -> None:
    name, fields = rule_and_fields(HOOKS, delivery)

    assert name == rule
    assert fields["user_name"] == "alice-gh"
    assert fields["host_name"] == "example"


@pytest.mark.parametrize(
    "delivery",
    [hook("push"), hook("pull_request_review", "submitted"), hook("repository", "created"), hook("issues")],
    ids=lambda delivery: delivery["powertrip"]["event"],
)
def test_daily_business_at_github_asks_nobody(delivery: dict[str, Any]) -> None:
    assert rule_of(HOOKS, delivery) == ("Ignored", "github_hook_routine")


def test_an_audit_log_entry_is_no_webhook_and_the_other_way_round() -> None:
    entry = {"action": "org.add_member", "actor": "alice-gh", "user": "bob-gh"}

    assert rule_of(HOOKS, entry) == ("Unmatched", None)
    assert rule_of(rules_of("- use: github"), hook("member", "added")) == ("Unmatched", None)


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        ("policyUpdate", "tailscale_policy_changed"),
        ("webhookDeleted", "tailscale_webhook_changed"),
        ("nodeApproved", "tailscale_node_added"),
        ("nodeDeleted", "tailscale_node_removed"),
        ("userSuspended", "tailscale_user_changed"),
        ("userRoleUpdated", "tailscale_role_changed"),
    ],
)
def test_what_is_done_to_a_tailnet_is_an_event(kind: str, rule: str) -> None:
    event = {"type": kind, "tailnet": "example.com", "message": "m", "data": {"actor": "alice@example.com"}}
    name, fields = rule_and_fields(TAILNET, event)

    assert name == rule
    assert (fields["user_name"], fields["host_name"]) == ("alice@example.com", "example.com")


def test_a_key_that_expires_asks_nobody() -> None:
    event = {"type": "nodeKeyExpired", "tailnet": "example.com", "data": {}}

    assert rule_of(TAILNET, event) == ("Ignored", "tailscale_routine")


def test_another_kind_of_target_is_a_change_of_the_configuration() -> None:
    entry = {
        "event": {
            "action": "CREATE",
            "actor": {"loginName": "alice@example.com", "type": "USER"},
            "target": {"id": "k1", "name": "k1", "type": "API_KEY"},
            "origin": "ADMIN_CONSOLE",
        }
    }
    name, fields = rule_and_fields(TAILNET, entry)

    assert (name, fields["event_type"]) == ("tailscale_configuration_changed", "API_KEY.CREATE")


def test_every_row_of_tailscales_audit_log_is_a_change_of_settings(corpora: Path) -> None:
    log = rows(corpora / "panther" / "tailscale.jsonl")
    found = [rule_and_fields(TAILNET, row) for row in log]

    assert len(found) == 3
    assert {name for name, _ in found} == {"tailscale_settings_changed"}
    assert all("@" in fields["user_name"] and fields["target"] for _, fields in found)
