"""Events beside the lines that tell of them: all tables are read once, in the order of events' ids."""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from powertrip.domain.decision import ActorKind
from powertrip.domain.delivery import DeliveryKind
from powertrip.domain.event import UNDONE, NoticeKind, Status
from powertrip.store.history import doubted, proven, seals
from powertrip.store.history.chain import Coupled, current
from powertrip.store.history.doubted import Doubted
from powertrip.store.history.findings import Findings
from powertrip.store.history.reading import ODD, an_object, note_odd
from powertrip.store.history.shown import Messages
from powertrip.store.history.snapshot import Row, Snapshot
from powertrip.store.history.streams import (
    DECISIONS,
    EVENTS,
    LINES,
    NOTICES,
    OCCURRENCE,
    OCCURRENCES,
    Rows,
)

_RECORDS = ("event_opened", "occurrence_joined")
DENIED = (Status.DENIED, Status.CLOSED)


def check(
    seen: Snapshot, findings: Findings, coupled: Coupled, waiting: Callable[[str, DeliveryKind], bool]
) -> None:
    """Compare every event with its lines; `waiting` says what the outbox still holds about an event."""

    def rows(statement: str, column: str = "event_id") -> Rows:
        return Rows(seen.rows(statement.format(key=seen.by_event(column))))

    lines, events, occurrences = rows(LINES), rows(EVENTS, "id"), rows(OCCURRENCES)
    decisions, notices = rows(DECISIONS), rows(NOTICES)
    listed = Rows(coupled.listed())
    tables = (lines, events, occurrences, decisions, notices, listed)
    while ids := [table.event_id for table in tables if table.event_id is not None]:
        event_id = min(ids)
        findings.events += 1
        case = _Case(event_id, seen, findings, coupled, waiting, events.take(event_id))
        told = lines.all(event_id)
        if listed.event_id == event_id:
            told = heapq.merge(told, listed.all(event_id), key=itemgetter(0))
        case.check(told, occurrences, decisions, notices)


