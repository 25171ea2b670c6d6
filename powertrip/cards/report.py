"""A report in words: how much was asked, how people answered, and what would halve it."""

from collections.abc import Iterator
from datetime import timedelta

import yaml

from powertrip.cards import words
from powertrip.cards.blocks import (
    MESSAGE_JSON,
    MESSAGE_SIZE,
    TEXT_BYTES,
    Block,
    Line,
    as_text,
    bold,
    header,
    json_size,
    paragraph,
    preformatted,
    size,
    text,
)
from powertrip.cards.message import Message
from powertrip.cards.table import table
from powertrip.cards.text import clean, fit, show
from powertrip.domain.delivery import Box, Digest
from powertrip.domain.report import ADVISED, BURST, FEW, Answers, Group, Report, RuleFigures
from powertrip.domain.report_advice import Advice
from powertrip.domain.statistics import share_up_to

RULES_SHOWN = 12
TITLE_LIMIT = 140
LINE_LIMIT = 400
BOX_LIMIT = 1_800
ROOM, ROOM_JSON = MESSAGE_SIZE - 300, MESSAGE_JSON - TEXT_BYTES - 400
"""What boxes may take, so that Slack takes the message with its text and the last line."""
GROUPS = {
    Group.PEOPLE: "People about themselves",
    Group.AGENTS: "People about their agent or script",
    Group.REVIEWERS: "Reviewers about others",
}
WITHHELD = f"withheld, as fewer than {FEW} people"
MEASURED = "from the card to the click, for Slack tells nobody when a card is read"
CAUTION = "Nobody will be asked about what such a rule ignores; read each before you use it."


def digest_card(digest: Digest) -> Message:
    """Figures as a message; it looks like no question, and has no buttons."""
    lines: list[Line] = [_labelled(line) for line in digest.lines]
    blocks: list[Block] = [header(f"📊 {show(digest.title, TITLE_LIMIT)}"), paragraph(lines)]
    said: list[Line] = [[text(f"📊 {show(digest.title, TITLE_LIMIT)}")], *lines]
    for number, box in enumerate(digest.boxes):
        before: list[Line] = [_labelled(line) for line in box.lines]
        more: list[Block] = [paragraph(before)] if before else []
        more += [preformatted(_in_box(box.text))] if box.text else []
        if sum(map(size, [*blocks, *more])) > ROOM or json_size([*blocks, *more]) > ROOM_JSON:
            left = words.count(len(digest.boxes) - number, "more part")
            blocks.append(paragraph([[text(f"… and {left}: bot.py report shows all")]]))
            break
        said, blocks = [*said, *before], [*blocks, *more]
    return Message(text=as_text(said), blocks=blocks)


def report_digest(report: Report) -> Digest:
    """What a report says, in plain text, which is escaped where it is shown."""
    whose = "What you were asked" if report.is_own else "What was asked"
    boxes = [*_rules(report), *_advice(report)] if report.asked else []
    return Digest(
        title=f"{whose}, {report.since:%Y-%m-%d} to {report.until:%Y-%m-%d}",
        lines=tuple(_lines(report)),
        boxes=tuple(boxes),
    )


def _lines(report: Report) -> Iterator[str]:
    unasked = report.events - report.asked - report.expected
    later = f"; {unasked:,} more had no card yet" if unasked else ""
    if report.asked:
        waiting = report.asked - report.answered
        told = [f"{report.answered:,} answered", f"{report.denied:,} of them denied", f"{waiting:,} open"]
        yield f"Asked: {words.count(report.asked, 'event')}; {', '.join(told)}{later}"
    else:
        yield f"Asked: nothing in this time{later}."
    if report.expected:
        yield f"Covered by expectations: {report.expected:,} more, of which nobody was asked"
    if not report.asked:
        return
    if report.in_storms:
        yield f"In storms: {report.in_storms:,} of them, of which no times are measured"
    if report.settled:
        share = "" if report.unreminded is None else _share(report.unreminded, report.settled)
        yield f"Before the first reminder: {share or f'{WITHHELD} answered'}"
    for group in report.answers:
        yield from _answers(group)
    if report.cards is not None:
        cards = report.cards
        yield (
            f"Cards a person and day: {cards.median:,} on the middle day, {cards.p95:,} or fewer on 19 days "
            f"of 20, {cards.most:,} at most (days with any)"
        )
    elif report.people_asked:
        yield f"Cards a person and day: {WITHHELD} got any"
    yield f"Times: {MEASURED}. Tests are left out, and nobody is named."


