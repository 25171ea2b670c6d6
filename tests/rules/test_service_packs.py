"""The packs `okta`, `github`, `teleport`, `aptible` and `heroku`: what people do at services."""

from pathlib import Path
from typing import Any

import pytest

from powertrip.domain.event import Severity
from powertrip.rules import Match, RuleSet, Unmatched
from tests.rules.support import json_record, rule_and_fields, rule_of, rules_of
from tests.samples import record

OKTA, GITHUB, TELEPORT, APTIBLE, HEROKU = (
    rules_of(f"- use: {pack}") for pack in ("okta", "github", "teleport", "aptible", "heroku")
)


def folded(rules: RuleSet, one: Any, other: Any) -> bool:
    """Whether two records make one event."""
    verdicts = [rules.judge(json_record(value)) for value in (one, other)]
    return len({verdict.fold_key for verdict in verdicts if isinstance(verdict, Match)}) == 1


def okta(kind: str, result: str = "SUCCESS", **changes: Any) -> dict[str, Any]:
    """An event of Okta's System Log."""
    return {
        "uuid": "0e0e0e0e-0000-4000-8000-000000000001",
        "published": "2026-01-15T12:00:00.000Z",
        "eventType": kind,
        "displayMessage": "What happened",
        "actor": {
            "id": "00u1alice",
            "type": "User",
            "alternateId": "alice@example.com",
            "displayName": "Alice",
        },
        "client": {
            "ipAddress": "192.0.2.10",
            "geographicalContext": {"city": "Berlin", "country": "Germany"},
        },
        "outcome": {"result": result},
        "target": [{"id": "00u1bob", "type": "User", "alternateId": "bob@example.com"}],
        **changes,
    }


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        ("user.session.start", "okta_login"),
        ("user.session.impersonation.grant", "okta_impersonation"),
        ("user.session.impersonation.initiate", "okta_impersonation"),
        ("user.session.access_admin_app", "okta_admin_console"),
        ("user.mfa.factor.activate", "okta_second_factor_changed"),
        ("user.mfa.factor.deactivate", "okta_second_factor_changed"),
        ("user.mfa.factor.reset_all", "okta_second_factor_changed"),
        ("system.mfa.factor.deactivate", "okta_second_factor_changed"),
        ("user.account.privilege.grant", "okta_admin_changed"),
        ("group.privilege.grant", "okta_admin_changed"),
        ("iam.resourceset.bindings.add", "okta_admin_changed"),
        ("policy.lifecycle.update", "okta_policy_changed"),
        ("policy.rule.deactivate", "okta_policy_changed"),
        ("zone.update", "okta_policy_changed"),
        ("system.api_token.create", "okta_trust_changed"),
        ("system.idp.lifecycle.create", "okta_trust_changed"),
        ("user.lifecycle.create", "okta_user_changed"),
        ("user.lifecycle.deactivate", "okta_user_changed"),
        ("user.account.reset_password", "okta_user_changed"),
        ("group.user_membership.add", "okta_group_changed"),
        ("application.lifecycle.update", "okta_app_changed"),
        ("user.account.report_suspicious_activity_by_enduser", "okta_reported"),
    ],
)
def test_what_is_done_at_okta_is_an_event(kind: str, rule: str) -> None:
    name, fields = rule_and_fields(OKTA, okta(kind))

    assert name == rule
    assert fields["user_name"] == "alice@example.com"
    assert fields["source_ip"] == "192.0.2.10"
    assert (fields["target"], fields["place"]) == ("bob@example.com", "Berlin, Germany")
    assert (fields["event_outcome"], fields["host_name"]) == ("success", "okta")


@pytest.mark.parametrize("result", ["FAILURE", "DENY"])
def test_a_failed_okta_sign_in_is_told_apart(result: str) -> None:
    name, fields = rule_and_fields(OKTA, okta("user.session.start", result))

    assert (name, fields["event_outcome"]) == ("okta_login_failed", "failure")


@pytest.mark.parametrize("kind", ["user.authentication.sso", "policy.evaluate_sign_on", "user.session.end"])
def test_what_follows_from_an_okta_sign_in_is_ignored(kind: str) -> None:
    assert rule_of(OKTA, okta(kind)) == ("Ignored", "okta_routine")


def test_an_okta_actor_without_a_name_is_named_by_id_or_not_at_all() -> None:
    nameless = {"id": "00u1alice", "type": "User", "alternateId": "unknown"}

    assert rule_and_fields(OKTA, okta("user.session.start", actor=nameless))[1]["user_name"] == "00u1alice"
    nobody = okta("user.session.start", actor={"id": "unknown", "alternateId": "unknown"})
    assert "user_name" not in rule_and_fields(OKTA, nobody)[1]


