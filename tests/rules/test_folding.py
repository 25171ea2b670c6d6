"""What joins an open event: only what its card would show alike, but for what the rule lets vary."""

import json
from dataclasses import replace
from functools import reduce
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from powertrip.domain.record import Record
from powertrip.rules import Match, RuleSet, load_rules
from powertrip.rules.load import PACK_DIR
from tests.rules.support import json_record, mistakes_of, rules_of
from tests.samples import record

PACKS = sorted(path.stem for path in PACK_DIR.glob("*.yaml"))
ALL = load_rules([{"use": pack} for pack in PACKS], lambda _: "a rule pack")

KEY = "RSA SHA256:" + "a" * 43
OTHER_KEY = "ED25519 SHA256:" + "b" * 43
CERTIFICATE = f"ED25519-CERT SHA256:{'c' * 43} ID alice (serial {{}}) CA ED25519 SHA256:{'d' * 43}"


def judged(rules: RuleSet, item: Record) -> Match:
    """The event that a record makes."""
    verdict = rules.judge(item)
    assert isinstance(verdict, Match), verdict
    return verdict


def sshd(told: str, *, address: str = "192.0.2.10", port: int = 50000) -> Record:
    """A login of Alice's."""
    method, _, ending = told.partition(" ")
    return record(f"Accepted {method} for alice from {address} port {port} ssh2{ending}")


def sudo(**changes: str) -> Record:
    """A command of Alice's, whose parts the changes name."""
    parts = {
        "TTY": "pts/0",
        "PWD": "/home/alice",
        "USER": "root",
        "ENV": "",
        "COMMAND": "/usr/bin/id",
    } | changes
    line = " ; ".join(f"{name}={value}" for name, value in parts.items() if value)
    return record(f"   alice : {line}", program="sudo")


SSH_LOGINS = {
    "key": sshd(f"publickey : {KEY}"),
    "other key": sshd(f"publickey : {OTHER_KEY}"),
    "no key named": sshd("publickey "),
    "password": sshd("password "),
    "keyboard": sshd("keyboard-interactive/pam "),
    "certificate": sshd(f"publickey : {CERTIFICATE.format(7)}"),
    "other serial": sshd(f"publickey : {CERTIFICATE.format(8)}"),
    "other address": sshd(f"publickey : {KEY}", address="192.0.2.11"),
    "other host": replace(sshd(f"publickey : {KEY}"), host_name="bastion-2"),
    "no host": replace(sshd(f"publickey : {KEY}"), host_name=None),
    "no host again": replace(sshd(f"publickey : {KEY}"), host_name=None, record_id="2"),
    "no address": sshd(f"publickey : {KEY}", address="UNKNOWN"),
    "no address again": replace(sshd(f"publickey : {KEY}", address="UNKNOWN"), record_id="2"),
    "cut": replace(sshd(f"publickey : {KEY}"), cut=1),
    "cut again": replace(sshd(f"publickey : {KEY}"), cut=1, record_id="2"),
}
SUDO_COMMANDS = {
    "plain": sudo(),
    "other environment": sudo(ENV="LD_PRELOAD=/home/bob/evil.so"),
    "other directory": sudo(PWD="/srv"),
    "other terminal": sudo(TTY="pts/9"),
    "no terminal": sudo(TTY=""),
    "other group": sudo(USER="root ; GROUP=shadow"),
    "other command": sudo(COMMAND="/usr/bin/id -u"),
    "command over two lines": sudo(COMMAND="/usr/bin/id\n-u"),
}
SESSIONS = {
    caller: record(
        f"pam_unix(login:session): session opened for user root(uid=0) by {caller}", program="login"
    )
    for caller in ("alice(uid=1000)", "alice(uid=1001)", "mallory(uid=1000)", "(uid=0)")
}


@pytest.mark.parametrize("different", [SSH_LOGINS, SUDO_COMMANDS, SESSIONS], ids=["ssh", "sudo", "pam"])
def test_whatever_a_card_would_show_differently_is_an_event_of_its_own(different: dict[str, Record]) -> None:
    keys = [judged(ALL, item).fold_key for item in different.values()]

    assert len(set(keys)) == len(different)


