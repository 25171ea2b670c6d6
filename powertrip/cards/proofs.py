"""The answer to `proofs`: what somebody has enrolled, and how they enrol."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from powertrip.cards import words
from powertrip.cards.blocks import Line, bold, date, header, labelled, paragraphs, text
from powertrip.cards.message import Message, answer
from powertrip.cards.text import show
from powertrip.domain.enrolment import Enrolled
from powertrip.domain.proof import ENROLLED, IN_WORDS, ProofKind, enrol_command

SHOWN = 10


def proofs_card(
    listed: Sequence[Enrolled],
    kinds: Sequence[ProofKind],
    fresh: timedelta,
    now: datetime,
    enrol_page: str | None = None,
) -> Message:
    """Each with since when it counts, and what it counts for."""
    standing = sum(each.confirmed_at is not None for each in listed)
    headline = (
        f"🔐 You have enrolled {words.count(standing, 'proof')}" if standing else "🔐 You have no proof yet"
    )
    groups = [enrolled_lines(each, fresh, now) for each in listed[:SHOWN]]
    groups.append(how(kinds, enrol_page))
    return answer(
        [[text(headline)], *(line for group in groups for line in group)],
        [header(headline), *paragraphs(*groups)],
    )


def enrolled_lines(each: Enrolled, fresh: timedelta, now: datetime) -> list[Line]:
    """Something that was enrolled: since when it counts, and what it counts for."""
    name = show(f"{IN_WORDS[each.kind]}, {each.label}", words.NAME_LIMIT)
    lines: list[Line] = [[bold(name[:1].upper() + name[1:])]]
    if each.confirmed_at is None:
        until = [date(each.confirm_by)] if each.confirm_by else []
        return [*lines, [text("Counts for nothing until a reviewer confirms it, at the latest "), *until]]
    lines.append(
        labelled(
            "Counts since",
            date(each.confirmed_at),
            text(f", confirmed by {show(each.confirmed_name or '-', words.NAME_LIMIT)}"),
        )
    )
    if each.confirmed_at + fresh > now:
        lines.append(labelled("For high severity and above from", date(each.confirmed_at + fresh)))
    if each.locked_until and each.locked_until > now:
        lines.append(labelled("Locked after wrong answers until", date(each.locked_until)))
    lines.append(labelled("Last used", *([date(each.used_at)] if each.used_at else [text("never")])))
    return lines


def how(kinds: Sequence[ProofKind], enrol_page: str | None) -> list[Line]:
    """How something is enrolled; `enrol_page` is where a sign-in does, too."""
    enrolled = [kind for kind in kinds if kind in ENROLLED]
    if not enrolled:
        return [[text("Nothing has to be enrolled here.")]]
    ways: Line = []
    for kind in enrolled:
        before = " or " if ways else "An operator runs, on the server with you, "
        ways += [text(before), text(enrol_command([kind]), code=True), text(f" for {IN_WORDS[kind]}")]
    by_sign_in: list[Line] = []
    if enrol_page:
        device = ", on the device that is to have the passkey" if ProofKind.PASSKEY in enrolled else ""
        open_it = [text("Or open "), text(enrol_page, code=True)]
        by_sign_in = [[*open_it, text(f" and sign in there{device}.")]]
    return [
        [*ways, text(".")],
        *by_sign_in,
        [
            text(
                "Never in Slack: whoever has your Slack must not be able to. Device lost? Tell two reviewers."
            )
        ],
    ]
