"""What every Web API method works with: its call, its arguments, and errors that become Slack's answers."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from slack_emulator.entities import Channel, Json
from slack_emulator.world import World


class ApiError(Exception):
    """An answer with `"ok": false`; `more` joins the body, `status` is the HTTP status."""

    def __init__(self, name: str, *, status: int = 200, **more: object) -> None:
        self.name = name
        self.status = status
        self.more = more
        super().__init__(name)

    def body(self) -> Json:
        """The JSON that the caller gets."""
        return {"ok": False, "error": self.name, **self.more}


def invalid_arguments(problem: str) -> ApiError:
    """Slack's answer to arguments it cannot use, with the reason."""
    return ApiError("invalid_arguments", response_metadata={"messages": [f"[ERROR] {problem}"]})


class Args:
    """The arguments of a call, from the query, a form or a JSON body, where all but JSON are strings."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self.values = dict(values)

    def __contains__(self, name: str) -> bool:
        return self.values.get(name) is not None

    def text(self, name: str, default: str = "") -> str:
        """A string; numbers become strings."""
        value = self.values.get(name)
        return default if value is None else str(value)

    def required(self, name: str) -> str:
        """A string that must not be empty; raises ApiError invalid_arguments."""
        value = self.text(name)
        if not value:
            raise invalid_arguments(f"missing required field: {name}")
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A boolean: true, "true", 1 and "1" are true."""
        return default if name not in self else self.text(name).lower() in ("true", "1")

    def number(self, name: str, default: int, *, most: int) -> int:
        """A whole number of at least 1; more than `most` becomes `most`."""
        value = self.text(name, str(default))
        if not value.isdigit():
            raise invalid_arguments(f"must be an integer: {name}")
        return min(max(int(value), 1), most) if int(value) else default

    def structure(self, name: str, error: str) -> object:
        """A JSON value, or JSON in a string; raises ApiError `error` if it cannot be read."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError as problem:
            raise ApiError(error) from problem


@dataclass
class Call:
    """One call of a method: who serves it, with which arguments."""

    method: str
    args: Args
    world: World
    base_url: str
    """The address of the server, without a slash at its end."""
    ticket: Callable[[], str]
    """Makes a ticket for one Socket Mode connection."""
    headers: dict[str, str] = field(default_factory=dict)
    """Headers for the answer."""

    def need(self, scope: str) -> None:
        """Raises ApiError missing_scope unless the app was granted `scope`."""
        if scope not in self.world.scopes:
            raise ApiError("missing_scope", needed=scope, provided=",".join(self.world.scopes))

    def channel(self, name: str = "channel") -> Channel:
        """The channel that the argument names by id; raises ApiError channel_not_found.

        A private channel that the app is not in does not exist for it.
        """
        channel = self.world.channels.get(self.args.required(name))
        if channel is None or (channel.is_private and self.world.app.bot_user not in channel.members):
            raise ApiError("channel_not_found")
        return channel

    def need_for(self, channel: Channel, verb: str) -> None:
        """Raises ApiError missing_scope unless the app has the scope of this kind of channel."""
        kind = "im" if channel.is_im else "groups" if channel.is_private else "channels"
        self.need(f"{kind}:{verb}")


Handler = Callable[[Call], Awaitable[Json]]


@dataclass(frozen=True)
class Method:
    """A Web API method and how many calls a minute its tier allows."""

    handler: Handler
    per_minute: int


TIER_1, TIER_2, TIER_3, TIER_4 = 1, 20, 50, 100


Item = TypeVar("Item")


def page_of(
    items: list[Item], args: Args, *, default: int = 100, short: bool = False
) -> tuple[list[Item], str]:
    """The part of `items` that `cursor` and `limit` ask for, and the cursor of the next part or "".

    With `short` every other page is empty and the others are half full, as Slack's may be.
    """
    limit = args.number("limit", default, most=1000)
    cursor = args.text("cursor")
    if cursor and not cursor.removeprefix("next:").isdigit():
        raise ApiError("invalid_cursor")
    start = int(cursor.removeprefix("next:")) if cursor else 0
    if short:
        # An odd cursor stands for the place before it, where an empty page has been given already.
        start, was_empty = start // 2, start % 2
        if not was_empty:
            return [], f"next:{start * 2 + 1}"
        end = start + max(1, limit // 2)
        return items[start:end], f"next:{end * 2}" if end < len(items) else ""
    more = f"next:{start + limit}" if start + limit < len(items) else ""
    return items[start : start + limit], more
