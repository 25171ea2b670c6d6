"""Old and new code side by side: an upgrade through the migrations, a rollback, and the upgrade again.

    python -m tests.trials.overlap [sqlite] [postgresql] [--rate 3] [--seconds 10]

On PostgreSQL two programs of each kind run, under records and clicks that never pause, and are replaced one
at a time, so that each release works beside the other: the old one on tables that it does not know, too. On
SQLite one program is replaced by another. The old release runs in a virtual environment of its own, made of
its own requirements in `build/`.
"""

import argparse
import asyncio
import io
import random
import subprocess
import sys
import tarfile
import time
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from tests.end_to_end.harness import ROOT, Process, write_config
from tests.trials.crowd import Crowd
from tests.trials.stage import START, Kind, Stage, a_stage, read_settings, text_table
from tests.trials.verdict import Verdict, until_quiet, verdict

OLD = "674b65f"
"""The release before: the last commit before the migrations after 0013."""
PAUSE = 2.0
"""Seconds between two replacements."""
PATIENCE = 900.0
"""Seconds until all is told."""
CLICKERS = 2


@dataclass(frozen=True, slots=True)
class Release:
    """Where a release's code is, and the Python that has what it requires."""

    root: Path
    python: str


NEW = Release(ROOT, sys.executable)


def old_release() -> Release:
    """The old release and what it requires, made once; FileNotFoundError in a clone without its commit."""
    folder = ROOT / "build" / f"release-{OLD}"
    made, root, environment = folder / "made", folder / "code", folder / "venv"
    python = str(environment / "bin" / "python")
    if not made.exists():
        packed = subprocess.run(["git", "archive", OLD], cwd=ROOT, capture_output=True, check=False)
        if packed.returncode:
            raise FileNotFoundError(OLD)
        with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as files:
            files.extractall(root, filter="data")
        venv.create(environment, clear=True, with_pip=True)
        install = [python, "-m", "pip", "install", "--quiet", "--require-hashes", "--requirement"]
        subprocess.run([*install, str(root / "requirements.txt")], check=True)
        made.touch()
    return Release(root, python)


def known_to(root: Path, whole: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that a release has: all that its own example shows."""
    example = yaml.safe_load((root / "config.example.yaml").read_text(encoding="utf-8"))
    sections = {name: value for name, value in whole.items() if name in example}
    slack = {name: value for name, value in whole["slack"].items() if name in example["slack"]}
    return sections | {"slack": slack}


async def replace(stage: Stage, program: Process, by: Release) -> None:
    """Stop one program in order, and start it again from other files."""
    whole = read_settings(program.config)
    port = stage.port_of(program)
    ingest = {"ingest": {"host": "127.0.0.1", "port": port}} if port else {}
    write_config(program.config, known_to(by.root, whole | stage.config | ingest))
    status = await program.stop()
    assert status == 0, f"{program.config.stem} ended with {status}"
    program.root, program.python = by.root, by.python
    await program.start(port, START)
    await stage.control.connected(len(stage.workers), timeout=START)


async def run(kind: Kind, *, rate: float, seconds: float, back: bool, seed: int = 9) -> tuple[Verdict, Crowd]:
    """The whole trial, `back` to the old release and up again too.

    Raises FileNotFoundError in a clone without the old release.
    """
    old = await asyncio.to_thread(old_release)
    only = partial(known_to, old.root)
    # A reminder of the old release may list more events than it names, and a busy machine takes long.
    calm = {"remind_after": "6h", "remind_every": "6h"}
    async with a_stage(
        kind, webs=2, workers=2, root=old.root, python=old.python, only=only, reminders=calm
    ) as stage:
        crowd = Crowd(stage, random.Random(seed), rate)  # noqa: S311 (a trial that can be run again)
        crowd.start(clickers=CLICKERS)
        await asyncio.sleep(seconds)
        if kind == "postgresql":
            # The release phase: the tables change under the old programs. On SQLite the start migrates.
            await asyncio.to_thread(migrate, stage)
            await asyncio.sleep(seconds)
        half = len(stage.programs) // 2
        for release in (NEW, old, NEW) if back else (NEW,):
            for number, program in enumerate(reversed(stage.programs)):
                await replace(stage, program, release)
                # Half of them are old and half are new for as long as all of one kind are.
                await asyncio.sleep(seconds if number + 1 == half else PAUSE)
            await asyncio.sleep(seconds)
        await crowd.stop()
        # Slack takes fifty changes of cards a minute, and people have clicked all the time.
        await until_quiet(stage, PATIENCE)
        return await verdict(stage, crowd), crowd


def migrate(stage: Stage) -> None:
    """What `release` of the Procfile does, with the new code."""
    path = write_config(stage.folder / "release.yaml", stage.config)
    subprocess.run([sys.executable, str(ROOT / "bot.py"), "migrate", "--config", str(path)], check=True)


def main() -> int:
    """The exit status: 1 where a promise was broken."""
    parser = argparse.ArgumentParser("overlap", description=__doc__)
    parser.add_argument("kinds", nargs="*", default=["sqlite", "postgresql"], help="sqlite, postgresql")
    parser.add_argument("--rate", type=float, default=3.0, help="records a second")
    parser.add_argument("--seconds", type=float, default=10.0, help="between two rounds of replacements")
    options = parser.parse_args()
    is_kept = True
    for kind in options.kinds:
        began = time.monotonic()
        found, crowd = asyncio.run(run(kind, rate=options.rate, seconds=options.seconds, back=True))
        print(text_table([("counted", f"old and new on {kind}"), *found.lines()]))
        print(f"replaced in three rounds in {time.monotonic() - began:.0f} s, clicks included")
        print(f"requests {crowd.attempts}, refused or broken {crowd.refused}", flush=True)
        is_kept = is_kept and found.is_kept
    return 0 if is_kept else 1


if __name__ == "__main__":
    sys.exit(main())
