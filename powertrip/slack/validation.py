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


async def objections(client: AsyncWebClient, payload: Message | dict[str, Any]) -> list[str] | None:
    """What Slack has against a message or a view; None where this server cannot say. Raises SlackError."""
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
            if error.code in _NO_SUCH_METHOD:
                return None
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
