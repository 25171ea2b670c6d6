"""Every type of source has a row in docs/sources.md, tests, and a place among the hostile bodies."""

from pathlib import Path
from typing import get_args

from powertrip.config.schema import tag_of
from powertrip.sources import AnySource
from tests.sources.hostile import TYPES as HOSTILE

ROOT = Path(__file__).parent.parent
TYPES = [tag_of(section) for section in get_args(get_args(AnySource)[0])]
ROWS = [
    line
    for line in (ROOT / "docs" / "sources.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("|")
]
TESTS = "\n".join(
    path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests" / "sources").glob("test_*.py"))
)


def test_a_row_tells_how_to_connect_each_type() -> None:
    rows = [row for row in ROWS if row.count("|") == 6]
    without = [
        kind for kind in TYPES if not any(f"`type: {kind}`" in row or f"[`{kind}`](" in row for row in rows)
    ]

    assert without == []


def test_each_type_is_tested_with_what_its_sender_documents() -> None:
    assert [kind for kind in TYPES if f'"{kind}"' not in TESTS] == []


def test_each_type_is_tested_with_hostile_bodies() -> None:
    assert set(TYPES) - set(HOSTILE) == set()
