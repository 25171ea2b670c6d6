"""Socket Mode as the real Bolt and SDK see it: presses, commands, modals, disconnects, redelivery."""

import asyncio
from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from slack_emulator import APP_TOKEN, SlackEmulator
from slack_emulator.control import Control, ControlRefused
from slack_emulator.socket_mode import MOST_CONNECTIONS, DisconnectReason

Json = dict[str, Any]
CARD: list[Json] = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "*oswaldo* signed in to bastion.test"}},
    {
        "type": "actions",
        "block_id": "decide",
        "elements": [
            {
                "type": "button",
                "action_id": "approve",
                "value": "event-1",
                "style": "primary",
                "text": {"type": "plain_text", "text": "Approve"},
            }
        ],
    },
]
NOTE_MODAL: Json = {
    "type": "modal",
    "callback_id": "note",
    "title": {"type": "plain_text", "text": "Why?"},
    "submit": {"type": "plain_text", "text": "Deny"},
    "notify_on_close": True,
    "private_metadata": "event-1",
    "blocks": [
        {
            "type": "input",
            "block_id": "reason",
            "label": {"type": "plain_text", "text": "Reason"},
            "element": {"type": "plain_text_input", "action_id": "text", "multiline": True},
        }
    ],
}


async def _posted_card(web: AsyncWebClient, channel: str = "C0SECURITY") -> str:
    posted = await web.chat_postMessage(channel=channel, text="oswaldo signed in", blocks=CARD)
    return str(posted["ts"])


@pytest.mark.usefixtures("connected")
async def test_a_press_reaches_the_app_and_its_update_changes_the_message(
    app: AsyncApp, web: AsyncWebClient, control: Control
) -> None:
    @app.action("approve")
    async def approve(ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
        await ack()
        by = f"approved by <@{body['user']['id']}>"
        await client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], text=by, blocks=[])

    ts = await _posted_card(web)
    outcome = await control.press("U0CAROL", "C0SECURITY", ts, action_id="approve")
    assert outcome.acked
    state = await control.wait_for(lambda state: state.messages("C0SECURITY")[0].edits == 1)
    message = state.messages("C0SECURITY")[0]
    assert (message.text, message.buttons) == ("approved by <@U0CAROL>", [])


@pytest.mark.usefixtures("connected")
async def test_a_press_on_a_card_in_an_attachment_says_which_attachment_it_was(
    app: AsyncApp, web: AsyncWebClient, control: Control
) -> None:
    bodies: list[Json] = []

    @app.action("approve")
    async def approve(ack: AsyncAck, body: Json) -> None:
        bodies.append(body)
        await ack()

    attachments = [{"color": "danger", "blocks": CARD}]
    posted = await web.chat_postMessage(channel="C0SECURITY", text="card", attachments=attachments)
    await control.press("U0CAROL", "C0SECURITY", posted["ts"], action_id="approve", value="event-1")
    container = bodies[0]["container"]
    assert (container["type"], container["attachment_id"]) == ("message_attachment", 1)
    assert bodies[0]["actions"][0]["value"] == "event-1"
    assert bodies[0]["user"]["team_id"] == "T0EMULATOR"


async def test_a_press_without_any_connection_fails_before_the_clicker_s_eyes(
    web: AsyncWebClient, control: Control
) -> None:
    ts = await _posted_card(web)
    outcome = await control.press("U0CAROL", "C0SECURITY", ts, action_id="approve")
    assert (outcome.acked, outcome.error) == (False, "no_connection")
    trouble = (await control.state()).messages("C0SECURITY")[0].raw["trouble"]
    assert "not connected" in trouble["U0CAROL"]


@pytest.mark.usefixtures("connected")
async def test_a_press_that_nobody_acknowledges_is_told_as_too_slow(
    app: AsyncApp, web: AsyncWebClient, control: Control
) -> None:
    @app.action("approve")
    async def never(ack: AsyncAck) -> None:
        pass

    ts = await _posted_card(web)
    outcome = await control.press("U0CAROL", "C0SECURITY", ts, action_id="approve")
    assert (outcome.acked, outcome.error) == (False, "timeout")
    trouble = (await control.state()).messages("C0SECURITY")[0].raw["trouble"]
    assert "too long" in trouble["U0CAROL"]


@pytest.mark.usefixtures("connected")
async def test_an_acknowledgement_held_up_on_its_way_counts_as_too_late(
    app: AsyncApp, web: AsyncWebClient, control: Control
) -> None:
    @app.action("approve")
    async def approve(ack: AsyncAck) -> None:
        await ack()

    ts = await _posted_card(web)
    await control.slow_acks(seconds=1.2)
    outcome = await control.press("U0CAROL", "C0SECURITY", ts, action_id="approve")
    assert outcome.error == "timeout"
    state = await control.wait_for(lambda state: state.envelopes[-1]["acks"] == 1)
    assert state.envelopes[-1]["ack_seconds"] > 1.0


