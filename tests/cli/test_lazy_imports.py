"""A command loads what it needs and no more, so that nobody waits a second for `--help`."""

import json
import subprocess
import sys

import pytest

from tests.end_to_end.harness import ROOT

SLACK = {"slack_sdk", "slack_bolt", "aiohttp"}
OUTSIDE = {"apprise", "boto3", "botocore", "cryptography", "httpx", "matplotlib", "maxminddb"}
"""What serves those alone who ask somebody outside, sign, or draw."""
PROVING = {"joserfc", "pyotp", "segno", "webauthn"}
"""What serves those alone who have people prove who they are."""
POSTGRES = {"psycopg", "psycopg_binary"}
HEAVY = SLACK | OUTSIDE | {"peewee", "prometheus_client"}
RULES = {"re2", "jmespath", "yaml"}

RUN = """\
import json, sys
sys.argv = ["bot.py", *json.loads(sys.argv[1])]
from powertrip.cli import app
try:
    app()
finally:
    print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})), file=sys.stderr)
"""


def libraries(*command: str) -> set[str]:
    """All that is loaded once a command has run."""
    ended = subprocess.run(
        [sys.executable, "-c", RUN, json.dumps(command)],
        cwd=ROOT,
        input="Accepted nonsense\n",
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(json.loads(ended.stderr.splitlines()[-1]))


def test_help_loads_no_library_of_what_it_tells_of() -> None:
    assert (
        libraries("--help") & (HEAVY | RULES | {"asyncio", "markdown_it", "pydantic", "structlog"}) == set()
    )


# Typer itself checks options with pydantic.
@pytest.mark.parametrize("command", [("rules", "test"), ("events", "export"), ("check",)], ids=" ".join)
def test_the_help_of_a_command_loads_no_library_that_the_command_needs(command: tuple[str, ...]) -> None:
    assert libraries(*command, "--help") & (HEAVY | RULES | {"structlog"}) == set()


@pytest.mark.parametrize("arguments", [(), ("--config", "config.example.yaml")], ids=["packs", "config"])
def test_rules_test_loads_the_rules_and_the_config_alone(arguments: tuple[str, ...]) -> None:
    assert libraries("rules", "test", *arguments, "-") & HEAVY == set()


def test_a_program_loads_what_few_need_only_once_it_is_needed() -> None:
    loading = "import sys, powertrip.cli.running; print(*sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-c", loading], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert (loaded := set(ended.stdout.split())) >= SLACK
    assert loaded & (OUTSIDE | PROVING | POSTGRES) == set()


def test_postgresql_is_the_same_whether_its_driver_was_there_before_peewee_or_came_after_it() -> None:
    looking = """\
import inspect, sys
{before}
import powertrip.store.postgres, peewee
adapter = peewee.PostgresqlDatabase("any", prefer_psycopg3=True)._adapter
held = [*vars(peewee).items(), *inspect.getmembers(type(adapter)), *vars(adapter).items()]
print(*sorted(f"{{name}}={{value!r}}" for name, value in held if "psycopg" in repr(value)), sep="\\n")
"""
    seen = [
        subprocess.run(
            [sys.executable, "-c", looking.format(before=before)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout.split(" at 0x")[0]
        for before in ("import psycopg", "")
    ]
    assert "psycopg=" in seen[0]
    assert seen[0] == seen[1]
