"""A plain Bolt app of another make: synchronous, in threads, on the SDK's built-in WebSocket client.

It has no manifest, and is as one writes a first Slack app.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from slack_bolt import Ack, App, Say
from slack_bolt.adapter.socket_mode.builtin import SocketModeHandler
from slack_sdk import WebClient

from slack_emulator import APP_TOKEN, BOT_TOKEN, SlackEmulator
from slack_emulator.control import Control

Json = dict[str, Any]
pytestmark = pytest.mark.asyncio(loop_scope="module")


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def _button(action_id: str, text: str) -> Json:
    button = {"type": "button", "action_id": action_id, "text": _plain(text)}
    return {"type": "actions", "elements": [button]}


MODAL: Json = {
    "type": "modal",
    "callback_id": "order",
    "title": _plain("Coffee"),
    "submit": _plain("Order"),
    "blocks": [
        {
            "type": "input",
            "block_id": "kind",
            "label": _plain("Which?"),
            "element": {"type": "plain_text_input", "action_id": "kind"},
        }
    ],
}


def coffee_app(api_url: str) -> App:
    """Takes orders for coffee by command, by word, in its modal and on its Home tab."""
    app = App(client=WebClient(BOT_TOKEN, base_url=api_url))

    @app.command("/coffee")
    def command(ack: Ack, command: Json) -> None:
        ack(f"A {command['text']} for <@{command['user_id']}>")

    @app.message("coffee")
    def message(message: Json, say: Say) -> None:
        say(f"Coffee, <@{message['user']}>?", blocks=[_button("order", "Order one")])

    @app.event("app_mention")
    def mentioned(event: Json, say: Say) -> None:
        say("You called?", thread_ts=event["ts"])

    @app.event({"type": "message", "subtype": "message_deleted"})
    def deleted(event: Json, say: Say) -> None:
        say(f"No “{event['previous_message']['text']}” then.")

    @app.action("order")
    def order(ack: Ack, body: Json, client: WebClient) -> None:
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    @app.view("order")
    def ordered(ack: Ack, body: Json, view: Json, client: WebClient) -> None:
        kind = view["state"]["values"]["kind"]["kind"]["value"]
        if kind == "tea":
            ack(response_action="errors", errors={"kind": "There is only coffee."})
            return
        ack()
        client.chat_postMessage(channel=body["user"]["id"], text=f"Your {kind} is on its way.")

    @app.event("app_home_opened")
    def home(event: Json, client: WebClient) -> None:
        client.views_publish(
            user_id=event["user"], view={"type": "home", "blocks": [_button("order", "Order")]}
        )

    return app


# One app for all of these tests: the SDK's client takes three seconds to close.
@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served() -> AsyncIterator[Control]:
    async with SlackEmulator() as emulator, Control(emulator.url) as control:
        # Making the app and connecting it block until the emulator, which runs in this thread, has answered.
        app = await asyncio.to_thread(coffee_app, emulator.api_url)
        handler = SocketModeHandler(app, APP_TOKEN)
        await asyncio.to_thread(handler.connect)
        await control.connected()
        yield control
        await asyncio.to_thread(handler.close)


@pytest_asyncio.fixture(loop_scope="module")
async def control(served: Control) -> Control:
    await served.reset()
    return served


async def test_a_command_is_answered(control: Control) -> None:
    outcome = await control.slash("U0ALICE", "C0GENERAL", "flat white", command="/coffee")
    answer = await control.ephemeral_to("U0ALICE")
    assert outcome.acked
    assert answer.text == "A flat white for <@U0ALICE>"


async def test_a_word_in_a_channel_leads_by_a_button_to_a_modal_and_an_order(
    control: Control,
) -> None:
    await control.say("U0ALICE", "C0GENERAL", "I need coffee")
    offer = await control.message_in("C0GENERAL", lambda message: message.buttons)
    assert (await control.press("U0ALICE", "C0GENERAL", offer.ts, action_id="order")).acked
    await control.wait_for(lambda state: state.modal("U0ALICE"))
    await control.submit("U0ALICE", {"kind": "tea"})
    objection = await control.wait_for(lambda state: (state.modal("U0ALICE") or {})["errors"])
    assert (objection.modal("U0ALICE") or {})["errors"] == {"kind": "There is only coffee."}
    await control.submit("U0ALICE", {"kind": "ristretto"})
    await control.message_in("D0ALICE", lambda message: message.text == "Your ristretto is on its way.")


async def test_a_direct_message_is_heard_and_so_is_its_deletion(control: Control) -> None:
    ts = await control.say("U0BOB", "D0BOB", "coffee please")
    await control.message_in("D0BOB", lambda message: message.text == "Coffee, <@U0BOB>?")
    await control.delete("U0BOB", "D0BOB", ts)
    await control.message_in("D0BOB", lambda message: message.text == "No “coffee please” then.")


async def test_a_mention_is_answered_in_a_thread(control: Control) -> None:
    ts = await control.say("U0BOB", "C0GENERAL", "@app hello")
    answer = await control.message_in("C0GENERAL", lambda message: message.text == "You called?")
    assert answer.thread_ts == ts


async def test_the_home_tab_is_published_and_its_button_opens_the_modal(control: Control) -> None:
    await control.open_home("U0CAROL")
    state = await control.wait_for(lambda state: state.home("U0CAROL"))
    home = state.home("U0CAROL") or {}
    assert (await control.press_in_view("U0CAROL", home["id"], action_id="order")).acked
    await control.wait_for(lambda state: state.modal("U0CAROL"))
