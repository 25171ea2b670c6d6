"""Every type of source has a row in docs/sources.md, tests, and a place among the hostile bodies."""

from pathlib import Path
from typing import get_args

import pytest

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


@pytest.mark.parametrize("kind", TYPES)
def test_a_row_tells_how_to_connect_the_type(kind: str) -> None:
    names = (f"`type: {kind}`", f"[`{kind}`](")
    assert any(row.count("|") == 6 and any(name in row for name in names) for row in ROWS)


@pytest.mark.parametrize("kind", TYPES)
def test_the_type_is_tested_with_what_its_sender_documents_and_with_hostile_bodies(kind: str) -> None:
    assert f'"{kind}"' in TESTS
    assert kind in HOSTILE
