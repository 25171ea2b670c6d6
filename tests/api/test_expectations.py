"""Pipelines announce their work: who may, what is refused and how, and that nothing is announced twice."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from pydantic import ValidationError

from powertrip.api.expectations import BODY_LIMIT, PATH, PER_MINUTE, WINDOW, ExpectationApi
from powertrip.domain.expectations import ExpectationSection
from powertrip.domain.people import Person
from powertrip.domain.pipelines import PipelineSection
from powertrip.domain.severity import Listed, SeverityLists
from powertrip.pipeline.pipelines import Announcing
from powertrip.store import Store
from powertrip.store.database import DatabaseThread
from tests.api.signing import NAME, PIPELINE_SECRET, body_of, signed
from tests.conftest import Clock
from tests.databases import new_database
from tests.samples import ALICE, CAROL, SECURITY, later
from tests.store.busy import faults

DEPLOY: dict[str, Any] = {
    "secret": PIPELINE_SECRET,
    "owner": CAROL,
    "announces_for": ["oswaldo", "alice", "bob"],
    "rules": ["ssh_*"],
    "hosts": ["web-*", "vault-*"],
    "second_person": False,
}
PEOPLE = [
    Person(name="oswaldo", bot=True),
    Person(name="alice", slack=ALICE),
    Person(name="bob", email="bob@example.com"),
    Person(name="dave", slack="U0DAVE"),
]


@pytest.fixture(params=["sqlite"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """What is asked here is the same on both databases."""
    return new_database(request, tmp_path)


class Pipeline:
    """Announces, and says what it was answered."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store, self.clock = store, clock
        self.settings = self.with_settings()
        self.url, self.session = "", None
        self._session: Any = None

    def with_settings(self, deploy: dict[str, Any] | None = None, **section: Any) -> Announcing:
        """The configuration with changes; it is in force from the next request on."""
        pipelines = {NAME: PipelineSection(**(DEPLOY | (deploy or {})))}
        lists = SeverityLists(sensitive=Listed(hosts=("vault-1",)))
        whole: dict[str, Any] = {"enabled": True, "pipelines": pipelines} | section
        self.settings = Announcing(section=ExpectationSection(**whole), people=PEOPLE, lists=lists)
        return self.settings

    async def post(self, body: bytes, headers: dict[str, str] | None = None) -> tuple[int, dict[str, Any]]:
        """Status and JSON."""
        sent = signed(body, self.clock()) if headers is None else headers
        async with self._session.post(self.url, data=body, headers=sent) as answer:
            return answer.status, await answer.json()

    async def announce(self, nonce: str = "nonce-of-request-1", **work: Any) -> tuple[int, dict[str, Any]]:
        body = body_of(**work)
        return await self.post(body, signed(body, self.clock(), nonce=nonce))


@pytest.fixture
async def pipeline(store: Store, clock: Clock) -> AsyncIterator[Pipeline]:
    """A pipeline, and the half of Powertrip that has no Slack."""
    made, app = Pipeline(store, clock), web.Application()
    ExpectationApi(
        store=lambda: store,
        settings=lambda: made.settings,
        rules=lambda: ["ssh_login", "ssh_stranger", "sudo_command"],
        clock=clock,
    ).add_to(app)
    async with TestServer(app) as server, ClientSession() as session:
        made.url, made._session = str(server.make_url(PATH)), session
        yield made


async def test_its_work_stands_at_once_where_no_second_person_is_asked_for(
    pipeline: Pipeline, store: Store, database_thread: DatabaseThread
) -> None:
    status, said = await pipeline.announce(network="192.0.2.7", lasts="30m", uses=5)
    assert (status, said["state"]) == (201, "stands")
    (kept,) = await store.expected_work.standing()
    assert (kept.person, kept.rule, kept.host) == ("oswaldo", "ssh_login", "web-1")
    assert kept.network == "192.0.2.7/32"
    assert (kept.created_by, kept.created_name, kept.max_uses) == (CAROL, "the pipeline deploy", 5)
    assert kept.until - kept.starts_at == timedelta(minutes=30)
    assert kept.is_open
    # A program is nobody's second person.
    assert not kept.has_second_person
    assert await faults(database_thread) == {}


