"""The pack `cloudtrail`: who did it is never what the caller chose to be called."""

import json
from typing import Any

import pytest

from powertrip.domain.event import Severity
from powertrip.rules import Match, Quarantined
from tests.rules.support import json_record, rule_and_fields, rule_of, rules_of

RULES = rules_of("- use: cloudtrail")
OURS, THEIRS = "111122223333", "444455556666"
SSO_ROLE = (
    f"arn:aws:iam::{OURS}:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_0123456789abcdef"
)
SSO_SESSION = f"arn:aws:sts::{OURS}:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/alice@example.com"


def user(name: str = "alice", account: str = OURS) -> dict[str, Any]:
    """An IAM user."""
    arn = f"arn:aws:iam::{account}:user/people/{name}"
    return {
        "type": "IAMUser",
        "principalId": "AIDAEXAMPLE",
        "arn": arn,
        "accountId": account,
        "userName": name,
    }


def assumed(role: str, session: str, account: str = OURS, **context: Any) -> dict[str, Any]:
    """A session of a role."""
    short = role.rpartition("/")[2]
    return {
        "type": "AssumedRole",
        "principalId": f"AROAEXAMPLE:{session}",
        "arn": f"arn:aws:sts::{account}:assumed-role/{short}/{session}",
        "accountId": account,
        "sessionContext": {"sessionIssuer": {"type": "Role", "arn": role, "userName": short}, **context},
    }


DEPLOY = f"arn:aws:iam::{OURS}:role/deploy"
ROOT = {"type": "Root", "principalId": OURS, "arn": f"arn:aws:iam::{OURS}:root", "accountId": OURS}


