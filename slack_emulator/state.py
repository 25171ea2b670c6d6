"""The whole state as JSON: for tests through the control API, and one person's view of it for the page."""

from slack_emulator.entities import SLACKBOT, TEAM_NAME, Channel, Json, Message, View
from slack_emulator.journal import Journal
from slack_emulator.mentions import mentioned, mentioned_in_fallback
from slack_emulator.shapes import file_json, message_json, view_json
from slack_emulator.socket_mode import SocketMode
from slack_emulator.world import World

MESSAGES_SHOWN = 300


def _message_state(message: Message, world: World) -> Json:
    content = message.content
    return message_json(message, world, with_metadata=True) | {
        "user": message.user,
        "channel": message.channel,
        "deleted": message.deleted,
        "edits": message.edits,
        "ephemeral_to": message.ephemeral_to,
        "trouble": dict(message.trouble),
        "mentions": mentioned(content, message.channel, world),
        "fallback_mentions": mentioned_in_fallback(content, message.channel, world),
    }


def _view_state(view: View, world: World) -> Json:
    return view_json(view, world) | {"user": view.user, "errors": view.errors, "trouble": view.trouble}


def full_state(world: World, sockets: SocketMode, journal: Journal) -> Json:
    return {
        "version": world.version,
        "messages": {
            channel: [_message_state(message, world) for message in messages]
            for channel, messages in world.messages.items()
        },
        "modals": {
            user: _view_state(world.views[stack[-1]], world) for user, stack in world.modals.items() if stack
        },
        "homes": {user: _view_state(view, world) for user, view in world.homes.items()},
        "files": {file.id: file_json(file, world) for file in world.files.values()},
        "channels": {channel.id: vars(channel) for channel in world.channels.values()},
        "users": {user.id: vars(user) for user in world.users.values()},
        "calls": [vars(call) for call in journal.calls],
        "counts": dict(journal.counts),
        "envelopes": [
            {name: value for name, value in vars(envelope).items() if name not in ("acked", "sent_at")}
            for envelope in sockets.envelopes.values()
        ],
        "connections": len(sockets.connections),
        "connections_opened": sockets.opened,
        "handshakes_refused": sockets.refused,
    }


def _channel_for(channel: Channel, user: str, world: World) -> Json:
    last_read = world.last_read.get((user, channel.id), "0")
    unread = [m for m in world.visible_to(user, channel.id) if m.ts > last_read and m.user != user]
    named = [m for m in unread if channel.is_im or user in mentioned(m.content, channel.id, world)]
    return {
        "id": channel.id,
        "name": world.app.name if channel.is_im else channel.name,
        "is_im": channel.is_im,
        "is_private": channel.is_private,
        "is_archived": channel.is_archived,
        "members": len(channel.members),
        "unread": len(unread),
        "mentions": len(named),
    }


def _message_for(message: Message, user: str, world: World) -> Json:
    shape = message_json(message, world)
    shape["user"] = message.user
    shape["mentions_me"] = user in mentioned(message.content, message.channel, world)
    shape["ephemeral"] = message.ephemeral_to is not None
    shape["trouble"] = message.trouble.get(user, "")
    shape["in_channel"] = message.broadcast or not message.is_reply
    return shape


def page_state(world: World, sockets: SocketMode, user_id: str, channel_id: str) -> Json:
    """What one person sees, with one channel's messages."""
    channels = [c for c in world.channels.values() if user_id in c.members]
    modal, home = world.open_modal(user_id), world.homes.get(user_id)
    # The page asks by address, and anybody may write another channel's there.
    readable = any(c.id == channel_id for c in channels)
    messages = world.visible_to(user_id, channel_id)[-MESSAGES_SHOWN:] if readable else []
    return {
        "version": world.version,
        "team": TEAM_NAME,
        "app": world.app.as_json(),
        "connected": bool(sockets.connections),
        "channels": [_channel_for(channel, user_id, world) for channel in channels],
        "messages": [_message_for(message, user_id, world) for message in messages],
        "modal": _view_state(modal, world) if modal else None,
        "home": _view_state(home, world) if home else None,
        "people": [
            # Nobody acts as a bot, as Slackbot, or as somebody who left.
            vars(user) | {"selectable": not (user.is_bot or user.deleted or user.id == SLACKBOT)}
            for user in world.users.values()
        ],
        "usergroups": [vars(group) for group in world.usergroups.values()],
        "all_channels": [{"id": c.id, "name": c.name} for c in world.channels.values() if not c.is_im],
    }
