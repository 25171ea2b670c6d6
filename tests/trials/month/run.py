"""Runs the month with expectations and without, and says what came of it."""

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from itertools import repeat
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import structlog

from powertrip.domain.statistics import share_up_to
from powertrip.pipeline.report import make_report
from powertrip.store.tables import EventRow, NoticeRow, OccurrenceRow
from tests.trials.month.office import EXPECTATIONS, SECURITY, an_office, slack_id
from tests.trials.month.people import People
from tests.trials.month.script import FIRST_DAY, NAMES, Line, Month
from tests.trials.stage import text_table

TOGETHER = timedelta(seconds=5)
"""Records that come within this time are judged together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of the month."""

    name: str
    questions: Counter[tuple[str, str]]
    """By whoever is asked, and the day."""
    others: Counter[tuple[str, str]]
    """All other messages, likewise."""
    works: Counter[str]
    refused: Counter[str]
    expected: int
    """Events that expectations covered."""
    missed: list[str]
    """Break-ins that nobody was asked about, and that could be told from what was expected."""
    unseen: list[str]
    """Those that could not be told from it, and were not asked about."""
    in_digest: list[str]
    """Those of them whose address stands in the daily digest."""


def run(script: Month, seed: int, at_once: int = 2) -> list[Run]:
    """Run it once for each way to use expectations, as many at the same time."""
    with ProcessPoolExecutor(at_once, initializer=_silence) as processes:
        return list(processes.map(run_one, EXPECTATIONS, repeat(script), repeat(seed)))


def run_one(name: str, script: Month, seed: int) -> Run:
    """One run."""
    return asyncio.run(_run(name, script, seed))


def _silence() -> None:
    # A month has ten thousand lines of what goes well.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


async def _run(name: str, script: Month, seed: int) -> Run:
    with TemporaryDirectory(prefix="powertrip-month-") as folder:
        async with an_office(Path(folder), EXPECTATIONS[name], FIRST_DAY) as office:
            # The same dice for all: what differs is what was asked.
            people = People(office, script, name != "without", Random(seed))  # noqa: S311 (a script)
            for lines in _together(script.lines):
                await office.passes(lines[-1].at + timedelta(seconds=1))
                await office.comes(lines)
            until = FIRST_DAY + timedelta(days=script.days + 1)
            await office.passes(until)
            report = await make_report(office.context, FIRST_DAY, until)
            asked = await office.thread.run(_asked, [line for line in script.lines if line.attack])
            alike = {line.attack: line.address for line in script.lines if line.is_alike}
            unseen = [what for what in alike if what in asked and not asked[what]]
            return Run(
                name=name,
                questions=office.slack.questions,
                others=office.slack.others,
                works=people.works,
                refused=people.refused,
                expected=report.expected,
                missed=[what for what, was in asked.items() if not was and what not in alike],
                unseen=[what or "" for what in unseen],
                in_digest=[
                    what or "" for what in unseen if any(alike[what] in said for said in office.slack.digests)
                ],
            )


def _together(lines: Sequence[Line]) -> list[list[Line]]:
    found: list[list[Line]] = []
    for line in lines:
        if found and line.at - found[-1][0].at < TOGETHER:
            found[-1].append(line)
        else:
            found.append([line])
    return found


def _asked(attacks: Sequence[Line]) -> dict[str, bool]:
    """Whether a message of its own went out about each, as nothing covered it."""
    asked = {}
    for line in attacks:
        at, user, host = line.mark
        found = (
            EventRow.select(EventRow.id)
            .join(OccurrenceRow, on=(OccurrenceRow.event_id == EventRow.id))
            .join(NoticeRow, on=(NoticeRow.event_id == EventRow.id))
            .where(
                (OccurrenceRow.occurred_at == at)
                & (EventRow.user_name == user)
                & (EventRow.host_name == host)
                & EventRow.expected_by.is_null()
            )
        )
        asked[line.attack or ""] = found.exists()
    return asked


def told(script: Month, runs: Sequence[Run]) -> str:
    """The figures as a table, and what is to be said of them."""
    days = [FIRST_DAY + timedelta(days=number) for number in range(script.days)]
    working = [f"{day:%Y-%m-%d}" for day in days if day.weekday() < 5]
    rows: list[list[object]] = [["", *(each.name for each in runs)]]
    people = [_spread([run.questions[slack_id(n), d] for n in NAMES for d in working]) for run in runs]
    rows.append(["questions to a person a working day: p50, p95, most", *people])
    total = [sum(n for (to, _), n in run.questions.items() if to != SECURITY) for run in runs]
    rows.append(["questions to people in the month", *(f"{count:,}" for count in total)])
    channel = [_spread([run.questions[SECURITY, day] for day in working]) for run in runs]
    rows.append(["questions in the security channel a working day: p50, p95, most", *channel])
    notes = [_spread([run.others[SECURITY, day] for day in working]) for run in runs]
    rows.append(["other messages there a working day: p50, p95, most", *notes])
    rows.append(["approved as expected", *(f"{run.expected:,} events" for run in runs)])
    rows += [
        [f"{what}, a working day", *(f"{run.works[what] / len(working):.1f}" for run in runs)]
        for what in ("left out by people", "announced", "confirmed by reviewers")
    ]
    attacks = [line for line in script.lines if line.attack and not line.is_alike]
    asked = [f"{len(attacks) - len(run.missed)} of {len(attacks)}" for run in runs]
    rows.append(["break-ins that were asked about", *asked])
    alike = sum(line.is_alike for line in script.lines)
    rows.append(["those like what is expected", *(f"{alike - len(run.unseen)} of {alike}" for run in runs)])
    seen = [f"{len(run.in_digest)} of {len(run.unseen)}" for run in runs]
    rows.append(["of the rest, named in the digest", *seen])
    count = f"{len(script.lines):,} records, {len(NAMES)} people, {script.days} days"
    said = [count, "", text_table(rows), ""]
    for each in runs:
        said += [f"{each.name}: MISSED {what}" for what in each.missed]
        said += [f"{each.name}: taken for what was expected: {what}" for what in each.unseen]
        said += [f"{each.name}: refused {count} times: {why}" for why, count in each.refused.most_common(6)]
    return "\n".join([*said, ""])


def _spread(counts: Sequence[int]) -> str:
    spread = Counter(counts)
    return f"{share_up_to(spread, 0.5)}, {share_up_to(spread, 0.95)}, {max(counts)}"
