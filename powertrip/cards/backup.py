"""What the backup channels say while Slack is down: plain text, without buttons and without the log line."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from powertrip.cards import words
from powertrip.domain.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainMessage:
    """A message for a channel that knows no layout."""

    title: str
    body: str


def backup_message(events: Sequence[Event], now: datetime) -> PlainMessage:
    """Tell of events that nobody could be asked about; `now` is when it is sent."""
    # Neither log lines nor buttons: these channels may be mail, and Powertrip hears no answer from them.
    oldest = min(event.received_at for event in events)
    opening = (
        f"Slack has not taken {words.count(len(events), 'event')} for {words.duration(now - oldest)}. "
        "Nobody there has seen what follows; please look at it. It can be answered once Slack is back."
    )
    title = f"Powertrip: {words.count(len(events), 'event')} nobody could be asked about"
    if len(events) == 1:
        title = f"Powertrip: {words.summary(events[0])}"
    entries = [
        f"{words.summary(event)}{words.often(event)}\n"
        f"When: {words.utc(event.occurred_at)}\n"
        f"How bad: {words.weight(event)}\n"
        f"Status: {words.STATUS[event.status]}\n"
        f"Event: {event.ref}"
        for event in events
    ]
    return PlainMessage(title=title, body="\n\n".join([opening, *entries]))


def backup_digest(events: Sequence[Event]) -> PlainMessage:
    """Tell that Slack is back, and where each event stands."""
    opening = "Slack is back. What was told here meanwhile has been posted there:"
    lines = [f"- {words.summary(event)}: {words.STATUS[event.status]} ({event.ref})" for event in events]
    title = f"Powertrip: Slack is back, {words.count(len(events), 'event')} posted there"
    return PlainMessage(title=title, body="\n".join([opening, *lines]))