def _answers(group: Answers) -> Iterator[str]:
    label, count = GROUPS[group.group], words.count(group.answered, "answer")
    if not group.answered:
        if group.group is not Group.AGENTS:
            yield f"{label}: no answers"
        return
    if group.fast is None or group.in_bursts is None:
        yield f"{label}: {count}; times {WITHHELD} gave them"
        return
    told = [count]
    if group.waits:
        told.append(f"half within {_wait(group, 0.5)}, nine of ten within {_wait(group, 0.9)}")
    if group.approvals:
        bursts = _share(group.in_bursts, group.approvals)
        told.append(f"approvals in under 3 s: {_share(group.fast, group.timed)}")
        told.append(f"in bursts of {BURST} a minute: {bursts}")
    yield f"{label}: {'; '.join(told)}"


def _wait(group: Answers, share: float) -> str:
    return words.duration(timedelta(seconds=share_up_to(group.waits or {}, share)))


def _share(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} ({100 * part / whole:.0f}%)" if whole else "none is known"


def _rules(report: Report) -> Iterator[Box]:
    rows = [
        [rule.rule, f"{rule.asked:,}", f"{rule.denied:,}", fast_of(rule)]
        for rule in report.rules[:RULES_SHOWN]
    ]
    left = len(report.rules) - RULES_SHOWN
    more = f"\n… and {words.count(left, 'more rule')}" if left > 0 else ""
    lines = ["Rules that ask most, and approvals by the people themselves in under 3 seconds"]
    if any(rule.approvals and rule.fast is None for rule in report.rules):
        lines.append(f"A ? in the last column: {WITHHELD} approved, or could be told from the rest")
    # As wide as a phone is, where names are no longer than most are.
    yield Box(
        lines=tuple(lines), text=table(["rule", "asked", "denied", "< 3 s"], rows, [26, 9, 7, 7]) + more
    )


def fast_of(rule: RuleFigures) -> str:
    """People's approvals in under three seconds; a question mark where that is withheld."""
    if not rule.approvals:
        return " "
    return "?" if rule.fast is None else f"{rule.fast:,}"


def _advice(report: Report) -> Iterator[Box]:
    if report.is_own:
        return
    caution = CAUTION
    for rule in report.rules:
        if rule.advice is not None:
            lines = [advice_in_words(rule, rule.advice), *([caution] if caution else [])]
            caution = ""
            yield Box(lines=tuple(lines), text=as_yaml(rule.advice))
    without = [rule.rule for rule in report.rules[:ADVISED] if rule.advice is None]
    if without:
        named = words.listed([show(name, 41) for name in without])
        why = "no suggestion; nothing there repeats that was never denied, and that names no person"
        yield Box(lines=(f"{named}: {why}.",), text="")


def advice_in_words(rule: RuleFigures, advice: Advice) -> str:
    """What the entries would have come to."""
    left = rule.asked - advice.spared
    more = "" if advice.halves else " That is less than half, and the most that is offered."
    had = f"with this under rules it would have asked {left:,} and not {rule.asked:,}"
    return f"{show(rule.rule, 60)}: {had}.{more}"


def as_yaml(advice: Advice) -> str:
    """The entries, as they are written into the configuration."""
    # What is not ASCII is escaped: whoever reads it sees which letter it is.
    entries = [dict(entry) for entry in advice.entries]
    return yaml.safe_dump(entries, sort_keys=False, default_flow_style=None, width=10_000).strip()


def _labelled(line: str) -> Line:
    label, colon, rest = line.partition(": ")
    if not colon:
        return [text(show(line, LINE_LIMIT))]
    return [bold(f"{show(label, LINE_LIMIT)}: "), text(show(rest, LINE_LIMIT))]


def _in_box(value: str) -> str:
    return fit("\n".join(map(clean, value.split("\n"))), BOX_LIMIT) or "-"
