"""The answers to `stats` and `rules`."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import timedelta

from powertrip.cards import words
from powertrip.cards.blocks import Line, date, header, labelled, paragraph, preformatted, text, user
from powertrip.cards.message import Message, answer
from powertrip.cards.table import table
from powertrip.cards.text import show
from powertrip.domain.event import Status
from powertrip.domain.sources import RecordVerdict
from powertrip.domain.statistics import Numbers, RuleCount, share_up_to

RULES_SHOWN = 30
PEOPLE_SHOWN = 10
SOURCES_SHOWN = 5


def stats_card(numbers: Numbers) -> Message:
    """The numbers, as a small table and a few lines."""
    total = sum(item.count for item in numbers.events)
    headline = f"{words.count(total, 'event')} since {numbers.since:%Y-%m-%d}"
    waits: Counter[int] = Counter()
    for of_day in numbers.waits_per_day.values():
        waits.update(of_day)
    # The median: one event that was forgotten over a weekend would make any mean useless.
    half = words.duration(timedelta(seconds=share_up_to(waits, 0.5))) if waits else "nothing decided yet"
    tallied: Counter[str] = Counter()
    for (verdict, _), count in numbers.tallies.items():
        tallied[verdict] += count
    lines = [
        labelled("Since", date(numbers.since)),
        labelled("Half were decided within", text(half)),
        labelled("Ignored by rule", text(words.count(tallied[RecordVerdict.IGNORED], "record"))),
        labelled("Matched no rule", text(_unmatched(numbers, tallied[RecordVerdict.UNMATCHED]))),
        labelled("In quarantine", text(words.count(numbers.quarantined, "record"))),
    ]
    busiest = sorted(numbers.deciders.items(), key=lambda item: -item[1])
    for member, count in busiest[:PEOPLE_SHOWN]:
        lines.append([user(member), text(f" decided {words.times(count)}")])
    if (left := len(busiest) - PEOPLE_SHOWN) > 0:
        lines.append([text(f"… and {words.count(left, 'other')} decided")])
    counted = [preformatted(_table(numbers.events))] if numbers.events else []
    return answer([[text(headline)], *lines], [header(headline), *counted, paragraph(lines)])


def _unmatched(numbers: Numbers, total: int) -> str:
    """How many records no rule took, and the sources that sent most of them."""
    by_source = Counter(
        {
            name: count
            for (verdict, name), count in numbers.tallies.items()
            if verdict == RecordVerdict.UNMATCHED
        }
    )
    most = [f"{show(name, 41)} {count:,}" for name, count in by_source.most_common(SOURCES_SHOWN)]
    left = len(by_source) - SOURCES_SHOWN
    more = [words.count(left, "other source")] if left > 0 else []
    return words.count(total, "record") + (f" ({', '.join([*most, *more])})" if most else "")


def _table(counts: Sequence[RuleCount]) -> str:
    """Events by rule and status, the busiest rules first."""
    per_rule: dict[str, Counter[Status]] = defaultdict(Counter)
    for item in counts:
        per_rule[item.rule][Status(item.status)] += item.count
    busiest = sorted(per_rule.items(), key=lambda item: (-item[1].total(), item[0]))
    rows = [[rule, *(f"{numbers[status]:,}" for status in Status)] for rule, numbers in busiest[:RULES_SHOWN]]
    left = len(busiest) - RULES_SHOWN
    more = f"\n… and {words.count(left, 'more rule')}" if left > 0 else ""
    return table(["rule", *words.STATUS.values()], rows, [32, *[13] * len(Status)]) + more


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
