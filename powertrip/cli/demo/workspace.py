"""The Slack on this machine as Powertrip's team has it: the app of the manifest, and who is where."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from slack_emulator import App, SlackEmulator, read_manifest, workspace
from slack_emulator.entities import UserGroup
from slack_emulator.workspace import id_of

PEOPLE, REVIEWERS = ("alice", "bob", "carol", "dana"), ("carol", "dana")
NAMES = {id_of("U0", name): name.capitalize() for name in PEOPLE}
"""By member id, as the page shows them."""
STORY = id_of("C0", "story")
"""The channel in which the demo tells what happens, and what there is to do."""
MANIFEST = Path(__file__).parents[3] / "slack-manifest.yaml"


def local_slack(
    host: str = "127.0.0.1", port: int = 0, *, strict_rates: bool = False, with_story: bool = False
) -> SlackEmulator:
    """Alice and Bob, and Carol and Dana, who are in #security and review: two, for what takes two people."""
    channels: dict[str, Sequence[str]] = {"general": (), "security": REVIEWERS}
    if with_story:
        channels = {"story": (), **channels}
    world = workspace(_powertrip(), people=PEOPLE, channels=channels)
    members = [id_of("U0", name) for name in REVIEWERS]
    world.usergroups["S0SECURITY"] = UserGroup("S0SECURITY", "security-team", "Security team", members)
    return SlackEmulator(host, port, world=world, strict_rates=strict_rates)


@cache
def _powertrip() -> App:
    return read_manifest(MANIFEST)
