"""Rows beside their marks, the ledger beside the rows, and records beside the batches of the judge."""

import json
import sqlite3
from dataclasses import dataclass

from powertrip.store import marking, people_cache, polls, quarantine
from powertrip.store.history import ledger
from powertrip.store.history.chain import Coupled
from powertrip.store.history.findings import Findings
from powertrip.store.history.marks import Marker, Since
from powertrip.store.history.reading import a_text
from powertrip.store.history.snapshot import Row, Snapshot


@dataclass(frozen=True, slots=True)
class _Marked:
    """A table whose rows bear marks."""

    table: str
    what: str
    """Such as `inbox row`."""
    key: str
    columns: tuple[str, ...]
    since: str | None = None
    """When a row was kept, where every one after the first with a mark has to bear one."""


_TABLES = (
    _Marked("inbox", "inbox row", "id", marking.MARKED, "received_at"),
    _Marked("quarantine", "quarantine row", "id", quarantine.MARKED, "at"),
    _Marked("judged_batch", "judged batch", "id", marking.BATCH_MARKED, "at"),
    _Marked("poll", "poll", "name", polls.MARKED),
    _Marked("people_cache", "Slack's answer", "key", people_cache.MARKED),
)
_COUNTED = ("inbox", "quarantine")


def check(seen: Snapshot, findings: Findings, coupled: Coupled, marker: Marker | None) -> None:
    """Compare marks with what they are of; without the key it is only told how many there are."""
    if marker is None:
        for each in _TABLES:
            row = seen.first(f"SELECT count(*) FROM {each.table} WHERE mark IS NOT NULL")  # noqa: S608 (names of ours)
            if row and row[0]:
                findings.note(
                    f"rows of {each.table} whose marks only audit.sign_with can check", count=row[0]
                )
        return
    for each in _TABLES:
        _check_marks(seen, findings, coupled, each, marker)
    _check_ledger(seen, findings, coupled, marker)


def _check_marks(seen: Snapshot, findings: Findings, coupled: Coupled, each: _Marked, marker: Marker) -> None:
    names = ", ".join(f'"{name}"' for name in (each.key, "mark", each.since or each.key, *each.columns))
    since = Since(marker)
    statement = f'SELECT {names} FROM {each.table} ORDER BY "{each.key}"'  # noqa: S608 (names of ours)
    for key, mark, at, *values in seen.rows(statement):
        where = f"{each.what} {key}"
        if since.is_wrong(mark, values, at if each.since else 0):
            findings.altered(f"marked {each.table}", where, "it is not what the program kept there")
        elif each.since is not None and since.is_missing(mark):
            if coupled.had_other_key(since=since.began or 0, name=marker.name):
                findings.note(f"rows of {each.table} that a process without this key kept")
            else:
                what = "it bears no mark, and those before it do: the program has not kept it"
                findings.altered(f"unmarked {each.table}", where, what)


def _check_ledger(seen: Snapshot, findings: Findings, coupled: Coupled, marker: Marker) -> None:
    for table in _COUNTED:
        name, kept, slots = ledger.name_of(table, marker), 0, 0
        statement = "SELECT slot, kept, deleted, mark FROM ledger WHERE name = ? ORDER BY slot"
        for slot, added, deleted, mark in seen.rows(statement, name):
            if mark != marker.of([name, slot, added, deleted]):
                findings.altered("ledger", f"ledger of {table}, slot {slot}", "its count was changed")
            kept, slots = kept + added - deleted, slots + 1
        row: Row | None = seen.first(
            f"SELECT count(*) FROM {table} WHERE mark LIKE ?",  # noqa: S608 (names of ours)
            f"{marker.name}:%",
        )
        present = int(row[0]) if row else 0
        if present < kept and table == "inbox" and coupled.pruned_uncounted:
            findings.note("deletions of records that a process without this key has not counted")
        elif present < kept:
            what = f"{kept - present} of the rows that were kept are gone without a trace"
            findings.missing(f"gone from {table}", f"table {table}", what)
        elif present > kept or (present and not slots):
            findings.altered(
                "ledger", f"ledger of {table}", f"it counts {kept} rows, and {present} are there"
            )


def check_verdicts(seen: Snapshot, findings: Findings, coupled: Coupled, since: int) -> None:
    """Look for records with a verdict, later than `since`, that the judge did not write down as well."""
    # On the disk, for there may be many.
    given = sqlite3.connect("")
    given.execute("CREATE TABLE given (id INTEGER PRIMARY KEY, verdict, at)")
    for batch, at, verdict, ids in seen.rows(
        "SELECT id, at, verdict, inbox_ids FROM judged_batch ORDER BY id"
    ):
        numbers = _numbers(ids)
        if numbers is None:
            findings.altered("odd", f"judged batch {batch}", "it holds what the program never writes")
            continue
        rows = [(number, verdict, at) for number in numbers]
        given.executemany("INSERT OR REPLACE INTO given VALUES (?, ?, ?)", rows)
    statement = """SELECT id, verdict, judged_at, source FROM inbox
        WHERE judged_at > ? AND verdict IS NOT NULL ORDER BY id"""
    told = given.execute("SELECT id, verdict, at FROM given ORDER BY id")
    known = next(told, None)
    for inbox_id, verdict, at, source in seen.rows(statement, since):
        while known is not None and known[0] < inbox_id:
            known = next(told, None)
        if known == (inbox_id, verdict, at):
            continue
        if coupled.judged_by_earlier(at, since=since):
            findings.note("records that an earlier release judged")
            continue
        what = (
            f"it counts as {a_text(verdict):.40}, and the judge never said so (source {a_text(source):.80})"
        )
        findings.altered("verdict", f"inbox row {inbox_id}", what)


def _numbers(text: object) -> list[int] | None:
    try:
        found = json.loads(a_text(text))
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, list) or not all(
        isinstance(each, int) and abs(each) < 1 << 63 for each in found
    ):
        return None
    return found
