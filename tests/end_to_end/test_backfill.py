"""What Papertrail's webhook left out is fetched and asked about like everything else."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from powertrip.cli.shared import read_config
from powertrip.log import redact
from powertrip.runtime.app import Running
from slack_emulator import SlackEmulator
from slack_emulator.control import Control
from tests.end_to_end.harness import SECRET, Sender, powertrip_here, settings, write_config
from tests.outside import serving
from tests.polls.api import Api

SECURITY = "C0SECURITY"
TOKEN = "papertrail-api-token"


def login(number: int, address: str) -> dict[str, Any]:
    return {
        "id": number,
        "received_at": "2026-01-15T11:59:00Z",
        "hostname": "bastion-1",
        "program": "sshd",
        "message": f"Accepted publickey for alice from {address} port 50000 ssh2",
    }


SENT, LEFT_OUT = login(7, "192.0.2.10"), login(8, "192.0.2.20")
CUT = {"events": [SENT], "reached_record_limit": True, "min_id": "7", "max_id": "9"}
REST = {"events": [SENT | {"id": "7"}, LEFT_OUT | {"id": "8"}], "max_id": "9", "reached_end": True}


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    api = Api(answers=[REST])
    async with serving(api.handle) as api.url:
        yield api


@pytest.fixture
def changes(api: Api) -> dict[str, Any]:
    source = {"type": "papertrail", "secret": SECRET, "backfill_token": TOKEN, "backfill_url": api.url}
    return {"sources": {"papertrail": source}}


async def post(sender: Sender, body: dict[str, Any]) -> None:
    await sender.post(source=f"papertrail/{SECRET}", raw=json.dumps(body).encode(), headers={})


async def shown(control: Control, words: str) -> None:
    """Wait until some message shows these words."""
    await control.wait_for(lambda state: any(m.shows(words) for m in state.messages()))


async def test_the_login_that_a_cut_webhook_lacks_becomes_a_card_and_no_other_comes_twice(
    running: tuple[Running, Sender], control: Control, api: Api
) -> None:
    await post(running[1], CUT | {"saved_search": {"query": "Accepted"}})
    await shown(control, "192.0.2.10")
    await shown(control, "192.0.2.20")
    assert [(asked.query["min_id"], asked.query["q"]) for asked in api.asked] == [("6", "Accepted")]
    _, metrics = await running[1].get("/metrics")
    assert 'powertrip_backfill_records_total{source="papertrail"} 1.0' in metrics
    assert 'powertrip_batches_cut_total{source="papertrail"} 1.0' in metrics


async def test_a_refused_token_is_told_once_and_the_gap_outlasts_a_restart(
    sandbox: SlackEmulator, control: Control, tmp_path: Path, changes: dict[str, Any], api: Api
) -> None:
    api.answers = [(401, "", {})]
    path = write_config(tmp_path / "config.yaml", settings(sandbox, tmp_path, **changes))
    async with powertrip_here(path) as (_, sender):
        await control.connected()
        await post(sender, CUT)
        await shown(control, "What was left out of the source papertrail cannot be fetched")
    api.answers = [REST]
    async with powertrip_here(path):
        await shown(control, "What was left out of the source papertrail is fetched again")
        await shown(control, "192.0.2.20")
    told = [m for m in (await control.state()).messages(SECURITY) if m.shows("cannot be fetched")]
    assert len(told) == 1


async def test_the_token_is_printed_nowhere(
    sandbox: SlackEmulator, tmp_path: Path, changes: dict[str, Any]
) -> None:
    read_config(write_config(tmp_path / "config.yaml", settings(sandbox, tmp_path, **changes)))
    assert TOKEN not in redact(f"asked with {TOKEN}")
