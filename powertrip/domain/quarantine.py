"""Records that a rule should have judged and could not."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from powertrip.config.section import Section
from powertrip.config.values import Duration, Size


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineReport:
    """The unreported part of the quarantine; `sources` and `reasons` are counts."""

    count: int
    sources: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    samples: tuple[str, ...] = ()
    since: datetime | None = None
    newest_id: int = 0


class QuarantineSection(Section):
    """The records that a rule should have judged and could not."""

    report_every: Duration = timedelta(minutes=15)
    """The security channel is told at most this often, with a count."""
    keep: Annotated[int, Field(ge=1)] = 10_000
    """At most this many are kept; the oldest go first."""
    keep_bytes: Size = 64 << 20
    """At most this much is kept; the oldest go first."""
