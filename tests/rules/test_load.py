from pathlib import Path

import pytest

from powertrip.domain.event import Severity
from powertrip.errors import ConfigError
from powertrip.rules import RuleSet, load_rules
from tests.rules.support import matched, mistakes_of, rules_of

VPN = "{name: vpn, title: VPN login, pattern: '^(?P<user_name>[a-z]+) from (?P<source_ip>[^ ]+)$'%s}"


def vpn(more: str = "") -> str:
    """A sound rule with something added."""
    return f"- {VPN % (', ' + more if more else '')}"


AUDIT = "{name: vault, title: Vault opened, when: {action: open}, fields: {user_name: {path: who}}%s}"


def audit(more: str = "") -> str:
    """A sound rule over JSON with something added."""
    return f"- {AUDIT % (', ' + more if more else '')}"


def when(conditions: str) -> str:
    """A rule over JSON with these conditions."""
    return f"- {{name: a, title: t, folds_people: true, when: {conditions}}}"


def looked_up(places: str) -> str:
    """A rule over JSON that takes a field from these places."""
    return f"- {{name: a, title: t, folds_people: true, when: {{a: b}}, fields: {{f: {places}}}}}"


@pytest.mark.parametrize(
    ("entry", "mistake"),
    [
        (
            audit("pattern: ^a$"),
            "rules.vault.pattern: cannot be here, as the rule has `when` and so is over JSON",
        ),
        (audit("unescape: vis"), "rules.vault.unescape: cannot be here, as the rule has `when`"),
        (vpn("inside: detail"), "rules.vpn.inside: cannot be here, as the rule has no `when` and so is not"),
        (
            vpn("expects: {when: {a: b}}"),
            "rules.vpn.expects.prefix: is missing; write how the messages begin",
        ),
        (audit("expects: {prefix: a}"), "rules.vault.expects.when: is missing; write which records the rule"),
        (
            audit("expects: {when: {a: b}, contains: c}"),
            "rules.vault.expects.contains: cannot be here, as the rule has `when` and so is over JSON",
        ),
        (
            vpn("expects: {prefix: a, when: {a: b}}"),
            "rules.vpn.expects.when: cannot be here, as the rule has no `when` and so is not over JSON",
        ),
        (
            "- {name: a, title: t, pattern: '^(?P<user_name>a)$', fields: {f: {path: b}}}",
            "rules.a.fields.f: looks into JSON, and the rule has no `when`; add it, or write a text",
        ),
        (audit("inside: 'a['"), 'rules.vault.inside: "a[" is no JMESPath expression'),
        (when("{}"), "rules.a.when: is empty; leave it out or fill it"),
        (when("{'a b': c}"), 'rules.a.when.a b: "a b" is no JMESPath expression at character 3; write keys'),
        (when("{'addr-remote': c}"), 'rules.a.when.addr-remote: "addr-remote" is no JMESPath expression'),
        (when("{'starts_wiht(a, b)': true}"), "there is no function starts_wiht(); there are: abs, avg"),
        (
            when("{'a == `b`': true}"),
            'rules.a.when.a == `b`: "a == `b`" is no JMESPath expression; write keys',
        ),
        (when("{'a || [length(b, c)]': 1}"), "length() takes 1 values and is given 2"),
        (when("{'not_null()': 1}"), "not_null() takes 1 or more values and is given 0"),
        (when("{a: 1.5}"), "rules.a.when.a.0: must be text; put it in quotes"),
        (
            when("{a: {pattern: ^b$, patern: ^c$}}"),
            'rules.a.when.a.patern: there is no key "patern"; did you mean "pattern"?',
        ),
        (when("{a: {pattern: b}}"), "rules.a.when.a.pattern: is not anchored"),
        (
            when("{a: {pattern: '^(?P<x>b)$'}}"),
            'captures "x"; what is taken from a value is captured as (?P<value>',
        ),
        (looked_up("{}"), "rules.a.fields.f.0.path: is missing; write where the value stands"),
        (looked_up("[]"), "rules.a.fields.f: is empty; leave it out or fill it"),
        (looked_up("[b]"), "rules.a.fields.f.0: must be a mapping, with the keys path, pattern"),
        (
            looked_up("{path: b, patern: c}"),
            'rules.a.fields.f.0.patern: there is no key "patern"; did you mean',
        ),
        (looked_up("{path: 'b('}"), 'rules.a.fields.f.0.path: "b(" is no JMESPath expression'),
        (looked_up("{path: b, pattern: '^(b'}"), "rules.a.fields.f.0.pattern: RE2 refuses it (missing"),
        (audit("types: {user: ip}"), 'there is no captured field "user"; did you mean "user_name"?'),
        (audit("unless: {user: a}"), 'rules.vault.unless.user: there is no field "user"; did you mean'),
        (audit("fold_by: [who]"), 'rules.vault.fold_by: there is no field "who"'),
        ("- just text", "rules.0: must be a mapping, such as `use: ssh` or one that begins with `name:`"),
        ("- {title: t, pattern: '^(?P<user_name>a)$'}", "rules.0.name: is missing; give the rule a name"),
        ("- {name: a, pattern: '^(?P<user_name>a)$'}", "rules.a.title: is missing; say what happened"),
        ("- {name: a, title: t}", "rules.a.pattern: is missing; write what the whole message looks like"),
        (
            "- {name: A b, title: t, pattern: '^(?P<user_name>a)$'}",
            "rules.A b.name: must be lower-case letters",
        ),
        (vpn("titel: x"), 'rules.vpn.titel: there is no key "titel"; did you mean "title"?'),
        (vpn("severity: hgh"), "rules.vpn.severity: must be 'low', 'medium', 'high' or 'critical'"),
        (vpn("unescape: url"), "rules.vpn.unescape: must be 'vis'"),
        (vpn("program: []"), "rules.vpn.program: is empty; leave it out or fill it"),
        (vpn("action: yes"), "rules.vpn.action: must be text; put it in quotes"),
        (vpn("unanchored: 'on'"), "rules.vpn.unanchored: must be true or false"),
        (vpn("expects: Accepted"), "rules.vpn.expects: must be a mapping, with the keys"),
        (
            vpn("expects: {prefix: a, containes: b}"),
            'rules.vpn.expects.containes: there is no key "containes"; did you mean "contains"?',
        ),
        (
            vpn("expects: [{prefix: a}, {program: b}]"),
            "rules.vpn.expects.1.prefix: is missing; write how the messages begin",
        ),
        (
            vpn("expects: [{prefix: a}, {prefix: a, progam: b}]"),
            'rules.vpn.expects.1.progam: there is no key "progam"; did you mean "program"?',
        ),
        (vpn("where: {user_name: {pattern: a}}"), "rules.vpn.where.user_name.pattern: is not anchored"),
        (vpn("expects: []"), "rules.vpn.expects: is empty; leave it out or fill it"),
        (vpn("expects: {contains: []}"), "rules.vpn.expects.contains: is empty; leave it out or fill it"),
        (
            vpn("expects: {prefix: a, progam: b}"),
            'rules.vpn.expects.progam: there is no key "progam"; did you mean "program"?',
        ),
        (vpn("types: {source_ip: address}"), "rules.vpn.types.source_ip: must be 'ip' or 'port'"),
        (vpn("types: {sourceip: ip}"), 'there is no captured field "sourceip"; did you mean "source_ip"?'),
        (
            vpn("fold_by: [user_name, hostname]"),
            'rules.vpn.fold_by: there is no field "hostname"; did you mean',
        ),
        (
            vpn("headline: comand"),
            'rules.vpn.headline: there is no field "comand"',
        ),
        (
            vpn("may_vary: [hostname]"),
            'rules.vpn.may_vary: there is no field "hostname"; did you mean',
        ),
        (
            vpn("may_vary: user_name"),
            "rules.vpn.may_vary: would fold what different people did into one event",
        ),
        (
            vpn("where: {user: alice}"),
            'rules.vpn.where.user: there is no field "user"; did you mean "user_name"?',
        ),
        (vpn("types: {source_ip: ip}, where: {source_ip: 192.0.2.7/24}"), "192.0.2.7/24 has host bits set"),
        (vpn("types: {source_ip: ip}, where: {source_ip: bastion}"), "is not an address or a network"),
        (vpn("where: {user_name: true}"), "rules.vpn.where.user_name.0: must be text; put it in quotes"),
        (vpn("fields: {user_name: root}"), "rules.vpn.fields.user_name: is captured by the pattern already"),
        (
            vpn("fields: {who: $user}"),
            'rules.vpn.fields.who: there is no captured field "user"; did you mean',
        ),
        (vpn("fields: {cost: 5$}"), "rules.vpn.fields.cost: has a $ that names no field; write $$"),
        (vpn("source: sylog"), 'rules.vpn.source: there is no source "sylog"; did you mean "syslog"?'),
        ("- {use: shh}", 'rules.0.use: there is no rule pack "shh"; did you mean "ssh"?'),
        ("- {use: ../rulepacks/ssh}", 'there is no rule pack "../rulepacks/ssh"; there are: '),
        (
            "- {use: ssh, severty: low}",
            'rules.0.severty: there is no key "severty"; did you mean "severity"?',
        ),
        ("- {use: ssh, source: sylog}", 'rules.0.source: there is no source "sylog"; did you mean "syslog"?'),
        (
            "- {name: a, ignore: true, rule: ssh}",
            "rules.a.where: is missing; without it every match of that rule",
        ),
        (
            "- {name: a, ignore: true, rule: ssh_logn, where: {user_name: a}}\n- {use: ssh}",
            'rules.a.rule: there is no rule "ssh_logn"; did you mean "ssh_login"?',
        ),
        (
            "- {use: ssh}\n- {name: a, ignore: true, rule: ssh_verbose, where: {user_name: a}}",
            "rules.a.rule: names an ignore rule; name the rule that makes the events",
        ),
        (
            "- {use: ssh}\n- {name: a, ignore: true, rule: ssh_login, where: {user: a}}",
            'rules.a.where.user: there is no field "user"; did you mean "user_name"?',
        ),
        (
            "- {use: ssh}\n- {name: a, ignore: true, rule: ssh_login, where: {user_name: a}, severity: low}",
            "rules.a.severity: an ignore rule takes it from the rule it names and has no severity",
        ),
        (
            "- {name: a, ignore: true, pattern: ^a$, severity: low}",
            "rules.a.severity: an ignore rule makes no event and has no severity; leave it out",
        ),
        (
            "- {use: ssh}\n- {use: ssh}",
            "rules.1.use: is used already, at rules.yaml:1; keep one of the two",
        ),
    ],
)
def test_a_mistake_is_told_with_what_to_write_instead(entry: str, mistake: str) -> None:
    assert mistake in mistakes_of(entry, sources=["syslog"])[0]


