"""Work that is announced in Slack: who has to confirm it, what it spares, and what is asked all the same."""

import re
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import ClientSession

from powertrip.api.expectations import PATH
from powertrip.net import utc_now
from powertrip.pipeline import expectation_watch
from slack_emulator.control import Control
from tests.api.signing import NAME, PIPELINE_SECRET, body_of, signed
from tests.end_to_end.harness import Sender, login
from tests.end_to_end.test_commands import answer
from tests.end_to_end.test_main_path import ALICE, BOB, CAROL, SECURITY, card_for

DANA = "U0DANA"
DEPLOY = {"secret": PIPELINE_SECRET, "owner": CAROL, "announces_for": ["oswaldo"], "hosts": ["web-*"]}
pytestmark = pytest.mark.usefixtures("running")


@pytest.fixture
def changes() -> dict[str, Any]:
    """Expectations, each with a ticket."""
    section = {"enabled": True, "ticket": "CHG-[0-9]+"}
    return {"expectations": section, "people": {"carol": {"slack": CAROL}}}


async def announced(control: Control, user: str, text: str, *words: str) -> str:
    """Announce work, and return its id."""
    told = await answer(control, user, f"expect {text}", *words)
    found = re.search(r"work of \w+, ([a-z0-9]+)", told.text)
    assert found is not None
    return found[1]


async def decided(control: Control, user: str, event_text: str) -> str:
    """What the history of a host says."""
    return (await answer(control, user, f"history {event_text}")).text


async def test_what_alice_announced_and_carol_confirmed_is_not_asked_and_all_else_is(
    sender: Sender, control: Control
) -> None:
    name = await announced(
        control, ALICE, "ssh web-* 2h CHG-1234 new certificates", "To be confirmed", "0 records on 0 hosts"
    )
    note = await control.message_in(SECURITY, lambda m: m.shows("To be confirmed: work of alice"))
    assert note.shows("new certificates")
    await answer(control, ALICE, f"expectations confirm {name}", "Only reviewers can confirm")
    await answer(control, BOB, f"expectations end {name}", "Only its person")
    await answer(control, CAROL, f"expectations confirm {name}", "Expected: work of alice")
    await control.wait_for(lambda s: s.message(note).shows("confirmed by Carol"))

    await sender.post(login("alice", host="web-1"), login("alice", host="db-1"))
    card = await card_for(control, "db-1")
    assert not card.shows("web-1")
    past = await decided(control, ALICE, "")
    assert "approved by an expectation of Alice" in past
    state = await control.state()
    assert [m for m in state.messages() if m.shows("web-1") and m.buttons] == []

    event_id = next(line for line in past.splitlines() if "web-1" in line).rsplit("· ", 1)[1]
    await answer(
        control, ALICE, f"show {event_id}", "Approved by expectation", name, "CHG-1234: new certificates"
    )
    await answer(control, CAROL, f"approve {event_id}", "An expectation of")

    # She denies what was not hers, and is trusted no more.
    await control.press(ALICE, card.channel, card.ts, action_id="deny")
    await control.wait_for(lambda s: s.message(note).shows("something of this person was denied"))
    await sender.post(login("alice", host="web-2"))
    await card_for(control, "web-2")
    over = await control.message_in(SECURITY, lambda m: m.shows("Over: work of alice"))
    assert over.shows("Approved without asking: 1 record")


async def test_reviewers_announce_for_others_and_anybody_is_distrusted_at_once(
    sender: Sender, control: Control
) -> None:
    await announced(control, CAROL, f"<@{ALICE}|alice> ssh web-1 1h CHG-2 uses=5 it's hers", "✅ Expected")
    await announced(control, CAROL, "as=oswaldo ssh web-1 1h CHG-3 nightly", "✅ Expected")
    await sender.post(login("oswaldo", host="web-1"), login("oswaldo", host="db-9"))
    await card_for(control, "db-9")
    assert "approved by an expectation of Carol" in await decided(control, CAROL, "oswaldo")
    await answer(control, CAROL, "expectations", "2 expectations now", "oswaldo", "1 of at most 200 records")
    await answer(control, BOB, f"distrust <@{ALICE}|alice>", "Only reviewers can end")
    await answer(control, CAROL, "distrust as=oswaldo", "Nothing is expected of them any more")
    await answer(control, ALICE, "distrust", "Nothing is expected of them any more")
    await sender.post(login("oswaldo", host="web-1"))
    await card_for(control, "web-1")


