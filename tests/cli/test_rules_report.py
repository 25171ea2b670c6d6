import io
import json
from collections.abc import Iterator

import pytest
from rich.console import Console

from powertrip.cli.rules.report import Tally, as_json_line, as_row, judge_lines
from tests.rules.support import rules_of

RULES = rules_of("- {use: ssh, source: bastions}")
LOGIN = "Accepted password for alice from 192.0.2.10 port 50000 ssh2"


def fields_of(line: str) -> dict[str, str]:
    """The fields of a line that must be a match."""
    (verdict,) = judge_lines(RULES, [line])
    assert verdict.verdict == "match", verdict
    return dict(verdict.fields)


@pytest.mark.parametrize(
    ("line", "host"),
    [
        (LOGIN, None),
        (f"Nov 22 20:08:58 bastion-1 sshd[99]: {LOGIN}", "bastion-1"),
        (f"Dec  1 20:08:58 bastion-1 sshd-session[99]: {LOGIN}\n", "bastion-1"),
        (f"2026-11-22T20:08:58.759677+00:00 bastion-1 sshd[99]: {LOGIN}", "bastion-1"),
        (f"<38>Nov 22 20:08:58 bastion-1 sshd[99]: {LOGIN}", "bastion-1"),
        (f"<38>Nov 22 20:08:58 sshd[99]: {LOGIN}", None),
        (f"<86>2026-11-22T20:08:58Z 2001:db8::5 sshd: {LOGIN}\r\n", "2001:db8::5"),
        (json.dumps({"message": f" {LOGIN}", "host": "bastion-1", "programname": "sshd"}), "bastion-1"),
        (json.dumps({"MESSAGE": LOGIN, "_HOSTNAME": "bastion-1", "_UID": "0", "_COMM": "sshd"}), "bastion-1"),
        (json.dumps({"MESSAGE": list(LOGIN.encode()), "_HOSTNAME": "bastion-1"}), "bastion-1"),
    ],
)
def test_a_line_is_understood_in_each_of_its_forms(line: str, host: str | None) -> None:
    fields = fields_of(line)

    assert (fields["user_name"], fields["source_ip"]) == ("alice", "192.0.2.10")
    assert fields.get("host_name") == host


@pytest.mark.parametrize(
    "line",
    [
        f"<13>Nov 22 20:08:58 sshd[99]: {LOGIN}",
        json.dumps({"message": LOGIN, "program": "sshd", "facility": "user"}),
        json.dumps({"MESSAGE": LOGIN, "SYSLOG_IDENTIFIER": "sshd", "SYSLOG_FACILITY": "1"}),
        json.dumps({"MESSAGE": LOGIN, "SYSLOG_IDENTIFIER": "sshd", "SYSLOG_FACILITY": 4, "_UID": "1000"}),
        json.dumps({"MESSAGE": LOGIN, "SYSLOG_IDENTIFIER": "sshd", "_COMM": "logger"}),
    ],
)
def test_a_line_that_another_program_wrote_is_quarantined_with_the_reason(line: str) -> None:
    (verdict,) = judge_lines(RULES, [line])

    assert (verdict.verdict, verdict.rule, verdict.fields) == ("quarantine", "ssh_login", {})
    assert "another program may have written it" in (verdict.reason or "")


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "{}",
        "[1]",
        "{'a': 1}",
        '{"message": null}',
        '{"message": {"a": 1}}',
        "<999999>x",
        "\x00",
        "\udcff",
    ],
)
def test_a_line_that_is_nothing_known_is_unmatched(line: str) -> None:
    assert [verdict.verdict for verdict in judge_lines(RULES, [line])] == ["unmatched"]


def test_blank_lines_count_but_are_not_judged() -> None:
    assert [verdict.line for verdict in judge_lines(RULES, ["a", "", "  \n", "b"])] == [1, 4]


def test_rules_of_other_sources_do_not_judge_the_lines_of_a_named_source_but_no_login_is_let_go() -> None:
    named = [next(judge_lines(RULES, [LOGIN], source=source)).verdict for source in ("bastions", "web")]

    assert named == ["match", "quarantine"]


def test_each_verdict_is_one_json_object_on_a_line() -> None:
    lines = [
        LOGIN,
        "Accepted key RSA x found at y",
        "Accepted nothing",
        "zoë \u202e",
        f"<13>Nov 22 20:08:58 sshd[9]: {LOGIN}",
    ]
    printed = [as_json_line(verdict) for verdict in judge_lines(RULES, lines)]
    verdicts = [json.loads(line) for line in printed]

    assert all(line.isascii() and "\n" not in line for line in printed)
    assert [(v["line"], v["verdict"], v["rule"]) for v in verdicts] == [
        (1, "match", "ssh_login"),
        (2, "ignored", "ssh_verbose"),
        (3, "quarantine", "ssh_login"),
        (4, "unmatched", None),
        (5, "quarantine", "ssh_login"),
    ]
    assert verdicts[0]["fields"]["user_name"] == "alice"
    assert verdicts[2]["reason"] == "should be judged by ssh_login, which does not match it"


def shown(lines: list[str]) -> str:
    """The rows and the summary as a terminal shows them."""
    console = Console(file=io.StringIO(), width=200, force_terminal=True, color_system="truecolor")
    tally = Tally()
    for verdict in judge_lines(RULES, lines):
        tally.count(verdict)
        console.print(as_row(verdict), soft_wrap=True)
    for line in tally.lines():
        console.print(line, highlight=False)
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_the_table_shows_lines_fields_and_sums() -> None:
    table = shown([LOGIN, "Accepted nothing", "hello", LOGIN])

    assert "user_name=alice, source_ip=192.0.2.10" in table
    assert "should be judged by ssh_login" in table
    assert table.endswith(
        "2 match, 0 ignored, 1 quarantine, 1 unmatched\n  ssh_login: 2 match, 1 quarantine\n"
    )


def test_a_log_line_cannot_steer_the_terminal_or_the_table() -> None:
    table = shown(["evil \x1b[2J\x1b]0;title\x07 \u202e [red]text[/red] [/] end"])

    assert "\x1b[2J" not in table
    assert "\u202e" not in table
    assert r"evil \x1b[2J\x1b]0;title\x07 \u202e [red]text[/red] [/] end" in table


def test_the_table_leaves_nothing_out_of_a_long_word() -> None:
    assert "a" * 1000 + "z" in shown(["a" * 1000 + "z"])


def test_lines_are_judged_one_by_one_as_they_come() -> None:
    read: list[int] = []

    def lines() -> Iterator[str]:
        for number in range(3):
            read.append(number)
            yield LOGIN

    next(judge_lines(RULES, lines()))

    assert read == [0]
