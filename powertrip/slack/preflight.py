"""Looking at the workspace before anything depends on it: tokens, scopes, and the security channel."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter
from slack_sdk.web.async_client import AsyncWebClient

from powertrip.errors import SlackRefused
from powertrip.slack.calls import call
from powertrip.slack.directory import Workspace
from powertrip.slack.scopes import REQUIRED_SCOPES

CHANNEL_PAGES = 50
"""Pages of 200 channels that are searched for one named in the config."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who we are in this workspace."""

    workspace: Workspace
    workspace_url: str
    team: str
    bot_user_id: str
    scopes: frozenset[str]
    """Those the bot token has; empty where the server does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What has to be known of a workspace before anything can be sent to it."""

    identity: Identity
    security_channel: str
    """A channel id."""

    def as_json(self) -> object:
        """A value that JSON can hold, to be kept."""
        return _FOUND.dump_python(self, mode="json")

    @staticmethod
    def from_json(value: object) -> "Found":
        """What `as_json` gave."""
        return _FOUND.validate_python(value)


_FOUND = TypeAdapter(Found)


async def look(client: AsyncWebClient, channel: str) -> Found:
    """Who we are, and the id of the security channel; raises as `identify` and `security_channel` do."""
    identity = await identify(client)
    return Found(identity=identity, security_channel=await security_channel(client, channel))


async def identify(client: AsyncWebClient) -> Identity:
    """Ask Slack who the bot token belongs to; raises SlackRefused, with what to do, for a wrong one."""
    try:
        answer = await call(client.auth_test())
    except SlackRefused as error:
        problem = f"slack.bot_token: {error}; copy it anew from OAuth & Permissions on the app's page"
        raise SlackRefused(error.code, problem) from error
    headers = {str(name).lower(): value for name, value in answer.headers.items()}
    scopes = headers.get("x-oauth-scopes", "")
    return Identity(
        workspace=Workspace(team_id=answer["team_id"], enterprise_id=answer.get("enterprise_id")),
        workspace_url=answer["url"],
        team=answer["team"],
        bot_user_id=answer["user_id"],
        scopes=frozenset(part.strip() for part in scopes.split(",") if part.strip()),
    )


def app_token_refused(error: SlackRefused) -> SlackRefused:
    """The same refusal, with what to do."""
    advice = "make one with the scope connections:write, under Basic Information on the app's page"
    return SlackRefused(error.code, f"slack.app_token: {error}; {advice}")


def missing_scopes(identity: Identity) -> Sequence[str]:
    """Scopes that Powertrip needs and the token lacks, where the server tells which it has."""
    return sorted(set(REQUIRED_SCOPES) - identity.scopes) if identity.scopes else []


async def security_channel(client: AsyncWebClient, wanted: str) -> str:
    """The id of the security channel, after making sure that it can be posted to.

    Raises SlackRefused, whose text says what to do about it.
    """
    channel = await _named(client, wanted) if wanted.startswith("#") else await _by_id(client, wanted)
    problem = _problem(channel, wanted)
    if problem:
        raise SlackRefused("security_channel", problem)
    return str(channel["id"])


async def _by_id(client: AsyncWebClient, wanted: str) -> dict[str, Any]:
    try:
        answer = await call(client.conversations_info(channel=wanted))
    except SlackRefused as error:
        if error.code == "channel_not_found":
            raise _not_found(wanted) from error
        raise
    channel: dict[str, Any] = answer["channel"]
    return channel


async def _named(client: AsyncWebClient, wanted: str) -> dict[str, Any]:
    cursor: str | None = None
    for _ in range(CHANNEL_PAGES):
        answer = await call(
            client.conversations_list(
                types="public_channel,private_channel", exclude_archived=False, limit=200, cursor=cursor
            )
        )
        for channel in answer["channels"]:
            if channel["name"] == wanted.removeprefix("#"):
                found: dict[str, Any] = channel
                return found
        cursor = (answer.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            break
    raise _not_found(wanted)


def _not_found(wanted: str) -> SlackRefused:
    return SlackRefused(
        "security_channel",
        f"slack.security_channel: {wanted} is not to be found; create it, or, if it is private, "
        "type /invite @powertrip in it",
    )


def _problem(channel: dict[str, Any], wanted: str) -> str | None:
    if channel.get("is_archived"):
        return f"slack.security_channel: {wanted} is archived; unarchive it or name another"
    if channel.get("is_ext_shared") or channel.get("is_pending_ext_shared"):
        return (
            f"slack.security_channel: {wanted} is shared with another organisation, whose members would "
            "read every event; name a channel of your own"
        )
    if not channel.get("is_member"):
        return f"slack.security_channel: the bot is not in {wanted}; type /invite @powertrip in it"
    return None
