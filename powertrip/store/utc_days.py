"""Days of UTC, by which is counted: `2026-01-31`."""

from datetime import UTC, datetime


def day_of(at: datetime) -> str:
    """The day that a moment of UTC lies in."""
    return at.date().isoformat()


def beginning(at: datetime) -> datetime:
    """The first moment of the day that a moment lies in."""
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
