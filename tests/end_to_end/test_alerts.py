"""Alerts and a service's webhook, posted as their senders post them, are asked about in Slack."""

import json
from typing import Any

import pytest

from powertrip.sandbox.control import Control
from tests.end_to_end.harness import ALICES_DM, SECRET, Sender
from tests.end_to_end.test_main_path import SECURITY, card_for
from tests.sources.posting import github_headers
from tests.sources.test_alertmanager import ALERT, GROUP
from tests.sources.test_services import MEMBER


@pytest.fixture
def changes() -> dict[str, Any]:
    """Alertmanager with a label of its own, GitHub and Okta."""
    return {
        "sources": {
            "prometheus": {"type": "alertmanager", "secret": SECRET, "label": "ask_security"},
            "github": {"type": "github", "secret": SECRET},
            "okta": {"type": "okta", "secret": SECRET},
        },
        "people": {"alice": {"slack": "U0ALICE", "github": "Alice-GH"}},
        "rules": [{"use": "alerts", "source": "prometheus"}, {"use": "github-webhook", "source": "github"}],
    }


def alert(**labels: str) -> dict[str, Any]:
    """An alert with these labels and no others."""
    own = {"alertname": "NewKernelModule", "instance": "bastion-1:9100"}
    return ALERT | {"labels": own | labels, "fingerprint": "-".join(["f", *labels])}


async def test_an_alert_with_the_label_is_asked_in_the_security_channel(
    sender: Sender, control: Control
) -> None:
    alerts = [alert(), alert(ask_security="critical")]
    await sender.post(GROUP | {"alerts": alerts}, source="prometheus")

    card = await card_for(control, "NewKernelModule")
    state = await control.state()
    assert card.channel == SECURITY
    for words in ("Critical alert", "bastion-1", "alice logged in on bastion-1"):
        assert card.shows(words), words
    assert len([message for message in state.messages() if message.shows("NewKernelModule")]) == 1


async def test_the_end_of_an_alert_asks_only_where_its_start_was_missed(
    sender: Sender, control: Control
) -> None:
    known, missed = alert(ask_security="low"), alert(ask_security="high", pod="b")
    await sender.post(GROUP | {"alerts": [known]}, source="prometheus")
    ends = [one | {"status": "resolved", "endsAt": "2026-01-15T12:00:00Z"} for one in (known, missed)]

    answer = await sender.post(GROUP | {"status": "resolved", "alerts": ends}, source="prometheus")

    assert (answer["accepted"], answer["duplicates"]) == (2, 1)
    assert (await card_for(control, "resolved")).shows("NewKernelModule")


async def test_an_alert_that_names_its_user_is_asked_of_that_person(sender: Sender, control: Control) -> None:
    await sender.post(GROUP | {"alerts": [alert(ask_security="low", user="alice")]}, source="prometheus")

    assert (await card_for(control, "NewKernelModule")).channel == ALICES_DM


async def test_whoever_changes_access_at_github_is_asked(sender: Sender, control: Control) -> None:
    body = json.dumps(MEMBER).encode()
    await sender.post(source="github", raw=body, headers=github_headers(body))

    card = await card_for(control, "example/vault")
    assert card.channel == ALICES_DM
    for words in ("GitHub access changed", "mallory"):
        assert card.shows(words), words


async def test_okta_is_answered_over_http(sender: Sender) -> None:
    headers = {"Authorization": SECRET, "X-Okta-Verification-Challenge": "challenge-1"}
    status, body = await sender.get("/ingest/okta", headers)
    assert (status, json.loads(body)) == (200, {"verification": "challenge-1"})
    assert (await sender.get("/ingest/okta"))[0] == 401
    assert await sender.post(source="okta", raw=b'{"data": {"events": []}}', headers=headers) == {}
