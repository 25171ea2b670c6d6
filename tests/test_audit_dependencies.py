"""A vulnerable dependency is a failure; a service that says nothing is told of, and is no proof."""

import json
from typing import Any

import pytest

from tools import audit_dependencies

CLEAN: dict[str, Any] = {"name": "aiohttp", "version": "3.14.5", "vulns": []}
SKIPPED = {"name": "yarl", "skip_reason": "Dependency not found on PyPI and could not be audited: yarl"}
BAD = {**CLEAN, "vulns": [{"id": "GHSA-0000", "fix_versions": ["3.14.6"], "aliases": [], "description": ""}]}


def run(monkeypatch: pytest.MonkeyPatch, *dependencies: dict[str, Any], raw: str | None = None) -> int:
    said = json.dumps({"dependencies": dependencies, "fixes": []}) if raw is None else raw
    monkeypatch.setattr(audit_dependencies, "ask", lambda _file: said)
    return audit_dependencies.main()


def test_a_known_vulnerability_fails_the_checks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, CLEAN, BAD, SKIPPED) == 1
    assert "VULNERABLE: aiohttp 3.14.5: GHSA-0000, mended in 3.14.6" in capsys.readouterr().out


@pytest.mark.parametrize("raw", ["", "no JSON", "{}", None])
def test_what_could_not_be_asked_is_no_failure_and_is_said_loudly(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], raw: str | None
) -> None:
    assert run(monkeypatch, SKIPPED, raw=raw) == 0
    assert "!!! requirements.txt IS NOT AUDITED" in capsys.readouterr().out


def test_what_was_asked_and_is_well_is_said_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, CLEAN) == 0
    assert capsys.readouterr().out.splitlines() == [f"{file}: audited" for file in audit_dependencies.PINNED]
