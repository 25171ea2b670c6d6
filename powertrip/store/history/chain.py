"""The lines of the history: each after the one before, up to the end that is kept beside them."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from powertrip.domain.checkpoint import Checkpoint
from powertrip.store.audit import FIRST_HASH, digest
from powertrip.store.fields import MomentField
from powertrip.store.history.contained import ACTIONS as CONTAINING
from powertrip.store.history.contained import Contained
from powertrip.store.history.expected import ExpectedWork
from powertrip.store.history.findings import Finding, Findings, Verdict
from powertrip.store.history.followed import ACTIONS as FOLLOWING
from powertrip.store.history.followed import Followed
from powertrip.store.history.marks import Marker, Since
from powertrip.store.history.proven import ACTIONS as PROVING
from powertrip.store.history.proven import Proven
from powertrip.store.history.reading import an_object, odd_is_a_fault
from powertrip.store.history.snapshot import Row, Snapshot, snapshot
from powertrip.store.history.stormy import Storms

CLOCK_SKEW = timedelta(hours=2)
"""How far a line may be dated ahead: a clock that was an hour fast, and then some."""
_COUPLING = (
    *("occurrences_split_off", "member_renamed", "notices_moved", "quarantine_pruned", "storm_posted"),
    *("configuration_in_force", "pruned", "storm_opened", "storm_joined", "storm_apart"),
    *("expectation_announced", "expectation_confirmed", "expectation_ended"),
    *FOLLOWING,
    *PROVING,
    *CONTAINING,
)
_LISTING = ("notice_posted", "notice_updated")


@dataclass(slots=True)
class Coupled:
    """What lines of one event say of another, or of all."""

    renames: list[tuple[int, str, str]] = field(default_factory=list)
    """Line, former id of a member, current id."""
    moves: list[tuple[int, str, str]] = field(default_factory=list)
    """Line, former channel, current channel."""
    pruned: int = 0
    """How many of the oldest rows of the quarantine were deleted."""
    unsealed: tuple[int, int] | None = None
    """From when to when an earlier release wrote lines, before an upgrade or after a rollback."""
    starts: list[tuple[int, str | None]] = field(default_factory=list)
    """When a configuration came in force, and the key that marked rows then; None for an earlier release."""
    versions: set[str] = field(default_factory=set)
    """The releases that ever worked here."""
    storms: Storms = field(default_factory=Storms)
    expected: ExpectedWork = field(default_factory=ExpectedWork)
    followed: Followed = field(default_factory=Followed)
    proven: Proven = field(default_factory=Proven)
    contained: Contained = field(default_factory=Contained)
    is_to_change: Callable[[str, str], bool] = lambda channel, ts: True  # noqa: ARG005
    """Whether a change of a message, by its channel and ts, waits in the outbox."""
    pruned_uncounted: bool = False
    """Whether records were deleted by a process that counts none, after the first that counts them."""
    _has_splits: bool = False
    # On the disk, for there may be many.
    _aside: sqlite3.Connection = field(default_factory=lambda: sqlite3.connect(""))

    def __post_init__(self) -> None:
        self._aside.execute("CREATE TABLE split (event PRIMARY KEY, rest, count) WITHOUT ROWID")
        self._aside.execute(
            "CREATE TABLE listed (event, line, action, at, detail, PRIMARY KEY (event, line))"
        )

    def list(self, line: int, action: str, at: int, detail: Any) -> None:
        """Remember a line about a message that shows several events, as lines of each of them."""
        events = detail.pop("events", None)
        for event_id, revision in events.items() if isinstance(events, dict) else ():
            row = (event_id, line, action, at, json.dumps({**detail, "revision": revision}))
            self._aside.execute("INSERT OR REPLACE INTO listed VALUES (?, ?, ?, ?, ?)", row)

    def listed(self) -> Iterator[Row]:
        """Those lines, in the order of their events."""
        yield from self._aside.execute(
            "SELECT event, line, action, NULL, at, detail FROM listed ORDER BY event, line"
        )

    def take(
        self, line: int, at: int, action: str, event_id: str | None, actor_id: str | None, detail: Any
    ) -> None:
        """Remember a line that is about more than its event."""
        match action:
            case "occurrences_split_off":
                values = (detail.get("from_event"), event_id, detail.get("count"))
                self._aside.execute("INSERT OR REPLACE INTO split VALUES (?, ?, ?)", values)
                self._has_splits = True
            case "member_renamed":
                self.renames.append((line, detail.get("former"), actor_id or ""))
            case "notices_moved":
                self.moves.append((line, detail.get("former"), detail.get("channel")))
            case "storm_opened" | "storm_posted" | "storm_joined" | "storm_apart":
                self.storms.take(line, action, event_id, detail)
            case "expectation_announced" | "expectation_confirmed" | "expectation_ended":
                self.expected.take(line, at, action, actor_id, detail)
            case _ if action in FOLLOWING:
                self.followed.take(at, action, event_id or "", actor_id, detail)
            case _ if action in PROVING:
                self.proven.take(line, at, action, event_id, actor_id, detail)
            case _ if action in CONTAINING:
                self.contained.take(at, action, event_id or "", actor_id, detail)
            case "configuration_in_force":
                self.versions.add(str(detail.get("version")))
                self.starts.append((at, (detail["marks"] or "") if "marks" in detail else None))
            case "pruned":
                is_keyed = any(name for _, name in self.starts)
                if detail.get("table") == "inbox" and not detail.get("ledger") and is_keyed:
                    self.pruned_uncounted = True
            case _:
                self.pruned += int(detail.get("count") or 0)

    def had_other_key(self, *, since: int, name: str) -> bool:
        """Whether a process without this key began to work after a moment."""
        return any(at >= since and its != name for at, its in self.starts)

    def judged_by_earlier(self, at: int, *, since: int) -> bool:
        """Whether an earlier release, which keeps no batches and began `since`, may have judged then."""
        return any(name is None and since <= began <= at for began, name in self.starts)

    def written_unsealed(self, at: int) -> None:
        """Remember that an earlier release wrote a line then."""
        first, last = self.unsealed or (at, at)
        self.unsealed = (min(first, at), max(last, at))

    def split(self, event_id: str) -> tuple[str, int] | None:
        """The event that the last records of this one went to, and how many."""
        if not self._has_splits:
            return None
        found = self._aside.execute("SELECT rest, count FROM split WHERE event = ?", (event_id,))
        row: tuple[str, int] | None = found.fetchone()
        return row


def current(value: Any, line: int, changes: Iterable[tuple[int, str, str]]) -> Any:
    """What became of a member's id, or a channel's, that a line names."""
    for changed_in, former, now in changes:
        if changed_in > line and value == former:
            value = now
    return value


def broken(opened: Any) -> Finding | None:
    """The first line that does not fit the one before it; None where all fit."""
    findings = Findings()
    with snapshot(opened) as seen:
        check(seen, findings, (), None)
    return findings.faults.get((Verdict.INTEGRITY, "chain"))


def check(
    seen: Snapshot,
    findings: Findings,
    anchors: Iterable[Checkpoint],
    now: datetime | None,
    marker: Marker | None = None,
) -> Coupled:
    """Read every line in its order; returns what the checks of other rows need of them."""
    coupled, told = Coupled(), sorted(anchors, key=lambda anchor: anchor.lines)
    head = seen.first("SELECT lines, hash FROM audit_head WHERE id = 1")
    since = Since(marker) if marker else None
    latest = MomentField().db_value(now + CLOCK_SKEW) if now else None
    previous, number, last_id, head_at, checked = FIRST_HASH, 0, 0, None, 0
    statement = (
        "SELECT id, at, action, event_id, actor_id, detail, previous_hash, hash, mark FROM audit ORDER BY id"
    )
    for row in seen.rows(statement):
        line, at, action, event_id, actor_id, detail, row_previous, row_hash, mark = row
        number += 1
        if row_previous != previous or row_hash != digest(previous, at, action, event_id, actor_id, detail):
            findings.altered("chain", f"audit line {line}", "it does not fit the line before it")
        # PostgreSQL gives no number again that a transaction took and did not commit.
        if not seen.is_postgres and line != last_id + 1:
            findings.missing("line", f"audit line {last_id + 1}", f"it is not there; the next is {line}")
        if latest is not None and at > latest:
            findings.altered("future", f"audit line {line}", "it is dated in the future")
        if since is not None:
            _check_mark(since, findings, coupled, line, (row_hash, mark, at))
        if action in _COUPLING:
            with odd_is_a_fault(findings, f"audit line {line}"):
                coupled.take(line, at, action, event_id, actor_id, an_object(detail))
        elif event_id is None and action in _LISTING:
            with odd_is_a_fault(findings, f"audit line {line}"):
                coupled.list(line, action, at, an_object(detail))
        while checked < len(told) and told[checked].lines <= number:
            _compare(told[checked], row_hash, line, findings)
            checked += 1
        if head and row_hash == head[1]:
            head_at = number
        previous, last_id = row_hash, line
    for anchor in told[checked:]:
        what = f"it ends before {anchor.label}: its end was cut off, or an old copy restored"
        findings.missing("checkpoint", f"after audit line {last_id}", what)
    findings.lines, findings.head = number, previous
    _check_end(findings, head, head_at, number, last_id)
    _check_sequence(seen, findings, last_id)
    return coupled


def _check_mark(
    since: Since, findings: Findings, coupled: Coupled, line: int, row: tuple[str, Any, int]
) -> None:
    """Look whether the program wrote a line; `row` has its hash, its mark, and when it was written."""
    row_hash, mark, at = row
    if since.is_wrong(mark, [row_hash], at):
        findings.altered("line forged", f"audit line {line}", "its mark is not that of the program's key")
    elif since.is_missing(mark):
        if coupled.had_other_key(since=since.began or 0, name=since.name):
            findings.note("lines of the history that a process without this key wrote")
        else:
            what = "it bears no mark, and those before it do: the program has not written it"
            findings.altered("line unmarked", f"audit line {line}", what)


def _compare(anchor: Checkpoint, row_hash: str, line: int, findings: Findings) -> None:
    if row_hash != anchor.head:
        what = f"{anchor.label} saw another: this line, or one before it, was rewritten since"
        findings.altered("checkpoint", f"audit line {line}", what)


def _check_end(findings: Findings, head: Row | None, head_at: int | None, number: int, last_id: int) -> None:
    where = f"after audit line {last_id}"
    if head is None:
        findings.missing("head", "audit_head", "the end of the history is not known, its row is missing")
    elif head_at is None and head[0]:
        what = f"the history had {head[0]} lines and ended with {head[1][:16]}…, which is not there"
        findings.missing("end", where, what)
    elif (head_at or 0) != head[0]:
        findings.altered(
            "head", "audit_head", f"it counts {head[0]} lines up to a line that is number {head_at}"
        )
    elif number > head[0]:
        findings.note("lines that an earlier release wrote beside this one")


def _check_sequence(seen: Snapshot, findings: Findings, last_id: int) -> None:
    if seen.is_postgres:
        row = seen.first(
            "SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence('audit', 'id')::regclass), 0)"
        )
    else:
        row = seen.first("SELECT seq FROM sqlite_sequence WHERE name = 'audit'")
    given = int(row[0]) if row else 0
    if given > last_id and not seen.is_postgres:
        findings.missing(
            "tail", f"audit line {last_id + 1}", f"lines up to {given} were written, and are not there"
        )
    if given < last_id:
        findings.altered(
            "sequence", f"audit line {last_id}", f"the database has given numbers up to {given} only"
        )