def test_a_key_that_may_vary_is_left_out_of_every_object_of_a_list_and_of_no_other_place() -> None:
    rules = rules_of(VAULT.format(more=", may_vary: [message.items.id]"))

    def key(**changes: Any) -> str:
        value = {"kind": "open", "by": "alice", "id": 1, "items": [{"id": 1, "of": 1}, {"id": 2, "of": 1}]}
        return judged(rules, json_record(value | changes)).fold_key

    assert key(items=[{"id": 7, "of": 1}, {"of": 1}]) == key()
    assert len({key(), key(id=2), key(items=[{"of": 1}]), key(items=[{"of": 2}, {"of": 1}])}) == 4


def test_what_rsyslog_wrote_once_for_several_is_told_apart_by_how_many_they_are() -> None:
    lines = [sshd("password ", port=port) for port in (1, 2)]
    wrapped = [
        replace(line, message=f"message repeated {count} times: [ {line.message}]")
        for line, count in zip((*lines, lines[0]), (2, 2, 3), strict=True)
    ]
    keys = [judged(ALL, line).fold_key for line in (*lines, *wrapped)]

    assert [keys.index(key) for key in keys] == [0, 0, 2, 2, 4]


def test_ports_and_the_numbers_of_recorded_sessions_make_no_new_event() -> None:
    ports = [sshd(f"publickey : {KEY}", port=port) for port in (22, 50000, 65535)]
    sessions = [sudo(USER=f"root ; TSID=00000{number}") for number in (1, 2)]

    for same in (ports, sessions):
        assert len({judged(ALL, item).fold_key for item in same}) == 1


CLOUDTRAIL = """
eventType: AwsApiCall
eventName: PutUserPolicy
eventSource: iam.amazonaws.com
eventTime: a
eventID: a
requestID: a
userIdentity: {type: IAMUser, arn: x, userName: alice, accessKeyId: AKIAONE, sessionContext: {attributes: {}}}
requestParameters: {userName: bob, policyName: p, policyDocument: '{"Action":"s3:GetObject"}'}
responseElements: {}
sourceIPAddress: 192.0.2.10
"""
OKTA = """
eventType: policy.rule.update
uuid: a
published: a
actor: {id: 1, alternateId: alice@example.com}
outcome: {result: SUCCESS}
client: {ipAddress: 192.0.2.10}
securityContext: {isProxy: false}
debugContext: {debugData: {requestId: a, newValue: a}}
target: [{type: PolicyEntity, id: a, alternateId: unknown, displayName: Default}]
"""
GITHUB = """
action: integration_installation.create
'@timestamp': 1
_document_id: a
actor: alice
org: example
actor_ip: 192.0.2.10
integration: ci
permissions: {contents: read}
"""
HOOK = """
powertrip: {event: deploy_key}
action: created
sender: {login: alice, id: 1}
repository: {full_name: example/web, pushed_at: 1}
key: {title: ci, key: ssh-ed25519 AAAA, read_only: true}
"""
TELEPORT = """
code: T1000I
event: user.login
uid: a
time: a
user: alice
cluster_name: example
addr.remote: 192.0.2.10:1
success: true
method: saml
mfa_device: {mfa_device_name: a}
"""
TAILSCALE = """
type: policyUpdate
timestamp: a
tailnet: example.com
data: {actor: alice@example.com, newPolicy: a}
"""
SUDO = """
sudo:
  accept: {submituser: alice, runuser: root, command: /usr/bin/id, runenv: [PATH=/bin], uuid: a, lines: 1}
"""


