"""Wrong configurations: every mistake in one is told at once, with its file, line and what to write."""

from pathlib import Path

import pytest

from powertrip.config.schema import models_in, tag_of
from powertrip.errors import ConfigError
from powertrip.settings import load_config
from powertrip.sources import AnySource

SLACK = "slack: {bot_token: xoxb-1, app_token: xapp-1}\n"
TYPES = [tag_of(section) for section in models_in(AnySource)[0]]
SECRET = "secret: 4f9a1c7be2d03568"

# Each is the file behind its first line, which is SLACK, and the mistakes in it; c.yaml is the file.
WRONG: dict[str, tuple[str, list[str]]] = {
    "type misspelt": (
        """\
sources:
  g:
    type: grafanna
    SECRET
""",
        [
            'c.yaml:4: sources.g.type: there is no type "grafanna"; did you mean "grafana"?',
        ],
    ),
    "type missing, secret short": (
        """\
sources:
  g:
    secret: short
""",
        [
            (f"c.yaml:3: sources.g.type: is missing; write {', '.join(TYPES[:-1])} or {TYPES[-1]}"),
            (
                "c.yaml:4: sources.g.secret: has 5 characters and needs at least 16; make one with: "
                "openssl rand -hex 24"
            ),
        ],
    ),
    "a demand that is none, among two kinds of choices": (
        """\
policy:
  - {when: {severity: high}, require: [reason, proofs]}
""",
        [
            (
                "c.yaml:3: policy.0.require.1: write 'reason', 'second_person', 'proof', 'session_number', "
                "'passkey', 'oidc', 'totp' or 'typed_host', not \"proofs\""
            ),
        ],
    ),
    "a list that is too long": (
        """\
not_me: {checklist: {"ssh_*": [a, b, c, d, e, f, g, h, i]}}
""",
        [
            "c.yaml:2: not_me.checklist.ssh_*: must have at most 8 entries",
        ],
    ),
    "foreign key": (
        """\
sources:
  g:
    type: github
    SECRET
    topics: []
""",
        [
            "c.yaml:6: sources.g.topics: is not for type github, but for sns; remove it",
        ],
    ),
    "key misspelt": (
        """\
sources:
  g:
    type: grafana
    SECRET
    lable: x
""",
        [
            'c.yaml:6: sources.g.lable: there is no setting "lable"; did you mean "label"?',
        ],
    ),
    "sns without topics": (
        """\
sources:
  s:
    type: sns
    SECRET
""",
        [
            (
                "c.yaml:3: sources.s.topics: is missing; write arn:aws:sns:REGION:ACCOUNT:NAME, or a list"
                " of such, for anybody can subscribe this address to a topic of their own"
            ),
        ],
    ),
    "topic malformed + zone bad": (
        """\
sources:
  s:
    type: sns
    SECRET
    topics: [nope]
  j:
    type: json
    SECRET
    time_zone: Berlin
""",
        [
            'c.yaml:6: sources.s.topics.0: "nope" cannot be used; write an ARN of an SNS topic',
            (
                'c.yaml:10: sources.j.time_zone: "Berlin" is not a time zone; write one such as UTC or '
                "Europe/Berlin"
            ),
        ],
    ),
    "env variable unset": (
        """\
sources:
  p:
    type: papertrail
    secret: ${NO_SUCH}
""",
        [
            (
                "c.yaml:5: sources.p.secret: the environment variable NO_SUCH is not set; set it, or "
                "write the value"
            ),
        ],
    ),
    "backfill_url alone": (
        """\
sources:
  p:
    type: papertrail
    SECRET
    backfill_url: https://x.test
""",
        [
            "c.yaml:6: sources.p.backfill_url: needs backfill_token, for without it nothing is fetched",
        ],
    ),
    "pam with auth_header": (
        """\
sources:
  p:
    type: pam
    SECRET
    auth_header: X-Key
""",
        [
            "c.yaml:6: sources.p.auth_header: is not for type pam; remove it",
        ],
    ),
    "poll lacks two": (
        """\
polls:
  w:
    type: wazuh_indexer
    every: 30
""",
        [
            "c.yaml:3: polls.w.url: is missing; write an http or https address",
            "c.yaml:3: polls.w.username: is missing; write text",
            "c.yaml:3: polls.w.password: is missing; write text, kept secret",
            "c.yaml:5: polls.w.every: 30 has no unit; write 30s for seconds, or m, h, d, ms",
        ],
    ),
    "poll foreign key": (
        """\
polls:
  c:
    type: cloudwatch_logs
    region: eu
    log_group: g
    account: '1'
""",
        [
            (
                "c.yaml:7: polls.c.account: is not for type cloudwatch_logs, but for aptible_operations; "
                "remove it"
            ),
        ],
    ),
    "tell lacks, foreign": (
        """\
sources:
  w:
    type: wazuh4
    SECRET
origins:
  h:
    sources: w
    tell:
      type: wazuh4
      url: http://far.example
      body: x
""",
        [
            "c.yaml:9: origins.h.tell.user: is missing; write text",
            "c.yaml:9: origins.h.tell.password: is missing; write text, kept secret",
            (
                "c.yaml:11: origins.h.tell.url: must be https beyond this machine: a verdict that anybody"
                " can change is none"
            ),
            "c.yaml:12: origins.h.tell.body: is not for type wazuh4, but for callback; remove it",
        ],
    ),
    "tell type unknown": (
        """\
origins:
  h:
    tell:
      type: wazuh
      url: https://h.example
""",
        [
            'c.yaml:5: origins.h.tell.type: there is no type "wazuh"; did you mean "wazuh4"?',
        ],
    ),
    "type wrong and key misspelt, other section wrong": (
        """\
sources:
  g:
    type: syslogg
    SECRET
    tme_zone: UTC
reminders:
  remind_after: 5
""",
        [
            'c.yaml:4: sources.g.type: there is no type "syslogg"; did you mean "syslog"?',
            'c.yaml:6: sources.g.tme_zone: there is no setting "tme_zone"; did you mean "time_zone"?',
            "c.yaml:8: reminders.remind_after: 5 has no unit; write 5s for seconds, or m, h, d, ms",
        ],
    ),
    "expectations that cannot be met": (
        """\
sources:
  servers:
    type: syslog
    SECRET
    expect:
      - {within: 1h, rule: ssh_lgin}
      - {program: sshd}
      - {within: 8d, hosts: learned}
      - {within: 1h, hosts: [learned, web-1]}
      - {within: 1h, host: web-1}
      - {within: 1h, hosts: []}
""",
        [
            'c.yaml:7: sources.servers.expect.0.rule: there is no rule "ssh_lgin"; did you mean "ssh_login"?',
            (
                "c.yaml:8: sources.servers.expect.1.within: is missing; write a duration: `90s`, `10m`, "
                "`1h`, `7d`, `500ms`"
            ),
            (
                "c.yaml:9: sources.servers.expect.2.within: is too long for hosts that are learned, which "
                "are forgotten after 7d; write less"
            ),
            "c.yaml:10: sources.servers.expect.3: is expected twice; keep one of the two",
            (
                "c.yaml:10: sources.servers.expect.3.hosts: `learned` stands alone; for hosts that are named "
                "too, write another entry"
            ),
            'c.yaml:11: sources.servers.expect.4.host: there is no setting "host"; did you mean "hosts"?',
            "c.yaml:12: sources.servers.expect.5.hosts: must not be empty",
        ],
    ),
    "half of a character": (
        """\
sources:
  g: {type: github, secret: "0123456789abcdef\\ud800"}
policy:
  - {"\\udc00": 1}
rules:
  - use: "\\ud83d"
""",
        [
            "c.yaml:3: sources.g.secret: holds half of a character; write the character itself, in UTF-8",
            "c.yaml:5: policy.0: holds half of a character; write the character itself, in UTF-8",
            "c.yaml:7: rules.0.use: holds half of a character; write the character itself, in UTF-8",
        ],
    ),
    "a pack used twice, a file that none can be": (
        """\
sources:
  g: {type: github, secret: "${file:/run/\\0}"}
rules:
  - use: ssh
  - {use: ssh, source: g}
""",
        [
            "c.yaml:3: sources.g.secret: the file /run/\0 cannot be read: no file has such a name",
            "c.yaml:6: rules.1.use: is used already, at c.yaml:5; keep one of the two",
        ],
    ),
    "nested keys wrong": (
        """\
sources:
  j:
    type: json
    SECRET
    keys: {mesage: m, host: [a]}
""",
        [
            "c.yaml:6: sources.j.keys.host: must be text; put it in quotes if it looks like a number",
            'c.yaml:6: sources.j.keys.mesage: there is no setting "mesage"; did you mean "message"?',
        ],
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_every_mistake_is_told_with_its_line_and_what_to_write(wrong: str, tmp_path: Path) -> None:
    text, expected = WRONG[wrong]
    path = tmp_path / "c.yaml"
    path.write_text(SLACK + text.replace("SECRET", SECRET))

    with pytest.raises(ConfigError) as refused:
        load_config(path, {})

    assert [str(mistake).replace(f"{tmp_path}/", "") for mistake in refused.value.mistakes] == expected


@pytest.mark.parametrize("secret", ["${TOKEN}", "0123456789abcdef"])
def test_a_variable_that_is_not_utf_8_is_a_mistake(secret: str, tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(SLACK + f"sources: {{g: {{type: github, secret: '{secret}'}}}}\n")
    with pytest.raises(ConfigError, match="is not UTF-8; write the character itself"):
        load_config(path, {"TOKEN": "s3cr3t-\udcff-long-enough", "DATABASE_URL": "sqlite:///\udcff"})
