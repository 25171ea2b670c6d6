"""The Web API as the real SDK sees it: what works, and Slack's own names for what does not."""

import json
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from slack_emulator import APP_TOKEN, BOT_TOKEN, SlackEmulator, workspace
from slack_emulator.control import Control
from slack_emulator.rates import CHANNEL_BURST, Rates
from slack_emulator.tests.conftest import doors_world

Json = dict[str, Any]
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40
SECTION: Json = {"type": "section", "text": {"type": "mrkdwn", "text": "hello"}}


async def _error(web: AsyncWebClient, method: str, **arguments: object) -> str:
    with pytest.raises(SlackApiError) as refused:
        await web.api_call(method, json={k: v for k, v in arguments.items() if v is not None})
    return str(refused.value.response["error"])


async def test_auth_test_names_the_bot_and_its_scopes(web: AsyncWebClient) -> None:
    answer = await web.auth_test()
    assert (answer["user_id"], answer["bot_id"], answer["team_id"]) == (
        "U0DOORMAN",
        "B0DOORMAN",
        "T0EMULATOR",
    )
    assert "chat:write" in answer.headers["x-oauth-scopes"].split(",")


@pytest.mark.parametrize(
    ("token", "method", "error"),
    [
        ("", "auth.test", "not_authed"),
        ("xoxb-wrong", "auth.test", "invalid_auth"),
        (APP_TOKEN, "auth.test", "not_allowed_token_type"),
        (BOT_TOKEN, "apps.connections.open", "not_allowed_token_type"),
        ("xapp-wrong", "apps.connections.open", "invalid_auth"),
    ],
)
async def test_a_token_that_does_not_fit_is_refused(
    emulator: SlackEmulator, token: str, method: str, error: str
) -> None:
    assert await _error(AsyncWebClient(token, base_url=emulator.api_url), method) == error


async def test_the_app_token_counts_only_in_the_header_and_the_bot_token_in_a_form_too(
    emulator: SlackEmulator,
) -> None:
    async with aiohttp.ClientSession() as session:
        form = {"token": APP_TOKEN}
        async with session.post(f"{emulator.api_url}apps.connections.open", data=form) as answer:
            assert (await answer.json())["error"] == "not_authed"
        async with session.post(f"{emulator.api_url}auth.test", data={"token": BOT_TOKEN}) as answer:
            assert (await answer.json())["ok"] is True


async def test_a_form_carries_blocks_and_metadata_as_json(emulator: SlackEmulator, control: Control) -> None:
    metadata = {"event_type": "notice", "event_payload": {"id": "7"}}
    form = {"channel": "C0SECURITY", "text": "hi", "blocks": json.dumps([SECTION])}
    form |= {"metadata": json.dumps(metadata), "token": BOT_TOKEN}
    async with aiohttp.ClientSession() as session:
        await session.post(f"{emulator.api_url}chat.postMessage", data=form)
    message = (await control.state()).messages("C0SECURITY")[0]
    assert (message.blocks[0]["text"]["text"], message.metadata) == ("hello", metadata)
    call = (await control.state()).calls("chat.postMessage")[0]
    assert "token" not in call["args"]


async def test_a_scope_that_was_not_granted_is_named(
    web: AsyncWebClient, control: Control, emulator: SlackEmulator
) -> None:
    await control.scopes([scope for scope in emulator.world.app.scopes if scope != "users:read"])
    with pytest.raises(SlackApiError) as refused:
        await web.users_info(user="U0ALICE")
    answer = refused.value.response
    assert (answer["error"], answer["needed"]) == ("missing_scope", "users:read")
    assert "chat:write" in answer["provided"]


@pytest.mark.parametrize("channel", ["C0SECURITY", "security", "#security"])
async def test_a_channel_is_found_by_id_and_by_name(web: AsyncWebClient, channel: str) -> None:
    assert (await web.chat_postMessage(channel=channel, text="hi"))["channel"] == "C0SECURITY"