async def test_it_is_confirmed_and_ended_by_buttons_on_its_message_in_the_channel(
    sender: Sender, control: Control
) -> None:
    await announced(control, CAROL, "ssh web-* 2h CHG-1234 new certificates")
    note = await control.message_in(SECURITY, lambda m: m.shows("To be confirmed: work of carol"))
    assert [button["action_id"] for button in note.buttons] == ["confirm_expected", "end_expected"]
    assert note.shows("In the last week it would have covered 0 records on 0 hosts")
    await control.press(CAROL, SECURITY, note.ts, action_id="confirm_expected")
    await control.ephemeral_to(CAROL, lambda m: m.shows("another reviewer has to confirm it"))
    await control.press(DANA, SECURITY, note.ts, action_id="confirm_expected")
    await control.wait_for(
        lambda s: (
            [b["action_id"] for b in s.message(note).buttons] == ["end_expected"]
            and s.message(note).shows("confirmed by Dana")
        )
    )
    await control.press(CAROL, SECURITY, note.ts, action_id="end_expected")
    await control.wait_for(lambda s: not s.message(note).buttons and s.message(note).shows("ended by Carol"))
    await sender.post(login("carol", host="web-2"))
    await card_for(control, "web-2")


async def test_without_anything_to_read_the_command_opens_a_window_that_takes_the_same(
    sender: Sender, control: Control
) -> None:
    await answer(control, ALICE, "expect", "Fill in the window")
    work: dict[str, str | list[str]] = {"rule": "ssh", "host": "web-*", "lasts": "2h", "text": "it's me"}
    refused = await control.submit(ALICE, {**work, "ticket": "none"})
    assert "A ticket has to stand" in str(refused.response)
    refused = await control.submit(ALICE, {**work, "ticket": "CHG-7", "begins": "tomorrow"})
    assert "is no time" in str(refused.response)
    network = {"from_network": "192.0.2.0/24"}
    await control.submit(ALICE, {**work, "ticket": "CHG-7", "begins": "", **network})
    told = await control.ephemeral_to(ALICE, lambda m: m.shows("To be confirmed: work of alice"))
    assert told.shows("ssh_login on web-* from 192.0.2.0/24")
    assert told.shows("CHG-7: it's me")

    await answer(control, CAROL, "expect", "Fill in the window")
    for_others: dict[str, str | list[str]] = {"who": ALICE, "bot": "oswaldo", "ticket": "CHG-8"}
    await control.submit(CAROL, {**work, **for_others})
    await control.ephemeral_to(CAROL, lambda m: m.shows("✅ Expected: work of oswaldo"))
    await sender.post(login("oswaldo", host="web-1"), login("oswaldo", host="db-9"))
    await card_for(control, "db-9")
    assert "approved by an expectation of Carol" in await decided(control, CAROL, "oswaldo")


@pytest.mark.parametrize("changes", [{"expectations": {"enabled": True, "pipelines": {NAME: DEPLOY}}}])
async def test_what_a_pipeline_announces_over_http_is_confirmed_in_the_channel(
    running: Any, sender: Sender, control: Control
) -> None:
    body = body_of(host="web-*")
    url = f"http://127.0.0.1:{running[0].port}{PATH}"
    async with ClientSession() as session:
        async with session.post(url, data=body, headers=signed(body, utc_now())) as answered:
            assert (answered.status, (await answered.json())["state"]) == (201, "waits")
        async with session.post(url, data=body, headers=signed(body, utc_now(), secret="f" * 20)) as refused:
            assert refused.status == 401
    note = await control.message_in(SECURITY, lambda m: m.shows("To be confirmed: work of oswaldo"))
    assert note.shows("Announced by the pipeline deploy")
    await control.press(DANA, SECURITY, note.ts, action_id="confirm_expected")
    await control.wait_for(lambda s: s.message(note).shows("confirmed by Dana"))
    await sender.post(login("oswaldo", host="web-1"), login("oswaldo", host="db-9"))
    await card_for(control, "db-9")
    past = await decided(control, CAROL, "oswaldo")
    assert "approved by an expectation of" in past
    assert "pipeline deploy" in past


