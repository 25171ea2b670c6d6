"""Containment on a denied card, and the question before it is done, as a phone and a desktop show them."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from powertrip.cards import Message, event_card
from powertrip.cli.demo.workspace import local_slack
from powertrip.containment import ContainmentSection
from powertrip.domain import containment
from powertrip.domain.contained import By, Containment, ContainmentState
from powertrip.domain.decision import Verdict
from powertrip.domain.event import Event, Status
from powertrip.domain.follow_up import FollowUp, Item
from tests.cards.test_follow_up import channel
from tests.samples import CAROL, SECURITY, decision, event, later
from tests.system.browser import Desk
from tests.system.test_card_pictures import HEIGHT, WIDTHS, posted

pytestmark = pytest.mark.system

HOOK = {"type": "webhook", "url": "https://tines.example.com/hook", "secret": "hooks-9f31c07be2a84d65"}
SECTION = ContainmentSection.model_validate(
    {
        "actions": {
            "teleport": {
                "type": "teleport",
                "proxy": "teleport.example.com:443",
                "identity": "/run/identity",
            },
            "vpn": HOOK
            | {
                "says": "Disable the VPN of {user_name}",
                "undo": "Enable the VPN of {user_name}",
                "lasts": "8h",
            },
            "okta": {"type": "okta_sessions", "url": "https://okta.example.com", "token": "-"},
            "host": {"type": "host", "secret": "hosts-9f31c07be2a84d65"},
        }
    }
)
ITEMS = (
    Item(number=1, text="Reach the person by phone.", done_by=CAROL, done_at=later(minutes=4)),
    Item(number=2, text="End the session on the host."),
)


def made(number: int, **changes: Any) -> Containment:
    """One containment, for which Carol asked."""
    fields: dict[str, Any] = {"id": number, "key": f"k{number}", "target": "alice", "is_dry_run": False}
    fields |= {"asked": By(slack_id=CAROL, name="Carol", at=later(minutes=5)), "state": ContainmentState.DONE}
    return Containment(**(fields | changes))


LOCKED = made(
    1,
    action="teleport",
    says="Lock alice in Teleport for 1 h",
    ended_at=later(minutes=5),
    until=later(minutes=65),
    undo_says="Unlock alice in Teleport",
)
REFUSED = made(
    2,
    action="okta",
    says="End all Okta sessions of alice",
    state=ContainmentState.FAILED,
    said="The server answered 403; check the token, and what it may do",
)
ASKED = made(
    3,
    action="vpn",
    says="Disable the VPN of alice for 8 h",
    state=ContainmentState.ASKED,
    why_second="this is about a reviewer",
    decide_by=later(minutes=65),
)
UNKNOWN = made(
    4,
    action="host",
    says="End sessions of alice on bastion-1",
    state=ContainmentState.UNKNOWN,
    said="bastion-1 fetched it, and never said what came of it.",
)


CLOSED = decision(Verdict.CLOSE, actor_id=CAROL, actor_name="Carol", reason="She called me.")


def card(*containments: Containment, **changes: Any) -> Message:
    """Alice's login, denied by her."""
    follow_up = FollowUp(told_at=later(minutes=2), items=ITEMS, containments=containments)
    fields: dict[str, Any] = {"status": Status.DENIED, "decisions": (decision(Verdict.DENY),)}
    about: Event = event(follow_up=follow_up, **(fields | changes))
    offered = tuple(containment.offers(about, None, SECTION.actions, SECTION))
    return event_card(about, channel(contains=offered), later(minutes=10))


CARDS = {
    "offered": card(),
    "made": card(LOCKED, REFUSED, ASKED, UNKNOWN),
    "spared": card(user_name="root"),
    "closed": card(LOCKED, status=Status.CLOSED, decisions=(decision(Verdict.DENY), CLOSED)),
}


@pytest.mark.parametrize("screen", WIDTHS)
async def test_containment_fits_the_screen(browser: Browser, screenshots: Path, screen: str) -> None:
    async with local_slack() as slack:
        sent = {name: await posted(slack, message) for name, message in CARDS.items()}
        desk = await Desk.of(browser, slack.url, CAROL, width=WIDTHS[screen], height=HEIGHT)
        await desk.look_at(SECURITY)
        for name, ts in sent.items():
            shown = desk.page.locator(f'[data-ts="{ts}"]')
            await shown.scroll_into_view_if_needed()
            assert await shown.evaluate("card => card.scrollWidth <= card.clientWidth"), name
            picture = screenshots / f"containment-{screen}-{name}.png"
            await shown.screenshot(path=picture, animations="disabled")
        button = desk.page.locator(f'[data-ts="{sent["offered"]}"]').get_by_role("button", name="Lock alice")
        await button.click()
        question = desk.page.get_by_role("dialog")
        said = await question.inner_text()
        await question.screenshot(path=screenshots / f"containment-{screen}-question.png")
        for words in (
            "Lock alice in Teleport for 1 h",
            "ends all sessions of the user alice",
            "Unlock alice",
        ):
            assert words in said