@pytest.mark.usefixtures("connected")
async def test_what_a_person_does_not_see_they_cannot_press(web: AsyncWebClient, control: Control) -> None:
    ts = await _posted_card(web)
    with pytest.raises(ControlRefused, match="alice is not in the channel"):
        await control.press("U0ALICE", "C0SECURITY", ts, action_id="approve")
    with pytest.raises(ControlRefused, match="has no element 'launch'"):
        await control.press("U0CAROL", "C0SECURITY", ts, action_id="launch")


@pytest.mark.usefixtures("connected")
async def test_a_button_that_an_edit_took_away_can_be_pressed_by_who_had_not_seen_it(
    app: AsyncApp, web: AsyncWebClient, control: Control
) -> None:
    @app.action("approve")
    async def approve(ack: AsyncAck) -> None:
        await ack()

    ts = await _posted_card(web)
    await web.chat_update(channel="C0SECURITY", ts=ts, text="approved")
    with pytest.raises(ControlRefused):
        await control.press("U0CAROL", "C0SECURITY", ts, action_id="approve")
    assert (await control.press("U0CAROL", "C0SECURITY", ts, action_id="approve", stale=True)).acked


def _opens_the_note_modal(app: AsyncApp) -> None:
    @app.action("approve")
    async def open_modal(ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=NOTE_MODAL)


async def _with_the_modal_open(web: AsyncWebClient, control: Control) -> None:
    ts = await _posted_card(web)
    await control.press("U0CAROL", "C0SECURITY", ts, action_id="approve")
    await control.wait_for(lambda state: state.modal("U0CAROL"))


@pytest.mark.usefixtures("connected")
async def test_a_modal_stays_with_the_app_s_objection_and_closes_when_it_has_none(
    app: AsyncApp, web: AsyncWebClient, control: Control
) -> None:
    _opens_the_note_modal(app)

    @app.view("note")
    async def submitted(ack: AsyncAck, view: Json) -> None:
        typed = view["state"]["values"]["reason"]["text"]["value"]
        if len(typed) < 5:
            await ack(response_action="errors", errors={"reason": "say more"})
        else:
            await ack()

    await _with_the_modal_open(web, control)
    await control.submit("U0CAROL", {"reason": "no"})
    modal = (await control.state()).modal("U0CAROL")
    assert modal is not None
    assert (modal["errors"], modal["private_metadata"]) == ({"reason": "say more"}, "event-1")
    await control.submit("U0CAROL", {"text": "not from there"})
    assert (await control.state()).modal("U0CAROL") is None


@pytest.mark.usefixtures("connected")
async def test_a_required_field_left_empty_never_reaches_the_app(
    app: AsyncApp, web: AsyncWebClient, control: Control
) -> None:
    _opens_the_note_modal(app)
    await _with_the_modal_open(web, control)
    with pytest.raises(ControlRefused, match="required"):
        await control.submit("U0CAROL", {"reason": ""})
    with pytest.raises(ControlRefused, match="no input"):
        await control.submit("U0CAROL", {"colour": "red"})


@pytest.mark.usefixtures("connected")
async def test_a_modal_can_be_answered_with_another_view_or_with_closing_everything(
    app: AsyncApp, web: AsyncWebClient, control: Control
) -> None:
    _opens_the_note_modal(app)
    answers = iter([{"response_action": "push"}, {"response_action": "update"}, {"response_action": "clear"}])

    @app.view("note")
    async def submitted(ack: AsyncAck) -> None:
        answer: Json = next(answers)
        titled = {**NOTE_MODAL, "title": {"type": "plain_text", "text": f"After {answer['response_action']}"}}
        await ack(**answer, view=titled) if answer["response_action"] != "clear" else await ack(**answer)

    await _with_the_modal_open(web, control)
    titles = []
    for _ in range(3):
        await control.submit("U0CAROL", {"reason": "because"})
        modal = (await control.state()).modal("U0CAROL")
        titles.append(modal["title"]["text"] if modal else None)
    assert titles == ["After push", "After update", None]


@pytest.mark.usefixtures("connected")
async def test_closing_a_modal_is_told_to_an_app_that_asked_for_it(
    app: AsyncApp, web: AsyncWebClient, control: Control
) -> None:
    _opens_the_note_modal(app)
    closed: list[Json] = []

    @app.view_closed("note")
    async def on_closed(ack: AsyncAck, body: Json) -> None:
        closed.append(body)
        await ack()

    await _with_the_modal_open(web, control)
    outcome = await control.close_modal("U0CAROL")
    assert outcome is not None
    assert outcome.acked
    assert closed[0]["view"]["callback_id"] == "note"
    assert (await control.state()).modal("U0CAROL") is None


