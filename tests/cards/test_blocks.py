from datetime import UTC, datetime

import pytest

from powertrip.cards import blocks
from tests.samples import ALICE, NOW


def test_a_date_is_in_the_readers_time_zone_with_utc_beside_it() -> None:
    assert blocks.date(NOW) == {
        "type": "date",
        "timestamp": 1768478400,
        "format": "{date_short_pretty} at {time_secs} (12:00:00 UTC)",
        "fallback": "2026-01-15 12:00:00 UTC",
    }


def test_a_date_that_slack_might_not_take_is_plain_text() -> None:
    assert blocks.date(datetime(1960, 1, 1, tzinfo=UTC)) == {
        "type": "text",
        "text": "1960-01-01 00:00:00 UTC",
    }


@pytest.mark.parametrize(
    ("slack_id", "kind"), [(ALICE, "user"), ("W0CAROL", "user"), ("S0SECURITY", "usergroup")]
)
def test_members_and_groups_are_mentioned(slack_id: str, kind: str) -> None:
    assert blocks.mention(slack_id)["type"] == kind


@pytest.mark.parametrize("slack_id", ["", "alice", "U0 ALICE", "<!channel>", "everyone"])
def test_what_is_no_id_is_not_a_mention(slack_id: str) -> None:
    assert blocks.mention(slack_id)["type"] == "text"


@pytest.mark.parametrize("address", ["javascript:alert(1)", "https://x|y", "https://x>", "ftp://x", ""])
def test_what_is_no_web_address_is_not_a_link(address: str) -> None:
    assert blocks.link(address, "here") == {"type": "text", "text": "here"}


def test_plain_text_says_the_same_as_the_rich_text() -> None:
    line = [
        blocks.user(ALICE),
        blocks.text(" & "),
        blocks.mention("S0SECURITY"),
        blocks.text(" see "),
        blocks.link("https://workspace.example/archives/C0/p1?a=1&b=2", "this"),
        blocks.text(" in "),
        blocks.channel("C0SECURITY"),
        blocks.text(", "),
        blocks.date(NOW),
    ]

    assert blocks.as_text([line, [blocks.outside("a b", 40)]]) == (
        "<@U0ALICE> &amp; <!subteam^S0SECURITY> see "
        "<https://workspace.example/archives/C0/p1?a=1&amp;b=2|this> in <#C0SECURITY>, "
        "2026-01-15 12:00:00 UTC\n“a b”"
    )


def test_plain_text_keeps_its_limit_in_bytes_and_says_what_is_left_out() -> None:
    lines = [[blocks.text("ä" * 100)] for _ in range(50)]

    text = blocks.as_text(lines, 1000)

    assert len(text.encode()) <= 1000
    assert text.endswith("… and 46 more lines")


def test_a_button_without_style_or_question_has_none() -> None:
    button = blocks.button("Close…", "close", "k.1", about="it")

    assert "style" not in button
    assert "confirm" not in button


@pytest.mark.parametrize(
    "label", ["I have it", "It was me after all…", "Waive the rest and close…", "Tick 1"]
)
def test_whoever_speaks_the_label_they_see_names_the_button_that_a_screen_reader_reads(label: str) -> None:
    spoken = blocks.button(label, "any", "k.1", about="SSH login as alice on " + "h" * 200)[
        "accessibility_label"
    ]

    assert spoken.startswith(f"{label.rstrip('…')}: SSH login as alice")
    assert len(spoken) <= 75


def test_a_button_that_says_all_itself_is_read_as_it_stands() -> None:
    assert "accessibility_label" not in blocks.button("Lock alice in Teleport for 1 h", "any", "k.1")


def test_the_size_of_a_block_counts_its_texts_and_itself() -> None:
    assert blocks.size(blocks.paragraph([[blocks.text("12345")], [blocks.text("678")]])) == 100 + 5 + 1 + 3