def call(name: str, identity: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """A record of an API call."""
    return {
        "eventVersion": "1.08",
        "userIdentity": user() if identity is None else identity,
        "eventTime": "2026-01-15T12:00:00Z",
        "eventSource": "iam.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "192.0.2.10",
        "userAgent": "aws-cli/2",
        "requestParameters": None,
        "responseElements": None,
        "readOnly": False,
        "eventID": "0e0e0e0e-0000-4000-8000-000000000001",
        "eventType": "AwsApiCall",
        "recipientAccountId": OURS,
        **changes,
    }


def sign_in(
    identity: dict[str, Any] | None = None, result: str = "Success", **additional: Any
) -> dict[str, Any]:
    """A record of a console sign-in."""
    return call(
        "ConsoleLogin",
        identity,
        eventSource="signin.amazonaws.com",
        eventType="AwsConsoleSignIn",
        responseElements={"ConsoleLogin": result},
        additionalEventData={"MFAUsed": "No", **additional},
        **({"errorMessage": "Failed authentication"} if result == "Failure" else {}),
    )


def judged(value: Any) -> tuple[str, dict[str, str]]:
    """Rule and fields of an event."""
    return rule_and_fields(RULES, value)


def named(identity: dict[str, Any], **changes: Any) -> dict[str, str]:
    """The fields of a change by this identity."""
    return judged(call("CreateUser", identity, requestParameters={"userName": "eve"}, **changes))[1]


@pytest.mark.parametrize(
    ("identity", "user_name"),
    [
        (user(), "alice"),
        ({**user(), "userName": None}, "alice"),
        ({**user(), "arn": None}, "alice"),
        (assumed(SSO_ROLE, "alice@example.com"), "alice@example.com"),
        (assumed(DEPLOY, "bob", sourceIdentity="alice@example.com"), "alice@example.com"),
        (
            {"type": "SAMLUser", "principalId": "ns:alice", "userName": "alice@example.com"},
            "alice@example.com",
        ),
        (
            {"type": "WebIdentityUser", "identityProvider": "accounts.google.com", "userName": "alice"},
            "accounts.google.com:alice",
        ),
        ({"type": "AWSAccount", "principalId": "AIDAOTHER", "accountId": THEIRS}, f"{THEIRS}:AIDAOTHER"),
        ({"type": "Directory", "principalId": "d-1:alice"}, "d-1"),
    ],
)
def test_the_person_is_named_as_aws_vouches_for_them(identity: dict[str, Any], user_name: str) -> None:
    assert named(identity)["user_name"] == user_name


@pytest.mark.parametrize(
    ("identity", "user_name"),
    [
        (assumed(DEPLOY, "alice@example.com"), DEPLOY),
        (
            assumed(f"arn:aws:iam::{OURS}:role/AWSReservedSSO_Admin_0123456789abcdef", "alice@example.com"),
            f"arn:aws:iam::{OURS}:role/AWSReservedSSO_Admin_0123456789abcdef",
        ),
        (
            {**assumed(DEPLOY, "alice@example.com"), "sessionContext": {}},
            f"arn:aws:sts::{OURS}:assumed-role/deploy",
        ),
        (
            {**assumed(DEPLOY, "alice@example.com"), "arn": None, "sessionContext": {}},
            "AROAEXAMPLE",
        ),
        (
            {"type": "AssumedRole", "sessionContext": {"sessionIssuer": {"userName": "alice"}}},
            "role/alice",
        ),
        (
            {
                "type": "FederatedUser",
                "arn": f"arn:aws:sts::{OURS}:federated-user/alice",
                "sessionContext": {"sessionIssuer": {"type": "IAMUser", "userName": "bob"}},
            },
            "bob",
        ),
    ],
)
def test_a_session_name_that_the_caller_chose_names_nobody(identity: dict[str, Any], user_name: str) -> None:
    assert named(identity)["user_name"] == user_name


def test_the_session_name_is_shown_as_claimed() -> None:
    assert named(assumed(DEPLOY, "alice@example.com"))["claimed_session"] == "alice@example.com"
    assert "claimed_session" not in named(assumed(SSO_ROLE, "alice@example.com"))
    assert "claimed_session" not in named(user())


@pytest.mark.parametrize(
    ("identity", "user_name"),
    [
        (user(account=THEIRS), f"arn:aws:iam::{THEIRS}:user/people/alice"),
        (assumed(SSO_ROLE, "alice@example.com", THEIRS).copy(), f"arn:aws:sts::{THEIRS}:assumed-role/"),
        (assumed(DEPLOY, "x", THEIRS, sourceIdentity="alice"), f"arn:aws:sts::{THEIRS}:assumed-role/deploy"),
    ],
)
def test_a_name_of_another_account_is_nobody_of_ours(identity: dict[str, Any], user_name: str) -> None:
    found = named(identity)["user_name"]

    assert found.startswith(user_name)
    assert "alice@" not in found


@pytest.mark.parametrize(
    ("address", "fields"),
    [
        ("192.0.2.10", {"source_ip": "192.0.2.10"}),
        ("2001:db8::10", {"source_ip": "2001:db8::10"}),
        ("cloudformation.amazonaws.com", {"source_service": "cloudformation.amazonaws.com"}),
        ("AWS Internal", {"source_service": "AWS Internal"}),
        (None, {}),
    ],
)
def test_the_name_of_a_service_is_no_address(address: str | None, fields: dict[str, str]) -> None:
    found = named(user(), sourceIPAddress=address)

    assert {key: found[key] for key in ("source_ip", "source_service") if key in found} == fields


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        (sign_in(), "aws_console_login_without_mfa"),
        (sign_in(MFAUsed=None), "aws_console_login_without_mfa"),
        (sign_in(MFAUsed="Yes"), "aws_console_login"),
        (sign_in(MFAUsed="YES"), "aws_console_login"),
        (sign_in(assumed(SSO_ROLE, "alice@example.com")), "aws_console_login"),
        (sign_in(SamlProviderArn=f"arn:aws:iam::{OURS}:saml-provider/x"), "aws_console_login"),
        (sign_in(result="Failure"), "aws_console_login_failed"),
        (sign_in({**user("HIDDEN_DUE_TO_SECURITY_REASONS")}, "Failure"), "aws_console_login_unknown"),
        (sign_in(ROOT), "aws_root_use"),
        (sign_in(ROOT, "Failure"), "aws_root_use"),
    ],
)
def test_a_console_sign_in_is_told_by_factor_and_outcome(value: dict[str, Any], rule: str) -> None:
    name, fields = judged(value)

    assert name == rule
    assert fields["event_outcome"] == value["responseElements"]["ConsoleLogin"].lower()
    assert fields["host_name"] == f"aws:{OURS}"


