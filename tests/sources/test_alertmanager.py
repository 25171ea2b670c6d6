"""Records of the source types `alertmanager` and `grafana`."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from powertrip.domain.record import Record
from powertrip.errors import Unauthorized, Unreadable
from powertrip.ingest.contract import IngestRequest
from tests.sources.posting import (
    NOW,
    SECRET,
    body_of,
    grafana_headers,
    hmac_of,
    read,
    request,
    source,
    with_secret,
)

ALERT: dict[str, Any] = {
    "status": "firing",
    "labels": {"alertname": "SSHLogin", "instance": "bastion-1:9100", "powertrip": "high", "user": "alice"},
    "annotations": {"summary": "A login", "description": "alice logged in on bastion-1"},
    "startsAt": "2026-01-15T11:59:30.123456789Z",
    "endsAt": "0001-01-01T00:00:00Z",
    "generatorURL": "http://prometheus.example.com/graph",
    "fingerprint": "fac0861a85de433a",
}
GROUP: dict[str, Any] = {
    "version": "4",
    "groupKey": '{}:{alertname="SSHLogin"}',
    "truncatedAlerts": 0,
    "status": "firing",
    "receiver": "powertrip",
    "groupLabels": {},
    "commonLabels": {},
    "commonAnnotations": {},
    "externalURL": "http://alertmanager.example.com",
    "alerts": [ALERT],
}


def record(**changes: Any) -> Record:
    """The record of one alert."""
    [made] = read("alertmanager", GROUP | {"alerts": [ALERT | changes]}).records
    return made


def test_an_alert_is_a_record() -> None:
    made = record()

    added = {"ask": "high", "receiver": "powertrip", "url": "http://alertmanager.example.com"}
    assert made == Record(
        source="it",
        record_id="fac0861a85de433a 2026-01-15T11:59:30.123456789Z",
        message="alice logged in on bastion-1",
        raw=json.dumps(ALERT | {"powertrip": added}, separators=(",", ":")),
        received_at=NOW,
        occurred_at=datetime(2026, 1, 15, 11, 59, 30, 123456, UTC),
        host_name="bastion-1",
        program="alertmanager",
    )


@pytest.mark.parametrize(
    ("annotations", "message"),
    [
        ({"summary": "s", "message": "m"}, "s"),
        ({"message": "m"}, "m"),
        ({"description": ""}, "SSHLogin"),
        ({}, "SSHLogin"),
    ],
)
def test_the_message_is_the_most_telling_text(annotations: dict[str, str], message: str) -> None:
    assert record(annotations=annotations).message == message


@pytest.mark.parametrize(
    ("labels", "host"),
    [
        ({"instance": "192.0.2.7:9100"}, "192.0.2.7"),
        ({"instance": "[2001:db8::7]:9100"}, "2001:db8::7"),
        ({"instance": "2001:db8::7"}, "2001:db8::7"),
        ({"instance": "exporter:9100", "host": "bastion-1"}, "bastion-1"),
        ({"node": "web-1"}, "web-1"),
        ({}, None),
    ],
)
def test_the_host_is_a_label_without_its_port(labels: dict[str, str], host: str | None) -> None:
    assert record(labels=labels).host_name == host


def test_an_alert_that_is_sent_again_has_the_same_id_to_its_end() -> None:
    again = record(annotations={})
    resolved = record(status="resolved", endsAt="2026-01-15T12:00:00Z")
    anew = record(startsAt="2026-01-15T12:30:00Z")

    assert record().record_id == again.record_id == resolved.record_id != anew.record_id


def test_another_label_may_say_how_much_an_alert_matters() -> None:
    [made] = read("alertmanager", GROUP, label="alertname").records

    assert json.loads(made.raw)["powertrip"]["ask"] == "SSHLogin"


def test_a_sender_cannot_say_what_only_the_label_says() -> None:
    forged = ALERT | {"labels": {}, "powertrip": {"ask": "critical"}}
    [made] = read("alertmanager", GROUP | {"alerts": [forged]}).records

    assert json.loads(made.raw)["powertrip"]["ask"] is None


def test_alerts_that_were_left_out_are_said_and_counted() -> None:
    with capture_logs() as logs:
        reading = read("alertmanager", GROUP | {"truncatedAlerts": 3})

    assert (len(reading.records), reading.is_cut) == (1, True)
    assert [(line["event"], line["count"]) for line in logs] == [("alerts left out", 3)]


@pytest.mark.parametrize("body", [{}, [1], "text", {"alerts": None}, {"alerts": {}}, "", b"\xff\x00"])
def test_anything_else_is_unreadable(body: object) -> None:
    with pytest.raises(Unreadable):
        read("alertmanager", body)


@pytest.mark.parametrize(
    "alert",
    [
        None,
        5,
        "firing",
        [],
        {},
        ALERT | {"labels": [], "annotations": 3, "startsAt": 2**70, "fingerprint": {}},
    ],
    ids=str,
)
def test_no_alert_is_lost_however_strange(alert: object) -> None:
    assert len(read("alertmanager", GROUP | {"alerts": [alert, ALERT]}).records) == 2


def test_alertmanager_needs_the_secret() -> None:
    with pytest.raises(Unauthorized):
        read("alertmanager", GROUP, {})


def test_grafanas_alerts_are_read_alike() -> None:
    body = GROUP | {"version": "1", "orgId": 1, "alerts": [ALERT | {"startsAt": "2026-01-15T12:59:30+01:00"}]}
    [made] = read("grafana", body, grafana_headers(body)).records

    assert (made.program, made.message) == ("grafana", "alice logged in on bastion-1")
    assert made.occurred_at == datetime(2026, 1, 15, 11, 59, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "signature", ["", "0" * 64, "é" * 64, "sha256=" + hmac_of(body_of(GROUP)), hmac_of(body_of(GROUP) + b" ")]
)
def test_what_grafana_did_not_sign_is_refused(signature: str) -> None:
    with pytest.raises(Unauthorized):
        read("grafana", GROUP, {"X-Grafana-Alerting-Signature": signature})


def test_grafanas_secret_itself_is_no_signature() -> None:
    with pytest.raises(Unauthorized):
        read("grafana", GROUP)
    with pytest.raises(Unauthorized):
        read("grafana", GROUP, {"X-Grafana-Alerting-Signature": SECRET})


def test_strangers_are_refused_before_they_send_a_body() -> None:
    with pytest.raises(Unauthorized):
        source("grafana").authorize(request(b"", {}))


@pytest.mark.parametrize(
    ("seconds", "taken"), [(0, True), (-300, True), (300, True), (-301, False), (301, False)]
)
def test_a_signed_time_has_to_be_near(seconds: int, taken: bool) -> None:
    signed_at = str(int((NOW + timedelta(seconds=seconds)).timestamp()))
    signature = hmac_of(f"{signed_at}:".encode() + body_of(GROUP))
    headers = {"X-Signature": signature, "X-Time": signed_at}
    settings: dict[str, Any] = {"signature_header": "X-Signature", "timestamp_header": "X-Time"}

    if taken:
        assert len(read("grafana", GROUP, headers, **settings).records) == 1
    else:
        with pytest.raises(Unauthorized, match="clock"):
            read("grafana", GROUP, headers, **settings)


def test_a_time_that_is_not_signed_is_refused() -> None:
    headers = grafana_headers(GROUP) | {"X-Time": str(int(NOW.timestamp()))}

    with pytest.raises(Unauthorized, match="is wrong"):
        read("grafana", GROUP, headers, timestamp_header="X-Time")
    with pytest.raises(Unauthorized, match="X-Time is missing"):
        read("grafana", GROUP, grafana_headers(GROUP), timestamp_header="X-Time")


def test_grafanas_own_vector_verifies(corpora: Path) -> None:
    vector = json.loads((corpora / "synthetic" / "grafana_hmac_vector.json").read_text())
    body, timed = vector["body"].encode(), vector["with_timestamp"]
    at = datetime.fromtimestamp(int(timed["timestamp_header_value"]), UTC)
    signature = {"X-Grafana-Alerting-Signature": timed["X-Grafana-Alerting-Signature"]}
    headers = signature | {"X-Time": timed["timestamp_header_value"]}
    dated = with_secret(source("grafana", timestamp_header="X-Time"), vector["secret"])

    assert (
        with_secret(source("grafana"), vector["secret"]).read(request(body, vector["plain_header"])).records
        == []
    )
    assert dated.read(IngestRequest(headers=headers, body=body, received_at=at)).records == []
