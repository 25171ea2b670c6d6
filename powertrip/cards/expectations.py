"""The answers to `expect`, `expectations` and `distrust`."""

from collections.abc import Sequence

from powertrip.cards import words
from powertrip.cards.blocks import Line, bold, date, header, labelled, paragraphs, text, user
from powertrip.cards.message import Message, answer
from powertrip.cards.text import show
from powertrip.domain import expectation_words
from powertrip.domain.announcing import Week
from powertrip.domain.expectation_words import LAST_WEEK
from powertrip.domain.expectations import Expectation

SHOWN = 8
"""Expectations of a list; it counts the others."""
SCOPE_LIMIT, REASON_SHOWN = 300, 200


def expectation_card(expected: Expectation, week: Week | None, command: str) -> Message:
    """One expectation: what it covers, until when, and what it would have covered last week."""
    headline, closing = _headline(expected), _next_step(expected, command)
    lines = _lines(expected)
    if week is not None:
        lines += _week(week)
    return answer([[text(headline)], *lines, *closing], [header(headline), *paragraphs(lines, closing)])


def expectations_card(listed: Sequence[Expectation], command: str) -> Message:
    """What is expected, the latest first; what has ended today comes last."""
    ordered = sorted(listed, key=lambda each: each.ended_at is not None)
    standing = sum(each.ended_at is None for each in ordered)
    headline = f"{words.count(standing, 'expectation')} now" if standing else "Nothing is expected now"
    groups = [
        [[bold(_headline(each))], *_lines(each), *_next_step(each, command)] for each in ordered[:SHOWN]
    ]
    if (left := len(ordered) - SHOWN) > 0:
        groups.append([[text(f"… and {words.count(left, 'other')}")]])
    shown = [line for group in groups for line in group]
    return answer([[text(headline)], *shown], [header(headline), *paragraphs(*groups)])


def _headline(expected: Expectation) -> str:
    """`✅ Expected: work of bob, k3f9x2m8`."""
    mark, state = "✅", "Expected"
    if expected.ended_at is not None:
        mark, state = "📁", "Over"
    elif expected.confirmed_at is None:
        mark, state = "⏳", "To be confirmed"
    return f"{mark} {state}: work of {show(expected.person, words.NAME_LIMIT)}, {expected.id}"


def scope_lines(expected: Expectation) -> list[Line]:
    """What it covers, for how long, and why."""
    begins = max(expected.starts_at, expected.confirmed_at or expected.starts_at)
    return [
        labelled("What", text(show(expectation_words.scope(expected), SCOPE_LIMIT))),
        labelled("When", date(begins), text(" to "), date(expected.until)),
        labelled("Why", text(show(expected.reason, REASON_SHOWN))),
    ]


def announced_line(expected: Expectation) -> Line:
    """Who announced it, and who confirmed it."""
    announced = [text("by "), user(expected.created_by), *_proven(expected.announced_proof)]
    if expected.confirmed_by not in (None, expected.created_by):
        confirmed = [user(expected.confirmed_by or ""), *_proven(expected.confirmed_proof)]
        announced += [text(", confirmed by "), *confirmed]
    return labelled("Announced", *announced)


def _proven(kinds: str | None) -> Line:
    said = expectation_words.proven(kinds)
    return [text(said)] if said else []


def _lines(expected: Expectation) -> list[Line]:
    lines = [*scope_lines(expected), announced_line(expected)]
    if expected.confirmed_at is not None:
        of = f"{expected.uses:,} of at most {words.count(expected.max_uses, 'record')}"
        lines.append(labelled("Approved without asking", text(of)))
    if expected.ended_at is not None:
        why = f", {show(expected.ended_why or '', REASON_SHOWN)}"
        lines.append(labelled("Over since", date(expected.ended_at), text(why)))
    return lines


def _week(week: Week) -> list[Line]:
    covered, *outside = expectation_words.last_week(week)
    first = [bold(LAST_WEEK), text(covered.removeprefix(LAST_WEEK))]
    return [first, *([text(line)] for line in outside)]


def _next_step(expected: Expectation, command: str) -> list[Line]:
    if expected.ended_at is not None:
        return []
    if expected.confirmed_at is not None:
        return [[text("To end it: "), text(f"{command} expectations end {expected.id}", code=True)]]
    until: Line = [text(", before "), date(expected.confirm_by)] if expected.confirm_by else []
    step = text(f"{command} expectations confirm {expected.id}", code=True)
    return [[text("It covers nothing yet. To confirm it, a reviewer types "), step, *until]]
