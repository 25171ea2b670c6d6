"""Who the reviewers and the people of the configuration are in Slack, asked before it matters."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, TypeAlias

from slack_sdk.web.async_client import AsyncWebClient

from powertrip.domain.people import Standing
from powertrip.domain.routing import Reviewers
from powertrip.errors import SlackAmbiguous, SlackUnavailable
from powertrip.slack.calls import call, next_cursor, within
from powertrip.slack.preflight import Identity
from powertrip.slack.users import name_of, standing_of, user_of

ONE_BY_ONE = 40
"""So many are looked up each by itself; Slack allows 50 addresses, and 100 ids, a minute."""
PAGES = 15
"""Pages of 1,000 members that are listed for more than these; Slack allows 20 a minute."""
PATIENCE = 30.0
"""Seconds. A longer wait for Slack's rate limit ends the looking up."""

COPY_THE_ID = "copy the member id from their Slack profile (⋮, Copy member ID)"

Users: TypeAlias = dict[str, dict[str, Any] | None]
"""By id or address: Slack's user, or None where there is none. One that it did not tell of is not there."""


async def look_up(client: AsyncWebClient, ids: Collection[str], addresses: Collection[str]) -> Users:
    """Find members by id and by e-mail address; raises SlackError where nothing can be told at all."""
    wanted = list(dict.fromkeys([*ids, *addresses]))
    found: Users = {}
    if len(wanted) > ONE_BY_ONE:
        listed = await _listed(client)
        # Capitals mean nothing in an address, and ids have no other case.
        found = {key: listed[key.casefold()] for key in wanted if key.casefold() in listed}
    # The list may be cut short, and lacks members of the same organisation.
    missing = [key for key in wanted if key not in found][:ONE_BY_ONE]
    for key in missing:
        try:
            found[key] = await _patiently(partial(_user, client, key))
        except SlackUnavailable:
            if not found:
                raise
            break
    return found


async def _user(client: AsyncWebClient, key: str) -> dict[str, Any] | None:
    lookup = client.users_lookupByEmail(email=key) if "@" in key else client.users_info(user=key)
    return await user_of(lookup)


async def _page(client: AsyncWebClient, cursor: str | None) -> Any:
    answer = await call(client.users_list(limit=1000, cursor=cursor))
    if not isinstance(answer["members"], list):
        raise SlackAmbiguous("Slack's answer holds no members")
    return answer


async def _listed(client: AsyncWebClient) -> Users:
    """The members of the workspace, as far as they can be listed, by id and address in lower case."""
    users: Users = {}
    cursor: str | None = None
    for _ in range(PAGES):
        answer = await _patiently(partial(_page, client, cursor))
        for user in answer["members"]:
            if isinstance(user, dict):
                users |= dict.fromkeys(_keys(user), user)
        cursor = next_cursor(answer)
        if not cursor:
            break
    return users


def _keys(user: dict[str, Any]) -> Iterable[str]:
    email = within(user, "profile", "email")
    # A deactivated member's address may be another's by now.
    keys = [user.get("id"), None if user.get("deleted") else email]
    return [str(key).casefold() for key in keys if key]


async def _patiently(ask: Callable[[], Awaitable[Any]]) -> Any:
    """The answer, asked for once more where Slack wants a short wait."""
    try:
        return await ask()
    except SlackUnavailable as error:
        if error.retry_after is None or error.retry_after > PATIENCE:
            raise
        await asyncio.sleep(error.retry_after)
        return await ask()


def mistaken_reviewers(
    reviewers: Reviewers, group: Collection[str], users: Users, identity: Identity
) -> Iterator[str]:
    """Those who cannot decide, and why, among the reviewers by id and the members of their group."""
    for setting, ids in (("users", reviewers.users), ("group", group)):
        for slack_id in ids:
            yield from _mistaken(f"reviewers.{setting}", slack_id, users, identity, "decide")


def mistaken_owners(owners: Mapping[str, str], users: Users, identity: Identity) -> Iterator[str]:
    """Those who cannot answer for a pipeline, by its name, and why."""
    for name, slack_id in owners.items():
        setting = f"expectations.pipelines.{name}.owner"
        yield from _mistaken(setting, slack_id, users, identity, "answer for it")


def _mistaken(setting: str, slack_id: str, users: Users, identity: Identity, what: str) -> Iterator[str]:
    user = users.get(slack_id)
    if user is None and slack_id in users:
        problem = f"Slack knows no member {slack_id}, so nobody can {what} as that one"
        yield f"{setting}: {problem}; {COPY_THE_ID}"
    elif user and (standing := standing_of(user, identity)) is not Standing.MEMBER:
        who = f"{name_of(user)} ({slack_id}) is no active full member ({standing.value})"
        yield f"{setting}: {who}, and so cannot {what}; name another"
