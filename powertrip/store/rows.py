"""Turns rows of the event tables into values, and back."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from peewee import Case, fn
from pydantic import TypeAdapter

from powertrip.domain import headline
from powertrip.domain.address import AddressFacts
from powertrip.domain.decision import ActorKind, Decision, Doubt, Verdict, Via
from powertrip.domain.event import BackupTold, Event, Notice, NoticeKind, Occurrence, Severity, Status
from powertrip.domain.habits import Past
from powertrip.domain.people import Subject, SubjectKind
from powertrip.errors import UnknownEvent
from powertrip.store import written
from powertrip.store.among import among
from powertrip.store.follow_up_rows import by_event as follow_ups_of
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
    "diverted",
    "risk_steps",
    "revision",
    "occurrences",
    "requires_reason",
    "requires_second_person",
    "requires_proof",
    "session_number",
    "fold_key",
    "reminders",
    "next_reminder_at",
    "is_test",
)

_plain_of = attrgetter(*_PLAIN)

_FACTS = TypeAdapter(AddressFacts)
_PAST = TypeAdapter(Past)
_DOUBTS = TypeAdapter(tuple[Doubt, ...])


def gravest_first() -> tuple[Any, ...]:
    """The order in which what waits is worked off: the gravest first, and of these the oldest."""
    weight = Case(EventRow.severity, [(severity, rank) for rank, severity in enumerate(Severity)])
    return weight.desc(), EventRow.received_at, EventRow.id


def event_columns(event: Event) -> dict[str, Any]:
    """The columns of an event's row; its decisions have a table of their own."""
    columns = dict(zip(_PLAIN, _plain_of(event), strict=True))
    columns["fields"] = dict(event.fields)
    columns["headline"] = list(event.headline)
    columns["copied_to"] = list(event.copied_to)
    columns["varied"] = varied_column(event.varied)
    return columns | {
        "severity": event.severity,
        "status": event.status,
        **subject_columns(event.subject),
    }


def varied_column(varied: Mapping[str, Sequence[str]]) -> dict[str, list[str]] | None:
    """What the column holds of what varied."""
    return {name: list(values) for name, values in varied.items()} or None


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


def doubts_column(doubts: Sequence[Doubt]) -> list[dict[str, Any]] | None:
    """What the column holds of those who were not sure."""
    return _DOUBTS.dump_python(tuple(doubts), mode="json") or None


def subject_columns(subject: Subject) -> dict[str, Any]:
    """The columns that hold the subject of an event."""
    return {
        "subject_kind": subject.kind,
        "subject_slack_id": subject.slack_id,
        "subject_name": subject.name,
        "subject_team": subject.team,
    }


def events_from(rows: Sequence[Any]) -> list[Event]:
    """The events of these rows, in their order, with what other tables hold of them."""
    if not rows:
        return []
    event_ids = [row.id for row in rows]
    decisions: dict[str, list[Decision]] = {}
    for row in written.rows_of(DecisionRow, "event_id", event_ids):
        decision = Decision(
            verdict=Verdict(row.verdict),
            actor_id=row.actor_id,
            actor_name=row.actor_name,
            at=row.at,
            via=Via(row.via),
            revision=row.revision,
            reason=row.reason,
            expectation_id=row.expectation_id,
            actor_kind=ActorKind(row.actor_kind),
            agent_name=row.agent_name,
            agent_running=row.agent_running,
            proof=row.proof,
        )
        decisions.setdefault(row.event_id, []).append(decision)
    backups: dict[str, list[BackupTold]] = {}
    for told in written.rows_of(BackupRow, "event_id", event_ids):
        status = Status(told.status) if told.status else None
        backups.setdefault(told.event_id, []).append(
            BackupTold(channel=told.channel, at=told.sent_at, status=status)
        )
    follow_ups = follow_ups_of(
        [
            event_id
            for event_id, taken in decisions.items()
            if any(decision.verdict is Verdict.DENY for decision in taken)
        ]
    )
    origins = standings.by_event(event_ids)
    users = _users([row.id for row in rows if "user_name" in (row.varied or {})])
    earliest = _earliest([row.id for row in rows if row.revision > 1])
    return [
        replace(
            event,
            users=users.get(event.id, 1),
            earlier_occurred_at=_before(earliest.get(event.id), event.occurred_at),
            decisions=tuple(decisions.get(event.id, ())),
            follow_up=follow_ups.get(event.id),
            backups=tuple(backups.get(event.id, ())),
            origins=tuple(origins.get(event.id, ())),
        )
        for event in events_alone(rows)
    ]


