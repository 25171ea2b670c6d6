"""A pipeline announces its own work, where there is no Slack: the worker tells the channel of it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import structlog

from powertrip.domain import announcing
from powertrip.domain.announcing import Week, Wish
from powertrip.domain.expectations import Expectation, ExpectationSection
from powertrip.domain.expected_names import is_of_as
from powertrip.domain.people import Actor, Person, Standing
from powertrip.domain.pipelines import PipelineSection
from powertrip.domain.routing import People
from powertrip.domain.severity import SeverityLists
from powertrip.errors import NotAllowed, Refused
from powertrip.pipeline.expect import week_of
from powertrip.store import Store

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineRequest:
    """What a pipeline, which has proved itself, asks for."""

    pipeline: str
    expectation_id: str
    """Made of what the request names itself by: one that is sent again names the same."""
    person: str
    wish: Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """What became of it."""

    expected: Expectation
    week: Week | None
    """What it would have covered last week; None for what was announced before."""

    @property
    def is_new(self) -> bool:
        return self.week is not None


class AnotherRequest(Refused):
    """What it names itself by was used before, for something else."""


class TooMany(Refused):
    """The person has as many expectations as they may."""


class Unreachable(Refused):
    """The configuration does not say who the person is in Slack, which only a worker can ask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcing:
    """The sections that say what may be announced, as they are in force."""

    section: ExpectationSection
    people: Collection[Person]
    """All who are listed."""
    lists: SeverityLists


async def announce(store: Store, settings: Announcing, request: PipelineRequest, now: datetime) -> Announced:
    """Keep it, once; it stands at once only where no reviewer has to see it first. Raises Refused."""
    name, section = request.pipeline, settings.section
    pipeline = section.pipelines[name]
    if (before := await store.expected_work.get(request.expectation_id)) is not None:
        return _again(before, request)
    setting = f"expectations.pipelines.{name}"
    pipeline.authorise(request.person, request.wish.rule, request.wish.host, setting=setting)
    person, slack_id = _whose(People(settings.people), request.person)
    actor = _as_actor(name, pipeline)
    expected = announcing.announced(
        request.wish,
        person,
        slack_id,
        actor,
        section=section,
        lists=settings.lists,
        expectation_id=request.expectation_id,
        now=now,
    )
    if is_of_as(expected.network):
        raise NotAllowed("An AS is too wide for a pipeline: name the network, or the address, of its runner.")
    if announcing.is_sensitive(expected, settings.lists.sensitive):
        raise NotAllowed("It may cover what severity.sensitive lists. A reviewer announces that, in Slack.")
    week = await week_of(store, expected, person, section, settings.lists, now)
    kept, is_new = await store.expected_work.propose_once(
        expected, confirm_within=section.confirm_within, max_open=section.max_open
    )
    if kept is None:
        most = f"expectations.max_open: {person.name} has {section.max_open} already"
        raise TooMany(f"{most}, and no more may stand at one time. Wait until one is over, or end one.")
    if not is_new:
        return _again(kept, request)
    waits = pipeline.second_person or announcing.needs_second_person(kept, section)
    if not waits and not announcing.is_broad(kept, week):
        confirmed = await store.expected_work.confirm(
            kept.id, actor_id=actor.slack_id, name=actor.name, command="", now=now
        )
        # A denial may have ended it meanwhile.
        kept = confirmed or await store.expected_work.get(kept.id) or kept
    log.info("pipeline announced work", pipeline=name, expectation=kept.id, is_open=kept.is_open)
    return Announced(expected=kept, week=week)


def _as_actor(name: str, pipeline: PipelineSection) -> Actor:
    # Whoever wrote the configuration stands for the owner, until Slack says that they have left.
    return Actor(
        slack_id=pipeline.owner, name=f"the pipeline {name}", standing=Standing.MEMBER, is_reviewer=True
    )


def _whose(people: People, name: str) -> tuple[Person, str | None]:
    person = people.find(name)
    if person is None:
        raise NotAllowed(f"people.{name}: nobody is listed under this name any more.")
    if person.slack is None and not person.bot:
        raise Unreachable(f"people.{name}: write their Slack member id, `slack: U…`, for this to work.")
    return person, person.slack


def _again(before: Expectation, request: PipelineRequest) -> Announced:
    """What was announced by this request before, whatever became of it; nothing is changed."""
    wish = request.wish
    asked = {
        "person": request.person,
        "rule": wish.rule,
        "host": wish.host,
        "network": wish.network,
        "key": wish.key,
        "ticket": wish.ticket,
        "why": wish.kept_why,
    }
    if any(getattr(before, name) != value for name, value in asked.items()):
        raise AnotherRequest("This nonce was used for another request. Make a new one for each.")
    return Announced(expected=before, week=None)
