"""The state of the workspace and the few ways in which it changes.

Everything lives in memory, in the process of the emulator, so an app that dies and comes back finds its
messages where it left them. Each change raises `version`, which wakes whoever waits.
"""

import asyncio
import copy
import secrets
import time
from bisect import bisect_left
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Protocol

from slack_emulator.app import App
from slack_emulator.conditions import Conditions
from slack_emulator.entities import (
    SLACKBOT,
    Channel,
    Content,
    Json,
    Message,
    ResponseUrl,
    StoredFile,
    Trigger,
    User,
    UserGroup,
    View,
)

TRIGGER_SECONDS = 3.0
RESPONSE_URL_SECONDS = 30 * 60
RESPONSE_URL_USES = 5


def new_id(prefix: str) -> str:
    """A new identifier in Slack's manner: a letter that names the kind, then ten capitals and digits."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    return prefix + "0" + "".join(secrets.choice(alphabet) for _ in range(9))


class Listener(Protocol):
    """Hears of each change of a message; `before` is the message as it was."""

    def posted(self, message: Message) -> None: ...

    def edited(self, message: Message, before: Message) -> None: ...

    def deleted(self, message: Message) -> None: ...


class World:
    """One workspace: an app, people, channels, user groups, messages, views and files."""

    def __init__(self, app: App, clock: Callable[[], float] = time.time) -> None:
        self.app = app
        self.clock = clock
        self.listener: Listener | None = None
        self.scopes: list[str] = list(app.scopes)
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.usergroups: dict[str, UserGroup] = {}
        self.messages: dict[str, list[Message]] = {}
        self._replies: dict[tuple[str, str], list[Message]] = {}
        self.views: dict[str, View] = {}
        self.modals: dict[str, list[str]] = {}
        self.homes: dict[str, View] = {}
        self.files: dict[str, StoredFile] = {}
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.last_read: dict[tuple[str, str], str] = {}
        self.direct: dict[str, str] = {}
        self.conditions = Conditions()
        self.enterprise_id: str | None = None
        self.version = 0
        self._changed = asyncio.Event()
        self._last_micros = 0

    def snapshot(self) -> Json:
        # The version never goes back, or a reader that waits for a higher one would wait for ever.
        kept = ("app", "clock", "listener", "version", "_changed", "_last_micros")
        return copy.deepcopy({name: value for name, value in vars(self).items() if name not in kept})

    def restore(self, snapshot: Json) -> None:
        vars(self).update(copy.deepcopy(snapshot))
        self.touch()

    def touch(self) -> None:
        """Say that something has changed."""
        self.version += 1
        # A new event for the next change: clearing the old one could lose those who have not woken yet.
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait_beyond(self, version: int, timeout: float) -> None:  # noqa: ASYNC109
        """Return once the version is higher than `version`, or after `timeout` seconds."""
        if self.version > version:
            return
        try:
            async with asyncio.timeout(timeout):
                await self._changed.wait()
        except TimeoutError:
            return

    def next_ts(self) -> str:
        """A message timestamp: seconds with six decimals, unique and rising."""
        # A ts names a message, so two in one microsecond, or a clock set back, must not share one.
        self._last_micros = max(int(self.clock() * 1_000_000), self._last_micros + 1)
        return f"{self._last_micros // 1_000_000}.{self._last_micros % 1_000_000:06d}"

    def channel_named(self, name: str) -> Channel | None:
        """The channel of this name (with or without `#`), direct messages aside."""
        wanted = name.removeprefix("#")
        return next((c for c in self.channels.values() if not c.is_im and c.name == wanted), None)

    def direct_messages(self, user: str) -> Channel:
        """The direct messages between the app and `user`, opened if they were not yet."""
        channel_id = self.direct.setdefault(user, "D" + user[1:])
        if channel_id not in self.channels:
            members = [user, self.app.bot_user]
            self.channels[channel_id] = Channel(channel_id, "", members, is_im=True, user=user)
            self.touch()
        return self.channels[channel_id]

    def renew_direct_messages(self, user: str) -> Channel:
        """Give the direct messages with `user` another id, as a migration to an organisation does.

        What was said moves along; to the app the old id is of no channel any more.
        """
        old = self.direct_messages(user)
        renewed = copy.copy(old)
        renewed.id = self.direct[user] = new_id("D")
        del self.channels[old.id]
        self.channels[renewed.id] = renewed
        self.messages[renewed.id] = self.messages.pop(old.id, [])
        for message in self.messages[renewed.id]:
            message.channel = renewed.id
            if message.is_reply:
                self._replies.setdefault((renewed.id, message.thread_ts), []).append(message)
        self.touch()
        return renewed

    def user(self, user_id: str) -> User | None:
        """The user of this id, also of the one before the workspace joined an organisation."""
        return self.users.get(user_id) or next(
            (u for u in self.users.values() if u.former_id == user_id), None
        )

    def channel_id(self, wanted: str) -> str:
        """The id of the channel that an id, a name or a person's id stands for; as it was if of none."""
        if wanted in self.users:
            return self.direct.get(wanted, wanted)
        named = self.channel_named(wanted)
        return named.id if named else wanted

    def user_by_email(self, email: str) -> User | None:
        """The member with this address who has not been deactivated."""
        wanted = email.casefold()
        alive = (user for user in self.users.values() if not user.deleted)
        return next((user for user in alive if (user.email or "").casefold() == wanted), None)

    def message(self, channel: str, ts: str) -> Message | None:
        """The message, also if it is ephemeral or was deleted."""
        messages = self.messages.get(channel, [])
        # They stand in the order of their ts, each of which is later than all before and as long.
        place = bisect_left(messages, ts, key=attrgetter("ts"))
        return messages[place] if place < len(messages) and messages[place].ts == ts else None

    def live_messages(self, channel: str) -> list[Message]:
        """What everybody in the channel can read, oldest first."""
        messages = self.messages.get(channel, [])
        return [m for m in messages if not m.deleted and m.ephemeral_to is None]

    def visible_to(self, user: str, channel: str) -> list[Message]:
        """What this person can read in the channel, oldest first."""
        messages = self.messages.get(channel, [])
        return [m for m in messages if not m.deleted and m.ephemeral_to in (None, user)]

    def replies(self, parent: Message) -> list[Message]:
        """The live replies in the thread that begins with `parent`, oldest first."""
        replies = self._replies.get((parent.channel, parent.ts), [])
        return [m for m in replies if not m.deleted and m.ephemeral_to is None]

    def post(
        self,
        channel: str,
        user: str,
        content: Content,
        *,
        ephemeral_to: str | None = None,
        thread_ts: str = "",
        broadcast: bool = False,
        metadata: Json | None = None,
        files: Sequence[str] = (),
        bot_id: str = "",
        username: str = "",
        client_msg_id: str = "",
    ) -> Message:
        """Add a message; `user` is empty for one of an integration that is no member."""
        message = Message(
            channel,
            self.next_ts(),
            user,
            content,
            metadata=metadata,
            thread_ts=thread_ts,
            broadcast=broadcast,
            files=list(files),
            bot_id=bot_id,
            username=username,
            client_msg_id=client_msg_id,
            ephemeral_to=ephemeral_to,
        )
        self.messages.setdefault(channel, []).append(message)
        if message.is_reply:
            self._replies.setdefault((channel, thread_ts), []).append(message)
        if self.listener:
            self.listener.posted(message)
        self.touch()
        return message

    def say_to(self, user: str, channel: str, text: str) -> Message:
        """Slackbot tells one person something, where they are."""
        return self.post(channel, SLACKBOT, Content(text), ephemeral_to=user)

    def edit(self, message: Message, content: Content, *, mark: bool) -> None:
        """Replace what a message says; `mark` shows "(edited)"."""
        before = copy.copy(message)
        message.earlier.append(message.content)
        message.content = content
        message.edits += 1
        if mark:
            message.edited_ts = self.next_ts()
        # The app answered after all; "that did not work" would be a lie beside the new content.
        message.trouble.clear()
        if self.listener:
            self.listener.edited(message, before)
        self.touch()

    def delete(self, message: Message) -> None:
        """Take a message away from everybody's sight."""
        message.deleted = True
        if self.listener:
            self.listener.deleted(message)
        self.touch()

    def new_trigger(self, user: str) -> str:
        """A trigger id for what `user` has just done."""
        trigger_id = f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self.triggers[trigger_id] = Trigger(user, self.clock())
        return trigger_id

    def spend_trigger(self, trigger_id: str) -> tuple[str, str]:
        """Use a trigger up: (user, "") or ("", Slack's error name)."""
        trigger = self.triggers.get(trigger_id)
        if trigger is None:
            return "", "invalid_trigger_id"
        if trigger.spent:
            return "", "exchanged_trigger_id"
        if self.clock() - trigger.created > TRIGGER_SECONDS:
            return "", "expired_trigger_id"
        trigger.spent = True
        return trigger.user, ""

    def new_response_url(self, user: str, channel: str, message_ts: str | None = None) -> str:
        key = secrets.token_urlsafe(18)
        self.response_urls[key] = ResponseUrl(user, channel, self.clock(), message_ts)
        return key

    def use_response_url(self, key: str) -> tuple[ResponseUrl | None, str]:
        """Count one use: (the URL, "") or (None, Slack's error name)."""
        known = self.response_urls.get(key)
        if known is None:
            return None, "invalid_url"
        if self.clock() - known.created > RESPONSE_URL_SECONDS:
            return None, "expired_url"
        if known.uses >= RESPONSE_URL_USES:
            return None, "used_url"
        known.uses += 1
        return known, ""

    def new_view(self, user: str, body: Json) -> View:
        """A view of `user`'s, not yet shown anywhere."""
        view_id = new_id("V")
        view = View(view_id, user, body, hash=f"{int(self.clock())}.{secrets.token_hex(4)}", root_id=view_id)
        self.views[view_id] = view
        return view

    def open_modal(self, user: str) -> View | None:
        """The modal that `user` sees now."""
        stack = self.modals.get(user)
        return self.views[stack[-1]] if stack else None

    def push_modal(self, view: View) -> None:
        """Show `view` on top of what its person sees."""
        stack = self.modals.setdefault(view.user, [])
        if stack:
            view.root_id, view.previous_id = self.views[stack[0]].id, stack[-1]
        stack.append(view.id)
        self.touch()

    def replace_view(self, view: View, body: Json) -> None:
        """Change what a view shows; what was typed stays for the inputs that are still there."""
        view.body, view.errors, view.trouble = body, {}, ""
        view.hash = f"{int(self.clock())}.{secrets.token_hex(4)}"
        self.touch()

    def close_modals(self, user: str, *, everything: bool) -> None:
        """Take away the topmost modal of `user`, or all of them."""
        stack = self.modals.get(user, [])
        del stack[0 if everything else -1 :]
        self.touch()
