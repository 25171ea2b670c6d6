import pytest

from powertrip.rules import MESSAGE_LIMIT, Ignored, Match, Quarantined, Unmatched, cut_message
from tests.rules.support import matched, rules_of
from tests.samples import record

LOGIN = """
- name: login
  title: Login
  program: app
  pattern: '^in (?P<user_name>[a-z]+)(?: from (?P<source_ip>[^ ]+))?$'
  types: {source_ip: ip}
  expects: {prefix: 'in '}
"""
MONITORING = """
- name: monitoring
  ignore: true
  rule: login
  where: {user_name: oswaldo, source_ip: 192.0.2.0/28}
"""


def app(message: str, **changes: object) -> object:
    """What the rules LOGIN and MONITORING say of a message of the program `app`."""
    return rules_of(LOGIN + MONITORING).judge(record(message, **{"program": "app", **changes}))


def test_a_match_names_the_fields_and_the_host() -> None:
    fields = matched(rules_of(LOGIN), "in alice from 192.0.2.10", program="app", host_name="web-1")

    assert fields == {"user_name": "alice", "source_ip": "192.0.2.10", "host_name": "web-1"}


def test_what_the_record_does_not_know_is_absent() -> None:
    assert matched(rules_of(LOGIN), "in alice", program="app", host_name=None) == {"user_name": "alice"}


@pytest.mark.parametrize("text", [" in alice", "  in alice", "\tin alice \r\n", "\ufeffin alice\0"])
def test_blanks_at_the_ends_of_a_message_hide_it_from_no_rule(text: str) -> None:
    assert isinstance(app(text), Match)


def test_a_rule_that_wants_the_blanks_has_them() -> None:
    rules = rules_of("- {name: indented, title: Indented, folds_people: true, pattern: '^ in [a-z]+  $'}")

    assert isinstance(rules.judge(record("  in alice  ")), Match)
    assert isinstance(rules.judge(record("in alice")), Unmatched)


def test_a_rule_of_the_config_may_want_the_header_of_a_line_and_a_pack_never_does() -> None:
    line = "2026-11-05 10:00:00 vpn-1 vpn: alice connected"
    taken_apart = record("alice connected", raw=line, program="vpn")
    own = (
        "- {name: own, title: Own, pattern: '^2026-[^ ]+ [^ ]+ vpn-1 vpn: (?P<user_name>[a-z]+) connected$'}"
    )

    assert isinstance(rules_of(own).judge(taken_apart), Match)
    forged = record("hello", raw="Accepted password for alice from 192.0.2.10 port 1 ssh2", program="sshd")
    assert isinstance(rules_of(f"{own}\n- use: ssh").judge(forged), Quarantined)


def test_a_message_that_the_rule_should_judge_and_cannot_is_quarantined() -> None:
    verdict = app("in Alice")

    assert isinstance(verdict, Quarantined)
    assert verdict.rule is not None
    assert verdict.rule.name == "login"
    assert verdict.reason == "should be judged by login, which does not match it"


@pytest.mark.parametrize("program", ["app", None])
def test_a_rule_whose_words_could_be_anybodys_wants_the_program_named(program: str | None) -> None:
    rules = rules_of(f"{LOGIN}  program_known: true")

    for message, verdict in (("in alice", Match), ("in Alice", Quarantined)):
        expected = Unmatched if program is None else verdict
        assert isinstance(rules.judge(record(message, program=program)), expected)


@pytest.mark.parametrize(
    ("message", "program", "expected"),
    [
        ("in Alice", "app", True),
        ("[info] user Alice came in", "app", True),
        ("[info] user Alice left", "app", False),
        ("entered: Alice", "app-2", True),
        ("entered: Alice", "app", False),
    ],
)
def test_a_rule_may_expect_several_kinds_of_messages(message: str, program: str, expected: bool) -> None:
    several = (
        "expects: [{prefix: 'in '}, {contains: ['user ', ' came in']}, {program: app-2, contains: entered}]"
    )
    rules = rules_of(LOGIN.replace("expects: {prefix: 'in '}", several))
    verdict = rules.judge(record(message, program=program))
    assert isinstance(verdict, Quarantined if expected else Unmatched)


@pytest.mark.parametrize(
    "message", ["message repeated 3 times: [ in alice]", "message repeated 12 times: [in alice]"]
)
def test_what_rsyslog_sums_up_is_judged_as_what_was_repeated(message: str) -> None:
    assert matched(rules_of(LOGIN), message, program="app")["user_name"] == "alice"


@pytest.mark.parametrize(
    "message",
    [
        "3 times: [in alice]",
        "message repeated 3 times: [ in alice",
        "message repeated x times: [ in alice]",
        "message repeated 3 times: [message repeated 3 times: [ in alice]]",
        "message repeated 3 times: [  in alice]",
        "so message repeated 3 times: [ in alice]",
    ],
)
def test_what_only_looks_summed_up_is_no_repetition(message: str) -> None:
    assert not isinstance(app(message), Match)


