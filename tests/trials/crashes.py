"""The crash matrix: real programs, killed at random and at each named step, under records and clicks.

    python -m tests.trials.crashes sqlite --kills 200 --seed 9
    python -m tests.trials.crashes postgresql --kills 200 --seed 9

SQLite is one program; PostgreSQL two web programs and three workers. Ends with status 1 where a promise was
broken.
"""

import argparse
import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from slack_emulator.faults import RESPONSE_URL, FaultKind
from tests.end_to_end.evidence import until
from tests.end_to_end.harness import Process
from tests.trials.crowd import LOOK, Crowd
from tests.trials.stage import Kind, Stage, a_stage, has_ended, text_table
from tests.trials.verdict import Verdict, until_quiet, verdict

RATE = {"sqlite": 3.0, "postgresql": 4.0}
STEP_COMES = 12.0
"""Seconds in which a step is waited for; then the kill is at random after all."""
HELD = 60.0
REST = 2.0
"""Seconds between two kills at most, so that there is always something half done."""

Step = Callable[["Killer"], Awaitable[list[Process]]]
"""Waits until a step is under way, and returns the programs to kill."""


class Killer:
    """Kills programs and starts them again, one kill after the other."""

    def __init__(self, stage: Stage, crowd: Crowd, chance: random.Random) -> None:
        self.stage, self.crowd, self.chance = stage, crowd, chance
        self.kills: Counter[str] = Counter()
        self.missed: Counter[str] = Counter()
        self.killed = 0
        self.statuses: Counter[int] = Counter()
        """Exit statuses of programs that were asked to end."""
        self.start_seconds: list[float] = []

    async def kill(self, name: str, step: Step) -> None:
        """Wait for one step, kill who is at it, and start them again."""
        try:
            async with asyncio.timeout(STEP_COMES):
                victims = await step(self)
        except TimeoutError:
            self.missed[name] += 1
            victims = [self.chance.choice(self.stage.programs)]
        if name in ("asked to end", "all restarted in turn"):
            await self._end_orderly(victims)
        else:
            await asyncio.gather(*(victim.kill() for victim in victims))
            self.killed += len(victims)
        self.kills[name] += 1
        await self.stage.control.clear_faults()
        await self.stage.control.release()
        began = time.monotonic()
        if name == "while it starts":
            await self._kill_the_starting(victims)
        await asyncio.gather(*(self.stage.start(victim) for victim in victims if has_ended(victim)))
        self.start_seconds.append(time.monotonic() - began)

    async def _end_orderly(self, victims: Sequence[Process]) -> None:
        # In turn, each with its successor in place before the next, as platforms roll a release out.
        for victim in victims:
            self.statuses[await victim.stop()] += 1
            if len(victims) > 1:
                await self.stage.start(victim)

    async def _kill_the_starting(self, victims: Sequence[Process]) -> None:
        for victim in victims:
            await victim.start()
            await asyncio.sleep(self.chance.uniform(0.1, 3.0))
            await victim.kill()
            self.killed += 1


async def _at_random(killer: Killer) -> list[Process]:
    await asyncio.sleep(killer.chance.uniform(0, REST))
    programs = killer.stage.programs
    return killer.chance.sample(programs, min(len(programs), killer.chance.choice([1, 1, 1, 2, 3])))


async def _everything(killer: Killer) -> list[Process]:
    await asyncio.sleep(killer.chance.uniform(0, REST))
    return killer.stage.programs


def _workers(killer: Killer) -> list[Process]:
    # Which of them is at the step is not known: mostly all go, sometimes one.
    workers = killer.stage.workers
    return workers if killer.chance.random() < 0.7 else [killer.chance.choice(workers)]


def _in_call(method: str, *, taken: bool) -> Step:
    kind: FaultKind = "delay" if taken else "drop_before"

    async def step(killer: Killer) -> list[Process]:
        journal = killer.stage.slack.journal
        before = journal.counts[method]
        await killer.stage.control.fault(method, kind, delay=HELD)
        await _until(lambda: journal.counts[method] > before)
        # Time for what is done before the answer, where there is to be one.
        await asyncio.sleep(0.05)
        return _workers(killer)

    return step


def _after_line(words: str) -> Step:
    async def step(killer: Killer) -> list[Process]:
        programs = killer.stage.programs
        ends = {program: program.output.stat().st_size for program in programs}

        def at_it() -> list[Process]:
            return [program for program in programs if words in _since(program.output, ends[program])]

        await _until(at_it)
        return at_it()

    return step


