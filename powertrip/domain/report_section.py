"""The section `report` of the configuration, and when a weekly report is due."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, PlainValidator

from powertrip.config.section import Section
from powertrip.config.values import TimeZone, Written, quoted

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SECURITY = "security"
"""In `to`: the security channel, whatever it is called."""
_EVERY = re.compile(rf"({'|'.join(DAYS)}) ([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
_CHANNEL = re.compile(r"#[^\s#]{1,80}|[CG][A-Z0-9]{2,}")


def _check_channel(value: str) -> str:
    if value != SECURITY and not _CHANNEL.fullmatch(value):
        raise ValueError(f'{quoted(value)} cannot be used; write security, "#name" in quotes, or an id: C…')
    return value


@dataclass(frozen=True, slots=True)
class Weekly:
    """A day of the week and a time of that day, as clocks on the wall show it."""

    day: int
    """0 is Monday."""
    at: time

    def __str__(self) -> str:
        return f"{DAYS[self.day]} {self.at:%H:%M}"


def _weekly(value: object) -> Weekly:
    if isinstance(value, Weekly):
        return value
    found = _EVERY.fullmatch(str(value).lower())
    if found is None:
        raise ValueError(f"{quoted(value)} is no time of a week; write one such as monday 09:00")
    return Weekly(DAYS.index(found[1]), time(int(found[2]), int(found[3])))


class ReportSection(Section):
    """The weekly card about how much is asked, and how it is answered; see [report.md](report.md)."""

    every: (
        Annotated[Weekly, PlainValidator(_weekly), Written("a day and a time of the week: `monday 09:00`")]
        | None
    ) = None
    """When it comes; without it no card comes by itself."""
    time_zone: TimeZone = "UTC"
    """The zone of that time; summer time changes nothing of what clocks show."""
    to: Annotated[
        str, AfterValidator(_check_channel), Written('`security`, or a channel: `"#name"`, `C…`')
    ] = SECURITY
    """The security channel, or another one that Powertrip is a member of."""

    @property
    def schedule(self) -> str:
        """What tells one schedule from another."""
        return f"{self.every} {self.time_zone}"

    @property
    def own_channel(self) -> str | None:
        """The channel of its own that the card goes to, by its name or id; None where there is none."""
        return None if self.every is None or self.to == SECURITY else self.to

    def last(self, now: datetime) -> datetime | None:
        """The newest moment, up to `now`, at which a report was due; in UTC. None where none ever is."""
        return self._due(now, weeks=0)

    def next(self, now: datetime) -> datetime | None:
        """The first moment after `now` at which a report is due; in UTC. None where none ever is."""
        return self._due(now, weeks=1)

    def week_before(self, moment: datetime) -> datetime:
        """When the week began that ends at `moment`: an hour sooner or later where the clocks were set."""
        return self._due(moment, weeks=-1) or moment - timedelta(days=7)

    def _due(self, now: datetime, *, weeks: int) -> datetime | None:
        """The due moment so many weeks after the newest one up to `now`."""
        if self.every is None:
            return None
        zone = ZoneInfo(self.time_zone)
        today = now.astimezone(zone).date()
        day = today - timedelta(days=(today.weekday() - self.every.day) % 7)
        if _utc(day, self.every.at, zone) > now:
            day -= timedelta(days=7)
        return _utc(day + timedelta(days=7 * weeks), self.every.at, zone)


def _utc(day: date, at: time, zone: ZoneInfo) -> datetime:
    # Of a time that comes twice the first counts; one that is left out comes as much later as is left out.
    return datetime.combine(day, at, zone).astimezone(UTC)
