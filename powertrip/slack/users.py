"""What Slack's answer about one user says: who they are called, and whether they are a member of ours."""

from collections.abc import Awaitable
from typing import Any

from powertrip.domain.people import Standing
from powertrip.errors import SlackAmbiguous, SlackRefused
from powertrip.slack.calls import call, within
from powertrip.slack.preflight import Identity

_NOT_THERE = frozenset({"user_not_found", "user_not_visible", "users_not_found"})


def standing_of(user: dict[str, Any], identity: Identity) -> Standing:
    """Fails closed: whoever is not shown to be a full member of ours is not one."""
    if user.get("deleted"):
        return Standing.DEACTIVATED
    if user.get("is_bot"):
        return Standing.BOT
    if user.get("is_restricted") or user.get("is_ultra_restricted"):
        return Standing.GUEST
    enterprise = within(user, "enterprise_user", "enterprise_id")
    # Where neither side has an organisation, two times nothing is not the same one.
    same_enterprise = enterprise is not None and enterprise == identity.enterprise_id
    is_ours = user.get("team_id") == identity.team_id or same_enterprise
    if user.get("is_stranger") or not is_ours:
        return Standing.OUTSIDER
    return Standing.MEMBER


async def user_of(lookup: Awaitable[Any]) -> dict[str, Any] | None:
    """The user in the answer to a lookup, or None where Slack says that there is none."""
    try:
        answer = await call(lookup)
    except SlackRefused as error:
        if error.code in _NOT_THERE:
            return None
        raise
    user = answer["user"]
    # A proxy may say ok and leave the user out, which says nothing about the person.
    if not isinstance(user, dict) or not isinstance(user.get("id"), str):
        raise SlackAmbiguous("Slack's answer holds no user")
    return user


def name_of(user: dict[str, Any]) -> str:
    return str(user.get("real_name") or user.get("name") or user["id"])
