"""The notice about records that should have been judged and could not be."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from powertrip.cards import words
from powertrip.cards.blocks import Block, Line, as_text, date, header, labelled, paragraph, preformatted, text
from powertrip.cards.event_card import YELLOW
from powertrip.cards.message import Message
from powertrip.cards.text import show

NAMED = 8
"""Sources that are named; the others are counted."""
REASONS, REASON_LIMIT = 5, 450
"""Reasons that have a line each, and characters of one: they end with what to do."""
SAMPLES = 3
SAMPLE_LIMIT = 600


def quarantine_notice(
    *,
    count: int,
    sources: Mapping[str, int],
    reasons: Mapping[str, int],
    samples: Sequence[str],
    since: datetime | None,
    how_to_look: str,
) -> Message:
    """Tell of `count` new records; `how_to_look` is a command."""
    headline = f"⚠️ {words.count(count, 'record')} in quarantine"
    them = ("It", "it") if count == 1 else ("They", "them")
    lines = [
        [text(f"{them[0]} could not be judged, so nobody is asked about {them[1]}.")],
        labelled("From", text(_counted(sources))),
        *_why(reasons),
        *([labelled("First", date(since))] if since else []),
        labelled("Look", text(how_to_look, code=True)),
    ]
    # Below a bar of their own: samples are hostile text more often than not.
    shown: list[Block] = [preformatted(show(sample, SAMPLE_LIMIT)) for sample in samples[:SAMPLES]]
    return Message(
        text=as_text([[text(headline)], *lines]),
        blocks=[header(headline), paragraph(lines)],
        attachments=[{"color": YELLOW, "blocks": shown}] if shown else [],
    )


def _why(reasons: Mapping[str, int]) -> list[Line]:
    """A line for each reason, as their sentences hold commas themselves."""
    most = _most_first(reasons)
    named = [
        labelled("Why", text(f"{show(reason, REASON_LIMIT)} ({number:,})"))
        for reason, number in most[:REASONS]
    ]
    others = (
        [labelled("Why", text(words.count(len(most) - REASONS, "other reason")))]
        if len(most) > REASONS
        else []
    )
    return [*named, *others] or [labelled("Why", text("not known"))]


def _counted(counts: Mapping[str, int]) -> str:
    most = _most_first(counts)
    named = [f"{show(name, 120)} ({number:,})" for name, number in most[:NAMED]]
    others = [words.count(len(most) - NAMED, "other")] if len(most) > NAMED else []
    return ", ".join([*named, *others]) or "not known"


def _most_first(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: -item[1])
