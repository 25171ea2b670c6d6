"""The page of a report."""

from collections.abc import Iterator
from datetime import timedelta

from powertrip.cards.report import CAUTION, GROUPS, MEASURED, WITHHELD, advice_in_words, as_yaml, fast_of
from powertrip.cli.history.charts import COLOURS, by_day
from powertrip.cli.html import document, span, table, tiles, time
from powertrip.cli.report.charts import answered_within, bars
from powertrip.domain.report import BURST, FEW, Answers, Report
from powertrip.domain.statistics import share_up_to
from powertrip.html import text

LISTED = 100
"""Rules on the page; of more, their number is told."""
BARS = 15


def page(report: Report, *, database: str, version: str) -> str:
    """The whole page."""
    body = "".join((_head(report, database, version), *_parts(report)))
    return document("Powertrip: what was asked", body)


def _head(report: Report, database: str, version: str) -> str:
    cards = f"{report.cards.median:,}" if report.cards else "withheld" if report.people_asked else "none"
    unreminded = report.unreminded
    in_time = "withheld" if unreminded is None else _percent(unreminded, report.settled)
    figures = (
        (f"{report.asked:,}", "events asked about"),
        (_percent(report.answered, report.asked), "answered"),
        (in_time, "answered before the first reminder"),
        (f"{report.denied:,}", "denied"),
        (cards, "cards a person, on the middle day with any"),
    )
    return (
        f"<h1>What was asked</h1><p class=soft>{time(report.since)} to {time(report.until)}, from "
        f"<code>{text(database)}</code> by Powertrip {text(version)}.</p>"
        f"<p>Times run {text(MEASURED)}. Tests are left out, and nobody is named. "
        f"What tells of the way people answer is withheld where fewer than {FEW} "
        f"of them did, or where it could be told from the rest.</p>{tiles(figures)}"
    )


def _parts(report: Report) -> Iterator[str]:
    if not report.asked:
        yield "<p>Nothing was asked in this time.</p>"
    if report.expected:
        yield f"<p>Expectations covered {report.expected:,} more events, of which nobody was asked.</p>"
    if not report.events:
        return
    shown = {status for of_day in report.per_day.values() for status in of_day}
    keys = "".join(
        f'<span class="key" style="background:{colour}"></span>{status.replace("_", " ")}'
        for status, colour in COLOURS.items()
        if status in shown
    )
    yield "<h2>Events</h2>" + by_day(dict(report.per_day), report.since.date(), report.until.date())
    yield f'<p class="soft">{keys}</p>'
    if not report.asked:
        return
    yield _answers(report)
    yield _cards(report)
    yield _rules(report)
    yield _advice(report)


def _answers(report: Report) -> str:
    rows = [(GROUPS[group.group], group.answered, *_way(group)) for group in report.answers if group.answered]
    lines = {GROUPS[group.group]: group.waits for group in report.answers if group.waits}
    storms = (
        f"<p>{report.in_storms:,} events stood on cards of storms, of which no times are measured.</p>"
        if report.in_storms
        else ""
    )
    head = (
        "Who",
        "Answers",
        "Half within",
        "Nine of ten within",
        "Under 3 s",
        f"In bursts of {BURST} a minute",
    )
    return (
        "<h2>How people answered</h2>"
        + table(head, rows)
        + storms
        + (answered_within(lines) if lines else "<p>No times can be shown.</p>")
    )


def _way(group: Answers) -> tuple[str, str, str, str]:
    if group.fast is None or group.in_bursts is None:
        return (f"withheld: fewer than {FEW} people", "withheld", "withheld", "withheld")
    half, nine = (_within(group, share) for share in (0.5, 0.9))
    fast, bursts = group.fast, group.in_bursts
    return (half, nine, _of(fast, group.timed), _of(bursts, group.approvals))


def _within(group: Answers, share: float) -> str:
    return span(timedelta(seconds=share_up_to(group.waits, share))) if group.waits else "unknown"


def _cards(report: Report) -> str:
    said = f"{WITHHELD.capitalize()} got any." if report.people_asked else "No person got a card."
    if report.cards is not None:
        cards = report.cards
        said = (
            f"On the middle day {cards.median:,}, on 19 days of 20 no more than {cards.p95:,}, and never "
            f"more than {cards.most:,}. Days of a person without a card are not counted."
        )
    return f"<h2>Cards a person and day</h2><p>{said}</p>"


def _rules(report: Report) -> str:
    rows = [
        (rule.rule, rule.asked, rule.denied, rule.approvals, fast_of(rule)) for rule in report.rules[:LISTED]
    ]
    left = len(report.rules) - LISTED
    head = ("Rule", "Asked", "Denied", "Approved by the person", "Under 3 s")
    withheld = any(rule.approvals and rule.fast is None for rule in report.rules)
    return (
        "<h2>Rules</h2>"
        + bars([(text(rule.rule[:60]), rule.asked, rule.denied) for rule in report.rules[:BARS]])
        + table(head, rows)
        + (f'<p class="soft">{left:,} more rules are not listed here.</p>' if left > 0 else "")
        + (f'<p class="soft">?: {WITHHELD} approved, or could be told from the rest.</p>' if withheld else "")
    )


def _advice(report: Report) -> str:
    told = "".join(
        f"<p>{text(advice_in_words(rule, rule.advice))}</p>"
        f"<pre><code>{_in_lines(as_yaml(rule.advice))}</code></pre>"
        for rule in report.rules
        if rule.advice is not None
    )
    return "<h2>What would halve it</h2>" + (
        f"<p>{CAUTION}</p>{told}"
        if told
        else "<p>No rule asks about anything that repeats, names nobody, and was never denied.</p>"
    )


def _in_lines(lines: str) -> str:
    """Lines that stay lines."""
    return "\n".join(map(text, lines.split("\n")))


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f}%" if whole else "none"


def _of(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} ({_percent(part, whole)})" if whole else "none"
