"""The one card of the heartbeat, and what the backup channels are told where Slack is what is broken."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime

from powertrip.cards import words
from powertrip.cards.backup import PlainMessage
from powertrip.cards.blocks import Line, as_text, bold, date, footer, header, paragraphs, text
from powertrip.cards.message import Message
from powertrip.cards.text import one_line, show
from powertrip.domain.heartbeat import Heard, Trouble

NAMED = 20
"""Sources that have a line of their own; the others are counted."""
TEXT_LIMIT = 400


def heartbeat_card(
    heard: Sequence[Heard],
    troubles: Sequence[Trouble],
    *,
    due_at: datetime | None,
    broken_since: datetime | None,
    now: datetime,
) -> tuple[Message, str]:
    """The card, and its check: a short word in it that changes with all that it says, save real traffic.

    `due_at` is when the card has to have changed, if it is known; `broken_since` is when
    something was found broken, until all that was mended is told.
    """
    of_source = {trouble.source: trouble for trouble in troubles if trouble.source is not None}
    broken = [item for item in heard if item.source in of_source]
    others = [trouble for trouble in troubles if trouble.source is None]
    headline = _headline(troubles, waits=any(item.sent_at is None for item in heard))
    listed = [*broken, *(item for item in heard if item.source not in of_source)]
    lines: list[Line] = [[text(f"❌ {_line(trouble.text)}")] for trouble in others]
    lines += [_source(item, of_source.get(item.source)) for item in listed[:NAMED]]
    if len(listed) > NAMED:
        lines.append([text(f"… and {words.count(len(listed) - NAMED, 'more source')}")])
    if broken_since is not None and not troubles:
        lasted = words.duration(now - broken_since)
        lines.append(
            [text(f"✅ What was broken was mended at {now:%H:%M:%S} UTC, {lasted} after it was noticed.")]
        )
    check = hashlib.sha256(json.dumps([headline, lines]).encode()).hexdigest()[:10]
    traffic = [_traffic(item) for item in listed[:NAMED]]
    small: list[Line] = [[text(f"Nobody is asked anything. Shown {words.utc(now)}, check {check}")]]
    if due_at is not None:
        small.insert(
            0, [text("If this still stands here after "), date(due_at), text(", Powertrip itself is down.")]
        )
    message = Message(
        # The check first: a long list is cut at its end.
        text=as_text([[text(f"{headline} (check {check})")], *lines, *traffic, small[0]]),
        blocks=[header(headline), *paragraphs(lines, traffic), footer(small)],
    )
    return message, check


def _headline(troubles: Sequence[Trouble], *, waits: bool) -> str:
    if not troubles:
        return "💓 Heartbeat: waiting for the first one" if waits else "💓 Heartbeat: all is well"
    names = [trouble.source or trouble.link.value for trouble in troubles]
    return f"💔 Heartbeat: {show(words.listed(list(dict.fromkeys(names))[:4]), 80)} broken"


def _source(item: Heard, trouble: Trouble | None) -> Line:
    last: Line = [text("none came yet")]
    if item.sent_at is not None and item.judged_at is not None:
        took = words.duration(item.judged_at - item.sent_at)
        last = [text("last "), date(item.sent_at), text(f", took {took}")]
        if item.rule:
            last.append(text(f", by {item.rule}"))
    if trouble is None:
        mark = "✅" if item.sent_at is not None else "⏳"
        return [text(f"{mark} "), bold(item.source), text(": "), *last]
    return [text("❌ "), bold(item.source), text(f": {_line(trouble.text)} ("), *last, text(")")]


def _traffic(item: Heard) -> Line:
    seen: Line = [date(item.real_at)] if item.real_at else [text("none since the heartbeat began")]
    return [text(f"Real records from {item.source}: last "), *seen]


def _line(value: str) -> str:
    return show(one_line(value), TEXT_LIMIT)


def heartbeat_backup(troubles: Sequence[Trouble], now: datetime) -> PlainMessage:
    """Say what is broken where the card cannot."""
    lines = [
        f"- {f'{trouble.source}: ' if trouble.source else ''}{_line(trouble.text)}" for trouble in troubles
    ]
    opening = (
        f"At {words.utc(now)} the heartbeat of Powertrip finds broken what follows, and its card in Slack "
        "cannot show it. The address outside is not called until it is mended. It is said here once."
    )
    return PlainMessage(title="Powertrip: its heartbeat is broken", body="\n".join([opening, *lines]))


def worker_silent(since: datetime) -> PlainMessage:
    """Say that nobody judges and sends."""
    body = (
        f"No worker has been at work since {words.utc(since)}: what arrives is kept, and nobody is asked "
        "about it. Look at the process that runs `bot.py worker`. It is said here once."
    )
    return PlainMessage(title="Powertrip: its worker does not work", body=body)


def worker_back(now: datetime) -> PlainMessage:
    """Say that somebody judges and sends again."""
    body = f"At {words.utc(now)} a worker is at work again, and asks about what arrived meanwhile."
    return PlainMessage(title="Powertrip: its worker works again", body=body)


def heartbeat_mended(now: datetime) -> PlainMessage:
    """Say that the card shows the truth again."""
    body = f"At {words.utc(now)} it works again, and its card in Slack shows how each source stands."
    return PlainMessage(title="Powertrip: its heartbeat works again", body=body)