@pytest.mark.parametrize(
    ("object_", "alike", "apart"),
    [
        (
            CLOUDTRAIL,
            "eventID requestID eventTime responseElements",
            "requestParameters.policyDocument userIdentity.accessKeyId userIdentity.type errorMessage",
        ),
        (
            CLOUDTRAIL.replace("PutUserPolicy", "AssumeRole"),
            "eventID responseElements requestParameters.roleSessionName",
            "requestParameters.policyDocument requestParameters.policyArns",
        ),
        (
            CLOUDTRAIL.replace("{type: IAMUser", "{type: Root").replace("PutUserPolicy", "CreateAccessKey"),
            "eventID",
            "responseElements.accessKey",
        ),
        (
            OKTA,
            "uuid published debugContext.debugData.requestId transaction",
            "securityContext.isProxy debugContext.debugData.newValue target.0.id target.0.displayName",
        ),
        (GITHUB, "@timestamp _document_id created_at", "permissions.contents hashed_token issuer"),
        (HOOK, "repository.pushed_at sender.id", "key.key key.read_only installation"),
        (TELEPORT, "uid time size", "mfa_device.mfa_device_name attributes"),
        (TAILSCALE, "timestamp", "data.newPolicy"),
        (SUDO, "sudo.accept.uuid sudo.accept.lines", "sudo.accept.runenv sudo.accept.runchroot"),
    ],
    ids=["cloudtrail", "role", "root", "okta", "github", "hook", "teleport", "tailscale", "sudo"],
)
def test_of_an_objects_keys_only_ids_and_times_may_differ_within_one_event(
    object_: str, alike: str, apart: str
) -> None:
    program = "sudo" if object_ is SUDO else None
    first = judged(ALL, replace(json_record(yaml.safe_load(object_)), program=program))

    def joins(path: str) -> bool:
        value = yaml.safe_load(object_)
        *keys, last = [path] if path in value else path.split(".")
        holder = value
        for key in keys:
            holder = holder[int(key)] if isinstance(holder, list) else holder[key]
        holder[last] = {"accessKeyId": "AKIATWO"} if last == "accessKey" else "another"
        other = judged(ALL, replace(json_record(value), program=program, record_id="2"))
        return other.fold_key == first.fold_key

    assert [path for path in alike.split() if not joins(path)] == []
    assert [path for path in apart.split() if joins(path)] == []


OWN = "- {{name: deploy, title: Deployment, pattern: '{pattern}'{more}}}"


def test_a_number_that_no_field_takes_is_told_apart_until_it_is_captured_and_may_vary() -> None:
    lines = [record(f"deploy by alice, run {number}") for number in (1, 2)]
    loose = rules_of(OWN.format(pattern="^deploy by (?P<user_name>[a-z]+), run [0-9]+$", more=""))
    named = rules_of(
        OWN.format(pattern="^deploy by (?P<user_name>[a-z]+), run (?P<run>[0-9]+)$", more=", may_vary: [run]")
    )

    assert len({judged(loose, line).fold_key for line in lines}) == 2
    assert len({judged(named, line).fold_key for line in lines}) == 1


@pytest.mark.parametrize("line", ["run 2 by alice of web", "run 1 by alice of web", "run 1 by alice, of web"])
def test_words_before_and_between_the_fields_are_compared_too(line: str) -> None:
    rules = rules_of(
        OWN.format(pattern="^run [0-9] by (?P<user_name>[a-z]+),? of (?P<what>[a-z]+)$", more="")
    )
    keys = [judged(rules, record(message)).fold_key for message in ("run 1 by alice of web", line)]

    assert (keys[0] == keys[1]) == (line == "run 1 by alice of web")


def test_fold_by_of_earlier_versions_is_read_and_hides_nothing() -> None:
    rules = rules_of(
        OWN.format(
            pattern="^deploy by (?P<user_name>[a-z]+) of (?P<what>[a-z]+)$", more=", fold_by: [user_name]"
        )
    )
    one, other = (judged(rules, record(f"deploy by alice of {what}")) for what in ("web", "vault"))

    assert one.fold_key != other.fold_key
    assert (
        'there is no field "whom"'
        in mistakes_of(OWN.format(pattern="^(?P<user_name>[a-z]+)$", more=", fold_by: [user_name, whom]"))[0]
    )


VAULT = (
    "- {{name: vault, title: Vault opened, when: {{kind: open}}, fields: {{user_name: {{path: by}}}}{more}}}"
)


@pytest.mark.parametrize(
    ("more", "events"), [("", 2), (", may_vary: [message]", 1), (", fold_by: [user_name]", 1)]
)
def test_objects_of_json_are_one_event_only_where_the_rule_lets_the_message_vary(
    more: str, events: int
) -> None:
    rules = rules_of(VAULT.format(more=more))
    keys = {
        judged(rules, json_record({"kind": "open", "by": "alice", "id": number})).fold_key
        for number in (1, 2)
    }

    assert len(keys) == events


def test_values_that_differ_beyond_what_a_field_keeps_are_told_apart() -> None:
    rules = rules_of(
        "- {name: a, title: t, when: {k: v}, may_vary: [message], "
        "fields: {user_name: {path: u}, what: {path: w}}}"
    )
    one, other = (judged(rules, json_record({"k": "v", "u": "alice", "w": "x" * 2000 + end})) for end in "ab")

    assert one.fields["what"] == other.fields["what"]
    assert one.fold_key != other.fold_key


