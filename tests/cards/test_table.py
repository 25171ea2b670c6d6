import pytest

from powertrip.cards.table import table


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert table(["rule", "n"], [["ssh_login", "12"], ["sudo", "3"]], [20, 5]) == (
        "rule       n\n"
        "ssh_login  12\n"
        "sudo       3"
    )  # fmt: skip


def test_a_long_cell_is_cut_and_marked() -> None:
    assert table(["name"], [["abcdefghij"]], [5]) == "name\nabcd…"


@pytest.mark.parametrize("value", ["a\nb", "\u202e", "\t"])
def test_a_cell_cannot_leave_its_row(value: str) -> None:
    assert len(table(["x", "y"], [[value, "end"]], [12, 5]).split("\n")) == 2


def test_wide_characters_keep_the_columns_aligned() -> None:
    rows = table(["user", "host"], [["日本", "a"], ["bob", "b"]], [10, 10]).split("\n")

    assert rows[1] == "日本  a"
    assert rows[2] == "bob   b"


def test_an_empty_cell_shows_a_dash() -> None:
    assert table(["x"], [[""]], [5]) == "x\n-"