@pytest.mark.parametrize(
    ("conditions", "matching"),
    [
        ("where: {user_name: {pattern: '^a.*$'}}", {"alice"}),
        ("unless: {user_name: {pattern: '^a.*$'}}", {"bob"}),
        ("unless: {source_ip: {pattern: '^192\\..*$'}}", {"alice", "bob"}),
        ("where: {source_ip: {pattern: '^192\\..*$'}}", set()),
    ],
)
def test_a_condition_may_be_a_pattern(conditions: str, matching: set[str]) -> None:
    rules = rules_of(f"{LOGIN}  {conditions}")
    names = {"alice", "bob"}
    assert {
        name for name in names if isinstance(rules.judge(record(f"in {name}", program="app")), Match)
    } == matching


def test_a_value_that_is_not_of_its_type_is_no_match() -> None:
    assert isinstance(app("in alice from nowhere"), Quarantined)


def test_a_message_of_another_program_is_nobodys() -> None:
    assert isinstance(app("in alice", program="sshd"), Unmatched)
    assert isinstance(app("in Alice", program="sshd"), Unmatched)


def test_a_record_of_an_unknown_program_is_judged_by_its_text() -> None:
    assert isinstance(app("in alice", program=None), Match)
    assert isinstance(app("in Alice", program=None), Quarantined)


def test_a_rule_judges_only_its_sources() -> None:
    rules = rules_of("- {name: a, title: t, source: syslog, pattern: '^in (?P<user_name>.+)$'}")

    assert isinstance(rules.judge(record("in alice", source="syslog")), Match)
    assert isinstance(rules.judge(record("in alice", source="papertrail")), Unmatched)


@pytest.mark.parametrize("address", ["192.0.2.7", "::ffff:192.0.2.7"])
def test_an_ignore_rule_wins_where_all_its_conditions_hold(address: str) -> None:
    verdict = app(f"in oswaldo from {address}")

    assert isinstance(verdict, Ignored)
    assert verdict.rule.name == "monitoring"
    assert verdict.fields["source_ip"] == "192.0.2.7"


@pytest.mark.parametrize(
    "message",
    ["in oswaldo from 192.0.2.16", "in alice from 192.0.2.7", "in oswaldo", "in oswaldo from fe80::1%eth0"],
)
def test_an_ignore_rule_leaves_what_is_outside_its_conditions(message: str) -> None:
    assert isinstance(app(message), Match)


def test_an_ignore_rule_with_a_pattern_of_its_own_wins_wherever_it_is_written() -> None:
    rules = rules_of(
        "- {name: a, title: t, pattern: '^in (?P<user_name>.+)$'}\n- {name: b, ignore: true, pattern: ^in.*$}"
    )

    assert isinstance(rules.judge(record("in alice")), Ignored)


def test_the_first_of_several_rules_wins() -> None:
    rules = rules_of(
        "- {name: root, title: t, pattern: '^in (?P<user_name>.+)$', where: {user_name: [root, admin]}}\n"
        "- {name: any, title: t, pattern: '^in (?P<user_name>.+)$'}"
    )
    names = [
        verdict.rule.name
        for verdict in map(rules.judge, map(record, ("in root", "in admin", "in alice")))
        if isinstance(verdict, Match)
    ]

    assert names == ["root", "root", "any"]


@pytest.mark.parametrize("elsewhere", ["source: papertrail", "program: app"])
def test_a_rule_for_other_records_hides_no_rule_below_it(elsewhere: str) -> None:
    rules = rules_of(
        f"- {{name: elsewhere, title: t, {elsewhere}, pattern: '^in (?P<user_name>.+)$'}}\n"
        "- {name: here, title: t, pattern: '^in (?P<user_name>.+)$'}"
    )
    verdict = rules.judge(record("in alice", source="syslog", program="sshd"))

    assert isinstance(verdict, Match)
    assert verdict.rule.name == "here"


def test_patterns_are_tried_in_their_order() -> None:
    rules = rules_of(
        "- name: a\n  title: t\n  pattern:\n"
        "  - ^(?P<user_name>[a-z]+) on (?P<tty>[a-z]+)$\n  - ^(?P<user_name>.+)$\n"
    )

    assert matched(rules, "alice on tty", host_name=None) == {"user_name": "alice", "tty": "tty"}
    assert matched(rules, "alice!", host_name=None) == {"user_name": "alice!"}


def test_a_pattern_whose_values_are_not_of_their_type_leaves_it_to_the_next() -> None:
    rules = rules_of(
        "- name: a\n  title: t\n  types: {source_ip: ip}\n  pattern:\n"
        "  - ^(?P<user_name>[a-z]+) from (?P<source_ip>.+)$\n  - ^(?P<user_name>[a-z]+) from (?P<place>.+)$\n"
    )

    assert matched(rules, "alice from home", host_name=None) == {"user_name": "alice", "place": "home"}


def test_an_unanchored_rule_finds_its_pattern_inside_a_message() -> None:
    rules = rules_of("- {name: a, title: t, unanchored: true, pattern: 'user=(?P<user_name>[a-z]+)'}")

    assert matched(rules, "x user=alice y")["user_name"] == "alice"


