"""Notes to the security channel about trouble beyond any one event."""

from collections.abc import Sequence
from datetime import datetime

from powertrip.domain.delivery import DeliveryKind, Note
from powertrip.store import deliveries


def enqueue(channel: str, *, title: str, lines: Sequence[str], now: datetime) -> None:
    """Queue a note; belongs in the transaction that finds out."""
    note = Note(title=title, lines=tuple(lines))
    deliveries.enqueue([deliveries.new(DeliveryKind.NOTE, channel, now, payload=note)])
