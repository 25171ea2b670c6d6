"""A month made by hand, of which every figure can be counted on paper, and what it is in a database."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from powertrip.domain.decision import ActorKind
from powertrip.domain.event import NoticeKind, Severity, Status
from powertrip.domain.people import Subject, SubjectKind
from powertrip.domain.report import Answer, Asked, Report
from powertrip.domain.report_tally import Tally
from powertrip.store.bulk import insert_all
from powertrip.store.rows import event_columns
from powertrip.store.storms.tables import StormMessageRow
from powertrip.store.tables import DecisionRow, EventRow, NoticeRow
from tests.samples import ALICE, BOB, CAROL, SECURITY, event

SINCE, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
PEOPLE = (ALICE, BOB, CAROL, "U0DAVE", "U0ERIN", "U0FRANK")
REVIEWERS = ("U0GRACE", "U0HEIDI")
FIELDS = {"ssh_login": {"user_name", "host_name", "source_ip"}, "sudo": {"user_name", "host_name", "command"}}


def asked(name: str, day: int, subject: str | None, **changes: Any) -> Asked:
    """An event that came at nine, and was asked about at once."""
    at = changes.pop("at", SINCE + timedelta(days=day - 1, hours=9))
    plain: dict[str, Any] = {
        "id": name,
        "rule": "ssh_login",
        "severity": Severity.MEDIUM,
        "status": Status.PENDING,
        "received_at": at,
        "subject": subject,
        "is_bot": False,
        "values": {"user_name": name, "host_name": "web-1", "source_ip": "192.0.2.10"},
        "decisive": None,
        "is_expected": False,
        "was_asked": True,
        "asked_at": at,
        "in_person": subject is not None,
        "in_storm": False,
        "reminded_at": None,
        "answer": None,
    }
    return Asked(**(plain | changes))


def answered(about: Asked, after: float, by: str | None = None, **changes: Any) -> Asked:
    """The event once it was approved, so many seconds later, by its person unless somebody is named."""
    verdict = changes.pop("verdict", "approve")
    at = (about.asked_at or about.received_at) + timedelta(seconds=after)
    answer = Answer(actor_id=by or about.subject or "", at=at, verdict=verdict, **changes)
    status = Status.APPROVED if verdict == "approve" else Status.DENIED
    return replace(about, status=status, answer=answer)


def month() -> Iterator[Asked]:
    """Six people on five days, one who clicks blindly, a bot with two reviewers, and what is special."""
    for day in range(1, 6):
        for number, person in enumerate(PEOPLE, 1):
            yield answered(asked(f"d{day}{person.lower()}", day, person), 10 * number)
    for number in range(6):
        at = SINCE + timedelta(days=5, hours=9, seconds=5 * number)
        yield answered(asked(f"blind{number}", 6, ALICE, at=at), 2)
    bot = {"user_name": "oswaldo", "host_name": "deploy-1", "source_ip": "192.0.2.7"}
    for number in range(40):
        at = SINCE + timedelta(days=number // 10, hours=10, minutes=number % 10)
        reminded = at + timedelta(seconds=60) if number < 4 else None
        about = asked(f"bot{number:02}", 1, None, at=at, is_bot=True, values=bot, reminded_at=reminded)
        yield answered(about, 120, REVIEWERS[number % 2])
    sudo = {"user_name": "bob", "host_name": "db-1", "command": "/bin/sh"}
    changes: dict[str, Any] = {"rule": "sudo", "values": sudo, "decisive": "command"}
    yield answered(asked("sudo1", 7, BOB, **changes), 100, verdict="deny")
    waits = asked("sudo2", 8, "U0DAVE", **changes)
    yield replace(waits, reminded_at=waits.received_at + timedelta(minutes=10))
    yield asked("unasked", 9, "U0ERIN", was_asked=False, asked_at=None, in_person=False)
    for number in range(3):
        about = asked(f"storm{number}", 10, "U0FRANK", in_storm=True, asked_at=None, in_person=False)
        yield answered(about, 600, REVIEWERS[0], in_bulk=True)


def report_of(events: Iterable[Asked], *, own: str | None = None) -> Report:
    """The report of these events."""
    tally = Tally(own=own)
    tally.add(each for each in events if own in (None, each.subject))
    return tally.report(SINCE, UNTIL, fields=FIELDS, taken=FIELDS)


def write(events: Iterable[Asked], *, is_test: bool = False) -> None:
    """Put them into the database; belongs on the database thread."""
    listed = list(events)
    insert_all(EventRow, [_row(each, is_test=is_test) for each in listed])
    for each in listed:
        first = {NoticeKind.FIRST: each.asked_at, NoticeKind.REMINDER: each.reminded_at}
        for kind, at in first.items():
            channel = (each.subject or "").replace("U0", "D0") if each.in_person else SECURITY
            notice = {"event_id": each.id, "kind": kind, "channel": channel, "ts": f"{each.id}{kind}"}
            shown = {"reminder": 0, "posted_at": at, "shown_revision": 1, "shown_version": 1}
            insert_all(NoticeRow, [notice | shown] if at else [])
        if each.in_storm:
            place = {"channel": SECURITY, "ts": f"{each.id}storm", "storm_id": each.id, "kind": "first"}
            shown = {"reminder": 0, "shown_version": 1, "shown_at": each.received_at}
            insert_all(StormMessageRow, [place | shown])
        if each.answer is not None:
            insert_all(DecisionRow, [_decision(each.id, each.answer)])


def _row(each: Asked, *, is_test: bool) -> dict[str, Any]:
    kind = SubjectKind.BOT if each.is_bot else SubjectKind.PERSON
    named = {name: each.values.get(name) for name in ("user_name", "host_name", "source_ip")}
    others = {name: value for name, value in each.values.items() if name not in named}
    about = event(
        id=each.id,
        fold_key=each.id,
        rule=each.rule,
        severity=each.severity,
        status=each.status,
        received_at=each.received_at,
        subject=Subject(kind=kind, slack_id=each.subject, name=None),
        fields=others,
        headline=tuple(others),
        is_test=is_test,
        **named,
    )
    return event_columns(about) | {"storm_id": each.id if each.in_storm else None}


def _decision(event_id: str, answer: Answer) -> dict[str, Any]:
    return {
        "event_id": event_id,
        "verdict": answer.verdict,
        "actor_id": answer.actor_id,
        "actor_name": "Somebody",
        "at": answer.at,
        "via": "button",
        "revision": 1,
        "reason": None,
        "batch_id": "batch" if answer.in_bulk else None,
        "actor_kind": ActorKind.AGENT if answer.by_agent else ActorKind.PERSON,
        "expectation_id": "expected" if answer.by_expectation else None,
    }
