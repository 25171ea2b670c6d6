"""Whether one sender, or a stranger, can knock out the rest: each attack on the real program.

By hand: `python -m tests.trials.senders [--database postgresql] [NAME ...]`, by the beginnings of names. All
stays on loopback. Attacker, observer and Powertrip are processes of their own. The table says of each attack
what was sent and answered; what became of a neighbour's logins, one a second; the longest answer of /healthz
that the observer had (it waits for the processor itself, so beside it stands by how much it was late); for
how long the event loop looked at nothing as the program measured it, and how much of that it worked; the most
memory; and how much of the machine others had.
"""

import argparse
import asyncio
import contextlib
import json
import os
import re
import resource
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.end_to_end.harness import BEARER, SECRET, STATE_TOKEN, free_port, login
from tests.trials.senders.attacks import ATTACKER, ATTACKS, LOKI, SIGNED, attack, what_is_sent
from tests.trials.senders.watch import Ticks, Watched, watch
from tests.trials.stage import Kind, Stage, a_stage, name_of, text_table

TARGET_MEBIBYTES, TARGET_MILLISECONDS = 300, 250
NEIGHBOUR = "vault"
MOST = 140
"""Logins of the neighbour: so many people are theirs, whom no attack names."""
PATIENCE = 120.0
"""Seconds that the neighbour's cards are waited for after the attack."""
ME = (sys.executable, "-m", "tests.trials.senders")
AS_USUAL: dict[str, Any] = {"storms": {"enabled": True}, "bursts": {"questions": 10, "list_above": 20}}
"""What the harness of other tests turns off, for they ask more of one person than anybody is asked."""
HEAD = (
    *("attack", "sent", "answers", "neighbour: accepted within s", "asked about within s"),
    *("longest /healthz, ms", "observer late, ms", "longest stall, ms", "of it work, ms"),
    *("most memory, MiB", "others' share of the machine"),
)


@dataclass
class Neighbour:
    """Whoever sends beside the attacker: a login a second, each of another person from another address."""

    stage: Stage
    sent_at: dict[str, float] = field(default_factory=dict)
    """When each was first sent, by its address."""
    accepted_after: dict[str, float] = field(default_factory=dict)
    asked_after: dict[str, float] = field(default_factory=dict)

    async def send_until(self, ended: asyncio.Event) -> None:
        """Send until the attack is over, and one more then."""
        looking = asyncio.create_task(self._look())
        is_last = False
        while not is_last and len(self.sent_at) < MOST:
            is_last = ended.is_set()
            number = len(self.sent_at) + 1
            await self._send(f"198.51.100.{number}", number)
            await asyncio.sleep(1.0)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while len(self.asked_after) < len(self.sent_at):  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
        looking.cancel()

    async def _send(self, address: str, number: int) -> None:
        began = time.monotonic()
        self.sent_at.setdefault(address, began)
        body = json.dumps([login(name_of(60 + number % MOST), address)]).encode()
        url = f"{self.stage.senders[0].url}/ingest/{NEIGHBOUR}"
        async with asyncio.timeout(PATIENCE):
            while True:
                async with self.stage.session.post(url, data=body, headers=BEARER) as answer:
                    if answer.status == 200:
                        break
                await asyncio.sleep(0.5)
        self.accepted_after[address] = time.monotonic() - began

    async def _look(self) -> None:
        seen: dict[str, int] = {}
        while True:
            for channel, messages in list(self.stage.slack.world.messages.items()):
                for message in messages[seen.get(channel, 0) :]:
                    self._note(message.content.text, float(message.ts))
                seen[channel] = len(messages)
            await asyncio.sleep(0.1)

    def _note(self, text: str, at: float) -> None:
        for address in re.findall(r"198\.51\.100\.\d+", text.replace("\u2060", "")):
            if address in self.sent_at:
                began = self.sent_at[address] - time.monotonic() + time.time()
                self.asked_after.setdefault(address, at - began)

    def told(self) -> list[str]:
        """Of how many, and within how many seconds."""
        of = len(self.sent_at)
        return [
            f"{len(found)}/{of}: {max(found.values(), default=-1):.1f}"
            for found in (self.accepted_after, self.asked_after)
        ]


def sources() -> dict[str, Any]:
    """One that is in bad hands, one of a neighbour, one whose sender signs, and Loki's."""
    plain = {name: {"type": "json", "secret": SECRET} for name in (ATTACKER, NEIGHBOUR)}
    signed = {"type": "pam", "secret": SECRET}
    return {**plain, SIGNED: signed, LOKI: {"type": "loki", "secret": SECRET}}


