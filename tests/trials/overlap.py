"""Old and new code side by side: a rolling upgrade through the migrations, a rollback, and the upgrade again.

    python -m tests.trials.overlap [--rate 3] [--seconds 10]

Two programs of each kind run on PostgreSQL, under records and clicks that never pause. They are replaced one
at a time, so that each release works beside the other: the old one on tables that it does not know, too.
"""

import argparse
import asyncio
import io
import random
import subprocess
import sys
import tarfile
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from tests.end_to_end.harness import ROOT, Process, write_config
from tests.trials.crowd import Crowd
from tests.trials.stage import Stage, a_stage, read_settings, text_table
from tests.trials.verdict import Verdict, until_quiet, verdict

OLD = "674b65f"
"""The release before: the last commit before the migrations after 0013."""
PAUSE = 2.0
"""Seconds between two replacements."""
PATIENCE = 900.0
"""Seconds until all is told."""
CLICKERS = 2


def unpack_old(folder: Path) -> bool:
    """The old release's files; False in a clone that has not got that commit."""
    packed = subprocess.run(["git", "archive", OLD], cwd=ROOT, capture_output=True, check=False)
    if packed.returncode:
        return False
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as files:
        files.extractall(folder, filter="data")
    return True


def known_to(root: Path, whole: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that a release has: all that its own example shows."""
    example = yaml.safe_load((root / "config.example.yaml").read_text(encoding="utf-8"))
    return {name: value for name, value in whole.items() if name in example}


async def replace(stage: Stage, program: Process, root: Path) -> None:
    """Stop one program in order, and start it again from other files."""
    whole = read_settings(program.config)
    port = stage.port_of(program)
    ingest = {"ingest": {"host": "127.0.0.1", "port": port}} if port else {}
    write_config(program.config, known_to(root, whole | stage.config | ingest))
    assert await program.stop() == 0
    program.root = root
    await program.start(port)
    await stage.control.connected(len(stage.workers), timeout=60)


async def run(*, rate: float, seconds: float, back: bool, seed: int = 9) -> tuple[Verdict, Crowd]:
    """The whole trial, `back` to the old release and up again too.

    Raises FileNotFoundError in a clone without the old release.
    """
    with TemporaryDirectory(prefix="powertrip-old-") as name:
        old = Path(name)
        if not await asyncio.to_thread(unpack_old, old):
            raise FileNotFoundError(OLD)
        only = partial(known_to, old)
        async with a_stage("postgresql", webs=2, workers=2, root=old, only=only) as stage:
            crowd = Crowd(stage, random.Random(seed), rate)  # noqa: S311 (a trial that can be run again)
            crowd.start(clickers=CLICKERS)
            await asyncio.sleep(seconds)
            # The release phase: the tables change under the old programs.
            first = stage.webs[0].config
            await asyncio.to_thread(migrate, first, stage)
            await asyncio.sleep(seconds)
            for root in (ROOT, old, ROOT) if back else (ROOT,):
                for program in (stage.workers[0], stage.webs[0], stage.webs[1], stage.workers[1]):
                    await replace(stage, program, root)
                    await asyncio.sleep(PAUSE)
                await asyncio.sleep(seconds)
            await crowd.stop()
            # Slack takes fifty changes of cards a minute, and people have clicked all the time.
            await until_quiet(stage, PATIENCE)
            # In a thread: what it starts reaches the database through a proxy that runs here.
            return await asyncio.to_thread(verdict, stage, crowd), crowd


def migrate(config: Path, stage: Stage) -> None:
    """What `release` of the Procfile does, with the new code."""
    path = write_config(config.with_name("release.yaml"), stage.config)
    subprocess.run([sys.executable, str(ROOT / "bot.py"), "migrate", "--config", str(path)], check=True)


def main() -> int:
    """The exit status: 1 where a promise was broken."""
    parser = argparse.ArgumentParser("overlap", description=__doc__)
    parser.add_argument("--rate", type=float, default=3.0, help="records a second")
    parser.add_argument("--seconds", type=float, default=10.0, help="between two rounds of replacements")
    options = parser.parse_args()
    began = time.monotonic()
    found, crowd = asyncio.run(run(rate=options.rate, seconds=options.seconds, back=True))
    print(text_table([("counted", "old and new"), *found.lines()]))
    print(f"12 replacements and the migration in {time.monotonic() - began:.0f} s, clicks included")
    print(f"requests {crowd.attempts}, refused or broken {crowd.refused}")
    return 0 if found.is_kept else 1


if __name__ == "__main__":
    sys.exit(main())
