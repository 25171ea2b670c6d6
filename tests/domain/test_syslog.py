"""Headers of syslog: what is taken off a line, and what never is."""

from pathlib import Path
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powertrip.domain.syslog import SyslogLine, parse_line
from powertrip.domain.tags import facility_name, is_same_host, is_same_program, plain_program

LOGIN = "Accepted publickey for alice from 192.0.2.10 port 50022 ssh2"
HOSTILE = (
    "<1>",
    "Nov  5 10:00:00 ",
    "Nov  5 10:00:00 a ",
    "2026-11-05T10:00:00.000000000Z stdout F ",
    "[ID 1 auth.info] ",
    "sshd[1]: ",
    "a Message forwarded from ",
    "auth.info ",
    "1 ",
    "[",
    '[a b="c"]',
    '[a b="',
    " ",
    "\x1b[0m",
)


@pytest.mark.parametrize("part", HOSTILE)
def test_a_hostile_line_takes_linear_time(part: str) -> None:
    for front in ("", "<38>", "<38>1 2026-11-05T10:00:00Z h p 1 - ", "Nov  5 10:00:00 h sshd[1]: "):
        started = process_time()
        parse_line(front + part * (1_000_000 // len(part)))
        assert process_time() - started < 1.0, front


words = st.sampled_from(
    [
        *HOSTILE,
        LOGIN,
        "bastion-1 ",
        "sshd: ",
        "app[7]: ",
        "<38>",
        "- ",
        "\ufeff",
        "{",
        "@cee: ",
        "\n",
        "é",
        "-0530 ",
    ]
)


@given(st.lists(words | st.text(max_size=5)).map("".join))
def test_a_message_is_the_end_of_its_line_and_nothing_is_made_up(line: str) -> None:
    text = line.encode("utf-8", "replace").decode()
    parsed = parse_line(text)
    assert text.rstrip(" \t\r\n\0\ufeff").endswith(parsed.message.rstrip(" \t\r\n\0\ufeff"))
    for part in (parsed.time, parsed.host, parsed.program, parsed.process):
        assert part is None or part in text


def part_by_part(line: str) -> SyslogLine:
    """The line as it is parsed where its header is not a usual one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("powertrip.domain.syslog._usual", lambda _: None)
        return parse_line(line)


def test_lines_of_real_programs_are_parsed_at_once_as_they_are_part_by_part(corpora: Path) -> None:
    files = [*(corpora / "openssh").iterdir(), *(corpora / "plaso").glob("syslog*")]
    lines = [line for file in files for line in file.read_text(errors="replace").splitlines()]
    assert len(lines) > 1000
    for line in lines:
        assert parse_line(line) == part_by_part(line)


@pytest.mark.parametrize("word", ["debug", "info", "warning", "am", "pm", "db", "auth.info", "daemon.none"])
def test_a_word_that_names_no_host_is_none_in_a_usual_header(word: str) -> None:
    line = f"Jan 15 11:59:58 {word} sshd[17584]: Accepted publickey for alice from 192.0.2.10 port 1 ssh2"

    assert parse_line(line) == part_by_part(line)
    assert parse_line(line).host is None


times = st.sampled_from(
    [
        *("Nov  5 10:00:00", "May 05 23:59:60", "Feb 99 99:99:99", "nov  5 10:00:00", "Nov 5 10:00:00"),
        *("2026-11-05T10:00:00Z", "2026-11-05T10:00:00.123456+00:00", "2026-11-05T10:00:00.123456789Z"),
        *("2026-11-05T10:00:00", "2026-11-05T10:00:00.-05:30"),
    ]
)
hosts = st.sampled_from(
    [
        *("web-1", "web-1.example.org", "a", "a-", "192.0.2.10", "2026", "utc", "z", "EST", "nov", "mon"),
        *("auth", "auth.info", "mail.example.org", "daemon.none", "local7.err", "user.info.x", "h" * 256),
        *("debug", "am", "stdout", "std", "message", "web_1", "web:1", "host%1"),
    ]
)
tags = st.sampled_from(
    [
        *("sshd[812]: ", "dropbear[1]: ", "sudo[4194304]: ", "F[1]: ", "auth[1]: ", "CRON[99999999999]: "),
        *(
            "sshd[1]:",
            "sshd[1]:\t",
            "sshd: ",
            "sshd[]: ",
            "su(pam_unix)[7]: ",
            "/usr/sbin/sshd[1]: ",
            "x" * 65,
        ),
    ]
)
messages = st.sampled_from(
    [
        *(LOGIN, f"sshd[1]: {LOGIN}", f"Nov  5 10:00:00 web-1 sshd[2]: {LOGIN}", "[ID 1 auth.info] x", ""),
        *(
            "[1] Nov  5 10:00:00 x",
            " x",
            "dropbear[2]: x",
            "SSHD[1]: x",
            "<38>x",
            "Message forwarded from a: x",
        ),
    ]
)


@given(times, hosts, tags, messages, st.lists(st.tuples(st.integers(0, 60), words), max_size=1))
def test_a_usual_header_is_parsed_at_once_as_it_is_part_by_part(
    time: str, host: str, tag: str, message: str, changes: list[tuple[int, str]]
) -> None:
    line = f"{time} {host} {tag}{message}"
    for place, added in changes:
        line = line[:place] + added + line[place:]
    assert parse_line(line) == part_by_part(line)


@pytest.mark.parametrize(
    "message",
    [
        f"Nov  5 10:00:00 vault-1 sshd[1]: {LOGIN}",
        f"sshd[1]: {LOGIN}",
        f"<38>Nov  5 10:00:00 vault-1 sshd[1]: {LOGIN}",
        f"1 2026-11-05T10:00:00Z vault-1 sshd 1 - - {LOGIN}",
        f"2026-11-05T10:00:00.000000000Z stdout F {LOGIN}",
        f"Nov  5 10:00:00 vault-1 app[7]: {LOGIN}",
    ],
)
@pytest.mark.parametrize(
    "header",
    ["Nov  5 10:00:00 web-1 app[7]: ", "<14>1 2026-11-05T10:00:00Z web-1 app 7 - - ", "web-1 app[7]: "],
)
def test_what_a_program_logs_renames_neither_it_nor_its_host(header: str, message: str) -> None:
    parsed = parse_line(header + message)

    assert (parsed.program, parsed.host, parsed.message) == ("app", "web-1", message)


def test_what_a_program_says_of_another_host_stays_in_its_message() -> None:
    message = f"Nov  5 10:00:00 vault-1 sshd[1]: {LOGIN}"
    assert parse_line(f"Nov  5 10:00:00 web-1 sshd[1]: {message}").message == message


@pytest.mark.parametrize(
    "line",
    [
        "error: kex_exchange_identification: Connection closed by remote host",
        "User alice from 192.0.2.10 not allowed because not listed in AllowUsers",
        "2026-11-05 10:00:00 something happened twice",
        "Nov  5 something",
        "1 a b c d e f g",
        "   alice : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/id",
        "[1234.5] sda2: rw=0",
        "http://example.com/: not found",
        "[]",
        "<",
        "<999999>x",
        "<>x",
        "",
    ],
)
def test_what_is_no_header_stays(line: str) -> None:
    parsed = parse_line(line)
    assert (parsed.message, parsed.host, parsed.program) == (line, None, None)


@pytest.mark.parametrize(
    ("tag", "program"),
    [
        ("sshd", "sshd"),
        ("sshd[812]:", "sshd"),
        ("/usr/sbin/sshd", "sshd"),
        ("sshd@1[2]", "sshd"),
        ("app/web.1", "app/web.1"),
        ("su(pam_unix)[7]", "su(pam_unix)"),
        ("[x]", "[x]"),
        ("/", "/"),
        ("@", "@"),
    ],
)
def test_a_tag_is_named_without_folder_instance_and_pid(tag: str, program: str) -> None:
    assert plain_program(tag) == program


def test_names_of_one_host_and_program_are_known_as_such() -> None:
    assert is_same_host("Bastion-1", "bastion-1.example.com.")
    assert is_same_host(None, "bastion-1")
    assert not is_same_host("bastion-1", "bastion-10")
    assert not is_same_host("bastion", "bastion-1.example.com")
    assert is_same_program("SSHD", "/usr/sbin/sshd[1]")
    assert not is_same_program("sshd", "sshd-session")


@pytest.mark.parametrize(
    ("stated", "name"),
    [("4", "auth"), ("AUTHPRIV", "authpriv"), ("security/authorization", "auth"), ("24", "24")],
)
def test_facilities_have_one_name(stated: str, name: str) -> None:
    assert facility_name(stated) == name