@asynccontextmanager
async def watched(stage: Stage, watched: Watched) -> AsyncIterator[None]:
    """Look at memory and at /healthz until the block ends."""
    pids = [str(program.process.pid) for program in stage.programs if program.process is not None]
    looking = await asyncio.create_subprocess_exec(
        *(*ME, "--watch", _port(stage), *pids),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert looking.stdout is not None
    # An attack may be over before a process has begun.
    await looking.stdout.readline()
    try:
        yield
    finally:
        said, _ = await looking.communicate(b"")
        vars(watched).update(json.loads(said))


async def _stalls(stage: Stage, worker_port: int | None) -> dict[str, float]:
    """The longest stall of any program until now, in seconds, by clock."""
    longest: dict[str, float] = {"wall": 0.0, "processor": 0.0}
    own = [] if worker_port is None else [f"http://127.0.0.1:{worker_port}"]
    for url in (stage.senders[0].url, *own):
        async with stage.session.get(
            f"{url}/metrics", headers={"Authorization": f"Bearer {STATE_TOKEN}"}
        ) as answer:
            text = await answer.text()
        for clock, seconds in re.findall(r'event_loop_longest_stall_seconds{clock="(\w+)"} (\S+)', text):
            longest[clock] = max(longest[clock], float(seconds))
    return longest


def _port(stage: Stage) -> str:
    return stage.senders[0].url.rsplit(":", 1)[1]


async def _attack(stage: Stage, name: str) -> str:
    """Carry it out in a process of its own; returns what was answered."""
    attacking = await asyncio.create_subprocess_exec(
        *(*ME, "--attack", _port(stage), name), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await attacking.communicate()
    answers = json.loads(said or '{"the attacker broke": 1}')
    told = ", ".join(f"{answer}: {count}" for answer, count in sorted(answers.items()))
    return told + await _approve_the_first(stage) if name == "equal logins" else told


async def _approve_the_first(stage: Stage) -> str:
    """Decide on what the first card showed alone, so that all that joined has to be split off."""
    event = stage.evidence.column("SELECT id FROM event ORDER BY occurrences DESC LIMIT 1")[0]
    began = time.monotonic()
    await stage.control.slash("U0CAROL", "C0SECURITY", f"approve {event}.1")
    async with asyncio.timeout(PATIENCE):
        while not stage.evidence.column("SELECT id FROM event WHERE status != 'pending'"):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return f"; approving the first of them took {time.monotonic() - began:.1f} s"


def _worked() -> float:
    """Seconds of the processor of this process and of all that it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(part.ru_utime + part.ru_stime for part in used)


async def run(name: str, kind: Kind) -> tuple[bool, list[object]]:
    """Try one attack on a program of its own; returns whether all targets were met, and its row."""
    seen, worker_port = Watched(), None if kind == "sqlite" else free_port()
    ticks, worked = Ticks.now(), _worked()
    metrics = {"token": STATE_TOKEN, "port": None, "worker_port": worker_port}
    async with a_stage(kind, webs=1, workers=1, sources=sources(), metrics=metrics, **AS_USUAL) as stage:
        neighbour, ended = Neighbour(stage), asyncio.Event()
        async with watched(stage, seen):
            sending = asyncio.create_task(neighbour.send_until(ended))
            answers = await _attack(stage, name)
            ended.set()
            await sending
        stalls = await _stalls(stage, worker_port)
        memory = [
            seen.memory.get(str(program.process.pid), 0) for program in stage.programs if program.process
        ]
    passed = Ticks.now().since(ticks)
    others = passed.busy - (_worked() - worked) * os.sysconf("SC_CLK_TCK")
    is_held = max(memory) < TARGET_MEBIBYTES and stalls["processor"] * 1000 < TARGET_MILLISECONDS
    return is_held, [
        *(name, what_is_sent(name), answers, *neighbour.told()),
        *(
            f"{seconds * 1000:.0f}"
            for seconds in (seen.longest, seen.own, stalls["wall"], stalls["processor"])
        ),
        *(" + ".join(map(str, memory)), f"{max(0.0, others) / passed.all:.0%}"),
    ]


def main() -> int:
    """The exit status: 1 where a target was missed."""
    parser = argparse.ArgumentParser("senders", description=__doc__)
    parser.add_argument("names", nargs="*", help="how the names of those to try begin")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--watch", nargs="+", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--attack", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.watch:
        watch(options.watch[0], options.watch[1:])
        return 0
    if options.attack:
        print(json.dumps(asyncio.run(attack(options.attack[1], int(options.attack[0])))))
        return 0
    rows: list[list[object]] = [list(HEAD)]
    is_held = True
    for name in ATTACKS:
        if options.names and not name.startswith(tuple(options.names)):
            continue
        try:
            is_well, row = asyncio.run(run(name, options.database))
        except Exception as error:  # noqa: BLE001 (the row says so, and the others are tried all the same)
            is_well, row = False, [name, what_is_sent(name), f"broke: {error!r}", *["?"] * (len(HEAD) - 3)]
        is_held &= is_well
        rows.append(row)
        print(text_table([rows[0], row]), flush=True)
    print(text_table(rows))
    print(f"{os.cpu_count()} processors; targets: {TARGET_MEBIBYTES} MiB, {TARGET_MILLISECONDS} ms of work")
    return 0 if is_held else 1


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
