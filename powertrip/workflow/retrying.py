"""How long to wait before something that failed is tried again."""

from datetime import timedelta

from powertrip.errors import PowertripError

DELIVERY_FIRST = timedelta(seconds=1)
DELIVERY_LONGEST = timedelta(minutes=5)
"""Deliveries are tried again after the first, then ever less often up to the longest."""
ASKED_LONGEST = timedelta(hours=1)
"""Whatever a polled API asks for, it is asked again after this."""
_DOUBLINGS = 16
"""Beyond these every wait is longer than any limit, and a larger power could not be held."""


def doubled(first: timedelta, times: int, longest: timedelta) -> timedelta:
    """`first`, doubled so many times, and never more than `longest`."""
    return min(first * (1 << min(times, _DOUBLINGS)), longest)


def delivery_backoff(attempts: int) -> timedelta:
    """The wait after a delivery failed that had been attempted so many times before."""
    return doubled(DELIVERY_FIRST, attempts, DELIVERY_LONGEST)


def asked_for(error: PowertripError) -> timedelta:
    """The pause that the other side asked for; zero where it asked for none."""
    return min(timedelta(seconds=getattr(error, "retry_after", None) or 0), ASKED_LONGEST)
