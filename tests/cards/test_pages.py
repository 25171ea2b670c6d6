from powertrip.cards import HISTORY_PAGE_SIZE, NEXT, PAGE_SIZE, PREVIOUS, event_list, history
from powertrip.domain.decision import Verdict
from powertrip.domain.event import Event, Status
from tests.cards.reading import buttons, labels, objections, read, shown
from tests.samples import NOW, decision, event, later

LOGIN = "SSH login as alice on bastion-1 from 192.0.2.10"


def page_of(count: int) -> list[Event]:
    return [event(id=f"k{number:09d}") for number in range(count)]


def test_a_page_shows_each_event_with_its_buttons() -> None:
    denied = event(id="bbbbbbbbbb", status=Status.DENIED, decisions=(decision(Verdict.DENY),))

    message = event_list([event(id="aaaaaaaaaa"), denied], 1, 1, "Events waiting: 2", later(minutes=90))

    assert read(message) == [
        "# Events waiting: 2",
        f"⏳ {LOGIN} · medium severity · 1 h 30 min ago · aaaaaaaaaa",
        "[Approve] [Deny]",
        f"⛔ {LOGIN} · medium severity · 1 h 30 min ago · denied · bbbbbbbbbb",
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


def test_an_empty_page_is_its_title() -> None:
    assert shown(event_list([], 1, 1, "Nothing waits for you", NOW)) == "# Nothing waits for you"
    assert shown(history([], 1, 1, "History of Bob: nothing found", NOW)) == "# History of Bob: nothing found"


def test_the_history_says_of_each_event_what_it_was_and_what_became_of_it() -> None:
    approved = event(id="aaaaaaaaaa", status=Status.APPROVED, decisions=(decision(),))
    last_year = event(
        id="bbbbbbbbbb",
        title="sudo to root",
        host_name="db-1",
        source_ip=None,
        occurred_at=later(days=-30),
        headline=("command",),
        fields={"command": "systemctl stop auditd"},
    )

    assert read(history([approved, last_year], 1, 1, "History of Alice: 2 events", NOW)) == [
        "# History of Alice: 2 events",
        f"✅ 01-15 12:00 UTC · {LOGIN} · approved by Alice · aaaaaaaaaa",
        "⏳ 2025-12-16 · sudo to root: “systemctl stop auditd” as alice on db-1 · pending · bbbbbbbbbb",
    ]


def test_full_pages_are_taken_by_slack() -> None:
    assert objections(event_list(page_of(PAGE_SIZE), 1, 9, "Events", NOW, "pending all")) == []
    assert objections(history(page_of(HISTORY_PAGE_SIZE), 1, 9, "History", NOW, "history")) == []
