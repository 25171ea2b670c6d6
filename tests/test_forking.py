"""A process that is forked is one of its own: its arguments, variables, outputs, status, signals and end."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from tests.end_to_end.evidence import until
from tests.forking import Forked, can_fork, forked

pytestmark = pytest.mark.skipif(not can_fork(), reason="this machine does not tell of the end of processes")

SPEAKS = """
import atexit, os, sys
atexit.register(print, "at its end")
print(sys.argv[1:], dict(os.environ), __name__, sys.stdin.read(), flush=True)
print("an error", file=sys.stderr)
sys.exit(3)
"""
WAITS = "import signal; signal.pause()"


async def started(folder: Path, text: str, *arguments: str) -> tuple[Forked, Path]:
    script, said = folder / "script.py", folder / "said"
    script.write_text(text)
    with said.open("wb") as output:
        return await forked([str(script), *arguments], {"LANG": "C"}, output), said


async def test_it_runs_as_a_program_that_is_started(tmp_path: Path) -> None:
    process, said = await started(tmp_path, SPEAKS, "one", "two")
    assert await process.wait() == process.returncode == 3
    assert said.read_text() == "['one', 'two'] {'LANG': 'C'} __main__ \nan error\nat its end\n"
    with pytest.raises(ProcessLookupError):
        process.send_signal(signal.SIGTERM)


async def test_what_a_program_fails_of_is_told_and_its_status_says_so(tmp_path: Path) -> None:
    process, said = await started(tmp_path, "raise KeyError('lost')")
    assert await process.wait() == 1
    assert said.read_text().endswith("KeyError: 'lost'\n")


async def test_a_signal_ends_it_and_is_its_status(tmp_path: Path) -> None:
    first, _ = await started(tmp_path, WAITS)
    second, _ = await started(tmp_path, WAITS)
    assert len({first.pid, second.pid, os.getpid()}) == 3
    first.send_signal(signal.SIGKILL)
    assert await first.wait() == -signal.SIGKILL
    assert second.returncode is None
    second.send_signal(signal.SIGTERM)
    assert await second.wait() == -signal.SIGTERM


def test_it_does_not_outlive_the_test(tmp_path: Path) -> None:
    async def leave() -> int:
        process, _ = await started(tmp_path, WAITS)
        return process.pid

    def is_gone() -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        return False

    pid = asyncio.run(leave())
    asyncio.run(until(is_gone, "it is gone"))