async def test_posting_to_a_person_opens_their_direct_messages(web: AsyncWebClient) -> None:
    posted = await web.chat_postMessage(channel="U0ALICE", text="hi")
    opened = await web.conversations_open(users="U0ALICE")
    assert posted["channel"] == opened["channel"]["id"] == "D0ALICE"


@pytest.mark.parametrize(
    ("channel", "error"),
    [
        ("C0NOWHERE", "channel_not_found"),
        ("U0NOBODY", "channel_not_found"),
        ("U0DOORMAN", "cannot_dm_bot"),
        ("U0GONE", "user_disabled"),
        ("C0OLD", "is_archived"),
        ("C0OTHERS", "not_in_channel"),
        ("C0SECRET", "channel_not_found"),
    ],
)
async def test_where_nothing_can_be_posted_slack_s_reason_is_given(
    web: AsyncWebClient, control: Control, channel: str, error: str
) -> None:
    await control.user("U0GONE", name="gone", real_name="Gone", deleted=True)
    await control.channel("C0OLD", name="old", members=["U0DOORMAN"], is_archived=True)
    await control.channel("C0OTHERS", name="others")
    await control.channel("C0SECRET", name="secret", is_private=True)
    assert await _error(web, "chat.postMessage", channel=channel, text="hi") == error


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"text": ""}, "no_text"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"text": "x", "blocks": [{"type": "nothing"}]}, "invalid_blocks"),
        ({"text": "x", "blocks": "no json"}, "invalid_blocks_format"),
        ({"text": "x", "attachments": [{"colour": "red"}]}, "invalid_attachments"),
        ({"text": "x", "metadata": {"event_type": 1}}, "invalid_metadata_format"),
        ({"text": "x", "thread_ts": "1.000000"}, "thread_not_found"),
    ],
)
async def test_what_cannot_be_said_is_refused_by_its_name(
    web: AsyncWebClient, said: Json, error: str
) -> None:
    assert await _error(web, "chat.postMessage", channel="C0SECURITY", **said) == error


async def test_refused_blocks_are_explained(web: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError) as refused:
        await web.chat_postMessage(channel="C0SECURITY", text="x", blocks=[SECTION, {"type": "section"}])
    messages = refused.value.response["response_metadata"]["messages"]
    assert messages == ["[ERROR] must provide one of: text, fields [json-pointer:/blocks/1]"]


async def test_an_update_with_text_alone_takes_blocks_away_and_keeps_attachments(
    web: AsyncWebClient, control: Control
) -> None:
    attachments = [{"color": "danger", "text": "bar"}]
    posted = await web.chat_postMessage(
        channel="C0SECURITY", text="x", blocks=[SECTION], attachments=attachments
    )
    await web.chat_update(channel="C0SECURITY", ts=posted["ts"], text="y")
    message = (await control.state()).messages("C0SECURITY")[0]
    assert (message.text, message.raw.get("blocks")) == ("y", None)
    assert message.raw["attachments"][0]["color"] == "a30200"
    await web.chat_update(channel="C0SECURITY", ts=posted["ts"], text="z", attachments=[])
    assert "attachments" not in (await control.state()).messages("C0SECURITY")[0].raw


async def test_only_the_app_s_own_messages_can_be_changed(web: AsyncWebClient, control: Control) -> None:
    ts = await control.say("U0CAROL", "C0SECURITY", "mine")
    assert await _error(web, "chat.update", channel="C0SECURITY", ts=ts, text="x") == "cant_update_message"
    assert await _error(web, "chat.delete", channel="C0SECURITY", ts=ts) == "cant_delete_message"
    assert await _error(web, "chat.update", channel="C0SECURITY", ts="1.0", text="x") == "message_not_found"


