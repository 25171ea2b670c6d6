"""Powertrip on a Slack of its own, in this process or in one of its own, and a sender of records."""

import asyncio
import itertools
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from powertrip.pipeline.ports import Origin
from powertrip.runtime.app import Running, powertrip
from powertrip.settings import load_config
from slack_emulator import APP_TOKEN, BOT_TOKEN, SlackEmulator
from slack_emulator.seen import SeenMessage
from tests.databases import provide_database
from tests.forking import Forked, can_fork, forked

ROOT = Path(__file__).parents[2]
SECRET = "a-secret-that-is-long-enough"
STATE_TOKEN = "of-the-state-and-long-enough"
BEARER = {"Authorization": f"Bearer {SECRET}"}
ALICES_DM, BOBS_DM = "D0ALICE", "D0BOB"
"""Where only they and Powertrip read."""
START_TIMEOUT = 30.0
ANY_RATE = pytest.mark.parametrize("strict_rates", [False], ids=["any_rate"])
"""For tests that say more, or ask more, than Slack's rates allow in the time that a test should take."""

SETTINGS: dict[str, Any] = {
    "slack": {
        "bot_token": BOT_TOKEN,
        "app_token": APP_TOKEN,
        "security_channel": "#security",
        "channel_interval": "10ms",
        "posts_per_minute": 100_000,
        "update_interval": "10ms",
    },
    "reviewers": {"group": "S0SECURITY"},
    "people": {
        "alice": {"slack": "U0ALICE"},
        "bob": {"email": "bob@example.com"},
        "oswaldo": {"bot": True, "team": "Platform"},
    },
    "sources": {
        "syslog": {"type": "json", "secret": SECRET, "keys": {"id": "id"}},
        "papertrail": {"type": "papertrail", "secret": SECRET},
    },
    "ingest": {"host": "127.0.0.1", "port": 0},
    # Many run at once here.
    "metrics": {"port": None, "worker_port": None, "token": STATE_TOKEN},
    "rules": [{"use": "ssh"}],
    # Tests that are about other things send many logins alike, and ask for a card of each.
    "storms": {"enabled": False},
    "bursts": {"questions": 1000, "list_above": 1000},
    "reminders": {"remind_after": "1h", "remind_every": "1h"},
    "log": {"format": "human"},
}


def settings(sandbox: SlackEmulator, folder: Path, **changes: Any) -> dict[str, Any]:
    """A whole configuration; `changes` are laid over its sections."""
    whole = deepcopy(SETTINGS)
    whole["slack"]["base_url"] = sandbox.api_url
    whole["database"] = {"url": f"sqlite:///{folder}/powertrip.db"}
    for section, value in changes.items():
        whole[section] = whole.get(section, {}) | value if isinstance(value, Mapping) else value
    return whole


def write_config(path: Path, whole: Mapping[str, Any]) -> Path:
    """Write a configuration as YAML."""
    path.write_text(yaml.dump(dict(whole), Dumper=yaml.CSafeDumper), encoding="utf-8")
    return path


def login(
    user: str = "alice", address: str = "192.0.2.10", host: str = "bastion-1", **fields: Any
) -> dict[str, Any]:
    """One record as a log shipper posts it."""
    message = f"Accepted publickey for {user} from {address} port 50000 ssh2: ED25519 SHA256:{'k' * 43}"
    return {"message": message, "host": host, "program": "sshd", **fields}


def asks(message: SeenMessage) -> bool:
    """Whether a message has buttons that decide; a denied one has others."""
    return any(button["action_id"] in ("approve", "deny") for button in message.buttons)


class Sender:
    """Posts records to a running ingest endpoint."""

    def __init__(self, port: int, session: aiohttp.ClientSession) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._session = session

    async def post(
        self,
        *records: dict[str, Any],
        source: str = "syslog",
        headers: Mapping[str, str] = BEARER,
        raw: bytes | None = None,
    ) -> dict[str, Any]:
        """Post records, or a `raw` body, and return the answer; raises for anything but 200."""
        body = json.dumps(records).encode() if raw is None else raw
        url, sent_as = f"{self.url}/ingest/{source}", {"Content-Type": "application/json", **headers}
        async with self._session.post(url, data=body, headers=sent_as) as answer:
            answer.raise_for_status()
            # Okta gets an empty body, which says that all was taken.
            said: dict[str, Any] = json.loads(await answer.read() or b"{}")
            return said

    async def get(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Status and body of a GET."""
        if headers is None and path in ("/readyz", "/metrics"):
            headers = {"Authorization": f"Bearer {STATE_TOKEN}"}
        async with self._session.get(f"{self.url}{path}", headers=headers) as answer:
            return answer.status, await answer.text()


@asynccontextmanager
async def powertrip_here(
    path: Path, origins: Mapping[str, Origin] | None = None
) -> AsyncIterator[tuple[Running, Sender]]:
    """All of Powertrip in this process, stopped at the end."""
    config = load_config(path, {})
    provide_database(config.database.url.get_secret_value())
    async with aiohttp.ClientSession() as session, powertrip(config, origins=origins) as running:
        yield running, Sender(running.port, session)


_PORTS = itertools.cycle(range(10_000 + os.getpid() % 200 * 100, 10_100 + os.getpid() % 200 * 100))
"""Ports of this process alone, and none of those that the system gives to whoever asks for any:
such a one may be given to another before it is listened on, even to the very connection to it."""


def free_port() -> int:
    """A port that nobody listens on just now."""
    for port in itertools.islice(_PORTS, 100):
        with socket.socket() as probe:
            # What ended just now leaves connections behind, which keep nobody from listening.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("all ports of this process are taken")


class Process:
    """`bot.py COMMAND` as a process of its own, which can be killed."""

    def __init__(
        self, config: Path, *, command: str = "run", environment: Mapping[str, str] | None = None
    ) -> None:
        self.config = config
        self.root = ROOT
        """Where its code is: a trial may run that of another release."""
        self.python = sys.executable
        """What runs it: another release has other requirements."""
        self.is_forked = can_fork()
        """Not if the test is about how Python itself starts."""
        self._command = command
        self._environment = environment or {}
        self.process: asyncio.subprocess.Process | Forked | None = None
        self.output = config.with_suffix(f".{command}.log")

    async def start(self, port: int | None = None, patience: float = START_TIMEOUT) -> None:
        """Start, and wait until /healthz answers if a `port` is given."""
        arguments = [str(self.root / "bot.py"), self._command, "--config", str(self.config)]
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.config.parent), **self._environment}
        with self.output.open("ab") as output:
            if self.is_forked and (self.root, self.python) == (ROOT, sys.executable):
                self.process = await forked(arguments, environment, output)
            else:
                self.process = await asyncio.create_subprocess_exec(
                    self.python, *arguments, stdout=output, stderr=output, env=environment
                )
        if port is not None:
            await self._until_healthy(port, patience)

    async def _until_healthy(self, port: int, patience: float) -> None:
        assert self.process is not None
        async with asyncio.timeout(patience):
            while not await _answers(port):
                if self.process.returncode is not None:
                    raise RuntimeError(self.output.read_text(encoding="utf-8"))
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        """End it as a crash would, with no chance to tidy up."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """Ask it to end, and return its exit status."""
        return await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> int:
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(number)
        return await self.process.wait()


async def _answers(port: int) -> bool:
    url = f"http://127.0.0.1:{port}/healthz"
    try:
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            # Whoever else took a port that was thought to be free answers something else, if anything.
            return bool((await answer.json())["status"] == "alive")
    except (aiohttp.ClientError, ValueError, KeyError):
        return False