def test_the_envelope_of_an_okta_event_hook_is_opened() -> None:
    hook = {"eventType": "com.okta.event_hook", "data": {"events": [okta("user.session.start")]}}

    assert rule_and_fields(OKTA, hook)[0] == "okta_login"
    hook["data"]["events"].append(okta("user.session.start"))  # type: ignore[index]
    assert rule_of(OKTA, hook)[0] == "Quarantined"


def test_each_change_at_okta_is_asked_about() -> None:
    other = okta("user.mfa.factor.deactivate", target=[{"type": "User", "alternateId": "carol@example.com"}])

    assert not folded(OKTA, okta("user.mfa.factor.deactivate"), other)
    assert folded(OKTA, okta("user.mfa.factor.deactivate"), okta("user.mfa.factor.deactivate"))


def github(action: str, **changes: Any) -> dict[str, Any]:
    """An entry of GitHub's audit log."""
    return {
        "@timestamp": 1768478400000,
        "_document_id": "example",
        "action": action,
        "actor": "Alice-GH",
        "actor_ip": "192.0.2.10",
        "org": "example",
        "created_at": 1768478400000,
        **changes,
    }


@pytest.mark.parametrize(
    ("action", "rule"),
    [
        ("org.disable_two_factor_requirement", "github_sign_in_rules_changed"),
        ("org.update_saml_provider_settings", "github_sign_in_rules_changed"),
        ("org.disable_oauth_app_restrictions", "github_sign_in_rules_changed"),
        ("ip_allow_list.disable", "github_sign_in_rules_changed"),
        ("ip_allow_list_entry.create", "github_sign_in_rules_changed"),
        ("business.add_admin", "github_admin_changed"),
        ("org.update_member", "github_admin_changed"),
        ("team.promote_maintainer", "github_admin_changed"),
        ("org.add_member", "github_access_changed"),
        ("org.remove_member", "github_access_changed"),
        ("org.invite_member", "github_access_changed"),
        ("org.remove_outside_collaborator", "github_access_changed"),
        ("team.add_member", "github_access_changed"),
        ("team.add_repository", "github_access_changed"),
        ("team.update_repository_permission", "github_access_changed"),
        ("repo.add_member", "github_access_changed"),
        ("repo.update_member", "github_access_changed"),
        ("protected_branch.destroy", "github_branch_rules_changed"),
        ("protected_branch.policy_override", "github_protection_bypassed"),
        ("secret_scanning_push_protection.bypass", "github_protection_bypassed"),
        ("workflows.bypass_protection_rules", "github_protection_bypassed"),
        ("merge_queue.destroy", "github_branch_rules_changed"),
        ("audit_log_streaming.destroy", "github_audit_log_changed"),
        ("audit_log_streaming.update", "github_audit_log_changed"),
        ("audit_log_streaming.create", "github_audit_log_changed"),
        ("business.disable_source_ip_disclosure", "github_audit_log_changed"),
        ("org.sso_response", "github_login"),
        ("business.sso_response", "github_login"),
        ("user.login", "github_login"),
        ("staff.fake_login", "github_impersonation"),
        ("org.recovery_codes_viewed", "github_recovery_codes"),
        ("external_identity.provision", "github_identity_set"),
        ("external_group.link", "github_access_changed"),
        ("repo.temporary_access_granted", "github_access_changed"),
        ("org.cancel_invitation", "github_access_changed"),
        ("org.delete", "github_organisation_changed"),
        ("org.update_default_repository_permission", "github_member_rights_changed"),
        ("org.update_member_repository_creation_permission", "github_member_rights_changed"),
        ("members_can_delete_repos.enable", "github_member_rights_changed"),
        ("org.members_can_update_protected_branches.enable", "github_member_rights_changed"),
        ("private_repository_forking.enable", "github_member_rights_changed"),
        ("repository_visibility_change.clear", "github_member_rights_changed"),
        ("dependabot_alert.dismiss", "github_alert_dismissed"),
        ("code_scanning.alert_closed_by_user", "github_alert_dismissed"),
        ("secret_scanning_alert.create", "github_secret_found"),
        ("org.secret_scanning_push_protection_disable", "github_scanning_changed"),
        ("org.secret_scanning_custom_pattern_push_protection_disabled", "github_scanning_changed"),
        ("repo.advanced_security_disabled", "github_scanning_changed"),
        ("personal_access_token.auto_approve_grant_requests_enabled", "github_token_rules_changed"),
        ("enterprise_installation.create", "github_app_changed"),
        ("codespaces.create_an_org_secret", "github_app_changed"),
        ("org.set_actions_fork_pr_approvals_policy", "github_actions_rules_changed"),
        ("repo.actions_enabled", "github_actions_rules_changed"),
        ("workflows.disable_workflow", "github_actions_rules_changed"),
        ("workflows.delete_workflow_run", "github_logs_removed"),
        ("migration.create", "github_data_exported"),
        ("org.audit_log_export", "github_data_exported"),
        ("project.update_user_permission", "github_project_access_changed"),
        ("copilot.content_exclusion_changed", "github_copilot_rules_changed"),
        ("security_key.register", "github_account_changed"),
        ("trusted_device.register", "github_account_changed"),
        ("user.suspend", "github_account_changed"),
        ("user.promote", "github_admin_changed"),
        ("billing.lock", "github_other"),
        ("something_new.thing_done", "github_other"),
        ("org.config.disable_contributors_only", "github_other"),
        ("repository_ruleset.update", "github_branch_rules_changed"),
        ("secret_scanning.disable", "github_scanning_changed"),
        ("repository_secret_scanning_push_protection.disable", "github_scanning_changed"),
        ("public_key.create", "github_key_changed"),
        ("deploy_key.create", "github_key_changed"),
        ("personal_access_token.access_granted", "github_token_changed"),
        ("oauth_authorization.create", "github_token_changed"),
        ("org_credential_authorization.grant", "github_token_changed"),
        ("oauth_application.create", "github_app_changed"),
        ("org.oauth_app_access_approved", "github_app_changed"),
        ("integration_installation.create", "github_app_changed"),
        ("hook.create", "github_app_changed"),
        ("repo.register_self_hosted_runner", "github_app_changed"),
        ("org.update_actions_secret", "github_app_changed"),
        ("repo.access", "github_repository_exposed"),
        ("repo.destroy", "github_repository_exposed"),
        ("repo.transfer", "github_repository_exposed"),
        ("two_factor_authentication.disabled", "github_account_changed"),
    ],
)
def test_what_is_done_at_github_is_an_event(action: str, rule: str) -> None:
    name, fields = rule_and_fields(GITHUB, github(action, user="bob-gh"))

    assert name == rule
    assert (fields["user_name"], fields["source_ip"]) == ("Alice-GH", "192.0.2.10")
    assert (fields["host_name"], fields["target"], fields["github_action"]) == ("example", "bob-gh", action)


