"""Every word of /powertrip, and who may say it."""

import pytest

from slack_emulator.control import Control, SeenMessage
from tests.end_to_end.harness import ANY_RATE, Sender, asks, login
from tests.end_to_end.test_main_path import ALICE, BOB, CAROL, SECURITY, card_for

pytestmark = pytest.mark.usefixtures("running")

GENERAL = "C0GENERAL"
PNG = "powertrip-stats.png"


async def answer(control: Control, user: str, text: str, *words: str) -> SeenMessage:
    """Type a command, and return the answer to it, which only this person sees and which shows the words."""
    seen = len((await control.state()).ephemerals(user))
    assert (await control.slash(user, GENERAL, text)).acked
    state = await control.wait_for(lambda s: len(s.ephemerals(user)) > seen)
    told = state.ephemerals(user)[-1]
    for word in words:
        assert told.shows(word), (text, word, told.text)
    return told


@pytest.mark.parametrize("text", ["", "help", "HELP"])
async def test_help_names_every_word(control: Control, text: str) -> None:
    words = ["pending", "show", "approve", "deny", "close", "history", "stats", "rules", "whoami", "test"]
    await answer(control, BOB, text, *words)


async def test_an_unknown_word_is_answered(control: Control) -> None:
    await answer(control, BOB, "aprove <!channel> 'x", "is not a command")


async def test_pending_shows_people_their_own_and_reviewers_everybodys(
    sender: Sender, control: Control
) -> None:
    await sender.post(login("alice"), login("oswaldo"))
    await card_for(control, "alice")
    await card_for(control, "oswaldo")
    own = await answer(control, ALICE, "pending", "alice")
    assert not own.shows("oswaldo")
    await answer(control, CAROL, "pending", "alice", "oswaldo")
    await answer(control, CAROL, f"pending <@{ALICE}|alice>", "alice")
    await answer(control, CAROL, "pending @Alice", "Events waiting for @Alice: 1", "alice")
    await answer(control, CAROL, "pending @Bob", "Events waiting for @Bob: none")
    await answer(control, BOB, "pending all", "Only reviewers can")
    await answer(control, BOB, f"pending <@{ALICE}|alice>", "Only reviewers can")


@ANY_RATE
async def test_the_buttons_of_a_list_decide_and_its_pages_turn(sender: Sender, control: Control) -> None:
    await sender.post(*(login("alice", host=f"web-{number:02}") for number in range(10)))
    await control.wait_for(lambda s: len(s.messages("D0ALICE")) == 10)
    page = await answer(control, CAROL, "pending all", "Page 1 of 2")
    turn = next(button for button in page.buttons if button["action_id"] == "page:next")
    await control.press(CAROL, GENERAL, page.ts, action_id="page:next", value=turn["value"])
    page = await control.ephemeral_to(CAROL, lambda m: m.shows("Page 2 of 2"))
    approve = next(button for button in page.buttons if button["action_id"] == "approve")
    await control.press(CAROL, GENERAL, page.ts, action_id="approve", value=approve["value"])
    await control.ephemeral_to(CAROL, lambda m: m.shows("You approved"))


@ANY_RATE
async def test_an_outsider_cannot_turn_a_reviewers_page(sender: Sender, control: Control) -> None:
    await sender.post(*(login("alice", host=f"web-{number:02}") for number in range(10)))
    await control.wait_for(lambda s: len(s.messages("D0ALICE")) == 10)
    page = await answer(control, CAROL, "pending all", "Page 1 of 2")
    await control.user(CAROL, is_restricted=True)
    turn = next(button for button in page.buttons if button["action_id"] == "page:next")
    await control.press(CAROL, GENERAL, page.ts, action_id="page:next", value=turn["value"])
    await control.ephemeral_to(CAROL, lambda m: m.shows("Guests cannot"))


