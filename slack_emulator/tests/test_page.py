"""The page in a real browser: two people at once, buttons, confirm, modal, commands, and hostile text."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from slack_emulator import SlackEmulator
from slack_emulator.control import Control

Json = dict[str, Any]
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
HOSTILE = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\"> <!channel>"
pytestmark = [
    pytest.mark.system,
    # Where everything is required, a missing Chromium is a failure.
    pytest.mark.skipif(
        not CHROMIUM.exists() and os.environ.get("SLACK_EMULATOR_REQUIRE_BROWSER") != "1",
        reason="needs Debian's chromium",
    ),
]


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


CARD: list[Json] = [
    {"type": "header", "text": _plain("Was this you?")},
    {
        "type": "section",
        "text": {"type": "mrkdwn", "text": "*oswaldo* signed in to `bastion.test` :rotating_light:"},
        "fields": [{"type": "mrkdwn", "text": "*From*\n203.0.113.7"}, _plain("plain *text*")],
    },
    {
        "type": "actions",
        "elements": [
            {
                "type": "button",
                "action_id": "approve",
                "style": "primary",
                "text": _plain("Approve"),
                "confirm": {
                    "title": _plain("Approve this login?"),
                    "text": _plain("You say that it was you."),
                    "confirm": _plain("It was me"),
                    "deny": _plain("Go back"),
                },
            },
            {"type": "button", "action_id": "deny", "style": "danger", "text": _plain("Deny")},
        ],
    },
]
MODAL: Json = {
    "type": "modal",
    "callback_id": "reason",
    "title": _plain("Deny this login"),
    "submit": _plain("Deny"),
    "blocks": [
        {
            "type": "input",
            "block_id": "why",
            "label": _plain("Why?"),
            "element": {"type": "plain_text_input", "action_id": "text", "multiline": True},
        }
    ],
}


# A browser on a machine of two cores that does other things too.
expect.set_options(timeout=20_000)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(
            executable_path=str(CHROMIUM), chromium_sandbox=False, args=FLAGS.split()
        )
        yield started
        await started.close()


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    opened = await browser.new_page(viewport={"width": 1280, "height": 860})
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    yield opened
    assert problems == []


def _decides(app: AsyncApp) -> None:
    @app.action("approve")
    async def approve(ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
        await ack()
        done = [
            {"type": "section", "text": {"type": "mrkdwn", "text": f"Approved by <@{body['user']['id']}>"}}
        ]
        where = {"channel": body["channel"]["id"], "ts": body["message"]["ts"]}
        await client.chat_update(text="approved", blocks=done, **where)

    @app.action("deny")
    async def deny(ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    @app.view("reason")
    async def reason(ack: AsyncAck, view: Json, client: AsyncWebClient) -> None:
        typed = view["state"]["values"]["why"]["text"]["value"]
        if len(typed) < 10:
            await ack(response_action="errors", errors={"why": "Please say a little more."})
        else:
            await ack()
            await client.chat_postMessage(channel="C0SECURITY", text=f"Denied: {typed}")


@pytest.mark.usefixtures("connected")
async def test_a_card_that_is_edited_while_its_confirm_dialog_is_open_is_pressed_as_it_was_shown(
    app: AsyncApp, web: AsyncWebClient, emulator: SlackEmulator, page: Page
) -> None:
    _decides(app)
    await page.goto(emulator.url)
    await page.get_by_test_id("person").select_option(label="Carol")
    await page.locator("[data-channel-id=C0SECURITY]").click()
    posted = await web.chat_postMessage(channel="C0SECURITY", text="Was this you?", blocks=CARD)
    await page.locator("[data-action-id=approve]").click()
    await web.chat_update(channel="C0SECURITY", ts=posted["ts"], text="Was it you?", blocks=CARD)
    await page.get_by_test_id("confirm-ok").click()
    await expect(page.locator("[data-action-id=approve]")).to_have_count(0)


@pytest.mark.usefixtures("connected")
async def test_carol_approves_with_a_confirm_and_sees_the_card_change(
    app: AsyncApp, web: AsyncWebClient, emulator: SlackEmulator, page: Page, tmp_path: Path
) -> None:
    _decides(app)
    await page.goto(emulator.url)
    await page.get_by_test_id("person").select_option(label="Carol")
    await page.locator("[data-channel-id=C0SECURITY]").click()
    await web.chat_postMessage(channel="C0SECURITY", text="Was this you?", blocks=CARD)
    await page.locator("[data-action-id=approve]").click()
    await expect(page.get_by_test_id("confirm")).to_contain_text("You say that it was you.")
    await page.screenshot(path=tmp_path / "confirm.png")
    await page.get_by_test_id("confirm-deny").click()
    await expect(page.locator("[data-action-id=approve]")).to_be_visible()
    await page.locator("[data-action-id=approve]").click()
    await page.get_by_test_id("confirm-ok").click()
    await expect(page.get_by_test_id("message")).to_contain_text("Approved by @Carol")
    await expect(page.locator("[data-action-id=approve]")).to_have_count(0)
    await page.screenshot(path=tmp_path / "approved.png")


@pytest.mark.usefixtures("connected")
async def test_carol_fills_a_modal_is_told_what_is_wrong_and_corrects_it(
    app: AsyncApp, web: AsyncWebClient, emulator: SlackEmulator, page: Page, tmp_path: Path
) -> None:
    _decides(app)
    await web.chat_postMessage(channel="C0SECURITY", text="Was this you?", blocks=CARD)
    await page.goto(f"{emulator.url}/#as=U0CAROL&in=C0SECURITY")
    await page.locator("[data-action-id=deny]").click()
    field = page.get_by_test_id("modal").get_by_label("Why?")
    await field.fill("no")
    await page.get_by_test_id("modal-submit").click()
    await expect(page.get_by_test_id("input-error")).to_have_text("Please say a little more.")
    await expect(field).to_have_value("no")
    await page.screenshot(path=tmp_path / "modal.png")
    await field.fill("nobody was at work then")
    await page.get_by_test_id("modal-submit").click()
    await expect(page.get_by_test_id("modal")).to_have_count(0)
    await expect(page.get_by_test_id("message").last).to_contain_text("Denied: nobody was at work then")


@pytest.mark.usefixtures("connected")
async def test_two_windows_are_two_people_and_a_refresh_keeps_them(
    web: AsyncWebClient, emulator: SlackEmulator, browser: Browser, page: Page
) -> None:
    other = await browser.new_page()
    await page.goto(f"{emulator.url}/#as=U0ALICE&in=D0ALICE")
    await other.goto(f"{emulator.url}/#as=U0CAROL&in=C0GENERAL")
    await web.chat_postMessage(channel="U0ALICE", text="for Alice alone")
    await web.chat_postMessage(channel="C0SECURITY", text="for <!subteam^S0SECURITYTEAM>")
    await expect(page.get_by_test_id("message")).to_contain_text("for Alice alone")
    await expect(page.locator("[data-channel-id=C0SECURITY]")).to_have_count(0)
    await expect(other.locator("[data-channel-id=C0SECURITY] .badge")).to_have_text("1")
    await other.locator("[data-channel-id=C0SECURITY]").click()
    await expect(other.locator(".names-me")).to_contain_text("@security-team")
    await expect(other.locator(".badge")).to_have_count(0)
    await other.reload()
    await expect(other.get_by_test_id("person")).to_have_value("U0CAROL")
    await expect(other.get_by_test_id("message")).to_contain_text("@security-team")


@pytest.mark.usefixtures("connected")
async def test_the_page_opens_where_something_unread_waits(
    web: AsyncWebClient, emulator: SlackEmulator, page: Page
) -> None:
    await web.chat_postMessage(channel="C0SECURITY", text="Is this expected?")
    await page.goto(f"{emulator.url}/#as=U0CAROL")
    await expect(page.locator("[data-channel-id=C0SECURITY]")).to_have_attribute("aria-current", "page")


@pytest.mark.usefixtures("connected")
async def test_a_command_is_typed_with_a_hint_and_answered_for_the_typist_alone(
    app: AsyncApp, emulator: SlackEmulator, page: Page
) -> None:
    @app.command("/door")
    async def command(ack: AsyncAck, command: Json) -> None:
        await ack(f"*You* asked for {command['text']}")

    await page.goto(f"{emulator.url}/#as=U0BOB&in=D0BOB")
    box = page.get_by_test_id("composer-text")
    await box.fill("/do")
    await expect(page.locator("#hints li").first).to_contain_text("/door help")
    await box.fill("/door whoami")
    await box.press("Enter")
    await expect(page.locator(".ephemeral")).to_contain_text("Only visible to you")
    await expect(page.locator(".ephemeral strong")).to_have_text("You")
    await expect(box).to_have_value("")


async def test_a_click_that_reaches_nobody_says_so_beside_the_card(
    web: AsyncWebClient, emulator: SlackEmulator, page: Page
) -> None:
    await web.chat_postMessage(channel="U0BOB", text="x", blocks=CARD)
    await page.goto(f"{emulator.url}/#as=U0BOB&in=D0BOB")
    await expect(page.locator("#connection")).to_have_text("Doorman is not connected")
    await page.locator("[data-action-id=deny]").click()
    await expect(page.get_by_test_id("trouble")).to_contain_text("not connected")
    await expect(page.get_by_test_id("toast")).to_be_visible()


async def test_hostile_text_stays_text_wherever_it_comes(
    web: AsyncWebClient, emulator: SlackEmulator, page: Page, control: Control
) -> None:
    blocks: list[Json] = [
        {"type": "header", "text": _plain(HOSTILE)},
        {"type": "section", "text": _plain(HOSTILE)},
        {"type": "section", "text": {"type": "mrkdwn", "text": "<javascript:alert(1)|click me>"}},
        {
            "type": "rich_text",
            "elements": [
                {
                    "type": "rich_text_preformatted",
                    "elements": [{"type": "text", "text": f"{HOSTILE} \u202egnp.exe *bold* <@U0ALICE>"}],
                },
                {
                    "type": "rich_text_section",
                    "elements": [{"type": "link", "url": "javascript:alert(1)", "text": "or me"}],
                },
            ],
        },
    ]
    await control.user("U0BOB", real_name=HOSTILE)
    await web.chat_postMessage(channel="U0ALICE", text=HOSTILE, blocks=blocks)
    await web.chat_postMessage(channel="U0ALICE", text="hi <@U0BOB>", attachments=[{"title": HOSTILE}])
    await page.goto(f"{emulator.url}/#as=U0ALICE&in=D0ALICE")
    first = page.get_by_test_id("message").first
    await expect(first).to_contain_text("document.title='taken'")
    await expect(first.locator("pre")).to_contain_text("\ufffdgnp.exe *bold* <@U0ALICE>")
    assert await page.locator("#messages script, #messages img, #messages a[href^=javascript]").count() == 0
    assert await first.locator(".mention").count() == 0
    assert "taken" not in await page.title()


async def test_the_page_runs_only_its_own_scripts_and_asks_nobody_else(
    web: AsyncWebClient, emulator: SlackEmulator, page: Page
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    image = {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "a map"}
    await web.chat_postMessage(channel="U0ALICE", text="x", blocks=[image])
    response = await page.goto(f"{emulator.url}/#as=U0ALICE&in=D0ALICE")
    assert response is not None
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    await expect(page.get_by_test_id("message")).to_contain_text("a map")
    assert all(url.startswith(emulator.url) for url in asked)


@pytest.mark.usefixtures("connected")
async def test_the_home_tab_asks_the_app_to_publish_it(
    app: AsyncApp, emulator: SlackEmulator, page: Page
) -> None:
    @app.event("app_home_opened")
    async def opened(event: Json, client: AsyncWebClient) -> None:
        home = {"type": "home", "blocks": [{"type": "header", "text": _plain("At the door")}]}
        await client.views_publish(user_id=event["user"], view=home)

    await page.goto(f"{emulator.url}/#as=U0BOB&in=D0BOB")
    await page.locator("[data-tab=home]").click()
    await expect(page.locator("#home")).to_contain_text("At the door")


async def test_a_press_on_the_home_tab_that_did_not_reach_the_app_says_so_there(
    web: AsyncWebClient, emulator: SlackEmulator, page: Page
) -> None:
    button = {"type": "button", "action_id": "knock", "text": _plain("Knock")}
    home = {"type": "home", "blocks": [{"type": "actions", "elements": [button]}]}
    await web.views_publish(user_id="U0BOB", view=home)
    await page.goto(f"{emulator.url}/#as=U0BOB&in=D0BOB")
    await page.locator("[data-tab=home]").click()
    await page.locator("#home").get_by_role("button", name="Knock").click()
    await expect(page.locator("#home").get_by_role("alert")).to_contain_text("is not connected")


async def test_an_app_that_takes_messages_and_any_command_is_written_to_and_commanded(page: Page) -> None:
    async with SlackEmulator() as emulator, Control(emulator.url) as control:
        await page.goto(f"{emulator.url}/#as=U0BOB&in=D0BOB")
        box = page.get_by_test_id("composer-text")
        await expect(box).to_have_attribute("placeholder", "Message App")
        await box.fill("hello")
        await box.press("Enter")
        await expect(page.get_by_test_id("message")).to_contain_text("hello")
        await box.fill("/anything goes")
        await box.press("Enter")
        state = await control.wait_for(lambda state: "/anything" in str(state.envelopes[-1]["payload"]))
        assert state.envelopes[-1]["payload"]["text"] == "goes"
        await control.webhook("C0GENERAL", "disk full", username="Alerts")
        await page.goto(f"{emulator.url}/#as=U0BOB&in=C0GENERAL")
        # Filtered, for the messages of the other conversation may still stand there.
        await expect(page.get_by_test_id("message").filter(has_text="Alerts")).to_be_visible()
        # Before its server goes, for the page would try to reach it again and say so.
        await page.goto("about:blank")


async def test_a_command_that_the_app_does_not_have_is_not_sent(emulator: SlackEmulator, page: Page) -> None:
    await page.goto(f"{emulator.url}/#as=U0BOB&in=C0GENERAL")
    box = page.get_by_test_id("composer-text")
    await box.fill("/knock")
    await box.press("Enter")
    await expect(page.get_by_test_id("toast")).to_contain_text("There is /door, /bell.")
