from datetime import UTC, datetime
from typing import Any

from powertrip.cards import Message, quarantine_notice
from tests.cards.reading import objections, read, shown


def notice(**changes: Any) -> Message:
    arguments: dict[str, Any] = {
        "count": 1234,
        "sources": {"papertrail": 34, "syslog": 1200},
        "reasons": {"ssh_login expects it and no pattern matches": 1234},
        "samples": ["Accepted quantum for alice", "Accepted \u202e"],
        "since": datetime(2026, 1, 15, 12, 0, tzinfo=UTC),
        "how_to_look": "bot.py quarantine list",
    }
    return quarantine_notice(**(arguments | changes))


def test_the_notice_says_how_many_from_where_why_and_where_to_look() -> None:
    assert read(notice()) == [
        "# ⚠️ 1,234 records in quarantine",
        "They could not be judged, so nobody is asked about them.",
        "From: syslog (1,200), papertrail (34)",
        "Why: ssh_login expects it and no pattern matches (1,234)",
        "First: 2026-01-15 12:00:00 UTC",
        "Look: bot.py quarantine list",
        "| Accepted quantum for alice",
        r"| Accepted \u202e",
    ]


def test_each_reason_has_a_line_and_is_told_with_what_to_do() -> None:
    long = "reads like a login, and no rule took it; " + "check its source, " * 10 + "or write an ignore rule"

    said = read(notice(reasons={"is not JSON, says the parser": 1, long: 3}))

    assert said[3:5] == [f"Why: {long} (3)", "Why: is not JSON, says the parser (1)"]


def test_the_plain_text_says_the_same_without_the_samples() -> None:
    assert "1,234 records in quarantine" in notice().text
    assert "bot.py quarantine list" in notice().text
    assert "quantum" not in notice().text


def test_one_record_is_spoken_of_as_one() -> None:
    assert "It could not be judged, so nobody is asked about it." in shown(notice(count=1))


def test_at_most_three_samples_are_shown() -> None:
    assert len(notice(samples=["x"] * 9).attachments[0]["blocks"]) == 3


def test_without_samples_there_is_no_box() -> None:
    assert notice(samples=[], since=None).attachments == []


def test_hostile_names_and_lines_are_taken_by_slack() -> None:
    names = {f"<!channel> \u202e {number} {'x' * 500}": number for number in range(30)}

    message = notice(sources=names, reasons=names, samples=["\u202e<!here>" * 2000] * 3)

    assert objections(message) == []
    assert ", 22 others" in shown(message)
