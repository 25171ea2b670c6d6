"""Storms: thousands of events in a minute, and what matters among them, at Slack's published rates.

    python -m tests.trials.storms {events,names,bot,neighbours} [--count N] [--seconds S] [--picture FILE]

`events`: logins of different strangers; `names`: sign-ins that fail for invented names, from one address;
`bot`: logins of one bot; `neighbours`: logins of fifty people, by another source, none like another. After
them come one event of high severity, and a login of Alice's.
"""

import argparse
import asyncio
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from powertrip.domain.bursts import Bursts
from powertrip.domain.storms import StormSection
from slack_emulator.entities import Message
from tests.end_to_end.harness import BEARER, SECRET, login
from tests.trials.stage import Kind, Stage, a_stage, name_of, text_table

SECURITY, CAROL = "C0SECURITY", "U0CAROL"
CALLS_A_MINUTE = 30
HIGH_WITHIN, OWN_WITHIN = 10.0, 5.0
"""Seconds until the card of high severity, and Alice's own, are there."""
PATIENCE = 400.0
MINUTE = 60.0
BATCH = 0.5
"""Seconds between two posts of a shipper."""
WIDTH, HEIGHT = 1280, 2400

NEIGHBOURS, NEIGHBOUR = "neighbours", "neighbours"
"""The storm, and the source that its records come from."""

CONFIG: dict[str, Any] = {
    "people": {
        "alice": {"slack": "U0ALICE"},
        "oswaldo": {"bot": True, "team": "Platform"},
        **{name_of(number): {"slack": f"U0{name_of(number).upper()}"} for number in range(50)},
    },
    "sources": {
        NEIGHBOUR: {"type": "json", "secret": SECRET, "keys": {"id": "id"}},
    },
    "rules": [{"use": "ssh"}, {"use": "okta"}],
    "severity": {"sensitive": {"hosts": ["vault-1"]}},
    # What is so by default, and what Slack publishes, which the harness of other tests overrides.
    "storms": StormSection().model_dump(mode="json", include={"enabled"}),
    "bursts": Bursts().model_dump(mode="json", include={"questions", "list_above"}),
    "slack": {"channel_interval": "1s", "posts_per_minute": 240, "update_interval": "1200ms"},
}


def _stranger(number: int) -> dict[str, Any]:
    host, user = f"host-{number % 40}", f"stranger{number}"
    return login(user, f"198.51.100.{number % 250}", host, id=f"storm-{number}")


def _guess(number: int) -> dict[str, Any]:
    return {
        "id": f"storm-{number}",
        "uuid": str(number),
        "eventType": "user.session.start",
        "outcome": {"result": "FAILURE", "reason": "INVALID_CREDENTIALS"},
        "actor": {"alternateId": f"name{number}@example.com", "displayName": f"Name {number}"},
        "client": {"ipAddress": "198.51.100.7", "userAgent": {"rawUserAgent": f"client {number}"}},
    }


def _bot(number: int) -> dict[str, Any]:
    return login("oswaldo", "198.51.100.9", "build-1", id=f"storm-{number}")


def _neighbour(number: int) -> dict[str, Any]:
    # Each by a key of its own, so that none is like another.
    record = login(name_of(number % 50), f"198.51.100.{number % 250}", f"host-{number % 40}")
    fingerprint = f"{number:043}"
    return record | {"id": f"storm-{number}", "message": record["message"].replace("k" * 43, fingerprint)}


STORMS: dict[str, tuple[Callable[[int], dict[str, Any]], int, float]] = {
    "events": (_stranger, 2_000, MINUTE),
    "names": (_guess, 150, 15.0),
    "bot": (_bot, 10_000, MINUTE),
    NEIGHBOURS: (_neighbour, 5_000, 20.0),
}
"""The records of each, how many, and in how many seconds."""


@dataclass(frozen=True, slots=True)
class Found:
    """What came of a storm."""

    storm: str
    records: int
    events: int
    events_asked: int
    messages_in_channel: int
    high_after: float
    own_after: float
    calls: dict[str, int]
    """By method."""
    most_calls_a_minute: int
    refused: int
    all_asked_after: float
    """Seconds from the last record until every event was asked about."""

    def broken(self) -> list[str]:
        """The promises that were not kept."""
        limits = {
            "high_after": HIGH_WITHIN,
            "own_after": OWN_WITHIN,
            "most_calls_a_minute": CALLS_A_MINUTE,
            "refused": 0,
        }
        if self.storm == NEIGHBOURS:
            # Fifty people are asked, each in a channel of their own.
            del limits["most_calls_a_minute"]
        broken = [name for name, most in limits.items() if getattr(self, name) > most]
        return broken + (["events_asked"] if self.events_asked < self.events else [])


