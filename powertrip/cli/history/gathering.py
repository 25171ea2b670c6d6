"""What a report says of a span of time, read from the database as it was at one moment."""

import json
import statistics
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from powertrip.domain.checkpoint import Checkpoint, found_in
from powertrip.domain.decision import ActorKind
from powertrip.domain.event import OPEN, Status
from powertrip.domain.proof import ProofKind
from powertrip.store.fields import MomentField
from powertrip.store.history.findings import Findings
from powertrip.store.history.snapshot import Snapshot

LISTED = 200
"""Rows of one table on the page; of more, their number is told."""
MISSED_AFTER = 2
"""Times the interval without a checkpoint, after which that counts as a gap."""
_moment = MomentField()
_EXCEPTIONS = {
    "refused": "A decision was refused",
    "not_sure": "Somebody was not sure",
    "proof_failed": "An approval was proven wrongly",
    "factor_locked": "What somebody enrolled was locked after wrong answers",
    "factor_confirmed": "A reviewer confirmed what somebody enrolled",
    "loss_confirmed": "Two reviewers ended what somebody had enrolled",
    "notice_gone": "A card was deleted in Slack",
    "notice_stuck": "A card could not be changed any more",
    "origin_refused": "The HIDS refused a decision",
    "origin_did_not_see": "The HIDS did not see what the logs told of",
    "only_origin_saw": "Only the HIDS saw it",
    "record_came_late": "The log pipeline's record came late",
    "number_paired": "It got the number that its terminal shows",
    "quarantine_told": "Records could not be judged",
    "quarantine_pruned": "Quarantine was full, the oldest were deleted",
    "person_forgotten": "What was kept of a person was deleted",
    "member_renamed": "A member has another id",
    "database_restored": "The database was restored from a backup",
    "backup_told": "A backup channel was told, for Slack was away",
    "unmatched_rejudged": "Records were judged again",
    "quarantine_rejudged": "Records were judged again",
}


@dataclass(slots=True)
class Told:
    """One event in a table."""

    id: str
    at: datetime
    title: str
    user: str
    host: str
    severity: str
    status: str
    by: str = ""
    why: str = ""


@dataclass(slots=True)
class Decider:
    """What one person decided."""

    name: str
    verdicts: Counter[str] = field(default_factory=Counter)
    ways: Counter[str] = field(default_factory=Counter)
    with_reason: int = 0
    for_agents: int = 0
    proven: int = 0


@dataclass(slots=True)
class Gathered:
    """All that the page shows."""

    since: datetime
    until: datetime
    found: Findings
    events: int = 0
    asked: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    severities: Counter[str] = field(default_factory=Counter)
    days: dict[str, Counter[str]] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)
    """Seconds from the record to the first decision."""
    deciders: dict[str, Decider] = field(default_factory=dict)
    unanswered: list[Told] = field(default_factory=list)
    denied: list[Told] = field(default_factory=list)
    exceptions: Counter[str] = field(default_factory=Counter)
    configurations: list[tuple[datetime, str, str, str]] = field(default_factory=list)
    """When, digest, release, part."""
    checkpoints: int = 0
    newest: Checkpoint | None = None
    gaps: list[tuple[datetime, datetime, str]] = field(default_factory=list)
    anchored: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    records: Counter[str] = field(default_factory=Counter)
    """Of the inbox, by what became of them; as far as they are kept."""

    @property
    def answered(self) -> int:
        return self.events - sum(self.statuses[status] for status in OPEN)

    @property
    def median_wait(self) -> timedelta | None:
        return timedelta(seconds=statistics.median(self.waits)) if self.waits else None


def gather(
    seen: Snapshot, found: Findings, *, since: datetime, until: datetime, every: timedelta
) -> Gathered:
    """Read what happened from `since` on; `every` is how often checkpoints are made."""
    told, began = Gathered(since=since, until=until, found=found), _moment.db_value(since)
    _events(seen, told, began)
    _decisions(seen, told, began)
    _lines(seen, told, began)
    _checkpoints(seen, told, began, every)
    for verdict, count in seen.rows(
        "SELECT coalesce(verdict, 'waiting, or of an earlier release'), count(*) FROM inbox "
        "WHERE received_at >= ? GROUP BY 1",
        began,
    ):
        told.records[verdict] += count
    return told


