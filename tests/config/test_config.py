"""The configuration: what is read, what is refused, and that every refusal says where and what to do."""

from datetime import timedelta
from pathlib import Path
from textwrap import dedent

import pytest
from pydantic import ValidationError

from powertrip.domain.event import Severity
from powertrip.errors import ConfigError, Mistake
from powertrip.settings import Config, load_config
from powertrip.sources.generic_json import Json

EXAMPLE = Path(__file__).parents[2] / "config.example.yaml"
TOKENS = {"SLACK_BOT_TOKEN": "xoxb-1-example", "SLACK_APP_TOKEN": "xapp-1-example"}


def load(folder: Path, text: str, environ: dict[str, str] | None = None) -> Config:
    """Read `text` as a configuration, with both tokens in the environment."""
    path = folder / "config.yaml"
    path.write_text(dedent(text), encoding="utf-8")
    return load_config(path, TOKENS | (environ or {}))


def mistakes(folder: Path, text: str, environ: dict[str, str] | None = None) -> list[Mistake]:
    """What is wrong with `text`."""
    with pytest.raises(ConfigError) as refused:
        load(folder, text, environ)
    return refused.value.mistakes


def only_mistake(folder: Path, text: str, environ: dict[str, str] | None = None) -> Mistake:
    """The one thing that is wrong with `text`."""
    (mistake,) = mistakes(folder, text, environ)
    return mistake


# --- What is read ---


def test_the_example_is_valid_once_the_two_tokens_are_set() -> None:
    config = load_config(EXAMPLE, TOKENS)

    assert config.slack.bot_token.get_secret_value() == "xoxb-1-example"
    assert config.slack.app_token.get_secret_value() == "xapp-1-example"


def test_the_example_holds_the_defaults(tmp_path: Path) -> None:
    nothing, example = load(tmp_path, ""), load(tmp_path, EXAMPLE.read_text(encoding="utf-8"))

    for section in set(Config.model_fields) - {"rules", "warnings"}:
        assert getattr(example, section) == getattr(nothing, section), section


def test_the_ssh_rules_are_in_force_where_no_rules_are_written(tmp_path: Path) -> None:
    names = [
        [rule.name for rule in config.rules.rules]
        for config in (load(tmp_path, ""), load_config(EXAMPLE, TOKENS))
    ]

    assert names[0] == names[1] != []


def test_a_section_with_only_comments_counts_as_left_out(tmp_path: Path) -> None:
    assert load(tmp_path, "people:\n#  alice: {}\n").people == {}


def test_a_whole_configuration_is_read(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        """
        slack: {security_channel: C0SECURITY}
        reviewers: {users: [U0CAROL], group: S0SECURITY}
        people:
          alice: {slack: U0ALICE, names: [alice-admin]}
          bob: {email: bob@example.com}
          oswaldo: {bot: true, team: Platform}
        sources:
          syslog: {type: json, secret: 4f9a1c7be2d03568, keys: {message: log.line, host: null}}
        policy:
          - {when: {rule: ssh_login, host: "db*", user: [root, deploy], severity: high}, require: reason}
        """,
    )

    assert config.reviewers.users == ("U0CAROL",)
    assert config.people["alice"].names == ("alice-admin",)
    assert config.people["oswaldo"].team == "Platform"
    syslog = config.sources["syslog"]
    assert isinstance(syslog, Json)
    assert (syslog.keys.message, syslog.keys.host) == ("log.line", None)
    assert config.policy[0].when.host == ("db*",)
    assert config.policy[0].when.user == ("root", "deploy")
    assert config.policy[0].when.severity is Severity.HIGH
    assert config.policy[0].require == ("reason",)


@pytest.mark.parametrize(
    ("written", "duration"),
    [
        ("90s", timedelta(seconds=90)),
        ("10m", timedelta(minutes=10)),
        ("1h", timedelta(hours=1)),
        ("7d", timedelta(days=7)),
        ("1200ms", timedelta(milliseconds=1200)),
    ],
)
def test_a_duration_has_a_unit(tmp_path: Path, written: str, duration: timedelta) -> None:
    assert load(tmp_path, f"reminders: {{remind_after: {written}}}").reminders.remind_after == duration


