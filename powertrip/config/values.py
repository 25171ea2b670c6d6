"""The kinds of value a setting can have: durations, sizes, Slack ids and secrets, each with its refusal.

A refusal names what to write instead. It quotes the value only where the value cannot be a secret.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from functools import partial
from typing import Annotated, Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from powertrip.config.secret import check_secret, check_token, refuse_variable

_MILLISECONDS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
_BYTES = {"GiB": 1 << 30, "MiB": 1 << 20, "KiB": 1 << 10, "B": 1}
_LONGEST = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Written:
    """How a value of this kind is written in the file, for the configuration reference."""

    text: str


@dataclass(frozen=True, slots=True)
class Environment:
    """The environment variable that stands in for a setting."""

    name: str
    overrides: bool
    """Whether it wins over the file, or is only used where the file is silent."""


AT_START = "read at the start only"
"""Marks a setting that a reload does not change."""


@dataclass(frozen=True, slots=True)
class KeyInTable:
    """Marks the field of a section that takes its key in the table; nothing is written for it."""


class DatabaseAddress(SecretStr):
    """The address of a database, of which only the password is hidden."""

    def hidden(self) -> Iterator[str]:
        """The password, as it is and as it is written in the address."""
        parts = urlsplit(self.get_secret_value())
        for written in (parts.password, *parse_qs(parts.query).get("password", ())):
            if written:
                yield from (written, unquote(written))


class SecretAddress(SecretStr):
    """An address whose path, or query, lets whoever knows it do what it is for."""

    def hidden(self) -> Iterator[str]:
        """All of it, and each part of the path and of the query that can be a secret."""
        address = self.get_secret_value()
        parts = urlsplit(address)
        yield address
        pieces = [
            *parts.path.split("/"),
            *(value for _, value in parse_qsl(parts.query)),
            parts.password or "",
        ]
        yield from (piece for piece in pieces if len(piece) >= 8)


def parse_duration(value: object) -> timedelta:
    """Reads `90s`, `10m`, `1h`, `7d` or `1200ms`. Raises ValueError."""
    if isinstance(value, timedelta):
        return value
    # A bare number is what most people write first, and there is no telling seconds from minutes in it.
    if re.fullmatch(r"\d+", str(value)):
        raise ValueError(f"{value} has no unit; write {value}s for seconds, or m, h, d, ms")
    parts = re.fullmatch(r"(\d{1,12})\s?(ms|s|m|h|d)", str(value))
    if not parts:
        raise ValueError(f"{quoted(value)} is not a duration; write one such as 90s, 10m, 1h, 7d or 500ms")
    milliseconds = int(parts[1]) * _MILLISECONDS[parts[2]]
    if not 0 < milliseconds <= _LONGEST / timedelta(milliseconds=1):
        raise ValueError(f"{value} is out of range; write more than 0 and at most {_LONGEST.days}d")
    return timedelta(milliseconds=milliseconds)


def write_duration(value: timedelta) -> str:
    """The shortest text that `parse_duration` reads as `value`."""
    milliseconds = value // timedelta(milliseconds=1)
    return _in_largest_unit(milliseconds, _MILLISECONDS)


def parse_size(value: object) -> int:
    """Reads `1MiB`, `512KiB`, `2GiB` or `100B` into bytes. Raises ValueError."""
    if re.fullmatch(r"[1-9]\d{0,12}", str(value)):
        raise ValueError(f"{value} has no unit; write {write_size(int(str(value)))}")
    parts = re.fullmatch(r"(\d{1,9})\s?(B|KiB|MiB|GiB)", str(value))
    if not parts or int(parts[1]) == 0:
        raise ValueError(f"{quoted(value)} is not a size; write one such as 512KiB, 8MiB or 1GiB")
    return int(parts[1]) * _BYTES[parts[2]]


def write_size(value: int) -> str:
    """The shortest text that `parse_size` reads as `value` bytes."""
    return _in_largest_unit(value, _BYTES)


def quoted(value: object) -> str:
    """`value` as it can be shown in a message: short, on one line, and never a Slack token."""
    text = str(value)
    # Whoever mixes up two lines of the file puts a token where a name or a channel belongs.
    if re.match(r"x(ox|app)", text):
        return "a Slack token"
    return f'"{text[:40]}…"' if len(text) > 40 else f'"{text}"'


def did_you_mean(name: str, known: list[str], kind: str) -> str:
    """A sentence that no `kind` has this name, with the nearest one that exists, or else with all."""
    near = get_close_matches(name, known, n=1)
    others = f"there are: {', '.join(known)}" if known else "there are none"
    hint = f'did you mean "{near[0]}"?' if near else others
    return f"there is no {kind} {quoted(name)}; {hint}"


def empty_if_none(value: object) -> object:
    """A table with nothing but comments in it as an empty one."""
    return {} if value is None else value


def as_list(value: Any) -> Any:
    """A single text as a list of one; all else as it is."""
    return [value] if isinstance(value, str) else value


def _in_largest_unit(value: int, units: dict[str, int]) -> str:
    unit = next(unit for unit, factor in units.items() if value % factor == 0)
    return f"{value // units[unit]}{unit}"


def _require(is_fine: Callable[[Any], object], problem: str) -> AfterValidator:
    """Refuses every other value with `problem`, in which `{value}` stands for it."""

    def check(value: Any) -> Any:
        if not is_fine(value):
            raise ValueError(problem.replace("{value}", quoted(value)))
        return value

    return AfterValidator(check)


def matching(pattern: str, instead: str) -> AfterValidator:
    """Refuses what the pattern is not the whole of, and says what to write `instead`."""
    return _require(lambda value: re.fullmatch(pattern, value), f"{{value}} cannot be used; write {instead}")


def _is_base_url(value: str) -> bool:
    parts = urlsplit(value)
    # Names of methods are put behind it, and would replace a last part without a slash.
    return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.path.endswith("/")


def _refuse_comment(value: object) -> object:
    # An unquoted #security reaches us as nothing at all.
    if value is None:
        raise ValueError('is empty: YAML takes # for a comment, so put it in quotes, as in "#security"')
    return value


Duration = Annotated[
    timedelta, BeforeValidator(parse_duration), Written("a duration: `90s`, `10m`, `1h`, `7d`, `500ms`")
]
"""More than zero, at most ten years."""

Size = Annotated[int, BeforeValidator(parse_size), Written("a size: `512KiB`, `8MiB`, `1GiB`")]
"""In bytes."""

BotToken = Annotated[
    SecretStr,
    AfterValidator(
        partial(
            check_token,
            prefix="xoxb-",
            other="xapp-",
            advice="copy the Bot User OAuth Token from OAuth & Permissions",
        )
    ),
    Written("a token that begins with `xoxb-`"),
]
AppToken = Annotated[
    SecretStr,
    AfterValidator(
        partial(
            check_token,
            prefix="xapp-",
            other="xoxb-",
            advice="make one under Basic Information, App-Level Tokens, with connections:write",
        )
    ),
    Written("a token that begins with `xapp-`"),
]
SourceSecret = Annotated[SecretStr, AfterValidator(check_secret), Written("at least 16 characters")]
_LOGIN = r"([^:/?#@]*(:[^/?#@]*)?@)?"
_DATABASE = rf"sqlite:///[^?#]+|postgres(ql)?://{_LOGIN}[^/?#@]*(/[^?#@]*)?(\?[^#@]*)?"
DatabaseUrl = Annotated[
    DatabaseAddress,
    # The address may hold a password, so that no refusal quotes it.
    _require(
        lambda value: re.fullmatch(_DATABASE, value.get_secret_value()),
        "must be sqlite:///FILE, or postgresql://USER:PASSWORD@HOST/NAME "
        "with %XX for each of : / ? # @ in the password",
    ),
    Written("`sqlite:///FILE` or `postgresql://USER:PASSWORD@HOST/NAME`"),
]
BaseUrl = Annotated[
    str,
    _require(
        _is_base_url, "must be an http or https address that ends with /, as https://slack.com/api/ does"
    ),
    Written("an address that ends with `/`"),
]

MemberId = Annotated[
    str,
    matching(r"[UW][A-Z0-9]{2,}", "the member id, which begins with U (Slack profile, ⋮, Copy member ID)"),
    Written("a member id: `U…`"),
]
GroupId = Annotated[
    str,
    matching(r"S[A-Z0-9]{2,}", "the id of the user group, which begins with S"),
    Written("a user group id: `S…`"),
]
ChannelRef = Annotated[
    str,
    matching(r"#[^\s#]{1,80}|[CG][A-Z0-9]{2,}", 'the channel as "#name" in quotes, or its id'),
    BeforeValidator(_refuse_comment),
    Written('`"#name"` in quotes, or a channel id: `C…`, `G…`'),
]
SlashCommand = Annotated[
    str,
    matching(r"/[a-z0-9_-]{1,31}", "a slash and up to 31 small letters, such as /powertrip"),
    Written("a slash command"),
]
Email = Annotated[
    str, matching(r"[^@\s]+@[^@\s]+", "an address such as alice@example.com"), Written("an e-mail address")
]
Identity = Annotated[
    str,
    matching(r"[^\s](.{0,298}[^\s])?", "what the claim of the provider says, without blanks around it"),
    Written("text, as the identity provider has it"),
]
SourceName = Annotated[
    str, matching(r"[a-z0-9][a-z0-9_-]{0,40}", "small letters, digits, - and _, at most 41 in all")
]
HeaderName = Annotated[
    str,
    matching(r"[A-Za-z0-9-]+", "a header's name, such as X-Powertrip-Secret"),
    Written("a header's name"),
]
LabelName = Annotated[
    str,
    matching(r"[A-Za-z_][A-Za-z0-9_]*", "a label's name: letters, digits and underscores"),
    Written("a label's name"),
]
TopicArn = Annotated[
    str,
    matching(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]+", "an ARN of an SNS topic"),
    Written("arn:aws:sns:REGION:ACCOUNT:NAME"),
]
KeyPath = Annotated[
    str,
    matching(r"[^.\s]+(\.[^.\s]+)*", "a key, or keys joined by dots, such as log.message"),
    Written("a key, or keys joined by dots"),
]
TimeZone = Annotated[
    str,
    _require(
        lambda name: name in available_timezones(),
        "{value} is not a time zone; write one such as UTC or Europe/Berlin",
    ),
    Written("a time zone: `UTC`, `Europe/Berlin`"),
]
OneOrMore = Annotated[tuple[str, ...], BeforeValidator(as_list), Written("a text, or a list of texts")]
"""A single text stands for a list of one."""
Secret = Annotated[
    SecretStr, Field(min_length=1), AfterValidator(refuse_variable), Written("text, kept secret")
]
Url = Annotated[
    str,
    # Without the value: a mistaken one may hold a password.
    _require(
        lambda value: re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", value),
        "is no address such as https://powertrip.example.com; it begins with https:// or http://, and holds "
        "no user, password, query or fragment",
    ),
    Written("an http or https address"),
]
