"""What is counted, under which name."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from powertrip.metrics import COUNTERS, GAUGES, HISTOGRAMS, PREFIX, Metrics


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


def test_counts_appear_under_their_names_and_labels(metrics: Metrics) -> None:
    metrics.request_answered("logs", 422)
    metrics.records_accepted("logs", new=3, duplicates=2)
    metrics.batch_cut("logs")
    metrics.judging_put_off("logs")
    metrics.records_judged("servers", "ssh_login", "event", 1)
    metrics.delivery_attempted("reminder", "sent")
    metrics.decision_taken("deny", timedelta(seconds=45))
    metrics.origin_told("wazuh", "refused")
    metrics.sighting_compared("wazuh", "alone")
    metrics.gap_fetched("logs", 7)
    metrics.gap_failed("logs")
    text = metrics.exposition().decode()
    for line in (
        'powertrip_requests_total{source="logs",status="422"} 1.0',
        'powertrip_records_accepted_total{source="logs"} 3.0',
        'powertrip_records_duplicate_total{source="logs"} 2.0',
        'powertrip_batches_cut_total{source="logs"} 1.0',
        'powertrip_records_judged_total{rule="ssh_login",verdict="event"} 1.0',
        'powertrip_deliveries_total{kind="reminder",outcome="sent"} 1.0',
        'powertrip_decisions_total{verdict="deny"} 1.0',
        'powertrip_origin_verdicts_total{origin="wazuh",outcome="refused"} 1.0',
        'powertrip_sightings_total{origin="wazuh",outcome="alone"} 1.0',
        'powertrip_backfill_records_total{source="logs"} 7.0',
        'powertrip_backfill_failures_total{source="logs"} 1.0',
        'powertrip_time_to_decision_seconds_bucket{le="30.0"} 0.0',
        'powertrip_time_to_decision_seconds_bucket{le="60.0"} 1.0',
    ):
        assert line in text


def tell_whole(metrics: Metrics, **changes: Any) -> None:
    whole: dict[str, Any] = {
        "open_events": 4,
        "gaps": 2,
        "backlog": 9,
        "unjudged_for": timedelta(seconds=3),
        "first_card_for": timedelta(seconds=5),
        "workers": {"worker-1": timedelta(seconds=1)},
    }
    metrics.set_whole(**(whole | changes))


def test_levels_show_the_last_value(metrics: Metrics) -> None:
    tell_whole(metrics)
    tell_whole(metrics, backlog=8, workers={"worker-2": timedelta(seconds=2)})
    metrics.set_slack_connected(True)
    metrics.first_notice_posted(timedelta(milliseconds=300))
    text = metrics.exposition().decode()
    for line in (
        "powertrip_events_open 4.0",
        "powertrip_gaps_waiting 2.0",
        "powertrip_backlog_records 8.0",
        "powertrip_slack_connected 1.0",
        "powertrip_database_answers 1.0",
        "powertrip_oldest_unjudged_seconds 3.0",
        "powertrip_oldest_first_card_seconds 5.0",
        'powertrip_worker_sign_of_life_seconds{worker="worker-2"} 2.0',
        'powertrip_time_to_notice_seconds_bucket{le="0.5"} 1.0',
    ):
        assert line in text


def test_without_the_database_nothing_looks_as_if_all_were_well(metrics: Metrics) -> None:
    tell_whole(metrics)
    metrics.forget_whole()
    text = metrics.exposition().decode()
    assert "powertrip_database_answers 0.0" in text
    assert "powertrip_backlog_records NaN" in text
    assert "powertrip_oldest_unjudged_seconds NaN" in text
    assert "worker-1" not in text


def test_two_sets_of_metrics_do_not_share_anything(metrics: Metrics) -> None:
    tell_whole(metrics)
    assert "powertrip_backlog_records 0.0" in Metrics().exposition().decode()


def test_services_about_addresses_are_counted(metrics: Metrics) -> None:
    metrics.service_called("GreyNoise", "answered")
    metrics.answers_known("GreyNoise", 3)
    metrics.set_service_paused("GreyNoise", True)
    text = metrics.exposition().decode()
    for line in (
        'powertrip_enrichment_calls_total{outcome="answered",service="GreyNoise"} 1.0',
        'powertrip_enrichment_cache_hits_total{service="GreyNoise"} 3.0',
        'powertrip_enrichment_paused{service="GreyNoise"} 1.0',
    ):
        assert line in text


def test_every_metric_that_is_declared_can_have_a_value(metrics: Metrics) -> None:
    now = datetime(2026, 1, 15, 12, tzinfo=UTC)
    metrics.request_answered("logs", 200)
    metrics.api_answered(200)
    metrics.records_accepted("logs", new=3, duplicates=2)
    metrics.batch_cut("logs")
    metrics.judging_put_off("logs")
    metrics.records_judged("servers", "ssh_login", "match", 1)
    metrics.delivery_attempted("reminder", "sent")
    metrics.service_called("GreyNoise", "answered")
    metrics.answers_known("GreyNoise", 3)
    metrics.set_service_paused("GreyNoise", True)
    metrics.origin_told("wazuh", "told")
    metrics.sighting_compared("wazuh", "alone")
    metrics.decision_taken("deny", timedelta(seconds=45))
    metrics.page_polled("search", 5)
    metrics.poll_succeeded("search", now, now - timedelta(seconds=90))
    metrics.poll_failed("search")
    metrics.gap_fetched("logs", 7)
    metrics.gap_failed("logs")
    metrics.heartbeat_seen("logs", timedelta(seconds=2))
    metrics.heartbeat_succeeded(now)
    metrics.first_notice_posted(timedelta(milliseconds=300))
    metrics.loop_stalled(0.3, 0.1)
    tell_whole(metrics)
    metrics.set_slack_connected(True)
    samples = [line for line in metrics.exposition().decode().splitlines() if not line.startswith("#")]
    values = {line.partition(" ")[0].partition("{")[0]: float(line.rpartition(" ")[2]) for line in samples}
    declared = [*(f"{name}_total" for name in COUNTERS), *GAUGES, *(f"{name}_count" for name in HISTOGRAMS)]
    assert [name for name in declared if not values.get(PREFIX + name)] == []


def test_a_poll_that_has_caught_up_is_not_behind(metrics: Metrics) -> None:
    now = datetime(2026, 1, 15, 12, tzinfo=UTC)
    metrics.poll_succeeded("search", now, now - timedelta(seconds=90))
    assert 'powertrip_poll_lag_seconds{poll="search"} 90.0' in metrics.exposition().decode()
    metrics.poll_succeeded("search", now, None)
    assert 'powertrip_poll_lag_seconds{poll="search"} 0.0' in metrics.exposition().decode()