@pytest.mark.parametrize(
    "action",
    [
        "git.push",
        "api.request",
        "workflows.completed_workflow_run",
        "repo.create",
        "pull_request.merge",
        "protected_branch.rejected_ref_update",
        "org.self_hosted_runner_online",
        "codespaces.create",
        "copilot.cfb_seat_added",
        "repository_vulnerability_alert.create",
        "code_scanning.alert_created",
        "external_identity.update",
        "user.logout",
        "user.two_factor_requested",
    ],
)
def test_the_daily_business_at_github_is_ignored(action: str) -> None:
    assert rule_of(GITHUB, github(action)) == ("Ignored", "github_routine")


def test_a_sign_in_at_github_that_failed_is_told_apart() -> None:
    name, fields = rule_and_fields(GITHUB, github("user.failed_login"))

    assert (name, fields["event_outcome"]) == ("github_login_failed", "failure")
    assert rule_and_fields(GITHUB, github("user.login"))[1]["event_outcome"] == "success"


@pytest.mark.parametrize("said", [{"visibility": "public"}, {"public_repo": True}])
def test_a_repository_that_is_public_from_the_start_is_asked_about(said: dict[str, Any]) -> None:
    name, fields = rule_and_fields(GITHUB, github("repo.create", repo="example/new", **said))

    assert (name, fields["visibility"]) == ("github_public_repository_created", "public")
    for private in ({"visibility": "private"}, {"public_repo": False}, {"visibility": "internal"}):
        assert rule_of(GITHUB, github("repo.create", **private)) == ("Ignored", "github_routine")


def test_what_a_program_did_under_its_own_account_is_marked() -> None:
    did = github("hook.create", actor="deploy[bot]", actor_is_bot=True)

    assert rule_and_fields(GITHUB, did)[1]["actor_is_bot"] == "yes"
    assert "actor_is_bot" not in rule_and_fields(GITHUB, github("hook.create", actor_is_bot=False))[1]


