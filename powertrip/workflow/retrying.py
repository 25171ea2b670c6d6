"""How long to wait before something that failed is tried again."""

from datetime import timedelta

DELIVERY_FIRST = timedelta(seconds=1)
DELIVERY_LONGEST = timedelta(minutes=5)
"""Deliveries are tried again after the first, then ever less often up to the longest."""
_DOUBLINGS = 16
"""Beyond these every wait is longer than any limit, and a larger power could not be held."""


def doubled(first: timedelta, times: int, longest: timedelta) -> timedelta:
    """`first`, doubled so many times, and never more than `longest`."""
    return min(first * (1 << min(times, _DOUBLINGS)), longest)


def delivery_backoff(attempts: int) -> timedelta:
    """The wait after a delivery failed that had been attempted so many times before."""
    return doubled(DELIVERY_FIRST, attempts, DELIVERY_LONGEST)
