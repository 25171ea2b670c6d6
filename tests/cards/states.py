"""Five kinds of cards in all their states, made of the records that lead to them."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from powertrip.cards import CardView, Mention, Message, denied_alert, event_card, nudge, reminder_list
from powertrip.domain.address import AddressFacts, AddressKind, Network, Place, Reputation
from powertrip.domain.agents import CLAIM
from powertrip.domain.decision import ActorKind, Verdict
from powertrip.domain.event import Event, NoticeKind, Status
from powertrip.domain.follow_up import DenialNote, FollowUp, Item, NoteKind, Owner
from powertrip.domain.habits import Past
from powertrip.domain.hids import OriginStanding, OriginState
from powertrip.domain.not_me import NotMe
from powertrip.domain.people import Subject, SubjectKind
from powertrip.rules import Match, load_rules
from tests.samples import BOB, CAROL, decision, doubt, event, later, record

SSH_LINE = (
    "Accepted publickey for alice from 203.0.113.77 port 50022 ssh2: ED25519 "
    "SHA256:k9Qm1sXr0dW7pLZt3VbNcY5uHfG2aJ8eT6oRiSxM4wQ"
)
SUDO_LINE = "   alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/usr/bin/systemctl stop auditd"
ATTACHED_POLICY = {
    "eventVersion": "1.08",
    "userIdentity": {
        "type": "IAMUser",
        "arn": "arn:aws:iam::111122223333:user/bob",
        "accountId": "111122223333",
        "userName": "bob",
        "sessionContext": {"attributes": {"mfaAuthenticated": "false"}},
    },
    "eventTime": "2026-01-15T12:00:00Z",
    "eventSource": "iam.amazonaws.com",
    "eventName": "AttachUserPolicy",
    "awsRegion": "us-east-1",
    "sourceIPAddress": "203.0.113.77",
    "userAgent": "aws-cli/2.15.0",
    "requestParameters": {"userName": "deploy", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
    "eventID": "5b1e7c1e-0000-4000-8000-000000000001",
    "eventType": "AwsApiCall",
    "recipientAccountId": "111122223333",
}
ADDED_MEMBER = {
    "@timestamp": 1768478400000,
    "action": "org.add_member",
    "actor": "alice",
    "actor_ip": "203.0.113.77",
    "org": "example",
    "user": "mallory",
    "permission": "admin",
}
HOSTILE = AddressFacts(
    kind=AddressKind.PUBLIC,
    reputations=(
        Reputation(
            service="Threat Jammer",
            score=84,
            risk="high",
            reason="The address was found in 3 lists of password guessing",
            details={"Datasets": "ABUSE", "Last seen": "7D"},
        ),
    ),
    network=Network(as_number=64511, name="EXAMPLE-EVIL", description="Example Bulletproof Hosting"),
    place=Place(country_code="NL", city="Amsterdam", region="North Holland", time_zone="Europe/Amsterdam"),
)
HOME = replace(
    HOSTILE,
    reputations=(Reputation(service="Threat Jammer", score=4, risk="low"),),
    network=Network(as_number=64496, name="EXAMPLE-HOME", description="Example Broadband"),
    place=Place(country_code="DE", city="Berlin", region="Land Berlin", time_zone="Europe/Berlin"),
)
HOTEL = replace(
    HOME,
    reputations=(
        Reputation(
            service="Threat Jammer", score=38, risk="medium", reason="Seen in one list of open proxies"
        ),
    ),
)
REVIEWERS = (Mention("S0SECURITY"),)
FOR_AGENT: dict[str, Any] = {
    "actor_kind": ActorKind.AGENT,
    "agent_name": "nightly-backup",
    "agent_running": True,
}
NOT_ME = NotMe(phone="+49 30 901820", runbook="https://wiki.example.com/not-me")
GUIDANCE = NOT_ME.guidance("ssh_login")
RULES = load_rules([{"use": pack} for pack in ("ssh", "sudo", "cloudtrail", "github")], lambda _: "here")


def judged(message: str | Mapping[str, Any], *, host: str | None = None, program: str | None = None) -> Event:
    """What the packs make of a record, nobody asked yet."""
    raw = message if isinstance(message, str) else json.dumps(message)
    match = RULES.judge(record(raw, raw=raw, host_name=host, program=program))
    assert isinstance(match, Match)
    named = {name: match.fields.get(name) for name in ("user_name", "host_name", "source_ip")}
    rule = match.rule
    return event(
        id="k3f9x2m8pq",
        rule=rule.name,
        title=rule.title,
        severity=rule.severity,
        headline=rule.headline,
        fields={name: value for name, value in match.fields.items() if name not in named},
        message=raw,
        **named,
    )


def kinds() -> dict[str, Event]:
    """One event of each kind, as it is asked about first."""
    ssh = judged(SSH_LINE, host="bastion-1", program="sshd")
    bob = Subject(kind=SubjectKind.PERSON, slack_id=BOB, name="Bob")
    root = replace(
        judged(SSH_LINE.replace("alice", "root"), host="db-1", program="sshd"),
        subject=Subject(kind=SubjectKind.UNMAPPED),
        requires_reason=True,
        requires_second_person=True,
    )
    return {
        "sudo": judged(SUDO_LINE, host="db-1", program="sudo"),
        "ssh": ssh,
        "cloudtrail": replace(judged(ATTACHED_POLICY), subject=bob),
        "github": judged(ADDED_MEMBER),
        "two-person": root,
    }


def states(about: Event) -> dict[str, Message]:
    """Every state of the card, as its readers see it at that time."""
    is_person = about.subject.kind is SubjectKind.PERSON
    first = _view(NoticeKind.FIRST, "person" if is_person else "channel")
    in_channel = _view(NoticeKind.REMINDER, "channel", reminder=2, mention=REVIEWERS)
    denial = decision(Verdict.DENY)
    if not is_person:
        denial = replace(denial, actor_id=CAROL, actor_name="Carol")
    note = decision(
        Verdict.CLOSE,
        actor_id=CAROL,
        actor_name="Carol",
        at=later(hours=1),
        reason="Stolen laptop, key revoked.",
    )
    by_carol = decision(actor_id=CAROL, actor_name="Carol", reason="Planned, see OPS-12.")
    by_dana = replace(by_carol, actor_id="U0DANA", actor_name="Dana", at=later(minutes=5))
    approvals = [by_carol, by_dana] if about.requires_second_person else [by_carol]
    half = replace(about, status=Status.HALF_APPROVED, decisions=(by_carol,), requires_second_person=True)
    missed = OriginStanding(origin="wazuh", state=OriginState.MISSED)
    past = Past(first_from_network=True, first_from_address=True, unusual_hour=True)
    familiar = Past(times_from_address=12, host_approved_at=later(days=-1), host_approved_user="alice")
    others = [
        replace(about, id=f"k3f9x2m8q{number}", received_at=later(minutes=-number)) for number in range(2)
    ]
    who = about.subject.slack_id or CAROL
    unsure = replace(about, doubts=(doubt(actor_id=who, actor_name=about.subject.name or "Carol"),))
    hour, soon = later(hours=1), later(seconds=2)
    home, hotel, hostile = (HOME, HOTEL, HOSTILE) if about.source_ip else (None, None, None)
    seen = {
        "asked": event_card(about, first, soon),
        "green": event_card(replace(about, facts=home, past=familiar), first, soon),
        "yellow": event_card(replace(about, facts=hotel), first, soon),
        "red": event_card(replace(about, facts=hostile, past=past), first, soon),
        "late": event_card(replace(about, received_at=later(hours=3)), first, later(hours=3, seconds=2)),
        "missed": event_card(replace(about, origins=(missed,)), first, soon),
        "reminded": event_card(replace(about, reminders=2), in_channel, hour),
        "listed": reminder_list([about, replace(others[0], facts=hostile), others[1]], in_channel, hour),
        "second": event_card(half, _view(NoticeKind.SECOND, "channel", mention=REVIEWERS), later(minutes=1)),
        "unsure": event_card(unsure, first, soon),
        "unsure-told": denied_alert(unsure, _view(NoticeKind.OUTCOME, "channel"), soon),
        "claimed": event_card(replace(about, fields={**about.fields, CLAIM: "claude"}), first, soon),
        "approved": event_card(_decided(about, Status.APPROVED, *approvals), first, hour),
        "agent": event_card(
            _decided(about, Status.APPROVED, *(replace(each, **FOR_AGENT) for each in approvals)), first, hour
        ),
        "denied": event_card(_decided(about, Status.DENIED, denial), first, hour),
        "denial": denied_alert(
            _decided(about, Status.DENIED, denial),
            _view(NoticeKind.OUTCOME, "channel", mention=REVIEWERS),
            later(minutes=1),
        ),
        "after-no": event_card(
            replace(_decided(about, Status.DENIED, denial), follow_up=followed(about)),
            replace(first, guidance=GUIDANCE),
            later(minutes=10),
        ),
        "taken-on": denied_alert(
            replace(_decided(about, Status.DENIED, denial), follow_up=followed(about, claim=None)),
            _view(NoticeKind.OUTCOME, "channel", for_reviewers=True, guidance=GUIDANCE),
            later(minutes=10),
        ),
        "taken-back": denied_alert(
            replace(_decided(about, Status.DENIED, denial), follow_up=followed(about)),
            _view(NoticeKind.OUTCOME, "channel", for_reviewers=True, mention=REVIEWERS, guidance=GUIDANCE),
            later(minutes=10),
        ),
        "closed": event_card(_decided(about, Status.CLOSED, denial, note), first, later(hours=2)),
    }
    if is_person:
        nudged = _view(NoticeKind.NUDGE, "person", first_link="http://127.0.0.1/archives/D0/p1")
        seen["nudged"] = nudge([about], nudged, later(minutes=10))
    return seen


def followed(about: Event, **changes: Any) -> FollowUp:
    """What became of a denied event within minutes."""
    items = tuple(
        Item(number=number, text=text) for number, text in enumerate(NOT_ME.checklist_of(about.rule), 1)
    )
    note = DenialNote(
        kind=NoteKind.NOTE,
        actor_id=CAROL,
        actor_name="Carol",
        at=later(minutes=8),
        text="She was on a train.",
    )
    claim = replace(
        note, kind=NoteKind.CLAIM, actor_id=about.subject.slack_id or BOB, text="My own backup script."
    )
    made = FollowUp(
        told_at=later(minutes=2),
        owner=Owner(slack_id=CAROL, name="Carol", since=later(minutes=5), until=later(days=1)),
        items=(replace(items[0], done_by=CAROL, done_at=later(minutes=7)), *items[1:]),
        notes=(note,),
        claim=claim,
    )
    return replace(made, **changes)


def _view(kind: NoticeKind, audience: Any, **changes: Any) -> CardView:
    return CardView(kind=kind, audience=audience, command="/powertrip", **changes)


def _decided(about: Event, status: Status, *taken: Any) -> Event:
    return replace(about, status=status, decisions=taken, next_reminder_at=None)