async def test_show_tells_everything_to_those_who_may_see_it(sender: Sender, control: Control) -> None:
    await sender.post(login("alice"))
    event_id = (await card_for(control, "alice")).buttons[0]["value"].partition(".")[0]
    await answer(control, ALICE, f"show {event_id}", "bastion-1", "192.0.2.10")
    await answer(control, CAROL, f"show {event_id.upper()}", "bastion-1")
    await answer(control, BOB, f"show {event_id}", "Only the person")
    await answer(control, CAROL, "show aaaaaaaaaa", "There is no event")
    await answer(control, CAROL, "show ../../x", "is not the id of an event")
    await answer(control, CAROL, "show", "The id of the event is missing")


@pytest.mark.parametrize(
    "words",
    [
        *("", f"<@{ALICE}|alice>", "bastion-1", "alice", "192.0.2.10", "24h", "2020-01-01", "alice 7d"),
        # As cards write it, and as nobody picked it from Slack's list.
        *("@Alice", "@alice 7d", "7d @ALICE"),
    ],
)
async def test_history_finds_events_by_what_people_know(sender: Sender, control: Control, words: str) -> None:
    await sender.post(login("alice"))
    card = await card_for(control, "alice")
    await control.press(ALICE, card.channel, card.ts, action_id="approve")
    await control.wait_for(lambda s: not asks(s.message(card)))
    await answer(control, CAROL, f"history {words}", ": 1 event", "bastion-1", "approved", "Alice")


async def test_history_without_events_says_what_it_looked_for(sender: Sender, control: Control) -> None:
    await sender.post(login("alice"))
    await card_for(control, "alice")
    for words, said in (
        (f"<@{BOB}|bob>", "History of @bob: nothing found"),
        ("@Bob", "History of @Bob: nothing found"),
        ("db-1", "History of host or user “db-1”: nothing found"),
        ("198.51.100.1", "History from 198.51.100.1: nothing found"),
        ("web-1 2999-01-01", "History of host or user “web-1” since 2999-01-01 00:00 UTC: nothing found"),
        ("@Alice 2999-01-01", "History of @Alice since 2999-01-01 00:00 UTC: nothing found"),
    ):
        await answer(control, CAROL, f"history {words}", said)


async def test_a_name_behind_an_at_sign_that_nobody_has_is_said_to_be_nobodys(control: Control) -> None:
    said = "Nobody who is called @Bobby is listed in the configuration. Pick the person from Slack's list"
    await answer(control, CAROL, "history @Bobby 7d", said)
    await answer(control, CAROL, "pending @Bobby", said)


async def test_people_who_are_no_reviewers_see_only_their_own_history(
    sender: Sender, control: Control
) -> None:
    await sender.post(login("alice"), login("bob"))
    await card_for(control, "alice")
    await card_for(control, "bob")
    await answer(control, BOB, "history", "Your history: 1 event")
    await answer(control, BOB, f"history <@{ALICE}|alice>", "Only reviewers can")


async def test_stats_come_with_a_chart_in_the_direct_messages(sender: Sender, control: Control) -> None:
    await sender.post(login("alice"))
    card = await card_for(control, "alice")
    await control.press(ALICE, card.channel, card.ts, action_id="approve")
    await answer(control, CAROL, "stats", "ssh_login", "direct messages")
    chart = await control.message_in("D0CAROL", lambda m: m.raw.get("files"))
    assert (chart.raw["files"][0]["name"], chart.raw["files"][0]["mimetype"]) == (PNG, "image/png")
    await answer(control, ALICE, "stats", "Only reviewers can")
    await answer(control, CAROL, "stats soon", "That is no time in the past")
    await answer(control, CAROL, "stats 2999-01-01", "That is no time in the past")
    await answer(control, CAROL, "stats 99999w", "1 event since")


async def test_rules_and_whoami_say_what_is_in_force(control: Control) -> None:
    await answer(control, CAROL, "rules", "ssh_login", "SSH login")
    await answer(control, ALICE, "rules", "Only reviewers can")
    await answer(control, ALICE, "whoami", ALICE, "alice")
    await answer(control, CAROL, "whoami", "reviewer")


async def test_a_chart_that_slack_does_not_take_leaves_the_numbers(control: Control) -> None:
    await control.fault("files.completeUploadExternal", "error", error="internal_error")
    await answer(control, CAROL, "stats", "0 events since", "The chart could not be sent")


