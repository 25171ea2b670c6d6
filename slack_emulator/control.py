"""A client of the emulator's control API, for tests and demonstrations.

    async with SlackEmulator() as emulator, Control(emulator.url) as control:
        card = await control.message_in("C0SECURITY", lambda message: "signed in" in message.text)
        outcome = await control.press("U0CAROL", card.channel, card.ts, action_id="approve")
        assert outcome.acked
        await control.wait_for(lambda state: state.message(card).edits == 1)

Waiting is by long poll: nothing sleeps, and a wait that fails says what it waited for, and what there was.
What a person could not do in Slack's client (a button that is not there, a channel they are not in) raises
ControlRefused.
"""

import asyncio
import inspect
from collections.abc import Callable
from types import TracebackType
from typing import Self

import aiohttp

from slack_emulator.entities import Json
from slack_emulator.faults import FaultKind
from slack_emulator.people import Outcome
from slack_emulator.seen import SeenMessage, State
from slack_emulator.socket_mode import DisconnectReason

DEFAULT_TIMEOUT = 25.0
SHOWN = 6
"""Messages that a wait in vain tells of."""


class ControlRefused(Exception):
    """The emulator would not do it; the text says why."""


__all__ = ["Control", "ControlRefused", "Outcome", "SeenMessage", "State"]


