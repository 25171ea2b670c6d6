"""docs/sources.md, alerts and services: settings are valid, mappings make records of what vendors post."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from powertrip.domain.record import Record
from powertrip.rules import Match, RuleSet, load_rules
from powertrip.settings import load_config
from tests.sources.posting import SECRET, read

PAGE = (Path(__file__).parents[2] / "docs" / "sources.md").read_text()
DOCUMENT = PAGE.partition("\n## Alerts and services\n")[2].partition("\n## ")[0]
SECTIONS = {part.partition("\n")[0]: part for part in DOCUMENT.split("\n### ")[1:]}
LOGIN = "Accepted publickey for alice from 192.0.2.10 port 52277 ssh2"
CONNECTED = [name for name, text in SECTIONS.items() if "sources:\n" in text]


def blocks(section: str, language: str) -> list[str]:
    """The blocks in this language of a vendor's section."""
    return re.findall(rf"```{language}\n(.*?)```", SECTIONS[section], re.DOTALL)


def settings(section: str) -> dict[str, Any]:
    """What the section says to write into the config."""
    return next(data for text in blocks(section, "yaml") if "sources" in (data := yaml.safe_load(text)))


def rules(section: str) -> RuleSet:
    """The rules that the section says to write."""
    return load_rules(settings(section)["rules"], lambda _: "docs/sources.md")


def records(section: str, body: str) -> list[Record]:
    """What the mapping of the section makes of a body."""
    [(name, entry)] = settings(section)["sources"].items()
    made = read("json", body, keys=entry["keys"]).records
    return [replace(record, source=name) for record in made]


@pytest.mark.parametrize("section", CONNECTED)
def test_the_settings_of_every_recipe_are_valid(section: str, tmp_path: Path) -> None:
    slack = {"bot_token": "xoxb-1", "app_token": "xapp-1"}
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump({"slack": slack, **settings(section)}))
    names = re.findall(r"\$\{(\w+)\}", path.read_text())

    config = load_config(path, dict.fromkeys(names, SECRET))

    assert list(config.sources) == list(settings(section)["sources"])


def test_datadogs_payload_becomes_an_alert() -> None:
    [template] = blocks("Datadog", "json")
    values = {
        "$ID": "1234567",
        "$DATE": "1768478398000",
        "$HOSTNAME": "bastion-1",
        "$EVENT_TITLE": "[Triggered] New kernel module",
        "$TEXT_ONLY_MSG": 'A \\"module\\"\n was loaded',
        "$ALERT_TRANSITION": "Triggered",
        "$LINK": "https://app.datadoghq.com/event/event?id=1234567",
    }
    body = re.sub(r"\$[A-Z_]+", lambda found: values[found[0]], template)

    [record] = records("Datadog", body)
    verdict = rules("Datadog").judge(record)

    assert (record.host_name, record.record_id) == ("bastion-1", "1234567")
    assert record.occurred_at == datetime(2026, 1, 15, 11, 59, 58, tzinfo=UTC)
    assert record.message == 'A "module"\n was loaded'
    assert isinstance(verdict, Match)
    assert verdict.fields["alert"] == "[Triggered] New kernel module"
    recovered = records("Datadog", body.replace('"Triggered"', '"Recovered"'))[0]
    assert not isinstance(rules("Datadog").judge(recovered), Match)


def test_splunks_row_becomes_a_login() -> None:
    [body] = blocks("Splunk", "json")

    [record] = records("Splunk", body)

    assert (record.host_name, record.program, record.message) == ("bastion-1", "sshd", LOGIN)
    assert record.occurred_at == datetime(2026, 1, 15, 11, 59, 58, tzinfo=UTC)
    assert record.record_id == json.loads(body)["result"]["id"]
    assert isinstance(rules("Splunk").judge(record), Match)


def test_splunks_search_cuts_the_header_off() -> None:
    [search] = blocks("Splunk", "text")
    [pattern] = re.findall(r'rex field=_raw "(.*)"', search)
    found = re.search(pattern.replace("(?<", "(?P<"), f"Jan 15 11:59:58 bastion-1 sshd[17584]: {LOGIN}")

    assert found is not None
    assert found.groupdict() == {"program": "sshd", "line": LOGIN}


def test_kibanas_hits_become_logins() -> None:
    [template] = blocks("Kibana", "text")
    found = re.fullmatch(r"\{\{#context\.hits\}\}\n(.*)\{\{/context\.hits\}\}\n", template, re.DOTALL)
    assert found is not None
    hits = [("h1", LOGIN), ("h2", LOGIN.replace("alice", 'a\\"b'))]
    body = "".join(_rendered(found[1], number, message) for number, message in hits)

    first, second = records("Kibana", body)

    assert (first.record_id, second.record_id) == ("h1", "h2")
    assert (first.host_name, first.program, first.message) == ("bastion-1", "sshd", LOGIN)
    assert first.occurred_at == datetime(2026, 1, 15, 11, 59, 58, tzinfo=UTC)
    assert 'a"b' in second.message
    assert isinstance(rules("Kibana").judge(first), Match)


def _rendered(template: str, number: str, message: str) -> str:
    """What Mustache makes of a hit; the message is escaped already, as Kibana does with two braces."""
    values = {
        "_id": number,
        "_source.@timestamp": "2026-01-15T11:59:58.000Z",
        "_source.host.name": "bastion-1",
        "_source.process.name": "sshd",
        "_source.message": message,
    }
    return re.sub(r"\{\{([^}]+)\}\}", lambda found: values[found[1]], template)


def test_every_row_of_the_table_has_a_recipe() -> None:
    links = re.findall(r"\(#([a-z0-9-]+)\)", DOCUMENT)
    headings = {name.lower().replace(" ", "-") for name in SECTIONS}

    assert set(links) == headings
