"""A line that is tried is the record that a source would make of it."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powertrip.cli.rules.lines import records_of_line
from powertrip.domain.record import Record
from powertrip.ingest.contract import Unread

NOW = datetime(2026, 11, 22, 20, 9, tzinfo=UTC)
LOGIN = "Accepted publickey for alice from 192.0.2.10 port 50022 ssh2"


def read(line: str) -> list[Record | Unread]:
    """The records without what tells two of them apart."""
    found = records_of_line(line, "syslog", now=NOW)
    return [replace(each, record_id="", content="") if isinstance(each, Record) else each for each in found]


def read_as_json_would_be(line: str) -> list[Record | Unread]:
    """The same where every line is read as one that may hold an object."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("powertrip.cli.rules.lines.begins_as_json", lambda _: True)
        return read(line)


def test_lines_of_real_programs_are_read_as_sources_read_them(corpora: Path) -> None:
    files = [*(corpora / "openssh").iterdir(), *(corpora / "plaso").glob("syslog*")]
    lines = [line for file in files for line in file.read_text(errors="surrogateescape").splitlines()]
    assert len(lines) > 1000
    for line in lines:
        assert read(line) == read_as_json_would_be(line)


parts = st.sampled_from(
    [
        *(
            "Nov  5 10:00:00 ",
            "2026-11-05T10:00:00Z ",
            "<13>",
            "<38>1 2026-11-05T10:00:00Z web-1 sshd 1 - - ",
        ),
        *("web-1 ", "é" * 300, "sshd[812]: ", "/usr/sbin/sshd@1[2]: ", "su(pam_unix)[7]: ", ": "),
        *(LOGIN, "x" * 9000, "{", '{"message": "x"}', '@cee: {"msg": "x"}', '{"a": 1, "a": 2}'),
        *(" ", "\t", "\0", "\r", "\n", "\udcff", "\ufeff"),
        *("auth.info ", "<security.info> ", "[ID 1 auth.info] "),
    ]
)


@given(st.lists(parts | st.text(max_size=4), max_size=8).map("".join))
def test_any_line_is_read_as_sources_read_it(line: str) -> None:
    assert read(line) == read_as_json_would_be(line)
