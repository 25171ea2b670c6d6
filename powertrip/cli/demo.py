"""`bot.py demo`: a Slack on this machine, Powertrip, made-up logins, and a story told on the terminal."""

import asyncio
import contextlib
import os
import secrets
import signal
import sys
import webbrowser
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import httpx
from rich.console import Console

from powertrip.application import Application
from powertrip.config import load_config
from powertrip.store.models import AuditRow, EventRow, database

FEED_ROUNDS = 60
"""Made-up logins after the first scenes; the demo then stays up, and quiet."""
ROUND_PAUSE = 60.0
"""Seconds between them."""
LOOK_EVERY = 0.5
"""Seconds between two looks at what happened."""

CONFIG = """
slack:
  bot_token: xoxb-sandbox
  app_token: xapp-sandbox
  base_url: {api_url}
  security_channel: "#security"
reviewers: {{group: S0SECURITY}}
people:
  alice: {{slack: U0ALICE}}
  bob: {{email: bob@example.com}}
  oswaldo: {{bot: true, team: Platform}}
sources:
  demo: {{type: json, secret: {secret}}}
ingest: {{host: 127.0.0.1, port: 0}}
database: {{url: "sqlite:///{folder}/powertrip.db"}}
rules:
  - use: ssh
policy:
  - when: {{user: root}}
    require: [reason, second_person]
reminders: {{remind_after: 45s, remind_every: 60s, mention_after: 2}}
"""


class LocalSlack(Protocol):
    """What the demo needs of a Slack on this machine."""

    async def start(self) -> object:
        """Begin to serve."""

    async def stop(self) -> None:
        """Stop serving."""

    @property
    def url(self) -> str:
        """The page."""

    @property
    def api_url(self) -> str:
        """The Web API."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One made-up log line, and what to watch for."""

    told: str
    host: str
    message: str
    pause: float
    """Seconds until the next scene."""


def _accepted(user: str, address: str, key: str = "k9Qm1sXr0dW7pLZt3VbNcY5uHfG2aJ8eT6oRiSxM4wQ") -> str:
    port = 40000 + secrets.randbelow(20000)
    return f"Accepted publickey for {user} from {address} port {port} ssh2: ED25519 SHA256:{key}"


def _scenes() -> list[Scene]:
    return [
        Scene(
            "Alice logs in to bastion-1. She is asked in a direct message: be Alice, and press Approve.",
            "bastion-1",
            _accepted("alice", "192.0.2.10"),
            12,
        ),
        Scene(
            "The bot oswaldo logs in. Nobody can ask a bot, so #security is asked: be Carol.",
            "build-3",
            _accepted("oswaldo", "192.0.2.44"),
            12,
        ),
        Scene(
            "Somebody tries to log in under a name that looks like a log line. It is no login: no card.",
            "bastion-1",
            "Failed password for invalid user root from 203.0.113.99 port 22 ssh2 "
            "from 198.51.100.7 port 51234 ssh2",
            10,
        ),
        Scene(
            "Bob logs in from an address he has never used. Be Bob, and press Deny: #security hears at once.",
            "db-1",
            _accepted("bob", "203.0.113.77", "Zp3Jt8QeWm6nYx1RkVb0LsCfHg5uDa9oTi7PqSrNvXw"),
            12,
        ),
        Scene(
            "root logs in to db-1. The policy wants a reason and a second person; nobody is mapped to root, "
            "so #security is asked.",
            "db-1",
            _accepted("root", "198.51.100.23"),
            20,
        ),
    ]


async def run_demo(slack: LocalSlack, console: Console, *, open_browser: bool) -> None:
    """Show everything until Ctrl-C; all of it lives in a temporary folder that is removed at the end."""
    stopping = _stop_on_signals()
    with TemporaryDirectory(prefix="powertrip-demo-") as folder:
        async with _serving(slack), _powertrip(slack, Path(folder)) as (application, secret):
            _welcome(console, slack.url, open_browser=open_browser)
            feed = asyncio.create_task(
                _feed(f"http://127.0.0.1:{application.port}/ingest/demo", secret, console)
            )
            narrate = asyncio.create_task(_narrate(console))
            await stopping.wait()
            for task in (feed, narrate):
                task.cancel()
            await asyncio.gather(feed, narrate, return_exceptions=True)
            console.print("\nStopping …")
    console.print("Nothing is left behind.")