def test_a_source_that_does_not_exist_is_said_once_for_a_whole_pack() -> None:
    assert mistakes_of("- {use: aptible, source: sylog}", sources=["syslog"]) == [
        'rules.yaml:1: rules.0.source: there is no source "sylog"; did you mean "syslog"?'
    ]


def test_every_mistake_of_every_rule_is_told_at_once_with_its_line() -> None:
    text = """\
- name: one
  titel: One
  pattern: login (?P<user_name>.*)
- name: two
  title: Two
  pattern:
    - ^(?P<user_name>[a-z]+)(?=!)$
    - ^(?P<user_name>[a-z]+) in
- name: one
  title: One again
  pattern: ^(?P<user_name>[a-z]+)$
"""
    said = [mistake.split(": ")[:2] for mistake in mistakes_of(text)]

    assert sorted(said) == [
        ["rules.yaml:1", "rules.one.title"],
        ["rules.yaml:2", "rules.one.titel"],
        ["rules.yaml:3", "rules.one.pattern"],
        ["rules.yaml:7", "rules.two.pattern.0"],
        ["rules.yaml:8", "rules.two.pattern.1"],
        ["rules.yaml:9", "rules.one.name"],
    ]


def test_every_mistake_of_a_rule_over_json_is_told_at_once_with_its_line() -> None:
    text = """\
- name: two
  when: {"a b": c}
- name: one
  title: One
  inside: [detail, "a b"]
  when:
    action: open
    kind: {pattern: open}
    "size(x)": 1
  fields:
    user_name:
      - {path: who}
      - {path: "who["}
"""
    said = [mistake.split(": ")[:2] for mistake in mistakes_of(text)]

    assert sorted(said) == [
        ["rules.yaml:1", "rules.two.title"],
        ["rules.yaml:13", "rules.one.fields.user_name.1.path"],
        ["rules.yaml:2", "rules.two.when.a b"],
        ["rules.yaml:5", "rules.one.inside"],
        ["rules.yaml:8", "rules.one.when.kind.pattern"],
        ["rules.yaml:9", "rules.one.when.size(x)"],
    ]


