"""Counts what came of a trial: what was acknowledged, against the database and the local Slack."""

import asyncio
import json
import re
import subprocess
import sys
from collections import Counter
from dataclasses import asdict, dataclass, fields

from slack_emulator.entities import Message
from tests.end_to_end.evidence import until
from tests.end_to_end.harness import ROOT
from tests.trials.crowd import Crowd, deciding_buttons
from tests.trials.stage import Stage

QUIET = 600.0
"""Seconds that a trial's end may take until everything is judged and told, also on a busy machine."""
ANSWERED_WITHIN = 10.0
"""Seconds after a click in which a private answer counts as the one to it."""
NAMED = 5
"""Messages that lie of which all that is known is printed."""
OPEN = ("pending", "half_approved")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Each field but those of the first group is zero where every promise was kept."""

    acknowledged: int
    events: int
    messages: int
    decisions: int
    clicks: int
    clicks_acknowledged: int

    lost: int
    """Acknowledged records that made no occurrence."""
    unjudged: int
    judged_twice: int
    never_asked: int
    """Events that no message that stands shows."""
    asked_twice: int
    """Events with two live first notices."""
    messages_twice: int
    """Ids of deliveries that two live messages bear."""
    messages_unknown: int
    """Live messages that offer a decision and that the database does not know."""
    decided_twice: int
    decided_by_nobody: int
    """Decisions by somebody who pressed no such button."""
    copies_that_lie: int
    """Live messages that offer to decide what is decided, or that hide what is open."""
    clicks_without_a_word: int
    """Acknowledged clicks on events that are still open, of which their clicker heard nothing."""
    history_broken: int

    @property
    def is_kept(self) -> bool:
        """Whether every promise was kept."""
        return not any(self.broken().values())

    def broken(self) -> dict[str, int]:
        """What is counted against the promises, by name."""
        names = [each.name for each in fields(self)]
        return {name: getattr(self, name) for name in names[names.index("lost") :]}

    def lines(self) -> list[tuple[str, int]]:
        """All counts, by name."""
        return [(each.name.replace("_", " "), getattr(self, each.name)) for each in fields(self)]


async def until_quiet(stage: Stage, patience: float = QUIET) -> None:
    """Wait until everything is judged and told; raises TimeoutError."""
    await until(stage.evidence.is_idle, "everything judged and told", patience)


async def until_settled(stage: Stage, patience: float = QUIET) -> None:
    """Wait until nobody looks any more for what lost calls may have done late; raises TimeoutError."""
    looked_for = "SELECT count(*) FROM delivery WHERE state = 'waiting' AND kind = 'settle'"
    await until(
        lambda: stage.evidence.is_idle() and not stage.evidence.number(looked_for),
        "what came late put right",
        patience,
        poll=1.0,
    )


async def verdict(stage: Stage, crowd: Crowd) -> Verdict:
    """What came of it, once all is quiet; ends the programs.

    What one of them posts while this counts, such as a reminder, would be in the database and not yet in
    what was read of Slack.
    """
    for program in stage.programs:
        await program.stop()
    # In a thread: what it starts reaches the database through a proxy that runs here.
    return await asyncio.to_thread(_counted, stage, crowd)


def _counted(stage: Stage, crowd: Crowd) -> Verdict:
    rows, number = stage.evidence.rows, stage.evidence.number
    occurrences = Counter(row[0] for row in rows("SELECT record_id FROM occurrence"))
    statuses = dict(rows("SELECT id, status FROM event"))
    shown = Counter(
        row[0] for row in rows("SELECT event_id FROM notice WHERE kind = 'first' AND removed_at IS NULL")
    )
    by_storm = (
        "SELECT event.id FROM event JOIN storm_message ON storm_message.storm_id = event.storm_id "
        "WHERE storm_apart IS NULL AND kind = 'first' AND removed_at IS NULL"
    )
    asked = shown.keys() | {row[0] for row in rows(by_storm)}
    live = [
        message
        for messages in stage.slack.world.messages.values()
        for message in messages
        if not message.deleted and message.ephemeral_to is None
    ]
    uids = Counter(m.metadata["event_payload"]["id"] for m in live if m.metadata)
    known = set(rows("SELECT channel, ts FROM notice UNION SELECT channel, ts FROM storm_message"))
    decisions = rows("SELECT event_id, actor_id, verdict FROM decision")
    presses = {(click.event_id, click.user, click.action) for click in crowd.clicks}
    return Verdict(
        acknowledged=len(crowd.acknowledged),
        events=len(statuses),
        messages=len(live),
        decisions=len(decisions),
        clicks=len(crowd.clicks),
        clicks_acknowledged=sum(click.acked for click in crowd.clicks),
        lost=len(crowd.acknowledged.keys() - occurrences.keys()),
        unjudged=number("SELECT count(*) FROM inbox WHERE judged_at IS NULL"),
        judged_twice=sum(count > 1 for count in occurrences.values()),
        never_asked=len(statuses.keys() - asked),
        asked_twice=sum(count > 1 for count in shown.values()),
        messages_twice=sum(count > 1 for count in uids.values()),
        messages_unknown=sum(bool(deciding_buttons(m)) and (m.channel, m.ts) not in known for m in live),
        decided_twice=sum(count > 1 for count in Counter(row[0] for row in decisions).values()),
        decided_by_nobody=sum(row not in presses for row in decisions),
        copies_that_lie=_lies(stage, live, statuses),
        clicks_without_a_word=_unanswered(stage, crowd, statuses),
        history_broken=int(not _history_is_whole(stage)),
    )


_MORE = re.compile(r"and ([\d,]+) more: ")


def _lies(stage: Stage, live: list[Message], statuses: dict[str, str]) -> int:
    offered = {(m.channel, m.ts): {b["value"].split(".")[0] for b in deciding_buttons(m)} for m in live}
    written = {(m.channel, m.ts): json.dumps(asdict(m.content)) for m in live}
    notices = stage.evidence.rows("SELECT channel, ts, event_id FROM notice WHERE removed_at IS NULL")
    sizes = Counter((channel, ts) for channel, ts, _ in notices)
    # A list without room for all of them says how many more there are.
    uncounted = {
        message: int(found[1].replace(",", ""))
        for message, text in written.items()
        if (found := _MORE.search(text))
    }
    lies = 0
    for channel, ts, event_id in notices:
        message, is_open = (channel, ts), statuses[event_id] in OPEN
        is_offered = event_id in offered.get(message, set())
        # A long list has buttons for its first events only, and names the others.
        is_named = sizes[message] > 1 and event_id in written.get(message, "")
        if is_open and not (is_offered or is_named) and uncounted.get(message, 0) > 0:
            uncounted[message] -= 1
        elif (is_offered and not is_open) or (is_open and not (is_offered or is_named)):
            lies += 1
            if lies <= NAMED:
                _tell_of_lie(stage, channel, ts, event_id, said="open" if is_offered else "not open")
    return lies


def _tell_of_lie(stage: Stage, channel: str, ts: str, event_id: str, *, said: str) -> None:
    """Print what is known of a message that says what is not so."""
    print(f"{channel} {ts} says of {event_id}: {said}")
    for sql in (
        "SELECT id, status, version, revision FROM event",
        "SELECT event_id, actor_id, verdict, at FROM decision",
        "SELECT event_id, channel, ts, kind, posted_at, shown_version, removed_at FROM notice",
        "SELECT event_id, channel, ts, id, kind, state, attempts, created_at, done_at, error FROM delivery",
    ):
        for row in stage.evidence.rows(sql):
            if event_id in row or (channel in row and ts in row):
                print("  ", *row)


def _unanswered(stage: Stage, crowd: Crowd, statuses: dict[str, str]) -> int:
    told = [
        (message.ephemeral_to, float(message.ts))
        for messages in stage.slack.world.messages.values()
        for message in messages
        if message.ephemeral_to
    ]
    return sum(
        click.acked
        and statuses.get(click.event_id) in OPEN
        and not any(who == click.user and 0 <= at - click.at < ANSWERED_WITHIN for who, at in told)
        for click in crowd.clicks
    )


def _history_is_whole(stage: Stage) -> bool:
    checked = subprocess.run(
        [
            sys.executable,
            str(ROOT / "bot.py"),
            "audit",
            "verify",
            "--config",
            str(stage.folder / "web0.yaml"),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    if checked.returncode:
        print(checked.stdout[-2000:], checked.stderr[-2000:])
    return checked.returncode == 0
