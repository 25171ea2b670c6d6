"""Sessions of an AWS role revoked: an inline policy denies everything to what was issued before.

As docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html says. The policy has a name of
ours, which follows from the key of the containment. Least rights: iam:GetRole, iam:PutRolePolicy,
iam:DeleteRolePolicy.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Literal

from powertrip.containment import aws
from powertrip.containment.section import ActionSection, Base, Way
from powertrip.domain.containment import NotPossible, Order, Plan
from powertrip.domain.event import Event
from powertrip.errors import Rejected

_ROLE = re.compile(
    r"arn:aws[a-z-]*:(?:iam|sts)::(?P<account>[0-9]{12}):"
    r"(?:role/(?P<path>(?:[\w+=,.@-]{1,128}/)*)(?P<role>[\w+=,.@-]{1,64})"
    # Whoever assumes a role calls the session what they like: as another role, too.
    r"|assumed-role/(?P<assumed>[\w+=,.@-]{1,64})(?:/[\w+=,.@-]{1,64})?)",
    re.ASCII,
)
_CURE = "check that the role is there, and that Powertrip's may put and delete its inline policies"


class AwsRoleSessionsAction(ActionSection):
    """All sessions of the role revoked."""

    type: Literal["aws_role_sessions"]
    url: Base | None = None
    """Another address than Amazon's, for tests."""

    def plan(self, event: Event) -> Plan:
        found = _ROLE.fullmatch(event.user_name or "")
        if found is None or "user_name" in event.varied:
            raise NotPossible("its user is no role of AWS")
        role, path = found["role"] or found["assumed"], found["path"] or ""
        if "aws-service-role/" in path or "aws-reserved/" in path:
            raise NotPossible("AWS lets nobody change this role")
        if role.startswith("AWSReservedSSO_"):
            raise NotPossible("AWS lets nobody change roles of its SSO; revoke the session there")
        undo_says = f"Take the denial off {role}"
        return Plan(
            target=role,
            says=f"Revoke all AWS sessions of {role}",
            does=f"Whoever has assumed {role} until now, others too, is denied everything, within a minute.",
            undo_says=undo_says[:60],
            undo="New sessions work at once. When undone, sessions that have not run out work again.",
            arguments={"role": role, "account": found["account"]},
        )

    async def prepare(self, order: Order, way: Way) -> Mapping[str, str]:  # noqa: ARG002
        """That the role is of our account: another account may have one of the same name."""
        return await aws.asked(lambda: self._look(order), _CURE)

    def _look(self, order: Order) -> Mapping[str, str]:
        role, its = order.arguments["role"], order.arguments["account"]
        if its != (ours := aws.account(self.url)):
            raise Rejected(f"the role is of the account {its}, and the credentials of {ours}")
        aws.client("iam", self.url).get_role(RoleName=role)
        return {"policy": f"PowertripRevoked-{order.key}"}

    async def contain(self, order: Order, way: Way) -> str | None:  # noqa: ARG002
        """Put the policy; the same order puts the same one."""
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Deny",
                    "Action": ["*"],
                    "Resource": ["*"],
                    "Condition": {
                        "DateLessThan": {"aws:TokenIssueTime": f"{order.released_at:%Y-%m-%dT%H:%M:%SZ}"}
                    },
                }
            ],
        }
        await self._call("put_role_policy", order, PolicyDocument=json.dumps(policy))
        return None

    async def revert(self, order: Order, way: Way) -> str | None:  # noqa: ARG002
        """Delete the policy; one that is gone is as good."""
        await self._call("delete_role_policy", order)
        return None

    async def _call(self, name: str, order: Order, **more: Any) -> None:
        iam, policy = aws.client("iam", self.url), (order.prepared or {})["policy"]

        def call() -> None:
            try:
                getattr(iam, name)(RoleName=order.arguments["role"], PolicyName=policy, **more)
            except iam.exceptions.NoSuchEntityException:
                if name != "delete_role_policy":
                    raise

        await aws.asked(call, _CURE)

    async def check(self, way: Way) -> str:  # noqa: ARG002
        ours = await aws.asked(lambda: aws.account(self.url), "check the credentials")
        return f"AWS takes the credentials, of account {ours}; what the role may do shows when it is pressed"
