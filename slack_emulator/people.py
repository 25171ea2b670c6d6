"""What a person can do on the page or by the control API, and what Slack's client does with the answer."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

from slack_emulator import elements_use, payloads
from slack_emulator.api.base import ApiError, Args
from slack_emulator.api.chat import content_of
from slack_emulator.api.views import readable_view
from slack_emulator.elements_use import CannotDo
from slack_emulator.entities import BOT_USER, Channel, Content, Json, Message, User, View
from slack_emulator.socket_mode import Envelope, SocketMode
from slack_emulator.world import World

TROUBLE = {
    "no_connection": "Powertrip is not connected, so nothing happened. Try again later.",
    "timeout": "Powertrip took too long to answer. It may or may not have worked.",
}
COMMAND_TROUBLE = {
    "no_connection": f'{payloads.COMMAND} failed with the error "dispatch_failed"',
    "timeout": f'{payloads.COMMAND} failed with the error "operation_timeout"',
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
        """For the control API."""
        return asdict(self)


def _outcome(envelope: Envelope, error: str) -> Outcome:
    return Outcome(not error, error, envelope.id, envelope.ack_seconds, envelope.ack_payload)


class People:
    """Acts as any person of the workspace."""

    def __init__(self, world: World, sockets: SocketMode, base_url: Callable[[], str]) -> None:
        self._world = world
        self._sockets = sockets
        self._base_url = base_url

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
        hidden = message is None or (message.deleted and not stale)
        if message is None or hidden or message.ephemeral_to not in (None, user.id):
            raise CannotDo(f"{user.name} sees no message {ts} in {channel_id}")
        return message

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
            message.trouble[user.id] = TROUBLE[error]
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
        view.trouble = TROUBLE.get(error, "")
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
            view.trouble = TROUBLE[error]
            self._world.touch()
        else:
            self._after_submission(view, envelope.ack_payload or {})
        return _outcome(envelope, error)

    def _after_submission(self, view: View, answer: Json) -> None:
        action = answer.get("response_action")
        if action == "errors":
            view.errors = {str(block): str(text) for block, text in answer.get("errors", {}).items()}
            self._world.touch()
        elif action in ("update", "push"):
            self._show_answered_view(view, action, answer.get("view"))
        else:
            self._world.close_modals(view.user, everything=action == "clear")

    def _show_answered_view(self, view: View, action: str, answered: object) -> None:
        try:
            body = readable_view(answered, "modal")
        except ApiError as error:
            view.trouble = f"Powertrip answered with a view that Slack refuses: {error.more}"
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
        envelope, error = await self._sockets.ask("interactive", payloads.closing(user, view))
        return _outcome(envelope, error)

    async def slash(self, user_id: str, channel_id: str, text: str) -> Outcome:
        """Type `/powertrip text` in a channel; the answer is shown as Slack shows it."""
        user = self._user(user_id)
        channel = self._channel(user, channel_id)
        response_url = self._response_url(user.id, channel.id)
        typed = self._world.escape_names(text)
        payload = payloads.command(user, channel, typed, self._world, response_url)
        envelope, error = await self._sockets.ask("slash_commands", payload)
        if error:
            self._world.say_to(user.id, channel.id, COMMAND_TROUBLE[error])
        elif envelope.ack_payload:
            self.show_answer(user.id, channel.id, envelope.ack_payload)
        return _outcome(envelope, error)

    def show_answer(self, user_id: str, channel_id: str, answer: Json) -> Message:
        """Post what the app answered: to this person only, unless it says `in_channel`.

        Raises ApiError for content that Slack refuses.
        """
        content = content_of(Args(answer), self._world)
        everybody = answer.get("response_type") == "in_channel"
        message = self._world.post(channel_id, BOT_USER, content, ephemeral_to=None if everybody else user_id)
        message.thread_ts = str(answer.get("thread_ts") or "")
        return message

    def open_home(self, user_id: str) -> None:
        """Open the app's Home tab."""
        user = self._user(user_id)
        channel = self._world.direct_messages(user.id)
        home = self._world.homes.get(user.id)
        self._sockets.tell(payloads.home_opened(user, channel, home, self._world))

    def say(self, user_id: str, channel_id: str, text: str, thread_ts: str = "") -> Message:
        """Write a message in a channel; the app is not told, since it subscribes to no messages."""
        user = self._user(user_id)
        channel = self._channel(user, channel_id)
        if channel.is_im:
            raise CannotDo("sending messages to this app has been turned off")
        if not text.strip():
            raise CannotDo("the message is empty")
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        message = self._world.post(channel.id, user.id, Content(self._world.escape_names(escaped)))
        message.thread_ts = thread_ts
        return message

    def read(self, user_id: str, channel_id: str) -> None:
        """Mark everything in a channel as read."""
        newest = self._world.visible_to(user_id, channel_id)[-1:]
        for message in newest:
            if self._world.last_read.get((user_id, channel_id)) != message.ts:
                self._world.last_read[user_id, channel_id] = message.ts
                self._world.touch()
