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
    try:
        moment = _moment(value, received_at, zone)
        return None if moment is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _moment(value: object, received_at: datetime, zone: tzinfo | None) -> datetime | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _from_unix(value)
    if not isinstance(value, str) or len(value) > _LONGEST:
        return None
    text = value.strip()
    if _UNIX.fullmatch(text):
        return _from_unix(float(text) if "." in text else int(text))
    if text[:1].isalpha():
        return _from_syslog(text, received_at, zone or UTC)
    return _from_iso(text, zone)


def _from_unix(number: float) -> datetime:
    return _EPOCH + timedelta(seconds=number / _per_second(abs(number)))


def _per_second(size: float) -> int:
    """Units in a second: a number of seconds stays below 10^11 until the year 5138."""
    if not math.isfinite(size) or size < 1e11:
        return 1
    if size < 1e14:
        return 1_000
    return 1_000_000 if size < 1e17 else 1_000_000_000


def _from_iso(text: str, zone: tzinfo | None) -> datetime | None:
    moment = datetime.fromisoformat(_SPACE_BEFORE_ZONE.sub("", text))
    if moment.tzinfo is not None:
        return moment
    return None if zone is None else moment.replace(tzinfo=zone)


def _from_syslog(text: str, received_at: datetime, zone: tzinfo) -> datetime:
    year = received_at.astimezone(zone).year
    candidates = [_in_year(text, candidate, zone) for candidate in (year - 1, year, year + 1)]
    return min(
        (candidate for candidate in candidates if candidate is not None),
        key=lambda moment: abs(moment - received_at),
    )


def _in_year(text: str, year: int, zone: tzinfo) -> datetime | None:
    try:
        return datetime.strptime(f"{year} {text}", "%Y %b %d %H:%M:%S").replace(tzinfo=zone)
    except ValueError:  # not a syslog time, or 29 February of another year
        return None
