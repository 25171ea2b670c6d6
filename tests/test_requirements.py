"""What is installed is what pyproject.toml declares, at exact versions, with hashes, from any index."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DECLARED = tomllib.loads((ROOT / "pyproject.toml").read_text())
RUN = DECLARED["project"]["dependencies"]
DEVELOP = RUN + DECLARED["dependency-groups"]["dev"]


def pins(file: str) -> dict[str, str]:
    """The text of each pinned requirement, hashes included, by its name."""
    entries = re.split(r"(?m)^(?=[a-z0-9])", (ROOT / file).read_text())[1:]
    return {entry.partition("==")[0]: entry for entry in entries}


@pytest.mark.parametrize(
    ("file", "declared"),
    [("requirements.txt", RUN), ("requirements-dev.txt", DEVELOP)],
    ids=["run", "develop"],
)
def test_everything_declared_is_pinned(file: str, declared: list[str]) -> None:
    names = {re.split(r"[\[<>=]", requirement)[0] for requirement in declared}

    assert names - pins(file).keys() == set(), "run: make requirements"


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_every_pin_has_hashes_and_no_address(file: str) -> None:
    assert [name for name, entry in pins(file).items() if "--hash=sha256:" not in entry] == []
    assert "://" not in (ROOT / file).read_text()


def test_what_runs_is_what_was_tested() -> None:
    run, develop = pins("requirements.txt"), pins("requirements-dev.txt")
    untested = [name for name, pin in run.items() if pin.split()[0] != develop[name].split()[0]]

    assert untested == []
