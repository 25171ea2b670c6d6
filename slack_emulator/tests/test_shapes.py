"""Answers and payloads have only keys that Slack's own have, with values of their types.

The shapes are those of recorded answers and payloads, in the folder that SLACK_EMULATOR_SAMPLES names: a copy
of json-logs/samples of github.com/slackapi/java-slack-sdk.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from slack_emulator import APP_TOKEN, SlackEmulator
from slack_emulator.api import METHODS
from slack_emulator.control import Control

Json = dict[str, Any]
# What the app itself sent comes back as it was sent; the recorded shapes leave it out.
OWN = {"blocks", "attachments", "event_payload", "state", "args"}
BUTTON: Json = {
    "type": "button",
    "action_id": "approve",
    "value": "event-1",
    "text": {"type": "plain_text", "text": "Approve"},
}
CARD: list[Json] = [{"type": "actions", "elements": [BUTTON]}]
MODAL: Json = {
    "type": "modal",
    "callback_id": "note",
    "notify_on_close": True,
    "title": {"type": "plain_text", "text": "Why?"},
    "submit": {"type": "plain_text", "text": "Deny"},
    "blocks": CARD,
}


@pytest.fixture(scope="session")
def samples() -> Path:
    folder = Path(os.environ.get("SLACK_EMULATOR_SAMPLES", "/nonexistent"))
    if not folder.is_dir():
        pytest.skip("SLACK_EMULATOR_SAMPLES names no folder of Slack's recorded answers")
    return folder


def _shape(file: Path) -> Json:
    shape: Json = json.loads(file.read_text())
    return shape


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else type(value).__name__


SAMPLE_OF = {"users.conversations": "conversations.list"}
"""The method whose sample stands for one that has none: both list channels."""


def _strays(value: object, shape: object, where: str = "") -> Iterator[str]:
    """Where `value` has a key that `shape` lacks, or a value of another type; null fits everywhere."""
    if value is None:
        return
    if _kind(value) != _kind(shape):
        yield f"{where}: {_kind(value)} instead of {_kind(shape)}"
    elif isinstance(value, dict) and isinstance(shape, dict):
        for key, item in value.items():
            if key in OWN:
                continue
            if key not in shape:
                yield f"{where}.{key}: unknown"
            else:
                yield from _strays(item, shape[key], f"{where}.{key}")
    elif isinstance(value, list) and isinstance(shape, list):
        for item in value:
            yield from _strays(item, shape[0] if shape else item, f"{where}[]")


async def _every_answer(web: AsyncWebClient, emulator: SlackEmulator) -> dict[str, Json]:
    """One good answer of each method."""
    metadata = {"event_type": "notice", "event_payload": {"id": "7"}}
    said: Json = {"channel": "C0SECURITY", "text": "hi", "blocks": CARD, "metadata": metadata}
    attached: Json = {"attachments": [{"color": "danger", "blocks": CARD}]}
    posted = await web.chat_postMessage(**said, **attached)
    ts = posted["ts"]
    answers: dict[str, Any] = {
        "chat.postMessage": await web.chat_postMessage(**said, thread_ts=ts),
        "chat.update": await web.chat_update(channel="C0SECURITY", ts=ts, text="new", attachments=[]),
        "chat.postEphemeral": await web.chat_postEphemeral(channel="C0SECURITY", user="U0CAROL", text="x"),
        "chat.getPermalink": await web.chat_getPermalink(channel="C0SECURITY", message_ts=ts),
        "api.test": await web.api_test(foo="x"),
        "auth.test": await web.auth_test(),
        "apps.connections.open": await web.apps_connections_open(app_token=APP_TOKEN),
        "conversations.open": await web.conversations_open(users="U0ALICE", return_im=True),
        "conversations.info": await web.conversations_info(channel="C0SECURITY", include_num_members=True),
        "conversations.list": await web.conversations_list(types="public_channel,im"),
        "conversations.history": await web.conversations_history(channel="C0SECURITY", limit=1),
        "conversations.replies": await web.conversations_replies(channel="C0SECURITY", ts=ts),
        "conversations.members": await web.conversations_members(channel="C0SECURITY"),
        "conversations.join": await web.conversations_join(channel="C0SECURITY"),
        "users.conversations": await web.users_conversations(types="public_channel,im"),
        "users.info": await web.users_info(user="U0DOORMAN"),
        "users.list": await web.users_list(),
        "users.lookupByEmail": await web.users_lookupByEmail(email="alice@example.com"),
        "usergroups.list": await web.usergroups_list(include_users=True),
        "usergroups.users.list": await web.usergroups_users_list(usergroup="S0SECURITYTEAM"),
    }
    opened = await web.views_open(trigger_id=emulator.world.new_trigger("U0ALICE"), view=MODAL)
    home = {"type": "home", "blocks": CARD}
    answers |= {
        "views.open": opened,
        "views.push": await web.views_push(trigger_id=emulator.world.new_trigger("U0ALICE"), view=MODAL),
        "views.update": await web.views_update(view_id=opened["view"]["id"], view=MODAL),
        "views.publish": await web.views_publish(user_id="U0ALICE", view=home),
        "files.getUploadURLExternal": await web.files_getUploadURLExternal(filename="a.png", length=3),
        "files.completeUploadExternal": await web.files_upload_v2(filename="a.png", content=b"abc"),
        "chat.delete": await web.chat_delete(channel="C0SECURITY", ts=ts),
    }
    return {method: dict(answer.data) for method, answer in answers.items()}


async def test_each_method_answers_in_slack_s_shape(
    web: AsyncWebClient, emulator: SlackEmulator, samples: Path
) -> None:
    emulator.world.scopes = [*emulator.world.app.scopes, "channels:join", "im:read"]
    answers = await _every_answer(web, emulator)
    # What Slack answers to the newest method is in no sample yet.
    assert answers.keys() == METHODS.keys() - {"blocks.validate"}
    answers["files.completeUploadExternal"].pop("file")  # the SDK adds it to what the server answered
    strays = {
        method: found
        for method, answer in answers.items()
        if (found := list(_strays(answer, _shape(samples / "api" / f"{SAMPLE_OF.get(method, method)}.json"))))
    }
    assert strays == {}


@pytest.mark.usefixtures("connected")
async def test_what_people_do_arrives_in_slack_s_shape(
    app: AsyncApp, web: AsyncWebClient, control: Control, samples: Path
) -> None:
    @app.action("approve")
    async def approve(ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    @app.view("note")
    async def submitted(ack: AsyncAck) -> None:
        await ack(response_action="update", view=MODAL)

    @app.view_closed("note")
    async def closed(ack: AsyncAck) -> None:
        await ack()

    @app.command("/door")
    async def command(ack: AsyncAck) -> None:
        await ack()

    posted = await web.chat_postMessage(
        channel="C0SECURITY", text="x", attachments=[{"color": "good", "blocks": CARD}]
    )
    await control.press("U0CAROL", "C0SECURITY", posted["ts"], action_id="approve")
    await control.wait_for(lambda state: state.modal("U0CAROL"))
    await control.submit("U0CAROL")
    await control.close_modal("U0CAROL")
    await control.slash("U0CAROL", "C0SECURITY", "help")
    await control.open_home("U0CAROL")
    state = await control.wait_for(lambda state: len(state.envelopes) == 5)
    names = ["BlockAction", "ViewSubmission", "ViewClosed", "SlashCommand"]
    shapes = [_shape(samples / "app-backend" / f"{name}Payload.json") for name in names]
    shapes.append(_shape(samples / "events" / "AppHomeOpenedPayload.json"))
    payloads = [envelope["payload"] for envelope in state.envelopes]
    found = [list(_strays(payload, shape)) for payload, shape in zip(payloads, shapes, strict=True)]
    assert found == [[], [], [], [], []]
    assert payloads[0]["container"]["type"] == "message_attachment"