async def test_a_deleted_message_is_gone_for_the_app_and_kept_for_the_test(
    web: AsyncWebClient, control: Control
) -> None:
    posted = await web.chat_postMessage(channel="C0SECURITY", text="x")
    await web.chat_delete(channel="C0SECURITY", ts=posted["ts"])
    assert (await web.conversations_history(channel="C0SECURITY"))["messages"] == []
    assert [m.deleted for m in (await control.state()).messages("C0SECURITY", deleted=True)] == [True]


async def test_an_ephemeral_message_is_for_one_member_only_and_in_no_history(
    web: AsyncWebClient, control: Control
) -> None:
    posted = await web.chat_postEphemeral(user="U0CAROL", channel="C0SECURITY", text="psst")
    assert [m.ts for m in (await control.state()).ephemerals("U0CAROL")] == [posted["message_ts"]]
    assert (await web.conversations_history(channel="C0SECURITY"))["messages"] == []
    outsider = {"user": "U0ALICE", "channel": "C0SECURITY", "text": "psst"}
    assert await _error(web, "chat.postEphemeral", **outsider) == "user_not_in_channel"


async def test_history_is_newest_first_in_pages_with_metadata_on_demand(web: AsyncWebClient) -> None:
    metadata = {"event_type": "notice", "event_payload": {"id": "7"}}
    stamps = [
        (await web.chat_postMessage(channel="C0SECURITY", text=str(n), metadata=metadata))["ts"]
        for n in range(5)
    ]
    first = await web.conversations_history(channel="C0SECURITY", limit=2, include_all_metadata=True)
    cursor = first["response_metadata"]["next_cursor"]
    rest = await web.conversations_history(channel="C0SECURITY", limit=100, cursor=cursor)
    assert [m["text"] for m in [*first["messages"], *rest["messages"]]] == ["4", "3", "2", "1", "0"]
    assert (first["has_more"], rest["has_more"]) == (True, False)
    assert (first["messages"][0]["metadata"], "metadata" in rest["messages"][0]) == (metadata, False)
    between = await web.conversations_history(channel="C0SECURITY", oldest=stamps[1], latest=stamps[4])
    assert [m["text"] for m in between["messages"]] == ["3", "2"]


async def test_a_thread_holds_its_replies_apart_from_the_channel(web: AsyncWebClient) -> None:
    parent = await web.chat_postMessage(channel="C0SECURITY", text="parent")
    await web.chat_postMessage(channel="C0SECURITY", text="reply", thread_ts=parent["ts"])
    loud = {"thread_ts": parent["ts"], "reply_broadcast": True}
    await web.chat_postMessage(channel="C0SECURITY", text="loud reply", **loud)
    history = await web.conversations_history(channel="C0SECURITY")
    thread = await web.conversations_replies(channel="C0SECURITY", ts=parent["ts"])
    assert [m["text"] for m in history["messages"]] == ["loud reply", "parent"]
    assert history["messages"][1]["reply_count"] == 2
    assert [m["text"] for m in thread["messages"]] == ["parent", "reply", "loud reply"]


async def test_people_are_found_by_id_and_address_while_they_are_there(
    web: AsyncWebClient, control: Control
) -> None:
    assert (await web.users_lookupByEmail(email="ALICE@example.com"))["user"]["id"] == "U0ALICE"
    await control.user("U0ALICE", deleted=True)
    assert (await web.users_info(user="U0ALICE"))["user"]["deleted"] is True
    assert await _error(web, "users.lookupByEmail", email="alice@example.com") == "users_not_found"
    assert await _error(web, "users.info", user="U0NOBODY") == "user_not_found"
    assert await _error(web, "conversations.open", users="U0ALICE") == "user_disabled"