class Control:
    """Acts on an emulator at `url`; an async context manager, or `close()` when done."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        if self._session:
            await self._session.close()

    def page(self, user: str, channel: str = "") -> str:
        """The address of the page as this person sees it, in this channel."""
        return f"{self._url}/#as={user}&in={channel}"

    @property
    def _http(self) -> aiohttp.ClientSession:
        # Made late, for a session binds to the running event loop.
        self._session = self._session or aiohttp.ClientSession()
        return self._session

    async def _do(self, act: str, **body: object) -> Json:
        async with self._http.post(f"{self._url}/control/{act}", json=body) as response:
            # An error of the server itself, such as 404, is plain text.
            if response.content_type != "application/json":
                raise ControlRefused(f"{act}: {response.status} {await response.text()}")
            answer: Json = await response.json()
        if response.status == 400:
            raise ControlRefused(f"{act}: {answer['error']}")
        return answer

    async def state(self, *, after: int | None = None, timeout: float = 0.0) -> State:  # noqa: ASYNC109
        """The state; with `after`, once its version is higher or `timeout` seconds have passed."""
        params = {} if after is None else {"after": str(after), "timeout": str(timeout)}
        async with self._http.get(f"{self._url}/control/state", params=params) as response:
            return State(await response.json())

    async def wait_for(
        self,
        predicate: Callable[[State], object],
        timeout: float = DEFAULT_TIMEOUT,  # noqa: ASYNC109
    ) -> State:
        """The first state for which `predicate` is true; raises TimeoutError with the predicate's source.

        StopIteration, IndexError and KeyError from the predicate count as "not yet".
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        state = await self.state()
        while not _holds(predicate, state):
            left = deadline - loop.time()
            if left <= 0:
                raise TimeoutError(f"not within {timeout} s: {_source(predicate)}{_latest(state)}")
            state = await self.state(after=state.version, timeout=left)
        return state

    async def message_in(
        self,
        channel: str,
        matching: Callable[[SeenMessage], object] = lambda _: True,
        timeout: float = DEFAULT_TIMEOUT,  # noqa: ASYNC109
    ) -> SeenMessage:
        """The first message in the channel that matches, waiting for it; raises TimeoutError."""
        state = await self.wait_for(lambda s: any(map(matching, s.messages(channel))), timeout)
        return next(filter(matching, state.messages(channel)))

    async def ephemeral_to(
        self,
        user: str,
        matching: Callable[[SeenMessage], object] = lambda _: True,
        timeout: float = DEFAULT_TIMEOUT,  # noqa: ASYNC109
    ) -> SeenMessage:
        """The latest message that only this person sees and that matches, waiting for it."""
        state = await self.wait_for(lambda s: any(map(matching, s.ephemerals(user))), timeout)
        return next(filter(matching, reversed(state.ephemerals(user))))

    async def connected(self, at_least: int = 1, timeout: float = DEFAULT_TIMEOUT) -> State:  # noqa: ASYNC109
        """Wait until so many Socket Mode connections are open."""
        return await self.wait_for(lambda state: state.connections >= at_least, timeout)

    async def press(
        self,
        user: str,
        channel: str,
        ts: str,
        *,
        action_id: str = "",
        value: str = "",
        block_id: str = "",
        stale: bool = False,
    ) -> Outcome:
        """Press a button, or choose an option by `value`; `stale` presses one that an edit took away."""
        body = {"user_id": user, "channel_id": channel, "ts": ts, "action_id": action_id, "value": value}
        return Outcome(**await self._do("press", **body, block_id=block_id, stale=stale))

    async def press_in_view(self, user: str, view_id: str, *, action_id: str, value: str = "") -> Outcome:
        """Press a button, or choose an option by `value`, in a modal or on the Home tab."""
        body = {"user_id": user, "view_id": view_id, "action_id": action_id, "value": value}
        return Outcome(**await self._do("press_in_view", **body))

    async def submit(self, user: str, values: dict[str, str | list[str]] | None = None) -> Outcome:
        """Fill in the open modal (values by action id or block id) and submit it."""
        return Outcome(**await self._do("submit", user_id=user, values=values or {}))

    async def close_modal(self, user: str) -> Outcome | None:
        """Close the open modal; the outcome is of telling the app, if the modal asked for that."""
        answer = await self._do("close", user_id=user)
        return Outcome(**answer) if answer else None

    async def slash(self, user: str, channel: str, text: str, *, command: str = "") -> Outcome:
        """Type `command text`; the app's first command if none is named."""
        body = {"user_id": user, "channel_id": channel, "text": text, "command": command}
        return Outcome(**await self._do("slash", **body))

    async def open_home(self, user: str) -> None:
        await self._do("open_home", user_id=user)

    async def say(self, user: str, channel: str, text: str, thread_ts: str = "") -> str:
        body = {"user_id": user, "channel_id": channel, "text": text, "thread_ts": thread_ts}
        return str((await self._do("say", **body))["ts"])

    async def edit(self, user: str, channel: str, ts: str, text: str) -> None:
        await self._do("edit", user_id=user, channel_id=channel, ts=ts, text=text)

    async def delete(self, user: str, channel: str, ts: str) -> None:
        await self._do("delete", user_id=user, channel_id=channel, ts=ts)

    async def webhook(self, channel: str, text: str, *, username: str) -> str:
        """Let another integration post by its incoming webhook; the message's ts."""
        return str((await self._do("webhook", channel_id=channel, text=text, username=username))["ts"])

    async def reset(self) -> None:
        """Back to the first workspace, with no messages, calls, faults; connections stay."""
        await self._do("reset")

    async def user(self, user: str, **fields: object) -> None:
        """Add a user (name and real_name needed), or change fields of entities.User."""
        await self._do("user", id=user, **fields)

    async def channel(self, channel: str, **fields: object) -> None:
        """Add a channel (name needed), or change fields of entities.Channel."""
        await self._do("channel", id=channel, **fields)

    async def usergroup(self, group: str, **fields: object) -> None:
        """Add a user group (handle and name needed), or change fields of entities.UserGroup."""
        await self._do("usergroup", id=group, **fields)

    async def scopes(self, scopes: list[str]) -> None:
        """What the app was granted."""
        await self._do("scopes", scopes=scopes)

    async def fault(
        self,
        method: str,
        kind: FaultKind,
        *,
        count: int = 1,
        delay: float = 0.0,
        status: int = 500,
        retry_after: int = 1,
        error: str = "internal_error",
    ) -> None:
        """Make the next `count` calls of a Web API method (`*` for any) go wrong; see faults.Fault."""
        about = {"status": status, "retry_after": retry_after, "error": error}
        await self._do("fault", method=method, kind=kind, count=count, delay=delay, **about)

    async def release(self) -> None:
        """Let go on what faults of the kinds `late` and `taken_late` hold up."""
        await self._do("release")

    async def token(self, token: str, error: str) -> None:
        """Answer each call with this token by an error such as `token_revoked`; "" makes it good again."""
        await self._do("token", token=token, error=error)

    async def renew_direct_messages(self, user: str) -> str:
        """Give the direct messages with a person another id, and say which."""
        return str((await self._do("renew_direct_messages", user_id=user))["id"])

    async def join_enterprise(self, enterprise_id: str) -> None:
        """Move the workspace to an organisation: people are W instead of U, direct messages get other ids."""
        await self._do("join_enterprise", enterprise_id=enterprise_id)

    async def lag_reads(self, seconds: float) -> None:
        """Leave out of histories what is younger than this."""
        await self._do("lag_reads", seconds=seconds)

    async def edit_window(self, seconds: float | None) -> None:
        """Refuse edits of messages older than this; None allows all."""
        await self._do("edit_window", seconds=seconds)

    async def short_pages(self, *, on: bool = True) -> None:
        """Let lists of channels come in short and empty pages, with cursors."""
        await self._do("short_pages", on=on)

    async def clear_faults(self) -> None:
        """Switch off all faults, those of the sockets too."""
        await self._do("clear_faults")

    async def drop_sockets(self) -> None:
        """Cut every Socket Mode connection without a word."""
        await self._do("drop_sockets")

    async def refuse_handshakes(self, count: int) -> None:
        """Refuse the next WebSocket handshakes; each uses its ticket up."""
        await self._do("refuse_handshakes", count=count)

    async def disconnect(self, reason: DisconnectReason) -> None:
        await self._do("disconnect", reason=reason)

    async def slow_acks(self, seconds: float, count: int = 1) -> None:
        """Let the next acknowledgements arrive so many seconds late."""
        await self._do("slow_acks", seconds=seconds, count=count)

    async def deliver_twice(self, count: int = 1) -> None:
        """Send the next interactive envelopes or commands twice at once."""
        await self._do("deliver_twice", count=count)

    async def redeliver(self, envelope_id: str = "") -> bool:
        """Send an envelope (the last one if none is named) again, unchanged."""
        return bool((await self._do("redeliver", envelope_id=envelope_id))["delivered"])


def _holds(predicate: Callable[[State], object], state: State) -> bool:
    try:
        return bool(predicate(state))
    except (StopIteration, IndexError, KeyError):
        return False


def _latest(state: State) -> str:
    """The newest messages, a line each: why it waited in vain is mostly there."""
    return "".join(
        f"\n  in {m.channel}{f' to {m.ephemeral_to}' if m.ephemeral_to else ''}: {m.text[:120]!r}"
        for m in state.messages(ephemeral=True)[-SHOWN:]
    )


def _source(predicate: Callable[[State], object]) -> str:
    try:
        return inspect.getsource(predicate).strip()
    except (OSError, TypeError):
        return repr(predicate)
