"""The office of that month: Powertrip's own steps on a clock that is moved, and a Slack that only counts."""

import heapq
import itertools
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml

from powertrip.domain.delivery import Posted
from powertrip.domain.event import Event, EventQuery
from powertrip.domain.people import Actor, Person, Standing, Subject, SubjectKind
from powertrip.domain.record import Record
from powertrip.metrics import Metrics
from powertrip.pipeline.context import Context, Signals
from powertrip.pipeline.expectation_watch import ExpectationWatch
from powertrip.pipeline.judge import judge_waiting
from powertrip.pipeline.remind import remind
from powertrip.pipeline.send import send
from powertrip.pipeline.storms import look_after_storms
from powertrip.runtime.shared import new_id
from powertrip.runtime.worker import step_settings
from powertrip.settings import Config, load_config
from powertrip.store import Known, Store, inbox
from powertrip.store.database import DatabaseThread, open_database
from tests.databases import provide_database
from tests.trials.month.script import BACKUP, DEPLOYER, NAMES, REVIEWERS, SENSITIVE, Line

SECURITY = "C0SECURITY"
LOOK_EVERY = timedelta(minutes=10)
"""How often what follows from time alone is looked at while nothing else happens."""
LEASE = timedelta(minutes=1)
UNUSED: Any = None
EXPECTATIONS: dict[str, dict[str, Any]] = {
    "without": {"enabled": False},
    "as it comes": {"enabled": True},
    "second_person: false, max_open: 6": {"enabled": True, "second_person": False, "max_open": 6},
}


def slack_id(name: str) -> str:
    return f"U0{name.upper()}"


def configuration(folder: Path, expectations: dict[str, Any]) -> Config:
    """What a team would write: their people and bots, two packs, and one list of what matters."""
    people: dict[str, Any] = {name: {"slack": slack_id(name)} for name in NAMES}
    people |= {name: {"bot": True, "team": "Platform"} for name in (DEPLOYER, BACKUP)}
    whole = {
        "slack": {"bot_token": "xoxb-of-nobody", "app_token": "xapp-of-nobody", "security_channel": SECURITY},
        "reviewers": {"users": [slack_id(name) for name in REVIEWERS]},
        "people": people,
        "sources": {"syslog": {"type": "json", "secret": "a-secret-that-is-long-enough"}},
        "rules": [{"use": "ssh"}, {"use": "sudo"}],
        "severity": {"sensitive": {"hosts": [SENSITIVE]}},
        "expectations": expectations,
        "database": {"url": f"sqlite:///{folder}/month.db"},
    }
    file = folder / "config.yaml"
    file.write_text(yaml.safe_dump(whole), encoding="utf-8")
    return load_config(file, {})


class Everybody:
    """A directory in which all are members, and three are reviewers."""

    async def subject(self, person: Person | None) -> Subject:
        found = self.known(person)
        assert found is not None
        return found

    def known(self, person: Person | None) -> Subject | None:
        if person is None:
            return Subject(kind=SubjectKind.UNMAPPED)
        if person.bot:
            return Subject(kind=SubjectKind.BOT, name=person.name, team=person.team)
        return Subject(kind=SubjectKind.PERSON, slack_id=person.slack, name=person.name)

    async def actor(self, slack_id: str, _team: str | None, *, needs_group: bool = True) -> Actor:  # noqa: ARG002
        name = slack_id.removeprefix("U0").lower()
        return Actor(
            slack_id=slack_id,
            name=name.title(),
            standing=Standing.MEMBER,
            is_reviewer=name in REVIEWERS,
        )

    async def viewer(self, slack_id: str) -> Actor:
        return await self.actor(slack_id, None)

    async def current_id(self, slack_id: str) -> str | None:
        return slack_id

    async def names(self, slack_id: str, people: Sequence[Person]) -> list[str]:
        return [person.name for person in people if person.slack == slack_id]

    async def called(self, _name: str, _people: Sequence[Person]) -> list[str]:
        return []