def read_event(event_id: str) -> Event:
    """The event as it is now; raises UnknownEvent."""
    row = event_row(event_id)
    if row is None:
        raise UnknownEvent(f"There is no event with the id {event_id[:40]!r}.")
    return events_from([row])[0]


def events_alone(rows: Sequence[Any]) -> list[Event]:
    """The events of these rows, in their order, without what other tables hold of them."""
    return [
        Event(
            **dict(zip(_PLAIN, _plain_of(row), strict=True)),
            headline=headline_of(row),
            copied_to=tuple(row.copied_to or ()),
            varied={name: tuple(values) for name, values in (row.varied or {}).items()},
            severity=Severity(row.severity),
            status=Status(row.status),
            subject=Subject(
                kind=SubjectKind(row.subject_kind),
                slack_id=row.subject_slack_id,
                name=row.subject_name,
                team=row.subject_team,
            ),
            facts=_FACTS.validate_python(row.facts) if row.facts else None,
            past=_PAST.validate_python(row.past) if row.past else None,
            doubts=_DOUBTS.validate_python(row.doubts) if row.doubts else (),
        )
        for row in rows
    ]


def _earliest(event_ids: Sequence[str]) -> dict[str, datetime]:
    """When the earliest record of each event happened; shippers deliver in any order."""
    if not event_ids:
        return {}
    moments: Any = OccurrenceRow.select(OccurrenceRow.event_id, fn.MIN(OccurrenceRow.occurred_at))
    return dict(
        moments.where(among(OccurrenceRow.event_id, event_ids)).group_by(OccurrenceRow.event_id).tuples()
    )


def _users(event_ids: Sequence[str]) -> dict[str, int]:
    """How many different users the records of each event name; the event keeps only the first of them."""
    if not event_ids:
        return {}
    counts: Any = OccurrenceRow.select(OccurrenceRow.event_id, fn.COUNT(fn.DISTINCT(OccurrenceRow.user_name)))
    return dict(
        counts.where(among(OccurrenceRow.event_id, event_ids)).group_by(OccurrenceRow.event_id).tuples()
    )


def _before(moment: datetime | None, first: datetime) -> datetime | None:
    return moment if moment is not None and moment < first else None


def headline_of(row: Any) -> tuple[str, ...]:
    """The names of the decisive fields; the usual ones for what an earlier release wrote."""
    return headline.default(row.fields) if row.headline is None else tuple(row.headline)


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
    live = "channel = ? AND ts = ? AND removed_at IS NULL ORDER BY id"
    return [notice_from(row) for row in written.rows(NoticeRow, live, channel, ts)]


def rows_of(event_id: str, table: type[OccurrenceRow] | type[NoticeRow]) -> list[Any]:
    """The rows of one table that belong to an event, oldest first."""
    return list(written.rows_of(table, "event_id", [event_id]))


class LockedEvent(NamedTuple):
    """The columns of a locked event that steps decide by."""

    id: str
    status: str
    version: int
    next_reminder_at: datetime | None
    severity: str
    received_at: datetime


def lock_events(event_ids: Collection[str]) -> dict[str, LockedEvent]:
    """Those of the events that exist, as they are now; nobody else changes them until the commit.

    Belongs before any change of what cards show, and before writing down what a card has shown: of the two,
    the later must see the earlier, or a card stays out of date.
    """
    if not event_ids:
        return {}
    # In one order, so that two transactions that lock several never wait for each other.
    locked = written.locked(f"id IN ({written.marks(event_ids)}) ORDER BY id")
    found = written.columns(EventRow, LockedEvent._fields, locked, *event_ids)
    return {values[0]: LockedEvent(*values) for values in found}


def event_row(event_id: str) -> Any | None:
    """The event's row as it is now; None where there is none."""
    return next(iter(written.rows_of(EventRow, "id", [event_id])), None)
