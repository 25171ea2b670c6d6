"""Each type makes up a request that it takes itself, and of which its own rules make an event."""

from typing import Any, get_args

import pytest
from pydantic import BaseModel

from powertrip.errors import Unauthorized
from powertrip.ingest.contract import IngestRequest
from powertrip.ingest.sample import NoSample, Sample, SampleLogin
from powertrip.rules import Match, load_rules
from powertrip.sources import AnySource
from tests.sources.posting import NOW, source

TOKEN = "powertripTest" + "a1" * 15
TOPIC = "arn:aws:sns:us-east-1:123456789012:logs"
LOGIN = SampleLogin(user_name="alice@example.com", token=TOKEN, at=NOW)
PACKS = ("ssh", "pam-login", "alerts", "github-webhook", "okta", "tailscale", "teleport", "cloudtrail")
RULES = load_rules([{"use": pack} for pack in (*PACKS, "heroku", "aptible")], lambda _: "config.yaml")
CANNOT: dict[str, dict[str, Any]] = {"wazuh4": {}, "wazuh5": {}, "ossec": {}, "sns": {"topics": TOPIC}}
CAN: list[tuple[str, dict[str, Any]]] = [
    ("papertrail", {}),
    ("json", {}),
    ("json", {"keys": {"message": "log.msg", "host": "log.host", "time": "@timestamp", "id": "uid"}}),
    ("json", {"keys": {"message": "msg", "program": None, "host": None, "time": None}}),
    ("json", {"keys": {"message": "msg", "program": None}, "events": "data.events"}),
    ("pam", {}),
    ("alertmanager", {"label": "ask"}),
    ("grafana", {}),
    ("grafana", {"timestamp_header": "X-Signed-At", "signature_header": "X-Signed"}),
    ("github", {}),
    ("okta", {}),
    ("tailscale", {}),
    ("teleport", {}),
    ("sns", {"topics": TOPIC, "raw_delivery": True}),
    ("firehose", {}),
    ("eventbridge", {}),
    ("syslog", {}),
    ("journald", {}),
    ("loki", {}),
    ("heroku", {}),
    ("aptible", {}),
]


def request(sample: Sample) -> IngestRequest:
    return IngestRequest(headers=sample.headers, body=sample.body, received_at=NOW, source="it")


@pytest.mark.parametrize(("kind", "settings"), CAN, ids=lambda value: str(value)[:40])
def test_a_sample_is_read_and_is_an_event(kind: str, settings: dict[str, Any]) -> None:
    section = source(kind, **settings)
    reading = section.read(request(section.sample(LOGIN)))

    (record,) = reading.records
    verdict = RULES.judge(record)
    assert isinstance(verdict, Match), verdict
    assert verdict.fields["user_name"] == "alice@example.com"
    assert TOKEN in record.raw
    assert reading.unread == ()


@pytest.mark.parametrize(("kind", "settings"), CAN, ids=lambda value: str(value)[:40])
def test_a_sample_with_another_secret_is_refused(kind: str, settings: dict[str, Any]) -> None:
    other = source(kind, **(settings | {"secret": "9f31c07be2a84d6539aa0c71"}))

    with pytest.raises(Unauthorized):
        source(kind, **settings).read(request(other.sample(LOGIN)))


@pytest.mark.parametrize(("kind", "settings"), CANNOT.items())
def test_what_cannot_be_made_up_says_what_to_do(kind: str, settings: dict[str, Any]) -> None:
    with pytest.raises(NoSample, match="try"):
        source(kind, **settings).sample(LOGIN)


def test_no_type_is_forgotten() -> None:
    union = get_args(get_args(AnySource)[0])
    types = {
        get_args(model.model_fields["type"].annotation)[0] for model in union if issubclass(model, BaseModel)
    }

    assert types == {kind for kind, _ in CAN} | CANNOT.keys()