def test_a_session_of_a_saml_provider_names_a_person_at_the_console_alone() -> None:
    identity = assumed(f"arn:aws:iam::{OURS}:role/okta", "alice@example.com")
    provider = f"arn:aws:iam::{OURS}:saml-provider/okta"

    assert judged(sign_in(identity, SamlProviderArn=provider))[1]["user_name"] == "alice@example.com"
    assert judged(sign_in(identity))[1]["user_name"] == f"arn:aws:iam::{OURS}:role/okta"


def test_failures_with_hidden_names_fold_by_address_and_name_nobody() -> None:
    hidden = {"type": "IAMUser", "accountId": OURS, "userName": "HIDDEN_DUE_TO_SECURITY_REASONS"}
    one, two = (RULES.judge(json_record(sign_in(hidden, "Failure"))) for _ in range(2))

    assert isinstance(one, Match)
    assert isinstance(two, Match)
    assert one.fold_key == two.fold_key
    assert "user_name" not in one.fields


def test_a_console_sign_in_that_says_nothing_of_its_outcome_is_quarantined() -> None:
    assert rule_of(RULES, sign_in(result="Perhaps")) == ("Quarantined", "aws_console_login")


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        (call("CreateUser", ROOT), "aws_root_use"),
        (call("CreateAccessKey", {**ROOT, "invokedBy": "signin.amazonaws.com"}), "aws_root_use"),
        (call("ListUsers", ROOT, readOnly=True), "aws_root_read"),
        (call("CreateAccessKey"), "aws_access_key_created"),
        (call("UpdateLoginProfile"), "aws_credentials_changed"),
        (call("DeactivateMFADevice"), "aws_credentials_changed"),
        (call("AttachUserPolicy"), "aws_iam_changed"),
        (call("LeaveOrganization", eventSource="organizations.amazonaws.com"), "aws_iam_changed"),
        (call("StopLogging", eventSource="cloudtrail.amazonaws.com"), "aws_logging_changed"),
        (call("DeleteFlowLogs", eventSource="ec2.amazonaws.com"), "aws_logs_removed"),
        (call("DeleteDetector", eventSource="guardduty.amazonaws.com"), "aws_detection_changed"),
        (call("StartSession", eventSource="ssm.amazonaws.com"), "aws_instance_access"),
        (call("AssumeRole", eventSource="sts.amazonaws.com", readOnly=True), "aws_assume_role"),
        (
            call("AssumeRole", assumed(SSO_ROLE, "a"), eventSource="sts.amazonaws.com", readOnly=True),
            "aws_assume_role",
        ),
        (
            call("AssumeRole", assumed(DEPLOY, "a", sourceIdentity="alice"), eventSource="sts.amazonaws.com"),
            "aws_assume_role",
        ),
        (
            call("SwitchRole", assumed(DEPLOY, "a"), eventSource="signin.amazonaws.com"),
            "aws_assume_role",
        ),
    ],
)
def test_what_people_do_is_an_event(value: dict[str, Any], rule: str) -> None:
    assert judged(value)[0] == rule


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        (call("AssumeRole", {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}), "aws_service"),
        (call("CreateRole", {"type": "AWSService", "invokedBy": "sso.amazonaws.com"}), "aws_service"),
        (call("CheckMfa", eventSource="signin.amazonaws.com", readOnly=None), "aws_mfa_check"),
        (call("ListUsers", readOnly=True), "aws_read"),
        (
            call("AssumeRole", assumed(DEPLOY, "a"), eventSource="sts.amazonaws.com", readOnly=True),
            "aws_read",
        ),
    ],
)
def test_what_nobody_is_asked_about_is_ignored_by_name(value: dict[str, Any], rule: str) -> None:
    assert rule_of(RULES, value) == ("Ignored", rule)


def test_an_error_is_an_event_that_failed() -> None:
    fields = named(user(), errorCode="AccessDenied", errorMessage="not you")

    assert (fields["event_outcome"], fields["error"]) == ("failure", "AccessDenied")
    assert named(user())["event_outcome"] == "success"


