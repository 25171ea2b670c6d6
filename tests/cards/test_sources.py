"""The answer to `sources`: what came of records, in words that Slack takes whatever is in them."""

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from powertrip.cards import SOURCES_PAGE_SIZE, source_card, sources_card
from powertrip.domain.sources import NO_SOURCE, RecordVerdict, SourceReport, UnmatchedGroup
from tests.cards.hostile import texts
from tests.cards.reading import mentioned, objections, read
from tests.samples import NOW

repeatable = settings(derandomize=True)
counts = st.dictionaries(
    st.sampled_from([*RecordVerdict, "refused 401 wrong secret or signature", "refused 503 overloaded"]),
    st.integers(0, 10**12),
)
groups = st.builds(
    UnmatchedGroup,
    source=st.just("servers"),
    host_name=st.none() | texts,
    program=st.none() | texts,
    is_rest=st.booleans(),
    count=st.integers(1, 10**12),
    newest_at=st.just(NOW),
    message=texts,
    reason=texts,
)
reports = st.builds(
    SourceReport,
    name=texts,
    is_configured=st.booleans(),
    doubt=texts,
    heard_at=st.none() | st.just(NOW),
    day=counts,
    week=counts,
    # A few kinds, many times: it is their length that adds up.
    unmatched=st.lists(groups, max_size=3).map(lambda few: tuple(few * 10)),
    failing_since=st.none() | st.just(NOW),
    error=st.none() | texts,
)


def report(**changes: Any) -> SourceReport:
    fields: dict[str, Any] = {
        "name": "servers",
        "is_configured": True,
        "heard_at": NOW - timedelta(minutes=2),
        "day": {"accepted": 12, "match": 1, "ignored": 8, "unmatched": 3},
        "week": {"accepted": 1200, "match": 9, "refused 401 wrong secret or signature": 2},
    }
    return SourceReport(**fields | changes)


CRON = UnmatchedGroup(
    source="servers",
    host_name="web-1",
    program="CRON",
    is_rest=False,
    count=3,
    newest_at=NOW - timedelta(hours=2),
    message="(root) CMD (run-parts)",
    reason="no rule is for this program",
)


def test_a_source_is_a_few_lines() -> None:
    assert read(sources_card([report(unmatched=(CRON,))], 1, 1, 1, NOW, "sources")) == [
        "# 1 source",
        "servers · last record 2026-01-15 11:58:00 UTC",
        (
            "Last 24 h: 12 accepted · 1 events · 8 ignored · 0 quarantined · 3 unmatched · 0 duplicates · "
            "0 requests refused"
        ),
        (
            "Last 7 d: 1,200 accepted · 9 events · 0 ignored · 0 quarantined · 0 unmatched · 0 duplicates · "
            "2 requests refused (401 wrong secret or signature: 2)"
        ),
        "Newest unmatched: CRON on web-1, 3 times in 7 d, 2 h ago: no rule is for this program",
        "(root) CMD (run-parts)",
    ]


def test_what_is_out_of_the_ordinary_is_said() -> None:
    never = report(heard_at=None, day={}, week={})
    gone = report(name="old", is_configured=False)
    broken = report(name="search", failing_since=NOW, error="answered 401")
    doubtful = report(name="teleport", doubt="type teleport, but no rule reads it")
    strangers = report(
        name=NO_SOURCE, is_configured=False, heard_at=None, day={"refused 404 no such source": 4}
    )
    shown = "\n".join(read(sources_card([never, gone, broken, doubtful, strangers], 1, 2, 9, NOW, "sources")))
    assert "servers · no record yet" in shown
    assert "old · last record 2026-01-15 11:58:00 UTC · not in the configuration" in shown
    assert "Its last round failed, since 2026-01-15 12:00:00 UTC: answered 401" in shown
    assert "It is of type teleport, but no rule reads it" in shown
    assert "Names that no source has\nLast 24 h: 4 requests refused (404 no such source: 4)" in shown
    assert "Page 1 of 2" in shown


@repeatable
@given(st.lists(reports, max_size=SOURCES_PAGE_SIZE))
def test_slack_takes_a_page_of_sources_whatever_is_in_them(page: list[SourceReport]) -> None:
    message = sources_card(page, 2, 3, 99, NOW, "sources")
    assert objections(message) == []
    assert mentioned([message.blocks, message.attachments]) == set()


@repeatable
@given(reports)
def test_slack_takes_one_source_whatever_is_in_it(one: SourceReport) -> None:
    message = source_card(one, NOW)
    assert objections(message) == []
    assert mentioned([message.blocks, message.attachments]) == set()


def test_groups_that_find_no_room_are_counted() -> None:
    many = tuple(CRON for _ in range(40))
    assert read(source_card(report(unmatched=many), NOW))[-1].endswith("more groups: bot.py sources servers")
