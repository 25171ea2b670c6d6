"""What steps read of a configuration."""

from pathlib import Path

from powertrip.runtime.worker import step_settings
from powertrip.settings import load_config
from tests.end_to_end.harness import SETTINGS, write_config


def test_only_origins_with_a_way_are_told_whatever_a_reload_adds(tmp_path: Path) -> None:
    origins = {"hids": {"sources": ["papertrail"]}, "later": {"sources": ["syslog"]}}
    config = load_config(write_config(tmp_path / "config.yaml", SETTINGS | {"origins": origins}), {})
    watches = step_settings(config, "C0SECURITY", told=("hids",)).watches
    assert {watch.origin.name: watch.tells for watch in watches} == {"hids": True, "later": False}
