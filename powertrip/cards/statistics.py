"""The answers to `stats` and `rules`."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from powertrip.cards import words
from powertrip.cards.address_lines import labelled
from powertrip.cards.blocks import Line, date, header, paragraph, preformatted, text, user
from powertrip.cards.message import Message, answer
from powertrip.cards.table import table
from powertrip.cards.text import show
from powertrip.domain.event import Status

RULES_SHOWN = 30
PEOPLE_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """What `stats` shows, all of it since one moment."""

    since: datetime
    events: dict[tuple[str, Status], int] = field(default_factory=dict)
    """Events by rule and status."""
    median: timedelta | None = None
    """From arrival to the decision; None while nothing was decided."""
    ignored: int = 0
    """Records that a rule says not to ask about."""
    quarantined: int = 0
    deciders: dict[str, int] = field(default_factory=dict)
    """Decisions by Slack member id."""


def stats_card(stats: Stats) -> Message:
    """The numbers, as a small table and a few lines."""
    total = sum(stats.events.values())
    headline = f"{words.count(total, 'event')} since {stats.since:%Y-%m-%d}"
    lines = [
        labelled("Since", date(stats.since)),
        labelled("Half were decided within", text(_median(stats))),
        labelled("Ignored by rule", text(words.count(stats.ignored, "record"))),
        labelled("In quarantine", text(words.count(stats.quarantined, "record"))),
        *_deciders(stats),
    ]
    counted = [preformatted(_table(stats))] if stats.events else []
    return answer([[text(headline)], *lines], [header(headline), *counted, paragraph(lines)])


def _median(stats: Stats) -> str:
    return "nothing decided yet" if stats.median is None else words.duration(stats.median)


def _table(stats: Stats) -> str:
    per_rule: dict[str, Counter[Status]] = defaultdict(Counter)
    for (rule, status), number in stats.events.items():
        per_rule[rule][status] += number
    busiest = sorted(per_rule.items(), key=lambda item: (-item[1].total(), item[0]))
    rows = [[rule, *(f"{numbers[status]:,}" for status in Status)] for rule, numbers in busiest[:RULES_SHOWN]]
    left = len(busiest) - RULES_SHOWN
    more = f"\n… and {words.count(left, 'more rule')}" if left > 0 else ""
    return table(["rule", *words.STATUS.values()], rows, [32, *[13] * len(Status)]) + more


def _deciders(stats: Stats) -> list[Line]:
    most = sorted(stats.deciders.items(), key=lambda item: -item[1])
    lines: list[Line] = [
        [user(slack_id), text(f" decided {words.times(number)}")] for slack_id, number in most[:PEOPLE_SHOWN]
    ]
    left = len(most) - PEOPLE_SHOWN
    return [*lines, [text(f"… and {words.count(left, 'other')} decided")]] if left > 0 else lines


def rules_card(descriptions: Sequence[tuple[str, str]]) -> Message:
    """The rules in force: the name of each, and what it does in words."""
    lines: list[Line] = [
        [text(show(name, 60), code=True), text(f"  {show(meaning, 200)}")]
        for name, meaning in descriptions[:RULES_SHOWN]
    ]
    left = len(descriptions) - RULES_SHOWN
    if left > 0:
        lines.append([text(f"… and {words.count(left, 'more rule')}")])
    headline = words.count(len(descriptions), "rule") + " in force"
    body = [paragraph(lines)] if lines else []
    return answer([[text(headline)], *lines], [header(headline), *body])
