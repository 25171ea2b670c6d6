"""Methods about people: users.*, usergroups.*."""

from slack_emulator.api.base import TIER_2, TIER_3, TIER_4, ApiError, Call, Method, page_of
from slack_emulator.entities import Json
from slack_emulator.shapes import user_json, usergroup_json


async def users_info(call: Call) -> Json:
    call.need("users:read")
    user = call.world.user(call.args.required("user"))
    if user is None:
        raise ApiError("user_not_found")
    return {"user": user_json(user, call.world)}


async def users_list(call: Call) -> Json:
    call.need("users:read")
    everybody = [user_json(user, call.world) for user in call.world.users.values()]
    members, more = page_of(everybody, call.args, default=1000)
    now = int(call.world.clock())
    return {"members": members, "cache_ts": now, "response_metadata": {"next_cursor": more}}


async def users_lookup_by_email(call: Call) -> Json:
    """The active member with this address."""
    call.need("users:read.email")
    user = call.world.user_by_email(call.args.required("email"))
    if user is None:
        raise ApiError("users_not_found")
    return {"user": user_json(user, call.world)}


async def usergroups_list(call: Call) -> Json:
    call.need("usergroups:read")
    disabled = call.args.flag("include_disabled")
    groups = [group for group in call.world.usergroups.values() if disabled or not group.is_disabled]
    with_users = call.args.flag("include_users")
    return {"usergroups": [usergroup_json(group, call.world, with_users=with_users) for group in groups]}


async def usergroups_users_list(call: Call) -> Json:
    call.need("usergroups:read")
    group = call.world.usergroups.get(call.args.required("usergroup"))
    if group is None or (group.is_disabled and not call.args.flag("include_disabled")):
        raise ApiError("no_such_subteam")
    return {"users": list(group.users)}


METHODS = {
    "users.info": Method(users_info, TIER_4),
    "users.list": Method(users_list, TIER_2),
    "users.lookupByEmail": Method(users_lookup_by_email, TIER_3),
    "usergroups.list": Method(usergroups_list, TIER_2),
    "usergroups.users.list": Method(usergroups_users_list, TIER_2),
}
