"""`backup`, `restore` and `forget`, as an operator types them."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from slack_emulator import APP_TOKEN, BOT_TOKEN
from tests.cli.running import Ended, bot

TOKENS = {"SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_APP_TOKEN": APP_TOKEN}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a configuration and a database, whose relative path begins here."""
    (tmp_path / "config.yaml").write_text("people: {alice: {slack: U0ALICE}}\n")
    assert type_in(tmp_path, "migrate").status == 0
    return tmp_path


def type_in(folder: Path, *arguments: str) -> Ended:
    return bot(*arguments, folder=folder, **TOKENS)


def test_what_was_backed_up_is_restored_and_what_is_lost_is_said_first(folder: Path) -> None:
    made = type_in(folder, "backup", "kept.db")
    assert made.status == 0, made.said
    assert made.out.startswith("kept.db: 0 events, 0 decisions, and no history yet")

    again = type_in(folder, "backup", "kept.db")
    assert (again.status, again.errors) == (1, "kept.db exists already; name a new file\n")

    forgotten = type_in(folder, "forget", "alice", "U0ALICE")
    assert forgotten.status == 0, forgotten.said
    assert "deleted: 0 answers of Slack's about them, 0 records in the inbox, 0 deliveries, " in forgotten.out
    assert "the secrets of 0 proofs" in forgotten.out
    assert "kept: 0 decided events with their evidence" in forgotten.out

    refused = type_in(folder, "restore", "kept.db")
    assert refused.status == 1
    assert (
        "0 records and these lines of history would be lost: 1 person_forgotten. Add --replace"
        in refused.errors
    )

    restored = type_in(folder, "restore", "kept.db", "--replace")
    assert restored.status == 0, restored.said
    assert "the database of until now is kept as" in restored.out
    assert "integrity     whole\ncompleteness  whole, as far as the database itself tells\n" in restored.out
    with closing(sqlite3.connect(folder / "powertrip.db")) as connection:
        assert connection.execute("SELECT action FROM audit").fetchall() == [("database_restored",)]


def test_a_backup_that_lacks_what_its_history_tells_of_is_restored_and_that_is_said(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "powertrip.db")) as connection:
        connection.execute(
            "INSERT INTO inbox (source, record_id, raw, message, content, cut, attempts, turn, unmatched, "
            "received_at, judged_at) VALUES ('syslog', '1', '', '', '', 0, 0, 0, 0, 1, 1)"
        )
        connection.commit()
    assert type_in(folder, "backup", "kept.db").status == 0
    restored = type_in(folder, "restore", "kept.db")
    assert restored.status == 1
    assert "integrity     whole\ncompleteness  broken\n  inbox row 1: it counts as judged" in restored.out


def test_there_is_nothing_to_back_up_before_there_is_a_database(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("")
    ended = type_in(tmp_path, "backup", "kept.db")
    assert (ended.status, "there is no database at" in ended.errors) == (1, True)
    assert not (tmp_path / "powertrip.db").exists()
