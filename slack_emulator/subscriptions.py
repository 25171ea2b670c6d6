"""Tells the app of what happens in the workspace: of what its manifest subscribes to and its scopes allow."""

from collections.abc import Callable

from slack_emulator.app import EVENT_SCOPES
from slack_emulator.entities import TEAM_ID, Channel, Json, Message, User
from slack_emulator.mentions import mentioned
from slack_emulator.shapes import message_json, view_json
from slack_emulator.world import World, new_id

VERIFICATION_TOKEN = "emulator"  # noqa: S105  (Slack's deprecated field; it opens nothing)


def _kind(channel: Channel) -> tuple[str, str]:
    """The event to subscribe to for messages in such a channel, and its `channel_type`."""
    if channel.is_im:
        return "message.im", "im"
    return ("message.groups", "group") if channel.is_private else ("message.channels", "channel")


class Subscriptions:
    """What `World.listener` is while an emulator serves the world."""

    def __init__(self, world: World, send: Callable[[Json], None]) -> None:
        self._world = world
        self._send = send

    def posted(self, message: Message) -> None:
        event = message_json(message, self._world)
        self._send_message_event(message, event, ts=message.ts)
        if self._calls_the_app(message) and self._wants("app_mention"):
            event |= {"type": "app_mention", "channel": message.channel, "event_ts": message.ts}
            self._send(self._callback(event))

    def _calls_the_app(self, message: Message) -> bool:
        bot_user = self._world.app.bot_user
        # No mention in direct messages: Slack sends message.im there and nothing else.
        if message.ephemeral_to or message.user == bot_user or self._world.channels[message.channel].is_im:
            return False
        return bot_user in mentioned(message.content, message.channel, self._world)

    def edited(self, message: Message, before: Message) -> None:
        event = {
            "type": "message",
            "subtype": "message_changed",
            "hidden": True,
            "message": message_json(message, self._world),
            "previous_message": message_json(before, self._world),
        }
        self._send_message_event(message, event, ts=self._world.next_ts())

    def deleted(self, message: Message) -> None:
        event = {
            "type": "message",
            "subtype": "message_deleted",
            "hidden": True,
            "deleted_ts": message.ts,
            "previous_message": message_json(message, self._world),
        }
        self._send_message_event(message, event, ts=self._world.next_ts())

    def home_opened(self, user: User) -> None:
        if not self._wants("app_home_opened"):
            return
        channel = self._world.direct_messages(user.id)
        event: Json = {"type": "app_home_opened", "user": user.id, "channel": channel.id, "tab": "home"}
        event["event_ts"] = self._world.next_ts()
        home = self._world.homes.get(user.id)
        if home:
            event["view"] = view_json(home, self._world)
        self._send(self._callback(event))

    def _send_message_event(self, message: Message, event: Json, *, ts: str) -> None:
        channel = self._world.channels[message.channel]
        # An app hears only where it is a member, and nothing of what one person alone can see.
        if message.ephemeral_to or self._world.app.bot_user not in channel.members:
            return
        kind, channel_type = _kind(channel)
        if self._wants(kind):
            where = {"channel": channel.id, "channel_type": channel_type, "ts": ts, "event_ts": ts}
            self._send(self._callback(event | where))

    def _wants(self, event: str) -> bool:
        scope = EVENT_SCOPES[event]
        return event in self._world.app.events and (not scope or scope in self._world.scopes)

    def _callback(self, event: Json) -> Json:
        app = self._world.app
        authorization = {
            "enterprise_id": self._world.enterprise_id,
            "team_id": TEAM_ID,
            "user_id": app.bot_user,
            "is_bot": True,
        }
        return {
            "token": VERIFICATION_TOKEN,
            "team_id": TEAM_ID,
            "api_app_id": app.id,
            "event": event,
            "type": "event_callback",
            "event_id": new_id("Ev"),
            "event_time": int(self._world.clock()),
            "authorizations": [authorization | {"is_enterprise_install": False}],
            "is_ext_shared_channel": False,
        }
