"""The payloads that Slack sends to an app when a person does something."""

from slack_emulator.entities import (
    ENTERPRISE_NAME,
    TEAM_ID,
    TEAM_NAME,
    Channel,
    Json,
    Message,
    User,
    View,
)
from slack_emulator.shapes import message_json, view_json
from slack_emulator.subscriptions import VERIFICATION_TOKEN
from slack_emulator.world import World


def _interaction(kind: str, user: User, world: World) -> Json:
    return {
        "type": kind,
        "team": {"id": TEAM_ID, "domain": TEAM_NAME.lower()},
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team_id},
        "api_app_id": world.app.id,
        "token": VERIFICATION_TOKEN,
        "enterprise": world.enterprise_id and {"id": world.enterprise_id, "name": ENTERPRISE_NAME},
        "is_enterprise_install": False,
    }


def channel_name(channel: Channel) -> str:
    """The name that payloads use for a channel."""
    return "directmessage" if channel.is_im else channel.name


def _container(message: Message, attachment_id: int | None) -> Json:
    container: Json = {"type": "message", "message_ts": message.ts, "channel_id": message.channel}
    if attachment_id is not None:
        container |= {"type": "message_attachment", "attachment_id": attachment_id}
    if message.is_reply:
        container["thread_ts"] = message.thread_ts
    return container | {"is_ephemeral": message.ephemeral_to is not None, "is_app_unfurl": False}


def action_on_message(
    user: User, message: Message, world: World, action: Json, attachment_id: int | None, response_url: str
) -> Json:
    """block_actions from an element in a message; `attachment_id` if it stands in an attachment."""
    channel = world.channels[message.channel]
    payload = _interaction("block_actions", user, world) | {
        "container": _container(message, attachment_id),
        "trigger_id": world.new_trigger(user.id),
        "channel": {"id": channel.id, "name": channel_name(channel)},
        "state": {"values": {}},
        "response_url": response_url,
        "actions": [action],
    }
    # Slack sends no message for an ephemeral one, only its container.
    if message.ephemeral_to is None:
        payload["message"] = message_json(message, world, with_metadata=True)
    return payload


def action_in_view(user: User, view: View, world: World, action: Json) -> Json:
    """block_actions from an element in a modal or on the Home tab."""
    shape = view_json(view, world)
    return _interaction("block_actions", user, world) | {
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": world.new_trigger(user.id),
        "view": shape,
        "state": shape["state"],
        "actions": [action],
    }


def submission(user: User, view: View, world: World) -> Json:
    shape = _interaction("view_submission", user, world)
    return shape | {"trigger_id": world.new_trigger(user.id), "view": view_json(view, world)}


def closing(user: User, view: View, world: World) -> Json:
    return _interaction("view_closed", user, world) | {"view": view_json(view, world), "is_cleared": False}


def command(name: str, user: User, channel: Channel, text: str, world: World, response_url: str) -> Json:
    organisation = {"enterprise_id": world.enterprise_id, "enterprise_name": ENTERPRISE_NAME}
    return (organisation if world.enterprise_id else {}) | {
        "token": VERIFICATION_TOKEN,
        "team_id": TEAM_ID,
        "team_domain": TEAM_NAME.lower(),
        "channel_id": channel.id,
        "channel_name": channel_name(channel),
        "user_id": user.id,
        "user_name": user.name,
        "command": name,
        "text": text,
        "api_app_id": world.app.id,
        "is_enterprise_install": False,
        "response_url": response_url,
        "trigger_id": world.new_trigger(user.id),
    }