def test_what_was_changed_is_named_and_each_change_is_asked_about() -> None:
    bob = RULES.judge(json_record(call("AttachUserPolicy", requestParameters={"userName": "bob"})))
    eve = RULES.judge(json_record(call("AttachUserPolicy", requestParameters={"userName": "eve"})))

    assert isinstance(bob, Match)
    assert isinstance(eve, Match)
    assert (bob.fields["target"], eve.fields["target"]) == ("bob", "eve")
    assert bob.fold_key != eve.fold_key
    assert bob.rule.severity is Severity.HIGH


@pytest.mark.parametrize(
    "wrap",
    [
        lambda value: value,
        lambda value: {"version": "0", "detail-type": "AWS API Call via CloudTrail", "detail": value},
        lambda value: {"EventId": "1", "Username": "eve", "CloudTrailEvent": json.dumps(value)},
        lambda value: {"Records": [value]},
        lambda value: {"id": "1", "timestamp": 1, "message": json.dumps(value)},
    ],
    ids=["plain", "eventbridge", "lookup-events", "records", "cloudwatch-logs"],
)
def test_every_way_that_aws_delivers_a_record_is_understood(wrap: Any) -> None:
    rule, fields = judged(wrap(call("CreateUser", requestParameters={"userName": "x" * 9000})))

    assert (rule, fields["user_name"]) == ("aws_iam_changed", "alice")


def test_records_that_were_not_split_are_quarantined_with_what_to_do() -> None:
    verdict = RULES.judge(json_record({"Records": [call("CreateUser"), call("DeleteUser")]}))

    assert isinstance(verdict, Quarantined)
    assert "write `events: Records`" in verdict.reason


