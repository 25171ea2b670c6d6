"""`bot.py rules test`: the rules to try, which need no workspace."""

from collections.abc import Mapping
from pathlib import Path

from powertrip.rules import RuleSet, load_rules
from powertrip.settings import load_config

_NO_WORKSPACE = {"SLACK_BOT_TOKEN": "xoxb-not-needed", "SLACK_APP_TOKEN": "xapp-not-needed"}


def rules_for_testing(path: Path, environ: Mapping[str, str]) -> RuleSet:
    """The rules of the config or, where there is no such file, those of `use: ssh`; raises ConfigError."""
    if not path.exists():
        return load_rules([{"use": "ssh"}], lambda _: "bot.py")
    return load_config(path, _NO_WORKSPACE | dict(environ)).rules
