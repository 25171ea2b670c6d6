"""The files by which Powertrip is deployed say what platforms understand, and agree with one another."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer
import yaml

from powertrip.cli import app
from powertrip.metrics import COUNTERS, GAUGES, HISTOGRAMS, PREFIX
from powertrip.runtime.app import GRACE
from powertrip.settings import Config, load_config
from slack_emulator import APP_TOKEN, BOT_TOKEN
from tests.contrib.deploying import (
    CONTAINER,
    SYSTEMD,
    bases,
    compose,
    containerfile,
    image_environment,
    last,
    procfile,
    unit,
)
from tests.end_to_end.harness import ROOT, SECRET

COMMANDS = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
VALUES = {"slack_bot_token": BOT_TOKEN, "slack_app_token": APP_TOKEN}
OURS = ("migrate", "web", "worker")

# What Heroku's documentation of app.json names; it takes nothing else.
TEXT: dict[str, Any] = {"type": "string"}
APP_JSON: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        **dict.fromkeys(
            ("name", "description", "website", "repository", "logo", "success_url", "stack"), TEXT
        ),
        "keywords": {"type": "array", "items": TEXT},
        "image": TEXT,
        "scripts": {
            "type": "object",
            "additionalProperties": False,
            "properties": dict.fromkeys(("postdeploy", "pr-predestroy", "test"), TEXT),
        },
        "env": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": False,
                "required": ["description"],
                "properties": {
                    "description": TEXT,
                    "value": TEXT,
                    "required": {"type": "boolean"},
                    "generator": {"enum": ["secret"]},
                },
            },
        },
        "formation": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": False,
                "required": ["quantity"],
                "properties": {"quantity": {"type": "integer", "minimum": 0}, "size": TEXT},
            },
        },
        "addons": {
            "type": "array",
            "items": {
                "type": ["string", "object"],
                "additionalProperties": False,
                "required": ["plan"],
                "properties": {"plan": TEXT, "as": TEXT, "options": {"type": "object"}},
            },
        },
        "buildpacks": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["url"],
                "properties": {"url": TEXT},
            },
        },
        "environments": {"type": "object"},
    },
}


@pytest.fixture(scope="module")
def app_json() -> Any:
    return json.loads((ROOT / "app.json").read_text())


def test_app_json_holds_what_heroku_knows(app_json: Any) -> None:
    jsonschema.validate(app_json, APP_JSON)
    assert len(app_json["description"]) <= 140


def test_heroku_starts_what_there_is_and_asks_for_what_has_no_default(app_json: Any, tmp_path: Path) -> None:
    assert set(app_json["formation"]) == set(procfile()) - {"release"}
    assert {command.removeprefix("python bot.py ") for command in procfile().values()} <= COMMANDS
    needed = {name for name, entry in app_json["env"].items() if entry.get("required")}
    (tmp_path / "config.yaml").write_text("")
    load_config(tmp_path / "config.yaml", dict(zip(sorted(needed), (APP_TOKEN, BOT_TOKEN), strict=True)))


def test_one_version_of_python_is_named_everywhere() -> None:
    minor = (ROOT / ".python-version").read_text().strip()
    least = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert {base.split(":")[1].rpartition(".")[0] for base in bases()} == {minor}
    assert least == f">={minor}"


def test_every_image_is_pinned_by_its_version_and_by_no_address_of_a_registry() -> None:
    images = bases()
    images += [service["image"] for service in compose()["services"].values() if "build" not in service]
    assert images
    for image in images:
        assert re.fullmatch(r"[a-z]+:[0-9]+\.[0-9]+[a-z0-9.-]*", image), image


def test_the_image_runs_as_nobody_in_particular_and_has_only_what_the_context_gives() -> None:
    assert re.fullmatch(r"[1-9][0-9]*:[1-9][0-9]*", last("USER"))
    assert last("HEALTHCHECK")
    assert "ADD" not in {word for word, _ in containerfile()}
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    given = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copied = {rest.split()[0] for word, rest in containerfile() if word == "COPY" and "--from" not in rest}
    assert copied == given
    assert all((ROOT / name).exists() for name in copied)
    assert any("--require-hashes" in rest for word, rest in containerfile() if word == "RUN")


def test_no_container_may_do_more_than_it_has_to() -> None:
    services = compose()["services"]
    for name, service in services.items():
        if name != "database":
            assert service["read_only"] is True, name
            assert service["cap_drop"] == ["ALL"], name
            assert service["security_opt"] == ["no-new-privileges:true"], name
    assert [name for name, service in services.items() if "ports" in service] == ["caddy"]
    assert services["database"]["networks"] == ["inside"]
    assert "inside" not in services["caddy"]["networks"]


def test_containers_start_in_order_with_the_secrets_that_their_configuration_names() -> None:
    whole = compose()
    services, secrets = whole["services"], set(whole["secrets"])
    named = set(re.findall(r"/run/secrets/(\w+)", (CONTAINER / "config.yaml").read_text()))
    assert named == secrets
    for name in OURS:
        service = services[name]
        assert set(service["command"]) <= COMMANDS
        assert set(service["secrets"]) == named
        assert set(service["depends_on"]) <= set(services)
        assert [volume.split(":")[1] for volume in service["volumes"]] == [
            image_environment()["POWERTRIP_CONFIG"]
        ]
    for service in services.values():
        assert set(service["networks"]) <= set(whole["networks"])
        volumes = [volume.split(":")[0] for volume in service.get("volumes", ())]
        files = [volume for volume in volumes if volume.startswith("./")]
        assert all((CONTAINER / file).exists() for file in files)
        assert {volume for volume in volumes if volume not in files} <= set(whole["volumes"])


def load(path: Path, folder: Path, replaced: str, environ: dict[str, str]) -> Config:
    """A configuration whose secrets stand in files in a folder of the test's."""
    text = path.read_text().replace(replaced, f"{folder}/")
    for name in re.findall(r"\{(?:credential|file):(?:.*/)?(\w+)\}", text):
        (folder / name).write_text(VALUES.get(name.removeprefix("powertrip_"), SECRET) + "\n")
    (folder / "config.yaml").write_text(text)
    return load_config(folder / "config.yaml", environ)


