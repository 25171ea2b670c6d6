"""What a start tells of the configuration that only Slack can know."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from powertrip.runtime import worker
from slack_emulator import SlackEmulator
from tests.end_to_end.harness import powertrip_here, settings, write_config


class Heard:
    """A log whose warnings can be waited for."""

    def __init__(self) -> None:
        self.warnings: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def warning(self, event: str, **fields: Any) -> None:
        self.warnings.put_nowait({"event": event, **fields})

    def info(self, event: str, **fields: Any) -> None:
        pass


async def test_a_reviewer_whom_slack_does_not_know_is_told_of_at_the_start(
    sandbox: SlackEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = Heard()
    monkeypatch.setattr(worker, "log", heard)
    reviewers = {"users": ["U0CAROL", "U0NOBODY"], "group": None}
    path = write_config(tmp_path / "config.yaml", settings(sandbox, tmp_path, reviewers=reviewers))
    async with powertrip_here(path), asyncio.timeout(20):
        told = await heard.warnings.get()

    assert told["event"] == "reviewer cannot decide"
    assert told["problem"].startswith("reviewers.users: Slack knows no member U0NOBODY, so nobody can decide")
    assert heard.warnings.empty()
