"""A wide value is written in pieces, and reads as if it were written in one go."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powertrip.errors import Unreadable
from powertrip.ingest.writing import value_as_json

SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner))


def in_one_go(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@given(VALUES)
def test_pieces_make_the_same_text_wherever_a_value_is_cut(value: Any) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("powertrip.ingest.writing._WRITTEN_AT_ONCE", 3)
        patch.setattr("powertrip.ingest.writing._PARTS_AT_ONCE", 2)
        assert value_as_json(value) == in_one_go(value).encode("utf-8", "backslashreplace").decode()


@given(
    st.recursive(
        SCALARS | st.floats(allow_nan=False),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_a_value_is_written_as_json_writes_it(value: Any) -> None:
    assert value_as_json(value) == in_one_go(value).encode("utf-8", "backslashreplace").decode()


@pytest.mark.parametrize(
    "value",
    [
        {"a": [{"a": 1}] * 50_000},
        [[1.5] * 50_000, {}],
        {str(number): [] for number in range(50_000)},
        [[[[number, number]] * 2] for number in range(12_000)],
    ],
    ids=["list", "first of two", "keys", "deep"],
)
def test_no_piece_of_a_wide_value_holds_many_values(value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []

    def dumps(part: Any) -> str:
        text = in_one_go(part)
        written.append(text.count(",") + text.count("[") + text.count("{"))
        return text

    monkeypatch.setattr("powertrip.ingest.writing._dumps", dumps)
    assert value_as_json(value) == in_one_go(value)
    assert len(written) > 1
    assert max(written) <= 3 * 20_000


def test_what_nests_too_deeply_to_be_written_in_pieces_is_unreadable() -> None:
    value: Any = [0] * 30_000
    for _ in range(5_000):
        value = [value]
    with pytest.raises(Unreadable, match="deeply"):
        value_as_json(value)
