"""A report in words: short, without anybody's name, and shown as text whatever rules and hosts are called."""

from dataclasses import replace

import yaml

from powertrip.cards import digest_card, report_digest
from powertrip.cards.report import CAUTION, MEASURED, as_yaml
from powertrip.domain.delivery import Box, Digest
from powertrip.domain.report import Report
from powertrip.domain.report_advice import Advice
from tests.cards.hostile import NASTY
from tests.cards.reading import buttons, mentioned, objections, read
from tests.month import PEOPLE, REVIEWERS, asked, month, report_of
from tests.samples import ALICE

PEOPLE_IN_WORDS = (
    "People about themselves: 37 answers; half within 30 s, nine of ten within 1 min; "
    "approvals in under 3 s: 6 of 36 (17%); in bursts of 5 a minute: 6 of 36 (17%)"
)


def card(report: Report) -> list[str]:
    return read(digest_card(report_digest(report)))


def test_a_month_is_told_in_few_lines() -> None:
    assert card(report_of(month())) == [
        "# 📊 What was asked, 2026-01-01 to 2026-02-01",
        "Asked: 81 events; 80 answered, 1 of them denied, 1 open; 1 more had no card yet",
        "In storms: 3 of them, of which no times are measured",
        "Before the first reminder: 73 of 78 (94%)",
        PEOPLE_IN_WORDS,
        "Reviewers about others: 43 answers; times withheld, as fewer than 5 people gave them",
        "Cards a person and day: 1 on the middle day, 1 or fewer on 19 days of 20, 6 at most (days with any)",
        f"Times: {MEASURED}. Tests are left out, and nobody is named.",
        "Rules that ask most, and approvals by the people themselves in under 3 seconds",
        "rule       asked  denied  < 3 s",
        "ssh_login  79     0       6",
        "sudo       2      1",
        "ssh_login: with this under rules it would have asked 39 and not 79.",
        CAUTION,
        "- name: ssh_login_expected_1",
        "  rule: ssh_login",
        "  where: {user_name: oswaldo, source_ip: 192.0.2.7}",
        "  ignore: true",
        "sudo: no suggestion; nothing there repeats that was never denied, and that names no person.",
    ]


def test_it_names_nobody_calls_nobody_and_asks_nothing() -> None:
    message = digest_card(report_digest(report_of(month())))
    assert objections(message) == []
    assert mentioned(message) == set()
    assert buttons(message) == []
    said = str(message)
    assert [name for name in (*PEOPLE, *REVIEWERS) if name in said] == []


def test_nothing_asked_is_said_in_a_line() -> None:
    assert card(report_of([])) == [
        "# 📊 What was asked, 2026-01-01 to 2026-02-01",
        "Asked: nothing in this time.",
    ]


def test_what_was_expected_is_counted_and_not_called_unasked() -> None:
    expected = [
        asked(f"e{n}", 1, ALICE, is_expected=True, was_asked=False, asked_at=None, in_person=False)
        for n in range(4)
    ]
    said = "Covered by expectations: 4 more, of which nobody was asked"
    assert card(report_of(expected))[1:] == ["Asked: nothing in this time.", said]
    assert card(report_of([*month(), *expected]))[1:3] == [
        "Asked: 81 events; 80 answered, 1 of them denied, 1 open; 1 more had no card yet",
        said,
    ]


def test_ones_own_says_whose_it_is() -> None:
    lines = card(report_of(month(), own=ALICE))
    assert lines[0] == "# 📊 What you were asked, 2026-01-01 to 2026-02-01"
    assert not any("withheld" in line or "entry" in line for line in lines)


def test_what_is_withheld_in_the_table_is_explained() -> None:
    lines = card(report_of(each for each in month() if each.subject in (None, ALICE)))
    assert any(line.startswith("A ? in the last column: withheld") for line in lines)
    assert any(line.startswith("ssh_login") and line.endswith(" ?") for line in lines)


def test_whatever_things_are_called_slack_takes_it_and_the_entry_reads_back() -> None:
    report = report_of(month())
    for nasty in NASTY:
        where = {"user_name": nasty or "x", "host_name": nasty or "x"}
        entry = {"name": "x_expected_1", "rule": "x", "where": where, "ignore": True}
        advice = Advice(entries=(entry,) * 3, spared=1, halves=False)
        rule = replace(report.rules[0], rule=nasty or "x", fast=None)
        rules = [*[replace(rule, advice=advice)] * 5, *[rule] * 30]
        assert objections(digest_card(report_digest(replace(report, rules=tuple(rules))))) == [], nasty
        if "\ud800" not in nasty:
            assert yaml.safe_load(as_yaml(advice)) == [entry] * 3, nasty


def test_a_digest_of_too_much_is_cut_and_says_so() -> None:
    digest = Digest(title="x" * 500, lines=("y" * 2000,) * 10, boxes=(Box(lines=("z",), text="w\n" * 9000),))
    assert objections(digest_card(digest)) == []
