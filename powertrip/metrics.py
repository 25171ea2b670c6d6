"""What Powertrip counts and measures, in Prometheus' words; no label ever holds personal data."""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

PREFIX = "powertrip_"

# Prometheus appends _total to the names of counters.
COUNTERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "requests": ("Ingest requests answered", ("source", "status")),
    "api_requests": ("Requests to the read API by answer", ("status",)),
    "records_accepted": ("Records committed to the inbox", ("source",)),
    "records_duplicate": ("Records dropped: their id was known", ("source",)),
    "batches_cut": ("Batches that the sender left records out of", ("source",)),
    "records_judged": ("Records judged", ("rule", "verdict")),
    "source_records_judged": ("Records judged, by who sent them", ("source", "verdict")),
    "judging_put_off": ("Batches of which a source's records took too long: others went first", ("source",)),
    "deliveries": ("Attempts to tell the outside", ("kind", "outcome")),
    "enrichment_calls": ("Questions to a service about addresses", ("service", "outcome")),
    "enrichment_cache_hits": ("Answers about addresses that were known already", ("service",)),
    "origin_verdicts": ("Attempts to tell an origin what was decided", ("origin", "outcome")),
    "sightings": (
        "Records of origins, with a counterpart in the log pipeline or alone",
        ("origin", "outcome"),
    ),
    "decisions": ("Decisions taken", ("verdict",)),
    "poll_records": ("New records that polls fetched", ("poll",)),
    "poll_failures": ("Rounds of polls that failed", ("poll",)),
    "backfill_records": ("New records that a sender had left out and were fetched", ("source",)),
    "backfill_failures": ("Attempts to fetch what a sender had left out that failed", ("source",)),
}
"""What each means, and its labels."""
GAUGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "enrichment_paused": ("1 while a service is not asked because it failed too often, else 0", ("service",)),
    "events_open": ("Events nobody has decided", ()),
    "backlog_records": ("Records waiting to be judged", ()),
    "slack_connected": ("1 while a process has a connection to Slack, else 0", ()),
    "database_answers": ("1 if the database answered when the metrics were asked for, else 0", ()),
    "oldest_unjudged_seconds": ("For how long the oldest record has waited to be judged", ()),
    "oldest_first_card_seconds": ("For how long the oldest event has waited to be asked about", ()),
    "worker_sign_of_life_seconds": ("How long ago a process that judges and asks was seen", ("worker",)),
    "poll_last_success_timestamp_seconds": ("When a round last went through, Unix time", ("poll",)),
    "poll_lag_seconds": ("How far a poll is behind", ("poll",)),
    "heartbeat_seconds": ("How long the newest heartbeat took until it was seen in Slack", ("source",)),
    "heartbeat_last_success_timestamp_seconds": ("When the whole chain was last well, Unix time", ()),
    "gaps_waiting": ("Batches whose left-out records are not all fetched yet", ()),
    "event_loop_longest_stall_seconds": (
        "For how long the process answered nobody at the longest, by the wall and by the processor it took",
        ("clock",),
    ),
}
HISTOGRAMS: dict[str, tuple[str, tuple[float, ...]]] = {
    "time_to_decision_seconds": (
        "From the arrival of an event to its decision",
        # People answer within minutes or the next working day; a week is a forgotten event.
        (10, 30, 60, 120, 300, 600, 1800, 3600, 4 * 3600, 12 * 3600, 86400, 3 * 86400, 7 * 86400),
    ),
    "time_to_notice_seconds": (
        "From the arrival of an event to its first notice",
        (0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 60, 300, 1800),
    ),
    "event_loop_stall_seconds": (
        "For how long the process answered nobody, where that was 0.05 s or more",
        (0.1, 0.25, 0.5, 1, 3, 10),
    ),
}
"""What each means, and the upper bounds of its buckets."""


_OF_THE_WHOLE = (
    "database_answers",
    "events_open",
    "gaps_waiting",
    "backlog_records",
    "oldest_unjudged_seconds",
    "oldest_first_card_seconds",
)
_WORKERS = "worker_sign_of_life_seconds"
_LONGEST_STALL = "event_loop_longest_stall_seconds"


