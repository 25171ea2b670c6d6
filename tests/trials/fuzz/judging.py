"""Records from every source, kept, judged and asked about in a database: each has an end that is known."""

import asyncio
import random
from collections import Counter
from datetime import timedelta
from typing import Any

from peewee import fn

from powertrip.cards import CardView, event_card
from powertrip.domain.bursts import Bursts
from powertrip.domain.event import EventQuery, NoticeKind
from powertrip.domain.heartbeat_section import HeartbeatSection
from powertrip.domain.people import Person
from powertrip.domain.record import Record
from powertrip.domain.reminders import Reminders
from powertrip.domain.routing import People, Reviewers
from powertrip.domain.severity import SeverityLists
from powertrip.domain.sources import RecordVerdict as Verdict
from powertrip.domain.storms import StormSection
from powertrip.errors import BodyTooLarge, Unauthorized, Unreadable
from powertrip.ingest.contract import Preparing
from powertrip.metrics import Metrics
from powertrip.pipeline.judge import judge_waiting
from powertrip.store import Store, inbox
from powertrip.store.database import DatabaseThread
from powertrip.store.tables import InboxRow, OccurrenceRow, QuarantineRow
from tests.cards.reading import objections
from tests.pipeline.contexts import context
from tests.rules.support import rules_of
from tests.samples import ALICE, CAROL, NOW, SECURITY
from tests.sources.hostile import TYPES, in_json, request_of, source_of
from tests.trials.fuzz.dice import mangled, text
from tests.trials.fuzz.polls import check_records
from tests.trials.fuzz.trying import a_database, dice_of, naming

BATCH = 100
"""Records judged together, as a worker does."""
PACKS = (
    *("ssh", "sudo", "su", "doas", "pkexec", "run0", "login", "pam", "dropbear", "okta", "teleport"),
    *("tailscale", "github-webhook", "cloudtrail", "heroku", "aptible"),
)
LINES = (
    "Accepted publickey for {} from 192.0.2.{} port 50000 ssh2",
    "Failed password for invalid user {} from 192.0.2.{} port 50000 ssh2",
    "Invalid user {} from 192.0.2.{} port 50000",
    "{} : TTY=pts/0 ; PWD=/home/{} ; USER=root ; COMMAND=/usr/bin/id",
    "pam_unix(sshd:session): session opened for user {}(uid=0) by {}(uid=0)",
    "(to root) {} on pts/{}",
    "Password auth succeeded for '{}' from 192.0.2.{}:50000",
    "{} {}",
)
VIEW = CardView(kind=NoticeKind.FIRST, audience="channel", command="/powertrip")


def _line(dice: random.Random) -> str:
    """A line of a program's with a hostile name in it, and at times something before or behind it."""
    names = [dice.choice(("alice", "root", str(dice.randrange(255)), text(dice, 3))) for _ in range(2)]
    line = dice.choice(LINES).format(*names)
    if dice.random() < 0.5:
        line = f"{dice.choice(('sshd', 'sudo', 'su', 'dropbear', text(dice, 2)))}[7]: {line}"
    if dice.random() < 0.3:
        line = f"<86>1 2026-01-15T11:59:00Z bastion-{dice.randrange(3)} sshd 1 - - {line}"
    return line if dice.random() < 0.8 else text(dice, 2) + line + text(dice, 2)


async def _records(dice: random.Random) -> tuple[str, list[Record]]:
    """What a source makes of it; none where it refuses the body, which the sender hears of."""
    kind = dice.choice(list(TYPES))
    body = TYPES[kind].wrap(in_json(_line(dice)), dice.randrange(10**9))
    if dice.random() < 0.1:
        body = mangled(dice, body)
    source, request = _SOURCES[kind], request_of(kind, body)
    try:
        if isinstance(source, Preparing):
            await source.prepare(request)
        reading = source.read(request)
    except (BodyTooLarge, Unauthorized, Unreadable) as refusal:
        return f"refused: {type(refusal).__name__}", []
    return "taken" if reading.records else "quarantined in part", reading.records


_SOURCES = {kind: source_of(kind) for kind in TYPES}


def _settings() -> dict[str, Any]:
    return {
        "rules": rules_of("\n".join(f"- use: {pack}" for pack in PACKS)),
        "people": People((Person(name="alice", slack=ALICE),)),
        "policy": (),
        "reminders": Reminders(),
        "heartbeat": HeartbeatSection(),
        "reviewers": Reviewers(users=(CAROL,)),
        "severity": SeverityLists(),
        "also_tell": (),
        "watches": (),
        "expected": {},
        "same_logs": {},
        "numbers_wanted": False,
        "storms": StormSection(),
        "bursts": Bursts(),
        "security_channel": SECURITY,
        "senders": dict.fromkeys(TYPES, ""),
        "watch_of": lambda _source: None,
    }


def judging(cases: int, seed: int) -> Counter[str]:
    """Every record makes or joins an event, is ignored, unmatched or quarantined; Slack takes its card."""
    return asyncio.run(_judging(cases, seed))


async def _judging(cases: int, seed: int) -> Counter[str]:
    outcomes: Counter[str] = Counter()
    for first in range(0, cases, BATCH * 20):
        async with a_database() as thread:
            for start in range(first, min(first + BATCH * 20, cases), BATCH):
                await _batch(range(start, min(start + BATCH, cases)), seed, thread, outcomes)
            outcomes.update(await thread.run(_ends))
    return outcomes


async def _batch(numbers: range, seed: int, thread: DatabaseThread, outcomes: Counter[str]) -> None:
    about: Any = context(Store(thread), lambda: NOW + timedelta(minutes=1), **_SETTINGS)
    ids = iter(f"f{seed}x{numbers.start}x{place}" for place in range(10**6))
    object.__setattr__(about, "new_id", lambda: next(ids))
    object.__setattr__(about, "metrics", Metrics())
    records: list[Record] = []
    for number in numbers:
        with naming(number, seed):
            came_to, made = await _records(dice_of(seed, number))
            check_records(made)
        outcomes[came_to] += 1
        records += made
    with naming(numbers.start, seed, lambda: records[:20]):
        await thread.run(inbox.append, [[record] for record in records])
        while await judge_waiting(about):
            pass
        await thread.run(_check_ends)
        events, _ = await about.store.events.find(EventQuery(limit=BATCH))
        for event in events:
            wrong = objections(event_card(event, VIEW, NOW))
            assert not wrong, f"{wrong} of {event}"


def _ends() -> Counter[str]:
    """How many records of the inbox had which verdict."""
    rows: Any = InboxRow.select(InboxRow.verdict, fn.COUNT(InboxRow.id)).group_by(InboxRow.verdict).tuples()
    return Counter({f"then {verdict}": count for verdict, count in rows})


def _check_ends() -> None:
    """Each record has a verdict, and what the verdict says has come of it."""
    ends = _ends()
    known = {f"then {verdict}" for verdict in (Verdict.MATCH, Verdict.IGNORED, Verdict.QUARANTINE)}
    assert set(ends) <= known | {f"then {Verdict.UNMATCHED}"}, ends
    kept = OccurrenceRow.select().count()
    # The net asks about what reads like an event and no rule took; a repeated record is told of already.
    assert kept == ends[f"then {Verdict.MATCH}"], f"{kept} occurrences of {ends}"
    assert QuarantineRow.select().count() == ends[f"then {Verdict.QUARANTINE}"], ends
    broken = QuarantineRow.select().where(QuarantineRow.reason.startswith("keeping it broke"))
    assert not broken.count(), [(row.reason, row.message[:300]) for row in broken]


_SETTINGS = _settings()
