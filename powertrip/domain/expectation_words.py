"""What is said of an expectation, in plain text: the notes to the security channel, and lines of answers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from powertrip.domain.announcing import Week
from powertrip.domain.delivery import Choice, Note, Question
from powertrip.domain.expectations import Expectation
from powertrip.domain.proof import IN_WORDS

CONFIRM_EXPECTED, END_EXPECTED = "confirm_expected", "end_expected"
REALLY = "What it covers is approved without asking, in your name too. Confirm only what you know of."
LAST_WEEK = "In the last week"
ADDRESSES_NAMED = 5
"""Addresses that a line of the daily digest names; it counts the others."""
EXPECTATIONS_NAMED = 20
"""Lines of the daily digest: whoever reads it reads them all, and Slack cuts none of them off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOfOne:
    """What one expectation covered on one day."""

    expected: Expectation
    records: int
    addresses: Mapping[str, int]
    """Records by the address that they came from, the most first."""
    unknown: Collection[str] = ()
    """Those of them from which nobody ever approved anything of this person's: they are named first."""


def scope(expected: Expectation) -> str:
    """`ssh_login on web-* from 192.0.2.0/24 with the key SHA256:…, up to medium severity and low risk`."""
    parts = [f"{expected.rule} on {expected.host}"]
    parts += [f"from {expected.network}"] if expected.network else []
    parts += [f"with the key {expected.key}"] if expected.key else []
    return f"{' '.join(parts)}, up to {expected.severity} severity and {expected.risk} risk"


def span(expected: Expectation) -> str:
    """`from 2026-01-31 12:00 UTC to 2026-01-31 14:00 UTC, at most 200 records`.

    From when it stands, once that is known. Both are in full, so that notes show them in local time.
    """
    begins = max(expected.starts_at, expected.confirmed_at or expected.starts_at)
    return f"from {_utc(begins)} to {_utc(expected.until)}, at most {records(expected.max_uses)}"


def standing(expected: Expectation) -> str:
    """Who announced it, who confirmed it, and what became of it."""
    said = f"Announced by {expected.created_name}{proven(expected.announced_proof)}"
    if expected.confirmed_by not in (None, expected.created_by):
        said += f", confirmed by {expected.confirmed_name}{proven(expected.confirmed_proof)}"
    if expected.ended_at is not None:
        return f"{said}. Over since {_utc(expected.ended_at)}: {expected.ended_why}."
    if expected.confirmed_at is None:
        until = f" before {_utc(expected.confirm_by)}" if expected.confirm_by else ""
        return f"{said}. It covers nothing unless it is confirmed{until}."
    return f"{said}."


def proven(kinds: str | None) -> str:
    """` (proven by an authenticator app)`, or nothing."""
    named = " and ".join(IN_WORDS.get(kind, kind) for kind in (kinds or "").split())
    return f" (proven by {named})" if named else ""


def announcement(expected: Expectation, command: str, week: Week | None = None) -> Note | Question:
    """What the security channel is told of it, true at the moment for which it is made.

    `week` is what it would have covered, for whoever is to confirm it.
    """
    state, step = "Not expected any more", ""
    if expected.ended_at is None:
        state, step = ("Expected", "end") if expected.is_open else ("To be confirmed", "confirm")
    lines = [
        f"What: {scope(expected)}.",
        f"When: {span(expected)}.",
        f"Why: {expected.reason}",
        standing(expected),
    ]
    lines += last_week(week) if week is not None else []
    lines += [f"To {step} it: {command} expectations {step} {expected.id}"] if step else []
    title = f"{state}: work of {expected.person}, {expected.id}"
    if not step:
        return Note(title=title, lines=tuple(lines), quiet=True)
    choices = [Choice(label="End now", action=END_EXPECTED, value=expected.id)]
    if step == "confirm":
        confirming = Choice(label="Confirm", action=CONFIRM_EXPECTED, value=expected.id, really=REALLY)
        choices.insert(0, confirming)
    return Question(title=title, lines=tuple(lines), choices=tuple(choices), mark="📋")


def last_week(week: Week) -> list[str]:
    """What it would have covered, and what not, and why."""
    more = " at least" if week.is_cut else ""
    hosts = f"{week.hosts:,} {'host' if week.hosts == 1 else 'hosts'}"
    lines = [f"{LAST_WEEK} it would have covered {records(week.covered)}{more} on {hosts}."]
    if week.outside:
        why = ", ".join(f"{count:,} ({why})" for why, count in week.outside.items())
        lines.append(f"Asked about all the same: {why}.")
    return lines


def summary(expected: Expectation, asked: int) -> Note:
    """What came of one that is over; `asked` events of its person, rule and hosts were outside of it."""
    others = f"{asked:,} {'event' if asked == 1 else 'events'}"
    return Note(
        quiet=True,
        title=f"Over: work of {expected.person}, {expected.id}",
        lines=(
            f"What: {scope(expected)}.",
            standing(expected),
            f"Approved without asking: {records(expected.uses)}.",
            f"Asked about all the same, of this person, rule and host within its time: {others}.",
        ),
    )


def digest(day: str, covered: Sequence[DayOfOne]) -> Note:
    """What was trusted without asking on a day, by expectation, what nobody has looked at before first."""
    total = sum(each.records for each in covered)
    ordered = sorted(covered, key=lambda each: (not each.unknown, -each.records, each.expected.id))
    lines = [
        f"{each.expected.person}, {each.expected.rule} on {each.expected.host} ({each.expected.id}): "
        f"{records(each.records)}{_from(each)}"
        for each in ordered[:EXPECTATIONS_NAMED]
    ]
    if rest := ordered[EXPECTATIONS_NAMED:]:
        left, new = sum(each.records for each in rest), sum(bool(each.unknown) for each in rest)
        said = f", {new:,} of them from addresses that nobody has approved before" if new else ""
        lines.append(f"… and {len(rest):,} more with {records(left)}{said}")
    return Note(quiet=True, title=f"Trusted without asking on {day}: {records(total)}", lines=tuple(lines))


def _from(day: DayOfOne) -> str:
    ordered = sorted(day.addresses.items(), key=lambda item: item[0] not in day.unknown)
    named = [
        f"{address} ({count:,}{', which nobody has approved before' if address in day.unknown else ''})"
        for address, count in ordered[:ADDRESSES_NAMED]
    ]
    left = len(ordered) - ADDRESSES_NAMED
    named += [f"{left:,} more"] if left > 0 else []
    return f", from {', '.join(named)}" if named else ""


def records(count: int) -> str:
    return f"{count:,} {'record' if count == 1 else 'records'}"


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
