"""What a terminal and a spreadsheet are given of text from outside is what was logged, and does nothing."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.console import Console

from powertrip.cli.events import Format, exporting
from powertrip.cli.shared import complaints, console, printable
from powertrip.domain.event import Event, Severity
from powertrip.domain.people import Subject, SubjectKind
from powertrip.html import visible

PIECES = [
    "\\",
    "[",
    "]",
    "/",
    "red",
    "/bold",
    "link=https://evil.example",
    "@click",
    "#",
    ":skull:",
    "\x1b[2J",
    " ",
]
HOSTILE = st.lists(st.sampled_from(PIECES), max_size=8).map("".join) | st.text(max_size=20)
NOW = datetime(2026, 11, 22, 20, 9, tzinfo=UTC)
EVENT = Event(
    id="k3f9x2m8ab",
    rule="ssh_login",
    title="SSH login",
    event_action="ssh_login",
    severity=Severity.LOW,
    source="syslog",
    occurred_at=NOW,
    received_at=NOW,
    last_occurred_at=NOW,
    user_name="alice",
    host_name="bastion-1",
    source_ip="192.0.2.10",
    fields={},
    message="",
    subject=Subject(kind=SubjectKind.UNMAPPED),
)


@given(HOSTILE, HOSTILE)
@example("\\[", "")
@example("[/x", "y]")
@example("\\[red", "y]")
@example("\\", "[bold]")
def test_a_terminal_shows_all_that_was_logged_and_obeys_none_of_it(text: str, beside: str) -> None:
    written = io.StringIO()
    terminal = Console(file=written, force_terminal=True, emoji=False, highlight=False, color_system=None)
    terminal.print(
        f"[bold]line[/bold] {printable(text)}[bold]{printable(beside)}[/bold] {printable(beside)}",
        soft_wrap=True,
    )

    assert written.getvalue() == f"line {visible(text)}{visible(beside)} {visible(beside)}\n"
    assert written.getvalue().rstrip("\n").isprintable()


def test_no_console_makes_pictures_of_words() -> None:
    for each in (console, complaints):
        assert each.render_str(":skull:", emoji=each._emoji).plain == ":skull:"


class Terminal(io.StringIO):
    """A standard output that somebody looks at."""

    def isatty(self) -> bool:
        return True


def exported(event: Event, file: io.StringIO) -> dict[str, str]:
    exporting._write(iter([event]), Format.CSV, file, lambda: None)
    [row] = csv.DictReader(io.StringIO(file.getvalue()))
    return row


def test_an_export_to_a_terminal_cannot_steer_it_and_one_to_a_file_is_whole() -> None:
    event = replace(EVENT, user_name="al\x1b[2Jice\u202e")

    assert exported(event, Terminal())["user_name"] == r"al\x1b[2Jice\u202e"
    assert exported(event, io.StringIO())["user_name"] == event.user_name


@pytest.mark.parametrize("first", exporting.FORMULA)
def test_no_cell_begins_like_a_formula(first: str) -> None:
    event = replace(EVENT, user_name=f"{first}HYPERLINK(0)")

    assert exported(event, io.StringIO())["user_name"] == f"'{first}HYPERLINK(0)"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_no_cell_begins_within_another_whatever_a_spreadsheet_splits_at(separator: str) -> None:
    written = io.StringIO()
    event = replace(EVENT, user_name=f"alice{separator}=HYPERLINK(0)")
    exporting._write(iter([event]), Format.CSV, written, lambda: None)

    cells = [cell for row in csv.reader(io.StringIO(written.getvalue()), delimiter=separator) for cell in row]
    assert not [cell for cell in cells if cell.strip('"').startswith("=")]