@pytest.mark.parametrize(
    ("deploy", "work"),
    [({"second_person": True}, {}), ({}, {"rule": "ssh_*"})],
    ids=["a second person", "a broad one"],
)
async def test_it_waits_for_a_reviewer_where_one_has_to_see_it_first(
    pipeline: Pipeline, store: Store, deploy: dict[str, Any], work: dict[str, Any]
) -> None:
    pipeline.with_settings(deploy)
    status, said = await pipeline.announce(**work)
    assert (status, said["state"], said["last_week"]["records"]) == (201, "waits", 0)
    assert said["confirm_before"] == "2026-01-15T13:00:00.000000Z"
    (kept,) = await store.expected_work.standing()
    assert not kept.is_open


async def test_a_request_that_is_sent_again_changes_nothing(pipeline: Pipeline, store: Store) -> None:
    _, first = await pipeline.announce()
    await store.expected_work.end(first["id"], actor_id=CAROL, why="ended by Carol", now=later(minutes=1))
    pipeline.clock.forward(minutes=2)
    # Nor does it ask anew whether that may be announced: it is told what became of it.
    pipeline.with_settings({"announces_for": ["alice"]})
    status, again = await pipeline.announce()
    pipeline.with_settings()
    assert (status, again["id"], again["state"]) == (200, first["id"], "over")
    assert await store.expected_work.standing() == []
    assert (await pipeline.announce(host="web-2"))[0] == 409
    status, other = await pipeline.announce("nonce-of-request-2")
    assert (status, other["state"]) == (201, "stands")


async def test_a_captured_request_is_worth_nothing_after_a_quarter_of_an_hour(pipeline: Pipeline) -> None:
    body = body_of()
    captured = signed(body, pipeline.clock())
    pipeline.clock.forward(seconds=WINDOW.total_seconds() + 1)
    status, said = await pipeline.post(body, captured)
    assert status == 401
    assert "901 s behind" in said["error"]


UNSIGNED = {
    "another secret": {"secret": "another-secret-0815"},
    "a name that nobody has": {"name": "nobody"},
    "no secret, of a name that nobody has": {"name": "nobody", "secret": ""},
    "no name": {"name": ""},
    "a nonce that is too short": {"nonce": "short"},
}


@pytest.mark.parametrize("changes", UNSIGNED.values(), ids=UNSIGNED.keys())
async def test_who_does_not_know_the_secret_is_told_no_more_than_that(
    pipeline: Pipeline, store: Store, changes: dict[str, str]
) -> None:
    body = body_of()
    status, _ = await pipeline.post(body, signed(body, pipeline.clock(), **changes))
    assert status == 401
    status, _ = await pipeline.post(body_of(host="web-2"), signed(body, pipeline.clock()))
    assert status == 401
    assert await store.expected_work.standing() == []


REFUSED = {
    "somebody else's work": (403, {"person": "dave"}, "pipelines.deploy.announces_for"),
    "another rule": (403, {"rule": "sudo_command"}, "pipelines.deploy.rules"),
    "more rules than it may": (403, {"rule": "s*"}, "pipelines.deploy.rules"),
    "other hosts": (403, {"host": "db-1"}, "pipelines.deploy.hosts"),
    "more hosts than it may": (403, {"host": "*-1"}, "pipelines.deploy.hosts"),
    "what is sensitive": (403, {"host": "vault-*"}, "severity.sensitive"),
    "somebody whom only Slack knows": (409, {"person": "bob"}, "people.bob"),
    "too long": (422, {"lasts": "9h"}, "too long"),
    "no time": (422, {"lasts": "soon"}, "lasts"),
    "the past": (422, {"begins": "2026-01-15T11:00:00Z"}, "for the past"),
    "too far ahead": (422, {"begins": "2026-01-25T12:00:00Z"}, "too far ahead"),
    "a time without a zone": (422, {"begins": "2026-01-16T12:00:00"}, "begins"),
    "too severe": (422, {"severity": "high"}, "above medium"),
    "too many records": (422, {"uses": 201}, "200 records"),
    "no reason": (422, {"why": None}, "why"),
    "a blank reason": (422, {"why": "  "}, "Say why"),
    "a rule that is none": (422, {"rule": "ssh_lgoin"}, "did you mean"),
    "a network that is none": (422, {"network": "office"}, "network"),
    "a field that is none": (422, {"hosts": "web-1"}, "hosts"),
    "a number as text": (422, {"uses": "5"}, "uses"),
}


@pytest.mark.parametrize(("status", "work", "names"), REFUSED.values(), ids=REFUSED.keys())
async def test_what_it_may_not_announce_is_refused_and_the_answer_says_what_is_in_the_way(
    pipeline: Pipeline, store: Store, status: int, work: dict[str, Any], names: str
) -> None:
    answered, said = await pipeline.announce(**work)
    assert (answered, names in said["error"]) == (status, True), said
    assert await store.expected_work.standing() == []


