"""`bot.py enrol`, as an operator types it with the person beside them; the whole way is in end_to_end."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from slack_emulator import APP_TOKEN, BOT_TOKEN
from tests.cli.running import Ended, bot
from tests.proving import KEY

TOKENS = {"SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_APP_TOKEN": APP_TOKEN}
CONFIG = """
people: {alice: {slack: U0ALICE}, oswaldo: {bot: true}}
proofs: {kinds: [totp, passkey], page: https://powertrip.internal}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.yaml").write_text(CONFIG)
    assert type_in(tmp_path, "migrate").status == 0
    return tmp_path


def type_in(folder: Path, *arguments: str, typed: str = "", **environment: str) -> Ended:
    return bot(
        *arguments, folder=folder, typed=typed, **TOKENS, **({"POWERTRIP_PROOFS_KEY": KEY} | environment)
    )


def test_whoever_cannot_type_what_the_app_should_show_has_enrolled_nothing(folder: Path) -> None:
    ended = type_in(folder, "enrol", "alice", typed="000000\nabc\n\u0661\u0662\u0663\u0664\u0665\u0666\n")
    assert (ended.status, "Nothing was enrolled." in ended.errors) == (1, True)
    with closing(sqlite3.connect(folder / "powertrip.db")) as connection:
        assert connection.execute("SELECT count(*) FROM proof_factor").fetchone() == (0,)


def test_a_one_time_code_is_shown_once_and_its_hash_alone_is_kept(folder: Path) -> None:
    ended = type_in(folder, "enrol", "alice", "--kind", "passkey")
    assert ended.status == 0, ended.said
    (code,) = re.findall(r"alice: ([a-z2-9-]{19})\n", ended.out)
    kept = (folder / "powertrip.db").read_bytes()
    assert code.encode() not in kept
    assert code.replace("-", "").encode() not in kept


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("mallory",), "is nobody under `people`"),
        (("oswaldo",), "is a bot, and approves nothing"),
        (("alice", "--kind", "oidc"), "write totp or passkey"),
    ],
)
def test_for_whom_and_what_nothing_is_enrolled(folder: Path, arguments: tuple[str, ...], why: str) -> None:
    ended = type_in(folder, "enrol", *arguments)
    assert (ended.status, why in ended.errors) == (1, True), ended.said


def test_a_missing_key_is_named_by_every_command_and_by_check(folder: Path) -> None:
    for command in (("check",), ("enrol", "alice")):
        ended = type_in(folder, *command, POWERTRIP_PROOFS_KEY="")
        assert ended.status == 1
        assert "proofs.key: is needed for totp and passkey: set POWERTRIP_PROOFS_KEY" in ended.said


def test_secrets_are_encrypted_anew_by_a_command(folder: Path) -> None:
    ended = type_in(folder, "renew-secrets")
    assert (ended.status, ended.out) == (0, "encrypted anew: 0\n")
