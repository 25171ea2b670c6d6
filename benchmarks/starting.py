"""`bot.py --help`, and a start until `/readyz` says yes, beside loading the same libraries."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.kit import Goal, Measures, Result, Row, Run
from benchmarks.programs import Stage, a_stage, ready_after
from tests.end_to_end.harness import ROOT

BARE = "import typer, rich.console"
LIST = """
import json, sys
import powertrip.cli.running
files = {name: getattr(module, "__file__", None) or "" for name, module in sys.modules.items()}
print(json.dumps([name for name, file in files.items() if "/site-packages/" in file and name[0] != "_"]))
"""
"""What a program that runs has loaded of other people's, in the order in which it was loaded."""
PATIENCE = 120.0


async def measure(run: Run) -> list[Result]:
    """A start is that of `bot.py run`, on a database with tables and a Slack that answers at once."""
    libraries = json.loads(await asyncio.to_thread(_output, ["-c", LIST]))
    if "aiohttp" not in libraries or "peewee" not in libraries:
        raise AssertionError(f"these are not the libraries of a program: {libraries}")
    async with a_stage(run, "sqlite", "starting", metrics={"port": None}) as stage:
        await stage.programs[0].stop()
        sides = {
            "help": _command([str(ROOT / "bot.py"), "--help"], "test-backup"),
            "bare": _command(["-c", BARE]),
            "start": _start(stage),
            "libraries": _command(["-c", f"import {', '.join(libraries)}"]),
        }
        rows = [
            _row("help", "`bot.py --help`", "bare", f'python -c "{BARE}"', 1.5),
            _row("start", "`bot.py run` until /readyz", "libraries", "importing the same libraries", 2.0),
        ]
        return await run.take_turns(sides, rows)


def _row(name: str, what: str, baseline: str, against: str, most: float) -> Row:
    return Row(
        name=f"starting-{name}",
        what=what,
        value=f"{name}.seconds",
        baseline=f"{baseline}.seconds",
        against=against,
        unit="s",
        goal=Goal(at_most=most),
    )


def _output(arguments: Sequence[str]) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=True, timeout=PATIENCE, cwd=ROOT
    )
    return done.stdout


def _command(arguments: Sequence[str], shows: str = "") -> Callable[[int], Any]:
    async def side(_: int) -> Measures:
        began = time.perf_counter()
        output = await asyncio.to_thread(_output, arguments)
        seconds = time.perf_counter() - began
        if shows not in output:
            raise AssertionError(f"{arguments} does not show {shows}")
        return {"seconds": seconds}

    return side


def _start(stage: Stage) -> Callable[[int], Any]:
    async def side(_: int) -> Measures:
        (program,) = stage.programs
        seconds = await ready_after(program, stage.sender)
        if await program.stop():
            raise RuntimeError(program.output.read_text(encoding="utf-8"))
        return {"seconds": seconds}

    return side