@pytest.mark.usefixtures("connected")
async def test_a_command_is_answered_for_the_asker_alone_with_names_escaped(
    app: AsyncApp, control: Control
) -> None:
    commands: list[Json] = []

    @app.command("/door")
    async def command(ack: AsyncAck, command: Json) -> None:
        commands.append(command)
        await ack(f"You asked: {command['text']}")

    await control.slash("U0BOB", "C0GENERAL", "history @alice and @security-team in #general")
    expected = "history <@U0ALICE|alice> and <!subteam^S0SECURITYTEAM|@security-team> in <#C0GENERAL|general>"
    assert commands[0]["text"] == expected
    answer = await control.ephemeral_to("U0BOB")
    assert (answer.channel, answer.text) == ("C0GENERAL", f"You asked: {expected}")
    assert (await control.state()).messages("C0GENERAL") == []


@pytest.mark.usefixtures("connected")
async def test_a_response_url_takes_five_answers_and_no_more(app: AsyncApp, control: Control) -> None:
    answered: asyncio.Queue[int] = asyncio.Queue()

    @app.command("/door")
    async def command(ack: AsyncAck, respond: AsyncRespond) -> None:
        await ack()
        for number in range(6):
            answered.put_nowait((await respond(f"part {number}")).status_code)

    await control.slash("U0BOB", "C0GENERAL", "stats")
    assert [await answered.get() for _ in range(6)] == [200] * 5 + [404]
    assert len((await control.state()).ephemerals("U0BOB")) == 5


@pytest.mark.usefixtures("connected")
async def test_a_response_url_of_a_card_can_replace_and_delete_it(
    app: AsyncApp, web: AsyncWebClient, control: Control
) -> None:
    @app.action("approve")
    async def approve(ack: AsyncAck, respond: AsyncRespond) -> None:
        await ack()
        await respond("taken", replace_original=True)
        await respond("shown to all", response_type="in_channel", replace_original=False)
        await respond(delete_original=True)

    ts = await _posted_card(web)
    await control.press("U0CAROL", "C0SECURITY", ts, action_id="approve")
    state = await control.wait_for(lambda s: s.messages("C0SECURITY", deleted=True)[0].deleted)
    card, shown = state.messages("C0SECURITY", deleted=True)
    assert (card.text, card.edits, shown.text, shown.ephemeral_to) == ("taken", 1, "shown to all", None)


async def test_a_command_that_goes_nowhere_is_told_by_slackbot(control: Control) -> None:
    await control.slash("U0BOB", "C0GENERAL", "help")
    told = await control.ephemeral_to("U0BOB")
    assert (told.user, "dispatch_failed" in told.text) == ("USLACKBOT", True)


@pytest.mark.usefixtures("connected")
async def test_opening_the_home_tab_lets_the_app_publish_it(app: AsyncApp, control: Control) -> None:
    @app.event("app_home_opened")
    async def opened(event: Json, client: AsyncWebClient) -> None:
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": CARD})

    await control.open_home("U0ALICE")
    state = await control.wait_for(lambda state: state.home("U0ALICE"))
    home = state.home("U0ALICE")
    assert home is not None
    assert home["blocks"][1]["elements"][0]["action_id"] == "approve"


async def test_an_event_nobody_acknowledged_comes_again_saying_so(
    control: Control, web: AsyncWebClient
) -> None:
    opened = await web.apps_connections_open(app_token=APP_TOKEN)
    async with aiohttp.ClientSession() as session, session.ws_connect(opened["url"]) as socket:
        assert (await socket.receive_json())["type"] == "hello"
        await control.open_home("U0ALICE")
        first, second = await socket.receive_json(), await socket.receive_json()
        await socket.send_json({"envelope_id": second["envelope_id"]})
        state = await control.wait_for(lambda state: state.envelopes[-1]["acks"] == 1)
    assert first["payload"]["event_id"] == second["payload"]["event_id"]
    assert [(e["retry_attempt"], e["retry_reason"]) for e in (first, second)] == [(0, ""), (1, "timeout")]
    assert len(state.envelopes) == 2


@pytest.mark.usefixtures("connected")
async def test_an_interactive_envelope_can_be_delivered_twice_and_again(
    app: AsyncApp, web: AsyncWebClient, control: Control
) -> None:
    seen: list[str] = []

    @app.action("approve")
    async def approve(ack: AsyncAck, body: Json) -> None:
        seen.append(body["trigger_id"])
        await ack()

    ts = await _posted_card(web)
    await control.deliver_twice()
    await control.press("U0CAROL", "C0SECURITY", ts, action_id="approve")
    assert await control.redeliver()
    await control.wait_for(lambda state: state.envelopes[-1]["acks"] == 3)
    assert len(seen) == 3
    assert len(set(seen)) == 1


