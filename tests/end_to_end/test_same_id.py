"""The same id is not the same record, one log is asked about once, and approvals cover what cards showed."""

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import yaml

from powertrip.runtime.app import Running
from slack_emulator.control import Control, SeenMessage
from tests.end_to_end.harness import ALICES_DM, ANY_RATE, ROOT, SECRET, Sender, login
from tests.outside import serving
from tests.polls.api import Api

SECURITY, GENERAL = "C0SECURITY", "C0GENERAL"
ALICE = "U0ALICE"
DOCUMENT = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
KEY, OTHER_KEY = f"ED25519 SHA256:{'k' * 43}", f"RSA SHA256:{'o' * 43}"


def event(number: int | str, user: str = "alice", address: str = "192.0.2.10") -> dict[str, Any]:
    """A login as Papertrail tells it."""
    message = f"Accepted publickey for {user} from {address} port 50000 ssh2"
    return {
        "id": number,
        "received_at": "2026-01-15T11:59:00Z",
        "hostname": "bastion-1",
        "program": "sshd",
        "message": message,
    }


@pytest.fixture
async def search() -> AsyncIterator[Api]:
    """Papertrail's search, which finds nothing yet."""
    api = Api(answers=[{"events": [], "max_id": "1", "reached_end": True}])
    async with serving(api.handle) as api.url:
        yield api


@pytest.fixture
def changes(search: Api) -> dict[str, Any]:
    """The recipe of docs/sources.md, with another server that is asked more often."""
    recipe = DOCUMENT.split("### Looking for what was missed")[1].split("```yaml\n")[1].split("```")[0]
    written = yaml.safe_load(
        recipe.replace("${PAPERTRAIL_SECRET}", SECRET).replace("${PAPERTRAIL_TOKEN}", "a-token")
    )
    written["polls"]["search"] |= {"url": search.url, "every": "200ms"}
    return {**written, "rules": [{"use": "ssh"}, {"use": "sudo"}]}


async def cards_with(control: Control, words: str, count: int) -> list[SeenMessage]:
    """So many cards that show these words and can be decided."""
    state = await control.wait_for(
        lambda s: len([m for m in s.messages() if m.shows(words) and m.buttons]) >= count
    )
    return [m for m in state.messages() if m.shows(words) and m.buttons]


async def test_a_poisoned_id_and_one_id_for_many_hide_no_login(
    running: tuple[Running, Sender], control: Control
) -> None:
    sender = running[1]
    nothing = {"message": "nothing of interest", "program": "cron", "host": "web-1", "id": "X"}
    answers = [
        await sender.post(item) for item in (nothing, login(id="X"), login("bob", id="X"), login(id="X"))
    ]
    await cards_with(control, "alice", 1)
    await cards_with(control, "bob", 1)

    assert [answer["duplicates"] for answer in answers] == [0, 0, 0, 1]


async def test_a_key_twice_is_told_to_the_security_channel_by_its_name(
    running: tuple[Running, Sender], control: Control
) -> None:
    sound, twice = json.dumps(login()), json.dumps(login("bob")).replace('{"', '{"message": "nothing", "', 1)
    await running[1].post(raw=f"{twice}\n{sound}".encode())
    await cards_with(control, "alice", 1)
    state = await control.wait_for(lambda s: any(m.shows("'message' twice") for m in s.messages(SECURITY)))

    assert not any(m.shows("as bob") for m in state.messages())
    with pytest.raises(aiohttp.ClientResponseError, match="422"):
        await running[1].post(raw=twice.encode())


async def test_a_search_of_the_same_log_asks_only_about_what_the_webhook_missed(
    running: tuple[Running, Sender], control: Control, search: Api
) -> None:
    body = json.dumps({"events": [event(7)]}).encode()
    await running[1].post(source=f"papertrail/{SECRET}", raw=body, headers={})
    await cards_with(control, "192.0.2.10", 1)
    # It writes ids as text, and has what the webhook missed too.
    found = [event("7") | {"generated_at": "x"}, event("8", address="192.0.2.20")]
    search.answers = [{"events": found, "max_id": "8", "reached_end": True}]
    await cards_with(control, "192.0.2.20", 1)
    asked = len(search.asked)
    await control.wait_for(lambda _: len(search.asked) > asked + 1)

    assert len(await cards_with(control, "192.0.2.10", 1)) == 1


def told(words: str, **fields: Any) -> dict[str, Any]:
    return {"message": words, "host": "bastion-1", "program": "sshd", **fields}


@ANY_RATE
async def test_another_key_then_a_password_then_sudo_with_a_library_of_ones_own_are_an_event_each(
    running: tuple[Running, Sender], control: Control
) -> None:
    accepted = "Accepted {} for alice from 192.0.2.10 port {} ssh2{}"
    sudo = "   alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; {}COMMAND=/usr/bin/id"
    await running[1].post(
        told(accepted.format("publickey", 1, f": {KEY}"), id="1"),
        told(accepted.format("publickey", 2, f": {OTHER_KEY}"), id="2"),
        told(accepted.format("password", 3, ""), id="3"),
        told(accepted.format("publickey", 4, f": {KEY}"), id="4"),
        told(sudo.format(""), id="5", program="sudo"),
        told(sudo.format("ENV=LD_PRELOAD=/home/bob/evil.so ; "), id="6", program="sudo"),
    )
    cards = await cards_with(control, "alice", 5)

    assert len(cards) == 5
    for words in (OTHER_KEY[4:], "password", "LD_PRELOAD=/home/bob/evil.so"):
        assert sum(card.shows(words) for card in cards) == 1, (words, [card.text for card in cards])
    # The second login by the same key joined, and the card shows both ports.
    (first,) = [card for card in cards if card.shows("Seen")]
    assert first.shows("From port of each: 1 · 4")


async def test_a_revision_that_no_message_has_shown_cannot_be_approved_by_typing_it(
    running: tuple[Running, Sender], control: Control
) -> None:
    await running[1].post(login(id="1"))
    (card,) = await cards_with(control, "alice", 1)
    event_id = card.buttons[0]["value"].partition(".")[0]
    await control.slash(ALICE, GENERAL, f"approve {event_id}.99999")
    refusal = await control.ephemeral_to(ALICE)

    assert refusal.shows(f"No message has shown {event_id}.99999 yet")
    assert (await control.state()).message(card).buttons
    await control.slash(ALICE, GENERAL, f"approve {event_id}")
    state = await control.wait_for(lambda s: not s.message(card).buttons)
    assert state.message(card).shows("Approved")
    assert card.channel == ALICES_DM
