"""A Slack that runs on this machine: Web API, Socket Mode and a page to click on, nothing to sign up for.

    async with SlackEmulator(port=8155) as sandbox:
        ...  # slack.base_url is sandbox.api_url; the tokens are BOT_TOKEN and APP_TOKEN; open sandbox.url

Its state lives in this process, so Powertrip may die and come back, from any process. Tests act through
`slack_emulator.control.Control(sandbox.url)`. It imports nothing else of Powertrip's.
"""

from slack_emulator.entities import APP_TOKEN, BOT_TOKEN
from slack_emulator.server import SlackEmulator
from slack_emulator.socket_mode import Timing
from slack_emulator.world import World, default_world

__all__ = ["APP_TOKEN", "BOT_TOKEN", "SlackEmulator", "Timing", "World", "default_world"]