async def test_a_ticket_opens_one_connection_only(web: AsyncWebClient) -> None:
    opened = await web.apps_connections_open(app_token=APP_TOKEN)
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(opened["url"]) as socket:
            hello = await socket.receive_json()
        assert (hello["num_connections"], hello["connection_info"]) == (1, {"app_id": "A0DOORMAN"})
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(opened["url"])
    assert refused.value.status == 404


async def test_an_eleventh_connection_is_told_there_are_too_many(web: AsyncWebClient) -> None:
    async with aiohttp.ClientSession() as session:
        sockets = []
        for _ in range(MOST_CONNECTIONS + 1):
            opened = await web.apps_connections_open(app_token=APP_TOKEN)
            sockets.append(await session.ws_connect(opened["url"]))
        greetings = [await socket.receive_json() for socket in sockets]
        for socket in sockets:
            await socket.close()
    assert [g["type"] for g in greetings] == ["hello"] * MOST_CONNECTIONS + ["disconnect"]
    assert greetings[-1]["reason"] == "too_many_websockets"


async def test_each_payload_goes_to_just_one_of_several_connections(
    web: AsyncWebClient, control: Control
) -> None:
    ts = await _posted_card(web)
    received: list[int] = []

    async def answer(number: int, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            frame = message.json()
            if "envelope_id" in frame:
                received.append(number)
                await socket.send_json({"envelope_id": frame["envelope_id"]})

    async with aiohttp.ClientSession() as session:
        tasks = []
        for number in range(3):
            opened = await web.apps_connections_open(app_token=APP_TOKEN)
            socket = await session.ws_connect(opened["url"])
            tasks.append(asyncio.create_task(answer(number, socket)))
        await control.connected(3)
        for _ in range(30):
            assert (await control.press("U0CAROL", "C0SECURITY", ts, action_id="approve")).acked
        for task in tasks:
            task.cancel()
    assert len(received) == 30
    assert len(set(received)) > 1


@pytest.mark.usefixtures("connected")
@pytest.mark.parametrize("reason", ["warning", "refresh_requested", "link_disabled"])
async def test_the_sdk_comes_back_after_each_kind_of_disconnect(
    app: AsyncApp, web: AsyncWebClient, control: Control, reason: DisconnectReason
) -> None:
    @app.action("approve")
    async def approve(ack: AsyncAck) -> None:
        await ack()

    ts = await _posted_card(web)
    await control.disconnect(reason)
    await control.wait_for(lambda state: state.connections_opened == 2 and state.connections == 1)
    assert (await control.press("U0CAROL", "C0SECURITY", ts, action_id="approve")).acked


@pytest.mark.usefixtures("connected")
async def test_the_sdk_comes_back_after_its_socket_was_cut(control: Control) -> None:
    await control.drop_sockets()
    await control.wait_for(lambda state: state.connections_opened == 2 and state.connections == 1)


async def test_a_refused_handshake_uses_the_ticket_up_and_a_new_one_works(
    connected: AsyncSocketModeHandler, control: Control
) -> None:
    await control.refuse_handshakes(1)
    await control.drop_sockets()
    await control.wait_for(lambda state: state.handshakes_refused == 1)
    connected.client.wss_uri = (
        None  # what a watchdog does, since the SDK would retry the used ticket for ever
    )
    await control.wait_for(lambda state: state.connections_opened == 2)


async def test_a_connection_that_has_lived_its_time_is_warned_then_told_to_refresh(
    emulator: SlackEmulator,
) -> None:
    emulator.sockets.timing.connection = 10.0  # the warning comes ten seconds before the end: at once
    web = AsyncWebClient(base_url=emulator.api_url)
    opened = await web.apps_connections_open(app_token=APP_TOKEN)
    async with aiohttp.ClientSession() as session, session.ws_connect(opened["url"]) as socket:
        frames = [await socket.receive_json(), await socket.receive_json()]
    assert [frame["type"] for frame in frames] == ["hello", "disconnect"]
    assert frames[1]["reason"] == "warning"


@pytest.mark.usefixtures("connected")
async def test_a_reset_forgets_messages_and_calls_and_keeps_the_connection(
    web: AsyncWebClient, control: Control
) -> None:
    await _posted_card(web)
    await control.user("U0DORA", name="dora", real_name="Dora")
    await control.reset()
    state = await control.state()
    assert (state.messages(), state.count("chat.postMessage"), state.connections) == ([], 0, 1)
    assert "U0DORA" not in state.raw["users"]
