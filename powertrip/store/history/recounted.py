"""Columns that can be worked out of others, and checkpoints that were made and are not there."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import powertrip
from powertrip.domain.checkpoint import found_in
from powertrip.store.history.chain import Coupled
from powertrip.store.history.findings import Findings
from powertrip.store.history.reading import a_text
from powertrip.store.history.snapshot import Snapshot

ROLLED_BACK_FOR = timedelta(days=1)
"""How long a database may be migrated for a release that has not begun to work yet."""


def check(seen: Snapshot, findings: Findings) -> None:
    """Work out anew what rows say of other rows."""
    _check_events(seen, findings)
    _check_quarantine(seen, findings)
    _check_checkpoints(seen, findings)


def _check_events(seen: Snapshot, findings: Findings) -> None:
    statement = """SELECT e.id, e.revision, e.occurrences, e.last_occurred_at, max(o.occurred_at)
        FROM event e JOIN occurrence o ON o.event_id = e.id
        GROUP BY e.id, e.revision, e.occurrences, e.last_occurred_at
        HAVING e.last_occurred_at <> max(o.occurred_at) OR e.revision <> e.occurrences ORDER BY e.id"""
    for event_id, revision, occurrences, last, found in seen.rows(statement):
        if last != found:
            what = "it says that it was last seen at another time than its records"
            findings.altered("last seen", f"event {event_id}", what)
        if revision != occurrences:
            what = f"it has revision {revision}, and {occurrences} records"
            findings.altered("revision", f"event {event_id}", what)


def _check_quarantine(seen: Snapshot, findings: Findings) -> None:
    """What came out of the inbox still stands there, for as long as records are kept."""
    statement = """SELECT q.id, q.source, q.message, q.body, i.source, i.message, i.raw
        FROM quarantine q JOIN inbox i ON i.id = q.inbox_id ORDER BY q.id"""
    for row_id, source, message, body, its_source, its_message, raw in seen.rows(statement):
        kept = raw.encode("utf-8", "replace") if isinstance(raw, str) else raw
        is_body = isinstance(body, bytes | memoryview) and bytes(body) == kept
        # What is judged again is read again, and may say something else then.
        if not is_body or source != its_source:
            what = "it is not the record that stands in the inbox"
            findings.altered("quarantined", f"quarantine row {row_id}", what)
        elif message != its_message:
            findings.note("records that are read in another way than when they were quarantined")


def _check_checkpoints(seen: Snapshot, findings: Findings) -> None:
    before, last_id = None, 0
    rows = seen.rows("SELECT id, number, lines, text FROM checkpoint ORDER BY id")
    for row_id, number, lines, text in rows:
        where, last_id = f"checkpoint {row_id}", row_id
        if number is not None and before is not None and number != before + 1:
            what = f"it is number {number}, after number {before}: what was between them is gone"
            findings.missing("checkpoint deleted", where, what)
        elif number is not None and before is None and number != 1:
            what = f"it is number {number}, and none is before it"
            findings.missing("checkpoint deleted", where, what)
        before = number if number is not None else before
        made = next(found_in([a_text(text)]), None)
        if made is None or made.lines != lines:
            findings.altered("checkpoint row", where, "its text is no checkpoint of that many lines")
    given = _given(seen)
    if given > last_id:
        where, what = f"checkpoint {last_id + 1}", f"numbers up to {given} were given, and it is not there"
        if seen.is_postgres:
            findings.note("the newest checkpoint is missing, or its transaction failed")
        else:
            findings.missing("checkpoint deleted", where, what)
    lost = """SELECT a.id, a.anchor, a.checkpoint_id FROM anchored a WHERE NOT EXISTS
        (SELECT 1 FROM checkpoint c WHERE c.id = a.checkpoint_id) ORDER BY a.id"""
    for _, anchor, checkpoint_id in seen.rows(lost):
        what = f"it is gone, and {a_text(anchor):.80} has taken it"
        findings.missing("checkpoint gone", f"checkpoint {checkpoint_id}", what)


def _given(seen: Snapshot) -> int:
    """The highest id that a checkpoint was given."""
    if seen.is_postgres:
        row = seen.first(
            "SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence('checkpoint', 'id')::regclass), 0)"
        )
    else:
        row = seen.first("SELECT seq FROM sqlite_sequence WHERE name = 'checkpoint'")
    return int(row[0]) if row else 0


def check_migrations(
    later: Iterable[tuple[str, str]], findings: Findings, coupled: Coupled, now: datetime
) -> None:
    """Look whether a later release ever worked here, where its migrations, with their times, say so."""
    others = {version for version in coupled.versions if version != powertrip.__version__}
    for name, applied in later:
        findings.note("later release that migrated this database: what it added is not compared")
        try:
            at = datetime.fromisoformat(applied)
        except ValueError:
            at = None
        if at is not None and at.tzinfo is None:
            at = at.astimezone()
        if not others and (at is None or abs(now - at) > ROLLED_BACK_FOR):
            what = "this release does not know it, and no other has ever written that it works here"
            findings.altered("migration", f"migration {name}", what)
