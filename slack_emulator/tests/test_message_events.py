"""Messages as events: which of them the app is told, and in which of Slack's shapes."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from slack_emulator import App, SlackEmulator, Timing
from slack_emulator.control import Control, ControlRefused
from slack_emulator.tests.conftest import doors_world

Json = dict[str, Any]
GENERAL = "C0GENERAL"
TEAM = "T0EMULATOR"


@pytest.fixture
async def emulator() -> AsyncIterator[SlackEmulator]:
    """One whose app subscribes to everything."""
    timing = Timing(ack=1.0, event_retries=(0.0, 0.0))
    async with SlackEmulator(world=doors_world(App(name="Doorman")), timing=timing) as started:
        yield started


class Told:
    """The events that the app was sent, in their order."""

    def __init__(self, control: Control) -> None:
        self._control = control

    async def events(self, count: int) -> list[Json]:
        state = await self._control.wait_for(
            lambda state: len(state.envelopes) >= count and all(e["acks"] for e in state.envelopes)
        )
        return [envelope["payload"]["event"] for envelope in state.envelopes]

    async def all_before(self, last: str) -> list[Json]:
        """What was sent before something that is certainly sent: a message with the text `last`."""
        await self._control.say("U0ALICE", GENERAL, last)
        state = await self._control.wait_for(
            lambda state: state.envelopes and state.envelopes[-1]["payload"]["event"].get("text") == last
        )
        return [envelope["payload"]["event"] for envelope in state.envelopes[:-1]]


@pytest.fixture
def told(app: AsyncApp, connected: AsyncSocketModeHandler, control: Control) -> Told:
    """The app is connected and acknowledges all events."""
    assert connected.app is app

    @app.event("message")
    @app.event("app_mention")
    async def take() -> None: ...

    return Told(control)


async def test_a_message_in_a_channel_of_the_app_is_told(told: Told, control: Control) -> None:
    ts = await control.say("U0ALICE", GENERAL, "good <morning> @bob")
    (event,) = await told.events(1)
    assert event.pop("client_msg_id")
    assert event == {
        "type": "message",
        "channel": GENERAL,
        "channel_type": "channel",
        "user": "U0ALICE",
        "team": TEAM,
        "text": "good &lt;morning&gt; <@U0BOB|bob>",
        "ts": ts,
        "event_ts": ts,
    }


async def test_the_envelope_says_for_whom_the_event_is(told: Told, control: Control) -> None:
    await control.say("U0ALICE", GENERAL, "hello")
    await told.events(1)
    (envelope,) = (await control.state()).envelopes
    payload = envelope["payload"]
    assert envelope["type"] == "events_api"
    assert (payload["type"], payload["api_app_id"], payload["team_id"]) == (
        "event_callback",
        "A0DOORMAN",
        TEAM,
    )
    assert payload["authorizations"][0]["user_id"] == "U0DOORMAN"


@pytest.mark.parametrize(
    ("channel", "fields", "channel_type"),
    [("D0ALICE", None, "im"), ("C0SECRET", {"name": "secret", "is_private": True}, "group")],
)
async def test_the_event_says_which_kind_of_channel_it_is(
    told: Told, control: Control, channel: str, fields: Json | None, channel_type: str
) -> None:
    if fields:
        await control.channel(channel, members=["U0ALICE", "U0DOORMAN"], **fields)
    await control.say("U0ALICE", channel, "hello")
    (event,) = await told.events(1)
    assert (event["channel"], event["channel_type"]) == (channel, channel_type)


async def test_a_reply_names_its_thread(told: Told, control: Control, web: AsyncWebClient) -> None:
    parent = await control.say("U0ALICE", GENERAL, "who is there?")
    await control.say("U0BOB", GENERAL, "me", thread_ts=parent)
    await web.chat_postMessage(channel=GENERAL, text="Bob is", thread_ts=parent, reply_broadcast=True)
    _, reply, broadcast = await told.events(3)
    assert (reply["thread_ts"], reply["parent_user_id"]) == (parent, "U0ALICE")
    assert (broadcast["subtype"], broadcast["thread_ts"]) == ("thread_broadcast", parent)


async def test_an_edit_is_told_with_the_message_as_it_is_and_as_it_was(told: Told, control: Control) -> None:
    ts = await control.say("U0ALICE", GENERAL, "good mornin")
    await control.edit("U0ALICE", GENERAL, ts, "good morning")
    _, event = await told.events(2)
    now, before = event["message"], event["previous_message"]
    assert (event["type"], event["subtype"], event["hidden"]) == ("message", "message_changed", True)
    assert (event["channel"], event["channel_type"]) == (GENERAL, "channel")
    assert event["ts"] == event["event_ts"] > ts
    assert (now["ts"], now["text"], now["edited"]["user"]) == (ts, "good morning", "U0ALICE")
    assert now["edited"]["ts"] > ts
    assert (before["ts"], before["text"]) == (ts, "good mornin")
    assert "edited" not in before


async def test_a_deletion_is_told_with_the_message_as_it_was(told: Told, control: Control) -> None:
    ts = await control.say("U0ALICE", "D0ALICE", "never mind")
    await control.delete("U0ALICE", "D0ALICE", ts)
    _, event = await told.events(2)
    assert (event["type"], event["subtype"], event["hidden"]) == ("message", "message_deleted", True)
    assert (event["channel"], event["channel_type"], event["deleted_ts"]) == ("D0ALICE", "im", ts)
    assert event["ts"] == event["event_ts"] > ts
    assert event["previous_message"]["text"] == "never mind"


async def test_the_app_is_told_of_its_own_messages_as_of_those_of_a_bot(
    told: Told, web: AsyncWebClient
) -> None:
    posted = await web.chat_postMessage(channel=GENERAL, text="ding")
    await web.chat_update(channel=GENERAL, ts=posted["ts"], text="dong")
    await web.chat_delete(channel=GENERAL, ts=posted["ts"])
    first, second, third = await told.events(3)
    assert (first["user"], first["bot_id"], first["app_id"]) == ("U0DOORMAN", "B0DOORMAN", "A0DOORMAN")
    assert first["bot_profile"]["name"] == "app"
    assert "subtype" not in first
    assert (second["message"]["text"], second["previous_message"]["text"]) == ("dong", "ding")
    assert (third["subtype"], third["deleted_ts"]) == ("message_deleted", posted["ts"])


async def test_a_webhook_of_another_integration_is_a_bot_message(
    told: Told, control: Control, web: AsyncWebClient
) -> None:
    ts = await control.webhook(GENERAL, "disk full", username="Alerts")
    await control.webhook(GENERAL, "disk fine", username="Alerts")
    first, second = await told.events(2)
    assert first["bot_id"] == second["bot_id"] != "B0DOORMAN"
    assert first == {
        "type": "message",
        "subtype": "bot_message",
        "bot_id": first["bot_id"],
        "username": "Alerts",
        "team": TEAM,
        "text": "disk full",
        "channel": GENERAL,
        "channel_type": "channel",
        "ts": ts,
        "event_ts": ts,
    }
    history = await web.conversations_history(channel=GENERAL)
    assert [m["username"] for m in history["messages"]] == ["Alerts", "Alerts"]


@pytest.mark.parametrize(("granted", "subtype"), [(True, "bot_message"), (False, None)])
async def test_a_name_that_the_app_gives_itself_makes_a_bot_message_if_the_scope_allows_it(
    told: Told, control: Control, web: AsyncWebClient, granted: bool, subtype: str | None
) -> None:
    if not granted:
        await control.scopes(["chat:write", "channels:history"])
    await web.chat_postMessage(channel=GENERAL, text="ding", username="The bell")
    (event,) = await told.events(1)
    assert (event.get("subtype"), event["bot_id"]) == (subtype, "B0DOORMAN")
    assert event.get("username") == ("The bell" if granted else None)
    assert event.get("user") == (None if granted else "U0DOORMAN")


async def test_naming_the_app_is_an_event_of_its_own_beside_the_message(told: Told, control: Control) -> None:
    ts = await control.say("U0ALICE", GENERAL, "@app are you there?")
    message, mention = await told.events(2)
    assert (message["type"], mention["type"]) == ("message", "app_mention")
    assert (mention["channel"], mention["ts"], mention["event_ts"]) == (GENERAL, ts, ts)
    assert mention["text"] == "<@U0DOORMAN|app> are you there?"
    assert "channel_type" not in mention


async def test_the_app_is_not_named_by_itself_nor_where_it_is_alone_with_a_person(
    told: Told, control: Control, web: AsyncWebClient
) -> None:
    await web.chat_postMessage(channel=GENERAL, text="I am <@U0DOORMAN>")
    await control.say("U0ALICE", "D0ALICE", "@app hello")
    await web.chat_postEphemeral(channel=GENERAL, user="U0ALICE", text="psst, <@U0DOORMAN>")
    assert {event["type"] for event in await told.all_before("the end")} == {"message"}


async def test_what_a_person_alone_is_told_by_slack_names_nobody(told: Told, emulator: SlackEmulator) -> None:
    emulator.world.say_to("U0ALICE", GENERAL, "there is <@U0DOORMAN>")
    assert await told.all_before("the end") == []


async def test_nothing_is_told_of_a_channel_that_the_app_is_not_in(told: Told, control: Control) -> None:
    await control.channel("C0FOREIGN", name="foreign", members=["U0ALICE"])
    ts = await control.say("U0ALICE", "C0FOREIGN", "@app psst")
    await control.edit("U0ALICE", "C0FOREIGN", ts, "psst")
    await control.delete("U0ALICE", "C0FOREIGN", ts)
    assert await told.all_before("the end") == []


async def test_nothing_is_told_of_what_one_person_alone_sees(
    told: Told, web: AsyncWebClient, control: Control
) -> None:
    await web.chat_postEphemeral(channel=GENERAL, user="U0ALICE", text="for you alone")
    assert await told.all_before("the end") == []
    assert (await control.state()).ephemerals("U0ALICE")


async def test_nothing_is_told_without_the_scope(told: Told, control: Control) -> None:
    await control.scopes(["channels:history"])
    await control.say("U0ALICE", "D0ALICE", "hello")
    assert await told.all_before("the end") == []


async def test_nothing_is_told_of_what_the_app_does_not_subscribe_to() -> None:
    # The manifest subscribes to app_home_opened alone, though its scopes would allow more.
    async with SlackEmulator(world=doors_world()) as emulator, Control(emulator.url) as control:
        await control.say("U0ALICE", GENERAL, "@doorman hello")
        await control.open_home("U0ALICE")
        state = await control.wait_for(lambda state: state.envelopes)
        assert {e["payload"]["event"]["type"] for e in state.envelopes} == {"app_home_opened"}


async def test_people_change_only_what_they_wrote_themselves(control: Control) -> None:
    ts = await control.say("U0ALICE", GENERAL, "mine")
    with pytest.raises(ControlRefused, match="bob did not write"):
        await control.edit("U0BOB", GENERAL, ts, "his")
    with pytest.raises(ControlRefused, match="bob did not write"):
        await control.delete("U0BOB", GENERAL, ts)
