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


@pytest.mark.parametrize(
    ("host", "status"),
    [("slack.test", 200), ("slack", 200), ("192.0.2.7:8090", 200), ("[2001:db8::7]", 200)]
    + [(host, 403) for host in ("evil.example", "evil.example:8090", "slack.test.evil.example", "[")],
)
async def test_every_address_serves_only_names_that_nobody_could_have_registered(
    host: str, status: int
) -> None:
    async with SlackEmulator(host="0.0.0.0") as emulator:  # noqa: S104
        assert await _status(emulator, Host=host) == status
        assert await _status(emulator, Host=host, Origin="https://evil.example") == 403


@pytest.mark.parametrize(
    ("path", "mode", "status"),
    [
        (f"/api/chat.postMessage?token={BOT_TOKEN}&channel=C0GENERAL&text=hello", "no-cors", 403),
        (f"/api/chat.postMessage?token={BOT_TOKEN}&channel=C0GENERAL&text=hello", "navigate", 403),
        ("/control/state", "no-cors", 403),
        ("/page/state", "navigate", 403),
        ("/", "no-cors", 403),
        ("/", "navigate", 200),
    ],
)
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_an_image_or_a_link_on_another_site_does_nothing(
    emulator: SlackEmulator, path: str, mode: str, status: int, site: str
) -> None:
    headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode}
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{emulator.url}{path}", headers=headers) as answer,
    ):
        assert answer.status == status
    assert not emulator.world.messages.get("C0GENERAL")


@pytest.mark.parametrize("body", [b'{"user": "U0CAROL"}', b"user=U0CAROL"])
@pytest.mark.parametrize("sent_as", ["text/plain", "application/x-www-form-urlencoded"])
async def test_a_form_cannot_act_for_a_person(emulator: SlackEmulator, body: bytes, sent_as: str) -> None:
    """Also from a browser that tells no origin."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{emulator.url}/control/press", data=body, headers={"Content-Type": sent_as}) as answer,
    ):
        assert answer.status == 415


async def test_no_stranger_opens_the_socket(emulator: SlackEmulator) -> None:
    async with aiohttp.ClientSession() as session:
        for headers in ({"Origin": "https://evil.example"}, {"Host": "evil.example"}):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await session.ws_connect(f"{emulator.url}/link/", headers=headers)
            assert refused.value.status == 403
