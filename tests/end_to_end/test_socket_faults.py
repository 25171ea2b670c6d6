"""The socket to Slack breaks in every way it can, and clicks come in again afterwards."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from powertrip.errors import SlackRefused
from powertrip.slack.connection import SocketConnection
from slack_emulator import APP_TOKEN, BOT_TOKEN, SlackEmulator
from slack_emulator.control import Control
from slack_emulator.socket_mode import DisconnectReason
from tests.conftest import Clock
from tests.end_to_end.evidence import until
from tests.end_to_end.harness import ANY_RATE, Sender, login

SECURITY = "C0SECURITY"
ALICE = "U0ALICE"


async def assert_a_click_is_taken(control: Control) -> None:
    """Alice approves the card in her direct messages."""
    card = (await control.wait_for(lambda s: s.messages()[0].buttons)).messages()[0]
    outcome = await control.press(ALICE, card.channel, card.ts, action_id="approve")
    assert outcome.acked
    await control.wait_for(lambda s: not s.message(card).buttons)


async def test_clicks_work_again_after_the_socket_was_cut(sender: Sender, control: Control) -> None:
    await sender.post(login("alice"))
    await control.drop_sockets()
    await control.wait_for(lambda s: s.connections_opened >= 2 and s.connections)
    await assert_a_click_is_taken(control)


@pytest.mark.parametrize("reason", ["warning", "refresh_requested", "link_disabled", "too_many_websockets"])
async def test_clicks_work_again_after_slack_asked_to_reconnect(
    sender: Sender, control: Control, reason: DisconnectReason
) -> None:
    await sender.post(login("alice"))
    await control.disconnect(reason)
    await control.wait_for(lambda s: s.connections_opened >= 2 and s.connections)
    await assert_a_click_is_taken(control)


async def test_a_socket_that_is_gone_shows_in_readiness(sender: Sender, control: Control) -> None:
    assert (await sender.get("/readyz"))[0] == 200
    await control.refuse_handshakes(100)
    await control.drop_sockets()
    await control.wait_for(lambda s: not s.connections)
    status, body = await sender.get("/readyz")
    assert (status, "no socket to Slack" in body) == (503, True)


@pytest.fixture
def app(sandbox: SlackEmulator) -> AsyncApp:
    """An app that listens to nothing."""
    return AsyncApp(client=AsyncWebClient(token=BOT_TOKEN, base_url=sandbox.api_url, retry_handlers=[]))


@pytest.fixture
async def connection(app: AsyncApp, clock: Clock) -> AsyncIterator[SocketConnection]:
    """Its socket, with a watchdog that thinks half a minute short and two minutes long."""
    made = SocketConnection(
        app,
        APP_TOKEN,
        clock,
        new_address_after=timedelta(seconds=30),
        new_client_after=timedelta(seconds=120),
    )
    yield made
    await made.stop()


async def wedge(control: Control) -> None:
    """Cut the socket and refuse the next handshake: another is asked for after a pause."""
    await control.refuse_handshakes(1)
    await control.drop_sockets()
    await control.wait_for(lambda s: s.handshakes_refused == 1 and not s.connections)


@ANY_RATE
async def test_the_watchdog_begins_with_a_new_client_when_that_did_not_help(
    connection: SocketConnection, control: Control, clock: Clock
) -> None:
    await connection.start()
    await control.connected()
    await wedge(control)
    clock.forward(seconds=121)
    await connection.watch()
    await control.connected(timeout=2)
    await until(lambda: connection._connecting is not None and connection._connecting.done(), "connected")
    assert await connection.watch()


async def test_an_app_token_that_slack_refuses_stops_the_start(
    connection: SocketConnection, control: Control
) -> None:
    await control.fault("apps.connections.open", "error", error="invalid_auth")
    with pytest.raises(SlackRefused, match="invalid_auth"):
        await connection.start()


async def test_a_socket_that_slack_does_not_give_at_first_is_asked_for_again(
    connection: SocketConnection, control: Control
) -> None:
    await control.fault("apps.connections.open", "http_error", status=503)
    await connection.start()
    await control.connected()


async def test_a_connection_whose_last_attempt_failed_can_be_stopped(
    sandbox: SlackEmulator, connection: SocketConnection, control: Control, clock: Clock
) -> None:
    await connection.start()
    await control.connected()
    await sandbox.stop()
    clock.forward(seconds=31)
    await connection.watch()
    await until(lambda: connection._connecting is not None and connection._connecting.done(), "an attempt")
    await connection.stop()
    assert not await connection.is_connected()


async def test_the_log_says_connected_once_it_is_and_not_before(
    connection: SocketConnection, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    class Heard:
        def info(self, event: str, **_: object) -> None:
            said.append(event)

        error = warning = info

    monkeypatch.setattr("powertrip.slack.connection.log", Heard())
    await control.fault("apps.connections.open", "error", error="service_unavailable")
    await connection.start()
    assert said == ["Slack gives no socket, retrying"]
    await until(lambda: len(said) > 1, "another word")
    assert said[1:] == ["connected to Slack"]
    assert await connection.is_connected()


@ANY_RATE
async def test_a_refused_handshake_costs_one_pause_and_no_watchdog(
    app: AsyncApp, control: Control, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("powertrip.slack.connection.PING_INTERVAL", 0.3)
    connection = SocketConnection(app, APP_TOKEN, clock)
    await connection.start()
    await control.connected()
    await control.refuse_handshakes(2)
    await control.drop_sockets()
    await control.wait_for(lambda s: s.handshakes_refused == 2 and s.connections)
    await connection.stop()


async def test_addresses_are_asked_for_at_once_and_then_ever_less_often_up_to_a_limit(
    connection: SocketConnection,
) -> None:
    waits = []
    for _ in range(40):
        connection.handshake_refused(503)
        waits.append(connection.ask_in)
    assert waits[:6] == [0, 0, 1, 2, 4, 8]
    assert waits[-1] == 25
    assert "503" in connection.trouble
    connection.opened()
    assert (connection.ask_in, connection.trouble) == (0, "")
