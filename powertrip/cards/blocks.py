"""The pieces of Block Kit that cards are made of, and the plain text that says the same.

Outside text goes into `text` elements of rich text or into plain text, which Slack does not interpret.
Limits are those of Slack's Block Kit reference, unless a comment says otherwise.
"""

import json
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from powertrip.cards import words
from powertrip.cards.text import escape, fit, quoted, show

Block = dict[str, Any]
Piece = dict[str, Any]
"""One element of rich text: text, a mention, a date, a link."""
Line = list[Piece]
Style = Literal["primary", "danger"]

# Slack asks for 4,000 characters of top-level text, and refuses updates over 4,000 bytes of UTF-8.
TEXT_BYTES = 3900
# Not documented: postings were seen to fail from about 13,000 on, with about 100 counted for each block.
MESSAGE_SIZE = 11_000
"""The most that `size` may say of a message's blocks together."""
BLOCK_OVERHEAD = 100
# Not documented either: 15.6 kB were seen to pass, and 17.7 kB to be refused.
MESSAGE_JSON = 15_000
"""Characters of JSON that a message has altogether."""

NEW_LINE: Piece = {"type": "text", "text": "\n"}

_MEMBER = re.compile(r"[UW][A-Z0-9]{1,30}")
_GROUP = re.compile(r"S[A-Z0-9]{1,30}")
_CHANNEL = re.compile(r"[CG][A-Z0-9]{1,30}")
_MOMENT = re.compile(r"(?<!\w)[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}(?::[0-9]{2})? UTC(?!\w)")
# A permalink has no other characters; anything more could be formatting in the plain text.
_LINK = re.compile(r"https?://[A-Za-z0-9.:/?=&-]{1,2000}")


def text(value: str, *, bold: bool = False, italic: bool = False, code: bool = False) -> Piece:
    """Text that is ours, or outside text that was made fit to be shown."""
    style = {"bold": bold, "italic": italic, "code": code}
    piece: Piece = {"type": "text", "text": value}
    return piece | (
        {"style": {name: True for name, on in style.items() if on}} if any(style.values()) else {}
    )


def bold(value: str) -> Piece:
    return text(value, bold=True)


def labelled(label: str, *pieces: Piece) -> Line:
    """A line that begins with its label."""
    return [bold(f"{label}: "), *pieces]


def outside(value: str, limit: int, *, bold: bool = False) -> Piece:
    """Text from outside, set off as code so that where it begins and ends is seen."""
    return text(show(value, limit), bold=bold, code=True)


def user(slack_id: str) -> Piece:
    """A mention of a member; the bare id if it cannot be one."""
    # One piece that is out of form must not have Slack refuse the whole message.
    if not _MEMBER.fullmatch(slack_id):
        return outside(slack_id, 40)
    return {"type": "user", "user_id": slack_id}


def mention(slack_id: str) -> Piece:
    """A mention of a member or of a user group."""
    if _GROUP.fullmatch(slack_id):
        return {"type": "usergroup", "usergroup_id": slack_id}
    return user(slack_id)


def calling(slack_ids: Sequence[str]) -> list[Line]:
    """The line that mentions these members and user groups; none where there is nobody to call."""
    names = [piece for slack_id in slack_ids for piece in (mention(slack_id), text(" "))]
    return [[*names, text("please look.")]] if names else []


def channel(channel_id: str) -> Piece:
    """A link to a channel; a direct message has no name to show."""
    if _CHANNEL.fullmatch(channel_id):
        return {"type": "channel", "channel_id": channel_id}
    return text("a direct message")


def date(moment: datetime) -> Piece:
    """A moment in the time zone of whoever reads it, with UTC beside it."""
    # A log may claim any year, and clients draw those far off as they like.
    if not 1970 <= moment.year <= 2100:
        return text(words.utc(moment))
    return {
        "type": "date",
        "timestamp": int(moment.timestamp()),
        "format": f"{{date_short_pretty}} at {{time_secs}} ({moment:%H:%M:%S} UTC)",
        # Shown by clients that know no dates, and read in notifications.
        "fallback": words.utc(moment),
    }


def with_dates(value: str) -> Line:
    """Plain text in which each moment that is written out in UTC is a date of Slack's.

    Whoever writes one into a name gets the same moment and nothing else: a date has a number and our format.
    """
    line: Line = []
    ended = 0
    for found in _MOMENT.finditer(value):
        try:
            moment = datetime.fromisoformat(found[0].removesuffix(" UTC")).replace(tzinfo=UTC)
        except ValueError:
            continue
        before = value[ended : found.start()]
        line += [*([text(before)] if before else []), _date_in_text(moment, found[0])]
        ended = found.end()
    return [*line, text(value[ended:])] if value[ended:] or not line else line


def _date_in_text(moment: datetime, written: str) -> Piece:
    if not 1970 <= moment.year <= 2100:
        return text(written)
    # Figures alone, for it stands after `at`, `until` or `since`.
    shown = f"{{date_num}} {{time}} ({written[11:]})"
    return {"type": "date", "timestamp": int(moment.timestamp()), "format": shown, "fallback": written}


