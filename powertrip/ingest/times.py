"""Reads the times that senders write: RFC 3339, Unix numbers in any unit, and syslog's without a year."""

import math
import re
from datetime import UTC, datetime, timedelta, tzinfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNIX = re.compile(r"-?\d{1,20}(\.\d{1,12})?")
_SPACE_BEFORE_ZONE = re.compile(r" (?=[+-]\d\d:?\d\d$)")
_LONGEST = 64


def parse_time(value: object, *, received_at: datetime, zone: tzinfo | None) -> datetime | None:
    """The moment `value` names, in UTC; None if it names none, or names no zone and `zone` is None.

    Numbers, also as text, are Unix time in s, ms, us or ns, told apart by their size. Syslog's
    `Nov 22 20:08:58` (RFC 3164) is taken in `zone` or UTC, in the year that puts it nearest to
    `received_at`. Never raises.
    """
    text = value.strip() if isinstance(value, str) and len(value) <= _LONGEST else ""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _from_unix(value)
        if _UNIX.fullmatch(text):
            # A whole number stays one: nanoseconds have more digits than a float keeps.
            return _from_unix(float(text) if "." in text else int(text))
        if text[:1].isalpha():
            return _from_syslog(text, received_at, zone or UTC)
        moment = datetime.fromisoformat(_SPACE_BEFORE_ZONE.sub("", text))
        if moment.tzinfo is None:
            # `astimezone` would take a time without a zone for one in this machine's.
            return None if zone is None else moment.replace(tzinfo=zone).astimezone(UTC)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _from_unix(number: float) -> datetime:
    # A number of seconds stays below 10^11 until the year 5138.
    size = abs(number)
    units_per_second = 1
    if math.isfinite(size) and size >= 1e11:
        units_per_second = 1_000 if size < 1e14 else 1_000_000 if size < 1e17 else 1_000_000_000
    return _EPOCH + timedelta(seconds=number / units_per_second)


def _from_syslog(text: str, received_at: datetime, zone: tzinfo) -> datetime:
    """Raises ValueError where the text is no syslog time in any year."""
    this_year = received_at.astimezone(zone).year
    candidates = []
    # A record of 31 December may arrive in January, and a clock that is ahead sends the reverse.
    for year in (this_year - 1, this_year, this_year + 1):
        try:
            moment = datetime.strptime(f"{year} {text}", "%Y %b %d %H:%M:%S").replace(tzinfo=zone)
        except ValueError:  # no syslog time, or 29 February of another year
            continue
        candidates.append(moment.astimezone(UTC))
    return min(candidates, key=lambda moment: abs(moment - received_at))
