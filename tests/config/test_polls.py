"""What the section `polls` refuses, and what to do about it."""

from pathlib import Path

import pytest

from powertrip.errors import ConfigError
from powertrip.hids.callback import TellCallback
from powertrip.hids.report import DEFAULT_TEMPLATE
from powertrip.polls.wazuh_indexer import INDEX, WazuhPoll
from powertrip.settings import load_config

TOKENS = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}


@pytest.mark.parametrize(
    ("poll", "complaint"),
    [
        ("{type: papertrail_search}", "polls.one.token: is missing"),
        ("{type: wazuh_indexer, username: u, password: p}", "polls.one.url: is missing"),
        ("{type: cloudwatch_logs, log_group: auth}", "polls.one.region: is missing"),
        ("{type: papertrail_search, token: t, account: '1'}", "polls.one.account: is not for type"),
        ("{type: papertrail_search, token: t, url: 'http://u:secret@example.com'}", "polls.one.url"),
    ],
)
def test_a_poll_that_cannot_work_is_refused(tmp_path: Path, poll: str, complaint: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"polls: {{one: {poll}}}\n")
    with pytest.raises(ConfigError) as raised:
        load_config(path, TOKENS)
    assert complaint in str(raised.value)
    assert "secret@" not in str(raised.value)


def test_a_poll_and_a_source_share_one_set_of_names_which_rules_know(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    poll = "polls: {one: {type: papertrail_search, token: t}}\n"
    path.write_text(poll + "rules: [{use: aptible, source: one}]\n")
    assert list(load_config(path, TOKENS).polls) == ["one"]
    path.write_text(poll + "sources: {one: {type: json, secret: 4f9a1c7be2d03568}}\n")
    with pytest.raises(ConfigError, match="the name of a source too"):
        load_config(path, TOKENS)


def test_a_setting_that_did_nothing_is_let_pass_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("polls: {one: {type: papertrail_search, token: t, overlap: 10m}}\n")

    config = load_config(path, TOKENS)

    assert "overlap" not in type(config.polls["one"]).model_fields
    assert any(warning.setting == "polls.one.overlap" for warning in config.warnings)


def test_a_setting_left_empty_has_its_default(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    wazuh = "type: wazuh_indexer, url: 'https://w.example.com', username: u, password: p"
    tell = "type: callback, url: 'https://h.example.com', secret: 4f9a1c7be2d03568"
    path.write_text(
        f"polls: {{one: {{{wazuh}, index: null}}}}\norigins: {{two: {{tell: {{{tell}, body: null}}}}}}\n"
    )

    config = load_config(path, TOKENS)

    poll, told = config.polls["one"], config.origins["two"].tell
    assert isinstance(poll, WazuhPoll)
    assert isinstance(told, TellCallback)
    assert (poll.index, told.body) == (INDEX, DEFAULT_TEMPLATE)