@dataclass(slots=True)
class _Case:
    """One event while its lines are read."""

    id: str
    seen: Snapshot
    findings: Findings
    coupled: Coupled
    waiting: Callable[[str, DeliveryKind], bool]
    row: Row | None
    is_opened: bool = False
    split_in: int = 0
    """How many records came from another event."""
    own: int = 0
    """How many records its own lines tell of."""
    status: str = Status.PENDING
    decided_at: int | None = None
    decided_line: int = 0
    """The line of the last decision."""
    to_tell: int = 0
    """How often the security channel had to be told: that somebody is not sure, and of a denial."""
    doubts: list[Doubted] = field(default_factory=list)
    subject: tuple[int, Any] | None = None
    storm: str | None = None
    """The storm that it is part of, or stands beside."""
    is_apart: bool = False
    """Whether its storm's card does not ask about it."""
    weight: str | None = None
    messages: Messages = field(init=False)

    def __post_init__(self) -> None:
        self.messages = Messages(self.id, self.findings, self.coupled)

    def check(self, lines: Iterator[Row], occurrences: Rows, decisions: Rows, notices: Rows) -> None:
        """Read the lines, and all rows beside them."""
        for line, action, actor_id, at, text in lines:
            try:
                self._line(line, action, actor_id, at, an_object(text), occurrences, decisions)
            except ODD as error:
                note_odd(self.findings, f"audit line {line}", error)
        self._rest(occurrences, decisions)
        self._check_row()
        self.messages.check(notices, self.decided_line)

    def _line(
        self,
        line: int,
        action: str,
        actor_id: Any,
        at: int,
        detail: Any,
        occurrences: Rows,
        decisions: Rows,
    ) -> None:
        if action in _RECORDS and "record_seal" not in detail:
            self.coupled.written_unsealed(at)
        match action:
            case "event_opened":
                self._opened(line, detail)
                self._record(line, detail, occurrences)
            case "occurrence_joined":
                self._record(line, detail, occurrences)
            case "occurrences_split_off":
                self._opened(line, detail)
                self.split_in = int(detail.get("count") or 0)
            case "event_weighed":
                self.weight = detail.get("weight")
            case "storm_joined" | "storm_apart":
                # One that leaves its storm later stays beside it.
                self.storm, self.is_apart = detail.get("storm", self.storm), action == "storm_apart"
            case "subject_changed" if "subject_id" in detail:
                self.subject = (line, detail["subject_id"])
            case "not_sure":
                self.doubts.append(doubted.of_line(line, actor_id, at, detail))
                self.to_tell += bool(detail.get("outcome_channel"))
            case "decided":
                self._decided(line, actor_id, at, detail, decisions.take(self.id))
            case "notice_posted" | "notice_updated":
                self.messages.shown(line, action, detail)
            case "notice_gone" | "notice_stuck":
                self.messages.gone(line, detail)

    def _altered(self, kind: str, where: str, what: str) -> None:
        self.findings.altered(kind, where, self._named(where, what))

    def _missing(self, kind: str, where: str, what: str) -> None:
        self.findings.missing(kind, where, self._named(where, what))

    def _named(self, where: str, what: str) -> str:
        return what if where == f"event {self.id}" else f"{what} (event {self.id})"

    def _opened(self, line: int, detail: Any) -> None:
        self.is_opened, self.weight = True, detail.get("weight")
        if "subject_id" in detail:
            self.subject = (line, detail["subject_id"])
        if "event_seal" not in detail:
            self.findings.note("events from before their fields were sealed in the history")
        elif self.row is not None and seals.of_values(self.row[14:]) != detail["event_seal"]:
            self._altered("event", f"event {self.id}", f"its fields are not those of audit line {line}")

    def _record(self, line: int, detail: Any, occurrences: Rows) -> None:
        """Compare a record with the line that tells of it, wherever a split has put it."""
        self.own += 1
        number, event_id = self.split_in + self.own, self.id
        row = occurrences.peek(self.id)
        # Those that a split brought are compared beside the lines of the event that they came from.
        while row is not None and row[0] < number:
            if row[0] > self.split_in:
                self._altered("added", f"record {row[0]} of event {self.id}", "no audit line tells of it")
            occurrences.take(self.id)
            row = occurrences.peek(self.id)
        row = occurrences.take(self.id) if row is not None and row[0] == number else None
        if row is None and self.coupled.split(self.id) is not None:
            event_id, number = self._moved_to(self.id, number)
            row = self.seen.first(OCCURRENCE, event_id, number)
        where = f"record {number} of event {event_id}"
        if row is None:
            self._missing("record", where, f"it is gone; audit line {line} tells of it")
        elif "record_seal" not in detail:
            self.findings.note("records from before their text was sealed in the history")
        elif seals.of_values(row[1:]) != detail["record_seal"]:
            self._altered("record", where, f"it is not the record of audit line {line}")

    def _moved_to(self, event_id: str, number: int) -> tuple[str, int]:
        """Where a record is that was number so-and-so of an event, after any splits."""
        passed: set[str] = set()
        while (split := self.coupled.split(event_id)) is not None and event_id not in passed:
            rest, count = split
            # Lines that somebody wrote may lead in a circle.
            passed.add(event_id)
            row = self.seen.first(
                "SELECT count(*) FROM audit WHERE event_id = ? AND action IN (?, ?)", event_id, *_RECORDS
            )
            came = self.seen.first(
                "SELECT detail FROM audit WHERE event_id = ? AND action = 'occurrences_split_off'", event_id
            )
            total = (int(row[0]) if row else 0) + (int(an_object(came[0]).get("count") or 0) if came else 0)
            if number <= total - count:
                break
            event_id, number = rest, number - (total - count)
        return event_id, number

    def _decided(self, line: int, actor_id: Any, at: int, detail: Any, row: Row | None) -> None:
        self.status, self.decided_at, self.decided_line = detail.get("status"), at, line
        self.to_tell += bool(detail.get("outcome_channel"))
        if (expectation := detail.get("expectation")) is not None:
            problem = self.coupled.expected.use(expectation, line, detail.get("revision"))
            if problem is not None:
                self._altered("unexpected", f"audit line {line}", problem)
        if proven.lacks_proof(self.weight, detail):
            what = "it approves what takes a proof, and none was given"
            self._altered("unproven", f"audit line {line}", what)
        if row is None:
            self._missing("decision", f"event {self.id}", f"the decision of audit line {line} is gone")
            return
        where, actor = f"decision {row[0]}", current(actor_id, line, self.coupled.renames)
        said = {
            "verdict": (row[1], detail.get("verdict")),
            # A decision for good keeps the id that it was made with.
            "actor": (row[2], actor if row[2] != actor_id else actor_id),
            "name": (row[3], detail.get("actor_name", row[3])),
            "time": (row[4], at),
            "way": (row[5], detail.get("via")),
            "revision": (row[6], detail.get("revision")),
            "reason": (row[7], detail.get("reason")),
            "batch": (row[8], detail.get("batch")),
            "expectation": (row[9], detail.get("expectation")),
            "kind": (row[10], detail.get("actor_kind", ActorKind.PERSON)),
            "agent": (row[11:13], (detail.get("agent_name"), detail.get("agent_running"))),
            "proof": (row[13], detail.get("proof")),
        }
        for name, (found, written) in said.items():
            if found != written:
                self._altered("decision", where, f"its {name} is not that of audit line {line}")
                return

    def _rest(self, occurrences: Rows, decisions: Rows) -> None:
        for revision, *_ in occurrences.all(self.id):
            if revision > self.split_in:
                self._altered("added", f"record {revision} of event {self.id}", "no audit line tells of it")
        for decision_id, *_ in decisions.all(self.id):
            self._altered("added", f"decision {decision_id}", "no audit line tells of it")

    def _check_row(self) -> None:
        where = f"event {self.id}"
        if self.row is None:
            self._missing("event", where, "it is gone, and the history tells of it")
            return
        status, occurrences, next_reminder_at, decided_at, subject_id, is_test, doubts = self.row[:7]
        if not self.is_opened:
            self._missing("opening", where, "no audit line tells that it was opened")
        if (status, decided_at) != (self.status, self.decided_at):
            self._altered("status", where, f"it is {status}, and the history says {self.status}")
        split = self.coupled.split(self.id)
        expected = self.split_in + self.own - (split[1] if split else 0)
        if occurrences != expected:
            self._altered("count", where, f"it counts {occurrences} records, and the history {expected}")
        if self.subject is not None:
            line, written = self.subject
            if subject_id != current(written, line, self.coupled.renames):
                self._altered("subject", where, f"it is about another member than audit line {line} says")
        self._check_place(status)
        for fault in doubted.faults(doubts, self.doubts):
            self._altered("doubt", where, fault)
        if is_test:
            return
        if status in UNDONE and next_reminder_at is None:
            self._missing("reminder", where, "nobody has finished with it, and nobody is reminded of it")
        kinds = self.messages.kinds
        if status == Status.PENDING and not kinds and not self._is_asked_elsewhere():
            self._missing("asked", where, "nobody was asked about it, and no card waits to be sent")
        if self.messages.count(NoticeKind.OUTCOME) < self.to_tell and not self.waiting(
            self.id, DeliveryKind.OUTCOME
        ):
            why = "it was denied" if status in DENIED else "somebody was not sure"
            self._missing("alert", where, f"{why}, and the security channel never heard of it")

    def _check_place(self, status: str) -> None:
        """What a decision on it takes, and which storm's card asks about it."""
        where, (storm, apart, has_storm, *weighed) = f"event {self.id}", (self.row or ())[7:14]
        weight = seals.weight(weighed)
        if self.weight is None or weight == self.weight:
            pass
        elif seals.is_eased(weight, self.weight):
            self._altered("weight", where, f"it is {weight}, and the history says {self.weight}")
        else:
            self.findings.note("events that an earlier release made graver beside this one")
        if (storm, apart is not None) != (self.storm, self.is_apart):
            self._altered("storm", where, "it is not in its storm, or beside it, as the history says")
        elif status == Status.PENDING and storm is not None and not has_storm:
            self._missing("storm", where, f"its storm {storm} is gone, and so nobody is asked about it")

    def _is_asked_elsewhere(self) -> bool:
        """Whether a card of its own, or its storm's, is to be sent, or its storm has one."""
        if self.waiting(self.id, DeliveryKind.FIRST):
            return True
        if self.storm is None or self.is_apart:
            return False
        return self.coupled.storms.has_card(self.storm) or self.waiting(self.storm, DeliveryKind.STORM)
