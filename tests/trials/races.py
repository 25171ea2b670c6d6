"""Fifty reviewers press a button on each of a thousand cards, before one web program and two workers.

    python -m tests.trials.races --reviewers 50 --events 1000

Each event is decided once, by somebody who clicked, and every click is answered; else the status is 1.
"""

import argparse
import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from slack_emulator.entities import User
from tests.end_to_end.evidence import until
from tests.end_to_end.harness import login
from tests.trials.crowd import SECURITY, Click, Crowd, deciding_buttons
from tests.trials.stage import Stage, a_stage, text_table
from tests.trials.verdict import Verdict, until_quiet, verdict

BATCH = 10
"""Records in one request, and events that wait for their cards at most: no list is made of so few."""
PATIENCE = 600.0


@dataclass
class Race:
    """What became of the clicks."""

    acknowledged_after: list[float] = field(default_factory=list)
    """Seconds."""
    unacknowledged: Counter[str] = field(default_factory=Counter)
    """By what Slack tells the person."""
    unanswered: int = 0
    seconds: float = 0.0


async def run(*, reviewers: int, events: int, seed: int = 9) -> tuple[Verdict, Race]:
    """One whole trial."""
    chance = random.Random(seed)  # noqa: S311 (a trial that can be run again)
    async with a_stage("postgresql", webs=1, workers=2) as stage:
        people = _review(stage, reviewers)
        crowd, race = Crowd(stage, chance, rate=1.0), Race()
        began = time.monotonic()
        cards: list[tuple[str, str]] = []
        pressing = [asyncio.create_task(_find_cards(stage, cards, events))]
        pressing += [
            asyncio.create_task(_press_all(stage, crowd, race, who, cards, events)) for who in people
        ]
        for first in range(0, events, BATCH):
            await _ask(stage, crowd, range(first, min(first + BATCH, events)))
        await asyncio.gather(*pressing)
        race.seconds = time.monotonic() - began
        await until_quiet(stage, PATIENCE)
        answered = Counter(m.ephemeral_to for m in stage.slack.world.messages[SECURITY] if m.ephemeral_to)
        clicked = Counter(click.user for click in crowd.clicks if click.acked)
        race.unanswered = sum((clicked - answered).values())
        return await verdict(stage, crowd), race


def _review(stage: Stage, count: int) -> list[str]:
    people = [f"U0REVIEWER{number:02}" for number in range(count)]
    world = stage.slack.world
    for member in people:
        world.users[member] = User(member, member.lower(), member.capitalize())
    world.channels[SECURITY].members += people
    world.usergroups["S0SECURITY"].users += people
    return people


async def _ask(stage: Stage, crowd: Crowd, numbers: range) -> None:
    # Each of another bot, so that nothing folds and nothing is a storm.
    records = [login(f"bot{n}", f"198.51.100.{n % 250}", f"host-{n}", id=str(n)) for n in numbers]
    await stage.senders[0].post(*records)
    crowd.acknowledged |= dict.fromkeys(map(str, numbers), time.monotonic())
    sql = "SELECT count(*) FROM notice WHERE kind = 'first'"
    await until(lambda: stage.evidence.number(sql) >= numbers.stop, "cards for all", PATIENCE)


async def _find_cards(stage: Stage, cards: list[tuple[str, str]], events: int) -> None:
    """Note each card of the channel as it comes, once for all who press: its ts and its button's value."""
    found: set[str] = set()
    looked_at = 0
    while len(found) < events:
        messages = stage.slack.world.messages.get(SECURITY, [])[looked_at:]
        looked_at += len(messages)
        for message in messages:
            if message.ephemeral_to is not None:
                continue
            buttons = {button["value"]: button for button in deciding_buttons(message)}
            # A card that others decided meanwhile has lost its buttons; these clients have not heard of it.
            for earlier in message.earlier:
                message_before = type(message)(message.channel, message.ts, message.user, earlier)
                buttons |= {button["value"]: button for button in deciding_buttons(message_before)}
            for value in buttons:
                if value.split(".")[0] not in found:
                    found.add(value.split(".")[0])
                    cards.append((message.ts, value))
        await asyncio.sleep(0.1)


async def _press_all(
    stage: Stage, crowd: Crowd, race: Race, who: str, cards: Sequence[tuple[str, str]], events: int
) -> None:
    """Press one button on each card as it comes, whether others have already or not."""
    for number in range(events):
        await until(lambda: len(cards) > number, "the next card", PATIENCE, poll=0.1)  # noqa: B023 (used at once)
        await _press(stage, crowd, race, who, *cards[number])


async def _press(stage: Stage, crowd: Crowd, race: Race, who: str, ts: str, value: str) -> None:
    action = crowd.chance.choice(["approve", "deny"])
    at = time.time()
    outcome = await stage.control.press(who, SECURITY, ts, action_id=action, value=value, stale=True)
    crowd.clicks.append(Click(value.split(".", maxsplit=1)[0], who, action, outcome.acked, at))
    if outcome.seconds is not None:
        race.acknowledged_after.append(outcome.seconds)
    if outcome.error:
        race.unacknowledged[outcome.error] += 1


def main() -> int:
    """The exit status: 1 where a promise was broken."""
    parser = argparse.ArgumentParser("races", description=__doc__)
    parser.add_argument("--reviewers", type=int, default=50)
    parser.add_argument("--events", type=int, default=1000)
    options = parser.parse_args()
    found, race = asyncio.run(run(reviewers=options.reviewers, events=options.events))
    print(text_table([("counted", "postgresql"), *found.lines(), ("clicks unanswered", race.unanswered)]))
    waits = sorted(race.acknowledged_after)
    median, most = (waits[len(waits) * part // 100] for part in (50, 99))
    not_acknowledged = ", ".join(f"{count} {error}" for error, count in race.unacknowledged.items()) or "none"
    print(f"{len(waits)} clicks in {race.seconds:.0f} s; not acknowledged: {not_acknowledged}")
    print(f"acknowledged after {median:.2f} s (median), {most:.2f} s (99 of 100), {waits[-1]:.2f} s (most)")
    return 0 if found.is_kept and not race.unanswered else 1


if __name__ == "__main__":
    sys.exit(main())
