"""What a person can do on the page or by the control API, and what Slack's client does with the answer."""

import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass

from slack_emulator import elements_use, payloads
from slack_emulator.api.base import ApiError, Args
from slack_emulator.api.chat import content_of
from slack_emulator.api.views import readable_view
from slack_emulator.elements_use import CannotDo
from slack_emulator.entities import Channel, Content, Json, Message, User, View
from slack_emulator.mentions import escape_names
from slack_emulator.socket_mode import Envelope, SocketMode
from slack_emulator.subscriptions import Subscriptions
from slack_emulator.world import World, new_id

TROUBLE = {
    "no_connection": "{app} is not connected, so nothing happened. Try again later.",
    "timeout": "{app} took too long to answer. It may or may not have worked.",
}
COMMAND_TROUBLE = {
    "no_connection": '{command} failed with the error "dispatch_failed"',
    "timeout": '{command} failed with the error "operation_timeout"',
}


@dataclass(frozen=True)
class Outcome:
    """What came of it: whether the app acknowledged in time, after how many seconds, with what."""

    acked: bool
    error: str
    """`no_connection` or `timeout`; empty if acknowledged in time."""
    envelope_id: str
    seconds: float | None
    response: Json | None

    def as_json(self) -> Json:
        return asdict(self)


def _outcome(envelope: Envelope, error: str) -> Outcome:
    return Outcome(not error, error, envelope.id, envelope.ack_seconds, envelope.ack_payload)


