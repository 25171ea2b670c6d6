"""Looks people up in Slack: whom an event is about, and who just clicked.

Nobody's lookup holds up another's: one a person, remembered in the database, and a limit on how long it
may take. Only what Slack says of a person leads to the security channel; silence is no answer about them.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from powertrip.domain.people import (
    Actor,
    Person,
    Standing,
    Subject,
    SubjectKind,
    before_lookup,
    may_be_former,
)
from powertrip.domain.routing import Reviewers
from powertrip.errors import (
    PowertripError,
    SlackError,
    SlackMisconfigured,
    SlackUnavailable,
    StoreError,
)
from powertrip.slack.calls import within
from powertrip.slack.group import ReviewersGroup
from powertrip.slack.limits import RateLimits
from powertrip.slack.preflight import Identity
from powertrip.slack.settings import Lookups
from powertrip.slack.users import name_of, standing_of, user_of

log = structlog.get_logger(__name__)

_KIND = {
    Standing.MEMBER: SubjectKind.PERSON,
    Standing.DEACTIVATED: SubjectKind.DEACTIVATED,
}
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
"""The part of a profile that Powertrip reads; nothing else of a person is stored."""

REMEMBERED = 10_000
"""People whom one process remembers at once."""
SHORT_WAIT = 2.0
"""Seconds of a rate limit that are waited out while somebody waits for the answer to their click."""
_NEVER = datetime.min.replace(tzinfo=UTC)
EVER = timedelta(days=365)
"""Longer than any answer is kept: the last known one is better than none while Slack does not answer."""


class Memory(Protocol):
    """Where answers are kept; both raise StoreError."""

    async def get(self, key: str, not_before: datetime) -> object | None:
        """The answer kept under `key`, if it is no older."""

    async def put(self, key: str, value: object, now: datetime) -> None:
        """Keep an answer in place of the last one."""


class SlackDirectory:
    """The people of one workspace. The settings are read at each use, so that a reload takes effect."""

    def __init__(
        self,
        client: AsyncWebClient,
        memory: Memory,
        identity: Identity,
        *,
        reviewers: Callable[[], Reviewers],
        lookups: Callable[[], Lookups],
        limits: RateLimits,
        clock: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._memory = memory
        self._identity = identity
        self._reviewers = reviewers
        self._lookups = lookups
        self._limits = limits
        self._group = ReviewersGroup(client, limits, clock)
        self._clock = clock
        self._answers: dict[str, tuple[datetime, dict[str, Any] | None]] = {}
        """What Slack told this process of people, and when."""

    async def subject(self, person: Person | None) -> Subject:
        """Whom an event is about; raises SlackError while nobody can say, now or from memory."""
        if person is None or person.bot:
            return before_lookup(person)
        try:
            async with asyncio.timeout(self._lookups().timeout.total_seconds()):
                user = await self._remembered_user(person)
        except (PowertripError, TimeoutError) as error:
            log.warning("person lookup failed", person=person.name, error=str(error))
            subject = await self._last_known(person)
            # The post itself will show whether somebody with a Slack id can be messaged.
            if subject is None and person.slack is None:
                raise _waited_out(person, error) from error
            return subject or before_lookup(person)
        return self._subject(person, user)

    def known(self, person: Person | None) -> Subject | None:
        """Whom an event is about, where Slack told this process so lately; None otherwise. Thread-safe."""
        if person is None or person.bot:
            return None
        at, user = self._answers.get(_key(person), (_NEVER, None))
        now = self._clock()
        return self._subject(person, user) if now - self._lookups().keep <= at <= now else None

    async def _last_known(self, person: Person) -> Subject | None:
        """The person as Slack knew them last, whenever that was; None where it is no member one can ask."""
        try:
            user = await self._kept(person, EVER)
        except StoreError as error:
            log.warning("kept answer about a person unreadable", error=str(error))
            return None
        # That they were not there once says nothing of now, and would move their question.
        subject = self._subject(person, user) if user else None
        return subject if subject and subject.kind is SubjectKind.PERSON else None

    def _subject(self, person: Person, user: dict[str, Any] | None) -> Subject:
        if user is None:
            return Subject(kind=SubjectKind.NOT_FOUND, slack_id=person.slack)
        kind = _KIND.get(standing_of(user, self._identity), SubjectKind.GUEST)
        return Subject(kind=kind, slack_id=user["id"], name=name_of(user))

    async def actor(self, slack_id: str, team_id: str | None, *, needs_group: bool = True) -> Actor:
        """Who clicked, looked up at this moment; never raises. `team_id` is what the click itself says.

        The reviewers' group is asked only where it decides.
        """
        try:
            async with asyncio.timeout(self._lookups().timeout.total_seconds()):
                user, is_reviewer = await asyncio.gather(
                    self._user_now(slack_id), self._is_reviewer(slack_id, needs_group=needs_group)
                )
        except (PowertripError, TimeoutError) as error:
            log.warning("lookup of the clicker failed", slack_id=slack_id, error=str(error))
            # Who is listed by id stays a reviewer while Slack is away; what UNKNOWN may do, policy says.
            is_reviewer = slack_id in self._reviewers().users
            return Actor(slack_id=slack_id, name=slack_id, standing=Standing.UNKNOWN, is_reviewer=is_reviewer)
        if user is None:
            return Actor(slack_id=slack_id, name=slack_id, standing=Standing.UNKNOWN)
        standing = standing_of(user if team_id is None else {"team_id": team_id} | user, self._identity)
        return Actor(slack_id=slack_id, name=name_of(user), standing=standing, is_reviewer=is_reviewer)

    async def viewer(self, slack_id: str) -> Actor:
        """Who looks at something, as Slack knew them lately; whoever decides is an `actor`. Never raises."""
        try:
            async with asyncio.timeout(self._lookups().timeout.total_seconds()):
                user = await self._remembered_user(Person(name=slack_id, slack=slack_id))
                is_reviewer = await self._is_reviewer(slack_id, needs_group=True)
        except (PowertripError, TimeoutError) as error:
            log.info("viewer not looked up", slack_id=slack_id, error=str(error))
            return Actor(slack_id=slack_id, name=slack_id, standing=Standing.UNKNOWN)
        if user is None:
            return Actor(slack_id=slack_id, name=slack_id, standing=Standing.UNKNOWN)
        return Actor(
            slack_id=slack_id,
            name=name_of(user),
            standing=standing_of(user, self._identity),
            is_reviewer=is_reviewer,
        )

    async def names(self, slack_id: str, people: Sequence[Person]) -> list[str]:
        """The names of those among `people` who are this member; raises SlackError."""
        email = ""
        if any(person.email for person in people):
            user = await self._user_now(slack_id) or {}
            email = str(within(user, "profile", "email") or "").casefold()
        # Only from memory: there may be hundreds of people, and those who matter were asked about lately.
        listed = [person for person in people if may_be_former(slack_id, [person.slack or ""])]
        former = {item.slack for item in listed if (await self._kept(item, EVER) or {}).get("id") == slack_id}
        return [
            person.name
            for person in people
            if person.slack in {slack_id, *former} or (email and (person.email or "").casefold() == email)
        ]

    async def called(self, name: str, people: Sequence[Person]) -> list[str]:
        """The ids of those among `people` who are called so, as cards or the config write it.

        A first name does where nobody has it as a whole. Raises StoreError.
        """
        wanted, exact, by_first_name = name.casefold(), set[str](), set[str]()
        for person in people:
            user = await self._kept(person, EVER) or {}
            in_config = {listed.casefold() for listed in (person.name, *person.names)}
            in_slack = {str(user[key]).casefold() for key in ("real_name", "name") if user.get(key)}
            slack_id = user.get("id") or person.slack
            if wanted in in_config and slack_id is None:
                with contextlib.suppress(SlackError):
                    slack_id = (await self.subject(person)).slack_id
            if slack_id is None:
                continue
            if wanted in in_config | in_slack:
                exact.add(slack_id)
            elif any(full_name.startswith(f"{wanted} ") for full_name in in_slack):
                by_first_name.add(slack_id)
        return sorted(exact or by_first_name)

    async def _user_now(self, slack_id: str) -> dict[str, Any] | None:
        """The user as Slack knows them now, waiting out a short rate limit: somebody has just clicked."""
        try:
            return await user_of(self._client.users_info(user=slack_id))
        except SlackUnavailable as error:
            if error.retry_after is None or error.retry_after > SHORT_WAIT:
                raise
            await asyncio.sleep(error.retry_after)
            return await user_of(self._client.users_info(user=slack_id))

    async def _is_reviewer(self, slack_id: str, *, needs_group: bool) -> bool:
        reviewers = self._reviewers()
        if slack_id in reviewers.users:
            return True
        for listed in may_be_former(slack_id, reviewers.users) if needs_group else []:
            if await self.current_id(listed) == slack_id:
                return True
        if reviewers.group is None or not needs_group:
            return False
        return slack_id in await self._group.members(reviewers.group)

    async def current_id(self, slack_id: str) -> str | None:
        """The id that Slack has now for a member; None where it knows none. Raises SlackError, StoreError."""
        person = Person(name=slack_id, slack=slack_id)
        user = await self._kept(person, self._lookups().keep)
        # What is kept from before the workspace joined an organisation says nothing of now.
        if user is None or (user["id"] == slack_id and "enterprise_user" not in user):
            try:
                async with asyncio.timeout(self._lookups().timeout.total_seconds()):
                    user = await self._ask(person)
            except TimeoutError as error:
                raise SlackUnavailable(f"Slack does not say who {slack_id} is") from error
        return str(user["id"]) if user else None

    async def _kept(self, person: Person, age: timedelta) -> dict[str, Any] | None:
        """What Slack said of the person, if it said something and that is no older; raises StoreError."""
        known = await self._memory.get(_key(person), self._clock() - age)
        user = known.get("user") if isinstance(known, dict) else None
        return user if isinstance(user, dict) else None

    async def _remembered_user(self, person: Person) -> dict[str, Any] | None:
        known = await self._memory.get(_key(person), self._clock() - self._lookups().keep)
        if isinstance(known, dict):
            return known.get("user")
        return await self._ask(person)

    async def _ask(self, person: Person) -> dict[str, Any] | None:
        now = self._clock()
        if slack_id := person.slack:
            lookup = self._limits.call("users.info", lambda: self._client.users_info(user=slack_id))
        else:
            email = person.email or ""
            lookup = self._limits.call(
                "users.lookupByEmail", lambda: self._client.users_lookupByEmail(email=email)
            )
        user = await user_of(lookup)
        kept = user and {name: user[name] for name in _KEPT if name in user}
        # That nobody was found is an answer too, and kept like any other.
        await self._memory.put(_key(person), {"user": kept}, now)
        if len(self._answers) >= REMEMBERED:
            self._answers.clear()
        self._answers[_key(person)] = (now, kept)
        return user


def _waited_out(person: Person, error: Exception) -> SlackError:
    """Why it is not known whom to ask, as an error after which the event waits for them."""
    if isinstance(error, SlackMisconfigured):
        return error
    wait = error.retry_after if isinstance(error, SlackError) else None
    return SlackUnavailable(f"Slack does not say who {person.name} is: {error}", retry_after=wait)


def _key(person: Person) -> str:
    """The key of Slack's answer about the person."""
    return f"user:{person.slack}" if person.slack else f"email:{person.email}"
