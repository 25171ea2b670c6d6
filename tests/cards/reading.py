"""Reads a message the way people do, and finds what Slack, or a person, would object to."""

import json
import re
from collections.abc import Iterator
from typing import Any

from powertrip.cards import Message
from powertrip.cards.blocks import size
from slack_emulator.blocks import check_attachments, check_blocks, check_view

TEXT_BYTES = 4000
TOTAL_SIZE = 13_000
"""Postings were seen to fail from here on, counted as `size` does."""
JSON_LENGTH = 15_600
"""The most that is known to pass."""

_TOKEN = re.compile(r"<[^>]*>")
_OURS = re.compile(
    r"<(?:@[UW][A-Z0-9]+|!subteam\^S[A-Z0-9]+|#[CG][A-Z0-9]+|https://[^|>]+\|[^>]*|!date\^[^>]*)>"
)


def read(message: Message) -> list[str]:
    """What a reader sees, line by line: buttons in brackets, the attachment behind bars."""
    inside = [f"| {line}" for attachment in message.attachments for line in _lines(attachment["blocks"])]
    return [*_lines(message.blocks), *inside]


def shown(message: Message) -> str:
    """What a reader sees, as one text."""
    return "\n".join(read(message))


def view_read(view: dict[str, Any]) -> list[str]:
    """What a reader of a modal sees, line by line."""
    return _lines(view["blocks"])


def _lines(blocks: list[dict[str, Any]]) -> list[str]:
    return [line for block in blocks for line in _block(block).split("\n")]


def _block(block: dict[str, Any]) -> str:
    match block["type"]:
        case "header":
            return f"# {block['text']['text']}"
        case "divider":
            return "———"
        case "actions":
            # What is in a menu is seen only once it is opened.
            pressed = [element for element in block["elements"] if element["type"] == "button"]
            return " ".join(f"[{element['text']['text']}]" for element in pressed)
        case "context":
            return " / ".join(element["text"] for element in block["elements"])
        case "input":
            return f"{block['label']['text']} ____"
        case _:
            return "\n".join("".join(map(_piece, part["elements"])) for part in block["elements"])


def _piece(piece: dict[str, Any]) -> str:
    names = {"user": "user_id", "usergroup": "usergroup_id", "channel": "channel_id", "date": "fallback"}
    if piece["type"] in names:
        return ("" if piece["type"] == "date" else "@") + str(piece[names[piece["type"]]])
    return str(piece["text"])


def buttons(message: Message) -> list[dict[str, Any]]:
    """All buttons, in reading order."""
    return [element for element in _pressable(message) if element["type"] == "button"]


def menus(message: Message) -> list[dict[str, str]]:
    """What can be chosen in each menu, with the value that choosing it sends."""
    return [
        {option["text"]["text"]: option["value"] for option in element["options"]}
        for element in _pressable(message)
        if element["type"] == "overflow"
    ]


def _pressable(message: Message) -> list[dict[str, Any]]:
    return [
        element for block in message.blocks if block["type"] == "actions" for element in block["elements"]
    ]


def labels(message: Message) -> list[str]:
    """The labels of all buttons."""
    return [button["text"]["text"] for button in buttons(message)]


def objections(message: Message) -> list[str]:
    """Everything that Slack, or a careful reader, would object to in a message; none when all is well."""
    blocks = [*message.blocks, *(block for part in message.attachments for block in part["blocks"])]
    total = sum(map(size, blocks))
    found = [*check_blocks(message.blocks), *check_attachments(message.attachments)]
    found += [f"text of {len(message.text.encode())} bytes"] * (len(message.text.encode()) > TEXT_BYTES)
    found += [f"total of {total}"] * (total > TOTAL_SIZE)
    found += ["too much JSON"] * (
        len(json.dumps(message.arguments(), ensure_ascii=False, separators=(",", ":"))) > JSON_LENGTH
    )
    found += ["no text"] * (not message.text.strip())
    return found + careless_strings([message.text, message.blocks, message.attachments])


def view_objections(view: dict[str, Any]) -> list[str]:
    """The same for a modal."""
    return check_view(view, "modal") + careless_strings(view)


def careless_strings(value: object) -> list[str]:
    """Invisible characters anywhere, and references of others in text that Slack interprets."""
    found = [f"invisible in {text!r}" for text in _strings(value) if not text.replace("\n", "").isprintable()]
    for text in _interpreted(value):
        found += [f"reference {token}" for token in _TOKEN.findall(text) if not _OURS.fullmatch(token)]
        found += [f"formatting in {text!r}"] * bool(re.search(r"[*~`]|://(?![^<]*>)", text))
    return found


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            # What a button carries is not shown to anybody.
            yield from _strings(item) if key != "value" else ()
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def _interpreted(value: object) -> Iterator[str]:
    """The top-level text, where it leads a list, and every mrkdwn object."""
    if isinstance(value, list) and value and isinstance(value[0], str):
        yield value[0]
    yield from _mrkdwn(value)


def _mrkdwn(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if value.get("type") == "mrkdwn":
            yield value["text"]
        for item in value.values():
            yield from _mrkdwn(item)
    elif isinstance(value, list):
        for item in value:
            yield from _mrkdwn(item)


def mentioned(value: object) -> set[str]:
    """The ids of all members and groups that rich text mentions."""
    if isinstance(value, dict):
        own = {value[key] for key in ("user_id", "usergroup_id") if key in value}
        return own.union(*(mentioned(item) for item in value.values()))
    if isinstance(value, list):
        return set().union(*(mentioned(item) for item in value))
    return set()
