"""Has Slack check what Powertrip will send it, without sending it to anybody."""

import json
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from powertrip.cards import Message
from powertrip.errors import SlackRefused
from powertrip.slack.calls import call

_NO_SUCH_METHOD = frozenset({"unknown_method", "http_404", "http_405", "http_501"})
_FOUND_WRONG = frozenset({"invalid_blocks", "invalid_message", "invalid_view"})
_MOST = 3
"""Problems that are told of one payload; the first is mostly the cause of the others."""


_WRONG = [{"type": "no_such_block"}]


async def why_not_told(client: AsyncWebClient) -> str | None:
    """Why this server cannot say whether blocks are well; None where it can. Raises SlackError."""
    try:
        # A server that takes what is surely wrong, as a stub does, says nothing about what is right.
        await call(client.api_call("blocks.validate", data={"blocks": json.dumps(_WRONG)}))
    except SlackRefused as error:
        if error.code in _FOUND_WRONG:
            return None
        if error.code in _NO_SUCH_METHOD:
            return "this server has no method blocks.validate"
        raise
    return "this server takes anything"


async def objections(client: AsyncWebClient, payload: Message | dict[str, Any]) -> list[str]:
    """What Slack has against a message or a view; raises SlackError."""
    if isinstance(payload, Message):
        lists = [payload.blocks, *(attachment.get("blocks", []) for attachment in payload.attachments)]
        arguments = [{"blocks": json.dumps(blocks)} for blocks in lists if blocks]
    else:
        arguments = [{"view": json.dumps(payload)}]
    found: list[str] = []
    for argument in arguments:
        try:
            # In the body: as the SDK's own method sends them, in the address, large ones do not fit.
            await call(client.api_call("blocks.validate", data=argument))
        except SlackRefused as error:
            if error.code not in _FOUND_WRONG:
                raise
            found += _reasons(error.__cause__) or [str(error)]
    return found


def _reasons(error: BaseException | None) -> list[str]:
    body = getattr(error.response, "data", None) if isinstance(error, SlackApiError) else None
    errors = body.get("errors") if isinstance(body, dict) else None
    return [
        f"{reason.get('pointer', '')}: {reason.get('message', '')}"
        for reason in (errors if isinstance(errors, list) else [])[:_MOST]
        if isinstance(reason, dict)
    ]
