"""Methods about channels and direct messages: conversations.*."""

from slack_emulator.api.base import (
    TIER_2,
    TIER_3,
    TIER_4,
    ApiError,
    Args,
    Call,
    Method,
    invalid_arguments,
    page_of,
)
from slack_emulator.entities import Channel, Json, Message
from slack_emulator.shapes import channel_json, message_json


async def conversations_open(call: Call) -> Json:
    call.need("im:write")
    users = call.args.required("users").split(",")
    if len(users) > 1:
        raise invalid_arguments("the emulator opens direct messages with one user only")
    user = call.world.user(users[0])
    if user is None:
        raise ApiError("user_not_found")
    if user.is_bot:
        raise ApiError("cannot_dm_bot")
    if user.deleted:
        raise ApiError("user_disabled")
    channel = call.world.direct_messages(user.id)
    if call.args.flag("return_im"):
        return {"channel": channel_json(channel, call.world)}
    return {"channel": {"id": channel.id}}


async def conversations_info(call: Call) -> Json:
    channel = call.channel()
    call.need_for(channel, "read")
    return {"channel": channel_json(channel, call.world, count_members=call.args.flag("include_num_members"))}


def _kind(channel: Channel) -> str:
    if channel.is_im:
        return "im"
    return "private_channel" if channel.is_private else "public_channel"


async def conversations_list(call: Call) -> Json:
    """The channels that the app may know of, a page at a time."""
    return _page_of_channels(call, only_own=False)


async def users_conversations(call: Call) -> Json:
    """The channels that the app itself is in, a page at a time."""
    return _page_of_channels(call, only_own=True)


def _page_of_channels(call: Call, *, only_own: bool) -> Json:
    wanted = call.args.text("types", "public_channel").replace(" ", "").split(",")
    for kind, scope in (("public_channel", "channels"), ("private_channel", "groups"), ("im", "im")):
        if kind in wanted:
            call.need(f"{scope}:read")
    unarchived = call.args.flag("exclude_archived")
    bot = call.world.app.bot_user
    known = [
        channel
        for channel in call.world.channels.values()
        if _kind(channel) in wanted
        and not (channel.is_archived and unarchived)
        and (bot in channel.members or not (channel.is_private or only_own))
    ]
    page, more = page_of(known, call.args, short=call.world.conditions.short_pages)
    # Of one's own channels Slack counts no members.
    channels = [channel_json(channel, call.world, count_members=not only_own) for channel in page]
    return {"channels": channels, "response_metadata": {"next_cursor": more}}


def _readable(call: Call) -> Channel:
    channel = call.channel()
    call.need_for(channel, "history")
    if call.world.app.bot_user not in channel.members:
        raise ApiError("not_in_channel")
    return channel


def _within(message: Message, args: Args) -> bool:
    oldest, latest = float(args.text("oldest") or 0), float(args.text("latest") or "inf")
    moment = float(message.ts)
    if args.flag("inclusive"):
        return oldest <= moment <= latest
    return oldest < moment < latest


def _answer(call: Call, chosen: list[Message]) -> Json:
    with_metadata = call.args.flag("include_all_metadata")
    shapes = [message_json(message, call.world, with_metadata=with_metadata) for message in chosen]
    messages, more = page_of(shapes, call.args)
    answer: Json = {"messages": messages, "has_more": bool(more)}
    return answer | ({"response_metadata": {"next_cursor": more}} if more else {})


async def conversations_history(call: Call) -> Json:
    """What was said in a channel, newest first, threads aside."""
    channel = _readable(call)
    messages = call.world.live_messages(channel.id)
    if lag := call.world.conditions.read_lag:
        messages = [m for m in messages if float(m.ts) <= call.world.clock() - lag]
    top = [m for m in messages if (not m.is_reply or m.broadcast) and _within(m, call.args)]
    return _answer(call, top[::-1]) | {"pin_count": 0}


async def conversations_replies(call: Call) -> Json:
    """A message and its thread, oldest first."""
    channel = _readable(call)
    parent = call.world.message(channel.id, call.args.required("ts"))
    if parent is None or parent.deleted or parent.ephemeral_to:
        raise ApiError("thread_not_found")
    return _answer(call, [parent, *(m for m in call.world.replies(parent) if _within(m, call.args))])


async def conversations_members(call: Call) -> Json:
    """The ids of a channel's members, a page at a time."""
    channel = call.channel()
    call.need_for(channel, "read")
    members, more = page_of([{"id": member} for member in channel.members], call.args)
    ids = [member["id"] for member in members]
    return {"members": ids, "response_metadata": {"next_cursor": more}}


async def conversations_join(call: Call) -> Json:
    call.need("channels:join")
    channel = call.channel()
    if channel.is_im or channel.is_private:
        raise ApiError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise ApiError("is_archived")
    if call.world.app.bot_user not in channel.members:
        channel.members.append(call.world.app.bot_user)
        call.world.touch()
    return {"channel": channel_json(channel, call.world)}


METHODS = {
    "conversations.open": Method(conversations_open, TIER_3),
    "conversations.info": Method(conversations_info, TIER_3),
    "conversations.list": Method(conversations_list, TIER_2),
    "users.conversations": Method(users_conversations, TIER_3),
    "conversations.history": Method(conversations_history, TIER_3),
    "conversations.replies": Method(conversations_replies, TIER_3),
    "conversations.members": Method(conversations_members, TIER_4),
    "conversations.join": Method(conversations_join, TIER_3),
}
