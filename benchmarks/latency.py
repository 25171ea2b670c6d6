"""From a webhook to `chat.postMessage`, and from a click to `chat.update`, beside what does only that."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from benchmarks.kit import Goal, Measures, Result, Row, Run, expect, percentile
from benchmarks.programs import KINDS, NAMES, Kind, a_bare, a_stage, new_database
from powertrip.cli.demo.workspace import local_slack
from slack_emulator import APP_TOKEN, BOT_TOKEN, SlackEmulator
from slack_emulator.control import Control
from slack_emulator.entities import User
from tests.end_to_end.evidence import until
from tests.end_to_end.harness import Sender, login

PEOPLE = 100
ALONE = 12
"""Records of a round that come one after the other, each when the one before has been told."""
RATE = 100
TOGETHER = 300
"""Records of a round that come RATE a second."""
PATIENCE = 60.0
LOOK = 0.002
HOST = re.compile(r"host-[a-z]+-[0-9]+")
BUSY: dict[str, Any] = {
    # Everybody is asked once a second in their direct messages: what Slack allows, and no person bears.
    "slack": {"channel_interval": "10ms", "posts_per_minute": 100_000, "update_interval": "10ms"},
    "bursts": {"questions": 1_000_000, "list_above": 1_000_000},
    "storms": {"enabled": False},
}


def name_of(number: int) -> str:
    """The user name of one of the people."""
    return f"user{number:03}"


def member(name: str) -> str:
    """Their id in Slack."""
    return f"U0{name.upper()}"


@dataclass
class Side:
    """A program that tells Slack of what is posted to it."""

    slack: SlackEmulator
    control: Control
    sender: Sender

    async def post(self, number: int, label: str) -> str:
        """Post a record about somebody; returns the host in it, by which its message is known."""
        name, host = name_of(number % PEOPLE), f"host-{label}-{number}"
        record = login(name, f"198.51.100.{number % 250}", host, id=f"{label}.{number}")
        # The bare program is told where to, and tells the host by the message.
        await self.sender.post(record | {"to": member(name), "text": f"{name} on {host}"})
        return host

    def told(self) -> dict[str, float]:
        """When Slack was told of each host, by the clock of this process."""
        calls = [call for call in list(self.slack.journal.calls) if call.method == "chat.postMessage"]
        return {
            host: call.at for call in reversed(calls) for host in HOST.findall(str(call.args.get("text")))
        }

    async def until_told(self, hosts: Collection[str]) -> dict[str, float]:
        """When Slack was told of all of these; raises TimeoutError."""
        wanted = set(hosts)
        await until(lambda: wanted <= self.told().keys(), f"told of {len(wanted)}", PATIENCE, poll=LOOK)
        return self.told()

    async def click(self, number: int, host: str) -> float:
        """Approve what somebody was asked about a host; returns the seconds until the message is changed."""
        user = member(name_of(number % PEOPLE))
        channel = self.slack.world.direct_messages(user).id
        message = next(
            each for each in reversed(self.slack.world.messages[channel]) if host in str(each.content)
        )
        pressed = await self.control.press(user, channel, message.ts, action_id="approve")
        if not pressed.acked:
            raise AssertionError(f"the click was not acknowledged: {pressed.error}")
        sent_at = self.slack.sockets.envelopes[pressed.envelope_id].sent_at

        def changed() -> list[float]:
            calls = [call for call in list(self.slack.journal.calls) if call.method == "chat.update"]
            return [call.at for call in calls if call.args.get("ts") == message.ts]

        await until(changed, "the message is changed", PATIENCE, poll=LOOK)
        return changed()[0] - sent_at


async def measure(run: Run) -> list[Result]:
    """Idle on both databases, and under a load on SQLite."""
    found = []
    for kind in KINDS:
        async with _powertrip(run, kind) as program, _bare(run, kind) as bare:
            sides: dict[str, Any] = {"program": _alone(run, program), "bare": _alone(run, bare)}
            rows = _rows(kind, "told", f"webhook until chat.postMessage, idle, {NAMES[kind]}", 5)
            rows += _rows(kind, "changed", f"click until chat.update, {NAMES[kind]}", None)
            if kind == "sqlite":
                sides |= {"busy": _together(run, program), "bare_busy": _together(run, bare)}
                rows += _rows(kind, "busy", f"the same at {RATE}/s over {PEOPLE} channels", 5)
            found += await run.take_turns(sides, rows)
    return found


def _rows(kind: Kind, name: str, what: str, p99: float | None) -> list[Row]:
    sides = ("busy", "bare_busy") if name == "busy" else ("program", "bare")
    against = "a socket, a commit, a call" if name == "changed" else "two bare calls and a commit"
    goals = {"p50": 3.0, "p99": p99}
    return [
        Row(
            name=f"latency-{kind}-{name}-{share}",
            what=f"{what}, {share}",
            value=f"{sides[0]}.{name}_{share}",
            baseline=f"{sides[1]}.{name}_{share}",
            against=against,
            unit="ms",
            goal=Goal(at_most=most) if most is not None else None,
        )
        for share, most in goals.items()
    ]


@asynccontextmanager
async def _powertrip(run: Run, kind: Kind) -> AsyncIterator[Side]:
    people = {name_of(number): {"slack": member(name_of(number))} for number in range(PEOPLE)}
    async with a_stage(run, kind, f"latency_{kind}", people=people, **BUSY) as stage:
        _populate(stage.slack)
        yield Side(stage.slack, stage.control, stage.sender)


@asynccontextmanager
async def _bare(run: Run, kind: Kind) -> AsyncIterator[Side]:
    url = new_database(run, kind, f"bare_{kind}")
    async with (
        local_slack() as slack,
        Control(slack.url) as control,
        aiohttp.ClientSession() as session,
        a_bare(run, "calls", url, slack.api_url, BOT_TOKEN, APP_TOKEN) as port,
    ):
        _populate(slack)
        await control.connected(1)
        yield Side(slack, control, Sender(port, session))


def _populate(slack: SlackEmulator) -> None:
    for number in range(PEOPLE):
        name = name_of(number)
        slack.world.users[member(name)] = User(member(name), name, name.capitalize())


def _alone(run: Run, side: Side) -> Callable[[int], Any]:
    count = run.size(ALONE, 3)

    async def measured(number: int) -> Measures:
        told, changed = [], []
        side.slack.journal.clear()
        for each in range(number * count, (number + 1) * count):
            sent_at = time.time()
            host = await side.post(each, "alone")
            told.append((await side.until_told([host]))[host] - sent_at)
            changed.append(await side.click(each, host))
        return _shares("told", told) | _shares("changed", changed)

    return measured


def _together(run: Run, side: Side) -> Callable[[int], Any]:
    count = run.size(TOGETHER, 50)

    async def measured(number: int) -> Measures:
        side.slack.journal.clear()
        sent_at, posts, began = dict[str, float](), list[asyncio.Task[str]](), time.monotonic()

        async def post(each: int) -> str:
            at = time.time()
            host = await side.post(each, "busy")
            sent_at[host] = at
            return host

        for each in range(count):
            await asyncio.sleep(max(0.0, began + each / RATE - time.monotonic()))
            posts.append(asyncio.create_task(post(number * count + each)))
        hosts = await asyncio.gather(*posts)
        expect(len(set(hosts)), count, "records posted")
        told = await side.until_told(hosts)
        return _shares("busy", [told[host] - sent_at[host] for host in hosts])

    return measured


def _shares(name: str, seconds: Sequence[float]) -> dict[str, float]:
    return {f"{name}_p{share:.0f}": percentile(seconds, share / 100) * 1000 for share in (50, 99)}
