"""The part of the Home tab that is about what its reader proves approvals with."""

from datetime import datetime, timedelta

from powertrip.cards import words
from powertrip.cards.blocks import Block, Line, bold, date, header, paragraph, text
from powertrip.cards.text import named
from powertrip.domain.home import HomeFacts, ProofLine
from powertrip.domain.proof import IN_WORDS

DIVIDER: Block = {"type": "divider"}


def proofs(facts: HomeFacts, now: datetime) -> list[Block]:
    """What they enrolled, or how to; nothing where there is nothing to enrol for."""
    listed = facts.mine.proofs
    if not listed and not facts.may_enrol:
        return []
    lines = [_proof(each, facts.fresh, now) for each in listed]
    if not listed:
        lines = [
            [
                text("You have enrolled nothing: ask whoever runs Powertrip for a code, which "),
                text("bot.py enrol NAME", code=True),
                text(" gives on the server. You can deny without."),
            ]
        ]
    return [DIVIDER, header("Your proofs"), paragraph(lines)]


def _proof(each: ProofLine, fresh: timedelta, now: datetime) -> Line:
    what = IN_WORDS[each.kind].capitalize()
    line = [bold(f"🔐 {what}"), text(f", {named(each.label, words.NAME_LIMIT)}")]
    if each.confirmed_at is None:
        return [*line, text(": a reviewer has to confirm it, and it proves nothing yet")]
    line += [text(", confirmed "), date(each.confirmed_at)]
    if each.locked_until and each.locked_until > now:
        return [*line, text("; for wrong answers it proves nothing until "), date(each.locked_until)]
    if (counts := each.confirmed_at + fresh) > now:
        line += [text("; for events of high severity it counts from "), date(counts)]
    return line