def test_a_section_that_is_no_list_is_refused() -> None:
    assert mistakes_of("ssh: true") == ["rules.yaml:1: rules: must be a list; begin with `- use: ssh`"]


def test_a_rule_without_a_person_has_to_say_so() -> None:
    rule = "- {name: cron, title: Job, pattern: '^job (?P<job>[a-z]+)$'%s}"

    assert "folds_people: true" in mistakes_of(rule % "")[0]
    assert rules_of(rule % ", folds_people: true").rules[0].folds_people


def test_an_unanchored_rule_is_taken_if_it_says_so() -> None:
    (rule,) = rules_of("- {name: a, title: t, pattern: '(?P<user_name>[a-z]+) did', unanchored: true}").rules

    assert not rule.patterns[0].anchored


def test_what_a_rule_does_not_say_has_a_default() -> None:
    (rule,) = rules_of(vpn()).rules

    assert (rule.action, rule.severity) == ("vpn", Severity.MEDIUM)
    assert rule.may_vary == ()
    assert (rule.sources, rule.programs) == ((), ())


@pytest.mark.parametrize(
    ("said", "headline"),
    [
        ("", ("stage", "app")),
        ("headline: app", ("app",)),
        ("headline: [app, stage]", ("app", "stage")),
        ("headline: []", ()),
    ],
)
def test_the_fields_beside_the_title_are_those_named_or_else_the_first(
    said: str, headline: tuple[str, ...]
) -> None:
    pattern = "^(?P<stage>[a-z]+) (?P<app>[a-z]+) by (?P<user_name>[a-z]+)$"
    (rule,) = rules_of(f"- {{name: deploy, title: Deployment, pattern: '{pattern}', {said}}}").rules

    assert rule.headline == headline


