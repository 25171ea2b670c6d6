"""Slack on other than good days: late work, lagging reads, ids and tokens that change, final refusals."""

import asyncio

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from slack_emulator import BOT_TOKEN
from slack_emulator.control import Control


async def refused(call: object) -> str:
    """Slack's error for a call that it refuses."""
    with pytest.raises(SlackApiError) as caught:
        await call  # type: ignore[misc]
    return str(caught.value.response["error"])


async def test_work_taken_late_is_done_after_the_connection_broke(
    control: Control, web: AsyncWebClient
) -> None:
    await control.fault("chat.postMessage", "taken_late", delay=60)
    with pytest.raises(aiohttp.ClientError):
        await web.chat_postMessage(channel="C0GENERAL", text="late news")
    assert not (await control.state()).messages("C0GENERAL")
    await control.release()
    assert (await control.message_in("C0GENERAL")).text == "late news"


async def test_a_late_call_does_its_work_and_answers_once_released(
    control: Control, web: AsyncWebClient
) -> None:
    await control.fault("chat.postMessage", "late", delay=60)
    posting = asyncio.create_task(web.chat_postMessage(channel="C0GENERAL", text="late"))
    await control.wait_for(lambda state: state.calls("chat.postMessage"))
    assert not (await control.state()).messages("C0GENERAL")
    await control.release()
    assert (await posting)["ok"]
    assert (await control.message_in("C0GENERAL")).text == "late"


async def test_reads_lag_behind_writes(control: Control, web: AsyncWebClient) -> None:
    await control.lag_reads(60)
    await web.chat_postMessage(channel="C0GENERAL", text="just now")
    assert (await web.conversations_history(channel="C0GENERAL"))["messages"] == []
    await control.lag_reads(0)
    assert len((await web.conversations_history(channel="C0GENERAL"))["messages"]) == 1


async def test_direct_messages_get_another_id_and_keep_what_was_said(
    control: Control, web: AsyncWebClient
) -> None:
    before = (await web.chat_postMessage(channel="U0ALICE", text="hello"))["channel"]
    renewed = await control.renew_direct_messages("U0ALICE")
    assert await refused(web.chat_postMessage(channel=before, text="again")) == "channel_not_found"
    assert (await web.conversations_open(users="U0ALICE"))["channel"]["id"] == renewed
    assert (await web.chat_postMessage(channel="U0ALICE", text="again"))["channel"] == renewed
    said = (await web.conversations_history(channel=renewed))["messages"]
    assert [message["text"] for message in said] == ["again", "hello"]


@pytest.mark.parametrize("error", ["token_revoked", "token_expired", "account_inactive"])
async def test_a_token_stops_working_and_works_again(
    control: Control, web: AsyncWebClient, error: str
) -> None:
    await control.token(BOT_TOKEN, error)
    assert await refused(web.auth_test()) == error
    await control.token(BOT_TOKEN, "")
    assert (await web.auth_test())["ok"]


async def test_an_edit_in_an_archived_channel_is_refused_for_good(
    control: Control, web: AsyncWebClient
) -> None:
    ts = (await web.chat_postMessage(channel="C0GENERAL", text="before"))["ts"]
    await control.channel("C0GENERAL", is_archived=True)
    assert await refused(web.chat_update(channel="C0GENERAL", ts=ts, text="after")) == "is_inactive"
    assert await refused(web.chat_postMessage(channel="C0GENERAL", text="after")) == "is_archived"


async def test_an_edit_after_the_window_is_refused(control: Control, web: AsyncWebClient) -> None:
    ts = (await web.chat_postMessage(channel="C0GENERAL", text="before"))["ts"]
    await control.edit_window(0)
    assert await refused(web.chat_update(channel="C0GENERAL", ts=ts, text="after")) == "edit_window_closed"


async def test_an_edit_is_measured_in_bytes_and_a_post_in_characters(web: AsyncWebClient) -> None:
    cyrillic = "я" * 2_001
    ts = (await web.chat_postMessage(channel="C0GENERAL", text=cyrillic))["ts"]
    assert await refused(web.chat_update(channel="C0GENERAL", ts=ts, text=cyrillic)) == "msg_too_long"
    assert (await web.chat_update(channel="C0GENERAL", ts=ts, text=cyrillic[1:]))["ok"]


async def test_many_blocks_that_are_each_short_enough_are_too_long_together(web: AsyncWebClient) -> None:
    def sections(count: int) -> list[dict[str, object]]:
        return [{"type": "section", "text": {"type": "plain_text", "text": "x" * 2_500}}] * count

    assert (await web.chat_postMessage(channel="C0GENERAL", text="four", blocks=sections(4)))["ok"]
    five = web.chat_postMessage(channel="C0GENERAL", text="five", blocks=sections(5))
    assert await refused(five) == "msg_blocks_too_long"


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ({"event_type": "", "event_payload": {"id": "1"}}, "invalid_metadata_format"),
        ({"event_type": "t", "event_payload": {"id": {"a": {"b": 1}}}}, "invalid_metadata_schema"),
        ({"event_type": "t", "event_payload": {"id": "x" * 10_000}}, "metadata_too_large"),
    ],
)
async def test_metadata_has_limits(web: AsyncWebClient, metadata: dict[str, object], error: str) -> None:
    post = web.chat_postMessage(channel="C0GENERAL", text="text", metadata=metadata)
    assert await refused(post) == error


async def test_lists_of_channels_come_in_short_and_empty_pages(control: Control, web: AsyncWebClient) -> None:
    for number in range(5):
        await control.channel(f"C0N{number}", name=f"n{number}", members=["U0DOORMAN"])
    await control.channel("C0OTHERS", name="others", members=["U0ALICE"])
    await control.short_pages()
    pages, cursor = [], None
    while cursor != "":
        answer = await web.users_conversations(limit=4, cursor=cursor)
        pages.append([channel["name"] for channel in answer["channels"]])
        cursor = answer["response_metadata"]["next_cursor"]
    assert [] in pages
    found = [name for page in pages for name in page]
    assert sorted(found) == ["general", "n0", "n1", "n2", "n3", "n4", "security"]


async def test_a_workspace_that_joins_an_organisation_gives_people_other_ids(
    control: Control, web: AsyncWebClient
) -> None:
    before = (await web.chat_postMessage(channel="U0ALICE", text="hello"))["channel"]
    await control.join_enterprise("E0CORP")
    assert (await web.auth_test())["enterprise_id"] == "E0CORP"
    alice = (await web.users_info(user="U0ALICE"))["user"]
    assert (alice["id"], alice["enterprise_user"]["enterprise_id"]) == ("W0ALICE", "E0CORP")
    assert "enterprise_user" not in (await web.users_info(user="U0DOORMAN"))["user"]
    assert (await web.usergroups_users_list(usergroup="S0SECURITYTEAM"))["users"] == ["W0CAROL"]
    after = (await web.chat_postMessage(channel="U0ALICE", text="again"))["channel"]
    assert after != before
    assert await refused(web.chat_postMessage(channel=before, text="again")) == "channel_not_found"
