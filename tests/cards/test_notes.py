"""Notes to the security channel: their moments in the time zone of whoever reads them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from powertrip.cards import note, security_note


def pieces(line: str) -> list[dict[str, Any]]:
    """The rich text of a note of one line."""
    shown: list[dict[str, Any]] = security_note("Title", [line]).blocks[1]["elements"][0]["elements"]
    return shown


def test_a_moment_in_a_note_is_shown_in_its_readers_time_zone_and_read_aloud_in_utc() -> None:
    line = "Confirm it until 2026-01-15 14:05:02 UTC, here."

    before, moment, after = pieces(line)

    assert (before["text"], after["text"]) == ("Confirm it until ", ", here.")
    assert moment == {
        "type": "date",
        "timestamp": int(datetime(2026, 1, 15, 14, 5, 2, tzinfo=UTC).timestamp()),
        "format": "{date_num} {time} (14:05:02 UTC)",
        "fallback": "2026-01-15 14:05:02 UTC",
    }
    assert security_note("Title", [line]).text.endswith(f"Title\n{line}")


def test_each_moment_of_a_span_is_one_also_without_seconds_and_in_answers() -> None:
    line = "When: from 2026-01-15 14:05 UTC to 2026-01-15 16:05 UTC, at most 20 records."

    assert [piece["type"] for piece in pieces(line)] == ["text", "date", "text", "date", "text"]
    answered = note("<@U0CAROL> has it, since 2026-01-15 14:05:02 UTC.").blocks[0]["elements"][0]["elements"]
    assert [piece["type"] for piece in answered] == ["user", "text", "date", "text"]


@pytest.mark.parametrize(
    "line",
    [
        "2026-13-45 99:99:99 UTC",
        "0000-01-01 00:00:00 UTC",
        "1999999-01-15 14:05:02 UTC",
        "2026-01-15 14:05:02 UTCx",
        "<!date^1700000000^{date}^https://example.com|then>",
        "",
    ],
)
def test_what_only_looks_like_a_moment_stays_text(line: str) -> None:
    assert [piece["type"] for piece in pieces(line)] == ["text"]


def test_a_year_far_off_is_written_out_as_it_stands() -> None:
    (piece,) = pieces("9999-12-31 23:59:59 UTC")
    assert piece == {"type": "text", "text": "9999-12-31 23:59:59 UTC"}
