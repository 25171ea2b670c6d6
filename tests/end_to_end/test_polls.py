"""What polls fetch becomes cards, and what is wrong with them is told to the security channel."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from powertrip.cli.check import check_all
from powertrip.runtime.app import Running
from powertrip.settings import load_config
from slack_emulator import SlackEmulator
from slack_emulator.control import Control
from tests.end_to_end.harness import ALICES_DM, Sender, powertrip_here, settings, write_config
from tests.outside import serving
from tests.polls.api import Api

SECURITY = "C0SECURITY"
LOGIN = {
    "id": "7",
    "received_at": "2026-01-15T11:59:00Z",
    "hostname": "bastion-1",
    "program": "sshd",
    "message": "Accepted publickey for alice from 192.0.2.10 port 50000 ssh2",
}
FOUND = {"events": [LOGIN], "max_id": "7", "reached_end": True}


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    api = Api(answers=[FOUND])
    async with serving(api.handle) as api.url:
        yield api


@pytest.fixture
def changes(api: Api) -> dict[str, Any]:
    search = {"type": "papertrail_search", "token": "a-token", "url": api.url, "every": "50ms"}
    return {"polls": {"search": search | {"tell_failing_after": "100ms", "expect_within": "300ms"}}}


async def told(control: Control, words: str) -> None:
    """Wait until the security channel shows these words."""
    await control.wait_for(lambda state: any(m.shows(words) for m in state.messages(SECURITY)))


async def test_a_polled_login_becomes_one_card(
    running: tuple[Running, Sender], control: Control, api: Api
) -> None:
    await control.wait_for(lambda state: any(m.shows("192.0.2.10") for m in state.messages()))
    await told(control, "search is silent")
    assert len(api.asked) > 2
    cards = [m for m in (await control.state()).messages() if m.shows("192.0.2.10")]
    assert [card.channel for card in cards] == [ALICES_DM]
    _, metrics = await running[1].get("/metrics")
    assert 'powertrip_poll_records_total{poll="search"} 1.0' in metrics
    assert 'powertrip_poll_last_success_timestamp_seconds{poll="search"}' in metrics


@pytest.mark.usefixtures("running")
async def test_a_poll_that_fails_is_told_once_and_so_is_its_end(api: Api, control: Control) -> None:
    api.answers = [(401, "", {})]
    await told(control, "The poll search fails")
    api.answers = [FOUND]
    await told(control, "The poll search works again")
    fails = [m for m in (await control.state()).messages(SECURITY) if m.shows("The poll search fails")]
    assert len(fails) == 1


async def test_after_a_restart_the_poll_goes_on_where_it_was(
    sandbox: SlackEmulator, control: Control, tmp_path: Path, changes: dict[str, Any], api: Api
) -> None:
    path = write_config(tmp_path / "config.yaml", settings(sandbox, tmp_path, **changes))
    async with powertrip_here(path):
        await control.wait_for(lambda state: any(m.shows("192.0.2.10") for m in state.messages()))
    api.asked.clear()
    async with powertrip_here(path):
        await told(control, "search is silent")
    assert {asked.query.get("min_id") for asked in api.asked} == {"7"}


@pytest.mark.parametrize(
    ("answer", "ok", "words"), [(FOUND, True, "1 record"), ((401, "", {}), False, "401")]
)
async def test_check_asks_each_poll_once(
    sandbox: SlackEmulator,
    tmp_path: Path,
    changes: dict[str, Any],
    api: Api,
    answer: Any,
    ok: bool,
    words: str,
) -> None:
    api.answers = [answer]
    path = write_config(tmp_path / "config.yaml", settings(sandbox, tmp_path, **changes))
    found = {finding.name: finding for finding in await check_all(load_config(path, {}))}
    assert found["poll search"].ok is ok
    assert words in found["poll search"].detail
    assert len(api.asked) == 1


class TestAfterAnOutage:
    """More waits than one round takes."""

    @pytest.fixture
    def changes(self, api: Api) -> dict[str, Any]:
        logins = [
            LOGIN | {"id": str(number), "received_at": f"2026-01-15T11:5{number}:00Z"}
            for number in range(1, 9)
        ]
        api.answers = [
            {"events": logins[last - 2 : last], "max_id": str(last), "reached_end": last == 8}
            for last in (2, 4, 6, 8)
        ]
        search = {"type": "papertrail_search", "token": "a-token", "url": api.url, "every": "50ms"}
        return {"polls": {"search": search | {"catch_up": 1}}}

    @pytest.mark.usefixtures("running")
    async def test_it_is_taken_round_by_round_and_counted(self, control: Control, api: Api) -> None:
        await told(control, "The poll search is behind and catches up")
        await told(control, "The poll search has caught up")
        await told(control, "8 records, from 2026-01-15 11:51:00 UTC to 2026-01-15 11:58:00 UTC")
        assert [asked.query.get("min_id") for asked in api.asked[:4]] == [None, "2", "4", "6"]
