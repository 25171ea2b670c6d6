"""What Slack says of people: whom an event is about, and who just clicked.

Nothing is listed in the hot path: one lookup a person, remembered in the database, and a limit on how
long it may take. Only what Slack says of a person leads to the security channel; that it says nothing is no
answer about them.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from powertrip.domain.people import Actor, Person, Standing, Subject, SubjectKind
from powertrip.domain.routing import Reviewers
from powertrip.errors import PowertripError, SlackAmbiguous, SlackRefused, StoreError
from powertrip.slack.calls import call
from powertrip.slack.settings import Lookups

log = structlog.get_logger(__name__)

_KIND = {
    Standing.MEMBER: SubjectKind.PERSON,
    Standing.DEACTIVATED: SubjectKind.DEACTIVATED,
}


EVER = timedelta(days=365)
"""Longer than any answer is kept: the last known one is better than none while Slack does not answer."""


class Memory(Protocol):
    """Where answers are kept."""

    async def get(self, key: str, not_before: datetime) -> object | None:
        """The answer kept under `key`, if it is no older."""

    async def put(self, key: str, value: object, now: datetime) -> None:
        """Keep an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectorySettings:
    """The sections that the directory reads."""

    reviewers: Reviewers
    lookups: Lookups


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """Whose members count as ours."""

    team_id: str
    enterprise_id: str | None