def link(url: str, label: str) -> Piece:
    """A link to one of our own messages; only its label if the address is not one."""
    return {"type": "link", "url": url, "text": label} if _LINK.fullmatch(url) else text(label)


def paragraph(lines: Sequence[Line]) -> Block:
    """Rich text, line under line."""
    pieces: Line = []
    for number, line in enumerate(lines):
        pieces += [NEW_LINE, *line] if number else line
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": pieces}]}


def paragraphs(*groups: Sequence[Line]) -> list[Block]:
    """A paragraph for each group that has lines."""
    return [paragraph(lines) for lines in groups if lines]


def preformatted(value: str) -> Block:
    """Monospaced text in a box; what it says is shown as it stands."""
    content = {"type": "rich_text_preformatted", "elements": [text(value)]}
    return {"type": "rich_text", "elements": [content]}


def plain(value: str, limit: int) -> dict[str, Any]:
    """A plain text object, in which not even an emoji's name means anything."""
    return {"type": "plain_text", "text": fit(value, limit), "emoji": False}


def header(value: str) -> Block:
    return {"type": "header", "text": plain(value, 150)}


def divider() -> Block:
    return {"type": "divider"}


def footer(lines: Sequence[Line]) -> Block:
    """Small print; Slack sets the lines side by side."""
    elements = []
    for line in lines:
        # A context block takes no rich text, so a date is written in mrkdwn's own notation.
        pieces = [
            f"<!date^{piece['timestamp']}^{piece['format']}|{piece['fallback']}>"
            if piece["type"] == "date"
            else _piece_as_text(piece)
            for piece in line
        ]
        elements.append({"type": "mrkdwn", "text": "".join(pieces)})
    return {"type": "context", "elements": elements}


def actions(buttons: Sequence[dict[str, Any]]) -> Block:
    """A row of buttons."""
    return {"type": "actions", "elements": list(buttons)}


def confirm(title: str, body: str, yes: str, no: str) -> dict[str, Any]:
    """The question that Slack asks before it sends a click."""
    texts = {
        "title": plain(title, 100),
        "text": plain(body, 300),
        "confirm": plain(yes, 30),
        "deny": plain(no, 30),
    }
    return texts | {"style": "primary"}


def button(
    label: str,
    action_id: str,
    value: str,
    *,
    about: str = "",
    style: Style | None = None,
    confirm: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """A button; a screen reader reads what it is `about` after the label.

    The label comes first, so that whoever speaks what they see presses it (WCAG 2.5.3, label in name).
    """
    element: dict[str, Any] = {
        "type": "button",
        "text": plain(label, 75),
        "action_id": action_id,
        "value": value,
    }
    spoken = fit(f"{label.rstrip('…')}: {about}", 75) if about else None
    optional = {"accessibility_label": spoken, "style": style, "confirm": confirm}
    return element | {name: content for name, content in optional.items() if content}


def overflow(action_id: str, options: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The menu behind three dots: up to five labels, each with the value that choosing it sends."""
    shown = [{"text": plain(label, 75), "value": value} for label, value in options]
    return {"type": "overflow", "action_id": action_id, "options": shown}


def size(block: Block) -> int:
    """What a block counts towards the total of a message, estimated high."""
    return BLOCK_OVERHEAD + text_size(block)


def json_size(value: object) -> int:
    """How many characters a block, or a list of them, has on its way to Slack."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def text_size(value: object) -> int:
    """How many characters of text there are in a block, or in a line."""
    return sum(_texts(value))


def _texts(value: object) -> Iterable[int]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from [len(item)] if key == "text" and isinstance(item, str) else _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def as_text(lines: Sequence[Line], limit: int = TEXT_BYTES) -> str:
    """The lines as escaped mrkdwn of at most `limit` bytes; says how many lines did not fit."""
    kept: list[str] = []
    # Whole lines only: half of an escape or of a mention would show as rubbish.
    room = limit - len("… and 1,000 more lines".encode())
    for number, line in enumerate(lines):
        rendered = "".join(map(_piece_as_text, line))
        room -= len(rendered.encode()) + 1
        if room < 0:
            kept.append(f"… and {words.count(len(lines) - number, 'more line')}")
            break
        kept.append(rendered)
    return "\n".join(kept)


def _piece_as_text(piece: Piece) -> str:
    match piece["type"]:
        case "user":
            return f"<@{piece['user_id']}>"
        case "usergroup":
            return f"<!subteam^{piece['usergroup_id']}>"
        case "channel":
            return f"<#{piece['channel_id']}>"
        case "date":
            # Notifications do not draw dates, and screen readers spell their notation out.
            return str(piece["fallback"])
        case "link":
            return f"<{piece['url'].replace('&', '&amp;')}|{escape(piece['text'])}>"
        case _:
            # What stands in code is from outside: quotation marks show where it begins and ends.
            is_code = piece.get("style", {}).get("code")
            return escape(quoted(piece["text"]) if is_code else piece["text"])
