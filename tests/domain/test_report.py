"""The figures of a report are those of a month that was counted by hand, and nobody is told apart in them."""

from datetime import timedelta

from powertrip.domain.report import Asked, Group
from powertrip.domain.report_tally import in_bursts
from powertrip.domain.statistics import share_up_to
from tests.month import FIELDS, PEOPLE, REVIEWERS, SINCE, answered, asked, month, report_of
from tests.samples import ALICE, BOB


def test_they_are_those_of_a_month_counted_by_hand() -> None:
    told = report_of(month())
    people, agents, reviewers = told.answers

    assert (told.events, told.asked, told.answered, told.denied, told.in_storms) == (82, 81, 80, 1, 3)
    # 37 by people and 40 by reviewers outside of the storm, and one that was reminded of and waits.
    assert (told.settled, told.unreminded) == (78, 73)
    assert (people.group, people.answered) == (Group.PEOPLE, 37)
    assert people.waits == {2: 6, 10: 5, 20: 5, 30: 5, 40: 5, 50: 5, 60: 5, 100: 1}
    assert (share_up_to(people.waits, 0.5), share_up_to(people.waits, 0.9)) == (30, 60)
    # The denial is no approval.
    assert (people.approvals, people.timed, people.fast, people.in_bursts) == (36, 36, 6, 6)
    assert agents.answered == 0
    assert reviewers.answered == 43
    # 32 days of a person with one card, and one with six.
    assert told.cards is not None
    assert (told.cards.median, told.cards.p95, told.cards.most) == (1, 1, 6)
    assert [(each.rule, each.asked, each.denied, each.approvals, each.fast) for each in told.rules] == [
        ("ssh_login", 79, 0, 36, 6),
        ("sudo", 2, 1, 0, 0),
    ]
    assert told.per_day["2026-01-07"] == {"denied": 1}


def test_a_month_without_events_has_figures_of_nothing() -> None:
    told = report_of([])
    assert (told.events, told.asked, told.settled, told.rules, told.cards) == (0, 0, 0, (), None)
    assert not told.people_asked
    assert [group.answered for group in told.answers] == [0, 0, 0]


def test_what_two_reviewers_do_is_withheld_and_what_six_people_do_is_not() -> None:
    people, _, reviewers = report_of(month()).answers
    assert (reviewers.waits, reviewers.fast, reviewers.in_bursts) == (None, None, None)
    assert people.waits is not None


def test_four_people_are_withheld_and_five_are_told() -> None:
    def of(count: int) -> tuple[bool, ...]:
        told = report_of(answered(asked(f"e{n}", 1, person), 1) for n, person in enumerate(PEOPLE[:count]))
        figures = (told.answers[0].waits, told.cards, told.rules[0].fast, told.unreminded)
        return tuple(figure is None for figure in figures)

    assert (of(4), of(5)) == ((True,) * 4, (False,) * 4)


def test_of_rules_nothing_is_told_by_which_the_rest_of_few_could_be_reckoned() -> None:
    many = [answered(asked(f"e{n}", 1, person), 1) for n, person in enumerate(PEOPLE)]
    alone = answered(asked("alone", 1, ALICE, rule="sudo"), 1)
    rest = [answered(asked(f"r{n}", 1, person, rule=f"r{n}"), 1) for n, person in enumerate(PEOPLE)]

    assert [each.fast for each in report_of(many).rules] == [6]
    # All six approved 7 in under three seconds: with 6 of ssh_login told, Alice's one of sudo would be.
    assert [each.fast for each in report_of([*many, alone]).rules] == [None, None]
    # Six people share what these rules withhold.
    assert [each.fast for each in report_of([*many, *rest]).rules] == [6, *[None] * 6]


def test_ones_own_figures_are_of_oneself_and_withhold_nothing() -> None:
    told = report_of(month(), own=ALICE)
    (people, _) = told.answers
    assert told.is_own
    assert (told.asked, people.answered, people.fast, people.in_bursts) == (11, 11, 6, 6)
    assert told.cards is not None
    assert told.cards.most == 6
    # What would halve it is for reviewers to change.
    assert [rule.advice for rule in told.rules] == [None]


def test_people_who_answer_for_their_agent_are_counted_apart() -> None:
    events = [answered(asked(f"e{n}", 1, person), 9) for n, person in enumerate(PEOPLE)]
    agents = [answered(asked(f"a{n}", 1, person), 1, by_agent=True) for n, person in enumerate(PEOPLE)]
    people, by_agent, _ = report_of([*events, *agents]).answers
    assert (people.answered, people.fast) == (6, 0)
    assert (by_agent.answered, by_agent.fast) == (6, 6)
    # Of a rule what people did themselves counts.
    assert report_of([*events, *agents]).rules[0].fast == 0


