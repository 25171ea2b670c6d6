"""What a configuration keeps secret is hidden in the log from the moment on that it is read."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
import yaml

from powertrip import log
from powertrip.config.section import secrets_in
from powertrip.log import REDACTED, configure_logging, redact
from powertrip.settings import ConfigFile, load_config
from tests.config.test_config import TOKENS
from tests.config.test_reference import SWITCHED_ON

DATABASE = "postgresql://powertrip:dat%40base-password@db.example.com/powertrip"


@pytest.fixture(autouse=True)
def no_secrets_of_other_tests() -> Iterator[None]:
    log._secrets.clear()
    yield
    log._secrets.clear()


def test_the_log_of_a_full_example_hides_every_secret(tmp_path: Path) -> None:
    names = re.findall(r"\$\{(\w+)\}", yaml.safe_dump(yaml.safe_load(SWITCHED_ON)))
    secrets = {name: f"hidden-{name.lower()}-0123456789" for name in names} | TOKENS
    path = tmp_path / "config.yaml"
    path.write_text(SWITCHED_ON)
    config = load_config(path, secrets | {"DATABASE_URL": DATABASE})
    written = io.StringIO()
    configure_logging("debug", "json", written)

    structlog.get_logger().info("all of them", secrets=[*secrets.values(), *secrets_in(config)])

    assert [
        secret for secret in (*secrets.values(), *secrets_in(config)) if secret in written.getvalue()
    ] == []
    assert len(set(secrets_in(config))) >= len(secrets) + 1


def test_only_the_password_of_the_databases_address_is_hidden(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("")
    load_config(path, TOKENS | {"DATABASE_URL": DATABASE})

    assert redact(DATABASE) == f"postgresql://powertrip:{REDACTED}@db.example.com/powertrip"
    assert redact("dat@base-password") == REDACTED
    load_config(path, TOKENS | {"DATABASE_URL": "sqlite:///powertrip.db"})
    assert redact("sqlite:///powertrip.db") == "sqlite:///powertrip.db"


def test_a_password_in_the_parameters_of_the_databases_address_is_hidden(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("")
    load_config(path, TOKENS | {"DATABASE_URL": "postgresql://db.example.com/p?password=of-parameters"})

    assert redact("of-parameters") == REDACTED


def test_secrets_are_found_however_deep_they_stand() -> None:
    settings = ConfigFile.model_validate(
        {
            "slack": {"bot_token": "xoxb-1", "app_token": "xapp-1"},
            "origins": {
                "hids": {
                    "name": "hids",
                    "tell": {
                        "type": "callback",
                        "url": "https://hids.example.com",
                        "secret": "deep-4f9a1c7be2d03568",
                    },
                }
            },
        }
    )

    assert set(secrets_in(settings)) == {"xoxb-1", "xapp-1", "deep-4f9a1c7be2d03568"}