@pytest.mark.parametrize(
    ("written", "size"), [("512B", 512), ("512KiB", 512 * 1024), ("1MiB", 1024**2), ("2GiB", 2 * 1024**3)]
)
def test_a_size_is_read_in_bytes(tmp_path: Path, written: str, size: int) -> None:
    assert load(tmp_path, f"quarantine: {{keep_bytes: {written}}}").quarantine.keep_bytes == size


def test_a_configuration_cannot_be_changed(tmp_path: Path) -> None:
    config = load(tmp_path, "")

    with pytest.raises(ValidationError, match="frozen"):
        config.log.level = "debug"


# --- The environment ---


def test_a_variable_is_put_into_a_value(tmp_path: Path) -> None:
    text = "people: {bob: {email: 'bob@${MAIL_DOMAIN}'}}"

    assert load(tmp_path, text, {"MAIL_DOMAIN": "example.com"}).people["bob"].email == "bob@example.com"


@pytest.mark.parametrize("environ", [{}, {"LEVEL": ""}])
def test_the_default_stands_for_a_variable_without_a_value(tmp_path: Path, environ: dict[str, str]) -> None:
    assert load(tmp_path, "log: {level: '${LEVEL:-warning}'}", environ).log.level == "warning"


@pytest.mark.parametrize("environ", [{}, {"SYSLOG_SECRET": ""}])
def test_a_missing_variable_is_named(tmp_path: Path, environ: dict[str, str]) -> None:
    text = "sources:\n  syslog:\n    type: json\n    secret: ${SYSLOG_SECRET}\n"

    mistake = only_mistake(tmp_path, text, environ)

    assert mistake.where.endswith("config.yaml:4")
    assert mistake.setting == "sources.syslog.secret"
    assert "SYSLOG_SECRET is not set" in mistake.problem


@pytest.mark.parametrize("written", ["${", "${LEVEL", "${1X}", "${}", "${LEVEL-info}"])
def test_a_reference_that_cannot_be_read_is_refused(tmp_path: Path, written: str) -> None:
    assert "${NAME:-default}" in only_mistake(tmp_path, f"log: {{level: '{written}'}}").problem


SYSLOG_FROM = "sources: {{syslog: {{type: json, secret: '${{{}}}'}}}}"