@dataclass
class Counting:
    """A Slack that takes everything, and counts the questions and the other messages by reader and day."""

    clock: Callable[[], datetime]
    questions: Counter[tuple[str, str]] = field(default_factory=Counter)
    others: Counter[tuple[str, str]] = field(default_factory=Counter)
    digests: list[str] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    async def post(self, conversation: str, message: dict[str, Any], _uid: str) -> Posted:
        key, said = (conversation, f"{self.clock():%Y-%m-%d}"), json.dumps(message)
        (self.questions if '"approve' in said or "decide_storm" in said else self.others)[key] += 1
        if "Trusted without asking" in said:
            self.digests.append(str(message["text"]))
        channel = conversation.replace("U0", "D0", 1) if conversation.startswith("U") else conversation
        return Posted(channel=channel, ts=f"{self.clock().timestamp():.0f}.{next(self._numbers):06}")

    async def find(self, _conversation: str, _uid: str, _since: datetime) -> list[Posted]:
        return []

    async def read(self, _channel: str, _ts: str) -> str | None:
        return None

    async def update(self, channel: str, ts: str, message: dict[str, Any]) -> None:
        """Nobody is notified of a change."""

    async def delete(self, channel: str, ts: str) -> None:
        """Nor of that."""

    async def reopen(self, member: str) -> str:
        return member.replace("U0", "D0", 1)

    def link(self, channel: str, ts: str) -> str | None:
        return f"https://example.slack.com/archives/{channel}/p{ts}"


Act = Callable[[], Awaitable[None]]


@dataclass
class Office:
    """Everything between a record and the people's answers."""

    context: Context
    thread: DatabaseThread
    slack: Counting
    now: datetime
    on_asked: Callable[[Event], None] = UNUSED
    """What somebody does who is asked about an event."""
    _due: list[tuple[datetime, int, Act]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _asked: set[str] = field(default_factory=set)
    _looked_at: datetime | None = None
    _watch: ExpectationWatch = UNUSED

    def at(self, moment: datetime, act: Act) -> None:
        """Have something done then."""
        heapq.heappush(self._due, (max(moment, self.now), next(self._numbers), act))

    async def passes(self, until: datetime) -> None:
        """Let time pass, and do what is due."""
        while self.now < until:
            following = min(until, self.now + LOOK_EVERY, *(due for due, _, _ in self._due[:1]))
            self.now = max(self.now, following)
            while self._due and self._due[0][0] <= self.now:
                await heapq.heappop(self._due)[2]()
                await self._deliver()
            await self._look()

    async def comes(self, lines: Sequence[Line]) -> None:
        """Records arrive."""
        records = [
            Record(
                source="syslog",
                record_id=f"{line.at.timestamp():.0f}-{line.user}-{line.host}-{line.program}-{number}",
                message=line.message,
                raw=line.message,
                received_at=self.now,
                occurred_at=line.at,
                host_name=line.host,
                program=line.program,
            )
            for number, line in enumerate(lines)
        ]
        await self.thread.run(inbox.append, [records])
        while await judge_waiting(self.context):
            pass
        await self._deliver()

    async def _look(self) -> None:
        if self._looked_at is not None and self.now - self._looked_at < LOOK_EVERY:
            return
        self._looked_at = self.now
        await remind(self.context)
        await look_after_storms(self.context)
        await self._watch.look()
        await self._deliver()

    async def _deliver(self) -> None:
        settings, store = self.context.settings, self.context.store
        known = Known(
            lambda name: self.context.directory.known(settings.people.find(name)), SECURITY, settings.bursts
        )
        while taken := await store.deliveries.take_several(
            self.context.clock, LEASE, 16, posts_per_minute=100_000, known=known
        ):
            for delivery in taken:
                await send(self.context, delivery)
            await store.deliveries.leave([(each, timedelta()) for each in taken], self.context.clock)
        found, _ = await store.events.find(EventQuery(open_only=True, limit=1_000))
        for event in found:
            if event.id not in self._asked:
                self._asked.add(event.id)
                self.on_asked(event)


@asynccontextmanager
async def an_office(folder: Path, expectations: dict[str, Any], now: datetime) -> AsyncIterator[Office]:
    """Powertrip as it is configured there, on a database of its own."""
    config = configuration(folder, expectations)
    url = config.database.url.get_secret_value()
    provide_database(url)
    opened: Any = open_database(url)
    # Nothing of it has to survive a loss of power, and a month takes many thousand commits.
    opened.pragma("synchronous", 0, permanent=True)
    thread = DatabaseThread(opened)
    office: Office

    def clock() -> datetime:
        return office.now

    slack = Counting(clock)
    settings = step_settings(config, SECURITY, told=())
    enrichment = config.enrichment.start(Store(thread).enrichment_cache, Metrics(), clock)
    context = Context(
        store=Store(thread),
        notifier=slack,
        directory=Everybody(),
        enrichment=enrichment,
        origins={},
        metrics=Metrics(),
        clock=clock,
        new_id=new_id,
        live_settings=lambda: settings,
        live_backup=lambda: SimpleNamespace(names=()),
        signals=Signals(),
    )
    office = Office(context, thread, slack, now)
    office._watch = ExpectationWatch(context)
    try:
        yield office
    finally:
        await enrichment.close()
        await thread.close()
