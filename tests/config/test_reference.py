"""The configuration reference and the example say what the code does, and leave nothing out."""

import re
from pathlib import Path
from typing import Any

import yaml

from powertrip.cli.docs.configuration import reference
from powertrip.config.schema import all_settings
from powertrip.settings import ConfigFile, load_config

ROOT = Path(__file__).parents[2]
EXAMPLE = (ROOT / "config.example.yaml").read_text()
SWITCHED_ON = re.sub(r"(?m)^#(?=  )", "", EXAMPLE)
"""The example with every setting in force that a "#" before it had switched off."""


def values_at(data: Any, path: tuple[str, ...]) -> list[Any]:
    """All values that stand at `path`, where NAME is any key and N any entry of a list."""
    if not path:
        return [data]
    if path[0] in ("NAME", "N"):
        inner = data.values() if isinstance(data, dict) else data
        return [value for entry in inner for value in values_at(entry, path[1:])]
    return values_at(data[path[0]], path[1:]) if path[0] in data else []


def test_the_committed_reference_is_up_to_date() -> None:
    assert (ROOT / "docs" / "configuration.md").read_text() == reference(ConfigFile), "run: make docs"


def test_the_example_shows_every_setting() -> None:
    example = yaml.safe_load(SWITCHED_ON)

    assert [
        setting.path for setting in all_settings((ConfigFile,)) if not values_at(example, setting.path)
    ] == []


def test_every_setting_has_a_meaning() -> None:
    without = [s.path for s in all_settings((ConfigFile,)) if not s.meaning.endswith(".")]

    assert without == []


def test_the_example_is_valid_with_everything_switched_on(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(SWITCHED_ON)
    written = yaml.safe_load(SWITCHED_ON)
    names = re.findall(r"\$\{(\w+)\}", yaml.safe_dump(written))
    secrets = {name: f"{name}-9f31c07be2a84d65" for name in names}

    config = load_config(path, secrets | {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"})

    assert sorted(config.people) == ["alice", "bob", "oswaldo"]
    assert list(config.sources) == list(written["sources"])
    assert config.policy[0].require == ("reason", "second_person")
    # Actions for packs that the example leaves out are warned of, as they should be.
    others = [each.setting for each in config.warnings if "fits no rule" not in each.problem]
    assert others == ["reviewers", "policy.0.require"]


def test_the_reference_names_the_variable_that_stands_for_a_setting() -> None:
    rows = {line.split("`")[1]: line for line in reference(ConfigFile).splitlines() if line.startswith("| `")}

    assert "`SLACK_BOT_TOKEN` from the environment" in rows["slack.bot_token"]
    assert "`8080`; `PORT` from the environment wins" in rows["ingest.port"]
    assert "`10m`" in rows["reminders.remind_after"]
    assert "`8MiB`" in rows["ingest.max_body"]
