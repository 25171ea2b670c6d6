"""docs/security.md names tests; each of them exists."""

import re

from tests.end_to_end.harness import ROOT

NAMED = re.compile(r"`((?:tests|slack_emulator/tests)/[\w/]+\.py)(?:::(\w+))?`")


def test_every_threat_has_a_test_and_every_test_that_is_named_exists() -> None:
    text = (ROOT / "docs/security.md").read_text(encoding="utf-8")
    table = text.partition("## Threats")[2].partition("## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")]
    named = [NAMED.findall(row.split("|")[3]) for row in rows[1:]]
    every = sorted({pair for pairs in named for pair in pairs})
    sources = {file: (ROOT / file).read_text(encoding="utf-8") for file, _ in every}

    assert len(named) > 20
    assert all(named)
    assert [pair for pair in every if pair[1] and f"def {pair[1]}(" not in sources[pair[0]]] == []
