"""Reads the times that senders write: RFC 3339, Unix numbers in any unit, and syslog's in all their forms."""

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from powertrip.domain.stamps import MONTHS, ZONES

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNIX = re.compile(r"@?(-?\d{1,20}(?:\.\d{1,12})?)")
_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][01][0-9]:[0-5][0-9])"
)
"""What nearly all senders write, and Python reads as it is."""
_LONGEST = 64
_NEARER_THAN_ANY = timedelta(days=180)
"""No other year puts a date this near."""
_WEEKDAY = re.compile(r"(?:mon|tue|wed|thu|fri|sat|sun),?\s+", re.IGNORECASE)
_ZONE = re.compile(
    r"(?<=[0-9])\s*(?:(?:UTC|GMT)?(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d)?|(?P<name>[A-Z]{1,5}))$"
)
_SYSLOG = re.compile(
    r"(?:(?P<first>\d{4})\s+)?(?P<month>[A-Za-z]{3})\s+(?P<day>\d{1,2})(?:,?\s+(?P<second>\d{4}))?,?\s+"
    r"(?P<clock>\d{1,2}:\d\d:\d\d)(?:[.,](?P<fraction>\d{1,9}))?(?:\s+(?P<third>\d{4}))?"
)
_SLASHED = re.compile(
    r"(?P<day>\d{1,2})/(?P<month>[A-Za-z]{3})/(?P<first>\d{4})[: ]"
    r"(?P<clock>\d{1,2}:\d\d:\d\d)(?:[.,](?P<fraction>\d{1,9}))?"
)
_LAST_YEAR = re.compile(r"(?P<rest>.*\S)\s+(?P<year>(?:19|20)\d\d)$")


@dataclass(frozen=True, slots=True)
class HeaderTime:
    """A time as a syslog header has it: without a zone it is in the source's zone, or UTC."""

    text: str

    @property
    def names_zone(self) -> bool:
        try:
            return _UNIX.fullmatch(self.text) is not None or _split_zone(self.text)[1] is not None
        except ValueError:
            return False


def parse_time(value: object, *, received_at: datetime, zone: tzinfo | None) -> datetime | None:
    """The moment `value` names, in UTC; None if it names none, or names no zone and `zone` is None.

    Numbers, also as text, are Unix time in s, ms, us or ns, told apart by their size. Syslog's
    `Nov 22 20:08:58` (RFC 3164) is taken in `zone` or UTC, in the year that puts it nearest to
    `received_at`. Never raises.
    """
    if isinstance(value, HeaderTime):
        value, zone = value.text, zone or UTC
    text = value.strip() if isinstance(value, str) and len(value) <= _LONGEST else ""
    try:
        if _RFC_3339.fullmatch(text):
            return datetime.fromisoformat(text).astimezone(UTC)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return _from_unix(value)
        if number := _UNIX.fullmatch(text):
            # A whole number stays one: nanoseconds have more digits than a float keeps.
            return _from_unix(float(number[1]) if "." in number[1] else int(number[1]))
        parts, own = _SYSLOG.fullmatch(text), None
        # One that fits ends with a digit of its clock or year, and so names no zone.
        if parts is None:
            text, own = _split_zone(_WEEKDAY.sub("", text, count=1) if text[:1].isalpha() else text)
            parts = _SYSLOG.fullmatch(text) or _SLASHED.fullmatch(text)
        if parts:
            return _from_syslog(parts.groupdict(), received_at, own or zone or UTC)
        moment = datetime.fromisoformat(text.replace("/", "-").replace("_", "T"))
        # `astimezone` would take a time without a zone for one in this machine's.
        known = own or moment.tzinfo or zone
        return None if known is None else moment.replace(tzinfo=known).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _split_zone(text: str) -> tuple[str, tzinfo | None]:
    """The text without the zone at its end; raises ValueError for a name of no zone, or of several."""
    year = _LAST_YEAR.fullmatch(text)
    # date(1) writes the zone between the clock and the year.
    stamp = year["rest"] if year else text
    # A hyphen in a date is no zone.
    parts = _ZONE.search(stamp) if ":" in stamp or "T" in stamp else None
    if parts is None:
        return text, None
    if name := parts["name"]:
        minutes = ZONES[name] if name in ZONES else _refuse(name)
    else:
        minutes = int(parts["hours"]) * 60 + int(parts["minutes"] or 0)
        minutes = -minutes if parts["sign"] == "-" else minutes
    rest = stamp[: parts.start()]
    return f"{rest} {year['year']}" if year else rest, timezone(timedelta(minutes=minutes))


def _refuse(zone: str) -> int:
    raise ValueError(f"{zone} is the name of no zone, or of several")


def _from_unix(number: float) -> datetime:
    # A number of seconds stays below 10^11 until the year 5138.
    size = abs(number)
    units_per_second = 1
    if math.isfinite(size) and size >= 1e11:
        units_per_second = 1_000 if size < 1e14 else 1_000_000 if size < 1e17 else 1_000_000_000
    return _EPOCH + timedelta(seconds=number / units_per_second)


def _from_syslog(parts: dict[str, str | None], received_at: datetime, zone: tzinfo) -> datetime:
    """Raises ValueError where the parts are no time in any year."""
    stated = parts["first"] or parts.get("second") or parts.get("third")
    this_year = received_at.astimezone(zone).year
    # A record of 31 December may arrive in January, and a clock that is ahead sends the reverse.
    years = (int(stated),) if stated else (this_year, this_year - 1, this_year + 1)
    month = MONTHS.index(str(parts["month"]).lower()) + 1
    hour, minute, second = map(int, str(parts["clock"]).split(":"))
    microsecond = int((parts["fraction"] or "").ljust(6, "0")[:6])
    candidates = []
    for year in years:
        try:
            moment = datetime(
                year, month, int(str(parts["day"])), hour, minute, second, microsecond, tzinfo=zone
            )
        except ValueError:  # no time at all, or 29 February of another year
            continue
        moment = moment.astimezone(UTC)
        if abs(moment - received_at) < _NEARER_THAN_ANY:
            return moment
        candidates.append(moment)
    return min(candidates, key=lambda moment: abs(moment - received_at))
