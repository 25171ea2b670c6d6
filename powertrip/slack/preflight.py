"""Checks the workspace before anything depends on it: tokens, scopes, and the security channel."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from powertrip.errors import SlackAmbiguous, SlackMisconfigured, SlackRefused, SlackUnavailable
from powertrip.slack.calls import call, next_cursor, within
from powertrip.slack.scopes import REQUIRED_SCOPES

log = structlog.get_logger(__name__)

CHANNEL_PAGES = 1000
"""Pages that are searched for a channel named in the config; Slack may give very short ones."""
CHANNEL_TYPES = "public_channel,private_channel"
SHARED = "is_ext_shared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who the bot is in this workspace."""

    team_id: str
    enterprise_id: str | None
    """The organisation that the workspace belongs to, if any; its members count as ours."""
    workspace_url: str
    team: str
    """The workspace's name."""
    scopes: frozenset[str]
    """Those the bot token has; empty where the server does not tell."""
    is_org_wide: bool = False
    """Whether the app is installed in a whole organisation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """All that has to be known of a workspace before anything can be sent to it."""

    identity: Identity
    security_channel: str
    """A channel id."""


async def identify(client: AsyncWebClient) -> Identity:
    """Ask Slack whose the bot token is; raises SlackRefused, with what to do, for a wrong one."""
    try:
        answer = await call(client.auth_test())
    except SlackMisconfigured as error:
        problem = f"slack.bot_token: {error}; copy it anew from OAuth & Permissions on the app's page"
        raise SlackMisconfigured(error.code, problem, error.scope) from error
    team_id, url = answer["team_id"], answer["url"]
    # A stub, or a server that is no Slack, may say ok and nothing else.
    if not isinstance(team_id, str) or not isinstance(url, str):
        raise SlackAmbiguous("Slack's answer to auth.test names no workspace")
    headers = {str(name).lower(): value for name, value in answer.headers.items()}
    scopes = headers.get("x-oauth-scopes", "")
    return Identity(
        team_id=team_id,
        enterprise_id=answer.get("enterprise_id"),
        workspace_url=url,
        team=str(answer["team"] or url),
        is_org_wide=answer.get("is_enterprise_install") is True,
        scopes=frozenset(part.strip() for part in scopes.split(",") if part.strip()),
    )


def app_token_refused(error: SlackRefused) -> SlackRefused:
    """The same refusal, with what to do."""
    advice = "make one with the scope connections:write, under Basic Information on the app's page"
    return type(error)(error.code, f"slack.app_token: {error}; {advice}")


def missing_scopes(identity: Identity) -> Sequence[str]:
    """Scopes that Powertrip needs and the token lacks; none where the server does not tell which it has."""
    return sorted(set(REQUIRED_SCOPES) - identity.scopes) if identity.scopes else []


async def security_channel(
    client: AsyncWebClient, wanted: str, setting: str = "slack.security_channel"
) -> str:
    """The id of the channel `#name` or `C0ID`, once it is sure that it can be posted to.

    Raises SlackRefused, whose text says what to do about it; its code is SHARED where outsiders would read.
    """
    channel = await _find_channel(client, wanted)
    code = "security_channel"
    if channel is None and wanted.startswith("#"):
        problem = (
            f"the bot is in no channel {wanted}; create it or unarchive it, type /invite @powertrip in it, "
            "or write the channel's id"
        )
    elif channel is None:
        problem = (
            f"{wanted} does not exist, or the bot cannot see it; create it, or, if it is private, "
            "type /invite @powertrip in it"
        )
    elif channel.get("is_archived"):
        problem = f"{wanted} is archived; unarchive it or name another"
    elif channel.get("is_ext_shared") or channel.get("is_pending_ext_shared"):
        code = SHARED
        problem = (
            f"{wanted} is shared with another organisation, whose members would read every event; "
            "name a channel of your own"
        )
    elif not channel.get("is_member"):
        problem = f"the bot is not in {wanted}; type /invite @powertrip in it"
    else:
        return str(channel["id"])
    raise SlackRefused(code, f"{setting}: {problem}")


async def _find_channel(client: AsyncWebClient, wanted: str) -> dict[str, Any] | None:
    """Slack's description of the channel; None where the bot cannot see such a one."""
    channel_id: str | None = wanted
    if wanted.startswith("#"):
        name = wanted.removeprefix("#")
        try:
            # No method takes a name. A workspace may have tens of thousands of channels, the bot has a few.
            channel_id = await _id_among(client.users_conversations, name)
        except SlackRefused as error:
            if error.code != "unknown_method":
                raise
            channel_id = await _id_among(client.conversations_list, name)
    if channel_id is None:
        return None
    try:
        # A list says less of a channel than this does.
        channel = (await call(client.conversations_info(channel=channel_id)))["channel"]
    except SlackRefused as error:
        if error.code == "channel_not_found":
            return None
        raise
    if not isinstance(channel, dict) or not isinstance(channel.get("id"), str):
        raise SlackAmbiguous("Slack's answer describes no channel")
    return channel


async def _id_among(method: Callable[..., Awaitable[Any]], name: str) -> str | None:
    """The id of the channel of this name in the list that `method` pages through."""
    cursor: str | None = None
    for _ in range(CHANNEL_PAGES):
        try:
            answer = await call(
                method(
                    types="public_channel,private_channel", exclude_archived=False, limit=999, cursor=cursor
                )
            )
        except SlackUnavailable as error:
            if error.retry_after is None:
                raise
            # From the beginning it would meet the limit again, at the same page.
            log.info("waiting for Slack's rate limit, looking for the channel", seconds=error.retry_after)
            await asyncio.sleep(error.retry_after)
            continue
        if not isinstance(answer["channels"], list):
            raise SlackAmbiguous("Slack's answer holds no channels")
        for channel in answer["channels"]:
            if within(channel, "name") == name and isinstance(channel.get("id"), str):
                return str(channel["id"])
        # A page may be short, or empty, and not the last one.
        cursor = next_cursor(answer)
        if not cursor:
            break
    return None
