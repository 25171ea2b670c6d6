"""How columns are written as JSON."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from powertrip.store.fields import as_json, row_as_json

values = (
    st.none() | st.text() | st.integers() | st.booleans() | st.floats(allow_nan=False) | st.lists(st.text())
)


@given(st.lists(values, max_size=20))
def test_a_row_is_the_list_of_its_columns_with_truths_as_numbers(row: list[Any]) -> None:
    assert row_as_json(row) == as_json([int(each) if isinstance(each, bool) else each for each in row])
