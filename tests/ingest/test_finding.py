"""Where the parts of a record are found."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powertrip.ingest import finding
from powertrip.ingest.finding import Finder, KeyPath, found, text_at

KEYS = st.sampled_from(["a", "b", "a.b", "b.a", "a.b.c", "c"])
PATHS = st.lists(KEYS, max_size=6).map(tuple) | KEYS | st.none()
VALUES = st.recursive(st.integers(), lambda inner: st.dictionaries(KEYS, inner, max_size=4))


def one_path_after_the_other(value: Any, path: KeyPath) -> Iterator[Any]:
    """What a path finds, said in the plainest way: each path by itself, a key as it stands first."""
    if not isinstance(value, dict) or path is None:
        return
    for single in path if isinstance(path, tuple) else (path,):
        head, _, rest = single.partition(".")
        if single in value:
            yield value[single]
        elif rest:
            yield from one_path_after_the_other(value.get(head), rest)


@given(VALUES, PATHS)
def test_what_stands_at_several_paths_comes_in_their_order(value: Any, path: KeyPath) -> None:
    assert list(found(value, path)) == list(one_path_after_the_other(value, path))


@given(st.lists(VALUES, max_size=4), st.dictionaries(st.sampled_from("xyz"), PATHS))
def test_all_parts_in_one_pass_are_what_each_path_finds(values: list[Any], paths: dict[str, KeyPath]) -> None:
    finder = Finder(paths)
    for value in values:
        each = {part: list(one_path_after_the_other(value, path)) for part, path in paths.items()}
        assert finder.of(value) == {part: inside for part, inside in each.items() if inside}


def test_of_hostile_records_no_more_sets_of_keys_are_remembered_than_may_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(finding, "_PLANS", 10)
    finder = Finder({"x": tuple(map(str, range(100)))})
    for number in range(100):
        assert finder.of({str(number): number, "no path": 0}) == {"x": [number]}
        assert len(finder._plans) <= 10


def test_an_empty_text_counts_where_there_is_no_other() -> None:
    assert text_at({"a": "", "b": 1}, ("a", "b")) == "1"
    assert text_at({"a": "", "b": {}}, ("a", "b")) == ""
    assert text_at({"b": {}}, ("a", "b")) is None
