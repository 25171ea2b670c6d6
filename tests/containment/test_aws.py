"""AWS as moto plays it: keys off and on again, sessions revoked and let be, in no other account, once."""

import json
import re
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from powertrip.containment import aws
from powertrip.domain.contained import ContainmentState
from powertrip.domain.people import Subject, SubjectKind
from powertrip.errors import Refused
from tests.amazon import amazon, may_use_amazon
from tests.containment.conftest import NewRoom
from tests.samples import event
from tests.store.busy import faults

ACCOUNT = "123456789012"
DONE, FAILED = ContainmentState.DONE, ContainmentState.FAILED
ROLE = f"arn:aws:iam::{ACCOUNT}:role/deploy/runner"
NOBODY = Subject(kind=SubjectKind.UNMAPPED)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """One Amazon for all tests here, each of which makes users and roles of its own."""
    with amazon() as address, pytest.MonkeyPatch.context() as patched:
        may_use_amazon(patched)
        aws.client.cache_clear()
        yield address
        aws.client.cache_clear()


@pytest.fixture
def iam(url: str) -> Any:
    return boto3.client("iam", region_name="us-east-1", endpoint_url=url)


@pytest.fixture
def actions(url: str) -> dict[str, Any]:
    """All that is done at Amazon."""
    key = {"type": "aws_access_key", "url": url}
    return {
        "key": key,
        "keys": key | {"of": "user"},
        "role": {"type": "aws_role_sessions", "url": url},
    }


def keys_of(iam: Any, user: str) -> dict[str, str]:
    return {
        item["AccessKeyId"]: item["Status"]
        for item in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
    }


