"""When the next reminder of an undecided event is due, and when the reviewers are mentioned."""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from powertrip.config.section import Section
from powertrip.config.values import Duration

GATHERED = timedelta(minutes=1)
"""How far ahead reminders are gathered, so that a channel gets one list and not message after message."""


class Reminders(Section):
    """How often is asked again while nobody has decided."""

    remind_after: Duration = timedelta(minutes=10)
    """When the first reminder comes, counted from the first card; the person is asked once more, too."""
    remind_every: Duration = timedelta(hours=1)
    """The time from the first reminder to the second."""
    backoff: Annotated[float, Field(ge=1, le=10)] = 1.0
    """Each further interval is this many times the one before."""
    remind_every_max: Duration = timedelta(hours=24)
    """No interval grows beyond this."""
    mention_after: Annotated[int, Field(ge=1)] = 2
    """From this reminder on the reviewers are mentioned."""
    together: Annotated[int, Field(ge=1)] = 1
    """More events than this, due within a minute, are told in one message, the worst first."""


def first_due(settings: Reminders, now: datetime) -> datetime:
    """When the first reminder is due of an event that begins to wait at `now`."""
    return now + settings.remind_after


def next_due(settings: Reminders, sent: int, now: datetime) -> datetime:
    """When the reminder after number `sent` is due, for one sent at `now`."""
    # An interval set longer than the limit is meant; the limit is for what grows.
    longest = max(settings.remind_every_max, settings.remind_every)
    try:
        grown = settings.remind_every * settings.backoff ** (sent - 1)
    except OverflowError:  # an event nobody answers for weeks, with a backoff
        grown = longest
    return now + min(grown, longest)


def gathered_until(settings: Reminders, now: datetime) -> datetime:
    """Up to when what is due goes out with what is due now: a minute ahead, or less where all goes faster."""
    shortest = min(settings.remind_after, settings.remind_every)
    return now + min(GATHERED, shortest / 10)


def mentions_reviewers(settings: Reminders, number: int) -> bool:
    """Whether reminder `number` (the first is 1) mentions the reviewers."""
    return number >= settings.mention_after