LINKED = f"arn:aws:iam::{OURS}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
SSO = assumed(SSO_ROLE, "alice@example.com")
TO_ALL = {
    "ipPermissions": {
        "items": [{"fromPort": 22, "toPort": 22, "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}}]
    }
}
POLICY = {"bucketName": "example", "bucketPolicy": {"Statement": [{"Effect": "Allow", "Principal": "*"}]}}


def parameters(event_name: str, service: str, /, **requested: Any) -> dict[str, Any]:
    """A call with these parameters."""
    return call(event_name, eventSource=f"{service}.amazonaws.com", requestParameters=requested)


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        (
            parameters("AuthorizeSecurityGroupIngress", "ec2", groupId="sg-1", **TO_ALL),
            "aws_opened_to_everybody",
        ),
        (parameters("AuthorizeSecurityGroupIngress", "ec2", cidrIp="::/0"), "aws_opened_to_everybody"),
        (parameters("AuthorizeSecurityGroupIngress", "ec2", cidrIp="192.0.2.0/24"), "aws_network_changed"),
        (parameters("AuthorizeSecurityGroupEgress", "ec2", **TO_ALL), "aws_network_changed"),
        (parameters("RevokeSecurityGroupIngress", "ec2", **TO_ALL), "aws_network_changed"),
        (parameters("CreateNetworkAclEntry", "ec2", networkAclId="acl-1"), "aws_network_changed"),
        (parameters("CreateRoute", "ec2", routeTableId="rtb-1"), "aws_network_changed"),
        (parameters("CreateTrafficMirrorSession", "ec2"), "aws_network_changed"),
        (
            parameters(
                "ModifySnapshotAttribute",
                "ec2",
                snapshotId="snap-1",
                createVolumePermission={"add": {"items": [{"group": "all"}]}},
            ),
            "aws_opened_to_everybody",
        ),
        (
            parameters(
                "ModifySnapshotAttribute",
                "ec2",
                snapshotId="snap-1",
                createVolumePermission={"add": {"items": [{"userId": THEIRS}]}},
            ),
            "aws_data_exposed",
        ),
        (parameters("ModifyImageAttribute", "ec2", imageId="ami-1"), "aws_data_exposed"),
        (parameters("ModifyDBSnapshotAttribute", "rds", valuesToAdd=["all"]), "aws_opened_to_everybody"),
        (parameters("ModifyDBClusterSnapshotAttribute", "rds", valuesToAdd=[THEIRS]), "aws_data_exposed"),
        (parameters("ModifyDBInstance", "rds", publiclyAccessible=True), "aws_opened_to_everybody"),
        (parameters("ModifyDBInstance", "rds", masterUserPassword="****"), "aws_database_password_changed"),
        (parameters("RestoreDBInstanceFromDBSnapshot", "rds"), "aws_data_exposed"),
        (parameters("StartExportTask", "rds"), "aws_data_exposed"),
        (parameters("DeleteDBCluster", "rds", dBClusterIdentifier="db"), "aws_data_removed"),
        (parameters("PutBucketPolicy", "s3", **POLICY), "aws_opened_to_everybody"),
        (
            parameters(
                "PutBucketPolicy", "s3", bucketPolicy={"Statement": [{"Effect": "Deny", "Principal": "*"}]}
            ),
            "aws_data_exposed",
        ),
        (
            parameters("PutBucketPolicy", "s3", bucketPolicy={"Statement": {"Effect": "Allow"}}),
            "aws_data_exposed",
        ),
        (parameters("PutBucketAcl", "s3", **{"x-amz-acl": ["public-read"]}), "aws_opened_to_everybody"),
        (parameters("PutBucketAcl", "s3", **{"x-amz-acl": ["private"]}), "aws_data_exposed"),
        (parameters("DeleteBucketPublicAccessBlock", "s3"), "aws_opened_to_everybody"),
        (
            parameters(
                "PutBucketPublicAccessBlock", "s3", PublicAccessBlockConfiguration={"BlockPublicAcls": False}
            ),
            "aws_opened_to_everybody",
        ),
        (
            parameters(
                "PutBucketPublicAccessBlock", "s3", PublicAccessBlockConfiguration={"BlockPublicAcls": True}
            ),
            "aws_data_exposed",
        ),
        (parameters("DeleteBucket", "s3", bucketName="example"), "aws_data_removed"),
        (parameters("PutBucketLifecycle", "s3"), "aws_data_removed"),
        (parameters("DeleteBucketEncryption", "s3"), "aws_protection_removed"),
        (
            parameters("PutBucketVersioning", "s3", VersioningConfiguration={"Status": "Suspended"}),
            "aws_versions_switched_off",
        ),
        (parameters("AddPermission20150331v2", "lambda", principal="*"), "aws_opened_to_everybody"),
        (parameters("AddPermission20150331v2", "lambda", principal=THEIRS), "aws_data_exposed"),
        (parameters("CreateFunctionUrlConfig", "lambda", authType="NONE"), "aws_opened_to_everybody"),
        (parameters("CreateFunctionUrlConfig", "lambda", authType="AWS_IAM"), "aws_data_exposed"),
        (parameters("UpdateFunctionCode20150331v2", "lambda", functionName="f"), "aws_code_changed"),
        (parameters("EnableSerialConsoleAccess", "ec2"), "aws_server_changed"),
        (parameters("ImportKeyPair", "ec2", keyName="k"), "aws_server_changed"),
        (parameters("AssociateIamInstanceProfile", "ec2"), "aws_server_changed"),
        (
            parameters("ModifyInstanceAttribute", "ec2", instanceId="i-1", userData={}),
            "aws_user_data_changed",
        ),
        (parameters("ModifyInstanceAttribute", "ec2", userData="<removed>"), "aws_user_data_changed"),
        (parameters("ModifyInstanceAttribute", "ec2", attribute="userData"), "aws_user_data_changed"),
        (parameters("RunInstances", "ec2", instanceType="t3.micro"), "aws_servers_started"),
        (parameters("ScheduleKeyDeletion", "kms", keyId="k"), "aws_key_changed"),
        (parameters("DisassociateWebACL", "wafv2"), "aws_protection_removed"),
        (parameters("DisableEbsEncryptionByDefault", "ec2"), "aws_protection_removed"),
        (parameters("UpdateGuardrail", "bedrock"), "aws_protection_removed"),
        (parameters("TransferDomainToAnotherAwsAccount", "route53domains"), "aws_data_removed"),
        (parameters("CreateTrustAnchor", "rolesanywhere", name="x"), "aws_trust_changed"),
        (parameters("CreateAccessEntry", "eks"), "aws_trust_changed"),
        (parameters("GetSigninToken", "signin"), "aws_console_from_keys"),
        (parameters("GetSecretValue", "secretsmanager", secretId="s"), "aws_secret_read"),
        (parameters("BatchGetSecretValue", "secretsmanager"), "aws_secret_read"),
        (parameters("GetParameter", "ssm", name="p", withDecryption=True), "aws_secret_read"),
        (parameters("DescribeInstanceAttribute", "ec2", attribute="userData"), "aws_secret_read"),
    ],
)
def test_exposure_of_data_networks_and_servers_is_an_event(value: dict[str, Any], rule: str) -> None:
    name, fields = rule_and_fields(RULES, value)

    assert (name, fields["user_name"]) == (rule, "alice")
    # What AWS does by itself, or through a role that only a service can assume, is nobody's doing.
    for identity in ({"type": "AWSService", "invokedBy": "x.amazonaws.com"}, assumed(LINKED, "x")):
        assert rule_of(RULES, value | {"userIdentity": identity}) == ("Ignored", "aws_service")


