"""Rules over JSON: what they find, and that no record can break them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powertrip.rules import Ignored, Match, Quarantined, Unmatched
from powertrip.rules.document import JSON_LIMIT
from powertrip.rules.paths import VALUE_LIMIT
from tests.rules.support import json_record, rule_and_fields, rule_of, rules_of
from tests.samples import record

LOGIN = """
- name: login
  title: Login
  source: app
  when: {action: [login, enter], ok: true}
  fields:
    user_name: [{path: by.email}, {path: by.login}]
    source_ip: {path: ip}
    event_outcome: success
    who: $user_name
  types: {source_ip: ip}
  expects: {when: {action: login}}
"""
RULES = rules_of(LOGIN)


def login(**changes: object) -> dict[str, object]:
    """A record of a login by Alice."""
    return {
        "action": "login",
        "ok": True,
        "by": {"email": "alice@example.com"},
        "ip": "192.0.2.10",
        **changes,
    }


def fields(**changes: object) -> dict[str, str]:
    """The fields of a login, which must be a match."""
    return rule_and_fields(RULES, login(**changes), source="app")[1]


def when(conditions: str, value: object) -> bool:
    """Whether a rule with these conditions matches the object."""
    rules = rules_of(f"- {{name: a, title: t, folds_people: true, when: {{{conditions}}}}}")
    return isinstance(rules.judge(json_record(value)), Match)


def found(path: str, value: object, pattern: str | None = None) -> str | None:
    """What a field with this path has for the object."""
    lookup = json.dumps({"path": path} | ({"pattern": pattern} if pattern else {}))
    rules = rules_of(
        f"- {{name: a, title: t, folds_people: true, when: {{x: null}}, fields: {{f: {lookup}}}}}"
    )
    return rule_and_fields(rules, value)[1].get("f")


def test_fields_are_taken_from_the_object_and_constants_may_name_them() -> None:
    assert fields() == {
        "user_name": "alice@example.com",
        "source_ip": "192.0.2.10",
        "event_outcome": "success",
        "who": "alice@example.com",
    }


def test_the_first_place_that_has_a_value_wins() -> None:
    assert fields(by={"email": "", "login": "alice"})["user_name"] == "alice"


def test_an_object_is_taken_as_json() -> None:
    assert (
        fields(by={"email": {"of": "alice", "and": ["bob", 1]}})["user_name"]
        == '{"of":"alice","and":["bob",1]}'
    )


def test_a_value_that_is_not_of_its_type_is_left_out_and_the_rule_matches() -> None:
    assert "source_ip" not in fields(ip="cloudformation.amazonaws.com")


def test_the_records_host_is_taken_where_the_rule_names_none() -> None:
    assert rule_and_fields(RULES, login(), source="app", host_name="web-1")[1]["host_name"] == "web-1"


@pytest.mark.parametrize(
    ("conditions", "value", "holds"),
    [
        ("a: b", {"a": "b"}, True),
        ("a: b", {"a": "B"}, False),
        ("a.b: c", {"a": {"b": "c"}}, True),
        ("a.b: c", {"a": "c"}, False),
        ("a.b: c", {"a": None}, False),
        ("a: 5", {"a": 5}, True),
        ("a: 31171139124469761", {"a": 31171139124469761}, True),
        ("a: 31171139124469761", {"a": 31171139124469760}, False),
        ("a: true", {"a": True}, True),
        ("a: true", {"a": 1}, False),
        ("a: false", {"a": False}, True),
        ("a: false", {}, False),
        ("a: null", {}, True),
        ("a: null", {"a": None}, True),
        ("a: null", {"a": ""}, True),
        ("a: null", {"a": 0}, False),
        ("a: ''", {}, True),
        ("a: [b, null]", {"a": "b"}, True),
        ("a: [b, null]", {"c": 1}, True),
        ("a: [b, null]", {"a": "c"}, False),
        ("a: b", {"a": ["x", "b"]}, True),
        ("a: b", {"a": ["x"]}, False),
        ("a: null", {"a": []}, True),
        ("'a[].b': c", {"a": [{"b": "x"}, {"b": "c"}]}, True),
        ("'a == `1`': true", {"a": 1}, True),
        ("'length(a)': 2", {"a": [1, 2]}, True),
        ("'length(a)': 2", {"a": 5}, False),
        ("'length(a)': null", {"a": 5}, True),
        ("a: {pattern: '^b+$'}", {"a": "bbb"}, True),
        ("a: {pattern: '^b+$'}", {"a": "abbb"}, False),
        ("a: {pattern: '^b+$'}", {}, False),
        ("a: {pattern: '^5$'}", {"a": 5}, True),
        ("a: {pattern: '^b+c$'}", {"a": "b" * 5000 + "c"}, True),
        ("a: {pattern: '^b+c$'}", {"a": "b" * 9000 + "c"}, False),
        ("a: b, c: d", {"a": "b", "c": "d"}, True),
        ("a: b, c: d", {"a": "b"}, False),
    ],
)
def test_conditions_hold_for_what_they_name(conditions: str, value: object, holds: bool) -> None:
    assert when(conditions, value) is holds


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        ("a", {"a": "text"}, "text"),
        ("a", {"a": 2**64 + 1}, "18446744073709551617"),
        ("a", '{"a": 1e999}', "1e999"),
        ("a", '{"a": NaN}', "NaN"),
        ("a", '{"a": 1%s}' % ("0" * 5000), "1" + "0" * (VALUE_LIMIT - 2) + "…"),
        ("a", {"a": True}, "true"),
        ("a", {"a": 0}, "0"),
        ("a", {"a": ["x", None, "", 5]}, "x, 5"),
        ("a", {"a": {"b": ["ü"]}}, '{"b":["ü"]}'),
        ("a", {"a": "x" * (VALUE_LIMIT + 1)}, "x" * (VALUE_LIMIT - 1) + "…"),
        ("a", {"a": "x" * VALUE_LIMIT}, "x" * VALUE_LIMIT),
        ("a", {"a": "x\0y"}, "x\ufffdy"),
        ("a", r'{"a": "\ud800"}', r"\ud800"),
        ("a", {"a": None}, None),
        ("a", {"a": ""}, None),
        ("a", {"a": []}, None),
        ("a || b", {"b": "x"}, "x"),
        ('"addr.remote"', {"addr.remote": "x"}, "x"),
        ("a.b", {"a": [1]}, None),
        ("join('-', a)", {"a": ["x", "y"]}, "x-y"),
        ("join('-', a)", {"a": 5}, None),
    ],
)
def test_a_value_is_shown_as_it_is(path: str, value: object, text: str | None) -> None:
    assert found(path, value) == text


def test_a_pattern_takes_a_part_of_a_value_or_the_whole_or_nothing() -> None:
    assert found("a", {"a": "[2001:db8::1]:22"}, r"^\[?(?P<value>[0-9a-f:.]+?)\]?:[0-9]+$") == "2001:db8::1"
    assert found("a", {"a": "192.0.2.1:22"}, r"^\[?(?P<value>[0-9a-f:.]+?)\]?:[0-9]+$") == "192.0.2.1"
    assert found("a", {"a": "bob"}, "^b.*$") == "bob"
    assert found("a", {"a": "alice"}, "^b.*$") is None


def test_a_pattern_reads_past_the_length_that_a_field_keeps() -> None:
    assert found("a", {"a": "x" * (VALUE_LIMIT + 1) + ":22"}, "^x+:(?P<value>[0-9]+)$") == "22"


def test_a_record_of_another_source_is_not_read() -> None:
    assert rule_of(RULES, login(), source="syslog") == ("Unmatched", None)


def test_a_record_that_the_rule_expects_and_does_not_match_is_quarantined() -> None:
    assert rule_of(RULES, login(ok="perhaps"), source="app") == ("Quarantined", "login")
    assert rule_of(RULES, login(action="enter", ok=False), source="app") == ("Unmatched", None)


def test_an_unreadable_record_that_only_the_expectation_is_about_is_quarantined() -> None:
    rules = rules_of(
        "- {name: a, title: t, folds_people: true, program: app, when: {a: b}, "
        "expects: {program: other, when: {a: b}}}"
    )

    assert rule_of(rules, '{"a":' * 100_000, program="other") == ("Quarantined", None)


def test_records_that_name_nobody_are_never_folded() -> None:
    one, two = (RULES.judge(json_record(login(by=None), source="app")) for _ in range(2))

    assert isinstance(one, Match)
    assert isinstance(two, Match)
    assert one.fold_key != two.fold_key


def test_an_ignore_rule_narrows_a_rule_over_json_by_its_fields() -> None:
    rules = rules_of(
        LOGIN
        + "- {name: bot, ignore: true, rule: login, where: {user_name: oswaldo, source_ip: 192.0.2.0/24}}"
    )

    assert rule_of(rules, login(by={"login": "oswaldo"}), source="app") == ("Ignored", "bot")
    assert rule_of(rules, login(), source="app") == ("Match", "login")


def test_an_ignore_rule_may_have_conditions_of_its_own() -> None:
    rules = rules_of("- {name: quiet, ignore: true, when: {by.robot: true}}\n" + LOGIN)

    assert rule_of(rules, login(by={"robot": True}), source="app") == ("Ignored", "quiet")
    assert rule_of(rules, login(), source="app") == ("Match", "login")


def test_unless_excepts_what_it_names() -> None:
    rules = rules_of(LOGIN.replace("  types", "  unless: {user_name: [oswaldo, eve]}\n  types"))

    assert rule_of(rules, login(action="enter", by={"login": "eve"}), source="app") == ("Unmatched", None)
    assert rule_of(rules, login(), source="app") == ("Match", "login")


WRAPPED = rules_of(LOGIN.replace("source: app", "inside: [detail, 'data.events', text]"))


@pytest.mark.parametrize(
    "value",
    [
        login(),
        {"detail": login()},
        {"detail": json.dumps(login())},
        {"data": {"events": [login()]}},
        {"text": "@cee: " + json.dumps(login())},
        {"detail": "no JSON", "text": json.dumps(login())},
    ],
)
def test_the_object_is_found_where_it_may_be_wrapped(value: object) -> None:
    assert rule_and_fields(WRAPPED, value)[1]["user_name"] == "alice@example.com"


def test_a_record_that_holds_several_is_quarantined_with_what_to_do() -> None:
    verdict = WRAPPED.judge(json_record({"data": {"events": [login(), login()]}}))

    assert isinstance(verdict, Quarantined)
    assert verdict.reason == "the record holds 2 records in one; write `events: data.events` in its source"


@pytest.mark.parametrize("begin", ["", "@cee:", "@cee: "])
def test_a_message_that_is_json_is_judged_where_the_record_is_not_matched(begin: str) -> None:
    message = begin + json.dumps(login())
    delivered = json.dumps({"message": message, "host": "web-1"})

    assert isinstance(RULES.judge(record(message, source="app", raw=delivered)), Match)
    assert isinstance(RULES.judge(record(message, source="app")), Match)


def test_a_message_cannot_outshine_the_record_around_it() -> None:
    rules = rules_of("- {name: quiet, ignore: true, when: {ok: nobody}}\n" + LOGIN)
    message = json.dumps({"ok": "nobody"})

    verdict = rules.judge(record(message, source="app", raw=json.dumps(login(message=message))))

    assert isinstance(verdict, Match)


def test_a_pattern_on_text_and_a_rule_over_json_go_by_their_order() -> None:
    text = "- {name: text, title: t, folds_people: true, pattern: '^\\{.*\\}$'}"

    assert rule_of(rules_of(text + LOGIN), login(), source="app") == ("Match", "text")
    assert rule_of(rules_of(LOGIN + text), login(), source="app") == ("Match", "login")


def test_a_record_that_cannot_be_read_as_json_is_quarantined() -> None:
    deep = '{"action": ' + "[" * 100_000 + "]" * 100_000 + "}"
    long = json.dumps({"action": "x" * JSON_LIMIT})

    for raw, reason in ((deep, "nests lists or objects too deeply"), (long, "is JSON of more than 1048576")):
        verdict = RULES.judge(json_record(raw, source="app"))
        assert isinstance(verdict, Quarantined)
        assert reason in verdict.reason
        assert isinstance(RULES.judge(json_record(raw, source="other")), Unmatched)


def test_a_rule_on_text_still_matches_a_record_that_cannot_be_read_as_json() -> None:
    rules = rules_of(LOGIN + "- {name: text, title: t, folds_people: true, pattern: '^\\{.*$'}")

    assert rule_of(rules, '{"action": ' + "[" * 100_000, source="app") == ("Match", "text")


@pytest.mark.parametrize("raw", ["{", "{}", "[]", "[1]", '"x"', "{'a': 1}", '{"action": "login"', "null", ""])
def test_what_is_no_object_is_nobodys(raw: str) -> None:
    assert isinstance(RULES.judge(json_record(raw, source="app")), Unmatched)


def test_journald_and_facility_are_checked_for_json_too() -> None:
    rules = rules_of(LOGIN.replace("expects", "trust: {facility: auth}\n  expects"))

    assert rule_of(rules, login(), source="app", facility="user") == ("Quarantined", "login")
    assert rule_of(rules, login(), source="app", facility="auth") == ("Match", "login")


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["action", "ok", "by", "ip", "x"]), inner)
    ),
)
PACKS = rules_of(
    "\n".join(f"- use: {pack}" for pack in ("cloudtrail", "okta", "github", "teleport", "aptible"))
)


@given(JSON_VALUES)
def test_no_shape_of_a_record_breaks_a_rule(value: object) -> None:
    verdict = RULES.judge(
        json_record({"action": "login", "ok": True, "by": value, "ip": value}, source="app")
    )

    assert isinstance(verdict, Match)


KEYS = st.sampled_from(
    (
        *("userIdentity", "eventName", "eventSource", "requestParameters", "sessionContext", "detail"),
        *("action", "actor", "type", "status", "_links", "target", "eventType", "event", "code", "outcome"),
        *("Records", "data", "events", "message"),
    )
)


@given(
    st.dictionaries(
        KEYS,
        st.recursive(JSON_VALUES, lambda inner: st.dictionaries(KEYS, inner, max_size=4), max_leaves=8),
        max_size=4,
    )
)
def test_no_shape_of_a_record_breaks_a_pack(value: object) -> None:
    assert isinstance(PACKS.judge(json_record(value)), Match | Ignored | Quarantined | Unmatched)
