"""What Block Kit allows in messages, attachments, modals and Home tabs; the rest is refused as Slack does.

Each check returns the texts for `response_metadata.messages`, none when all is well. Limits are those
of Slack's Block Kit reference.
"""

import secrets
from collections.abc import Iterator

from slack_emulator.elements import (
    ACCESSORY,
    ACTION_ELEMENT,
    IDENTIFIER,
    INPUT_ELEMENT,
    RICH_ELEMENT,
    image_element,
)
from slack_emulator.elements import HTTP_URL as IMAGE_URL
from slack_emulator.elements import SLACK_FILE as FILE_REFERENCE
from slack_emulator.entities import Json
from slack_emulator.rules import (
    Problems,
    Rule,
    anything,
    boolean,
    by_type,
    complain,
    list_of,
    matching,
    one_of,
    shaped,
    string,
    text_object,
)

_CONTEXT_ELEMENT = by_type(
    {
        "image": image_element,
        "plain_text": text_object(3000, "plain_text"),
        "mrkdwn": text_object(3000, "mrkdwn"),
    }
)
_SECTION = shaped(
    "",
    block_id=IDENTIFIER,
    text=text_object(3000),
    fields=list_of(text_object(2000), 10, least=1),
    accessory=ACCESSORY,
    expand=boolean,
)


def _section(where: str, value: object, problems: Problems) -> None:
    _SECTION(where, value, problems)
    if isinstance(value, dict) and not value.keys() & {"text", "fields"}:
        complain(problems, where, "must provide one of: text, fields")


def _image(where: str, value: object, problems: Problems) -> None:
    _IMAGE_BLOCK(where, value, problems)
    if isinstance(value, dict) and ("image_url" in value) == ("slack_file" in value):
        complain(problems, where, "must provide one of: image_url, slack_file")


_IMAGE_BLOCK = shaped(
    "alt_text",
    block_id=IDENTIFIER,
    image_url=IMAGE_URL,
    slack_file=FILE_REFERENCE,
    alt_text=string(2000),
    title=text_object(2000, "plain_text"),
)
_RAW_CELL = by_type(
    {
        "raw_text": shaped("text", text=string(3000)),
        "rich_text": shaped("elements", block_id=IDENTIFIER, elements=list_of(RICH_ELEMENT, 100)),
    }
)
COMMON: dict[str, Rule] = {
    "section": _section,
    "header": shaped("text", block_id=IDENTIFIER, text=text_object(150, "plain_text")),
    "context": shaped("elements", block_id=IDENTIFIER, elements=list_of(_CONTEXT_ELEMENT, 10, least=1)),
    "divider": shaped("", block_id=IDENTIFIER),
    "actions": shaped("elements", block_id=IDENTIFIER, elements=list_of(ACTION_ELEMENT, 25, least=1)),
    "image": _image,
    "rich_text": shaped("elements", block_id=IDENTIFIER, elements=list_of(RICH_ELEMENT, 1000)),
    "input": shaped(
        "label element",
        block_id=IDENTIFIER,
        label=text_object(2000, "plain_text"),
        element=INPUT_ELEMENT,
        hint=text_object(2000, "plain_text"),
        optional=boolean,
        dispatch_action=boolean,
    ),
}
IN_MESSAGES: dict[str, Rule] = COMMON | {
    "markdown": shaped("text", block_id=IDENTIFIER, text=string(12_000, shortest=1)),
    "table": shaped(
        "rows",
        block_id=IDENTIFIER,
        rows=list_of(list_of(_RAW_CELL, 20, least=1), 100, least=1),
        column_settings=list_of(anything, 20),
    ),
}
_MESSAGE_BLOCKS = list_of(by_type(IN_MESSAGES), 50)
_VIEW_BLOCKS = list_of(by_type(COMMON), 100)
_TITLE = text_object(24, "plain_text")
_VIEW_FIELDS: dict[str, Rule] = {
    "blocks": _VIEW_BLOCKS,
    "private_metadata": string(3000),
    "callback_id": string(255),
    "external_id": string(255),
}
_VIEW = by_type(
    {
        "modal": shaped(
            "title blocks",
            **_VIEW_FIELDS,
            title=_TITLE,
            submit=_TITLE,
            close=_TITLE,
            clear_on_close=boolean,
            notify_on_close=boolean,
            submit_disabled=boolean,
        ),
        "home": shaped("blocks", **_VIEW_FIELDS),
    }
)
_ATTACHMENT_TEXTS = (
    "fallback text pretext title title_link footer footer_icon author_name author_link author_icon "
    "image_url thumb_url callback_id"
)
_TEXT_FIELDS: dict[str, Rule] = {name: string(8000) for name in _ATTACHMENT_TEXTS.split()}
_OTHER_FIELDS: dict[str, Rule] = {
    "blocks": _MESSAGE_BLOCKS,
    "fields": list_of(shaped("", title=string(8000), value=string(8000), short=boolean), 100),
    "mrkdwn_in": list_of(one_of("text", "pretext", "fields"), 3),
    "ts": anything,
    "id": anything,
    "color": matching(r"good|warning|danger|#?[0-9A-Fa-f]{3}(?:[0-9A-Fa-f]{3})?", "a colour"),
}
_ATTACHMENTS = list_of(shaped("", **_TEXT_FIELDS, **_OTHER_FIELDS), 100)


