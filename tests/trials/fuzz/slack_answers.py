"""Slack's Web API, or what stands in its place, answers what it likes, over a socket."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from powertrip.domain.people import Person, Standing
from powertrip.domain.routing import Reviewers
from powertrip.errors import SlackError
from powertrip.slack.calls import LONGEST_WAIT, call
from powertrip.slack.directory import SlackDirectory
from powertrip.slack.limits import RateLimits
from powertrip.slack.members import look_up, mistaken_reviewers
from powertrip.slack.notifier import SlackNotifier
from powertrip.slack.preflight import Identity, identify, missing_scopes, security_channel
from powertrip.slack.settings import Lookups
from powertrip.store import Store
from tests.samples import ALICE, BOB, CAROL, NOW, SECURITY
from tests.trials.fuzz.dice import as_body, changed, odd, text
from tests.trials.fuzz.trying import SECRET, a_database, each

IDENTITY = Identity(
    team_id="T0TEAM",
    enterprise_id="E0ORG",
    workspace_url="https://example.slack.com/",
    team="Example",
    scopes=frozenset(),
)
PEOPLE = (
    Person(name="alice", slack=ALICE),
    Person(name="bob", email="bob@example.com"),
    Person(name="oswaldo", bot=True),
)
ERRORS = (
    *(
        "channel_not_found",
        "user_not_found",
        "users_not_found",
        "invalid_auth",
        "missing_scope",
        "is_archived",
    ),
    *(
        "not_in_channel",
        "fatal_error",
        "ratelimited",
        "unknown_method",
        "message_not_found",
        "account_inactive",
    ),
)
UID = "uid-of-a-notice"
STAMP = "1768478400.000100"
MEMBER = {
    "id": ALICE,
    "team_id": "T0TEAM",
    "name": "alice",
    "real_name": "Alice",
    "deleted": False,
    "is_bot": False,
    "profile": {"email": "bob@example.com", "real_name": "Alice"},
    "enterprise_user": {"id": ALICE, "enterprise_id": "E0ORG"},
}
_MESSAGE = {
    "ts": STAMP,
    "text": "x",
    "metadata": {"event_type": "powertrip_notice", "event_payload": {"id": UID}},
    "blocks": [{"type": "section", "block_id": UID}],
}
_CHANNEL = {"id": SECURITY, "name": "security", "is_member": True, "is_archived": False}
ANSWERS: Mapping[str, Mapping[str, Any]] = {
    "auth.test": {
        "team_id": "T0TEAM",
        "url": "https://example.slack.com/",
        "team": "x",
        "enterprise_id": "E0ORG",
    },
    "users.info": {"user": MEMBER},
    "users.lookupByEmail": {"user": MEMBER},
    "users.list": {"members": [MEMBER, MEMBER | {"id": BOB}], "response_metadata": {"next_cursor": ""}},
    "usergroups.users.list": {"users": [ALICE, CAROL]},
    "conversations.open": {"channel": {"id": "D0ALICE"}},
    "conversations.info": {"channel": _CHANNEL},
    "users.conversations": {"channels": [_CHANNEL], "response_metadata": {"next_cursor": ""}},
    "conversations.list": {"channels": [_CHANNEL], "response_metadata": {"next_cursor": "more"}},
    "conversations.history": {"messages": [_MESSAGE], "response_metadata": {"next_cursor": "more"}},
    "chat.postMessage": {"channel": SECURITY, "ts": STAMP, "message": _MESSAGE},
    "chat.update": {"channel": SECURITY, "ts": STAMP},
    "chat.delete": {"channel": SECURITY, "ts": STAMP},
    "views.open": {"view": {"id": "V0"}},
    "apps.connections.open": {"url": "wss://example.slack.com/link"},
}


class Slack:
    """Answers by the dice, and remembers what it said."""

    def __init__(self, *, is_sound: bool = False) -> None:
        """One that is sound answers as Slack does."""
        self._is_sound = is_sound
        self.dice = random.Random()  # noqa: S311 - each case gives it dice
        self.said: list[tuple[str, int, bytes]] = []
        self.is_true = True
        """Whether all that it said in this case is what Slack would say."""

    async def answer(self, request: web.Request) -> web.Response:
        await request.read()
        dice, method = self.dice, request.match_info["method"]
        good = {"ok": True, **ANSWERS.get(method, {})}
        status, headers = 200, {"Content-Type": "application/json; charset=utf-8"}
        way = 0.0 if self._is_sound else dice.random()
        if way < 0.35:
            body = as_body(random.Random(0), good)  # noqa: S311
        elif way < 0.8:
            body = as_body(dice, changed(dice, good, dice.choice((0.1, 0.2, 0.4))))
        elif way < 0.92:
            refusal = {
                "ok": False,
                "error": dice.choice((*ERRORS, odd(dice))),
                "needed": dice.choice(("chat:write", None, odd(dice))),
                "response_metadata": {"messages": dice.choice((["[ERROR] x"], odd(dice)))},
            }
            body = as_body(dice, changed(dice, refusal))
        else:
            status = dice.choice((200, 204, 302, 400, 403, 404, 429, 429, 500, 503))
            body = dice.choice(
                (b"<html>", b"", b"[]", b"null", b'"x"', b"7", b"[" * 5000, b"\xff", as_body(dice, good))
            )
            headers["Content-Type"] = dice.choice(("text/html", "application/json", "application/gzip"))
        if dice.random() < 0.2 and not self._is_sound:
            # No longer wait: it is waited out.
            headers["Retry-After"] = dice.choice(("0", "0", "-1", "x", "9" * 40, "301", ""))
        self.said.append((method, status, body))
        self.is_true = self.is_true and way < 0.35
        return web.Response(status=status, body=body if status != 204 else None, headers=headers)


@asynccontextmanager
async def serving(slack: Slack) -> AsyncIterator[AsyncWebClient]:
    """A client of it."""
    app = web.Application()
    app.router.add_route("*", "/api/{method}", slack.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    async with aiohttp.ClientSession() as session:
        yield AsyncWebClient(
            token=f"xoxb-{SECRET}",
            base_url=f"http://127.0.0.1:{runner.addresses[0][1]}/api/",
            session=session,
            retry_handlers=[],
            timeout=30,
        )
    await runner.cleanup()


class _Asking:
    """What Powertrip asks of Slack, each with what must hold of what comes of it."""

    def __init__(self, slack: Slack, client: AsyncWebClient, store: Store) -> None:
        self._slack = slack
        self._client = client
        self._store = store
        self.acts: Mapping[str, Callable[[], Awaitable[None]]] = {
            "who clicked": self.actor,
            "whom it is about": self.subject,
            "whose names": self.names,
            "who is called so": self.called,
            "which id now": self.current,
            "post": self.post,
            "find": self.find,
            "read": self.read,
            "change": self.change,
            "who we are": self.identity,
            "which channel": self.channel,
            "who they are": self.members,
            "window": self.window,
        }

    def directory(self) -> SlackDirectory:
        return SlackDirectory(
            self._client,
            self._store.people_cache,
            IDENTITY,
            reviewers=lambda: Reviewers(users=(BOB,), group="S0SECURITY"),
            lookups=Lookups,
            limits=RateLimits(lambda: NOW),
            clock=lambda: NOW,
        )

    def notifier(self) -> SlackNotifier:
        return SlackNotifier(self._client, "https://example.slack.com", RateLimits(lambda: NOW))

    async def actor(self) -> None:
        team = self._slack.dice.choice(("T0TEAM", "T0OTHER", None))
        actor = await self.directory().actor(ALICE, team)
        assert actor.slack_id == ALICE, actor
        # The click itself may say of which team they are, and Slack vouches for that.
        said = (team or "").encode() + b"".join(body for _, _, body in self._slack.said)
        assert actor.standing is not Standing.MEMBER or b"T0TEAM" in said or b"E0ORG" in said, actor
        assert not actor.is_reviewer or ALICE.encode() in said, actor

    async def subject(self) -> None:
        about = await self.directory().subject(self._slack.dice.choice((*PEOPLE, None)))
        assert about.slack_id is None or isinstance(about.slack_id, str), about

    async def names(self) -> None:
        assert set(await self.directory().names(ALICE, PEOPLE)) <= {"alice", "bob"}

    async def called(self) -> None:
        found = await self.directory().called(text(self._slack.dice), PEOPLE)
        assert all(isinstance(one, str) for one in found), found

    async def current(self) -> None:
        assert isinstance(await self.directory().current_id(ALICE), str | None)

    async def post(self) -> None:
        posted = await self.notifier().post(self._slack.dice.choice((ALICE, SECURITY)), {"text": "?"}, UID)
        assert (posted.channel, posted.ts) == (SECURITY, STAMP) or not self._slack.is_true, posted
        assert isinstance(posted.ts, str), posted

    async def find(self) -> None:
        found = await self.notifier().find(SECURITY, UID, NOW)
        assert all(isinstance(one.ts, str) for one in found), found
        assert found or not self._slack.is_true, "does not find its own"

    async def read(self) -> None:
        found = await self.notifier().read(SECURITY, STAMP)
        assert found or not self._slack.is_true, "does not see its own"

    async def change(self) -> None:
        notifier = self.notifier()
        if self._slack.dice.random() < 0.5:
            await notifier.update(SECURITY, STAMP, {"text": "Decided"})
        else:
            await notifier.delete(SECURITY, STAMP)

    async def identity(self) -> None:
        missing_scopes(await identify(self._client))

    async def channel(self) -> None:
        name = self._slack.dice.choice(("#security", SECURITY))
        found = await security_channel(self._client, name)
        assert isinstance(found, str), found

    async def members(self) -> None:
        ids = [ALICE, BOB, *(f"U0{number}" for number in range(self._slack.dice.choice((0, 0, 60))))]
        users = await look_up(self._client, ids, ["bob@example.com"])
        list(mistaken_reviewers(Reviewers(users=(ALICE, BOB)), [CAROL], users, IDENTITY))

    async def window(self) -> None:
        await call(self._client.views_open(trigger_id="t", view={"type": "modal"}))


def _told(error: SlackError) -> str:
    """The kind of an error that tells no secret, and makes nobody wait for ever."""
    assert SECRET not in str(error), str(error)
    assert error.retry_after is None or 0 <= error.retry_after <= LONGEST_WAIT, error.retry_after
    return type(error).__name__


def slack_answers(cases: int, seed: int) -> Counter[str]:
    """Whatever is said in Slack's name: an error with a name, and nobody is taken for who they are not."""
    return asyncio.run(_slack_answers(cases, seed))


async def _slack_answers(cases: int, seed: int) -> Counter[str]:
    slack = Slack()
    async with serving(slack) as client, a_database() as thread:
        asking = _Asking(slack, client, Store(thread))

        async def act(dice: random.Random) -> str:
            slack.dice, slack.is_true = dice, True
            slack.said.clear()
            name = dice.choice(list(asking.acts))
            try:
                await asking.acts[name]()
            except SlackError as error:
                return f"{name}: {_told(error)}"
            return f"{name}: done"

        return await each(cases, seed, act, lambda: [(*said, body[:600]) for *said, body in slack.said])
