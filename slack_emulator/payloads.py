"""The payloads that Slack sends to an app when a person does something."""

from slack_emulator.entities import (
    APP_ID,
    BOT_USER,
    TEAM_ID,
    TEAM_NAME,
    Channel,
    Json,
    Message,
    User,
    View,
)
from slack_emulator.shapes import message_json, view_json
from slack_emulator.world import World, new_id

VERIFICATION_TOKEN = "sandbox"  # noqa: S105  (Slack's deprecated field; it opens nothing)
COMMAND = "/powertrip"


def _person(user: User) -> Json:
    return {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team_id}


def _interaction(kind: str, user: User) -> Json:
    return {
        "type": kind,
        "team": {"id": TEAM_ID, "domain": TEAM_NAME.lower()},
        "user": _person(user),
        "api_app_id": APP_ID,
        "token": VERIFICATION_TOKEN,
        "enterprise": None,
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
    payload = _interaction("block_actions", user) | {
        "container": _container(message, attachment_id),
        "trigger_id": world.new_trigger(user.id),
        "channel": {"id": channel.id, "name": channel_name(channel)},
        "state": {"values": {}},
        "response_url": response_url,
        "actions": [action],
    }
    if message.ephemeral_to is None:
        payload["message"] = message_json(message, world, with_metadata=True)
    return payload


def action_in_view(user: User, view: View, world: World, action: Json) -> Json:
    """block_actions from an element in a modal or on the Home tab."""
    shape = view_json(view)
    return _interaction("block_actions", user) | {
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": world.new_trigger(user.id),
        "view": shape,
        "state": shape["state"],
        "actions": [action],
    }


def submission(user: User, view: View, world: World) -> Json:
    """view_submission."""
    shape = _interaction("view_submission", user)
    return shape | {"trigger_id": world.new_trigger(user.id), "view": view_json(view)}


def closing(user: User, view: View) -> Json:
    """view_closed."""
    return _interaction("view_closed", user) | {"view": view_json(view), "is_cleared": False}


def command(user: User, channel: Channel, text: str, world: World, response_url: str) -> Json:
    """A slash command."""
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": TEAM_ID,
        "team_domain": TEAM_NAME.lower(),
        "channel_id": channel.id,
        "channel_name": channel_name(channel),
        "user_id": user.id,
        "user_name": user.name,
        "command": COMMAND,
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": False,
        "response_url": response_url,
        "trigger_id": world.new_trigger(user.id),
    }


def home_opened(user: User, channel: Channel, home: View | None, world: World) -> Json:
    """The app_home_opened event; with the view once one was published."""
    event: Json = {"type": "app_home_opened", "user": user.id, "channel": channel.id, "tab": "home"}
    event["event_ts"] = world.next_ts()
    if home:
        event["view"] = view_json(home)
    authorization = {"enterprise_id": None, "team_id": TEAM_ID, "user_id": BOT_USER, "is_bot": True}
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": TEAM_ID,
        "api_app_id": APP_ID,
        "event": event,
        "type": "event_callback",
        "event_id": new_id("Ev"),
        "event_time": int(world.clock()),
        "authorizations": [authorization | {"is_enterprise_install": False}],
        "is_ext_shared_channel": False,
    }