class Metrics:
    """One set of metrics in a registry of its own, so that several can live in one process."""

    def __init__(self) -> None:
        # The rooms that count also own settings, and who only reads a configuration need not wait for it.
        from prometheus_client import (  # noqa: PLC0415
            CollectorRegistry,
            Counter,
            Gauge,
            Histogram,
            ProcessCollector,
        )

        registry = self.registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._counters = {
            name: Counter(PREFIX + name, meaning, labels, registry=registry)
            for name, (meaning, labels) in COUNTERS.items()
        }
        self._children: dict[tuple[str, tuple[str, ...]], Any] = {}
        self._gauges = {
            name: Gauge(PREFIX + name, meaning, labels, registry=registry)
            for name, (meaning, labels) in GAUGES.items()
        }
        self._histograms = {
            name: Histogram(PREFIX + name, meaning, buckets=buckets, registry=registry)
            for name, (meaning, buckets) in HISTOGRAMS.items()
        }
        self._longest_stall = {"wall": 0.0, "processor": 0.0}
        for clock, seconds in self._longest_stall.items():
            self._set(_LONGEST_STALL, seconds, clock)

    def _count(self, name: str, *labels: str, by: int = 1) -> None:
        # Kept here: to look one up by its labels takes prometheus_client ten times as long as to count.
        child = self._children.get((name, labels))
        if child is None:
            child = self._children[name, labels] = self._counters[name].labels(*labels)
        child.inc(by)

    def _set(self, name: str, value: float, *labels: str) -> None:
        gauge = self._gauges[name]
        (gauge.labels(*labels) if labels else gauge).set(value)

    # Labels come from the configuration and from our own words, never from a request: each new value is
    # another series, of which a stranger could make any number.

    def request_answered(self, source: str, status: int) -> None:
        self._count("requests", source, str(status))

    def api_answered(self, status: int) -> None:
        self._count("api_requests", str(status))

    def records_accepted(self, source: str, *, new: int, duplicates: int) -> None:
        """`new` records were kept, `duplicates` dropped."""
        self._count("records_accepted", source, by=new)
        self._count("records_duplicate", source, by=duplicates)

    def judging_put_off(self, source: str) -> None:
        """Its records took more of a batch's time than a source has."""
        self._count("judging_put_off", source)

    def batch_cut(self, source: str) -> None:
        """The sender said that it left records out of a batch."""
        self._count("batches_cut", source)

    def records_judged(self, source: str, rule: str, verdict: str, count: int) -> None:
        """`rule` is empty where none recognised the records."""
        self._count("records_judged", rule, verdict, by=count)
        self._count("source_records_judged", source, verdict, by=count)

    def page_polled(self, poll: str, new: int) -> None:
        """A page of a poll was kept, with this many new records."""
        self._count("poll_records", poll, by=new)

    def poll_succeeded(self, poll: str, at: datetime, behind_at: datetime | None) -> None:
        """A round went through at `at`; `behind_at` is how far it is, None where it is not behind."""
        self._set("poll_last_success_timestamp_seconds", at.timestamp(), poll)
        self._set("poll_lag_seconds", (at - behind_at).total_seconds() if behind_at else 0, poll)

    def poll_failed(self, poll: str) -> None:
        self._count("poll_failures", poll)

    def gap_fetched(self, source: str, new: int) -> None:
        """A page of what a sender left out was kept, with this many new records."""
        self._count("backfill_records", source, by=new)

    def gap_failed(self, source: str) -> None:
        """A page of what a sender left out could not be fetched."""
        self._count("backfill_failures", source)

    def delivery_attempted(self, kind: str, outcome: str) -> None:
        self._count("deliveries", kind, outcome)

    def service_called(self, service: str, outcome: str) -> None:
        """`outcome`: `answered`, `busy`, `unavailable` or `refused`."""
        self._count("enrichment_calls", service, outcome)

    def answers_known(self, service: str, count: int) -> None:
        """So many answers of a service came out of the cache."""
        self._count("enrichment_cache_hits", service, by=count)

    def set_service_paused(self, service: str, paused: bool) -> None:
        self._set("enrichment_paused", paused, service)

    def origin_told(self, origin: str, outcome: str) -> None:
        """`outcome`: `told`, `unavailable` or `refused`."""
        self._count("origin_verdicts", origin, outcome)

    def sighting_compared(self, origin: str, outcome: str) -> None:
        """`outcome`: `matched` with a record of the log pipeline, or `alone`."""
        self._count("sightings", origin, outcome)

    def decision_taken(self, verdict: str, waited: timedelta) -> None:
        """`waited` counts from the arrival of the event, as in `first_notice_posted`."""
        self._count("decisions", verdict)
        self._histograms["time_to_decision_seconds"].observe(waited.total_seconds())

    def first_notice_posted(self, waited: timedelta) -> None:
        self._histograms["time_to_notice_seconds"].observe(waited.total_seconds())

    def loop_stalled(self, seconds: float, worked: float) -> None:
        """The event loop answered nobody for so long, and worked for `worked` seconds of that."""
        self._histograms["event_loop_stall_seconds"].observe(seconds)
        for clock, took in (("wall", seconds), ("processor", worked)):
            if took > self._longest_stall[clock]:
                self._longest_stall[clock] = took
                self._set(_LONGEST_STALL, took, clock)

    def heartbeat_seen(self, source: str, took: timedelta) -> None:
        """The card in Slack shows the newest heartbeat of a source."""
        self._set("heartbeat_seconds", took.total_seconds(), source)

    def heartbeat_succeeded(self, at: datetime) -> None:
        """Every source was heard in time, and the card in Slack shows it."""
        self._set("heartbeat_last_success_timestamp_seconds", at.timestamp())

    def set_whole(
        self,
        *,
        open_events: int,
        gaps: int,
        backlog: int,
        unjudged_for: timedelta,
        first_card_for: timedelta,
        workers: Mapping[str, timedelta],
    ) -> None:
        """What the database knows of all processes; `workers`: how long ago each was seen, by its name."""
        values = (1, open_events, gaps, backlog, unjudged_for.total_seconds(), first_card_for.total_seconds())
        for name, value in zip(_OF_THE_WHOLE, values, strict=True):
            self._set(name, value)
        # Those that ended are gone.
        self._gauges[_WORKERS].clear()
        for worker, age in workers.items():
            self._set(_WORKERS, age.total_seconds(), worker)

    def forget_whole(self) -> None:
        """The database is away: numbers of before would look as if all were well."""
        self._set("database_answers", 0)
        for name in _OF_THE_WHOLE[1:]:
            self._set(name, math.nan)
        self._gauges[_WORKERS].clear()

    def set_slack_connected(self, connected: bool) -> None:
        self._set("slack_connected", connected)

    def exposition(self) -> bytes:
        """All metrics in Prometheus' text format, version 0.0.4."""
        from prometheus_client import generate_latest  # noqa: PLC0415

        return generate_latest(self.registry)