@pytest.mark.parametrize(
    "changes",
    [
        {"actor": None},
        {"org": None},
        {"@timestamp": None, "created_at": None},
        {"@timestamp": "2026-01-15T12:00:00Z", "created_at": None},
        {"action": "vault opened"},
        {"action": "opened"},
    ],
)
def test_an_unknown_action_of_another_service_is_none_of_githubs(changes: dict[str, Any]) -> None:
    assert rule_of(GITHUB, github("vault.open") | changes) == ("Unmatched", None)


def test_unknown_actions_that_are_of_no_interest_are_ignored_as_the_pack_says() -> None:
    head = (Path(__file__).parents[2] / "powertrip" / "rulepacks" / "github.yaml").read_text()
    written = head.split("do not want: `")[1].split("`")[0].replace("\n# ", " ")
    rules = rules_of(f"- use: github\n- {written}")

    assert rule_of(rules, github("billing.lock")) == ("Ignored", "billing")
    assert rule_of(rules, github("payment_method.create")) == ("Match", "github_other")


def test_a_github_webhook_is_not_mistaken_for_the_audit_log() -> None:
    webhook = {"action": "created", "sender": {"login": "alice-gh"}, "repository": {"full_name": "example/x"}}

    assert rule_of(GITHUB, webhook) == ("Unmatched", None)


def test_each_change_at_github_is_asked_about() -> None:
    assert not folded(
        GITHUB, github("org.add_member", user="bob-gh"), github("org.add_member", user="eve-gh")
    )


def teleport(event: str, **changes: Any) -> dict[str, Any]:
    """An audit event of Teleport."""
    return {
        "event": event,
        "code": "T2000I",
        "uid": "0e0e0e0e-0000-4000-8000-000000000001",
        "time": "2026-01-15T12:00:00.000Z",
        "user": "alice@example.com",
        "cluster_name": "teleport.example.com",
        "addr.remote": "192.0.2.10:50000",
        **changes,
    }


@pytest.mark.parametrize(
    ("event", "changes", "rule"),
    [
        ("user.login", {"success": True, "method": "local"}, "teleport_login"),
        ("user.login", {"success": False, "error": "wrong"}, "teleport_login_failed"),
        ("auth", {"success": False}, "teleport_login_failed"),
        ("session.start", {"login": "root", "server_hostname": "web-1", "sid": "s1"}, "teleport_session"),
        ("exec", {"login": "root", "command": "id"}, "teleport_session"),
        (
            "db.session.start",
            {"db_service": "pg", "db_user": "root", "db_name": "x"},
            "teleport_database_session",
        ),
        ("role.created", {"name": "admin"}, "teleport_access_changed"),
        ("role.updated", {"name": "admin"}, "teleport_access_changed"),
        ("role.deleted", {"name": "admin"}, "teleport_access_changed"),
        ("user.create", {"name": "eve"}, "teleport_access_changed"),
        ("lock.created", {"target": {"user": "bob"}}, "teleport_access_changed"),
        ("access_request.review", {"name": "x"}, "teleport_access_changed"),
        ("mfa.add", {}, "teleport_access_changed"),
        ("privilege_token.create", {}, "teleport_access_changed"),
        ("recovery_token.create", {}, "teleport_access_changed"),
        ("login_rule.create", {"name": "x", "code": "TLR00I"}, "teleport_access_changed"),
        ("saml.idp.service.provider.create", {"code": "TSI001I"}, "teleport_access_changed"),
        ("github.created", {"code": "T80002I"}, "teleport_access_changed"),
        ("auth_preference.update", {"code": "TCAUTH001I"}, "teleport_access_changed"),
        ("spiffe.federation.create", {"code": "TSPIFFE001I"}, "teleport_access_changed"),
        ("mcp.session.start", {"app_name": "files", "code": "TMCP001I"}, "teleport_session"),
        ("session.rejected", {"reason": "max", "code": "T1006W"}, "teleport_session_refused"),
        ("saml.idp.auth", {"success": True, "code": "TSI000I"}, "teleport_sign_in_elsewhere"),
        ("scp", {"action": "download", "path": "/etc/shadow", "code": "T3004I"}, "teleport_files_copied"),
        ("sftp_summary", {"code": "TS021I"}, "teleport_files_copied"),
        ("port", {"addr": "192.0.2.99:5432", "code": "T3003I"}, "teleport_forwarding"),
        ("port.local", {"addr": "192.0.2.99:5432", "code": "T3003I"}, "teleport_forwarding"),
        ("x11-forward", {"code": "T3008I"}, "teleport_forwarding"),
        ("kube.request", {"resource_kind": "secrets", "verb": "GET"}, "teleport_kubernetes_secrets_read"),
        ("kube.request", {"resource_kind": "pods", "verb": "DELETE"}, "teleport_kubernetes_changed"),
        ("session.recording.access", {"sid": "s1", "code": "T2012I"}, "teleport_recording_watched"),
        ("external_audit_storage.disable", {"code": "TEA002I"}, "teleport_audit_changed"),
        ("session_recording_config.update", {"code": "TCREC003I"}, "teleport_audit_changed"),
        ("integration.create", {"code": "IG001I"}, "teleport_integration_changed"),
        ("plugin.create", {"code": "PG001I"}, "teleport_integration_changed"),
        ("device.enroll", {"code": "TV005I"}, "teleport_device_enrolled"),
        ("db.session.user.create", {"code": "TDB08I"}, "teleport_database_user_changed"),
        ("crown_jewel.create", {"code": "CJ001I"}, "teleport_other"),
        ("something.new", {"code": "TNEW001I"}, "teleport_other"),
        ("cert.create", {"identity": {"user": "x", "impersonator": "bot"}}, "teleport_impersonation"),
    ],
)
def test_what_is_done_through_teleport_is_an_event(event: str, changes: dict[str, Any], rule: str) -> None:
    name, fields = rule_and_fields(TELEPORT, teleport(event, **changes))

    assert name == rule
    assert (fields["user_name"], fields["source_ip"]) == ("alice@example.com", "192.0.2.10")
    failed = changes.get("success") is False or changes.get("code", "").endswith("W")
    assert fields["event_outcome"] == ("failure" if failed else "success")


