from powertrip.cards import HISTORY_PAGE_SIZE, NEXT, PAGE_SIZE, PREVIOUS, event_list, history_table
from powertrip.domain.decision import Verdict
from powertrip.domain.event import Event, Status
from tests.cards.reading import buttons, labels, objections, read, shown
from tests.samples import NOW, decision, event, later


def page_of(count: int) -> list[Event]:
    return [event(id=f"k{number:09d}") for number in range(count)]


def test_a_page_shows_each_event_with_its_buttons() -> None:
    denied = event(id="bbbbbbbbbb", status=Status.DENIED, decisions=(decision(Verdict.DENY),))

    message = event_list([event(id="aaaaaaaaaa"), denied], 1, 1, "Events waiting: 2", later(minutes=90))

    assert read(message) == [
        "# Events waiting: 2",
        "⏳ SSH login as alice on bastion-1 from 192.0.2.10 · 1 h 30 min ago · pending · aaaaaaaaaa",
        "[Approve] [Deny]",
        "⛔ SSH login as alice on bastion-1 from 192.0.2.10 · 1 h 30 min ago · denied · bbbbbbbbbb",
        "[Close…]",
    ]


def test_the_buttons_for_other_pages_say_which_and_of_what() -> None:
    turning = [
        (button["action_id"], button["value"])
        for button in buttons(event_list([], 2, 3, "Events", NOW, "pending all"))
    ]

    assert turning == [(PREVIOUS, "1 pending all"), (NEXT, "3 pending all")]


def test_the_first_and_the_last_page_have_one_way_to_go() -> None:
    assert labels(event_list([], 1, 2, "Events", NOW)) == ["Next"]
    assert labels(event_list([], 2, 2, "Events", NOW)) == ["Previous"]
    assert labels(event_list([], 1, 1, "Events", NOW)) == []


def test_an_empty_page_says_so() -> None:
    assert shown(event_list([], 1, 1, "Events", NOW)) == "# Events\nNothing."
    assert shown(history_table([], 1, 1, "History", NOW)) == "# History\nNothing."


def test_the_history_is_an_aligned_table() -> None:
    approved = event(id="aaaaaaaaaa", status=Status.APPROVED, decisions=(decision(),))
    last_year = event(id="bbbbbbbbbb", user_name="root", occurred_at=later(days=-30))

    assert read(history_table([approved, last_year], 1, 1, "History: 2 events", NOW)) == [
        "# History: 2 events",
        "All: SSH login",
        "id          UTC          user   host       from        status    by",
        "aaaaaaaaaa  01-15 12:00  alice  bastion-1  192.0.2.10  approved  Alice",
        "bbbbbbbbbb  2025-12-16   root   bastion-1  192.0.2.10  pending   -",
    ]


def test_the_history_says_of_each_event_what_it_was_where_they_differ() -> None:
    events = [event(id="aaaaaaaaaa"), event(id="bbbbbbbbbb", title="sudo command")]

    assert read(history_table(events, 1, 1, "History: 2 events", NOW)) == [
        "# History: 2 events",
        "id          UTC          user   host       from        status   by  what",
        "aaaaaaaaaa  01-15 12:00  alice  bastion-1  192.0.2.10  pending  -   SSH login",
        "bbbbbbbbbb  01-15 12:00  alice  bastion-1  192.0.2.10  pending  -   sudo command",
    ]


def test_full_pages_are_taken_by_slack() -> None:
    assert objections(event_list(page_of(PAGE_SIZE), 1, 9, "Events", NOW, "pending all")) == []
    assert objections(history_table(page_of(HISTORY_PAGE_SIZE), 1, 9, "History", NOW, "history")) == []
