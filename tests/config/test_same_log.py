"""Sources and polls of one log know each other, by Papertrail's ids or by `same_log_as`."""

from pathlib import Path

import pytest

from powertrip.errors import ConfigError
from powertrip.wiring import same_logs
from tests.config.test_config import load

TEXT = """
sources:
  one: {type: papertrail, secret: 4f9a1c7be2d03568}
  two: {type: papertrail, secret: c0b7d18ef3624a59x}
  hose: {type: firehose, secret: key-of-the-firehose-7c1}
  alone: {type: json, secret: key-of-the-json-8d2f41}
polls:
  search: {type: papertrail_search, token: abc}
  watch: {type: cloudwatch_logs, log_group: auth, region: eu-central-1, same_log_as: hose}
"""


def test_papertrail_knows_its_own_and_others_are_told(tmp_path: Path) -> None:
    config = load(tmp_path, TEXT)

    assert same_logs({**config.sources, **config.polls}) == {
        "one": ("search", "two"),
        "two": ("one", "search"),
        "search": ("one", "two"),
        "hose": ("watch",),
        "watch": ("hose",),
    }


@pytest.mark.parametrize(
    ("other", "problem"),
    [("hoze", 'there is no source "hoze"; did you mean "hose"'), ("watch", "names itself")],
)
def test_a_reader_that_is_not_there_is_a_mistake(tmp_path: Path, other: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        load(tmp_path, TEXT.replace("same_log_as: hose", f"same_log_as: {other}"))
