"""Servers that say ok and leave the rest out, as a stub or a proxy does: nobody's question is moved by it."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from powertrip.domain.people import Actor, Person, Standing, Subject, SubjectKind
from powertrip.domain.routing import Reviewers
from powertrip.errors import SlackAmbiguous, SlackUnavailable
from powertrip.slack.directory import SlackDirectory
from powertrip.slack.limits import RateLimits
from powertrip.slack.notifier import SlackNotifier
from powertrip.slack.preflight import Identity, security_channel
from powertrip.slack.settings import Lookups
from powertrip.store import Store
from powertrip.store.database import DatabaseThread
from powertrip.store.database_in_use import database
from tests.databases import new_database
from tests.samples import ALICE, CAROL

Answers = dict[str, Any]


@pytest.fixture(params=["sqlite"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database with all its tables: one kind will do."""
    return new_database(request, tmp_path)


@pytest.fixture
def answers() -> Answers:
    """What the server answers, by method."""
    return {}


@pytest.fixture
async def client(answers: Answers) -> AsyncIterator[AsyncWebClient]:
    """A client of a server that answers so."""

    async def answer(request: web.Request) -> web.Response:
        return web.json_response(answers[request.match_info["method"]])

    app = web.Application()
    app.router.add_route("*", "/api/{method}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    yield AsyncWebClient(token="xoxb-test", base_url=f"http://127.0.0.1:{port}/api/", retry_handlers=[])
    await runner.cleanup()


def now() -> datetime:
    """The time."""
    return datetime.now(UTC)


def directory(client: AsyncWebClient, memory: Store, clock: Callable[[], datetime] = now) -> SlackDirectory:
    """A directory of the test's workspace."""
    identity = Identity(
        team_id="T0TEAM",
        enterprise_id=None,
        workspace_url="https://example.slack.com/",
        team="Example",
        scopes=frozenset(),
    )
    return SlackDirectory(
        client,
        memory.people_cache,
        identity,
        reviewers=lambda: Reviewers(group="S0SECURITY"),
        lookups=Lookups,
        limits=RateLimits(clock),
        clock=clock,
    )


@pytest.mark.parametrize(
    "answer",
    [
        {"ok": True},
        {"ok": True, "user": {}},
        {"ok": True, "user": None},
        {"ok": True, "user": {"id": 7}},
        {},
        [],
    ],
)
async def test_an_answer_without_a_user_says_nothing_of_the_person(
    client: AsyncWebClient, store: Store, answers: Answers, answer: Any
) -> None:
    answers["users.info"] = answer
    asked = await directory(client, store).subject(Person(name="alice", slack=ALICE))
    assert asked == Subject(kind=SubjectKind.PERSON, slack_id=ALICE, name="alice")


@pytest.mark.parametrize("answer", [{"ok": True}, {"ok": True, "users": None}, {"ok": True, "users": "U"}])
async def test_an_answer_without_members_leaves_it_unknown_who_clicked(
    client: AsyncWebClient, store: Store, answers: Answers, answer: Any
) -> None:
    answers["users.info"] = {"ok": True, "user": {"id": ALICE, "team_id": "T0TEAM"}}
    answers["usergroups.users.list"] = answer
    clicker = await directory(client, store).actor(ALICE, "T0TEAM")
    assert clicker == Actor(slack_id=ALICE, name=ALICE, standing=Standing.UNKNOWN, is_reviewer=False)


async def test_a_database_that_is_away_says_nothing_of_the_person_either(
    client: AsyncWebClient, database_thread: DatabaseThread, store: Store
) -> None:
    await database_thread.run(lambda: database.execute_sql("DROP TABLE people_cache"))
    looked_up = directory(client, store)
    assert await looked_up.subject(Person(name="alice", slack=ALICE)) == Subject(
        kind=SubjectKind.PERSON, slack_id=ALICE, name="alice"
    )
    with pytest.raises(SlackUnavailable, match="does not say who bob is"):
        await looked_up.subject(Person(name="bob", email="bob@example.com"))


async def test_a_person_is_known_as_long_as_what_slack_said_of_them_is_used_again(
    client: AsyncWebClient, store: Store, answers: Answers
) -> None:
    answers["users.info"] = {"ok": True, "user": {"id": ALICE, "team_id": "T0TEAM", "real_name": "Alice"}}
    at = [now()]
    looked_up = directory(client, store, lambda: at[0])
    person = Person(name="alice", slack=ALICE)
    assert looked_up.known(person) is None

    subject = await looked_up.subject(person)

    assert looked_up.known(person) == subject
    at[0] += Lookups().keep
    assert looked_up.known(person) == subject
    assert looked_up.known(Person(name="deploy", bot=True)) is None
    at[0] += timedelta(microseconds=1)
    assert looked_up.known(person) is None
    # As where the clock was set back.
    at[0] -= timedelta(days=1)
    assert looked_up.known(person) is None


@pytest.mark.parametrize("answer", [{"ok": True}, {"ok": True, "channel": None}, {"ok": True, "channel": {}}])
async def test_direct_messages_that_an_answer_does_not_name_are_opened_again_later(
    client: AsyncWebClient, answers: Answers, answer: Any
) -> None:
    answers["conversations.open"] = answer
    with pytest.raises(SlackUnavailable, match="direct messages could not be opened"):
        await SlackNotifier(client, "https://example.slack.com", RateLimits(now)).post(
            ALICE, {"text": "?"}, "uid"
        )


@pytest.mark.parametrize("answer", [{"ok": True}, {"ok": True, "channel": "D1"}, {"ok": True, "ts": "1.2"}])
async def test_a_message_that_an_answer_does_not_name_may_have_arrived(
    client: AsyncWebClient, answers: Answers, answer: Any
) -> None:
    answers["conversations.open"] = {"ok": True, "channel": {"id": "D1"}}
    answers["chat.postMessage"] = answer
    with pytest.raises(SlackAmbiguous, match="names no message"):
        await SlackNotifier(client, "https://example.slack.com", RateLimits(now)).post(
            ALICE, {"text": "?"}, "uid"
        )


@pytest.mark.parametrize("part", ["x", [], 7, {"enterprise_id": {}}])
async def test_a_profile_of_another_shape_makes_nobody_a_member(
    client: AsyncWebClient, store: Store, answers: Answers, part: object
) -> None:
    user = {"id": ALICE, "profile": part, "enterprise_user": part}
    answers |= {"users.info": {"ok": True, "user": user}, "usergroups.users.list": {"ok": True, "users": []}}
    asked = directory(client, store)
    assert (await asked.actor(ALICE, None)).standing is Standing.OUTSIDER
    assert await asked.names(ALICE, [Person(name="bob", email="bob@example.com")]) == []


async def test_our_message_is_found_among_what_is_none(client: AsyncWebClient, answers: Answers) -> None:
    ours = {"ts": "1.2", "metadata": {"event_payload": {"id": "uid"}}}
    odd = ["x", {"ts": "1.1", "metadata": "x", "blocks": "x"}, {"blocks": ["x"]}, ours | {"ts": None}]
    answers["conversations.history"] = {"ok": True, "messages": [*odd, ours], "response_metadata": "x"}
    notifier = SlackNotifier(client, "https://example.slack.com/", RateLimits(now))
    assert [posted.ts for posted in await notifier.find("C0SECURITY", "uid", now())] == ["1.2"]
    assert await notifier.read("C0SECURITY", "1.2") is not None


async def test_the_channel_is_found_among_what_is_none(client: AsyncWebClient, answers: Answers) -> None:
    found = {"id": "C0SECURITY", "name": "security", "is_member": True}
    answers["users.conversations"] = {"ok": True, "channels": ["x", {"name": "security"}, found]}
    answers["conversations.info"] = {"ok": True, "channel": found}
    assert await security_channel(client, "#security") == "C0SECURITY"


NAMES = {"U0BOB": "Bob Brown", "U0BOBBY": "Bob Smith", CAROL: "Carol"}


@pytest.mark.parametrize("answer", [{"ok": True}, {"ok": True, "ts": "2.2"}, {"ok": True, "messages": None}])
async def test_a_change_or_a_look_that_an_answer_does_not_confirm_is_not_taken_for_done(
    client: AsyncWebClient, answers: Answers, answer: dict[str, Any]
) -> None:
    notifier = SlackNotifier(client, "https://example.slack.com/", RateLimits(now))
    answers |= dict.fromkeys(("chat.update", "chat.delete", "conversations.history"), answer)
    for attempt in (
        notifier.update("C0SECURITY", "1.1", {"text": "Decided"}),
        notifier.delete("C0SECURITY", "1.1"),
        notifier.find("C0SECURITY", "uid", now()),
        notifier.read("C0SECURITY", "1.1"),
    ):
        with pytest.raises(SlackAmbiguous):
            await attempt


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("Bob Brown", ["U0BOB"]),
        ("bob smith", ["U0BOBBY"]),
        ("Bob", ["U0BOB", "U0BOBBY"]),
        ("Carol", [CAROL]),
        ("deploy", [CAROL]),
        ("Car", []),
        ("Brown", []),
        ("", []),
    ],
)
async def test_people_are_found_by_the_names_that_cards_and_the_config_write(
    client: AsyncWebClient, store: Store, typed: str, found: list[str]
) -> None:
    people = [
        Person(name="b1", slack="U0BOB"),
        Person(name="b2", email="bobby@example.com"),
        Person(name="carol", slack=CAROL, names=("deploy",)),
        Person(name="oswaldo", bot=True),
    ]
    keys = {"U0BOB": "user:U0BOB", "U0BOBBY": "email:bobby@example.com", CAROL: f"user:{CAROL}"}
    for slack_id, real_name in NAMES.items():
        answer = {"user": {"id": slack_id, "real_name": real_name}}
        await store.people_cache.put(keys[slack_id], answer, datetime.now(UTC))

    assert await directory(client, store).called(typed, people) == found
