"""Faults on demand: what the caller meets, and what nevertheless happened."""

import asyncio

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from slack_emulator import BOT_TOKEN, SlackEmulator
from slack_emulator.control import Control, ControlRefused


async def _post(web: AsyncWebClient) -> str:
    return str((await web.chat_postMessage(channel="C0SECURITY", text="hi"))["ts"])


async def test_a_server_error_takes_nothing_and_lasts_for_its_count(
    web: AsyncWebClient, control: Control
) -> None:
    await control.fault("chat.postMessage", "http_error", count=2, status=503)
    for _ in range(2):
        with pytest.raises(SlackApiError) as failed:
            await _post(web)
        assert failed.value.response.status_code == 503
    await _post(web)
    state = await control.state()
    assert (len(state.messages()), state.count("chat.postMessage")) == (1, 3)
    assert [call["fault"] for call in state.calls("chat.postMessage")] == ["http_error", "http_error", ""]


async def test_a_rate_limit_on_demand_names_its_seconds(web: AsyncWebClient, control: Control) -> None:
    await control.fault("*", "ratelimited", retry_after=7)
    with pytest.raises(SlackApiError) as failed:
        await _post(web)
    assert (failed.value.response.status_code, failed.value.response.headers["Retry-After"]) == (429, "7")


async def test_an_error_of_one_s_choice_is_answered(web: AsyncWebClient, control: Control) -> None:
    await control.fault("chat.postMessage", "error", error="fatal_error")
    with pytest.raises(SlackApiError, match="fatal_error"):
        await _post(web)


async def test_a_message_can_be_taken_without_an_answer(web: AsyncWebClient, control: Control) -> None:
    await control.fault("chat.postMessage", "timeout_after_taken")
    with pytest.raises(aiohttp.ClientError):
        await _post(web)
    assert [message.text for message in (await control.state()).messages()] == ["hi"]


async def test_a_caller_may_give_up_while_a_taken_message_hangs(
    emulator: SlackEmulator, control: Control
) -> None:
    hasty = AsyncWebClient(BOT_TOKEN, base_url=emulator.api_url, timeout=1, retry_handlers=[])
    await control.fault("chat.postMessage", "timeout_after_taken", delay=30)
    with pytest.raises(asyncio.TimeoutError):
        await _post(hasty)
    assert len((await control.state()).messages()) == 1


async def test_a_connection_can_be_dropped_before_anything_is_taken(
    web: AsyncWebClient, control: Control
) -> None:
    await control.fault("chat.postMessage", "drop_before")
    with pytest.raises(aiohttp.ClientError):
        await _post(web)
    state = await control.state()
    assert (state.messages(), state.count("chat.postMessage")) == ([], 1)


async def test_faults_can_be_taken_back(web: AsyncWebClient, control: Control) -> None:
    await control.fault("*", "http_error", count=100)
    await control.clear_faults()
    assert await _post(web)


async def test_a_fault_nobody_knows_is_refused_with_those_there_are(control: Control) -> None:
    with pytest.raises(ControlRefused, match="timeout_after_taken"):
        await control.fault("*", "earthquake")  # type: ignore[arg-type]


async def test_a_wait_that_fails_says_what_it_waited_for(control: Control) -> None:
    with pytest.raises(TimeoutError, match=r"state\.connections == 7"):
        await control.wait_for(lambda state: state.connections == 7, timeout=0.05)


async def test_the_control_api_takes_no_orders_from_a_web_page_of_elsewhere(emulator: SlackEmulator) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{emulator.url}/control/reset", data="{}", headers={"Content-Type": "text/plain"}
        ) as answer,
    ):
        assert answer.status == 415


async def test_a_wait_in_vain_says_what_it_waited_for_and_what_there_was(control: Control) -> None:
    await control.say("U0ALICE", "C0GENERAL", "hello")
    with pytest.raises(TimeoutError, match=r"state\.modal\(.*\n.*in C0GENERAL: 'hello'"):
        await control.wait_for(lambda state: state.modal("U0ALICE"), 0)
