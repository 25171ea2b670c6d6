"""A Slack that runs on this machine: Web API, Socket Mode and a page to click on; nothing to sign up for.

    world = workspace(read_manifest(Path("manifest.yaml")), people=["alice", "bob"])
    async with SlackEmulator(port=8155, world=world) as emulator:
        ...  # the app's base_url is emulator.api_url, its tokens are BOT_TOKEN and APP_TOKEN

Its state lives in this process, so the app may die and come back, from any process. Tests act as people
through `slack_emulator.control.Control(emulator.url)`.
"""

from slack_emulator.app import App, Command, ManifestError, read_manifest
from slack_emulator.entities import APP_TOKEN, BOT_TOKEN
from slack_emulator.server import SlackEmulator
from slack_emulator.socket_mode import Timing
from slack_emulator.workspace import workspace
from slack_emulator.world import World

__all__ = [
    "APP_TOKEN",
    "BOT_TOKEN",
    "App",
    "Command",
    "ManifestError",
    "SlackEmulator",
    "Timing",
    "World",
    "read_manifest",
    "workspace",
]
