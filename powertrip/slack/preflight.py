"""Checks the workspace before anything depends on it: tokens, scopes, and the security channel."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from powertrip.errors import SlackAmbiguous, SlackRefused
from powertrip.slack.calls import call
from powertrip.slack.scopes import REQUIRED_SCOPES

CHANNEL_PAGES = 50
"""Pages of 200 channels that are searched for one named in the config."""


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
    except SlackRefused as error:
        problem = f"slack.bot_token: {error}; copy it anew from OAuth & Permissions on the app's page"
        raise SlackRefused(error.code, problem) from error
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
        scopes=frozenset(part.strip() for part in scopes.split(",") if part.strip()),
    )


def app_token_refused(error: SlackRefused) -> SlackRefused:
    """The same refusal, with what to do."""
    advice = "make one with the scope connections:write, under Basic Information on the app's page"
    return SlackRefused(error.code, f"slack.app_token: {error}; {advice}")


def missing_scopes(identity: Identity) -> Sequence[str]:
    """Scopes that Powertrip needs and the token lacks; none where the server does not tell which it has."""
    return sorted(set(REQUIRED_SCOPES) - identity.scopes) if identity.scopes else []


async def security_channel(
    client: AsyncWebClient, wanted: str, setting: str = "slack.security_channel"
) -> str:
    """The id of the channel `#name` or `C0ID`, once it is sure that it can be posted to.

    Raises SlackRefused, whose text says what to do about it.
    """
    channel = await _find_channel(client, wanted)
    if channel is None:
        problem = (
            f"{wanted} does not exist, or the bot cannot see it; create it, or, if it is private, "
            "type /invite @powertrip in it"
        )
    elif channel.get("is_archived"):
        problem = f"{wanted} is archived; unarchive it or name another"
    elif channel.get("is_ext_shared") or channel.get("is_pending_ext_shared"):
        problem = (
            f"{wanted} is shared with another organisation, whose members would read every event; "
            "name a channel of your own"
        )
    elif not channel.get("is_member"):
        problem = f"the bot is not in {wanted}; type /invite @powertrip in it"
    else:
        return str(channel["id"])
    raise SlackRefused("security_channel", f"{setting}: {problem}")


async def _find_channel(client: AsyncWebClient, wanted: str) -> dict[str, Any] | None:
    """Slack's description of the channel; None where the bot cannot see such a one."""
    if not wanted.startswith("#"):
        try:
            channel = (await call(client.conversations_info(channel=wanted)))["channel"]
        except SlackRefused as error:
            if error.code == "channel_not_found":
                return None
            raise
        if not isinstance(channel, dict) or not isinstance(channel.get("id"), str):
            raise SlackAmbiguous("Slack's answer holds no channel")
        return channel
    # No method takes a name, so the list is searched. An archived one is found too, to be told as archived.
    cursor: str | None = None
    for _ in range(CHANNEL_PAGES):
        answer = await call(
            client.conversations_list(
                types="public_channel,private_channel", exclude_archived=False, limit=200, cursor=cursor
            )
        )
        channels: list[dict[str, Any]] = answer["channels"]
        if not isinstance(channels, list):
            raise SlackAmbiguous("Slack's answer holds no channels")
        for channel in channels:
            if channel["name"] == wanted.removeprefix("#"):
                return channel
        cursor = (answer.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            break
    return None