async def _until(condition: Callable[[], object]) -> None:
    # Often: a kill is to hit the very step.
    await until(condition, "the step", STEP_COMES, poll=0.002)


def _since(file: Path, offset: int) -> str:
    with file.open("rb") as log:
        log.seek(offset)
        return log.read().decode("utf-8", "replace")


async def _with_a_request(killer: Killer) -> list[Process]:
    before = killer.crowd.attempts
    await _until(lambda: killer.crowd.attempts > before)
    await asyncio.sleep(killer.chance.uniform(0, 0.01))
    return [killer.chance.choice(killer.stage.webs)]


async def _right_after_a_click(killer: Killer) -> list[Process]:
    while await killer.crowd.click_once() is None:  # noqa: ASYNC110 (there may be nothing to click on yet)
        await asyncio.sleep(LOOK)
    return _workers(killer)


async def _during_a_click(killer: Killer) -> list[Process]:
    clicking = asyncio.create_task(killer.crowd.click_once())
    await asyncio.sleep(killer.chance.uniform(0, 0.03))
    killer.crowd.background.add(clicking)
    clicking.add_done_callback(killer.crowd.background.discard)
    return _workers(killer)


async def _answering(killer: Killer) -> list[Process]:
    # The second of two clicks at once comes late, and is told so.
    counts = killer.stage.slack.journal.counts
    before = counts[RESPONSE_URL]
    while counts[RESPONSE_URL] == before:
        if await killer.crowd.click_once(times=2) is None:
            await asyncio.sleep(LOOK)
    return _workers(killer)


STEPS: dict[str, Step] = {
    "at random": _at_random,
    "all at once": _everything,
    "while it starts": _at_random,
    "asked to end": _at_random,
    "all restarted in turn": _everything,
    "a request under way": _with_a_request,
    "records judged": _after_line("records judged"),
    "users.info asked": _in_call("users.info", taken=False),
    "conversations.open asked": _in_call("conversations.open", taken=False),
    "post not taken": _in_call("chat.postMessage", taken=False),
    "post taken, unanswered": _in_call("chat.postMessage", taken=True),
    "message posted": _after_line("message posted"),
    "history asked": _in_call("conversations.history", taken=False),
    "a click under way": _during_a_click,
    "a click acknowledged": _right_after_a_click,
    "event decided": _after_line("event decided"),
    "update not taken": _in_call("chat.update", taken=False),
    "update taken, unanswered": _in_call("chat.update", taken=True),
    "answer to a click": _answering,
}


async def run(
    kind: Kind, *, kills: int, seed: int, rate: float, names: Sequence[str] = tuple(STEPS)
) -> tuple[Verdict, Killer, Crowd]:
    """One whole trial; every second kill is at random, the others go through the named steps in turn."""
    chance = random.Random(seed)  # noqa: S311 (a trial that can be run again)
    async with a_stage(kind) as stage:
        crowd = Crowd(stage, chance, rate)
        killer = Killer(stage, crowd, chance)
        crowd.start()
        for number in range(kills):
            name = names[(number // 2) % len(names)] if number % 2 else "at random"
            await killer.kill(name, STEPS[name])
        await stage.start_all()
        await crowd.stop()
        await until_quiet(stage)
        return await verdict(stage, crowd), killer, crowd


def main() -> int:
    """The exit status: 1 where a promise was broken."""
    parser = argparse.ArgumentParser("crashes", description=__doc__)
    parser.add_argument("database", choices=["sqlite", "postgresql"])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=9)
    parser.add_argument("--rate", type=float, default=None, help="records a second")
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=list(STEPS), help="all if not named")
    options = parser.parse_args()
    began = time.monotonic()
    rate = options.rate or RATE[options.database]
    found, killer, crowd = asyncio.run(
        run(options.database, kills=options.kills, seed=options.seed, rate=rate, names=options.steps)
    )
    rows: list[tuple[object, ...]] = [("kills at", "number", "of them at random, for the step did not come")]
    rows += [(name, count, killer.missed[name]) for name, count in killer.kills.items()]
    print(text_table(rows))
    print(text_table([("counted", options.database), *found.lines()]))
    starts = sorted(killer.start_seconds)
    print(
        f"{sum(killer.kills.values())} kills ({killer.killed} programs) in {time.monotonic() - began:.0f} s"
    )
    print(f"start after a kill: median {starts[len(starts) // 2]:.1f} s, most {starts[-1]:.1f} s")
    print(f"requests {crowd.attempts}, refused or broken {crowd.refused}; exits {dict(killer.statuses)}")
    return 0 if found.is_kept else 1


if __name__ == "__main__":
    sys.exit(main())
