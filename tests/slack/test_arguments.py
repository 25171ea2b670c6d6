"""What people type, read."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powertrip.domain.event import EventQuery
from powertrip.slack import arguments
from tests.samples import ALICE, NOW


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("pending  all", ["pending", "all"]),
        ('history "web 1" 7d', ["history", "web 1", "7d"]),
        ("history it's", ["history", "it's"]),  # a lone quote is a character
        ("approve k3f9x2m8", ["approve", "k3f9x2m8"]),
        ('Approve k3f9x2m8 it\'s "mine", C:\\temp', ["Approve", "k3f9x2m8", 'it\'s "mine", C:\\temp']),
        ("deny k3f9x2m8 not\nme", ["deny", "k3f9x2m8", "not\nme"]),
        ("close k3f9x2m8 A &amp; B: 1 &lt; 2 &amp;lt;", ["close", "k3f9x2m8", "A & B: 1 < 2 &lt;"]),
    ],
)
def test_words_are_split_and_a_reason_is_kept_as_it_was_typed(text: str, words: list[str]) -> None:
    assert arguments.words_of(text) == words


@given(st.text())
def test_any_text_at_all_has_words(text: str) -> None:
    words = arguments.words_of(text)
    page, rest = arguments.page_of(words)
    assert page >= 1
    assert len(rest) <= len(words)


@pytest.mark.parametrize(
    ("typed", "page", "words"),
    [
        (["all"], 1, ["all"]),
        (["all", "page=3"], 3, ["all"]),
        (["page=0"], 1, []),
        (["page=-2"], 1, []),
        (["page=many"], 1, []),
        (["page=2", "page=5"], 5, []),
    ],
)
def test_the_page_is_told_from_the_words(typed: list[str], page: int, words: list[str]) -> None:
    assert arguments.page_of(typed) == (page, words)


@pytest.mark.parametrize(("total", "pages"), [(0, 1), (8, 1), (9, 2), (16, 2), (17, 3)])
def test_pages_of_eight(total: int, pages: int) -> None:
    assert arguments.page_count(total, 8) == pages


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("24h", NOW - timedelta(hours=24)),
        ("2w", NOW - timedelta(days=14)),
        ("99999w", NOW - timedelta(weeks=99999)),
        ("2026-01-10", datetime(2026, 1, 10, tzinfo=UTC)),
        ("2026-02-30", None),
        ("123456h", None),
        ("soon", None),
        ("٣d", None),  # only the digits of ASCII
    ],
)
def test_a_moment_is_a_span_back_or_a_day(word: str, expected: datetime | None) -> None:
    assert arguments.moment(word, NOW) == expected


@given(st.from_regex(r"[0-9]{1,5}[smhdw]", fullmatch=True))
def test_no_span_leads_out_of_time_or_loses_its_zone(word: str) -> None:
    moment = arguments.moment(word, NOW)
    assert moment is not None
    assert moment <= NOW
    assert moment.tzinfo is not None


@pytest.mark.parametrize(
    ("words", "query"),
    [
        ([], EventQuery()),
        ([f"<@{ALICE}|alice>", "7d"], EventQuery(subject_slack_id=ALICE, since=NOW - timedelta(days=7))),
        (["192.0.2.10"], EventQuery(source_ip="192.0.2.10")),
        (["2001:db8::1"], EventQuery(source_ip="2001:db8::1")),
        (["192.0.2.999"], EventQuery(name="192.0.2.999")),
        (["bastion-1"], EventQuery(name="bastion-1")),
        (["WORKSTATION7"], EventQuery(name="WORKSTATION7")),  # a host, although member ids look like it
        (["<!channel>"], EventQuery(name="<!channel>")),
    ],
)
def test_history_takes_people_addresses_names_and_moments(words: list[str], query: EventQuery) -> None:
    assert arguments.history_query(words, NOW) == query


@pytest.mark.parametrize("word", ["U0ALICE", "@alice", "<@>", "<!subteam^S0SECURITY>", f"<@{ALICE}"])
def test_only_a_mention_names_a_member(word: str) -> None:
    assert arguments.member_id(word) is None
