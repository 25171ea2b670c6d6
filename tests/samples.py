"""Small makers of the values that tests talk about; every argument has a plain default."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from powertrip.domain.address import AddressFacts, AddressKind, Reputation
from powertrip.domain.deciding import DecisionPlan
from powertrip.domain.decision import Decision, Doubt, Verdict, Via
from powertrip.domain.event import Event, Severity, Status
from powertrip.domain.hids import OriginVerdict
from powertrip.domain.judgement import ToAsk
from powertrip.domain.people import Subject, SubjectKind
from powertrip.domain.record import Record
from powertrip.store.processes import Process, ProcessRole

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
SECURITY = "C0SECURITY"
ALICE, BOB, CAROL = "U0ALICE", "U0BOB", "U0CAROL"
PAM_LOGIN: dict[str, Any] = {
    "id": "4d2f2250-4de4-4af0-8b5c-9b69123f6a50",
    "time": int(NOW.timestamp()),
    "host": "web-1",
    "program": "powertrip-login",
    "pid": "4242",
    "pam_type": "open_session",
    "service": "sshd",
    "user": "alice",
    "rhost": "192.0.2.10",
    "ruser": "",
    "tty": "ssh",
}
"""What powertrip-login tells of a login."""

_numbers = count(1)


def later(**duration: float) -> datetime:
    """A moment after NOW."""
    return NOW + timedelta(**duration)


def record(
    message: str = "Accepted publickey for alice from 192.0.2.10 port 50000 ssh2", **changes: Any
) -> Record:
    """A record with an id of its own."""
    fields: dict[str, Any] = {
        "source": "syslog",
        "record_id": f"r{next(_numbers)}",
        "message": message,
        "raw": message,
        "received_at": NOW,
        "occurred_at": NOW,
        "host_name": "bastion-1",
        "program": "sshd",
    }
    return Record(**(fields | changes))


def event(**changes: Any) -> Event:
    """Alice's login, not yet decided."""
    fields: dict[str, Any] = {
        "id": f"event{next(_numbers):05d}",
        "rule": "ssh_login",
        "title": "SSH login",
        "event_action": "ssh_login",
        "severity": Severity.MEDIUM,
        "source": "syslog",
        "occurred_at": NOW,
        "received_at": NOW,
        "last_occurred_at": NOW,
        "user_name": "alice",
        "host_name": "bastion-1",
        "source_ip": "192.0.2.10",
        "subject": Subject(kind=SubjectKind.PERSON, slack_id=ALICE, name="Alice"),
        "fold_key": "ssh_login|syslog|alice|bastion-1|192.0.2.10",
        "next_reminder_at": later(minutes=10),
    }
    return Event(**(fields | changes))


def decision(verdict: Verdict = Verdict.APPROVE, **changes: Any) -> Decision:
    """Alice's decision by a button, a minute later."""
    fields: dict[str, Any] = {
        "verdict": verdict,
        "actor_id": ALICE,
        "actor_name": "Alice",
        "at": later(minutes=1),
        "via": Via.BUTTON,
        "revision": 1,
    }
    return Decision(**(fields | changes))


def doubt(**changes: Any) -> Doubt:
    """Alice is not sure, from the menu, a minute later."""
    fields: dict[str, Any] = {
        "actor_id": ALICE,
        "actor_name": "Alice",
        "at": later(minutes=1),
        "via": Via.BUTTON,
        "revision": 1,
        "is_subject": True,
    }
    return Doubt(**(fields | changes))


def ask(claimed: Record, about: Event | None = None, conversation: str = ALICE) -> ToAsk:
    """A judgement that makes, or joins, an event."""
    return ToAsk(record=claimed, event=about or event(), conversation=conversation)


def decided(about: Event, **changes: Any) -> Event:
    """The event after a decision."""
    return replace(about, **changes)


def approval(before: Event) -> DecisionPlan:
    """Alice approves it, of which nobody is told."""
    return DecisionPlan(
        before=before,
        after=decided(before, status=Status.APPROVED),
        decision=decision(),
        remind_at=None,
        outcome_channel=None,
        rest_id="rest",
        rest_conversation=ALICE,
        rest_remind_at=later(minutes=11),
    )


def known(score: int | None = None, **changes: Any) -> AddressFacts:
    """Facts of a public address that one service has an opinion on."""
    said = Reputation(service="Threat Jammer", score=score, reason=changes.pop("reason", None))
    return AddressFacts(kind=AddressKind.PUBLIC, reputations=(said,), **changes)


APPROVED = OriginVerdict(
    event_id="event00001",
    verdict=Verdict.APPROVE,
    alert_id="1768478399.1549653",
    rule="ssh_login",
    user_name="alice",
    host_name="bastion-1",
    source_ip="192.0.2.10",
    occurred_at=NOW,
    decided_by=ALICE,
    decided_by_name="Alice",
    decided_at=NOW,
    reason=None,
)
"""What a HIDS is told of Alice's login, which she approved."""

WORKER = Process(
    name="worker-1",
    role=ProcessRole.WORKER,
    host="machine",
    pid=7,
    version="1",
    started_at=NOW,
    seen_at=NOW,
)