async def run(
    storm: str,
    *,
    kind: Kind = "sqlite",
    count: int | None = None,
    seconds: float | None = None,
    picture: Path | None = None,
) -> Found:
    """Let one storm happen, and count what came of it."""
    record, usual, length = STORMS[storm]
    count, seconds = count or usual, seconds or length
    async with a_stage(kind, **CONFIG) as stage:
        stage.slack.rates.strict = True
        began = time.time()
        source = NEIGHBOUR if storm == NEIGHBOURS else "syslog"
        await _ship(stage, [record(number) for number in range(count)], seconds, source)
        ended = time.time()
        await _post(stage, [login("mallory", "203.0.113.5", "vault-1", id="high")])
        await _post(stage, [login("alice", "192.0.2.10", "bastion-1", id="own")])
        high = await _seen(stage, SECURITY, "vault-1")
        own = await _seen(stage, "D0ALICE", "bastion-1")
        asked = "SELECT count(DISTINCT event_id) FROM notice WHERE kind = 'first'"
        number = stage.evidence.number
        while number(asked) < number("SELECT count(*) FROM event") or number(
            "SELECT count(*) FROM inbox WHERE judged_at IS NULL"
        ):
            if time.time() - ended > PATIENCE:
                break
            await asyncio.sleep(0.2)
        all_asked = time.time()
        if picture is not None:
            await _picture(stage, picture)
        calls = [call for call in list(stage.slack.journal.calls) if call.at >= began]
        return Found(
            storm=storm,
            records=count + 2,
            events=number("SELECT count(*) FROM event"),
            events_asked=number(asked),
            messages_in_channel=len(_messages(stage, SECURITY)),
            high_after=round(float(high.ts) - ended, 1),
            own_after=round(float(own.ts) - ended, 1),
            calls=dict(Counter(call.method for call in calls)),
            most_calls_a_minute=_most_within(MINUTE, [call.at for call in calls]),
            refused=sum(call.status == 429 for call in calls),
            all_asked_after=round(all_asked - ended, 1),
        )


async def _post(stage: Stage, records: list[dict[str, Any]], source: str = "syslog") -> None:
    await stage.senders[0].post(*records, source=source, headers=BEARER)


async def _ship(stage: Stage, records: list[dict[str, Any]], seconds: float, source: str) -> None:
    """Post the records evenly over these seconds."""
    rounds = max(1, round(seconds / BATCH))
    began = time.monotonic()
    for turn in range(rounds):
        part = records[turn * len(records) // rounds : (turn + 1) * len(records) // rounds]
        if part:
            await _post(stage, part, source)
        await asyncio.sleep(max(0.0, began + (turn + 1) * BATCH - time.monotonic()))


def _messages(stage: Stage, channel: str) -> list[Message]:
    found = stage.slack.world.messages.get(channel, [])
    return [message for message in found if not message.deleted and message.ephemeral_to is None]


async def _seen(stage: Stage, channel: str, words: str) -> Message:
    """The first message of a channel that shows the words; raises TimeoutError."""
    async with asyncio.timeout(PATIENCE):
        while True:
            for message in _messages(stage, channel):
                if words in message.content.text:
                    return message
            await asyncio.sleep(0.05)


def _most_within(seconds: float, moments: list[float]) -> int:
    """The most of the moments that lie within so many seconds."""
    return max((sum(begin <= at < begin + seconds for at in moments) for begin in moments), default=0)


async def _picture(stage: Stage, path: Path) -> None:
    from tests.system.browser import Desk, running_browser  # noqa: PLC0415 (only where a browser is)

    async with running_browser() as browser:
        desk = await Desk.of(browser, stage.slack.url, CAROL, width=WIDTH, height=HEIGHT)
        await desk.look_at(SECURITY)
        await desk.picture(path)


def main() -> int:
    """The exit status: 1 where a promise was broken."""
    parser = argparse.ArgumentParser("storms", description=__doc__)
    parser.add_argument("storm", choices=list(STORMS))
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--count", type=int)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--picture", type=Path)
    options = parser.parse_args()
    found = asyncio.run(
        run(
            options.storm,
            kind=options.database,
            count=options.count,
            seconds=options.seconds,
            picture=options.picture,
        )
    )
    rows: list[tuple[object, object]] = [("counted", options.database)]
    rows += [(name.replace("_", " "), getattr(found, name)) for name in Found.__slots__]
    print(text_table(rows))
    print("broken:", ", ".join(found.broken()) or "nothing")
    return 1 if found.broken() else 0


if __name__ == "__main__":
    sys.exit(main())