async def test_a_test_goes_the_whole_way_to_the_one_who_asked_for_it(control: Control) -> None:
    # Bob is known by his e-mail address.
    await answer(control, BOB, "test", "A login of bob", "your direct messages")
    card = await card_for(control, "powertrip-test")
    assert card.channel == "D0BOB"
    assert card.text.startswith("🧪 A test: was this you, Bob?\n🧪 Test: SSH login as bob")
    await answer(control, CAROL, "test", "security channel")
    assert (await card_for(control, "test-u0carol")).channel == SECURITY
    # Each is a card of its own, and any source can be named.
    await answer(control, BOB, "test papertrail", "the source papertrail", "the rule ssh_login took it")


async def test_a_test_that_cannot_be_made_says_why(control: Control) -> None:
    await answer(control, BOB, "test papertrial", 'did you mean "papertrail"?')


async def test_a_guest_is_refused_by_every_word_that_tells_anything(control: Control) -> None:
    await control.user(BOB, is_restricted=True)
    for word in ("pending", "history", "stats", "rules", "test"):
        await answer(control, BOB, word, "Guests cannot")


@pytest.mark.parametrize("word", ["approve", "deny", "close"])
async def test_a_command_decides_nothing_for_those_whose_button_would_not(
    sender: Sender, control: Control, word: str
) -> None:
    await sender.post(login("alice"))
    card = await card_for(control, "alice")
    text = f"{word} {card.buttons[0]['value']} because"
    await answer(control, BOB, text, "Only the person this event is about and the reviewers")
    await control.user(BOB, is_restricted=True)
    await answer(control, BOB, text, "Guests cannot")
    await control.user(CAROL, team_id="T0OTHER", is_stranger=True)
    await answer(control, CAROL, text, "another organisation")
    assert (await control.state()).message(card).buttons


@pytest.mark.parametrize("word", ["approve", "deny", "close", "show"])
async def test_an_event_that_is_not_named_or_not_there_is_asked_for(control: Control, word: str) -> None:
    await answer(control, CAROL, word, "The id of the event is missing")
    await answer(control, CAROL, f"{word} aaaaaaaaaa why", "There is no event")
    await answer(control, CAROL, f"{word} <@{ALICE}|alice>", "is not the id of an event")


HOSTILE = [
    "<!channel> <!here> <!everyone>",
    "*bold* _it_ `code` ```block```",
    "'; DROP TABLE event; --",
    "\x00\x1b[31m\u202e\ufffd",
    "'\"\\",
    "\u0663d " * 400,
    "x" * 3000,
]


@pytest.mark.parametrize("word", ["", "show", "approve", "history", "pending", "stats"])
async def test_hostile_arguments_get_an_answer_that_calls_nobody(control: Control, word: str) -> None:
    for text in HOSTILE:
        told = await answer(control, CAROL, f"{word} {text}")
        assert told.mentions == [], text
        assert not told.shows("Something broke"), text
        assert "<!" not in told.text, text


@ANY_RATE
async def test_the_pages_of_the_history_turn(sender: Sender, control: Control) -> None:
    await sender.post(*(login("alice", host=f"web-{number:02}") for number in range(21)))
    await control.wait_for(lambda s: len(s.messages("D0ALICE")) == 21)
    page = await answer(control, CAROL, "history alice 7d", "21 events", "Page 1 of 2")
    turn = next(button for button in page.buttons if button["action_id"] == "page:next")
    await control.press(CAROL, GENERAL, page.ts, action_id="page:next", value=turn["value"])
    state = await control.wait_for(lambda s: s.message(page).shows("Page 2 of 2"))
    assert sum(state.message(page).shows(f"web-{number:02}") for number in range(21)) == 1


async def test_nothing_that_was_answered_is_seen_by_others(sender: Sender, control: Control) -> None:
    await sender.post(login("alice"))
    value = (await card_for(control, "alice")).buttons[0]["value"]
    for text in (
        "",
        "pending",
        f"show {value}",
        "history",
        "stats",
        "rules",
        "whoami",
        "test",
        "nonsense",
        f"approve {value}",
        f"deny {value}",
    ):
        await answer(control, CAROL, text)
    assert (await control.state()).messages(GENERAL) == []
