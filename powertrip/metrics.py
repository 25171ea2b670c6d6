"""What Powertrip counts and measures, in Prometheus' words; no label ever holds personal data."""

from datetime import datetime, timedelta

_DECISION_BUCKETS = (10, 30, 60, 120, 300, 600, 1800, 3600, 4 * 3600, 12 * 3600, 86400, 3 * 86400, 7 * 86400)
_NOTICE_BUCKETS = (0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 60, 300, 1800)


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
        self._requests = Counter(
            "powertrip_requests", "Ingest requests answered", ["source", "status"], registry=registry
        )
        self._api_requests = Counter(
            "powertrip_api_requests", "Requests to the read API by answer", ["status"], registry=registry
        )
        self._accepted = Counter(
            "powertrip_records_accepted", "Records committed to the inbox", ["source"], registry=registry
        )
        self._duplicate = Counter(
            "powertrip_records_duplicate",
            "Records dropped: their id was known",
            ["source"],
            registry=registry,
        )
        self._batches_cut = Counter(
            "powertrip_batches_cut",
            "Batches that the sender left records out of",
            ["source"],
            registry=registry,
        )
        self._judged = Counter(
            "powertrip_records_judged", "Records judged", ["rule", "verdict"], registry=registry
        )
        self._deliveries = Counter(
            "powertrip_deliveries", "Attempts to tell the outside", ["kind", "outcome"], registry=registry
        )
        self._service_calls = Counter(
            "powertrip_enrichment_calls",
            "Questions to a service about addresses",
            ["service", "outcome"],
            registry=registry,
        )
        self._cache_hits = Counter(
            "powertrip_enrichment_cache_hits",
            "Answers about addresses that were known already",
            ["service"],
            registry=registry,
        )
        self._service_paused = Gauge(
            "powertrip_enrichment_paused",
            "1 while a service is not asked because it failed too often, else 0",
            ["service"],
            registry=registry,
        )
        self._origins_told = Counter(
            "powertrip_origin_verdicts",
            "Attempts to tell an origin what was decided",
            ["origin", "outcome"],
            registry=registry,
        )
        self._sightings = Counter(
            "powertrip_sightings",
            "Records of origins, with a counterpart in the log pipeline or alone",
            ["origin", "outcome"],
            registry=registry,
        )
        self._decisions = Counter("powertrip_decisions", "Decisions taken", ["verdict"], registry=registry)
        self._events_open = Gauge("powertrip_events_open", "Events nobody has decided", registry=registry)
        self._backlog = Gauge("powertrip_backlog_records", "Records waiting to be judged", registry=registry)
        self._slack_connected = Gauge(
            "powertrip_slack_connected", "1 while the Slack connection is up, else 0", registry=registry
        )
        self._poll_records = Counter(
            "powertrip_poll_records", "New records that polls fetched", ["poll"], registry=registry
        )
        self._poll_failures = Counter(
            "powertrip_poll_failures", "Rounds of polls that failed", ["poll"], registry=registry
        )
        self._poll_success = Gauge(
            "powertrip_poll_last_success_timestamp_seconds",
            "When a round last went through, Unix time",
            ["poll"],
            registry=registry,
        )
        self._poll_lag = Gauge(
            "powertrip_poll_lag_seconds", "How far a poll is behind", ["poll"], registry=registry
        )
        self._gap_records = Counter(
            "powertrip_backfill_records",
            "New records that a sender had left out and were fetched",
            ["source"],
            registry=registry,
        )
        self._gap_failures = Counter(
            "powertrip_backfill_failures",
            "Attempts to fetch what a sender had left out that failed",
            ["source"],
            registry=registry,
        )
        self._gaps_waiting = Gauge(
            "powertrip_gaps_waiting",
            "Batches whose left-out records are not all fetched yet",
            registry=registry,
        )
        self._time_to_decision = Histogram(
            "powertrip_time_to_decision_seconds",
            "From the arrival of an event to its decision",
            buckets=_DECISION_BUCKETS,
            registry=registry,
        )
        self._time_to_notice = Histogram(
            "powertrip_time_to_notice_seconds",
            "From the arrival of an event to its first notice",
            buckets=_NOTICE_BUCKETS,
            registry=registry,
        )

    def request_answered(self, source: str, status: int) -> None:
        """An ingest request got its answer; `source` must come from the config, never from the request."""
        self._requests.labels(source, str(status)).inc()

    def api_answered(self, status: int) -> None:
        """A request to the read API got its answer."""
        self._api_requests.labels(str(status)).inc()

    def records_accepted(self, source: str, *, new: int, duplicates: int) -> None:
        """Records were committed: `new` ones kept, `duplicates` dropped."""
        self._accepted.labels(source).inc(new)
        self._duplicate.labels(source).inc(duplicates)

    def batch_cut(self, source: str) -> None:
        """The sender said that it left records out of a batch."""
        self._batches_cut.labels(source).inc()

    def record_judged(self, rule: str, verdict: str) -> None:
        """A record was judged; `rule` is empty where none recognised it."""
        self._judged.labels(rule, verdict).inc()

    def page_polled(self, poll: str, new: int) -> None:
        """A page of a poll was kept, with this many new records."""
        self._poll_records.labels(poll).inc(new)

    def poll_succeeded(self, poll: str, at: datetime, behind_at: datetime | None) -> None:
        """A round went through at `at`; `behind_at` is how far it is, None where it is not behind."""
        self._poll_success.labels(poll).set(at.timestamp())
        self._poll_lag.labels(poll).set((at - behind_at).total_seconds() if behind_at else 0)

    def poll_failed(self, poll: str) -> None:
        """A round failed."""
        self._poll_failures.labels(poll).inc()

    def gap_fetched(self, source: str, new: int) -> None:
        """A page of what a sender left out was kept, with this many new records."""
        self._gap_records.labels(source).inc(new)

    def gap_failed(self, source: str) -> None:
        """A page of what a sender left out could not be fetched."""
        self._gap_failures.labels(source).inc()

    def set_gaps_waiting(self, count: int) -> None:
        """How many batches are not fetched whole yet."""
        self._gaps_waiting.set(count)

    def delivery_attempted(self, kind: str, outcome: str) -> None:
        """The outside was told something, or was not."""
        self._deliveries.labels(kind, outcome).inc()

    def service_called(self, service: str, outcome: str) -> None:
        """A service was asked about addresses: `answered`, `busy`, `unavailable` or `refused`."""
        self._service_calls.labels(service, outcome).inc()

    def answers_known(self, service: str, count: int) -> None:
        """So many answers of a service came out of the cache."""
        self._cache_hits.labels(service).inc(count)

    def set_service_paused(self, service: str, paused: bool) -> None:
        """Whether a service is left alone because it failed too often."""
        self._service_paused.labels(service).set(1 if paused else 0)

    def origin_told(self, origin: str, outcome: str) -> None:
        """An origin was told a verdict, or was not: `told`, `unavailable` or `refused`."""
        self._origins_told.labels(origin, outcome).inc()

    def sighting_compared(self, origin: str, outcome: str) -> None:
        """A record of an origin was found to have a counterpart (`matched`), or to have none (`alone`)."""
        self._sightings.labels(origin, outcome).inc()

    def decision_taken(self, verdict: str, waited: timedelta) -> None:
        """Somebody decided, `waited` after the event arrived."""
        self._decisions.labels(verdict).inc()
        self._time_to_decision.observe(waited.total_seconds())

    def first_notice_posted(self, waited: timedelta) -> None:
        """The first notice of an event went out, `waited` after the event arrived."""
        self._time_to_notice.observe(waited.total_seconds())

    def set_events_open(self, count: int) -> None:
        """How many events nobody has decided."""
        self._events_open.set(count)

    def set_backlog(self, count: int) -> None:
        """How many records wait to be judged."""
        self._backlog.set(count)

    def set_slack_connected(self, connected: bool) -> None:
        """Whether the Slack connection is up."""
        self._slack_connected.set(1 if connected else 0)

    def exposition(self) -> bytes:
        """All metrics in Prometheus' text format, version 0.0.4."""
        from prometheus_client import generate_latest  # noqa: PLC0415

        return generate_latest(self.registry)