def _events(seen: Snapshot, told: Gathered, began: Any) -> None:
    statement = """SELECT e.id, e.received_at, e.title, e.user_name, e.host_name, e.severity, e.status,
        (SELECT min(d.at) FROM decision d WHERE d.event_id = e.id AND d.expectation_id IS NULL),
        EXISTS (SELECT 1 FROM notice n WHERE n.event_id = e.id) OR (e.storm_apart IS NULL AND
            EXISTS (SELECT 1 FROM storm_message m WHERE m.storm_id = e.storm_id)),
        (SELECT d.actor_name FROM decision d WHERE d.event_id = e.id ORDER BY d.id DESC LIMIT 1),
        (SELECT d.reason FROM decision d WHERE d.event_id = e.id ORDER BY d.id DESC LIMIT 1)
        FROM event e WHERE e.received_at >= ? AND NOT e.is_test ORDER BY e.received_at"""
    for event_id, at, title, user, host, severity, status, decided, asked, by, why in seen.rows(
        statement, began
    ):
        told.events += 1
        told.asked += bool(asked)
        told.statuses[status] += 1
        told.severities[severity] += 1
        moment = _aware(at)
        told.days.setdefault(f"{moment:%Y-%m-%d}", Counter())[status] += 1
        if decided is not None:
            told.waits.append(max(0.0, (decided - at) / 1_000_000))
        row = Told(event_id, moment, title, user or "", host or "", severity, status, by or "", why or "")
        if status in OPEN:
            told.unanswered.append(row)
        elif status in (Status.DENIED, Status.CLOSED):
            told.denied.append(row)


def _decisions(seen: Snapshot, told: Gathered, began: Any) -> None:
    rows = seen.rows(
        """SELECT actor_id, actor_name, verdict,
        CASE WHEN expectation_id IS NULL THEN via ELSE 'expectation' END, reason, actor_kind,
        proof FROM decision WHERE at >= ? ORDER BY id""",
        began,
    )
    for actor_id, name, verdict, via, reason, kind, proof in rows:
        decider = told.deciders.setdefault(actor_id, Decider(name))
        decider.verdicts[verdict] += 1
        decider.ways[via] += 1
        decider.with_reason += bool(reason)
        decider.for_agents += kind == ActorKind.AGENT
        decider.proven += bool(set((proof or "").split()) - {ProofKind.TYPED_HOST})


def _lines(seen: Snapshot, told: Gathered, began: Any) -> None:
    for action, at, detail in seen.rows(
        "SELECT action, at, detail FROM audit WHERE at >= ? ORDER BY id", began
    ):
        if action in _EXCEPTIONS:
            told.exceptions[_EXCEPTIONS[action]] += 1
        elif action == "configuration_in_force":
            said = json.loads(detail)
            row = (_aware(at), str(said.get("digest")), str(said.get("version")), str(said.get("part")))
            told.configurations.append(row)


def _checkpoints(seen: Snapshot, told: Gathered, began: Any, every: timedelta) -> None:
    before = told.since
    # Nobody can miss a checkpoint of a history that had not begun.
    for (at,) in seen.rows("SELECT min(at) FROM audit"):
        before = max(before, _aware(at)) if at is not None else told.until
    for at, text in seen.rows("SELECT at, text FROM checkpoint WHERE at >= ? ORDER BY id", began):
        told.checkpoints += 1
        told.newest = next(iter(found_in([text])), told.newest)
        moment = _aware(at)
        if moment - before > MISSED_AFTER * every:
            told.gaps.append(
                (
                    before,
                    moment,
                    "no checkpoint was made: no worker ran, the database was away, or an earlier release ran",
                )
            )
        before = moment
    if told.until - before > MISSED_AFTER * every:
        told.gaps.append((before, told.until, "no checkpoint was made since"))
    for name, count, at in seen.rows(
        "SELECT anchor, count(*), max(at) FROM anchored WHERE at >= ? GROUP BY anchor ORDER BY anchor", began
    ):
        told.anchored[name] = (count, _aware(at))


def _aware(value: Any) -> datetime:
    moment = _moment.python_value(value)
    if moment is None:
        raise ValueError("a moment is missing")
    return moment


def parts(listed: list[Told]) -> Iterator[Told]:
    """The rows that are shown, the newest first."""
    yield from list(reversed(listed))[:LISTED]