@pytest.mark.parametrize(
    ("identity", "verdict"),
    [
        (user(), ("Match", "aws_secret_read")),
        (SSO, ("Match", "aws_secret_read")),
        (assumed(DEPLOY, "x", sourceIdentity="alice"), ("Match", "aws_secret_read")),
        (ROOT, ("Match", "aws_secret_read")),
        (assumed(DEPLOY, "i-0123456789"), ("Ignored", "aws_read")),
        ({"type": "AWSAccount", "accountId": THEIRS}, ("Ignored", "aws_read")),
    ],
)
def test_a_secret_is_asked_about_where_a_person_reads_it(
    identity: dict[str, Any], verdict: tuple[str, str]
) -> None:
    value = parameters("GetSecretValue", "secretsmanager", secretId="prod/db")
    assert rule_of(RULES, value | {"userIdentity": identity, "readOnly": True}) == verdict


@pytest.mark.parametrize(
    "value",
    [
        parameters("GetParameter", "ssm", name="p"),
        parameters("GetParameter", "ssm", name="p", withDecryption=False),
        parameters("DescribeInstanceAttribute", "ec2", attribute="instanceType"),
        parameters("DescribeInstances", "ec2"),
    ],
)
def test_reading_what_is_no_secret_is_ignored(value: dict[str, Any]) -> None:
    assert rule_of(RULES, value | {"readOnly": True}) == ("Ignored", "aws_read")


@pytest.mark.parametrize(
    "value",
    [
        parameters("ModifyInstanceAttribute", "ec2", instanceId="i-1", instanceType={"value": "t3"}),
        parameters("ModifyDBInstance", "rds", allocatedStorage=20),
        parameters("CreateRoute", "apigateway"),
        parameters("RunInstances", "ec2") | {"userIdentity": assumed(DEPLOY, "ci")},
        parameters("UpdateFunctionCode20150331v2", "lambda") | {"userIdentity": assumed(DEPLOY, "ci")},
        parameters("GetSigninToken", "signin") | {"userIdentity": SSO},
        parameters("PutBucketVersioning", "s3", VersioningConfiguration={"Status": "Enabled"}),
        parameters("SendMessage", "sqs"),
    ],
)
def test_daily_business_in_aws_is_no_event(value: dict[str, Any]) -> None:
    assert rule_of(RULES, value) == ("Unmatched", None)


def test_what_was_opened_to_whom_is_named() -> None:
    value = parameters("AuthorizeSecurityGroupIngress", "ec2", groupId="sg-1", **TO_ALL)
    fields = rule_and_fields(RULES, value)[1]
    assert (fields["target"], fields["shared_with"], fields["ports"]) == ("sg-1", "0.0.0.0/0", "22")
    several = [{"fromPort": 80, "toPort": 90}, {"ipProtocol": "-1"}]
    value = parameters("RevokeSecurityGroupIngress", "ec2", ipPermissions={"items": several})
    assert rule_and_fields(RULES, value)[1]["ports"] == "80-90, all"

    shared = {"add": {"items": [{"userId": THEIRS}]}}
    value = parameters("ModifySnapshotAttribute", "ec2", snapshotId="snap-1", createVolumePermission=shared)
    fields = rule_and_fields(RULES, value)[1]
    assert (fields["target"], fields["shared_with"]) == ("snap-1", THEIRS)
    assert rule_and_fields(RULES, parameters("PutBucketPolicy", "s3", **POLICY))[1]["shared_with"] == "*"