def test_a_pattern_may_be_written_over_several_lines() -> None:
    (rule,) = rules_of("- name: a\n  title: t\n  pattern: |\n    ^(?P<user_name>\n    [a-z]+)$\n").rules

    assert rule.patterns[0].text == "^(?P<user_name>[a-z]+)$"


def test_using_a_pack_may_change_its_severity_sources_programs_and_trust() -> None:
    rules = rules_of(
        "- {use: ssh, severity: critical, source: vpn, program: dropbear, trust: {facility: local0}}"
    )
    login, verbose, *_ = rules.rules

    assert (login.severity, login.sources, login.programs) == (Severity.CRITICAL, ("vpn",), ("dropbear",))
    assert login.expects
    assert {expected.programs for expected in login.expects} == {("dropbear",)}
    assert login.trust == {"facility": ("local0",)}
    assert (verbose.sources, verbose.programs, verbose.trust) == (("vpn",), ("dropbear",), {})


def test_every_pack_that_comes_with_powertrip_is_sound() -> None:
    for pack in (Path(__file__).parents[2] / "powertrip" / "rulepacks").glob("*.yaml"):
        assert rules_of(f"- use: {pack.stem}").rules


def test_a_mistake_in_a_pack_names_the_pack(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("rules:\n  - name: a\n    title: t\n    pattern: a\n")

    with pytest.raises(ConfigError) as refused:
        load_rules([{"use": "own"}], lambda _: "config.yaml:1", pack_dir=tmp_path)

    assert str(refused.value).startswith("rulepacks/own.yaml:4: rules.a.pattern: is not anchored")


@pytest.mark.parametrize("ignore", ["pattern: '^in .+$'", "rule: login, where: {user_name: oswaldo}"])
def test_no_ignore_rule_of_a_pack_hides_what_a_rule_makes_an_event_of(tmp_path: Path, ignore: str) -> None:
    (tmp_path / "own.yaml").write_text(
        "rules:\n"
        f"  - {{name: quiet, ignore: true, {ignore}}}\n"
        "  - {name: login, title: t, pattern: '^in (?P<user_name>.+)$'}\n"
    )
    rules = load_rules([{"use": "own"}], lambda _: "config.yaml:1", pack_dir=tmp_path)

    assert matched(rules, "in oswaldo")["user_name"] == "oswaldo"


def test_a_rule_set_describes_its_rules_in_order() -> None:
    rules: RuleSet = rules_of(
        vpn("source: syslog, severity: high")
        + "\n- {name: bot, ignore: true, rule: vpn, where: {user_name: oswaldo}}"
    )
    said = [(rule.name, rule.title, rule.severity, rule.sources, rule.ignore) for rule in rules.rules]

    assert said == [
        ("vpn", "VPN login", Severity.HIGH, ("syslog",), False),
        ("bot", "VPN login, ignored", Severity.HIGH, ("syslog",), True),
    ]
