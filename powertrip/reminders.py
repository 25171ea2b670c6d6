"""When the next reminder of an undecided event is due, and when the reviewers are mentioned."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The `reminders` of the config."""

    remind_after: timedelta
    remind_every: timedelta
    backoff: float = 1.0
    """Each interval is this many times the one before."""
    remind_every_max: timedelta = timedelta(hours=24)
    """No interval grows beyond this."""
    mention_after: int = 2
    """From this reminder on the reviewers are mentioned."""
    together: int = 3
    """More events than this, due at once, are told in one message."""


def first_due(schedule: Schedule, now: datetime) -> datetime:
    """When an event that begins to wait at `now` is reminded of for the first time."""
    return now + schedule.remind_after


def next_due(schedule: Schedule, sent: int, now: datetime) -> datetime:
    """When the reminder after number `sent` is due, for one sent at `now`."""
    longest = max(schedule.remind_every_max, schedule.remind_every)
    try:
        grown = schedule.remind_every * schedule.backoff ** (sent - 1)
    except OverflowError:
        grown = longest
    return now + min(grown, longest)


def mentions_reviewers(schedule: Schedule, number: int) -> bool:
    """Whether reminder `number` (the first is 1) mentions the reviewers."""
    return number >= schedule.mention_after
