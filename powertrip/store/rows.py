"""Rows of the event tables as values, and back: the one translator in each direction."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from powertrip.domain.address import AddressFacts
from powertrip.domain.decision import Decision, Verdict, Via
from powertrip.domain.event import BackupTold, Event, Notice, NoticeKind, Occurrence, Severity, Status
from powertrip.domain.habits import Past
from powertrip.domain.hids import OriginStanding
from powertrip.domain.people import Subject, SubjectKind
from powertrip.store.database import is_postgres
from powertrip.store.hids import standings
from powertrip.store.tables import BackupRow, DecisionRow, EventRow, NoticeRow, OccurrenceRow

_PLAIN = (
    "id",
    "rule",
    "title",
    "event_action",
    "source",
    "occurred_at",
    "received_at",
    "last_occurred_at",
    "user_name",
    "host_name",
    "source_ip",
    "fields",
    "message",
    "cut",
    "severity_reason",
    "revision",
    "occurrences",
    "requires_reason",
    "requires_second_person",
    "fold_key",
    "reminders",
    "next_reminder_at",
)


_FACTS = TypeAdapter(AddressFacts)
_PAST = TypeAdapter(Past)


def event_columns(event: Event) -> dict[str, Any]:
    """The columns of an event's row; its decisions have a table of their own."""
    columns = {name: getattr(event, name) for name in _PLAIN}
    columns["fields"] = dict(event.fields)
    return columns | {
        "severity": event.severity,
        "status": event.status,
        **subject_columns(event.subject),
    }


def facts_columns(facts: AddressFacts | None) -> dict[str, Any]:
    """The columns that hold what is known of the address."""
    network = facts.network if facts else None
    place = facts.place if facts else None
    country = (place and place.country_code) or (network and network.country_code)
    return {
        "facts": _FACTS.dump_python(facts, mode="json") if facts else None,
        "as_number": network.as_number if network else None,
        "country_code": country or None,
    }


def past_columns(past: Past) -> dict[str, Any]:
    """The column that holds the person's past."""
    return {"past": _PAST.dump_python(past, mode="json")}


def subject_columns(subject: Subject) -> dict[str, Any]:
    """The columns that hold the subject of an event."""
    return {
        "subject_kind": subject.kind,
        "subject_slack_id": subject.slack_id,
        "subject_name": subject.name,
        "subject_team": subject.team,
    }


def events_from(rows: Sequence[Any]) -> list[Event]:
    """The events of these rows, in their order, with their decisions."""
    decisions = _decisions_by_event([row.id for row in rows])
    backups = _backups_by_event([row.id for row in rows])
    origins = standings.by_event([row.id for row in rows])
    return [
        _event(row, decisions.get(row.id, ()), backups.get(row.id, ()), origins.get(row.id, ()))
        for row in rows
    ]


def _event(
    row: Any,
    decisions: Iterable[Decision],
    backups: Iterable[BackupTold],
    origins: Iterable[OriginStanding],
) -> Event:
    subject = Subject(
        kind=SubjectKind(row.subject_kind),
        slack_id=row.subject_slack_id,
        name=row.subject_name,
        team=row.subject_team,
    )
    return Event(
        **{name: getattr(row, name) for name in _PLAIN},
        severity=Severity(row.severity),
        status=Status(row.status),
        subject=subject,
        facts=_FACTS.validate_python(row.facts) if row.facts else None,
        past=_PAST.validate_python(row.past) if row.past else None,
        decisions=tuple(decisions),
        backups=tuple(backups),
        origins=tuple(origins),
    )


def _decisions_by_event(event_ids: list[str]) -> dict[str, list[Decision]]:
    found: dict[str, list[Decision]] = {}
    query = DecisionRow.select().where(DecisionRow.event_id.in_(event_ids)).order_by(DecisionRow.id)
    for row in query if event_ids else ():
        found.setdefault(row.event_id, []).append(_decision(row))
    return found


def _backups_by_event(event_ids: list[str]) -> dict[str, list[BackupTold]]:
    found: dict[str, list[BackupTold]] = {}
    query = BackupRow.select().where(BackupRow.event_id.in_(event_ids)).order_by(BackupRow.id)
    for row in query if event_ids else ():
        found.setdefault(row.event_id, []).append(BackupTold(channel=row.channel, at=row.sent_at))
    return found


def _decision(row: Any) -> Decision:
    return Decision(
        verdict=Verdict(row.verdict),
        actor_id=row.actor_id,
        actor_name=row.actor_name,
        at=row.at,
        via=Via(row.via),
        revision=row.revision,
        reason=row.reason,
    )


def occurrence_from(row: Any) -> Occurrence:
    """One record of an event."""
    names = ("source", "record_id", "message", "occurred_at", "received_at", "revision", "cut")
    return Occurrence(**{name: getattr(row, name) for name in names})


def notice_from(row: Any) -> Notice:
    """One message about an event."""
    return Notice(
        event_id=row.event_id,
        kind=NoticeKind(row.kind),
        channel=row.channel,
        ts=row.ts,
        revision=row.shown_revision,
        posted_at=row.posted_at,
        reminder=row.reminder,
    )


def notices_in(channel: str, ts: str) -> list[Notice]:
    """The notices that one message carries, in the order they were listed."""
    live = (NoticeRow.channel == channel) & (NoticeRow.ts == ts) & NoticeRow.removed_at.is_null()
    return [notice_from(row) for row in NoticeRow.select().where(live).order_by(NoticeRow.id)]


def rows_of(event_id: str, table: type[OccurrenceRow] | type[NoticeRow]) -> list[Any]:
    """The rows of one table that belong to an event, oldest first."""
    return list(table.select().where(table.event_id == event_id).order_by(table.id))


class LockedEvent(NamedTuple):
    """What a step may want to know of an event that it has locked."""

    id: str
    status: str
    version: int
    next_reminder_at: datetime | None


def lock_events(event_ids: Collection[str]) -> dict[str, LockedEvent]:
    """Those of the events that exist, as they are now; nobody else changes them until the commit.

    Belongs before any change of what cards show, and before writing down what a card has shown: of the two,
    the later must see the earlier, or a card stays out of date. In the order of their ids, so that two
    transactions that lock several never wait for each other.
    """
    if not event_ids:
        return {}
    query: Any = (
        EventRow.select(EventRow.id, EventRow.status, EventRow.version, EventRow.next_reminder_at)
        .where(EventRow.id.in_(list(event_ids)))
        .order_by(EventRow.id)
    )
    found = (query.for_update() if is_postgres() else query).tuples()
    return {row[0]: LockedEvent(*row) for row in found}


def event_row(event_id: str) -> Any | None:
    """The event's row as it is now; None where there is none."""
    return EventRow.get_or_none(EventRow.id == event_id)