class SlackDirectory:
    """Lookups of people, for the workflow."""

    def __init__(
        self,
        client: AsyncWebClient,
        memory: Memory,
        workspace: Workspace,
        settings: Callable[[], DirectorySettings],
        clock: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._memory = memory
        self._workspace = workspace
        self._live = settings
        self._clock = clock

    async def subject(self, person: Person | None) -> Subject:
        """Whom an event is about, or why that cannot be said."""
        if person is None:
            return Subject(kind=SubjectKind.UNMAPPED)
        if person.bot:
            return Subject(kind=SubjectKind.BOT, name=person.name, team=person.team)
        try:
            async with asyncio.timeout(self._live().lookups.timeout.total_seconds()):
                user = await self._remembered_user(person)
        except (PowertripError, TimeoutError) as error:
            log.warning("a person could not be looked up", person=person.name, error=str(error))
            return await self._unanswered(person)
        return self._subject(person, user)

    async def _unanswered(self, person: Person) -> Subject:
        """Whom to ask while Slack does not say who the person is: that is no answer about them."""
        try:
            known = await self._memory.get(_key(person), self._clock() - EVER)
        except StoreError as error:
            log.warning("what Slack said of a person before cannot be read", error=str(error))
            known = None
        if isinstance(known, dict):
            return self._subject(person, known.get("user"))
        if person.slack is None:
            return Subject(kind=SubjectKind.LOOKUP_FAILED, name=person.name)
        # Whether they can be messaged is what the message itself will tell.
        return Subject(kind=SubjectKind.PERSON, slack_id=person.slack, name=person.name)

    def _subject(self, person: Person, user: dict[str, Any] | None) -> Subject:
        if user is None:
            return Subject(kind=SubjectKind.NOT_FOUND, slack_id=person.slack)
        kind = _KIND.get(self._standing(user), SubjectKind.GUEST)
        return Subject(kind=kind, slack_id=user["id"], name=_name(user))

    async def actor(self, slack_id: str, team_id: str | None) -> Actor:
        """Who clicked, looked up at this moment; `team_id` is what the click itself says."""
        try:
            async with asyncio.timeout(self._live().lookups.timeout.total_seconds()):
                user, is_reviewer = await asyncio.gather(self._user(slack_id), self._is_reviewer(slack_id))
        except (PowertripError, TimeoutError) as error:
            log.warning("the person who clicked could not be looked up", slack_id=slack_id, error=str(error))
            is_reviewer = slack_id in self._live().reviewers.users
            return Actor(slack_id=slack_id, name=slack_id, standing=Standing.UNKNOWN, is_reviewer=is_reviewer)
        if user is None:
            return Actor(slack_id=slack_id, name=slack_id, standing=Standing.UNKNOWN)
        standing = self._standing(user if team_id is None else {"team_id": team_id} | user)
        return Actor(slack_id=slack_id, name=_name(user), standing=standing, is_reviewer=is_reviewer)

    async def names(self, slack_id: str, people: Sequence[Person]) -> list[str]:
        """The names of those among `people` who are this member; raises SlackError."""
        email = await self._email(slack_id) if any(person.email for person in people) else None
        return [
            person.name
            for person in people
            if person.slack == slack_id or (email and (person.email or "").casefold() == email)
        ]

    async def _email(self, slack_id: str) -> str | None:
        user = await self._user(slack_id)
        email = ((user or {}).get("profile") or {}).get("email")
        return str(email).casefold() if email else None

    async def _is_reviewer(self, slack_id: str) -> bool:
        reviewers = self._live().reviewers
        if slack_id in reviewers.users:
            return True
        if reviewers.group is None:
            return False
        try:
            answer = await call(self._client.usergroups_users_list(usergroup=reviewers.group))
        except SlackRefused as error:
            # A group that is gone must not keep people from answering for themselves.
            log.error("reviewers.group cannot be read, so nobody is a reviewer by it", error=str(error))
            return False
        return slack_id in answer["users"]

    def _standing(self, user: dict[str, Any]) -> Standing:
        """Fails closed: whoever is not shown to be a full member of ours is not one."""
        if user.get("deleted"):
            return Standing.DEACTIVATED
        if user.get("is_bot"):
            return Standing.BOT
        if user.get("is_restricted") or user.get("is_ultra_restricted"):
            return Standing.GUEST
        if user.get("is_stranger") or not self._is_ours(user):
            return Standing.OUTSIDER
        return Standing.MEMBER

    def _is_ours(self, user: dict[str, Any]) -> bool:
        enterprise = (user.get("enterprise_user") or {}).get("enterprise_id")
        same_enterprise = enterprise is not None and enterprise == self._workspace.enterprise_id
        return user.get("team_id") == self._workspace.team_id or same_enterprise

    async def _remembered_user(self, person: Person) -> dict[str, Any] | None:
        key, now = _key(person), self._clock()
        known = await self._memory.get(key, now - self._live().lookups.keep)
        if isinstance(known, dict):
            return known.get("user")
        user = await (self._user(person.slack) if person.slack else self._user_by_email(person.email))
        await self._memory.put(key, {"user": _kept(user)}, now)
        return user

    async def _user(self, slack_id: str) -> dict[str, Any] | None:
        try:
            answer = await call(self._client.users_info(user=slack_id))
        except SlackRefused as error:
            if error.code in ("user_not_found", "user_not_visible"):
                return None
            raise
        return _user_in(answer)

    async def _user_by_email(self, email: str | None) -> dict[str, Any] | None:
        try:
            answer = await call(self._client.users_lookupByEmail(email=email or ""))
        except SlackRefused as error:
            if error.code == "users_not_found":
                return None
            raise
        return _user_in(answer)


def _key(person: Person) -> str:
    """Under which Slack's answer about the person is kept."""
    return f"user:{person.slack}" if person.slack else f"email:{person.email}"


def _user_in(answer: Any) -> dict[str, Any]:
    user = answer["user"]
    if not isinstance(user, dict) or not isinstance(user.get("id"), str):
        raise SlackAmbiguous("Slack's answer holds no user")
    return user


_KEPT = (
    "id",
    "name",
    "real_name",
    "team_id",
    "deleted",
    "is_bot",
    "is_restricted",
    "is_ultra_restricted",
    "is_stranger",
    "enterprise_user",
)


def _kept(user: dict[str, Any] | None) -> dict[str, Any] | None:
    """The part of a profile that Powertrip reads; nothing else of a person is stored."""
    return None if user is None else {name: user[name] for name in _KEPT if name in user}


def _name(user: dict[str, Any]) -> str:
    return str(user.get("real_name") or user.get("name") or user["id"])
