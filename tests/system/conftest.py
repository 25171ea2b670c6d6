"""What these tests need of the machine, and the parts that each of them starts."""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from powertrip.cli.demo.workspace import local_slack
from slack_emulator import SlackEmulator
from slack_emulator.control import Control
from tests.end_to_end.harness import SECRET, Process, free_port, settings, write_config
from tests.system.browser import running_browser
from tests.system.machine import Machine, running_machine

PACKAGES = {
    "usr/sbin/sshd": "openssh-server",
    "usr/bin/ssh": "openssh-client",
    "usr/sbin/syslog-ng": "syslog-ng-core",
    "usr/lib/syslog-ng/*/libhttp.so": "syslog-ng-mod-http",
    "usr/bin/chromium": "chromium",
    "usr/bin/curl": "curl",
}
REMIND_AFTER = "3s"

# Chromium, sshd, syslog-ng and Powertrip share two cores with whatever else runs.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session", autouse=True)
def _able_machine() -> None:
    """Skips, or fails where POWERTRIP_REQUIRE_SYSTEM is 1, if something is missing here."""
    lacks = [package for path, package in PACKAGES.items() if not any(Path("/").glob(path))]
    if os.geteuid() != 0:
        lacks.append("root, for namespaces and sshd")
    if lacks:
        complain = pytest.fail if os.environ.get("POWERTRIP_REQUIRE_SYSTEM") == "1" else pytest.skip
        complain(f"this machine lacks: {', '.join(lacks)}")


@dataclass(frozen=True)
class System:
    """A server, Powertrip in a process of its own, and the Slack that it asks in."""

    machine: Machine
    sandbox: SlackEmulator
    control: Control
    database: Path


@pytest.fixture
async def system(tmp_path: Path) -> AsyncIterator[System]:
    """All of it running and connected; the first reminder comes after REMIND_AFTER."""
    port = free_port()
    async with local_slack() as sandbox, Control(sandbox.url) as control:
        reminders = {"remind_after": REMIND_AFTER, "remind_every": "1h"}
        whole = settings(sandbox, tmp_path, ingest={"port": port}, reminders=reminders)
        powertrip = Process(write_config(tmp_path / "config.yaml", whole))
        try:
            await powertrip.start(port)
            await control.connected()
            async with running_machine(tmp_path / "machine", f"http://127.0.0.1:{port}", SECRET) as machine:
                yield System(machine, sandbox, control, tmp_path / "powertrip.db")
        finally:
            await powertrip.stop()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium."""
    async with running_browser() as started:
        yield started


@pytest.fixture
def screenshots(tmp_path: Path) -> Path:
    """Where the pictures go: the folder that POWERTRIP_SCREENSHOTS names, or a temporary one."""
    folder = Path(os.environ.get("POWERTRIP_SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