class People:
    """Acts as any person of the workspace."""

    def __init__(
        self, world: World, sockets: SocketMode, subscriptions: Subscriptions, base_url: Callable[[], str]
    ) -> None:
        self._world = world
        self._sockets = sockets
        self._subscriptions = subscriptions
        self._base_url = base_url
        self._webhooks: dict[str, str] = {}

    def _user(self, user_id: str) -> User:
        user = self._world.users.get(user_id)
        if user is None:
            raise CannotDo(f"there is no user {user_id}")
        return user

    def _channel(self, user: User, channel_id: str) -> Channel:
        channel = self._world.channels.get(channel_id)
        if channel is None or user.id not in channel.members:
            raise CannotDo(f"{user.name} is not in the channel {channel_id}")
        return channel

    def _message(self, user: User, channel_id: str, ts: str, *, stale: bool) -> Message:
        channel = self._channel(user, channel_id)
        message = self._world.message(channel.id, ts)
        # A stale press is a client that has not heard of the edit or the deletion yet.
        hidden = message is None or (message.deleted and not stale)
        if message is None or hidden or message.ephemeral_to not in (None, user.id):
            raise CannotDo(f"{user.name} sees no message {ts} in {channel_id}")
        return message

    def _trouble(self, error: str) -> str:
        return TROUBLE[error].format(app=self._world.app.name) if error else ""

    def _response_url(self, user: str, channel: str, message_ts: str | None = None) -> str:
        return f"{self._base_url()}/response/{self._world.new_response_url(user, channel, message_ts)}"

    async def press(
        self,
        user_id: str,
        channel_id: str,
        ts: str,
        *,
        action_id: str = "",
        value: str = "",
        block_id: str = "",
        stale: bool = False,
    ) -> Outcome:
        """Press a button, or choose `value` in a menu; `stale` presses what an edit has since taken away."""
        user = self._user(user_id)
        message = self._message(user, channel_id, ts, stale=stale)
        found = elements_use.in_message(message, action_id, value, block_id, stale=stale)
        action = elements_use.action_json(found, self._world, value)
        response_url = self._response_url(user.id, channel_id, ts)
        payload = payloads.action_on_message(
            user, message, self._world, action, found.attachment_id, response_url
        )
        message.trouble.pop(user.id, None)
        envelope, error = await self._sockets.ask("interactive", payload)
        if error:
            message.trouble[user.id] = self._trouble(error)
        self._world.touch()
        return _outcome(envelope, error)

    async def press_in_view(
        self, user_id: str, view_id: str, *, action_id: str = "", value: str = "", block_id: str = ""
    ) -> Outcome:
        """Press a button, or choose `value` in a menu, in a modal or on the Home tab."""
        user, view = self._user(user_id), self._world.views.get(view_id)
        if view is None or view.user != user.id:
            raise CannotDo(f"{user.name} sees no view {view_id}")
        found = elements_use.in_view(view, action_id, value, block_id)
        action = elements_use.action_json(found, self._world, value)
        payload = payloads.action_in_view(user, view, self._world, action)
        envelope, error = await self._sockets.ask("interactive", payload)
        view.trouble = self._trouble(error)
        self._world.touch()
        return _outcome(envelope, error)

    def _shown_modal(self, user: User) -> View:
        view = self._world.open_modal(user.id)
        if view is None:
            raise CannotDo(f"{user.name} has no modal open")
        return view

    async def submit(self, user_id: str, values: dict[str, str | list[str]]) -> Outcome:
        """Fill in the open modal, values by action id or block id, and submit it."""
        user = self._user(user_id)
        view = self._shown_modal(user)
        view.values = elements_use.view_state(view, values)
        view.errors, view.trouble = {}, ""
        envelope, error = await self._sockets.ask("interactive", payloads.submission(user, view, self._world))
        if error:
            view.trouble = self._trouble(error)
            self._world.touch()
        else:
            self._after_submission(view, envelope.ack_payload or {})
        return _outcome(envelope, error)

    def _after_submission(self, view: View, answer: Json) -> None:
        action = answer.get("response_action")
        if action == "errors":
            view.errors = {str(block): str(text) for block, text in answer.get("errors", {}).items()}
            self._world.touch()
        elif action not in ("update", "push"):
            self._world.close_modals(view.user, everything=action == "clear")
        else:
            try:
                body = readable_view(answer.get("view"), "modal")
            except ApiError as error:
                view.trouble = f"{self._world.app.name} answered with a view that Slack refuses: {error.more}"
                self._world.touch()
                return
            if action == "update":
                self._world.replace_view(view, body)
            else:
                self._world.push_modal(self._world.new_view(view.user, body))

    async def close(self, user_id: str) -> Outcome | None:
        """Close the open modal; the app is told only if the modal asked for it."""
        user = self._user(user_id)
        view = self._shown_modal(user)
        self._world.close_modals(user.id, everything=bool(view.body.get("clear_on_close")))
        if not view.body.get("notify_on_close"):
            return None
        envelope, error = await self._sockets.ask("interactive", payloads.closing(user, view, self._world))
        return _outcome(envelope, error)

    async def slash(self, user_id: str, channel_id: str, text: str, command: str = "") -> Outcome:
        """Type `command text` (the app's first command if none is named); Slack shows the answer."""
        user = self._user(user_id)
        channel = self._channel(user, channel_id)
        known = self._world.app.command(command)
        if known is None:
            raise CannotDo(f"{command or 'a command'} is not a valid command: the app has none of this name")
        response_url = self._response_url(user.id, channel.id)
        typed = escape_names(text, self._world) if known.should_escape else text
        payload = payloads.command(known.name, user, channel, typed, self._world, response_url)
        envelope, error = await self._sockets.ask("slash_commands", payload)
        if error:
            self._world.say_to(user.id, channel.id, COMMAND_TROUBLE[error].format(command=known.name))
        elif envelope.ack_payload:
            self.show_answer(user.id, channel.id, envelope.ack_payload)
        return _outcome(envelope, error)

    def show_answer(self, user_id: str, channel_id: str, answer: Json) -> Message:
        """Post what the app answered: to this person only, unless it says `in_channel`.

        Raises ApiError for content that Slack refuses.
        """
        content = content_of(Args(answer), self._world)
        everybody = answer.get("response_type") == "in_channel"
        return self._world.post(
            channel_id,
            self._world.app.bot_user,
            content,
            ephemeral_to=None if everybody else user_id,
            thread_ts=str(answer.get("thread_ts") or ""),
        )

    def open_home(self, user_id: str) -> None:
        user = self._user(user_id)
        if not self._world.app.has_home_tab:
            raise CannotDo(f"{self._world.app.name} has no Home tab")
        self._subscriptions.home_opened(user)

    def _typed(self, text: str) -> Content:
        if not text.strip():
            raise CannotDo("the message is empty")
        # Slack's clients escape what people type; only the app writes markup.
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return Content(escape_names(escaped, self._world))

    def say(self, user_id: str, channel_id: str, text: str, thread_ts: str = "") -> Message:
        """Write a message in a channel, or to the app if it takes messages."""
        user = self._user(user_id)
        channel = self._channel(user, channel_id)
        if channel.is_im and not self._world.app.takes_messages:
            raise CannotDo("sending messages to this app has been turned off")
        return self._world.post(
            channel.id, user.id, self._typed(text), thread_ts=thread_ts, client_msg_id=str(uuid.uuid4())
        )

    def _own_message(self, user_id: str, channel_id: str, ts: str) -> Message:
        user = self._user(user_id)
        message = self._message(user, channel_id, ts, stale=False)
        if message.user != user.id:
            raise CannotDo(f"{user.name} did not write the message {ts} in {channel_id}")
        return message

    def edit(self, user_id: str, channel_id: str, ts: str, text: str) -> None:
        message = self._own_message(user_id, channel_id, ts)
        self._world.edit(message, self._typed(text), mark=True)

    def delete(self, user_id: str, channel_id: str, ts: str) -> None:
        self._world.delete(self._own_message(user_id, channel_id, ts))

    def webhook(self, channel_id: str, text: str, username: str) -> Message:
        """Another integration posts by its incoming webhook, under a name of its own."""
        if channel_id not in self._world.channels:
            raise CannotDo(f"there is no channel {channel_id}")
        # One bot per integration, as in Slack: apps tell senders apart by it.
        bot_id = self._webhooks.setdefault(username, new_id("B"))
        return self._world.post(channel_id, "", Content(text), bot_id=bot_id, username=username)

    def read(self, user_id: str, channel_id: str) -> None:
        """Mark everything in a channel as read."""
        newest = self._world.visible_to(user_id, channel_id)[-1:]
        for message in newest:
            if self._world.last_read.get((user_id, channel_id)) != message.ts:
                self._world.last_read[user_id, channel_id] = message.ts
                self._world.touch()