async def test_guests_strangers_and_shared_channels_are_marked(web: AsyncWebClient, control: Control) -> None:
    await control.user("U0GUEST", name="guest", real_name="Guest", is_ultra_restricted=True)
    await control.user("U0FAR", name="far", real_name="Far", is_stranger=True, team_id="T0ELSEWHERE")
    await control.channel("C0SECURITY", is_ext_shared=True)
    guest = (await web.users_info(user="U0GUEST"))["user"]
    stranger = (await web.users_info(user="U0FAR"))["user"]
    assert guest["is_ultra_restricted"] is True
    assert (stranger["is_stranger"], stranger["team_id"]) == (True, "T0ELSEWHERE")
    assert (await web.conversations_info(channel="C0SECURITY"))["channel"]["is_ext_shared"] is True


async def test_a_user_group_has_its_members_until_it_is_disabled(
    web: AsyncWebClient, control: Control
) -> None:
    assert (await web.usergroups_users_list(usergroup="S0SECURITYTEAM"))["users"] == ["U0CAROL"]
    await control.usergroup("S0SECURITYTEAM", users=["U0BOB"], is_disabled=True)
    assert await _error(web, "usergroups.users.list", usergroup="S0SECURITYTEAM") == "no_such_subteam"
    assert (await web.usergroups_list())["usergroups"] == []


async def test_an_uploaded_image_is_posted_and_served_as_what_it_is(
    web: AsyncWebClient, emulator: SlackEmulator, control: Control
) -> None:
    uploaded = await web.files_upload_v2(
        filename="stats.png", content=PNG, channel="C0SECURITY", initial_comment="look", alt_txt="a chart"
    )
    message = (await control.state()).messages("C0SECURITY")[0]
    assert (message.text, message.raw["files"][0]["alt_txt"]) == ("look", "a chart")
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{emulator.url}/files/{uploaded['file']['id']}") as served,
    ):
        assert (served.content_type, await served.read()) == ("image/png", PNG)


async def test_an_upload_that_is_not_an_image_is_never_shown_as_a_page(
    web: AsyncWebClient, emulator: SlackEmulator
) -> None:
    page = "<script>alert(1)</script>"
    uploaded = await web.files_upload_v2(filename="x.png", content=page, channel="C0SECURITY")
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{emulator.url}/files/{uploaded['file']['id']}") as served,
    ):
        assert served.content_type == "application/octet-stream"
        assert served.headers["Content-Disposition"] == "attachment"
        assert served.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_trigger_opens_one_modal_within_three_seconds(
    web: AsyncWebClient, emulator: SlackEmulator
) -> None:
    view = {"type": "modal", "title": {"type": "plain_text", "text": "T"}, "blocks": [SECTION]}
    trigger = emulator.world.new_trigger("U0ALICE")
    opened = await web.views_open(trigger_id=trigger, view=view)
    assert await _error(web, "views.open", trigger_id=trigger, view=view) == "exchanged_trigger_id"
    late = emulator.world.new_trigger("U0ALICE")
    emulator.world.triggers[late].created -= 3.5
    assert await _error(web, "views.open", trigger_id=late, view=view) == "expired_trigger_id"
    stale = {"view_id": opened["view"]["id"], "hash": "old", "view": view}
    assert await _error(web, "views.update", **stale) == "hash_conflict"


async def test_at_most_three_modals_lie_on_each_other(web: AsyncWebClient, emulator: SlackEmulator) -> None:
    view = {"type": "modal", "title": {"type": "plain_text", "text": "T"}, "blocks": [SECTION]}
    await web.views_open(trigger_id=emulator.world.new_trigger("U0ALICE"), view=view)
    for _ in range(2):
        await web.views_push(trigger_id=emulator.world.new_trigger("U0ALICE"), view=view)
    trigger = emulator.world.new_trigger("U0ALICE")
    assert await _error(web, "views.push", trigger_id=trigger, view=view) == "push_limit_reached"


