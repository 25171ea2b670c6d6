"""Whatever the log says, Slack takes the message, nobody is called by it, and it still says what is asked."""

from hypothesis import given, settings
from hypothesis import strategies as st

from powertrip.cards import (
    CardView,
    Mention,
    Message,
    decision_answer,
    event_card,
    event_list,
    history,
    reminder_list,
    show_card,
)
from powertrip.cards.event_card import headline
from powertrip.cards.text import escape, quoted, show
from powertrip.cards.words import NAME_LIMIT, TITLE_LIMIT
from powertrip.domain.event import Event, NoticeKind, Occurrence
from tests.cards.hostile import events, texts
from tests.cards.reading import buttons, mentioned, objections
from tests.samples import NOW

OURS = {"U0ALICE", "U0BOB", "W0CAROL", "S0SECURITY"}

repeatable = settings(derandomize=True)
"""The same examples in every run."""

views = st.builds(
    CardView,
    kind=st.sampled_from(NoticeKind),
    audience=st.sampled_from(["person", "channel"]),
    reminder=st.integers(0, 10**6),
    first_link=st.none() | st.just("https://workspace.example/archives/C0/p1") | texts,
    mention=st.lists(st.sampled_from([Mention("U0BOB"), Mention("S0SECURITY")]), max_size=5).map(tuple),
    command=st.just("/powertrip"),
)
occurrences = st.builds(
    Occurrence,
    source=texts,
    record_id=texts,
    message=texts,
    occurred_at=st.just(NOW),
    received_at=st.just(NOW),
    revision=st.integers(1, 100),
    cut=st.integers(0, 10**7),
)


def check(message: Message) -> None:
    assert objections(message) == []
    assert mentioned([message.blocks, message.attachments]) <= OURS


def in_text(value: str | None, limit: int) -> str:
    return escape(quoted(show(value, limit))) if value else ""


@repeatable
@given(events(), views)
def test_a_card_is_taken_by_slack_and_calls_nobody_else(about: Event, view: CardView) -> None:
    check(event_card(about, view, NOW))


@repeatable
@given(events(), views)
def test_the_plain_text_always_names_who_what_where_and_the_question(about: Event, view: CardView) -> None:
    text = event_card(about, view, NOW).text

    assert escape(headline(about, view, NOW)) in text
    assert escape(show(about.title, TITLE_LIMIT)) in text
    assert in_text(about.user_name, NAME_LIMIT) in text
    assert in_text(about.host_name, NAME_LIMIT) in text
    assert in_text(about.source_ip, NAME_LIMIT) in text
    assert about.ref in text


@repeatable
@given(events(), views)
def test_an_open_event_always_has_its_two_buttons(about: Event, view: CardView) -> None:
    actions = [button["action_id"] for button in buttons(event_card(about, view, NOW))]

    clear = ["deny", "approve"] if about.is_grave else ["approve", "deny"]
    assert (actions == clear) is about.is_open


@repeatable
@given(st.lists(events(), min_size=1, max_size=4), st.sampled_from([1, 7, 40]), views)
def test_a_list_is_taken_by_slack_and_calls_nobody_else(
    some: list[Event], repeated: int, view: CardView
) -> None:
    check(reminder_list(some * repeated, view, NOW))


@repeatable
@given(st.lists(events(), max_size=3), texts, texts)
def test_pages_are_taken_by_slack(some: list[Event], title: str, query: str) -> None:
    check(event_list(some * 8, 2, 3, title, NOW, query))
    check(history(some * 20, 2, 3, title, NOW, query))


@repeatable
@given(events(), st.lists(occurrences, max_size=7))
def test_details_are_taken_by_slack(about: Event, records: list[Occurrence]) -> None:
    check(show_card(about, records, [], NOW))


@repeatable
@given(events(), st.none() | events())
def test_answers_are_taken_by_slack(about: Event, rest: Event | None) -> None:
    for decision in about.decisions:
        check(decision_answer(about, decision, rest))
