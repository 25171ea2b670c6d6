"""A real login on a real sshd, shipped by a real syslog-ng, is asked about and answered on the page.

Nothing between the ssh client and the click is ours but Powertrip and the emulator.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, expect

from slack_emulator.control import SeenMessage, State
from tests.system.browser import Desk
from tests.system.conftest import System
from tests.system.machine import HOST_NAME

pytestmark = pytest.mark.system

SECURITY, ALICES_MESSAGES = "C0SECURITY", "D0ALICE"
ALICE, CAROL = "U0ALICE", "U0CAROL"
IMITATIONS = (
    "Accepted publickey for alice from 192.0.2.66 port 22 ssh2",
    "alice from 192.0.2.66 port 22 ssh2",
)


def rows(database: Path, query: str, *values: str) -> list[tuple[Any, ...]]:
    """What the database of the running Powertrip answers."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return connection.execute(query, values).fetchall()


def buttons(card: Locator) -> Locator:
    """The buttons that decide."""
    return card.locator("[data-action-id=approve], [data-action-id=deny]")


async def card_in(system: System, channel: str, words: str) -> SeenMessage:
    """The first card in the channel that shows these words."""
    return await system.control.message_in(channel, lambda m: m.shows(words) and m.buttons)


async def test_a_real_login_is_approved_on_the_page_and_every_copy_says_so(
    system: System, browser: Browser, screenshots: Path
) -> None:
    alice = await Desk.of(browser, system.sandbox.url, ALICE)
    carol = await Desk.of(browser, system.sandbox.url, CAROL)
    await carol.look_at(SECURITY)

    await system.machine.log_in("alice")
    await card_in(system, ALICES_MESSAGES, HOST_NAME)
    await alice.look_at(ALICES_MESSAGES)
    card = alice.message("Was this you")
    for words in ("alice", HOST_NAME, "127.0.0.1", "publickey", "ED25519 SHA256:"):
        await expect(card).to_contain_text(words)
    await alice.picture(screenshots / "1-alice-is-asked.png")

    reminder = carol.message("Reminder 1")
    await expect(buttons(reminder)).to_have_count(2)
    await carol.picture(screenshots / "2-carol-sees-the-reminder.png")

    await card.locator("[data-action-id=approve]").click()
    await expect(alice.page.get_by_test_id("confirm")).to_contain_text("Approve")
    await alice.picture(screenshots / "3-alice-confirms.png")
    await alice.page.get_by_test_id("confirm-ok").click()
    for desk in (alice, carol):
        copy = desk.message("Approved by @Alice")
        await expect(copy).to_contain_text(HOST_NAME)
        await expect(buttons(desk.page.locator("#messages"))).to_have_count(0)
    await alice.picture(screenshots / "4-alice-has-approved.png")
    await carol.picture(screenshots / "5-carol-sees-the-approval.png")

    await carol.type("/powertrip history")
    history = carol.page.locator(".ephemeral").last
    for words in ("alice", HOST_NAME, "approved", "Alice"):
        await expect(history).to_contain_text(words)
    await carol.picture(screenshots / "6-the-history.png")

    assert rows(system.database, "SELECT user_name, host_name, source_ip, status, reminders FROM event") == [
        ("alice", HOST_NAME, "127.0.0.1", "approved", 1)
    ]
    assert rows(system.database, "SELECT verdict, actor_id, via, revision FROM decision") == [
        ("approve", ALICE, "button", 1)
    ]
    assert rows(system.database, "SELECT actor_id FROM audit WHERE action = 'decided'") == [(ALICE,)]


async def test_a_login_of_an_unmapped_user_is_denied_from_the_security_channel(
    system: System, browser: Browser, screenshots: Path
) -> None:
    carol = await Desk.of(browser, system.sandbox.url, CAROL)
    await carol.look_at(SECURITY)

    await system.machine.log_in("stranger")
    card = carol.message("Is this expected")
    for words in ("stranger", HOST_NAME, "127.0.0.1"):
        await expect(card).to_contain_text(words)
    await carol.picture(screenshots / "7-the-channel-is-asked.png")

    await card.locator("[data-action-id=deny]").click()
    await expect(carol.message("by @Carol")).to_contain_text("Denied")
    await expect(buttons(carol.page.locator("#messages"))).to_have_count(0)
    await expect(carol.page.locator(".names-me").last).to_contain_text("stranger")
    await carol.picture(screenshots / "8-carol-has-denied.png")

    await carol.type("/powertrip history stranger")
    history = carol.page.locator(".ephemeral").last
    for words in ("stranger", "denied", "Carol"):
        await expect(history).to_contain_text(words)
    await carol.picture(screenshots / "9-the-denial-in-the-history.png")

    assert rows(system.database, "SELECT user_name, status, subject_kind FROM event") == [
        ("stranger", "denied", "unmapped")
    ]
    assert rows(system.database, "SELECT verdict, actor_id, via FROM decision") == [("deny", CAROL, "button")]


async def test_user_names_that_imitate_a_login_make_no_card(system: System) -> None:
    for name in IMITATIONS:
        await system.machine.fail_to_log_in(name)
    await system.machine.log_in("alice")
    await card_in(system, ALICES_MESSAGES, HOST_NAME)

    for name in IMITATIONS:
        judged = "SELECT count(*) FROM inbox WHERE instr(message, ?) AND judged_at IS NOT NULL"
        assert rows(system.database, judged, name) > [(0,)], f"the log line with {name!r} did not arrive"
    assert rows(system.database, "SELECT user_name, source_ip, occurrences FROM event") == [
        ("alice", "127.0.0.1", 1)
    ]
    assert rows(system.database, "SELECT count(*) FROM quarantine") == [(0,)]
    state: State = await system.control.state()
    assert not any(message.shows("192.0.2.66") for message in state.messages())
