"""How long to wait before something that failed is tried again."""

from datetime import timedelta

DELIVERY_LONGEST = timedelta(minutes=5)
"""Deliveries are tried again after a second, then ever less often up to this."""
_DOUBLINGS = 16
"""Beyond these every wait is longer than any limit, and a larger power could not be held."""


def doubled(first: timedelta, times: int, longest: timedelta) -> timedelta:
    """`first`, doubled so many times, and never more than `longest`."""
    return min(first * (1 << min(times, _DOUBLINGS)), longest)


def delivery_backoff(attempts: int) -> timedelta:
    """The wait after a delivery failed that had been attempted so many times before."""
    return doubled(timedelta(seconds=1), attempts, DELIVERY_LONGEST)
