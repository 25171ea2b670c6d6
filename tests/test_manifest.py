"""The app's manifest is one that Slack takes, and asks for what Powertrip needs and for no more."""

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from powertrip.settings import ConfigFile
from powertrip.slack.scopes import REASONS, REQUIRED_SCOPES

CORPORA = os.environ.get("POWERTRIP_CORPORA", "")
SCHEMAS = sorted(Path(CORPORA, "slack", "manifest").glob("*.json")) if CORPORA else []


@pytest.fixture
def manifest() -> Any:
    return yaml.safe_load((Path(__file__).parent.parent / "slack-manifest.yaml").read_text())


@pytest.mark.skipif(not SCHEMAS, reason="POWERTRIP_CORPORA names no folder with Slack's manifest schemas")
def test_the_manifest_is_valid_by_each_of_slacks_schemas(manifest: Any) -> None:
    for schema in SCHEMAS:
        jsonschema.validate(manifest, json.loads(schema.read_text()))


def test_the_manifest_asks_for_exactly_the_scopes_that_are_needed(manifest: Any) -> None:
    asked = manifest["oauth_config"]["scopes"]["bot"]

    assert len(asked) == len(set(asked))
    assert set(asked) == REQUIRED_SCOPES


@pytest.mark.parametrize("scope", sorted(REQUIRED_SCOPES))
def test_every_scope_says_what_it_is_for(scope: str) -> None:
    assert REASONS[scope].startswith(("to ", "for the same "))


def test_no_public_address_is_needed(manifest: Any) -> None:
    assert manifest["settings"]["socket_mode_enabled"] is True
    assert "request_url" not in json.dumps(manifest)


def test_the_slash_command_is_the_one_of_the_configuration(manifest: Any) -> None:
    (command,) = manifest["features"]["slash_commands"]
    section = ConfigFile.model_fields["slack"].annotation

    assert section is not None
    assert command["command"] == section.model_fields["command"].default
