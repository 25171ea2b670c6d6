"""Counts what one login, one click and one reload run through: functions, modules, and value types built.

usage: PYTHONPATH=. python tools/trace_paths.py [--list]       (from the root)

Powertrip runs in this process, on the emulator's Slack, under a profiler; the ticks of its loops are counted
too, so that a figure moves by a few from run to run. `--list` prints the functions and the types.
"""

import asyncio
import collections
import sys
import tempfile
import threading
from pathlib import Path
from types import FrameType
from typing import Any

import aiohttp

from powertrip.cli.demo.workspace import local_slack
from powertrip.log import configure_logging
from powertrip.settings import load_config
from slack_emulator.control import Control
from tests.end_to_end.harness import SECRET, powertrip_here, settings, write_config

BODY = {
    "payload": {
        "events": [
            {
                "id": 77115617,
                "received_at": "2026-11-25T01:02:03Z",
                "hostname": "bastion.test",
                "program": "sshd",
                "message": "Accepted publickey for alice from 192.0.2.1 port 22 ssh2",
            }
        ]
    }
}


class Tracer:
    """A profiler that notes the functions of the package, and the dataclasses that are built."""

    def __init__(self) -> None:
        self.on = False
        self.functions: collections.Counter[tuple[str, str]] = collections.Counter()
        self.types: collections.Counter[str] = collections.Counter()

    def __call__(self, frame: FrameType, event: str, _argument: Any) -> None:
        if not self.on or event != "call":
            return
        code = frame.f_code
        if code.co_name == "__init__" and code.co_filename == "<string>":
            built = type(frame.f_locals.get("self"))
            if built.__module__.startswith("powertrip."):
                self.types[built.__name__] += 1
        _, found, module = code.co_filename.rpartition("/powertrip/")
        if found and "site-packages" not in code.co_filename and not code.co_name.startswith("<"):
            self.functions[module, code.co_qualname] += 1

    def report(self, what: str) -> None:
        """Print what was seen since the last report, and forget it."""
        self.on = False
        modules = {module for module, _ in self.functions}
        counts = f"{len(self.functions)} functions, {len(modules)} modules, {len(self.types)} value types"
        print(f"{what}: {counts}")
        if "--list" in sys.argv:
            print("  types:", ", ".join(sorted(self.types)))
            for (module, name), calls in sorted(self.functions.items()):
                print(f"  {module} {name} x{calls}")
        self.functions.clear()
        self.types.clear()


async def main() -> None:
    """Post one login, deny it by its button, and reload the configuration."""
    tracer = Tracer()
    sys.setprofile(tracer)
    threading.setprofile(tracer)
    with tempfile.TemporaryDirectory() as folder:
        async with local_slack() as slack, Control(slack.url) as control:
            path = write_config(Path(folder) / "config.yaml", settings(slack, Path(folder)))
            async with powertrip_here(path) as (running, sender), aiohttp.ClientSession() as session:
                await control.connected()
                await asyncio.sleep(1)
                tracer.on = True
                headers = {"Authorization": f"Bearer {SECRET}"}
                url = f"{sender.url}/ingest/papertrail"
                async with session.post(url, json=BODY, headers=headers) as answer:
                    answer.raise_for_status()
                state = await control.wait_for(lambda s: any(m.buttons for m in s.messages()))
                await asyncio.sleep(0.3)
                tracer.report("login, from POST to card")
                card = next(message for message in state.messages() if message.buttons)
                tracer.on = True
                await control.press("U0ALICE", card.channel, card.ts, action_id="deny")
                await control.wait_for(lambda s: not s.message(card).buttons)
                await asyncio.sleep(0.5)
                tracer.report("click, to the cards updated")
                tracer.on = True
                await running.reload(await asyncio.to_thread(load_config, path, {}))
                tracer.report("reload")


if __name__ == "__main__":
    configure_logging("error", "human")
    asyncio.run(main())
