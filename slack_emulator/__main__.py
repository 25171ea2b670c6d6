"""`python -m slack_emulator`: serves a workspace until Ctrl-C."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from slack_emulator.app import App, ManifestError, read_manifest
from slack_emulator.entities import APP_TOKEN, BOT_TOKEN
from slack_emulator.server import SlackEmulator
from slack_emulator.workspace import CHANNELS, PEOPLE, workspace

DEFAULT_PORT = 8090


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("slack_emulator", description="A Slack that runs on this machine.")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (%(default)s)")
    parser.add_argument(
        "--port", type=int, default=DEFAULT_PORT, help="the port to listen on; 0 takes any (%(default)s)"
    )
    parser.add_argument(
        "--manifest",
        type=Path,
        metavar="FILE",
        help="the app's manifest, YAML or JSON; without it the app may do everything",
    )
    parser.add_argument(
        "--person", action="append", metavar="NAME", help=f"a member; may be repeated ({', '.join(PEOPLE)})"
    )
    parser.add_argument(
        "--channel",
        action="append",
        metavar="NAME[:WHO,WHO]",
        help="a channel with everybody, or with these members; may be repeated (general)",
    )
    parser.add_argument(
        "--group", action="append", default=[], metavar="HANDLE:WHO,WHO", help="a user group; may be repeated"
    )
    parser.add_argument("--strict-rates", action="store_true", help="answer 429 at Slack's published rates")
    return parser


def _members(options: Sequence[str]) -> dict[str, list[str]]:
    """The members by name, from options such as `ops:alice,bob`."""
    parted = (option.partition(":") for option in options)
    return {name: [who for who in members.split(",") if who] for name, _, members in parted}


async def _serve(emulator: SlackEmulator) -> None:
    stopping = asyncio.Event()
    async with emulator:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        print(f"The page:         {emulator.url}")
        print(f"The app's API:    {emulator.api_url}  (in place of https://slack.com/api/)")
        print(f"The app's tokens: {BOT_TOKEN} and {APP_TOKEN}")
        print("Ctrl-C ends it.", flush=True)
        await stopping.wait()


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 2 for what is wrong in the arguments, 1 if the port cannot be had."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        world = workspace(
            read_manifest(options.manifest) if options.manifest else App(),
            people=options.person or PEOPLE,
            channels=_members(options.channel) if options.channel else CHANNELS,
            groups=_members(options.group),
        )
    except (ManifestError, ValueError) as problem:
        parser.error(str(problem))
    emulator = SlackEmulator(options.host, options.port, world=world, strict_rates=options.strict_rates)
    try:
        asyncio.run(_serve(emulator))
    except OSError as problem:
        print(f"cannot listen on {options.host} port {options.port}: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
