"""Methods that say something: chat.postMessage, update, delete, postEphemeral, getPermalink."""

import json
from collections.abc import Iterator

from slack_emulator.api.base import TIER_3, TIER_4, ApiError, Args, Call, Method
from slack_emulator.blocks import (
    check_attachments,
    check_blocks,
    file_references,
    normalised,
    normalised_attachments,
)
from slack_emulator.entities import Channel, Content, Json, Message
from slack_emulator.shapes import message_json, updated_message_json
from slack_emulator.world import World

LONGEST_POST = 40_000
LONGEST_UPDATE_BYTES = 4_000
MOST_TEXT_IN_BLOCKS = 10_000
"""Characters. Slack publishes no limit of a whole message: 9,597 were seen to pass, 11,341 were refused."""
LONGEST_METADATA_BYTES = 8_000
"""Slack refuses metadata that are too large, and does not say from where on."""


def _blocks(args: Args, world: World) -> list[Json]:
    blocks = args.structure("blocks", "invalid_blocks_format")
    if blocks is None:
        return []
    problems = check_blocks(blocks)
    if not problems and isinstance(blocks, list):
        unknown = [ref for ref in file_references(blocks) if ref not in world.files]
        problems = [f"[ERROR] invalid slack file: {ref} [json-pointer:/blocks]" for ref in unknown]
    if problems:
        raise ApiError("invalid_blocks", errors=problems, response_metadata={"messages": problems})
    return normalised(blocks) if isinstance(blocks, list) else []


def _attachments(args: Args) -> list[Json]:
    attachments = args.structure("attachments", "invalid_attachments")
    if attachments is None:
        return []
    problems = check_attachments(attachments)
    if problems:
        raise ApiError("invalid_attachments", errors=problems, response_metadata={"messages": problems})
    return normalised_attachments(attachments) if isinstance(attachments, list) else []