async def test_its_owners_own_work_waits_for_another_as_if_they_had_announced_it(pipeline: Pipeline) -> None:
    assert (await pipeline.announce(person="alice"))[1]["state"] == "stands"
    pipeline.with_settings(deploy={"owner": ALICE})

    assert (await pipeline.announce("nonce-of-request-2", person="alice"))[1]["state"] == "waits"


async def test_two_pipelines_that_use_one_nonce_announce_two(pipeline: Pipeline, store: Store) -> None:
    other = "another-secret-0815-0815-0815-0815"
    await pipeline.announce()
    pipeline.with_settings(deploy={"secret": other})
    body = body_of()

    assert (await pipeline.post(body, signed(body, pipeline.clock(), secret=other)))[0] == 201
    assert len(await store.expected_work.standing()) == 2


@pytest.mark.parametrize("pattern", ["web-?", "web-[0-9]", ""])
def test_a_pattern_that_fits_a_star_by_something_else_is_none(pattern: str) -> None:
    with pytest.raises(ValidationError, match="is no name"):
        PipelineSection(**(DEPLOY | {"hosts": [pattern]}))


async def test_an_as_is_too_wide_for_a_pipeline_wherever_people_may_name_one(pipeline: Pipeline) -> None:
    pipeline.with_settings(network="as")
    status, said = await pipeline.announce(network="AS64500")
    assert (status, "too wide for a pipeline" in said["error"]) == (403, True)


async def test_it_names_a_ticket_where_each_has_to(pipeline: Pipeline, store: Store) -> None:
    pipeline.with_settings(ticket="CHG-[0-9]+")
    status, said = await pipeline.announce(ticket="none")
    assert (status, said["setting"]) == (422, "expectations.ticket")
    assert (await pipeline.announce(ticket="CHG-7"))[0] == 201
    assert [kept.reason for kept in await store.expected_work.standing()] == ["CHG-7: release 7"]


async def test_nothing_is_announced_where_expectations_are_off_or_no_pipeline_is_known(
    pipeline: Pipeline,
) -> None:
    pipeline.with_settings(enabled=False)
    status, said = await pipeline.announce()
    assert (status, said["setting"]) == (409, "expectations.enabled")
    section = ExpectationSection(enabled=True)
    pipeline.settings = replace(pipeline.settings, section=section)
    async with pipeline._session.post(pipeline.url, data=b"{}") as answer:
        assert answer.status == 404


async def test_a_person_has_no_more_of_them_than_anybody(pipeline: Pipeline) -> None:
    answers = [await pipeline.announce(f"nonce-of-request-{number}") for number in range(4)]
    assert [status for status, _ in answers] == [201, 201, 201, 409]
    assert "expectations.max_open" in answers[-1][1]["error"]


async def test_more_than_a_pipeline_sends_in_a_minute_is_put_off_and_strangers_use_up_nothing(
    pipeline: Pipeline,
) -> None:
    body = body_of()
    for _ in range(PER_MINUTE + 5):
        await pipeline.post(body, signed(body, pipeline.clock(), secret="another-secret-0815"))
    statuses = [(await pipeline.announce())[0] for _ in range(PER_MINUTE + 1)]
    assert statuses == [201] + [200] * (PER_MINUTE - 1) + [429]
    pipeline.clock.forward(minutes=1)
    assert (await pipeline.announce())[0] == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b"{", 400),
        (b"[" * BODY_LIMIT, 400),
        (b"\xff", 400),
        (b" " * (BODY_LIMIT + 1), 413),
    ],
)
async def test_what_is_no_request_is_answered_as_such(pipeline: Pipeline, body: bytes, status: int) -> None:
    assert (await pipeline.post(body))[0] == status


async def test_the_channel_is_told_once_by_whichever_worker_looks_first(
    pipeline: Pipeline, store: Store
) -> None:
    _, said = await pipeline.announce()
    (untold,) = await store.expected_work.untold(later(seconds=5))
    assert untold.id == said["id"]
    told = [
        await store.expected_work.tell(
            said["id"], channel=SECURITY, command="/powertrip", week=None, now=later(seconds=5)
        )
        for _ in range(2)
    ]
    assert told == [1, 0]
    assert await store.expected_work.untold(later(seconds=6)) == []
