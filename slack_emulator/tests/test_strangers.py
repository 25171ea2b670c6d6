"""What a web page from elsewhere cannot make the browser of this machine do."""

import aiohttp
import pytest

from slack_emulator import BOT_TOKEN, SlackEmulator


async def _status(emulator: SlackEmulator, **headers: str) -> int:
    form = {"token": BOT_TOKEN, "channel": "C0GENERAL", "text": "hello"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{emulator.api_url}chat.postMessage", data=form, headers=headers) as answer,
    ):
        return answer.status


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:1", "null"])
async def test_a_form_of_another_origin_is_refused(emulator: SlackEmulator, origin: str) -> None:
    assert await _status(emulator, Origin=origin) == 403


async def test_a_foreign_name_that_points_here_is_refused(emulator: SlackEmulator) -> None:
    assert await _status(emulator, Host="evil.example", Origin="http://evil.example") == 403


async def test_apps_and_the_page_itself_are_served(emulator: SlackEmulator) -> None:
    port = emulator.url.rpartition(":")[2]
    assert await _status(emulator) == 200
    assert await _status(emulator, Origin=emulator.url) == 200
    assert await _status(emulator, Host=f"localhost:{port}", Origin=f"http://localhost:{port}") == 200


async def test_any_name_serves_where_every_address_is_listened_on() -> None:
    async with SlackEmulator(host="0.0.0.0") as emulator:  # noqa: S104
        assert await _status(emulator, Host="slack.test") == 200
        assert await _status(emulator, Host="slack.test", Origin="https://evil.example") == 403