def test_the_configuration_of_the_containers_is_valid(tmp_path: Path) -> None:
    config = load(CONTAINER / "config.yaml", tmp_path, "/run/secrets/", {})
    url = config.database.url.get_secret_value()
    assert url.startswith(f"postgresql://powertrip:{SECRET}@database/powertrip")
    assert f":{config.ingest.port}" in (CONTAINER / "Caddyfile").read_text()
    environment = {**image_environment(), **compose()["services"]["worker"]["environment"]}
    assert (image_environment()["STATE_PORT"], environment["STATE_PORT"]) == (
        str(config.metrics.port),
        str(config.metrics.worker_port),
    )


def test_the_configuration_of_the_units_takes_each_secret_from_the_folder_that_they_load(
    tmp_path: Path,
) -> None:
    config = load(SYSTEMD / "config.yaml", tmp_path, "\0", {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert config.slack.bot_token.get_secret_value() == BOT_TOKEN
    for name in ("powertrip@.service", "powertrip-backup.service"):
        (loaded,) = unit(name)["LoadCredential"]
        prefix = loaded.partition(":")[0]
        named = re.findall(r"credential:(\w+)", (SYSTEMD / "config.yaml").read_text())
        assert named
        assert all(credential.startswith(f"{prefix}_") for credential in named)
    assert config.database.url.get_secret_value().startswith(
        f"sqlite:////var/lib/{unit('powertrip@.service')['StateDirectory'][0]}/"
    )


def test_units_and_platforms_wait_longer_than_an_orderly_end_takes() -> None:
    assert int(unit("powertrip@.service")["TimeoutStopSec"][0]) > GRACE
    assert int(compose()["services"]["worker"]["stop_grace_period"].removesuffix("s")) > GRACE


def test_alerts_name_only_what_is_measured() -> None:
    rules = yaml.safe_load((ROOT / "contrib/prometheus/powertrip.rules.yml").read_text())
    known = {f"{PREFIX}{name}_total" for name in COUNTERS} | {
        f"{PREFIX}{name}" for name in (*GAUGES, *HISTOGRAMS)
    }
    alerts = [rule for group in rules["groups"] for rule in group["rules"]]
    named = {name for rule in alerts for name in re.findall(rf"{PREFIX}\w+", rule["expr"])}
    assert named <= known
    tested = (ROOT / "contrib/prometheus/powertrip.test.yml").read_text()
    assert all(f"alertname: {rule['alert']}" in tested for rule in alerts)
    assert f"value: {len(alerts)}}}" in tested