async def test_who_is_deactivated_is_trusted_no_more(
    control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    # He may just have been asked about when that happens.
    monkeypatch.setattr(expectation_watch, "ASKED_AGAIN", timedelta())
    await announced(control, CAROL, f"<@{BOB}|bob> ssh web-1 1h CHG-2 his", "✅ Expected")
    await control.user(BOB, deleted=True)
    await control.message_in(SECURITY, lambda m: m.shows("no member's any more"))


REFUSED = {
    "ssh": "expect RULE HOST 2h TICKET why",
    "sshd web-* 2h CHG-1 x": "there is no rule",
    "ssh web<!channel> 2h CHG-1 x": "is not the name of a host",
    "ssh web-* soon CHG-1 x": "is not a duration",
    "ssh web-* 2h x": "A ticket has to stand",
    "ssh web-* 9h CHG-1 x": "too long",
    "ssh * 1h CHG-1 x": "every host",
    "ssh web-* 1h CHG-1 network=here x": "is no network; write one such as",
    "ssh web-* 1h CHG-1 severity=high x": "above medium severity",
    "ssh web-* 1h CHG-1 at=2020-01-31T18:00 x": "for the past",
    f"<@{BOB}|bob> ssh web-* 1h CHG-1 x": "Only reviewers can announce",
    "as=oswaldo ssh web-* 1h CHG-1 x": "Only reviewers can announce",
}


async def test_what_cannot_be_expected_is_refused_with_why(control: Control) -> None:
    for typed, said in REFUSED.items():
        await answer(control, ALICE, f"expect {typed}", said)


async def test_a_broad_one_stands_only_once_a_reviewer_has_seen_what_it_would_have_covered(
    sender: Sender, control: Control
) -> None:
    await sender.post(login("alice", host="web-1"), login("alice", host="web-2"))
    await card_for(control, "web-2")
    name = await announced(
        control, CAROL, f"<@{ALICE}|alice> ssh *-1 1h CHG-2 x", "To be confirmed", "1 record on 1 host"
    )
    await answer(control, DANA, f"expectations confirm {name}", "✅ Expected")
    await answer(control, DANA, f"expectations confirm {name}", "confirmed, or has ended, already")


async def test_after_her_approval_alice_may_have_the_like_left_out(sender: Sender, control: Control) -> None:
    await sender.post(login("alice", host="web-1"))
    card = await card_for(control, "web-1")
    assert [button["action_id"] for button in card.buttons] == ["approve", "deny"]
    await control.press(ALICE, card.channel, card.ts, action_id="approve")
    await control.wait_for(lambda s: [b["action_id"] for b in s.message(card).buttons] == ["not_again"])

    await control.press(ALICE, card.channel, card.ts, action_id="not_again")
    await control.wait_for(lambda s: s.modal(ALICE))
    chosen: dict[str, str | list[str]] = {"where": "web-*", "network": "192.0.2.0/24", "length": "2h"}
    refused = await control.submit(ALICE, {**chosen, "ticket": "none", "text": "patching"})
    assert "ticket does not have the form" in str(refused.response)
    await control.submit(ALICE, {**chosen, "ticket": "CHG-7", "text": "patching"})
    told = await control.ephemeral_to(ALICE, lambda m: m.shows("To be confirmed: work of alice"))
    found = re.search(r"expectations confirm ([a-z0-9]+)", told.text)
    assert found is not None
    await answer(control, CAROL, f"expectations confirm {found[1]}", "web-*", "SHA256:")
    await sender.post(login("alice", host="web-2"), login("alice", host="web-3", address="198.51.100.9"))
    other = await card_for(control, "web-3")
    assert other.shows("198.51.100.9")
    state = await control.state()
    assert [m for m in state.messages() if m.shows("web-2") and m.buttons] == []