def test_a_value_may_be_taken_from_a_file_or_a_credential_of_systemd(tmp_path: Path) -> None:
    (tmp_path / "syslog").write_text("a-secret-that-is-long-enough\n")
    environ = TOKENS | {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    for written in (f"file:{tmp_path}/syslog", "credential:syslog"):
        (source,) = load(tmp_path, SYSLOG_FROM.format(written), environ).sources.values()
        assert source.secret.get_secret_value() == "a-secret-that-is-long-enough"


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("file:syslog", "syslog is not a whole path"),
        ("file:/nowhere/syslog", "the file /nowhere/syslog cannot be read: No such file or directory"),
        ("file:HERE/empty", "HERE/empty is empty"),
        ("file:HERE", "HERE cannot be read: Is a directory"),
        ("file:HERE/binary", "HERE/binary cannot be read: it is not UTF-8"),
        ("file:HERE/long", "HERE/long is longer than a value can be"),
        ("credential:nosuch", "HERE/nosuch cannot be read: No such file or directory"),
        ("credential:../syslog", "../syslog is not the name of a credential"),
    ],
)
def test_a_file_that_gives_no_value_is_named_and_its_content_never(
    tmp_path: Path, written: str, problem: str
) -> None:
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "long").write_text("hidden" * 20_000)
    environ = TOKENS | {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    mistake = only_mistake(tmp_path, SYSLOG_FROM.format(written.replace("HERE", str(tmp_path))), environ)
    assert problem.replace("HERE", str(tmp_path)) in mistake.problem
    assert mistake.setting == "sources.syslog.secret"
    assert "hidden" not in str(mistake)


def test_a_credential_outside_of_systemd_is_told_from_one_that_is_missing(tmp_path: Path) -> None:
    mistake = only_mistake(tmp_path, SYSLOG_FROM.format("credential:syslog"))
    assert "CREDENTIALS_DIRECTORY is not set" in mistake.problem


def test_a_token_in_the_file_wins_over_the_environment(tmp_path: Path) -> None:
    config = load(tmp_path, "slack: {bot_token: xoxb-2-file}")

    assert config.slack.bot_token.get_secret_value() == "xoxb-2-file"


def test_port_and_database_url_of_the_environment_win_over_the_file(tmp_path: Path) -> None:
    text = "ingest: {port: 1}\ndatabase: {url: 'sqlite:///a.db'}"

    config = load(tmp_path, text, {"PORT": "5000", "DATABASE_URL": "postgres://u:geheim@db.example/p"})

    assert config.ingest.port == 5000
    assert config.database.url.get_secret_value() == "postgres://u:geheim@db.example/p"


def test_a_mistake_in_a_variable_names_the_variable(tmp_path: Path) -> None:
    mistake = only_mistake(tmp_path, "ingest: {port: 8080}", {"PORT": "eighty"})

    assert str(mistake) == 'environment variable PORT: ingest.port: must be a whole number, not "eighty"'


def test_a_missing_token_says_which_variable_to_set(tmp_path: Path) -> None:
    mistake = only_mistake(tmp_path, "", {"SLACK_APP_TOKEN": ""})

    assert mistake.setting == "slack.app_token"
    assert "set SLACK_APP_TOKEN" in mistake.problem
    assert "xapp-" in mistake.problem


# --- What is refused ---


ONE_SOURCE = "sources: {a: {type: json, secret: 4f9a1c7be2d03568}}"


@pytest.mark.parametrize(
    ("text", "setting", "instead"),
    [
        ("reminders: {remind_after: 600}", "reminders.remind_after", "write 600s for seconds"),
        ("reminders: {remind_after: 1w}", "reminders.remind_after", "such as 90s"),
        ("reminders: {remind_after: 0s}", "reminders.remind_after", "more than 0"),
        ("reminders: {remind_after: 999999999999d}", "reminders.remind_after", "at most 3650d"),
        ("reminders: {backoff: 0.5}", "reminders.backoff", "at least 1"),
        ("ingest: {max_body: 1048576}", "ingest.max_body", "write 1MiB"),
        ("ingest: {max_body: 8MB}", "ingest.max_body", "such as 512KiB"),
        ("ingest: {max_body: 8MiB, max_inflated: 1MiB}", "ingest.max_inflated", "at least the same size"),
        (
            "audit: {anchors: {x: {type: s3, bucket: B, region: eu-central-1}}}",
            "audit.anchors.x.bucket",
            "3 to 63 small letters",
        ),
        (
            "rules: [{name: x, title: X, pattern: '^x$', expects: {prefix: [a, b]}}]",
            "rules.x.expects.prefix",
            "one text, not a list",
        ),
        ("ingest: {port: 70000}", "ingest.port", "at most 65535"),
        ("not_me: {mentions_pause: 8d}", "not_me.mentions_pause", "must be at most 7d"),
        ("ingest: {prot: 80}", "ingest.prot", 'did you mean "port"?'),
        ("sorces: {}", "sorces", 'did you mean "sources"?'),
        ("rule: []", "rule", 'did you mean "rules"?'),
        ("log: {level: loud}", "log.level", "write 'debug', 'info', 'warning' or 'error', not \"loud\""),
        ("log: json", "log", "must hold settings"),
        ("slack: {security_channel: #security\n}", "slack.security_channel", '"#security"'),
        ("slack: {security_channel: security}", "slack.security_channel", '"#name"'),
        ("slack: {base_url: 'https://slack.com/api'}", "slack.base_url", "ends with /"),
        ("slack: {command: powertrip}", "slack.command", "a slash"),
        (
            "slack: {bot_token: xoxe.xoxb-1-a}",
            "slack.bot_token",
            "is of an app with token rotation, and dies after 12 hours",
        ),
        ("slack: {bot_token: xapp-1-a}", "slack.bot_token", "is the other token, which begins with xapp-"),
        ("slack: {app_token: geheim}", "slack.app_token", "begins with xapp-"),
        ("reviewers: {users: [carol]}", "reviewers.users.0", "begins with U"),
        ("reviewers: {users: U0CAROL}", "reviewers.users", "must be a list"),
        ("reviewers: {group: security}", "reviewers.group", "begins with S"),
        ("severity: {expected: {addresses: office}}", "severity.expected.addresses.0", "not a network"),
        ("people: {alice: {}}", "people.alice", "says nobody"),
        ("people: {alice: {slack: U0ALICE, bot: true}}", "people.alice", "has slack and bot"),
        ("people: {alice: {slack: U0ALICE, name: A}}", "people.alice.name", 'did you mean "names"?'),
        ("people: {alice: {slack: U0ALICE, team: A}}", "people.alice.team", "for bots alone"),
        ("people: {alice: {email: alice}}", "people.alice.email", "alice@example.com"),
        ("people: {alice: {slack: U0ALICE, names: [1]}}", "people.alice.names.0", "put it in quotes"),
        ("sources: {A B: {type: json, secret: 4f9a1c7be2d03568}}", "sources.A B", "small letters"),
        ("sources: {a: {type: json, secret: geheim}}", "sources.a.secret", "openssl rand -hex 24"),
        ("sources: {a: {type: json, secret: 'geheim geheim geheim'}}", "sources.a.secret", "has spaces"),
        ("sources: {a: {secret: 4f9a1c7be2d03568}}", "sources.a.type", "is missing; write papertrail, json"),
        (
            "sources: {a: {type: papertrail, secret: 4f9a1c7be2d03568, keys: {host: h}}}",
            "sources.a.keys",
            "remove it",
        ),
        (
            "sources: {a: {type: json, secret: 4f9a1c7be2d03568, backfill_token: t}}",
            "sources.a.backfill_token",
            "is not for type json",
        ),
        (
            "sources: {a: {type: papertrail, secret: 4f9a1c7be2d03568, backfill_url: 'https://a.example.com'}}",
            "sources.a.backfill_url",
            "needs backfill_token",
        ),
        (
            "sources: {a: {type: pam, secret: 4f9a1c7be2d03568, auth_header: X-Secret}}",
            "sources.a.auth_header",
            "is not for type pam",
        ),
        (
            "sources: {a: {type: sns, secret: 4f9a1c7be2d03568}}",
            "sources.a.topics",
            "anybody can subscribe this address to a topic of their own",
        ),
        (
            "sources: {a: {type: sns, secret: 4f9a1c7be2d03568, topics: logins}}",
            "sources.a.topics.0",
            "an ARN of an SNS topic",
        ),
        (
            "sources: {a: {type: firehose, secret: 4f9a1c7be2d03568, raw_delivery: true}}",
            "sources.a.raw_delivery",
            "is not for type firehose",
        ),
        (
            "sources: {a: {type: json, secret: 4f9a1c7be2d03568, keys: {host: a..b}}}",
            "sources.a.keys.host",
            "joined by dots",
        ),
        (
            "sources: {a: {type: json, secret: 4f9a1c7be2d03568, time_zone: Berlin}}",
            "sources.a.time_zone",
            "Europe/Berlin",
        ),
        ("database: {url: 'mysql://u:geheim@h/d'}", "database.url", "sqlite:///FILE"),
        ("policy: [{when: {rule: ssh_login}}]", "policy.0.require", "`reason`"),
        ("policy: [{require: []}]", "policy.0.require", "must not be empty"),
        ("policy: [{when: {severity: worst}, require: reason}]", "policy.0.when.severity", "'critical'"),
        (
            "policy: [{when: {rule: [ssh_login, sudo]}, require: reason}]",
            "policy.0.when.rule",
            'no rule "sudo"',
        ),
        ("policy: [{when: {rule: shh}, require: reason}]", "policy.0.when.rule", 'there is no rule "shh"'),
        ("also_tell: [{when: {rule: shh}}]", "also_tell.0.when.rule", 'there is no rule "shh"'),
        ("also_tell: [{when: {risk: red}}]", "also_tell.0.when.risk", "write 'low', 'medium' or 'high', not"),
        ("severity: {sensitive: {rules: shh}}", "severity.sensitive.rules", 'there is no rule "shh"'),
        ("severity: {expected: {rules: [ssh_*, 'su_*']}}", "severity.expected.rules", 'no rule "su_*"'),
        (
            "ingest: {public_url: powertrip.example.com}",
            "ingest.public_url",
            "begins with https:// or http://",
        ),
        ("origins: {wazuh: {sources: alerts}}", "origins.wazuh.sources", 'there is no source "alerts"'),
        ("origins: {wazuh: {within: 1m}}", "origins.wazuh", "write `sources: [NAME]`"),
        (
            f"{ONE_SOURCE}\norigins: {{wazuh: {{sources: a}}, ossec: {{sources: a}}}}",
            "origins.ossec.sources",
            "already a source of wazuh",
        ),
        (
            f"{ONE_SOURCE}\norigins: {{wazuh: {{sources: a, expects: shh}}}}",
            "origins.wazuh.expects",
            'there is no rule "shh"',
        ),
    ],
)
def test_a_mistake_says_what_to_write_instead(tmp_path: Path, text: str, setting: str, instead: str) -> None:
    mistake = only_mistake(tmp_path, text)

    assert mistake.setting == setting
    assert instead in mistake.problem
    assert "geheim" not in str(mistake)


def test_two_people_cannot_share_a_name(tmp_path: Path) -> None:
    text = """\
        people:
          alice: {slack: U0ALICE}
          bob:
            slack: U0BOB
            names: [bobby,
                    alice]
        """

    mistake = only_mistake(tmp_path, text)

    assert mistake.where.endswith("config.yaml:6")
    assert mistake.problem == '"alice" is already a name of alice; remove one'


@pytest.mark.parametrize(
    ("alice", "bob", "setting", "name"),
    [
        ("names: [a@example.com]", "email: A@EXAMPLE.com", "people.bob.email", "A@EXAMPLE.com"),
        ("email: a@example.com", "email: a@example.com", "people.bob.email", "a@example.com"),
        ("github: ali", "github: ALI", "people.bob.github", "ALI"),
        ("names: [ali]", "github: Ali", "people.bob.github", "Ali"),
        ("github: ali", "names: [Ali]", "people.bob.names.0", "Ali"),
        ("slack: U0ALICE", "github: Alice", "people.bob.github", "Alice"),
    ],
)
def test_two_people_cannot_share_an_address_or_a_github_login_in_any_case(
    tmp_path: Path, alice: str, bob: str, setting: str, name: str
) -> None:
    ways = [
        given if "email" in given or "slack" in given else f"slack: U0, {given}" for given in (alice, bob)
    ]
    mistake = only_mistake(
        tmp_path, f"people: {{alice: {{{ways[0]}}}, bob: {{{ways[1]}}}}}".replace("U0,", "U0X,")
    )

    assert mistake.setting == setting
    assert mistake.problem == f'"{name}" is already a name of alice; remove one'


def test_unix_users_that_differ_by_capitals_are_two_people(tmp_path: Path) -> None:
    config = load(tmp_path, "people: {alice: {slack: U0ALICE, github: ali}, Alice: {email: a@example.com}}")

    assert list(config.people) == ["alice", "Alice"]


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    found = mistakes(
        tmp_path,
        """\
        log: {level: loud}
        ingest: {port: high}
        people:
          alice: {slack: U0ALICE, email: alice@example.com}
        sources:
          syslog: {type: json, secret: "${SYSLOG_SECRET}"}
        rules:
          - use: shh
        cards: {late: 1}
        """,
        {"SLACK_BOT_TOKEN": ""},
    )

    assert [mistake.where.rpartition(":")[2] for mistake in found] == ["1", "1", "2", "4", "6", "8", "9"]


def test_no_secret_is_printed_whatever_is_wrong_with_it(tmp_path: Path) -> None:
    text = """
        slack: {bot_token: geheim, app_token: [geheim], security_channel: xoxb-geheim}
        sources:
          a: {type: json, secret: geheim}
          b: {type: json, secret: {geheim: geheim}}
          c: {type: json, secret: 4711}
        database: {url: "mysql://u:geheim@h/d"}
        """

    found = mistakes(tmp_path, text)

    assert len(found) == 7
    assert "geheim" not in str(ConfigError(found))
    assert "4711" not in str(ConfigError(found))


def test_a_configuration_does_not_show_its_secrets(tmp_path: Path) -> None:
    text = (
        "sources: {a: {type: json, secret: geheim-aus-der-Lade}}\ndatabase: {url: 'postgres://u:geheim@h/d'}"
    )

    config = load(tmp_path, text)

    assert "geheim" not in f"{config!r} {config}"
    assert "xoxb" not in f"{config!r} {config}"


# --- Files that are no configuration ---


def test_without_a_file_both_ways_to_start_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load_config(tmp_path / "config.yaml", TOKENS)

    assert "make demo" in str(refused.value)
    assert "cp config.example.yaml" in str(refused.value)
    assert "SLACK_APP_TOKEN" in str(refused.value)


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load_config(tmp_path, TOKENS)


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(b"log:\n  level: \xff\n")

    with pytest.raises(ConfigError, match="not UTF-8 at byte 14"):
        load_config(path, TOKENS)


@pytest.mark.parametrize("text", ["just words", "- a\n- list", "8080"])
def test_a_file_that_holds_no_sections_is_refused(tmp_path: Path, text: str) -> None:
    assert "must hold sections" in only_mistake(tmp_path, text).problem


def test_a_key_written_twice_is_refused(tmp_path: Path) -> None:
    assert "written twice" in only_mistake(tmp_path, "log: {}\nlog: {}\n").problem


# --- Warnings, and the database's label ---


def test_the_example_warns_of_no_source_and_no_reviewer() -> None:
    reviewers, sources, backup = load_config(EXAMPLE, TOKENS).warnings

    assert "nothing can arrive but /powertrip test" in sources.problem
    assert "reviewers.users" in reviewers.problem
    assert "while Slack cannot be reached nobody is told" in backup.problem


COMPLETE = """\
sources: {a: {type: papertrail, secret: 9f31c07be2a84d65}}
reviewers: {users: [U0CAROL]}
backup: {channels: {mail: {url: 'json://mail.example'}}}
"""


def test_a_complete_configuration_warns_of_nothing(tmp_path: Path) -> None:
    assert load(tmp_path, COMPLETE).warnings == ()


def test_a_configuration_without_rules_warns(tmp_path: Path) -> None:
    (warning,) = load(tmp_path, COMPLETE + "rules: []\n").warnings

    assert str(warning).startswith(f"{tmp_path}/config.yaml:4: rules: none is in force")


@pytest.mark.parametrize(
    ("address", "warned"),
    [
        ("http://slack.example/api/", True),
        ("http://127.0.0.1:9000/api/", False),
        ("http://[::1]/api/", False),
    ],
)
def test_a_token_sent_in_the_clear_beyond_this_machine_warns(
    tmp_path: Path, address: str, warned: bool
) -> None:
    warnings = load(tmp_path, f"{COMPLETE}slack: {{base_url: '{address}'}}").warnings

    assert [warning.setting for warning in warnings] == (["slack.base_url"] if warned else [])


@pytest.mark.parametrize(
    ("ingest", "warned"),
    [
        ("{}", []),
        # As the example of the release before had it.
        ("{max_body: 8MiB, max_inflated: 64MiB}", []),
        # A body larger than what is inflated by default was fine before, and is.
        ("{max_body: 32MiB}", ["ingest.max_held"]),
        ("{max_body: 32MiB, max_held: 64MiB}", []),
        ("{port: 9464}", ["ingest.port"]),
    ],
)
def test_limits_that_no_body_can_keep_are_warned_of(tmp_path: Path, ingest: str, warned: list[str]) -> None:
    found = load(tmp_path, f"{COMPLETE}ingest: {ingest}\n")

    assert [given.setting for given in found.warnings] == warned
    assert found.ingest.limits.inflated_bytes >= found.ingest.max_body


def test_sqlite_on_a_platform_that_wipes_the_disk_warns(tmp_path: Path) -> None:
    (warning,) = load(tmp_path, COMPLETE, {"DYNO": "web.1"}).warnings

    assert warning.setting == "database.url"
    assert load(tmp_path, COMPLETE, {"DYNO": "web.1", "DATABASE_URL": "postgres://h/d"}).warnings == ()


@pytest.mark.parametrize(
    ("url", "label"),
    [
        ("sqlite:////var/lib/powertrip.db", "sqlite:////var/lib/powertrip.db"),
        ("postgres://u:geheim@db.example:5432/p", "postgres://db.example:5432/p"),
        ("postgres://u:geheim@db.example:5432,db2.example/p", "postgres://db.example:5432,db2.example/p"),
        ("postgresql://db.example/p?password=geheim", "postgresql://db.example/p"),
        ("postgresql://u:%40geheim@db.example/p?sslmode=require", "postgresql://db.example/p"),
    ],
)
def test_the_label_of_the_database_has_no_password(tmp_path: Path, url: str, label: str) -> None:
    assert load(tmp_path, f"database: {{url: '{url}'}}").database_label() == label


@pytest.mark.parametrize("environ", [{}, {"DATABASE_URL": "sqlite:///data/my powertrip.db"}])
def test_a_relative_sqlite_path_begins_at_the_folder_of_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]
) -> None:
    folder, elsewhere = tmp_path / "config", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    (folder / "config.yaml").write_text("database: {url: 'sqlite:///data/my powertrip.db'}\n")

    for started_in, config in ((elsewhere, "../config/config.yaml"), (folder, "config.yaml")):
        monkeypatch.chdir(started_in)
        read = load_config(Path(config), TOKENS | environ)

        url = read.database.url.get_secret_value()
        assert Path(url.removeprefix("sqlite:///")).resolve() == folder / "data" / "my powertrip.db"
        assert not [warning for warning in read.warnings if warning.setting == "database.url"]