# Few values each, so that any two records are often alike in all but one or two of their parts.
_WORDS = st.sampled_from(
    ["alice", "bob", "a b", "x", "é", "UNKNOWN", "pts/0", "/srv", "192.0.2.7", "2001:db8::1"]
)
_METHODS = st.sampled_from(
    [f"publickey : {KEY}", f"publickey : {OTHER_KEY}", "password ", f"publickey : {CERTIFICATE.format(1)}"]
)


@st.composite
def _lines(draw: st.DrawFn) -> Record:
    """A line of the host packs."""

    def word() -> str:
        return draw(_WORDS)

    kind = draw(st.sampled_from(["ssh", "sudo", "su", "pam", "heroku"]))
    hosts = st.sampled_from(["bastion-1", "web-1", None])
    if kind == "ssh":
        made = sshd(draw(_METHODS), address=word(), port=draw(st.integers(0, 9)))
    elif kind == "sudo":
        made = sudo(
            TTY=word(), PWD=word(), ENV=word(), USER=f"root ; TSID={draw(st.integers(0, 3))}", COMMAND=word()
        )
    elif kind == "su":
        told = (
            f"(to {word()}) {word()} on {word()}",
            f"Successful su for {word()} by {word()}",
            f"+ {word()} {word()}:root",
        )
        made = record(draw(st.sampled_from(told)), program="su")
    elif kind == "pam":
        opened = f"session opened for user {word()}(uid={draw(st.integers(0, 2))}) by {word()}(uid=0)"
        line = f"pam_unix(login:session): {opened}"
        made = record(line, program="login")
    else:
        done = draw(
            st.sampled_from(["Deploy", "Release v4 created", "Set A config vars", "Set B config vars"])
        )
        made = record(f"{done} by user {draw(st.sampled_from(['alice', 'bob']))}@example.com", program="app")
    return replace(made, host_name=draw(hosts), record_id=str(draw(st.integers(0, 10**9))))


_LEAVES: Any = st.none() | st.booleans() | st.integers(0, 2) | _WORDS
_SHAPES = """
- eventName: CreateUser
  eventSource: iam.amazonaws.com
  userIdentity: {type: IAMUser, userName: X, arn: X}
  requestParameters: {userName: X, policyDocument: X}
  responseElements: {x: X}
  sourceIPAddress: X
  awsRegion: X
  userAgent: X
  eventID: X
  errorCode: X
- {eventName: Describe, readOnly: true, userIdentity: {type: Root, arn: X}, sourceIPAddress: X, userAgent: X}
- eventType: user.session.start
  actor: {alternateId: X, displayName: X}
  client: {ipAddress: X}
  outcome: {result: X, reason: X}
  target: [{displayName: X}]
  uuid: X
- {actor: alice, action: repo.access, repo: X, actor_ip: X, visibility: X, user_agent: X, _document_id: X}
- {code: T1000I, event: session.start, user: X, server_hostname: X, addr.remote: X, sid: X, login: X}
- {powertrip: {ask: high}, labels: {alertname: X, user: X}, fingerprint: X, valueString: X, status: X}
- {type: execute, id: X, status: queued, user_email: X, _links: {resource: {href: X}}, note: X, git_ref: X}
- {type: policyUpdate, tailnet: example.com, data: {actor: X, url: X, oldRoles: X}, message: X}
- {sender: {login: X}, powertrip: {event: member}, member: {login: X}, changes: X}
- {pam_type: open_session, program: powertrip-login, user: X, rhost: X, service: X, tty: X}
- sudo:
    accept:
      {submituser: X, runuser: X, command: X, submitcwd: X, ttyname: X, submithost: X, runenv: [X], uuid: X}
"""
"""Where X stands is anything."""


def _filled(draw: st.DrawFn, shape: Any) -> Any:
    if isinstance(shape, dict):
        return {key: _filled(draw, value) for key, value in shape.items()}
    if isinstance(shape, list):
        return [_filled(draw, value) for value in shape]
    return draw(_LEAVES) if shape == "X" else shape


@st.composite
def _objects(draw: st.DrawFn) -> Record:
    """An object of one of the packs over JSON."""
    value = _filled(draw, draw(st.sampled_from(yaml.safe_load(_SHAPES))))
    program = value.get("program") or ("sudo" if "sudo" in value else None)
    return replace(json_record(value), program=program, record_id=str(draw(st.integers(0, 10**9))))