def elements_of(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Each interactive element with the block it stands in, in reading order."""
    for block in blocks:
        inside = [block.get("accessory"), block.get("element"), *block.get("elements", [])]
        if block["type"] in ("section", "input", "actions"):
            yield from ((block, element) for element in inside if isinstance(element, dict))


def _duplicates(values: list[str]) -> list[str]:
    return sorted({value for value in values if values.count(value) > 1})


def _check_ids(blocks: list[Json], where: str, problems: Problems) -> None:
    block_ids = [block["block_id"] for block in blocks if "block_id" in block]
    for block_id in _duplicates(block_ids):
        complain(problems, where, f"`block_id` {block_id} is used more than once")
    for index, block in enumerate(blocks):
        ids = [element["action_id"] for _, element in elements_of([block]) if "action_id" in element]
        for action_id in _duplicates(ids):
            complain(problems, f"{where}/{index}", f"`action_id` {action_id} is used more than once")


def check_blocks(blocks: object, where: str = "/blocks") -> Problems:
    """What Slack would object to in the blocks of a message."""
    problems: Problems = []
    _MESSAGE_BLOCKS(where, blocks, problems)
    # Ids only of blocks of a good shape, for the check reads their fields.
    if not problems and isinstance(blocks, list):
        _check_ids(blocks, where, problems)
    return problems


def check_attachments(attachments: object) -> Problems:
    """What Slack would object to in the attachments of a message."""
    problems: Problems = []
    _ATTACHMENTS("/attachments", attachments, problems)
    if not problems and isinstance(attachments, list):
        for index, attachment in enumerate(attachments):
            _check_ids(attachment.get("blocks", []), f"/attachments/{index}/blocks", problems)
    return problems


def check_view(view: object, kind: str) -> Problems:
    """What Slack would object to in a view of `kind`, `modal` or `home`."""
    problems: Problems = []
    _VIEW("/view", view, problems)
    if problems or not isinstance(view, dict):
        return problems
    if view["type"] != kind:
        complain(problems, "/view/type", f"must be {kind}")
    # Nobody could send what was typed without a submit button.
    if any(block["type"] == "input" for block in view["blocks"]) and kind == "modal" and "submit" not in view:
        complain(problems, "/view", "missing required field: submit (the view has input blocks)")
    _check_ids(view["blocks"], "/view/blocks", problems)
    return problems


def file_references(blocks: list[Json]) -> Iterator[str]:
    """The ids of the uploaded files that image blocks and elements show."""
    for block in blocks:
        for holder in (block, block.get("accessory"), *block.get("elements", [])):
            if isinstance(holder, dict) and "slack_file" in holder:
                yield str(holder["slack_file"].get("id", ""))


def normalised(blocks: list[Json]) -> list[Json]:
    """The blocks as Slack keeps them: with an id for each block and element, and text defaults spelt out."""
    kept = [_with_defaults(block) for block in blocks]
    for block in kept:
        block.setdefault("block_id", secrets.token_urlsafe(4)[:5])
    for _, element in elements_of(kept):
        if element["type"] != "image":
            element.setdefault("action_id", secrets.token_urlsafe(4)[:5])
    return kept


def _with_defaults(value: Json) -> Json:
    copy: Json = {key: _copied(item) for key, item in value.items()}
    if copy.get("type") == "plain_text":
        copy.setdefault("emoji", True)
    if copy.get("type") == "mrkdwn":
        copy.setdefault("verbatim", False)
    return copy


def _copied(value: object) -> object:
    if isinstance(value, dict):
        return _with_defaults(value)
    if isinstance(value, list):
        return [_copied(item) for item in value]
    return value


def normalised_attachments(attachments: list[Json]) -> list[Json]:
    """Attachments as Slack keeps them: numbered, with a fallback and a bare colour."""
    kept = []
    for number, attachment in enumerate(attachments, start=1):
        blocks = normalised(attachment.get("blocks", []))
        named = {"good": "2eb886", "warning": "daa038", "danger": "a30200"}
        color = attachment.get("color", "")
        fallback = attachment.get("fallback") or "[no preview available]"
        shape = attachment | {"id": number, "fallback": fallback}
        shape |= {"color": named.get(color, color.removeprefix("#"))} if color else {}
        kept.append(shape | ({"blocks": blocks} if blocks else {}))
    return kept
