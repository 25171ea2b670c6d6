"""What nobody was asked about, as it is kept, with what the rules make of it now."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import typer

from powertrip.cli.again import Kind
from powertrip.cli.rules.lines import records_of_line
from powertrip.cli.shared import console, printable
from powertrip.domain.missed import Missed, MissedQuery
from powertrip.domain.record import Record
from powertrip.domain.sources import RecordVerdict
from powertrip.errors import IngestRefused
from powertrip.ingest.contract import IngestRequest
from powertrip.ingest.source import SourceSection
from powertrip.rules import Ignored, Match, Quarantined, RuleSet, Unmatched
from powertrip.settings import Config
from powertrip.store import again as stored

PAGE = 500
SHOWN = 300
"""Characters of a record in a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A missed record or body, and what would become of it."""

    missed: Missed
    records: tuple[Record, ...]
    """One for a record, all that are in it for a body that can be read by now."""
    verdict: RecordVerdict | None
    """Of several the one that most has to be asked about; None where nothing can become of it."""
    why: str
    """The rule, or the reason."""


def find(kind: Kind, query: MissedQuery, settings: Config) -> list[Judged]:
    """Those that fit, newest first."""
    look = stored.quarantined if kind is Kind.QUARANTINE else stored.unmatched
    return [_judged(missed, settings) for missed in look(query)]


def pages(kind: Kind, query: MissedQuery, settings: Config) -> Iterator[list[Judged]]:
    """All that fit, newest first, a page at a time: there may be millions."""
    query = replace(query, limit=PAGE)
    while page := find(kind, query, settings):
        yield page
        query = replace(query, before_id=page[-1].missed.id)


def _judged(missed: Missed, settings: Config) -> Judged:
    if missed.obstacle is not None:
        return Judged(missed=missed, records=(), verdict=None, why=missed.obstacle)
    if missed.record is not None:
        return _of_record(missed, missed.record, settings)
    try:
        records = _read(missed, settings)
    except IngestRefused as refusal:
        return Judged(missed=missed, records=(), verdict=None, why=f"still cannot be read: {refusal}")
    if not records:
        return Judged(missed=missed, records=(), verdict=None, why="it can be read, and holds no record")
    verdicts = [_verdict(settings.rules, record) for record in records]
    order = (RecordVerdict.MATCH, RecordVerdict.QUARANTINE, RecordVerdict.IGNORED, RecordVerdict.UNMATCHED)
    verdict, why = min(verdicts, key=lambda pair: order.index(pair[0]))
    if len(records) > 1:
        why = f"{why}; {len(records):,} records in all"
    return Judged(missed=missed, records=records, verdict=verdict, why=why)


def _of_record(missed: Missed, record: Record, settings: Config) -> Judged:
    verdict, why = _verdict(settings.rules, record)
    if verdict not in (RecordVerdict.MATCH, RecordVerdict.IGNORED):
        # Its source may have been mended, and not a rule. Only for a question: nothing that was found
        # suspicious is to be ignored because it can be read in another way.
        again = _read_again(record, settings.sources.get(record.source))
        if again is not None and (found := _verdict(settings.rules, again))[0] is RecordVerdict.MATCH:
            record, (verdict, why) = again, found
    return Judged(missed=missed, records=(record,), verdict=verdict, why=why)


def _read_again(record: Record, source: SourceSection | None) -> Record | None:
    """The record as its source reads it now; None where it is not one record any more."""
    if source is None:
        return None
    found = list(records_of_line(record.raw, record.source, source, now=record.received_at))
    if len(found) != 1 or not isinstance(found[0], Record):
        return None
    return replace(
        found[0],
        record_id=record.record_id,
        raw=record.raw,
        content=record.content,
        inbox_id=record.inbox_id,
    )


def _read(missed: Missed, settings: Config) -> tuple[Record, ...]:
    """The records of a body, by the reader of its source; its sender had proven itself when it came."""
    source = settings.sources.get(missed.source)
    if source is None:
        raise IngestRefused("its source is not in the configuration any more")
    limits = settings.ingest.limits
    request = IngestRequest(
        headers=missed.headers or {},
        body=missed.raw,
        received_at=missed.at,
        source=missed.source,
        limits=limits,
    )
    reading = source.read_body(request)
    if reading.unread:
        # It stays as it is, or the parts that are not read would be left out.
        raise IngestRefused(f"a part of it: {reading.unread[0].reason}")
    return tuple(reading.records)


def _verdict(rules: RuleSet, record: Record) -> tuple[RecordVerdict, str]:
    try:
        verdict = rules.judge(record)
    except Exception as error:  # noqa: BLE001 (a worker quarantines it for the same reason)
        return RecordVerdict.QUARANTINE, f"judging broke: {type(error).__name__}"
    match verdict:
        case Match(rule=rule):
            return RecordVerdict.MATCH, rule.name
        case Ignored(rule=rule):
            return RecordVerdict.IGNORED, rule.name
        case Quarantined(reason=reason):
            return RecordVerdict.QUARANTINE, reason
        case Unmatched(reason=reason):
            return RecordVerdict.UNMATCHED, reason


def in_words(item: Judged) -> str:
    """What would become of it."""
    words = {
        RecordVerdict.MATCH: "would be asked about",
        RecordVerdict.IGNORED: "would be ignored",
        RecordVerdict.QUARANTINE: "in quarantine",
        RecordVerdict.UNMATCHED: "no rule takes it",
    }
    return words[item.verdict] if item.verdict else "cannot be judged"


def print_list(found: Sequence[Judged], kind: Kind) -> None:
    """Print each in a few lines, for a table of so many long columns fits on no terminal."""
    for item in found:
        missed, record = item.missed, item.missed.record
        parts = (record.program, record.host_name) if record else ()
        where = " on ".join(part for part in parts if part)
        came = f"{missed.at:%Y-%m-%d %H:%M:%S} UTC, {missed.source}{f', {where}' if where else ''}"
        lines = [f"    {missed.message[:SHOWN]}"]
        if missed.reason and missed.reason != item.why:
            lines.append(f"    why it is here: {missed.reason}")
        lines.append(f"    now: {in_words(item)}: {item.why}")
        console.print(f"[bold]{missed.id}[/bold]  {printable(came)}", soft_wrap=True)
        for line in lines:
            console.print(printable(line), soft_wrap=True)
    how = f"To have one asked about after all: python bot.py {kind} rejudge ID"
    console.print(how if found else "there is nothing that fits", soft_wrap=True)


def as_json_line(item: Judged) -> str:
    """One JSON object of ASCII characters, without a line break."""
    missed, record = item.missed, item.missed.record
    return json.dumps(
        {
            "id": missed.id,
            "at": missed.at.isoformat(),
            "source": missed.source,
            "host": record.host_name if record else None,
            "program": record.program if record else None,
            "message": missed.message,
            "rule": missed.rule,
            "reason": missed.reason,
            "rejudged_at": missed.rejudged_at.isoformat() if missed.rejudged_at else None,
            "now": item.verdict,
            "why": item.why,
        }
    )


def show(item: Judged) -> None:
    """Print everything about one."""
    missed, record = item.missed, item.missed.record
    facts = {
        "id": missed.id,
        "source": missed.source,
        "came": f"{missed.at:%Y-%m-%d %H:%M:%S} UTC",
        "happened": f"{record.occurred_at:%Y-%m-%d %H:%M:%S} UTC" if record and record.occurred_at else None,
        "host": record.host_name if record else None,
        "program": record.program if record else None,
        "record id": record.record_id if record else None,
        "rule": missed.rule,
        "why it is here": missed.reason,
        "put back": f"{missed.rejudged_at:%Y-%m-%d %H:%M:%S} UTC" if missed.rejudged_at else None,
        "now": f"{in_words(item)}: {item.why}",
        "message": missed.message,
    }
    for name, value in facts.items():
        if value is not None:
            console.print(f"[bold]{name}[/bold]  {printable(str(value))}", soft_wrap=True)
    # As it came, but for what could steer a terminal.
    raw = missed.raw.decode("utf-8", "backslashreplace")
    typer.echo("\n".join(line for line in map(_plain, raw.splitlines()) if line))


def _plain(line: str) -> str:
    return "".join(c if c.isprintable() or c == "\t" else c.encode("unicode_escape").decode() for c in line)