def _without(value: Any, path: str) -> Any:
    """The object without what stands at the path, which is a key or keys joined by dots."""
    head, _, rest = path.partition(".")
    if path in value or not isinstance(value.get(head), dict):
        return {key: item for key, item in value.items() if key != path}
    return value | {head: _without(value[head], rest)}


def _shown(match: Match, item: Record) -> tuple[Any, ...]:
    """All that a card says of a record, but for what its rule lets vary."""
    fields = {name: value for name, value in match.fields.items() if name not in match.rule.may_vary}
    # A line differs by the fields in it; those that may vary are taken out of it by their values.
    line = "" if "message" in match.rule.may_vary else item.message
    if line and match.rule.keys_may_vary:
        line = json.dumps(reduce(_without, match.rule.keys_may_vary, json.loads(line)), sort_keys=True)
    for name in match.rule.may_vary:
        line = line.replace(f" {match.fields.get(name)} ", " ").replace(f"={match.fields.get(name)} ", "= ")
    return (
        match.rule.title,
        match.rule.severity,
        item.source,
        json.dumps(fields, sort_keys=True),
        line.strip(),
    )


@settings(max_examples=120, deadline=None)
@given(st.lists(_lines(), min_size=2, max_size=12) | st.lists(_objects(), min_size=2, max_size=12))
def test_of_random_records_of_all_packs_only_those_join_that_a_card_shows_alike(items: list[Record]) -> None:
    shown: dict[str, tuple[Any, ...]] = {}
    for item in items:
        verdict = ALL.judge(item)
        if isinstance(verdict, Match):
            first = shown.setdefault(verdict.fold_key, _shown(verdict, item))
            assert _shown(verdict, item) == first


def guessed(name: str, address: str = "192.0.2.66", result: str = "FAILURE", **changes: Any) -> Record:
    """A sign-in at Okta with a name that somebody guessed."""
    told = {
        "uuid": name,
        "published": "2026-01-15T12:00:00Z",
        "eventType": "user.session.start",
        "outcome": {"result": result, "reason": "INVALID_CREDENTIALS"},
        "actor": {"alternateId": name, "displayName": name.title(), "type": "User"},
        "client": {"ipAddress": address, "userAgent": {"rawUserAgent": f"curl/{len(name)}"}},
    }
    return json_record(told | changes)


def test_failed_sign_ins_of_strangers_from_one_address_are_one_event() -> None:
    one, other = (judged(ALL, guessed(name)) for name in ("admin", "root"))
    assert one.stranger_key == other.stranger_key is not None
    # In the name of somebody whom the configuration knows they are told apart as ever.
    assert one.fold_key != other.fold_key


@pytest.mark.parametrize(
    "different",
    [
        {"address": "192.0.2.67"},
        {"outcome": {"result": "FAILURE", "reason": "LOCKED_OUT"}},
        {"client": {"ipAddress": "192.0.2.66", "geographicalContext": {"city": "Berlin"}}},
    ],
)
def test_strangers_who_differ_in_what_may_not_vary_are_events_of_their_own(different: dict[str, Any]) -> None:
    assert (
        judged(ALL, guessed("admin")).stranger_key != judged(ALL, guessed("root", **different)).stranger_key
    )


def test_what_succeeded_and_what_says_no_address_never_folds_over_names() -> None:
    assert judged(ALL, guessed("admin", result="SUCCESS")).stranger_key is None
    assert judged(ALL, guessed("admin", client={})).stranger_key is None


def test_only_rules_about_what_failed_fold_over_names() -> None:
    folding = {rule.name: rule for rule in ALL.rules if rule.strangers_may_vary}
    assert set(folding) == {
        "okta_login_failed",
        "teleport_login_failed",
        "aws_console_login_failed",
        "github_login_failed",
    }
    for rule in folding.values():
        assert "failed" in rule.title
        assert {"user_name", "message"} <= set(rule.strangers_may_vary)
        assert {"source_ip", "event_outcome"}.isdisjoint(rule.strangers_may_vary)


def test_a_rule_that_folds_strangers_has_to_know_their_address() -> None:
    (mistake,) = mistakes_of(
        "- {name: vpn, title: VPN, pattern: '^(?P<user_name>[a-z]+) failed$', strangers_may_vary: user_name}"
    )
    assert "strangers_may_vary" in mistake
    assert "capture source_ip" in mistake