def test_constants_are_added_and_left_out_where_a_field_is_missing() -> None:
    rules = rules_of(
        "- name: a\n  title: t\n  pattern: '^in (?P<user_name>[a-z]+)(?: by (?P<method>.+))?$'\n"
        "  fields: {event_outcome: success, account: $user_name@$host_name, how: by $method, price: 5$$}\n"
    )

    assert matched(rules, "in alice", host_name="web-1") == {
        "user_name": "alice",
        "host_name": "web-1",
        "event_outcome": "success",
        "account": "alice@web-1",
        "price": "5$",
    }


def fold_key(message: str, **changes: object) -> str:
    """The fold key of a login."""
    verdict = app(message, **changes)
    assert isinstance(verdict, Match)
    return verdict.fold_key


def test_the_same_person_host_and_address_fold_together() -> None:
    assert fold_key("in alice from 192.0.2.10") == fold_key(" in alice from ::ffff:192.0.2.10")


@pytest.mark.parametrize(
    "other",
    [
        {"message": "in bob from 192.0.2.10"},
        {"message": "in alice from 192.0.2.11"},
        {"message": "in alice"},
        {"message": "in alice from 192.0.2.10", "host_name": "web-2"},
        {"message": "in alice from 192.0.2.10", "source": "papertrail"},
    ],
)
def test_another_person_host_address_or_source_is_another_event(other: dict[str, str]) -> None:
    assert fold_key("in alice from 192.0.2.10") != fold_key(**other)


def test_logins_that_name_nobody_are_never_folded() -> None:
    rules = rules_of("- {name: a, title: t, pattern: '^in(?: (?P<user_name>.+))?$'}")
    one, two = rules.judge(record("in")), rules.judge(record("in"))

    assert isinstance(one, Match)
    assert isinstance(two, Match)
    assert one.fold_key != two.fold_key


TRUSTING = LOGIN + "  trust: {facility: auth, journald_uid: 0, journald_comm: [app, app-child]}\n"


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({"facility": "user"}, "has facility 'user', not auth"),
        ({"facility": "auth", "trusted": {"_UID": "1000", "_COMM": "app"}}, "has _UID '1000', not 0"),
        ({"trusted": {"_UID": "0", "_COMM": "logger"}}, "has _COMM 'logger', not app or app-child"),
    ],
)
def test_a_record_that_another_program_may_have_written_is_quarantined(
    metadata: dict[str, object], reason: str
) -> None:
    verdict = rules_of(TRUSTING + MONITORING).judge(
        record("in oswaldo from 192.0.2.7", program="app", **metadata)
    )

    assert isinstance(verdict, Quarantined)
    assert reason in verdict.reason


def test_a_record_that_an_ignore_rule_does_not_trust_is_left_to_the_other_rules() -> None:
    rules = rules_of(
        "- {name: quiet, ignore: true, pattern: ^in.*$, trust: {facility: auth}}\n"
        "- {name: a, title: t, pattern: '^in (?P<user_name>.+)$'}"
    )

    assert isinstance(rules.judge(record("in alice", facility="auth")), Ignored)
    assert isinstance(rules.judge(record("in alice", facility="user")), Match)


@pytest.mark.parametrize(
    "metadata", [{}, {"facility": "auth"}, {"trusted": {"_UID": "0", "_COMM": "app-child", "_PID": "7"}}]
)
def test_a_record_is_trusted_unless_the_log_says_otherwise(metadata: dict[str, object]) -> None:
    assert isinstance(rules_of(TRUSTING).judge(record("in alice", program="app", **metadata)), Match)


def test_a_long_message_is_cut_and_the_cut_is_counted() -> None:
    text, cut = cut_message("x" * (MESSAGE_LIMIT + 5))

    assert (len(text), cut) == (MESSAGE_LIMIT, 5)
    assert cut_message("short") == ("short", 0)


def test_only_the_first_characters_of_a_message_are_judged() -> None:
    rules = rules_of("- {name: a, title: t, pattern: '^in (?P<user_name>[a-z]+)!?$'}")

    assert isinstance(rules.judge(record("in " + "a" * MESSAGE_LIMIT + "!")), Match)


@pytest.mark.parametrize(
    "message", ["", " ", "in \ud800", "in \x00", "in \N{PILE OF POO}", "in a\nb", "in \u202e"]
)
def test_no_text_makes_a_rule_set_fail(message: str) -> None:
    rules = rules_of("- {name: a, title: t, pattern: '^in (?P<user_name>[^x]+)$'}")

    assert isinstance(rules.judge(record(message)), Match | Unmatched)


def test_a_thousand_rules_are_judged_by_the_right_one() -> None:
    text = "\n".join(
        rf"- {{name: r{n}, title: t, pattern: '^app{n} \w{{1,50}} (?P<user_name>[^:]+) .* done$'}}"
        for n in range(1000)
    )
    rules = rules_of(text)
    verdict = rules.judge(record("app731 task alice was here done"))

    assert isinstance(verdict, Match)
    assert verdict.rule.name == "r731"


def test_a_rule_set_without_rules_matches_nothing() -> None:
    assert isinstance(rules_of("[]").judge(record("in alice")), Unmatched)
