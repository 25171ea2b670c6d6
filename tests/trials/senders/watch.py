"""Looks at programs from a process that does nothing else, while they are attacked."""

import contextlib
import json
import select
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from http.client import HTTPConnection, HTTPException

EVERY = 0.02
"""Seconds between two questions."""


@dataclass
class Watched:
    """What was seen."""

    memory: dict[str, int] = field(default_factory=dict)
    """The most that each process had, in MiB, by its id."""
    longest: float = 0.0
    """Seconds that /healthz took at the longest."""
    own: float = 0.0
    """Seconds by which this process was late itself at the longest: so busy was the machine with others."""


def memory_of(pid: int) -> int:
    """What a process has in memory now, in MiB."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmRSS"))


def watch(port: int, pids: Sequence[int]) -> None:
    """Ask for /healthz until standard input ends; print what was seen."""
    watched = Watched()
    print("looking", flush=True)
    while True:
        slept = time.monotonic()
        if select.select([sys.stdin], [], [], EVERY)[0]:
            break
        began = time.monotonic()
        watched.own = max(watched.own, began - slept - EVERY)
        # A connection that is refused is an answer too, and as quick as the loop is.
        with contextlib.suppress(OSError, HTTPException), closing(HTTPConnection("127.0.0.1", port)) as asked:
            asked.request("GET", "/healthz")
            asked.getresponse().read()
        watched.longest = max(watched.longest, time.monotonic() - began)
        for pid in pids:
            with contextlib.suppress(OSError):
                watched.memory[str(pid)] = max(memory_of(pid), watched.memory.get(str(pid), 0))
    print(json.dumps(asdict(watched)))


@dataclass(frozen=True, slots=True)
class Ticks:
    """What the processors did since the start of the machine, in their ticks."""

    busy: int
    all: int

    @classmethod
    def now(cls) -> "Ticks":
        """Up to now."""
        with open("/proc/stat", encoding="ascii") as stat:
            # user, nice, system, idle, waiting for disks, ...
            numbers = [int(part) for part in stat.readline().split()[1:9]]
        return cls(busy=sum(numbers) - numbers[3] - numbers[4], all=sum(numbers))

    def since(self, before: "Ticks") -> "Ticks":
        """What was done in between."""
        return Ticks(busy=self.busy - before.busy, all=self.all - before.all)