@pytest.mark.parametrize("code", ["TB0W", "TCB00W", "TBK003W"])
def test_a_certificate_of_a_bot_that_was_used_twice_is_critical(code: str) -> None:
    for event in ("cert.generation_mismatch", "join_token.bound_keypair.join_state_verification_failed"):
        verdict = TELEPORT.judge(json_record(teleport(event, code=code)))
        if code == "TB0W":
            assert isinstance(verdict, Unmatched)
        else:
            assert isinstance(verdict, Match)
            assert (verdict.rule.name, verdict.rule.severity) == (
                "teleport_certificate_copied",
                Severity.CRITICAL,
            )


def test_a_teleport_session_without_a_host_name_is_of_its_server() -> None:
    fields = rule_and_fields(TELEPORT, teleport("session.start", server_id="5e0e"))[1]
    assert fields["host_name"] == "5e0e"
    named = teleport("session.start", server_id="5e0e", server_hostname="web-1")
    assert rule_and_fields(TELEPORT, named)[1]["host_name"] == "web-1"


@pytest.mark.parametrize(
    "changes",
    [{"uid": None}, {"cluster_name": None}, {"user": None}, {"code": "CREATED"}, {"event": "Opened a thing"}],
)
def test_an_unknown_event_of_another_service_is_none_of_teleports(changes: dict[str, Any]) -> None:
    assert rule_of(TELEPORT, teleport("thing.opened") | changes) == ("Unmatched", None)


@pytest.mark.parametrize(
    ("changes", "address"),
    [
        ({"addr.remote": "[2001:db8::10]:50000"}, "2001:db8::10"),
        ({"addr.remote": None, "addr_remote": "192.0.2.11:1"}, "192.0.2.11"),
        ({"addr.remote": None, "client_ip": "192.0.2.12"}, "192.0.2.12"),
        ({"addr.remote": "somewhere"}, None),
    ],
)
def test_the_address_of_a_teleport_event_is_found_without_its_port(
    changes: dict[str, Any], address: str | None
) -> None:
    assert rule_and_fields(TELEPORT, teleport("session.start", **changes))[1].get("source_ip") == address


@pytest.mark.parametrize(
    ("event", "changes"),
    [
        ("session.command", {}),
        ("session.end", {}),
        ("cert.create", {}),
        ("sftp", {"code": "TS001I"}),
        ("db.session.spanner.rpc", {"code": "TSPN001I"}),
        ("mcp.session.request", {"code": "TMCP003I"}),
        ("kube.request", {"resource_kind": "pods", "verb": "GET"}),
        ("okta.user.sync", {"code": "TOK007I"}),
        ("device.authenticate", {"code": "TV006I"}),
        ("instance.join", {"code": "TJ002I"}),
    ],
)
def test_what_belongs_to_a_teleport_session_is_ignored(event: str, changes: dict[str, Any]) -> None:
    assert rule_of(TELEPORT, teleport(event, **changes)) == ("Ignored", "teleport_routine")


