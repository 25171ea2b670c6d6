"""The inbox and the outbox: what was taken out of them without a trace."""

import sqlite3
from datetime import datetime, timedelta

from powertrip.domain.delivery import DeliveryKind
from powertrip.domain.sources import RecordVerdict
from powertrip.store.fields import MomentField
from powertrip.store.history.chain import Coupled
from powertrip.store.history.findings import Findings
from powertrip.store.history.reading import a_list, an_object
from powertrip.store.history.snapshot import Snapshot
from powertrip.store.tables import DeliveryState

OVERLAP = timedelta(hours=1)
"""How long a worker of an earlier release, which notes no verdict, may go on after the migration, or have
judged nothing but what no rule knows before and after a line of its own."""
ONE_RUN = timedelta(minutes=5)
"""How long one run of all migrations takes at most, where there is nothing to migrate."""
FIRST_MIGRATION, THIS_MIGRATION, BATCHES = "0001_initial", "0019_history", "0024_marks"


class Waiting:
    """What the outbox still holds, by event."""

    def __init__(self, seen: Snapshot) -> None:
        # On the disk, for while Slack is away there may be many.
        self._known = sqlite3.connect("")
        self._known.execute("CREATE TABLE waiting (about, kind, PRIMARY KEY (about, kind)) WITHOUT ROWID")
        statement = "SELECT kind, event_ids, payload FROM delivery WHERE state = ? AND kind IN (?, ?, ?)"
        kinds = (DeliveryKind.FIRST, DeliveryKind.OUTCOME, DeliveryKind.STORM)
        self._known.executemany(
            "INSERT OR IGNORE INTO waiting VALUES (?, ?)",
            (
                (about, kind)
                for kind, event_ids, payload in seen.rows(statement, DeliveryState.WAITING, *kinds)
                # What is about a storm names some of its events only.
                for about in (a_list(event_ids) if kind != DeliveryKind.STORM else _storms(payload))
            ),
        )
        self._known.execute("CREATE TABLE changes (channel, ts, PRIMARY KEY (channel, ts)) WITHOUT ROWID")
        changes = "SELECT channel, ts FROM delivery WHERE state = ? AND ts IS NOT NULL"
        self._known.executemany(
            "INSERT OR IGNORE INTO changes VALUES (?, ?)", seen.rows(changes, DeliveryState.WAITING)
        )

    def changes(self, channel: str, ts: str) -> bool:
        """Whether a message is still to be changed, or removed."""
        found = self._known.execute("SELECT 1 FROM changes WHERE channel = ? AND ts = ?", (channel, ts))
        return found.fetchone() is not None

    def holds(self, about: str, kind: DeliveryKind) -> bool:
        """Whether something of this kind is still to be sent about the event, or the storm."""
        found = self._known.execute("SELECT 1 FROM waiting WHERE about = ? AND kind = ?", (about, kind))
        return found.fetchone() is not None


def check_inbox(seen: Snapshot, findings: Findings, coupled: Coupled) -> None:
    """Look for records that count as judged though no rule has judged them."""
    unjudged = """SELECT id, source FROM inbox WHERE judged_at IS NOT NULL AND verdict IS NULL
        AND received_at > ? AND judged_at NOT BETWEEN ? AND ? ORDER BY id"""
    for inbox_id, source in seen.rows(unjudged, known_since(seen, THIS_MIGRATION), *_of_earlier(coupled)):
        what = f"it counts as judged, and nothing has judged it (source {source})"
        findings.missing("record unjudged", f"inbox row {inbox_id}", what)
    lost = """SELECT id, source FROM inbox i WHERE verdict = ? AND judged_at IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM quarantine q WHERE q.inbox_id = i.id) ORDER BY id"""
    for number, (inbox_id, source) in enumerate(seen.rows(lost, RecordVerdict.QUARANTINE)):
        # The oldest may be those that the quarantine had no room for.
        if number >= coupled.pruned:
            what = f"it was quarantined, and is not in quarantine (source {source})"
            findings.missing("quarantine", f"inbox row {inbox_id}", what)


def _of_earlier(coupled: Coupled) -> tuple[int, int]:
    """From when to when an earlier release judged, as far as its lines tell; a rollback is one, too."""
    if coupled.unsealed is None:
        return (0, 0)
    first, last = coupled.unsealed
    around = OVERLAP // timedelta(microseconds=1)
    return (first - around, last + around)


def known_since(seen: Snapshot, migration: str) -> int:
    """From when on every record that is judged has what a migration made room for."""
    applied = {
        name: datetime.fromisoformat(str(at)).astimezone()
        for name, at in seen.rows(
            "SELECT name, applied FROM schema_migration WHERE name IN (?, ?)", FIRST_MIGRATION, migration
        )
    }
    first, this = applied.get(FIRST_MIGRATION), applied.get(migration)
    # A database that was made by this release, in one run of the migrations, knows no other.
    if first is None or this is None or this - first < ONE_RUN:
        return 0
    return MomentField().db_value(this + OVERLAP) or 0


def _storms(payload: str | None) -> list[str]:
    storm = an_object(payload).get("storm")
    return [storm] if isinstance(storm, str) else []