async def run_sandbox(slack: LocalSlack, console: Console) -> None:
    """Serve the local Slack alone until Ctrl-C."""
    stopping = _stop_on_signals()
    async with _serving(slack):
        console.print(f"The page: [bold]{slack.url}[/bold]")
        console.print(f"slack.base_url for your config: {slack.api_url}")
        console.print("Tokens: xoxb-sandbox and xapp-sandbox. Ctrl-C ends it.")
        await stopping.wait()


def _stop_on_signals() -> asyncio.Event:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    return stopping


@asynccontextmanager
async def _serving(slack: LocalSlack) -> AsyncIterator[None]:
    await slack.start()
    try:
        yield
    finally:
        await slack.stop()


@asynccontextmanager
async def _powertrip(slack: LocalSlack, folder: Path) -> AsyncIterator[tuple[Application, str]]:
    secret = secrets.token_hex(24)
    path = folder / "config.yaml"
    path.write_text(CONFIG.format(api_url=slack.api_url, secret=secret, folder=folder), encoding="utf-8")
    application = Application(load_config(path, {}))
    try:
        await application.start()
        yield application, secret
    finally:
        await application.stop()


def _welcome(console: Console, url: str, *, open_browser: bool) -> None:
    console.print()
    console.print(f"  Powertrip is running. Open  [bold cyan]{url}[/bold cyan]")
    console.print(
        "  Pick who you are at the bottom left of the page, and press the buttons. Ctrl-C ends the demo."
    )
    console.print("  Reminders come after 45 seconds here; in earnest, after ten minutes.\n")
    if open_browser and _has_screen():
        with contextlib.suppress(webbrowser.Error):
            webbrowser.open(url)


def _has_screen() -> bool:
    """Without a screen the standard library would start a text browser in this very terminal."""
    unix_screen = "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ
    return unix_screen or sys.platform in ("darwin", "win32")


async def _feed(url: str, secret: str, console: Console) -> None:
    """Post the scenes as a log shipper would, and then an ordinary login now and again."""
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {secret}"}) as client:
        for scene in _scenes():
            console.print(f"[bold]▶[/bold] {scene.told}")
            await _post(client, url, scene.host, scene.message)
            await asyncio.sleep(scene.pause)
        console.print(
            "[bold]▶[/bold] From here on, somebody logs in once a minute. Answer, or wait for the reminders."
        )
        for number in range(FEED_ROUNDS):
            user, host = (("alice", "web-1"), ("bob", "web-2"), ("oswaldo", "build-3"))[number % 3]
            await _post(client, url, host, _accepted(user, f"192.0.2.{20 + number}"))
            await asyncio.sleep(ROUND_PAUSE)


async def _post(client: httpx.AsyncClient, url: str, host: str, message: str) -> None:
    record = {"message": message, "host": host, "program": "sshd", "time": datetime.now(UTC).isoformat()}
    answer = await client.post(url, json=record)
    answer.raise_for_status()


async def _narrate(console: Console) -> None:
    """Tell what the history says, as it says it."""
    last = 0
    while True:
        lines = await asyncio.to_thread(_new_lines, last)
        for line_id, sentence in lines:
            last = line_id
            if sentence:
                console.print(f"  [dim]{datetime.now(UTC):%H:%M:%S}[/dim] {sentence}", highlight=False)
        await asyncio.sleep(LOOK_EVERY)


def _new_lines(after: int) -> list[tuple[int, str | None]]:
    with database.connection_context():
        rows = list(AuditRow.select().where(AuditRow.id > after).order_by(AuditRow.id))
        return [(row.id, _sentence(row)) for row in rows]


def _sentence(row: Any) -> str | None:
    teller = _TELLERS.get(row.action)
    if teller is None:
        return None
    event = EventRow.get_or_none(EventRow.id == row.event_id)
    return teller(row, f"{event.user_name} → {event.host_name}" if event else "")


_TELLERS: dict[str, Callable[[Any, str], str]] = {
    "event_opened": lambda row, what: f"event {row.event_id}: {what}",
    "occurrence_joined": lambda _, what: f"one more of the same: {what}",
    "notice_posted": lambda row, what: (
        f"{row.detail['kind']} notice of {what} posted to "
        + ("a direct message" if row.detail["channel"].startswith("D") else "#security")
    ),
    "decided": lambda row, what: (
        f"[bold]{what}: {row.detail['verdict']} by {row.actor_id}[/bold], now {row.detail['status']}"
    ),
    "refused": lambda row, what: f"{row.actor_id} may not decide {what}: {row.detail['why']}",
}