def test_a_burst_is_five_approvals_within_a_minute() -> None:
    minute = 60_000_000
    assert in_bursts(n * minute // 4 for n in range(5)) == 5
    assert in_bursts(n * minute // 4 + n for n in range(5)) == 0
    assert in_bursts([*range(4), minute * 10]) == 0
    # Each counts once, however many bursts it is part of.
    assert in_bursts(n * minute // 5 for n in range(100)) == 100
    assert in_bursts([]) == 0


def test_under_three_seconds_ends_at_three() -> None:
    waits = (0, 2.999, 3, 3.001, 50)
    events = (answered(asked(f"e{n}", 1, p), w) for n, (p, w) in enumerate(zip(PEOPLE, waits, strict=False)))
    assert report_of(events).answers[0].fast == 2


def test_a_card_that_was_found_after_it_was_answered_has_no_time() -> None:
    early = answered(asked("early", 1, BOB), -5)
    (people, *_) = report_of([early, *(answered(asked(p, 1, p), 7) for p in PEOPLE)]).answers
    assert (people.answered, people.timed, people.waits) == (7, 6, {7: 6})


def test_shares_are_values_that_were_there() -> None:
    assert [share_up_to({1: 1, 9: 1}, share) for share in (0, 0.5, 0.9, 1)] == [1, 1, 9, 9]
    assert share_up_to({7: 1}, 0.5) == 7


# What would halve it.


def bots(count: int, name: str = "oswaldo", *, days: int = 2, **changes: object) -> list[Asked]:
    values = {"user_name": name, "host_name": "deploy-1", "source_ip": "192.0.2.7"}
    return [
        answered(
            asked(f"{name}{n}", 1 + n % days, None, is_bot=True, values=values, **changes), 60, "U0GRACE"
        )
        for n in range(count)
    ]


def advised(events: list[Asked]) -> list[dict[str, object]]:
    (rule, *_) = report_of(events).rules
    return [dict(entry["where"]) for entry in rule.advice.entries] if rule.advice else []


def test_a_bot_at_its_address_is_what_would_halve_it() -> None:
    (rule, _) = report_of(month()).rules
    assert rule.advice is not None
    assert (rule.advice.spared, rule.advice.halves) == (40, True)
    assert rule.advice.entries == (
        {
            "name": "ssh_login_expected_1",
            "rule": "ssh_login",
            "where": {"user_name": "oswaldo", "source_ip": "192.0.2.7"},
            "ignore": True,
        },
    )


def test_nothing_is_offered_that_was_denied_is_grave_or_is_no_habit() -> None:
    denied = answered(bots(1, days=1)[0], 60, "U0GRACE", verdict="deny")
    assert advised(bots(6)) != []
    assert advised([*bots(6), denied]) == []
    assert advised(bots(6, severity="high")) == []
    assert advised(bots(4)) == []
    assert advised(bots(6, days=1)) == []


def test_no_person_and_no_stranger_is_named() -> None:
    values = {"user_name": "alice", "host_name": "web-1", "source_ip": "192.0.2.10"}
    alices = [answered(asked(f"a{n}", 1 + n % 3, ALICE, values=values), 5) for n in range(50)]
    strangers = [answered(asked(f"s{n}", 1 + n % 3, None, values=values), 5, "U0GRACE") for n in range(50)]
    assert advised(alices) == advised(strangers) == []


def test_what_five_people_do_alike_on_a_host_can_be_named_and_what_four_do_cannot() -> None:
    values = {"user_name": "x", "host_name": "db-1", "command": "/usr/bin/apt update"}

    def of(count: int, *others: None) -> list[dict[str, object]]:
        changes = {"rule": "sudo", "decisive": "command", "values": values}
        return advised(
            [
                answered(asked(f"{day}{person}", day, person, **changes), 5, person or REVIEWERS[0])
                for day in (1, 2)
                for person in (*PEOPLE[:count], *others)
            ]
        )

    assert of(5) == [{"command": "/usr/bin/apt update", "host_name": "db-1"}]
    assert of(4) == []
    # Somebody did it, too, whom the configuration does not know.
    assert of(5, None) == []


def test_as_few_entries_are_offered_as_it_takes_and_never_more_than_three() -> None:
    one, others = bots(10), [bots(9, f"bot{n}") for n in range(6)]
    assert len(advised([*one, *others[0]])) == 1
    assert len(advised([*one, *others[0], *others[1]])) == 2
    events = [*one, *(each for listed in others for each in listed)]
    assert len(advised(events)) == 3
    (rule,) = report_of(events).rules
    assert rule.advice is not None
    assert (rule.advice.spared, rule.advice.halves) == (28, False)


def test_values_that_nobody_could_read_are_not_offered() -> None:
    assert advised(bots(6, "oswaldo\u202e")) == advised(bots(6, "o" * 101)) == []


def test_a_field_that_the_rule_does_not_name_is_not_offered() -> None:
    # A rule that was changed since, or is there no more.
    assert "gone" not in FIELDS
    assert advised(bots(6, rule="gone")) == []


def test_each_event_is_counted_on_the_day_it_came() -> None:
    late = asked("late", 1, ALICE, at=SINCE + timedelta(hours=23, minutes=59))
    assert report_of([late]).per_day == {"2026-01-01": {"pending": 1}}
