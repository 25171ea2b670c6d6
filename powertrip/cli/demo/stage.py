"""Puts the demo together: a Slack, the services around Powertrip, Powertrip, and the story."""

import asyncio
import contextlib
import json
import os
import secrets
import signal
import sys
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from rich.console import Console

from powertrip.cli.demo.narration import narrate
from powertrip.cli.demo.outside import Outside
from powertrip.cli.demo.scenes import SERVERS, Records, everyday, scenes
from powertrip.cli.demo.story import Story
from powertrip.errors import PowertripError
from powertrip.net import utc_now
from powertrip.runtime.app import powertrip
from powertrip.settings import load_config
from powertrip.sources.pam import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from slack_emulator import APP_TOKEN, BOT_TOKEN, SlackEmulator

FEED_ROUNDS = 60
"""Made-up logins after the first scenes; the demo then stays up, and quiet."""
ROUND_PAUSE = 60.0
"""Seconds between them."""

CONFIG = """
slack:
  bot_token: {bot_token}
  app_token: {app_token}
  base_url: {api_url}
  security_channel: "#security"
reviewers: {{group: S0SECURITY}}
people:
  alice: {{slack: U0ALICE}}
  bob: {{email: bob@example.com}}
  oswaldo: {{bot: true, team: Platform}}
sources:
  demo: {{type: json, secret: {secret}}}
  cloudtrail: {{type: json, secret: {secret}, keys: {{time: eventTime, id: eventID}}}}
  wazuh: {{type: wazuh4, secret: {secret}}}
  servers: {{type: pam, secret: {secret}}}
origins:
  wazuh:
    sources: [wazuh]
    grace: 15s
    tell: {{type: callback, url: "{outside}/verdicts", secret: {secret}}}
enrichment:
  services: [threat_jammer]
  ask_about_documentation: true
  threat_jammer: {{token: {secret}, base_url: "{outside}/", per_minute: 1000}}
ingest: {{host: 127.0.0.1, port: 0}}
metrics: {{port: null}}
database: {{url: "{database}"}}
rules:
  - use: ssh
  - use: sudo
  - use: cloudtrail
  - use: pam-login
policy:
  - when: {{host: "vault-*"}}
    require: [session_number]
  - when: {{user: root}}
    require: [reason, second_person]
expectations: {{enabled: true}}
not_me: {{phone: "+49 30 901820"}}
containment:
  actions:
    vpn:
      type: webhook
      rules: "ssh_*"
      url: "{outside}/vpn"
      secret: {secret}
      says: "Lock {{user_name}} out of the VPN"
      undo: "Let {{user_name}} into the VPN again"
      lasts: 1h
reminders: {{remind_after: 45s, remind_every: 60s, mention_after: 2}}
"""


async def run_demo(slack: SlackEmulator, console: Console, *, open_browser: bool, pace: float = 1.0) -> None:
    """Show everything until Ctrl-C; all of it lives in a temporary folder that is removed at the end.

    `pace` lengthens or shortens the pauses.
    """
    stopping = _stop_on_signals()
    with TemporaryDirectory(prefix="powertrip-demo-") as folder:
        async with (
            _serving(slack),
            Outside(console).serving() as outside,
            _powertrip(slack, outside, Path(folder)) as (url, secret),
        ):
            _welcome(console, slack.url, open_browser=open_browser)
            story = Story(slack.world)
            tasks = [
                asyncio.create_task(_feed(url, secret, console, story, pace)),
                asyncio.create_task(narrate(console, _database(Path(folder)), story.hear)),
            ]
            await stopping.wait()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            console.print("\nStopping …")
    console.print("Nothing is left behind.")


def _database(folder: Path) -> str:
    return f"sqlite:///{folder}/powertrip.db"


async def run_sandbox(slack: SlackEmulator, console: Console) -> None:
    """Serve the local Slack alone until Ctrl-C."""
    stopping = _stop_on_signals()
    async with _serving(slack):
        console.print(f"The page: [bold]{slack.url}[/bold]")
        console.print(f"slack.base_url for your config: {slack.api_url}")
        console.print(f"Tokens: {BOT_TOKEN} and {APP_TOKEN}. Ctrl-C ends it.")
        await stopping.wait()


@asynccontextmanager
async def _serving(slack: SlackEmulator) -> AsyncIterator[None]:
    try:
        await slack.start()
    except OSError as error:
        raise PowertripError(
            f"Slack's page cannot be served: {error.strerror}; name another --port"
        ) from error
    try:
        yield
    finally:
        await slack.stop()


def _stop_on_signals() -> asyncio.Event:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    return stopping


@asynccontextmanager
async def _powertrip(slack: SlackEmulator, outside: str, folder: Path) -> AsyncIterator[tuple[str, str]]:
    """Powertrip at work; gives the address of its ingest endpoint, and the secret of all its sources."""
    secret = secrets.token_hex(24)
    path = folder / "config.yaml"
    text = CONFIG.format(
        bot_token=BOT_TOKEN,
        app_token=APP_TOKEN,
        api_url=slack.api_url,
        outside=outside,
        secret=secret,
        database=_database(folder),
    )
    path.write_text(text, encoding="utf-8")
    async with powertrip(load_config(path, {})) as running:
        yield f"http://127.0.0.1:{running.port}/ingest", secret


def _welcome(console: Console, url: str, *, open_browser: bool) -> None:
    console.print()
    console.print(f"  Powertrip is running. Open  [bold cyan]{url}[/bold cyan]")
    console.print(
        "  Its channel #story tells what happens and what to press: you play everybody. Ctrl-C ends the demo."
    )
    console.print("  Reminders come after 45 seconds here; in earnest, after ten minutes.\n")
    # Without a screen the standard library would start a text browser in this very terminal.
    has_screen = sys.platform in ("darwin", "win32") or not {"DISPLAY", "WAYLAND_DISPLAY"}.isdisjoint(
        os.environ
    )
    if open_browser and has_screen:
        with contextlib.suppress(webbrowser.Error):
            webbrowser.open(url)


async def _feed(url: str, secret: str, console: Console, story: Story, pace: float) -> None:
    """Post the scenes as a log shipper would, and then an ordinary login now and again."""
    story.begin()
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {secret}"}) as client:
        for scene in scenes(secret):
            console.print(f"[bold]▶ {scene.title}[/bold]\n  {scene.story}")
            story.tell(scene)
            await _play(client, url, secret, scene.records)
            await story.played(pace)
        console.print(
            "[bold]▶[/bold] From here on, somebody logs in once a minute. Answer, or wait for the reminders."
        )
        for number in range(FEED_ROUNDS):
            await _play(client, url, secret, everyday(number))
            await asyncio.sleep(ROUND_PAUSE * pace)


async def _play(client: httpx.AsyncClient, url: str, secret: str, records: Records) -> None:
    for source, record in records:
        body, headers = json.dumps(record).encode(), {"Content-Type": "application/json"}
        if source == SERVERS:
            now = str(int(utc_now().timestamp()))
            headers |= {TIMESTAMP_HEADER: now, SIGNATURE_HEADER: sign(secret, now, body)}
        answer = await client.post(f"{url}/{source}", content=body, headers=headers)
        answer.raise_for_status()
