"""What must not grow with the history: commands in Slack, reminders and their lists, somebody's past."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.histories import BOT_SHARE, leave_all_pending, let_be_due, make, undone
from benchmarks.kit import Goal, Measures, Result, Row, Run, expect
from benchmarks.programs import Stage, a_stage
from powertrip.domain.delivery import DeliveryKind, Posted, Shown
from powertrip.domain.event import NoticeKind
from powertrip.domain.habits import Past
from powertrip.store import Store
from powertrip.store.database import DatabaseThread, open_database
from powertrip.store.habits import past_of_row
from powertrip.store.tables import EventRow
from tests.claiming import take_next
from tests.end_to_end.evidence import until

EVENTS, FEW = 1_000_000, 1_000
DUE = 100
LONG, SHORT = 400, 50
COMMANDS = {"pending": "pending all", "history": "history", "stats": "stats"}
SECURITY, CAROL = "C0SECURITY", "U0CAROL"
PATIENCE = 60.0
LOOK = 0.002


async def measure(run: Run) -> list[Result]:
    """Each figure with a million events beside the same with a thousand."""
    many, few = run.folder / "many.db", run.folder / "few.db"
    count = run.size(EVENTS, 20_000)
    urls = {"many": await make(many, count), "few": await make(few, FEW)}
    ten = run.folder / "ten.db"
    await make(ten, FEW * BOT_SHARE)
    found = await _commands(run, urls, count)
    found += await _pasts(run, many, ten, count)
    for path in (many, few):
        await asyncio.to_thread(leave_all_pending, path)
    return found + await _sweeps(run, many, few)


async def _commands(run: Run, urls: dict[str, str], count: int) -> list[Result]:
    async with (
        a_stage(run, "sqlite", "growth_many", url=urls["many"]) as many,
        a_stage(run, "sqlite", "growth_few", url=urls["few"]) as few,
    ):
        sides, rows = {}, []
        for word, typed in COMMANDS.items():
            sides[word] = _command(many, typed, count)
            sides[f"{word}_few"] = _command(few, typed, FEW)
            what = f"`{typed}` with {count:,} events"
            rows.append(_row(f"growth-{word}", what, f"{word}.ms", f"{word}_few.ms", f"with {FEW:,}", 2.0))
            rows.append(
                Row(
                    name=f"growth-{word}-ms",
                    what=f"{what}, in itself",
                    value=f"{word}.ms",
                    unit="ms",
                    goal=Goal(at_most=500, of_value=True),
                )
            )
        return await run.take_turns(sides, rows)


def _row(name: str, what: str, value: str, baseline: str, against: str, most: float) -> Row:
    return Row(
        name=name,
        what=what,
        value=value,
        baseline=baseline,
        against=against,
        unit="ms",
        goal=Goal(at_most=most),
    )


def _command(stage: Stage, typed: str, count: int) -> Callable[[int], Any]:
    """Types it in Slack, and waits for the answer that only its writer sees."""
    total = {"pending all": f"waiting: {undone(count)}"}.get(typed, f"{count:,} events")

    async def side(_: int) -> Measures:
        world, began = stage.slack.world, time.time()
        typing = asyncio.create_task(stage.control.slash(CAROL, SECURITY, typed))

        def answers() -> list[Any]:
            messages = world.messages.get(SECURITY, [])
            return [each for each in messages if each.ephemeral_to == CAROL and float(each.ts) > began]

        await until(answers, f"answered {typed}", PATIENCE, poll=LOOK)
        answer, outcome = answers()[0], await typing
        sent_at = stage.slack.sockets.envelopes[outcome.envelope_id].sent_at
        said = str(answer.content)
        expect(total in said and "cannot do this" not in said, True, f"whether it is an answer: {said[:500]}")
        return {"ms": (float(answer.ts) - sent_at) * 1000}

    return side


async def _pasts(run: Run, many: Path, few: Path, count: int) -> list[Result]:
    sides = {"many": _past(many, count), "few": _past(few, FEW * BOT_SHARE)}
    what = f"the past of a bot with {count // BOT_SHARE:,} events"
    return await run.take_turns(
        sides, [_row("growth-past", what, "many.ms", "few.ms", f"of one with {FEW:,}", 2.0)]
    )


def _past(path: Path, count: int) -> Callable[[int], Any]:
    newest = f"e{(count - 1) // BOT_SHARE * BOT_SHARE}"

    def read() -> tuple[float, Past]:
        row = EventRow.get_by_id(newest)
        expect(row.user_name, "oswaldo", "whose past it is")
        began = time.perf_counter()
        past = past_of_row(row)
        return time.perf_counter() - began, past

    async def side(_: int) -> Measures:
        thread = DatabaseThread(open_database(f"sqlite:///{path}"))
        await thread.run(read)
        seconds, past = await thread.run(read)
        await thread.close()
        expect(past.host_approved_user is not None, True, "whether somebody was approved on the host")
        return {"ms": seconds * 1000}

    return side


@dataclass(frozen=True, slots=True)
class Reminded:
    """What reminding of some events took, in seconds."""

    sweep: float
    lists: float


async def _sweeps(run: Run, many: Path, few: Path) -> list[Result]:
    due, (long, short) = run.size(DUE, 10), run.size((LONG, SHORT), (40, 5))
    sides = {
        "many": _reminding(many, due, first=0),
        "few": _reminding(few, due, first=0),
        "long": _reminding(few, long, first=DUE),
        "short": _reminding(few, short, first=DUE + LONG),
    }
    what = f"reminder sweep, {due} due of"
    rows = [
        _row(
            "growth-sweep",
            f"{what} {run.size(EVENTS, 20_000):,} pending",
            "many.sweep",
            "few.sweep",
            f"{FEW:,} pending",
            1.5,
        ),
        _row(
            "growth-list",
            f"reserve, claim and keep lists of {long}",
            "long.whole",
            "short.whole",
            f"of {short}",
            9.0,
        ),
    ]
    return await run.take_turns(sides, rows)


def _reminding(path: Path, count: int, first: int) -> Callable[[int], Any]:
    async def side(number: int) -> Measures:
        await asyncio.to_thread(let_be_due, path, first, count)
        thread = DatabaseThread(open_database(f"sqlite:///{path}"))
        try:
            reminded = await _remind(Store(thread), count, f"{first}.{number}")
        finally:
            await thread.close()
        return {"sweep": reminded.sweep * 1000, "whole": (reminded.sweep + reminded.lists) * 1000}

    return side


async def _remind(store: Store, count: int, label: str) -> Reminded:
    """As `remind` does, and then as `send` keeps what Slack took."""
    now = datetime.now(UTC)
    began = time.perf_counter()
    due = await store.events.due_reminders(now, 1000)
    following = [(each, now + timedelta(hours=1)) for each in due]
    reserved = await store.events.reserve_reminders(following, channel=SECURITY, together=5, now=now)
    sweep = time.perf_counter() - began
    expect(reserved, count, "reminders reserved")
    kept = number = 0
    began = time.perf_counter()
    while delivery := await take_next(store, now + timedelta(minutes=1)):
        number += 1
        if delivery.kind is not DeliveryKind.REMINDER:
            await store.deliveries.finish(delivery, now)
            continue
        shown = [
            Shown(event_id=each.event.id, revision=each.event.revision, version=each.version)
            for each in delivery.snapshots
        ]
        where = Posted(channel=SECURITY, ts=f"{label}.{number}")
        await store.notices.posted(delivery, NoticeKind.REMINDER, where, shown, now)
        kept += len(shown)
    lists = time.perf_counter() - began
    expect(kept, count, "events in the lists")
    return Reminded(sweep, lists)
