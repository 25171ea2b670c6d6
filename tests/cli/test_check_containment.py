"""What `check` says of containment: each action proven, and none done."""

from pathlib import Path
from typing import Any

import yaml

from powertrip.cli.check import check_all
from tests.config.test_config import load
from tests.containment.outside import HOOK_SECRET, TOKEN, outside, tctl_in


async def findings(folder: Path, actions: dict[str, Any]) -> dict[str, tuple[bool | None, str]]:
    """What it finds of each action, with a Slack that is away."""
    config = {
        "slack": {"base_url": "http://127.0.0.1:1/api/"},
        "database": {"url": f"sqlite:///{folder}/powertrip.db"},
        "containment": {"actions": actions},
    }
    found = await check_all(load(folder, yaml.safe_dump(config)))
    return {each.name: (each.ok, each.detail) for each in found if each.name.startswith("containment ")}


async def test_each_action_is_proven_and_none_is_done(tmp_path: Path) -> None:
    tctl = tctl_in(tmp_path / "teleport")
    teleport = {"type": "teleport", "proxy": "teleport.example.com:443", "identity": "/run/tbot/identity"}
    async with outside() as world:
        hook = {
            "type": "webhook",
            "url": f"{world.url}/hook",
            "secret": HOOK_SECRET,
            "says": "X",
            "undo": "Y",
        }
        actions: dict[str, Any] = {
            "hook": hook | {"says": "X", "undo": "Y"},
            "okta": {"type": "okta_sessions", "url": world.url, "token": TOKEN},
            "github": {"type": "github_sso", "org": "acme", "url": world.url, "token": TOKEN},
            "stranger": {"type": "github_sso", "org": "acme", "url": world.url, "token": f"{TOKEN}-wrong"},
            "teleport": teleport | {"tctl": tctl.program},
            "gone": teleport | {"tctl": f"{tmp_path}/nowhere"},
            "host": {"type": "host", "secret": HOOK_SECRET},
        }
        found = await findings(tmp_path, actions)

        assert {name for name, (ok, _) in found.items() if not ok} == {
            "containment stranger",
            "containment gone",
        }
        assert "the server answered 401; check the token" in found["containment stranger"][1]
        assert "install Teleport's tctl" in found["containment gone"][1]
        assert (world.hooks, world.cleared, tctl.locks) == ([], [], [])
        assert {method for method, _ in world.calls} == {"HEAD", "GET"}
