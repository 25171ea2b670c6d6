"""The answers to `stats` and `rules`."""

from typing import Any

from powertrip.cards import rules_card, stats_card
from powertrip.domain.event import Status
from powertrip.domain.statistics import Numbers, RuleCount
from tests.cards.reading import objections, read, shown
from tests.samples import ALICE, CAROL, NOW


def numbers(events: dict[tuple[str, Status], int] | None = None, **changes: Any) -> Numbers:
    """Numbers since NOW; `events` by rule and status."""
    nothing: dict[str, Any] = {
        "tallies": {},
        "quarantined": 0,
        "deciders": {},
        "opened_per_day": {},
        "waits_per_day": {},
    }
    counts = tuple(
        RuleCount(rule=rule, status=status, count=count) for (rule, status), count in (events or {}).items()
    )
    return Numbers(since=NOW, events=counts, **nothing | changes)


def test_stats_are_a_table_and_a_few_lines() -> None:
    stats = numbers(
        events={
            ("ssh_login", Status.APPROVED): 120,
            ("ssh_login", Status.PENDING): 2,
            ("sudo", Status.DENIED): 1,
        },
        waits_per_day={"2026-01-15": {10: 1, 9000: 1}, "2026-01-16": {125: 1}},
        tallies={("ignored", "backup"): 900, ("ignored", "monitoring"): 100, ("unmatched", "servers"): 7},
        quarantined=1,
        deciders={ALICE: 50, CAROL: 71},
    )

    assert read(stats_card(stats)) == [
        "# 123 events since 2026-01-15",
        "rule       pending  half approved  approved  denied  closed",
        "ssh_login  2        0              120       0       0",
        "sudo       0        0              0         1       0",
        "Since: 2026-01-15 12:00:00 UTC",
        "Half were decided within: 2 min 5 s",
        "Ignored by rule: 1,000 records",
        "Matched no rule: 7 records (servers 7)",
        "In quarantine: 1 record",
        "@U0CAROL decided 71 times",
        "@U0ALICE decided 50 times",
    ]


def test_stats_of_nothing_say_so() -> None:
    said = shown(stats_card(numbers()))

    assert said.startswith("# 0 events since 2026-01-15\nSince: ")
    assert "Half were decided within: nothing decided yet" in said


def test_stats_of_very_many_rules_and_people_are_taken_by_slack() -> None:
    stats = numbers(
        events={("\u202e" * 50 + f"rule_{number}", Status.PENDING): 10**9 for number in range(200)},
        deciders={f"U0{number:04d}": 5 for number in range(50)},
    )

    message = stats_card(stats)

    assert objections(message) == []
    assert "… and 170 more rules" in shown(message)
    assert "… and 40 others decided" in shown(message)


def test_rules_are_listed_with_what_they_do() -> None:
    assert shown(rules_card([("ssh_login", "SSH login, severity medium")])) == (
        "# 1 rule in force\nssh_login  SSH login, severity medium"
    )


def test_very_many_rules_are_counted() -> None:
    message = rules_card([(f"<!channel> {number}", "x" * 1000) for number in range(100)])

    assert objections(message) == []
    assert shown(message).endswith("… and 70 more rules")


def test_no_rules_are_said_to_be_none() -> None:
    assert shown(rules_card([])) == "# 0 rules in force"
