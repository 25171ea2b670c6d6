"""The app as its manifest describes it, and the workspace as its arguments name it."""

from pathlib import Path
from typing import Any

import pytest

from slack_emulator import App, Command, ManifestError, SlackEmulator, read_manifest, workspace
from slack_emulator.control import Control, ControlRefused
from slack_emulator.tests.conftest import MANIFEST

Json = dict[str, Any]
NAMED: Json = {"display_information": {"name": "Doorman"}}


def test_a_manifest_says_what_the_app_is_and_may_do() -> None:
    app = read_manifest(MANIFEST)
    assert (app.name, app.bot_name) == ("Doorman", "doorman")
    assert (app.id, app.bot_id, app.bot_user) == ("A0DOORMAN", "B0DOORMAN", "U0DOORMAN")
    assert app.commands == (
        Command("/door", "Who is at the door", "help", should_escape=True),
        Command("/bell", "Rings"),
    )
    assert app.events == {"app_home_opened"}
    assert "im:history" in app.scopes
    assert (app.has_home_tab, app.takes_messages) == (True, False)


def test_what_a_manifest_leaves_out_is_as_slack_has_it() -> None:
    app = App.from_manifest(NAMED)
    assert (app.scopes, app.events, app.commands) == ((), frozenset(), ())
    assert (app.has_home_tab, app.takes_messages) == (False, False)


@pytest.mark.parametrize(
    ("tab", "takes"),
    [
        ({"messages_tab_read_only_enabled": False}, True),
        ({"messages_tab_read_only_enabled": True}, False),
        ({"messages_tab_read_only_enabled": False, "messages_tab_enabled": False}, False),
    ],
)
def test_an_app_takes_messages_where_its_messages_tab_is_open_and_not_read_only(
    tab: Json, takes: bool
) -> None:
    assert App.from_manifest(NAMED | {"features": {"app_home": tab}}).takes_messages is takes


def test_a_manifest_may_be_json(tmp_path: Path) -> None:
    file = tmp_path / "manifest.json"
    file.write_text('{"display_information": {"name": "Bell"}}')
    assert read_manifest(file).bot_user == "U0BELL"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("- 1", "no Slack app manifest"),
        ("features: {}", "no Slack app manifest.*display_information"),
        ("a: {", "manifest.yaml"),
        ("{display_information: {name: X}, features: {slash_commands: [1]}}", "no Slack app manifest"),
    ],
)
def test_what_is_no_manifest_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "manifest.yaml"
    file.write_text(text)
    with pytest.raises(ManifestError, match=complaint):
        read_manifest(file)


def test_a_workspace_has_ids_that_can_be_read() -> None:
    world = workspace(people=["ann", "ben"], channels={"ops-team": ["ann"]}, groups={"on-call": ["ben"]})
    assert [user for user in world.users if user.startswith("U0")] == ["U0ANN", "U0BEN", "U0APP"]
    assert world.channels["C0OPSTEAM"].members == ["U0ANN", "U0APP"]
    assert (world.usergroups["S0ONCALL"].name, world.usergroups["S0ONCALL"].users) == ("On call", ["U0BEN"])
    assert world.channels["D0BEN"].members == ["U0BEN", "U0APP"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"channels": {"ops": ["zed"]}}, "not among the people: zed"),
        ({"groups": {"ops": ["zed"]}}, "not among the people: zed"),
        ({"people": ["app"]}, "the app and a person would both be U0APP"),
    ],
)
def test_a_workspace_that_cannot_be_is_refused(arguments: Json, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        workspace(**arguments)


async def test_a_command_that_the_manifest_does_not_declare_cannot_be_typed(control: Control) -> None:
    with pytest.raises(ControlRefused, match="/knock is not a valid command"):
        await control.slash("U0ALICE", "C0GENERAL", "", command="/knock")


async def test_names_become_references_only_for_a_command_that_asks_for_it(control: Control) -> None:
    await control.slash("U0ALICE", "C0GENERAL", "for @bob")
    await control.slash("U0ALICE", "C0GENERAL", "for @bob", command="/bell")
    typed = [envelope["payload"] for envelope in (await control.state()).envelopes]
    assert [(payload["command"], payload["text"]) for payload in typed] == [
        ("/door", "for <@U0BOB|bob>"),
        ("/bell", "for @bob"),
    ]


async def test_nobody_writes_to_an_app_whose_messages_tab_is_read_only(control: Control) -> None:
    with pytest.raises(ControlRefused, match="has been turned off"):
        await control.say("U0ALICE", "D0ALICE", "hello")


async def test_an_app_without_a_home_tab_has_none_to_open() -> None:
    world = workspace(App.from_manifest(NAMED))
    async with SlackEmulator(world=world) as emulator, Control(emulator.url) as control:
        with pytest.raises(ControlRefused, match="Doorman has no Home tab"):
            await control.open_home("U0ALICE")
