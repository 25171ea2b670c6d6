"""Posting, finding, editing and removing messages."""

from datetime import datetime
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from powertrip.domain.delivery import Posted
from powertrip.errors import SlackAmbiguous, SlackRefused, SlackUnavailable
from powertrip.slack.calls import call

METADATA_TYPE = "powertrip_notice"
HISTORY_PAGES = 10
"""Pages of 200 messages that are searched for one whose answer was lost."""


class SlackNotifier:
    """Slack's messages, for the workflow."""

    def __init__(self, client: AsyncWebClient, workspace_url: str) -> None:
        self._client = client
        self._workspace_url = workspace_url.rstrip("/")
        self._direct: dict[str, str] = {}

    async def post(self, conversation: str, message: dict[str, Any], uid: str) -> Posted:
        """Post to a channel or, for a member id, to their direct messages.

        The metadata carries an opaque id and nothing else: every app in the workspace can read it.
        """
        was_open = conversation in self._direct
        try:
            return await self._post(await self._channel(conversation), message, uid)
        except SlackRefused as error:
            if error.code != "channel_not_found" or not was_open:
                raise
            # The direct messages were opened a while ago, and Slack may have given them another id since.
            del self._direct[conversation]
            return await self._post(await self._channel(conversation), message, uid)

    async def _post(self, channel: str, message: dict[str, Any], uid: str) -> Posted:
        answer = await call(
            self._client.chat_postMessage(
                channel=channel,
                metadata={"event_type": METADATA_TYPE, "event_payload": {"id": uid}},
                unfurl_links=False,
                unfurl_media=False,
                **message,
            )
        )
        where, ts = answer["channel"], answer["ts"]
        if not isinstance(where, str) or not isinstance(ts, str):
            raise SlackAmbiguous("Slack's answer names no message")
        return Posted(channel=where, ts=ts)

    async def find(self, conversation: str, uid: str, since: datetime) -> Posted | None:
        """The message with this uid in its metadata, if it was posted since."""
        channel = await self._channel(conversation)
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
            for message in answer["messages"]:
                if _uid(message) == uid:
                    return Posted(channel=channel, ts=message["ts"])
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                break
        return None

    async def update(self, channel: str, ts: str, message: dict[str, Any]) -> None:
        """Replace a message of ours, layout and all."""
        await call(self._client.chat_update(channel=channel, ts=ts, **message))

    async def delete(self, channel: str, ts: str) -> None:
        """Remove a message of ours."""
        await call(self._client.chat_delete(channel=channel, ts=ts))

    def link(self, channel: str, ts: str) -> str | None:
        """The address of a message for those who can see it."""
        return f"{self._workspace_url}/archives/{channel}/p{ts.replace('.', '')}"

    async def _channel(self, conversation: str) -> str:
        """The conversation's channel id; a member's is asked for once and then remembered."""
        if not conversation.startswith(("U", "W")):
            return conversation
        if conversation not in self._direct:
            try:
                answer = await call(self._client.conversations_open(users=conversation))
            except SlackAmbiguous as error:
                # Opening posts nothing, so whatever came of it can be done again.
                raise SlackUnavailable(f"direct messages could not be opened: {error}") from error
            opened = answer["channel"]
            if not isinstance(opened, dict) or not isinstance(opened.get("id"), str):
                raise SlackUnavailable("direct messages could not be opened: Slack's answer names none")
            self._direct[conversation] = opened["id"]
        return self._direct[conversation]


def _uid(message: dict[str, Any]) -> str | None:
    metadata = message.get("metadata") or {}
    return (metadata.get("event_payload") or {}).get("id")
