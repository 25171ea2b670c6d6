"""Posts, finds, updates and deletes messages."""

import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from typing import Any, TypeVar

from slack_sdk.web.async_client import AsyncWebClient

from powertrip.domain.delivery import Posted
from powertrip.errors import SlackAmbiguous, SlackRefused, SlackUnavailable
from powertrip.slack.calls import call, next_cursor, within
from powertrip.slack.limits import RateLimits
from powertrip.slack.preflight import security_channel

METADATA_TYPE = "powertrip_notice"
HISTORY_PAGES = 10
"""Pages of 200 messages that are searched for one whose confirmation was lost."""

Answer = TypeVar("Answer")


class SlackNotifier:
    """Powertrip's messages in Slack; every method raises SlackError."""

    def __init__(self, client: AsyncWebClient, workspace_url: str, limits: RateLimits) -> None:
        self._client = client
        self._workspace_url = workspace_url.rstrip("/")
        self._limits = limits
        self._direct: dict[str, str] = {}
        self._refused: dict[str, str] = {}

    def refuse(self, channel: str, why: str | None) -> None:
        """Post nothing to this channel, whoever asks, until `why` is None."""
        if why is None:
            self._refused.pop(channel, None)
        else:
            self._refused[channel] = why

    def known(self, conversation: str) -> str | None:
        """The channel id of a conversation that was posted to; a channel's own is known in any case."""
        return conversation if conversation.startswith("C") else self._direct.get(conversation)

    async def post(self, conversation: str, message: dict[str, Any], uid: str) -> Posted:
        """Post to a channel or, for a member id, to their direct messages."""
        return await self._in(conversation, lambda channel: self._post(channel, message, uid))

    async def _post(self, channel: str, message: dict[str, Any], uid: str) -> Posted:
        if channel in self._refused:
            raise SlackRefused("refused_here", self._refused[channel])
        answer = await call(
            self._client.chat_postMessage(
                channel=channel,
                # An opaque id and nothing else: every app in the workspace can read it.
                metadata={"event_type": METADATA_TYPE, "event_payload": {"id": uid}},
                unfurl_links=False,
                unfurl_media=False,
                **_marked(message, uid),
            )
        )
        posted_in, ts = answer["channel"], answer["ts"]
        if not isinstance(posted_in, str) or not isinstance(ts, str):
            raise SlackAmbiguous("Slack's answer names no message")
        return Posted(channel=posted_in, ts=ts)

    async def find(self, conversation: str, uid: str, since: datetime) -> list[Posted]:
        """The messages since then that were posted with this uid, newest first; none beyond HISTORY_PAGES."""
        return await self._in(conversation, lambda channel: self._find(channel, uid, since))

    async def _find(self, channel: str, uid: str, since: datetime) -> list[Posted]:
        found: list[Posted] = []
        cursor: str | None = None
        for _ in range(HISTORY_PAGES):
            answer = await call(
                self._client.conversations_history(
                    channel=channel,
                    oldest=f"{since.timestamp():.6f}",
                    include_all_metadata=True,
                    limit=200,
                    cursor=cursor,
                )
            )
            found += [
                Posted(channel=channel, ts=message["ts"])
                for message in _messages(answer)
                if isinstance(message.get("ts"), str) and uid in _marks(message)
            ]
            cursor = next_cursor(answer)
            if not cursor:
                break
        return found

    async def read(self, channel: str, ts: str) -> str | None:
        """A message of ours as Slack has it, as JSON; None where it is gone."""
        answer = await call(
            self._client.conversations_history(
                channel=channel, oldest=ts, latest=ts, inclusive=True, include_all_metadata=True, limit=1
            )
        )
        messages = _messages(answer)
        return next((json.dumps(message) for message in messages if message.get("ts") == ts), None)

    async def update(self, channel: str, ts: str, message: dict[str, Any]) -> None:
        answer = await call(self._client.chat_update(channel=channel, ts=ts, **message))
        # Taken for done, a card with buttons would stay on an event that is decided.
        if answer["ts"] != ts:
            raise SlackAmbiguous("Slack's answer does not name the message that was changed")

    async def delete(self, channel: str, ts: str) -> None:
        answer = await call(self._client.chat_delete(channel=channel, ts=ts))
        if answer["ts"] != ts:
            raise SlackAmbiguous("Slack's answer does not name the message that was deleted")

    def link(self, channel: str, ts: str) -> str | None:
        """The address of a message for those who can see it."""
        return f"{self._workspace_url}/archives/{channel}/p{ts.replace('.', '')}"

    async def _in(self, conversation: str, act: Callable[[str], Awaitable[Answer]]) -> Answer:
        """Act in the conversation's channel; a member's is opened once more where it is no longer there."""
        was_open = conversation in self._direct
        try:
            return await act(await self._channel(conversation))
        except SlackRefused as error:
            if error.code != "channel_not_found" or not was_open:
                raise
            return await act(await self.reopen(conversation))

    async def reopen(self, member: str) -> str:
        """The channel of somebody's direct messages as it is now: Slack may have given them another id."""
        self._direct.pop(member, None)
        return await self._channel(member)

    async def _channel(self, conversation: str) -> str:
        """The conversation's channel id; a member's is asked for once and then remembered."""
        if conversation.startswith("#"):
            # Only these two name channels here; the security channel is found at the start.
            self._direct[conversation] = self._direct.get(conversation) or await security_channel(
                self._client, conversation, setting="also_tell or report.to"
            )
            return self._direct[conversation]
        if not conversation.startswith(("U", "W")):
            return conversation
        if conversation not in self._direct:
            try:
                answer = await self._limits.call(
                    "conversations.open", lambda: self._client.conversations_open(users=conversation)
                )
            except SlackAmbiguous as error:
                # Opening posts nothing, so it is safe to repeat whether it took effect or not.
                raise SlackUnavailable(f"direct messages could not be opened: {error}") from error
            opened = answer["channel"]
            if not isinstance(opened, dict) or not isinstance(opened.get("id"), str):
                raise SlackUnavailable("direct messages could not be opened: Slack's answer names no channel")
            self._direct[conversation] = opened["id"]
        return self._direct[conversation]


def _messages(answer: Any) -> list[dict[str, Any]]:
    """The messages in a page of history; that a server names none does not say that there is none."""
    messages = answer["messages"]
    if not isinstance(messages, list):
        raise SlackAmbiguous("Slack's answer holds no messages")
    return [message for message in messages if isinstance(message, dict)]


def _marked(message: dict[str, Any], uid: str) -> dict[str, Any]:
    """The message with its uid on the first block: some servers keep no metadata."""
    if blocks := message.get("blocks"):
        return message | {"blocks": [blocks[0] | {"block_id": uid}, *blocks[1:]]}
    return message


def _marks(message: dict[str, Any]) -> Iterator[str]:
    """What a message that was found may carry its uid in."""
    yield str(within(message, "metadata", "event_payload", "id"))
    blocks = message.get("blocks")
    for block in blocks if isinstance(blocks, list) else []:
        yield str(within(block, "block_id"))