@pytest.mark.parametrize("url", ["sqlite:////var/lib/powertrip.db", "sqlite:///:memory:", "postgres://h/d"])
def test_any_other_database_is_where_it_is_said_to_be(tmp_path: Path, url: str) -> None:
    assert load(tmp_path, f"database: {{url: '{url}'}}").database.url.get_secret_value() == url


def test_a_database_that_is_left_in_the_working_directory_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, elsewhere = tmp_path / "config", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    (elsewhere / "powertrip.db").touch()
    monkeypatch.chdir(elsewhere)

    for text, warned in (("", True), ("database: {url: 'sqlite:////var/lib/powertrip.db'}", False)):
        warnings = [given for given in load(folder, text).warnings if given.setting == "database.url"]
        assert bool(warnings) == warned
        assert all(str(elsewhere / "powertrip.db") in warning.problem for warning in warnings)
        assert all(str(folder / "powertrip.db") in warning.problem for warning in warnings)

    (elsewhere / "powertrip.db").rename(folder / "powertrip.db")
    (elsewhere / "powertrip.db").symlink_to(folder / "powertrip.db")
    assert not [given for given in load(folder, "").warnings if given.setting == "database.url"]


@pytest.mark.parametrize("password", ["ge/heim", "ge?heim", "ge@heim", "ge#heim"])
def test_a_password_that_would_be_taken_apart_is_refused(tmp_path: Path, password: str) -> None:
    mistake = only_mistake(tmp_path, f"database: {{url: 'postgres://u:{password}@h/d'}}")

    assert "%XX" in mistake.problem
    assert "heim" not in str(mistake)


def test_a_backup_address_that_apprise_does_not_know_is_refused_without_being_shown(tmp_path: Path) -> None:
    text = "backup: {channels: {mail: {url: 'mailtoo://alice:hunter2@example.com'}}}"
    mistake = only_mistake(tmp_path, text)

    assert mistake.setting == "backup.channels.mail.url"
    assert "Apprise" in mistake.problem
    assert "hunter2" not in str(mistake)
