"""The Slack on this machine as Powertrip's team has it: the app of the manifest, and who is where."""

from pathlib import Path

from slack_emulator import SlackEmulator, read_manifest, workspace
from slack_emulator.entities import UserGroup

MANIFEST = Path(__file__).parents[3] / "slack-manifest.yaml"


def local_slack(host: str = "127.0.0.1", port: int = 0, *, strict_rates: bool = False) -> SlackEmulator:
    """Alice, Bob and Carol; Carol alone is in #security and reviews."""
    world = workspace(read_manifest(MANIFEST), channels={"general": (), "security": ["carol"]})
    world.usergroups["S0SECURITY"] = UserGroup("S0SECURITY", "security-team", "Security team", ["U0CAROL"])
    return SlackEmulator(host, port, world=world, strict_rates=strict_rates)
