"""AWS access keys made inactive: `UpdateAccessKey`, which another `UpdateAccessKey` undoes.

Which keys were active is looked up, and kept, before: what others switched off is not switched on by the
undoing. Least rights: iam:GetAccessKeyLastUsed, iam:ListAccessKeys, iam:UpdateAccessKey.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from powertrip.containment import aws
from powertrip.containment.section import ActionSection, Base, Way, typed
from powertrip.domain.containment import NotPossible, Order, Plan, is_never
from powertrip.domain.event import Event
from powertrip.errors import Rejected

_KEY = re.compile(r"AKIA[A-Z0-9]{16}")
_CURE = "check the account, and that the role may read and update access keys"


class AwsAccessKeyAction(ActionSection):
    """Access keys made inactive."""

    type: Literal["aws_access_key"]
    of: Literal["key", "user"] = "key"
    """The one key that `field` names, or all active keys of the IAM user whom the event is about."""
    field: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")] = "access_key_id"
    """For `of: key` the event's field with the key: of the rules that come along, the key that was made."""
    url: Base | None = None
    """Another address than Amazon's, for tests."""

    def plan(self, event: Event) -> Plan:
        arguments = {"account": _account(event)}
        if self.of == "key":
            key = typed(event, self.field)
            # Temporary ones (ASIA…) cannot be switched off; the sessions of their role can be revoked.
            if not _KEY.fullmatch(key):
                raise NotPossible(f"its {self.field} is no access key of a user")
            arguments |= {"key": key}
            target, says = key, f"Switch AWS access key {key} off"
        else:
            user = typed(event, "user_name")
            if user.startswith("arn:"):
                raise NotPossible("its user is no IAM user")
            arguments |= {"user": user}
            target, says = user, f"Switch all AWS access keys of {user} off"
        undo_says = f"Switch {target}{'' if self.of == 'key' else chr(39) + 's keys'} on again"
        return Plan(
            target=target,
            says=says,
            does="Whatever uses it is refused by AWS, within a minute or so. Sessions that it opened go on.",
            undo_says=undo_says,
            undo=f"To undo it: {undo_says}, on this card. It does not end by itself.",
            arguments={name: value for name, value in arguments.items() if value},
        )

    async def prepare(self, order: Order, way: Way) -> Mapping[str, str]:  # noqa: ARG002
        """Whose it is, and which keys are active."""
        return await aws.asked(lambda: self._look(order), _CURE)

    def _look(self, order: Order) -> Mapping[str, str]:
        iam, wanted = aws.client("iam", self.url), order.arguments
        if (its := wanted.get("account")) and its != (ours := aws.account(self.url)):
            raise Rejected(f"the event is of the account {its}, and the credentials of {ours}")
        key = wanted.get("key")
        user = wanted.get("user") or str(iam.get_access_key_last_used(AccessKeyId=key)["UserName"])
        # Only AWS knows whose a key is.
        if is_never((user,), order.never):
            raise Rejected("its user is on the list containment.never.users")
        listed: list[Any] = iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
        active = [item["AccessKeyId"] for item in listed if item["Status"] == "Active"]
        return {"user": user, "keys": " ".join(each for each in active if key in (None, each))}

    async def contain(self, order: Order, way: Way) -> str | None:  # noqa: ARG002
        """Switch them off; one that is off stays so."""
        keys = (order.prepared or {}).get("keys", "").split()
        for key in keys:
            await self._switch(order, key, "Inactive")
        return f"off: {', '.join(keys)}" if keys else "no active key was there"

    async def revert(self, order: Order, way: Way) -> str | None:  # noqa: ARG002
        """Switch on again what this switched off."""
        keys = (order.prepared or {}).get("keys", "").split()
        for key in keys:
            await self._switch(order, key, "Active")
        return f"on: {', '.join(keys)}" if keys else "nothing had been switched off"

    async def _switch(self, order: Order, key: str, status: str) -> None:
        user = (order.prepared or {})["user"]
        await aws.asked(
            lambda: aws.client("iam", self.url).update_access_key(
                UserName=user, AccessKeyId=key, Status=status
            ),
            _CURE,
        )

    async def check(self, way: Way) -> str:  # noqa: ARG002
        ours = await aws.asked(lambda: aws.account(self.url), "check the credentials")
        return f"AWS takes the credentials, of account {ours}; what the role may do shows when it is pressed"


def _account(event: Event) -> str:
    """The account of the event, as the rules for CloudTrail write it; empty where nobody says."""
    host = event.host_name or ""
    return host.removeprefix("aws:") if re.fullmatch(r"aws:[0-9]{12}", host) else ""