def _texts(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        for name, value in part.items():
            if name == "text" and isinstance(value, str):
                yield value
            else:
                yield from _texts(value)
    elif isinstance(part, list):
        for item in part:
            yield from _texts(item)


def content_of(args: Args, world: World) -> Content:
    """What the arguments say.

    Raises ApiError no_text, msg_too_long, msg_blocks_too_long, invalid_blocks, invalid_attachments.
    """
    content = Content(args.text("text"), _blocks(args, world), _attachments(args))
    if len(content.text) > LONGEST_POST:
        raise ApiError("msg_too_long")
    if sum(map(len, _texts([content.blocks, content.attachments]))) > MOST_TEXT_IN_BLOCKS:
        raise ApiError("msg_blocks_too_long")
    if not (content.text.strip() or content.blocks or content.attachments):
        raise ApiError("no_text")
    return content


def _metadata(args: Args) -> Json | None:
    metadata = args.structure("metadata", "invalid_metadata_format")
    if metadata is None:
        return None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_type"), str):
        raise ApiError("invalid_metadata_format")
    payload = metadata.get("event_payload")
    if not metadata["event_type"] or not isinstance(payload, dict):
        raise ApiError("invalid_metadata_format")
    if any(_is_deep(value) for value in payload.values()):
        raise ApiError("invalid_metadata_schema")
    if len(json.dumps(metadata).encode()) > LONGEST_METADATA_BYTES:
        raise ApiError("metadata_too_large")
    return metadata


def _is_deep(value: object) -> bool:
    """Whether a value in a payload is neither plain, nor an object of plain values, nor a list of such."""
    plain = (str, int, float, bool)
    items = value if isinstance(value, list) else [value]
    inner = [part for item in items for part in (item.values() if isinstance(item, dict) else [item])]
    return not all(isinstance(part, plain) for part in inner)


def _person_s_channel(call: Call, user_id: str) -> Channel:
    user = call.world.user(user_id)
    if user is None:
        raise ApiError("channel_not_found")
    if user.is_bot:
        raise ApiError("cannot_dm_bot")
    if user.deleted:
        raise ApiError("user_disabled")
    return call.world.direct_messages(user.id)


def destination(call: Call, name: str = "channel") -> Channel:
    """Where a message goes: a channel's id or name, or a user's id for their direct messages.

    Raises ApiError channel_not_found, not_in_channel, is_archived, cannot_dm_bot, user_disabled.
    """
    wanted = call.args.text(name)
    named = call.world.channels.get(wanted) or call.world.channel_named(wanted)
    channel = named or _person_s_channel(call, wanted)
    # Slack denies that a private channel exists, and says of a public one that the app is not in it.
    if call.world.app.bot_user not in channel.members:
        allowed = "chat:write.public" in call.world.scopes
        if channel.is_private or not allowed:
            raise ApiError("channel_not_found" if channel.is_private else "not_in_channel")
    if channel.is_archived:
        raise ApiError("is_archived")
    if channel.is_im and call.world.users[channel.user].deleted:
        raise ApiError("user_disabled")
    return channel


def _thread(args: Args, channel: Channel, world: World) -> str:
    thread_ts = args.text("thread_ts")
    if not thread_ts:
        return ""
    parent = world.message(channel.id, thread_ts)
    if parent is None:
        raise ApiError("thread_not_found")
    # There are no threads in threads: a reply to a reply belongs to the first message.
    return parent.thread_ts or parent.ts


async def post_message(call: Call) -> Json:
    call.need("chat:write")
    channel = destination(call)
    content, metadata = content_of(call.args, call.world), _metadata(call.args)
    thread_ts = _thread(call.args, channel, call.world)
    customised = "chat:write.customize" in call.world.scopes
    message = call.world.post(
        channel.id,
        call.world.app.bot_user,
        content,
        metadata=metadata,
        thread_ts=thread_ts,
        broadcast=call.args.flag("reply_broadcast"),
        username=call.args.text("username") if customised else "",
    )
    shape = message_json(message, call.world, with_metadata=True)
    return {"channel": channel.id, "ts": message.ts, "message": shape}


def _own_message(call: Call, not_own: str) -> Message:
    channel = call.channel()
    message = call.world.message(channel.id, call.args.required("ts"))
    if message is None or message.deleted or message.ephemeral_to:
        raise ApiError("message_not_found")
    if message.user != call.world.app.bot_user:
        raise ApiError(not_own)
    return message


def _edited_content(call: Call, before: Content) -> Content:
    """Text alone takes the blocks away; attachments that are not mentioned stay."""
    names = {name for name in ("text", "blocks", "attachments") if name in call.args}
    if names == {"attachments"}:
        return Content(before.text, before.blocks, _attachments(call.args))
    # For an edit Slack counts bytes, where it counts characters for a post.
    if len(call.args.text("text").encode()) > LONGEST_UPDATE_BYTES:
        raise ApiError("msg_too_long")
    content = content_of(call.args, call.world)
    if "attachments" not in names:
        content.attachments = before.attachments
    return content


async def update(call: Call) -> Json:
    """Replace what one of the app's own messages says."""
    call.need("chat:write")
    message = _own_message(call, "cant_update_message")
    if call.world.channels[message.channel].is_archived:
        raise ApiError("is_inactive")
    window = call.world.conditions.edit_window
    if window is not None and call.world.clock() - float(message.ts) > window:
        raise ApiError("edit_window_closed")
    content = _edited_content(call, message.content)
    message.metadata = _metadata(call.args) or message.metadata
    # "(edited)" shows for text alone, as in Slack's client.
    call.world.edit(message, content, mark=not content.blocks and not content.attachments)
    shape = updated_message_json(message, call.world)
    return {"channel": message.channel, "ts": message.ts, "text": content.text, "message": shape}


async def delete(call: Call) -> Json:
    call.need("chat:write")
    message = _own_message(call, "cant_delete_message")
    if call.world.channels[message.channel].is_archived:
        raise ApiError("is_archived")
    call.world.delete(message)
    return {"channel": message.channel, "ts": message.ts}


async def post_ephemeral(call: Call) -> Json:
    call.need("chat:write")
    channel = destination(call)
    user = call.args.required("user")
    if user not in channel.members:
        raise ApiError("user_not_in_channel")
    content = content_of(call.args, call.world)
    thread_ts = _thread(call.args, channel, call.world)
    bot_user = call.world.app.bot_user
    message = call.world.post(channel.id, bot_user, content, ephemeral_to=user, thread_ts=thread_ts)
    return {"message_ts": message.ts}


async def get_permalink(call: Call) -> Json:
    """The address of a message, which the page opens."""
    channel = call.channel()
    message = call.world.message(channel.id, call.args.required("message_ts"))
    if message is None or message.deleted:
        raise ApiError("message_not_found")
    link = f"{call.base_url}/archives/{channel.id}/p{message.ts.replace('.', '')}"
    return {"permalink": link, "channel": channel.id}


METHODS = {
    "chat.postMessage": Method(post_message, 60),
    "chat.update": Method(update, TIER_3),
    "chat.delete": Method(delete, TIER_3),
    "chat.postEphemeral": Method(post_ephemeral, TIER_4),
    "chat.getPermalink": Method(get_permalink, 600),
}
