"""The app that is installed in the workspace, as its manifest describes it."""

import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import yaml

from slack_emulator.entities import Json

EVENT_SCOPES = {
    "app_home_opened": "",
    "app_mention": "app_mentions:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
}
"""The events that the emulator can send, each with the scope that it needs."""

EVERY_SCOPE = (
    *("app_mentions:read", "channels:history", "channels:join", "channels:read", "chat:write"),
    *("chat:write.customize", "chat:write.public", "commands", "files:write", "groups:history"),
    *("groups:read", "im:history", "im:read", "im:write", "usergroups:read", "users:read"),
    "users:read.email",
)


class ManifestError(Exception):
    """The file is no app manifest; the text says why."""


@dataclass(frozen=True)
class Command:
    name: str
    """With its slash."""
    description: str = ""
    usage_hint: str = ""
    should_escape: bool = False
    """Whether `@name` and `#name` in what is typed become references."""


@dataclass(frozen=True)
class App:
    """The defaults are an app that may do everything, for those who have no manifest yet."""

    name: str = "App"
    bot_name: str = "app"
    scopes: tuple[str, ...] = EVERY_SCOPE
    events: frozenset[str] = frozenset(EVENT_SCOPES)
    commands: tuple[Command, ...] | None = None
    """None takes any command."""
    has_home_tab: bool = True
    takes_messages: bool = True
    """Whether people may write to the app in its direct messages."""

    @classmethod
    def from_manifest(cls, manifest: Json) -> Self:
        """Reads what the emulator models and ignores the rest; raises ManifestError."""
        try:
            name = str(manifest["display_information"]["name"])
            features = manifest.get("features") or {}
            settings = manifest.get("settings") or {}
            home = features.get("app_home") or {}
            return cls(
                name=name,
                bot_name=str((features.get("bot_user") or {}).get("display_name", name)).lower(),
                scopes=tuple(manifest.get("oauth_config", {}).get("scopes", {}).get("bot", ())),
                events=frozenset((settings.get("event_subscriptions") or {}).get("bot_events", ())),
                commands=tuple(
                    Command(
                        entry["command"],
                        entry.get("description", ""),
                        entry.get("usage_hint", ""),
                        bool(entry.get("should_escape", False)),
                    )
                    for entry in features.get("slash_commands") or ()
                ),
                has_home_tab=bool(home.get("home_tab_enabled", False)),
                takes_messages=bool(home.get("messages_tab_enabled", True))
                and not home.get("messages_tab_read_only_enabled", True),
            )
        except (AttributeError, KeyError, TypeError) as problem:
            raise ManifestError(f"this is no Slack app manifest: {problem!r}") from problem

    @property
    def id(self) -> str:
        return "A0" + self._mark

    @property
    def bot_id(self) -> str:
        return "B0" + self._mark

    @property
    def bot_user(self) -> str:
        """The id of the user as whom the app posts."""
        return "U0" + self._mark

    @property
    def _mark(self) -> str:
        # Ids that can be read help whoever looks at a failed test; Slack's are random.
        return re.sub("[^A-Z0-9]", "", self.name.upper()) or "APP"

    def command(self, name: str = "") -> Command | None:
        """The command of this name, or the first one; None if the app has no such command."""
        if self.commands is None:
            return Command(name or "/command")
        return next((command for command in self.commands if name in ("", command.name)), None)

    def as_json(self) -> Json:
        """What the page needs to know."""
        return {
            "name": self.name,
            "user": self.bot_user,
            "commands": None if self.commands is None else [asdict(command) for command in self.commands],
            "has_home_tab": self.has_home_tab,
            "takes_messages": self.takes_messages,
        }


def read_manifest(path: Path) -> App:
    """The app of a manifest in YAML or JSON; raises ManifestError, also for a file that cannot be read."""
    try:
        manifest: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as problem:
        raise ManifestError(f"{path}: {problem}") from problem
    if not isinstance(manifest, dict):
        raise ManifestError(f"{path}: this is no Slack app manifest")
    return App.from_manifest(manifest)