async def test_a_home_tab_is_published_within_its_size_and_by_its_hash(
    web: AsyncWebClient, emulator: SlackEmulator
) -> None:
    section = SECTION | {"text": {"type": "plain_text", "text": "é" * 3000}}
    home = {"type": "home", "blocks": [section] * 30}
    published = await web.views_publish(user_id="U0ALICE", view=home)
    assert await _error(web, "views.publish", user_id="U0ALICE", view=home, hash="old") == "hash_conflict"
    await web.views_publish(user_id="U0ALICE", view=home, hash=published["view"]["hash"])
    large = home | {"blocks": [section] * 45}
    assert await _error(web, "views.publish", user_id="U0ALICE", view=large) == "view_too_large"
    emulator.world.app = replace(emulator.world.app, has_home_tab=False)
    assert await _error(web, "views.publish", user_id="U0ALICE", view=home) == "not_enabled"


async def test_an_unknown_method_is_called_that(web: AsyncWebClient) -> None:
    assert await _error(web, "chat.shout") == "unknown_method"


async def test_strict_rates_refuse_a_burst_into_one_channel_and_say_when_to_come_back() -> None:
    async with SlackEmulator(world=doors_world(), strict_rates=True) as emulator:
        web = AsyncWebClient(BOT_TOKEN, base_url=emulator.api_url, retry_handlers=[])
        for number in range(CHANNEL_BURST):
            await web.chat_postMessage(channel="C0SECURITY", text=str(number))
        with pytest.raises(SlackApiError) as refused:
            await web.chat_postMessage(channel="#security", text="one more")
        answer = refused.value.response
        assert (answer.status_code, answer["error"]) == (429, "ratelimited")
        assert int(answer.headers["Retry-After"]) >= 1
        assert (await web.chat_postMessage(channel="U0ALICE", text="elsewhere"))["ok"]


def test_a_rate_is_a_number_of_calls_that_grows_back_with_time() -> None:
    now = 0.0
    rates = Rates(strict=True, clock=lambda: now)
    assert [rates.retry_after("chat.update", 50) for _ in range(51)] == [0] * 50 + [2]
    now = 1.2  # 50 a minute is one each 1.2 seconds
    assert [rates.retry_after("chat.update", 50) for _ in range(2)] == [0, 2]


def test_an_unstrict_emulator_never_asks_to_wait() -> None:
    assert {Rates(strict=False).retry_after("users.list", 20) for _ in range(500)} == {0}


async def test_a_world_of_one_s_own_replaces_the_default_one() -> None:
    world = workspace()
    world.users["U0ALICE"].real_name = "Alice Liddell"
    async with SlackEmulator(world=world) as emulator:
        web = AsyncWebClient(BOT_TOKEN, base_url=emulator.api_url)
        assert (await web.users_info(user="U0ALICE"))["user"]["real_name"] == "Alice Liddell"


@pytest.mark.parametrize(
    ("given", "error", "pointers"),
    [
        ({"blocks": [SECTION]}, "", []),
        ({"blocks": [SECTION, {"type": "section"}]}, "invalid_blocks", ["/1"]),
        ({"message": {"text": "hello", "blocks": [SECTION]}}, "", []),
        ({"message": {"blocks": [{"type": "nothing"}]}}, "invalid_message", ["/blocks/0/type"]),
        ({"view": {"type": "modal", "blocks": [SECTION]}}, "invalid_view", ["/view"]),
        ({"view": "{"}, "invalid_view", []),
        ({}, "invalid_arguments", []),
        ({"blocks": [SECTION], "view": {}}, "invalid_arguments", []),
    ],
)
async def test_blocks_are_validated_without_being_posted(
    web: AsyncWebClient, given: Json, error: str, pointers: list[str]
) -> None:
    form = {name: value if isinstance(value, str) else json.dumps(value) for name, value in given.items()}
    try:
        answer = (await web.api_call("blocks.validate", data=form)).data
    except SlackApiError as refused:
        answer = refused.response.data

    assert isinstance(answer, dict)
    assert answer.get("error", "") == error
    assert [problem["pointer"] for problem in answer.get("errors", [])] == pointers