def new_user(iam: Any, name: str, keys: int = 2) -> list[str]:
    iam.create_user(UserName=name)
    return [iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"] for _ in range(keys)]


def of_account(account: str = ACCOUNT, **about: Any) -> dict[str, Any]:
    """What an event of CloudTrail says."""
    return {"rule": "aws_iam_change", "host_name": f"aws:{account}"} | about


async def test_all_keys_of_a_user_go_off_once_and_come_on_as_they_were(new_room: NewRoom, iam: Any) -> None:
    first, second = new_user(iam, "alice")
    iam.update_access_key(UserName="alice", AccessKeyId=second, Status="Inactive")
    room = new_room()
    await room.denied(**of_account())
    await room.press("keys")
    await room.killed_before_the_outcome()
    await room.work()
    assert set(keys_of(iam, "alice").values()) == {"Inactive"}
    (done,) = await room.contained()
    assert (done.state, done.said) == (DONE, f"off: {first}")
    await room.undo()
    await room.work()
    # What somebody else had switched off stays off.
    assert keys_of(iam, "alice") == {first: "Active", second: "Inactive"}
    assert await faults(room.thread) == {}


async def test_one_key_goes_off(new_room: NewRoom, iam: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = new_user(iam, "bob")
    # moto's keys have another form than Amazon's.
    monkeypatch.setattr("powertrip.containment.aws_access_key._KEY", re.compile(r"[A-Z0-9]{16,128}"))
    room = new_room()
    await room.denied(**of_account(user_name="carol", fields={"access_key_id": first}))
    await room.press("key")
    await room.work()
    assert keys_of(iam, "bob") == {first: "Inactive", second: "Active"}


async def test_a_key_whose_user_is_spared_stays(
    new_room: NewRoom, iam: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (key,) = new_user(iam, "break-glass-1", 1)
    monkeypatch.setattr("powertrip.containment.aws_access_key._KEY", re.compile(r"[A-Z0-9]{16,128}"))
    room = new_room(never={"users": ["break-glass*"]})
    # The event names somebody else: only AWS knows whose the key is.
    await room.denied(**of_account(user_name="carol", fields={"access_key_id": key}))
    await room.press("key")
    await room.work()
    (refused,) = await room.contained()
    assert (refused.state, keys_of(iam, "break-glass-1")) == (FAILED, {key: "Active"})
    assert "never" in (refused.said or "")


@pytest.mark.parametrize("key", ["ASIA" + "X" * 16, "AKIA" + "X" * 15, "AKIA" + "x" * 16, "AKIA" + "X" * 17])
async def test_what_is_no_lasting_key_is_not_switched_off(new_room: NewRoom, key: str) -> None:
    room = new_room()
    await room.denied(**of_account(user_name="carol", fields={"access_key_id": key}))
    with pytest.raises(Refused, match="no access key of a user"):
        await room.press("key")


@pytest.mark.parametrize(
    ("user", "varied", "target"),
    [
        (ROLE, {}, "runner"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/runner", {}, "runner"),
        # Whoever assumes it may call the session as another role is called.
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/runner/admin", {}, "runner"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/a/runner/admin", {}, None),
        (ROLE, {"user_name": ("another",)}, None),
        ("runner", {}, None),
    ],
)
def test_the_role_that_is_named_is_the_one_whose_sessions_are_revoked(
    new_room: NewRoom, user: str, varied: Any, target: str | None
) -> None:
    offered = new_room().context.settings.offers(event(user_name=user, varied=varied))
    (role,) = [each for each in offered if each.name == "role"]

    assert (role.plan.target if role.plan else None) == target


@pytest.mark.parametrize("action", ["keys", "role"])
async def test_another_account_is_left_alone(new_room: NewRoom, action: str) -> None:
    user = ROLE.replace(ACCOUNT, "210987654321") if action == "role" else "dave"
    room = new_room()
    await room.denied(**of_account("210987654321", user_name=user, subject=NOBODY))
    await room.press(action)
    await room.work()
    (refused,) = await room.contained()
    assert refused.state is FAILED
    assert f"of the account 210987654321, and the credentials of {ACCOUNT}" in (refused.said or "")


async def test_sessions_of_a_role_are_revoked_once_and_let_be(new_room: NewRoom, iam: Any) -> None:
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    iam.create_role(RoleName="runner", Path="/deploy/", AssumeRolePolicyDocument=trust)
    room = new_room()
    await room.denied(**of_account(user_name=ROLE, subject=NOBODY))
    await room.press("role")
    await room.killed_before_the_outcome()
    room.clock.forward(minutes=5)
    await room.work()
    (name,) = iam.list_role_policies(RoleName="runner")["PolicyNames"]
    (statement,) = iam.get_role_policy(RoleName="runner", PolicyName=name)["PolicyDocument"]["Statement"]
    # As of the press, however late it was done.
    assert statement["Condition"] == {"DateLessThan": {"aws:TokenIssueTime": "2026-01-15T12:00:00Z"}}
    assert (statement["Effect"], statement["Action"], statement["Resource"]) == ("Deny", ["*"], ["*"])
    assert await room.states() == [DONE]
    await room.undo()
    await room.killed_before_the_outcome()
    await room.work()
    assert iam.list_role_policies(RoleName="runner")["PolicyNames"] == []
    assert await room.states() == [DONE, DONE]


@pytest.mark.parametrize(
    "user",
    [
        "alice",
        f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX",
        f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_1",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Admin_1",
        f"arn:aws:iam::{ACCOUNT}:role/a b",
        f"arn:aws:iam::{ACCOUNT}:user/alice",
    ],
)
async def test_what_is_no_role_that_can_be_changed_is_not_offered(new_room: NewRoom, user: str) -> None:
    room = new_room()
    await room.denied(**of_account(user_name=user, subject=NOBODY))
    with pytest.raises(Refused, match="This is not done"):
        await room.press("role")


async def test_what_amazon_refuses_is_said(new_room: NewRoom) -> None:
    room = new_room()
    await room.denied(**of_account(user_name="nobody"))
    await room.press("keys")
    await room.work()
    (refused,) = await room.contained()
    assert (refused.state, "AWS answered NoSuchEntity" in (refused.said or "")) == (FAILED, True)