def test_the_end_of_a_forwarded_port_is_no_event() -> None:
    ended = rule_of(TELEPORT, teleport("port", code="T3003S"))

    assert ended == ("Ignored", "teleport_routine")


def test_a_teleport_sign_in_without_an_outcome_is_quarantined() -> None:
    assert rule_of(TELEPORT, teleport("user.login")) == ("Quarantined", "teleport_login")


def operation(kind: str, **changes: Any) -> dict[str, Any]:
    """An operation as Aptible's API lists it."""
    return {
        "id": 31171139124469761,
        "type": kind,
        "status": "succeeded",
        "created_at": "2026-01-15T12:00:00.000Z",
        "user_email": "alice@example.com",
        "user_name": "Carol",
        "automated": False,
        "_links": {"resource": {"href": "https://api.aptible.com/apps/42"}},
        **changes,
    }


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        ("execute", "aptible_ssh"),
        ("tunnel", "aptible_tunnel"),
        ("deploy", "aptible_deploy"),
        ("logs", "aptible_look"),
        ("configure", "aptible_operation"),
        ("something_new", "aptible_operation"),
    ],
)
def test_what_is_done_at_aptible_is_an_event(kind: str, rule: str) -> None:
    name, fields = rule_and_fields(APTIBLE, operation(kind))

    assert name == rule
    assert (fields["user_name"], fields["claimed_name"]) == ("alice@example.com", "Carol")
    assert (fields["host_name"], fields["operation"]) == ("apps/42", kind)
    assert (fields["operation_id"], fields["event_outcome"]) == ("31171139124469761", "success")


def test_an_operation_that_runs_and_one_that_failed_are_told_apart() -> None:
    outcomes = [
        rule_and_fields(APTIBLE, operation("deploy", status=status))[1]["event_outcome"]
        for status in ("queued", "running", "succeeded", "failed")
    ]

    assert outcomes == ["unknown", "unknown", "success", "failure"]


def test_an_automated_operation_is_ignored() -> None:
    assert rule_of(APTIBLE, operation("backup", automated=True)) == ("Ignored", "aptible_automated")


@pytest.mark.parametrize(
    ("message", "rule"),
    [
        ("Starting process with command `bash` by user alice@example.com", "heroku_run"),
        ("Deploy 0123abcd by user alice@example.com", "heroku_release"),
        ("Release v42 created by user alice@example.com", "heroku_release"),
        ("Release v42 created by alice@example.com", "heroku_release"),
        ("Set PATH, JAVA_OPTS config vars by user alice@example.com", "heroku_release"),
        ("Attach DATABASE (@ref:postgresql-round-1) by user alice@example.com", "heroku_release"),
        ("Scaled to web@1:Basic by user alice@example.com", "heroku_release"),
        ("Rollback to v40 by user alice@example.com", "heroku_release"),
        ("Deployed web (0123abcd) by user alice@example.com", "heroku_release"),
        ("Rename app to example-2 by user alice@example.com", "heroku_release"),
        ("Add bob@example.com as collaborator by user alice@example.com", "heroku_access"),
    ],
)
def test_what_is_done_at_heroku_is_an_event(message: str, rule: str) -> None:
    for program in ("app", "heroku", None):
        verdict = HEROKU.judge(record(message, program=program))
        assert isinstance(verdict, Match)
        assert (verdict.rule.name, verdict.fields["user_name"]) == (rule, "alice@example.com")


@pytest.mark.parametrize(
    "message",
    [
        "Starting process with command `bash`",
        "State changed from starting to up",
        "GET / by user alice",
        "ordered by alice@example.com",
    ],
)
def test_what_else_the_app_and_the_platform_write_is_no_event(message: str) -> None:
    assert isinstance(HEROKU.judge(record(message, program="app")), Unmatched)


def test_the_lines_of_one_heroku_deployment_make_one_event() -> None:
    verdicts = [
        HEROKU.judge(record(message, program="app"))
        for message in (
            "Deploy 0123abcd by user alice@example.com",
            "Release v42 created by user alice@example.com",
        )
    ]

    assert len({verdict.fold_key for verdict in verdicts if isinstance(verdict, Match)}) == 1
