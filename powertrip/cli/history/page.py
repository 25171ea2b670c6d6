"""The page for an auditor: one file, no script, nothing loaded, all text from outside escaped."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from html import escape

from powertrip.cli.history import charts
from powertrip.cli.history.gathering import LISTED, Gathered, Told, parts
from powertrip.cli.shared import visible
from powertrip.store.history.findings import Verdict

STYLE = """
:root{--ink:#1c2430;--soft:#5b6675;--line:#dfe4ea;--paper:#fff;--wash:#f5f7f9;--good:#2f7d5b;--bad:#b3372f}
*{box-sizing:border-box}body{margin:0;background:var(--wash);color:var(--ink);
font:15px/1.5 system-ui,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:960px;margin:0 auto;padding:32px 24px 64px;background:var(--paper);min-height:100vh}
h1{font-size:27px;margin:0 0 4px;letter-spacing:-.01em}
h2{font-size:18px;margin:40px 0 10px;padding-top:14px;border-top:1px solid var(--line)}
p{margin:6px 0 12px;max-width:72ch}.soft{color:var(--soft)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(130px,1fr));gap:10px;margin:20px 0}
.tile{background:var(--wash);border:1px solid var(--line);border-radius:8px;padding:12px 14px}
.tile b{display:block;font-size:25px;line-height:1.2;font-variant-numeric:tabular-nums}
.tile span{color:var(--soft);font-size:13px}
.verdicts{display:flex;gap:10px;flex-wrap:wrap;margin:16px 0 0}
.verdict{border-radius:99px;padding:4px 14px;font-weight:600;color:#fff;background:var(--good)}
.verdict.bad{background:var(--bad)}
table{border-collapse:collapse;width:100%;font-size:13.5px;margin:8px 0}
th{text-align:left;color:var(--soft);font-weight:600;border-bottom:2px solid var(--line)}
th,td{padding:5px 10px 5px 0}
td{border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
td{min-width:4.5em}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
code{font:12.5px/1.4 ui-monospace,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
pre{background:var(--wash);border:1px solid var(--line);border-radius:8px;padding:12px;white-space:pre-wrap}
svg{width:100%;height:auto;margin:6px 0}svg text{font-size:11px;fill:var(--soft)}
svg .grid{stroke:var(--line)}
figure{margin:14px 0}figcaption{font-weight:600;font-size:13.5px}
.key{display:inline-block;width:11px;height:11px;border-radius:2px;margin:0 5px 0 14px}
@media print{body{background:#fff}main{padding:0;max-width:none}h2{break-after:avoid}
tr,figure{break-inside:avoid}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
"""
CELL = 200
"""Characters of one cell; of more, their number is told."""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
MAPPING = (
    (
        "SOC 2, CC6.1, CC7.2, CC7.3",
        "access is observed, each anomaly is evaluated and answered by a named person",
    ),
    ("ISO/IEC 27001:2022, A.8.15, A.8.16", "logging and monitoring, protected against tampering"),
    ("PCI DSS 4.0, 10.3, 10.4", "audit logs are protected from change, and reviewed"),
)


def page(told: Gathered, *, database: str, version: str, public_key: str | None) -> str:
    """The whole page."""
    body = "".join(
        (
            _head(told, database, version),
            _population(told),
            _answers(told),
            _open(told),
            _exceptions(told),
            _gaps(told),
            _configurations(told),
            _verify(told, public_key),
        )
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width"><title>Powertrip: audit report</title>'
        f"<style>{STYLE}</style></head><body><main>{body}</main></body></html>\n"
    )


def _head(told: Gathered, database: str, version: str) -> str:
    verdicts = "".join(
        f'<span class="verdict{" bad" if told.found.of(verdict) else ""}">{verdict.capitalize()}: '
        f"{'broken' if told.found.of(verdict) else 'whole'}</span>"
        for verdict in Verdict
    )
    tiles = (
        (f"{told.events:,}", "events"),
        (f"{told.asked:,}", "asked about"),
        (f"{told.answered:,}", "answered"),
        (f"{len(told.unanswered):,}", "not answered yet"),
        (f"{told.statuses['denied'] + told.statuses['closed']:,}", "denied"),
        (_span(told.median_wait), "median time to an answer"),
    )
    shown = "".join(f'<div class="tile"><b>{value}</b><span>{name}</span></div>' for value, name in tiles)
    return (
        f"<h1>Audit report</h1><p class=soft>{_time(told.since)} to {_time(told.until)}, from "
        f"<code>{_text(database)}</code> by Powertrip {_text(version)}. Tests are left out.</p>"
        f'<div class="verdicts">{verdicts}</div>{_faults(told)}<div class="tiles">{shown}</div>'
    )


def _faults(told: Gathered) -> str:
    rows = [
        (verdict, fault.where, fault.what, fault.count)
        for verdict in Verdict
        for fault in told.found.of(verdict)
    ]
    return _table(("Verdict", "First place", "What", "Places"), rows) if rows else ""


def _population(told: Gathered) -> str:
    keys = "".join(
        f'<span class="key" style="background:{colour}"></span>{status.replace("_", " ")}'
        for status, colour in charts.COLOURS.items()
        if told.statuses[status]
    )
    records = [(verdict, count) for verdict, count in told.records.most_common()]
    severities = [(severity, count) for severity, count in told.severities.most_common()]
    return (
        "<h2>Population</h2><p>Every record that a rule recognised opened an event, or joined one that was "
        f"open. {told.events:,} events came in; {told.asked:,} of them stood on a card that Slack took.</p>"
        + charts.by_day(told.days, told.since.date(), told.until.date())
        + f'<p class="soft">{keys}</p>'
        + _table(("Severity", "Events"), severities)
        + "<p>What became of the records that are still kept:</p>"
        + _table(("Verdict", "Records"), records)
    )


def _answers(told: Gathered) -> str:
    rows = [
        (
            f"{decider.name} ({actor_id})",
            decider.verdicts["approve"],
            decider.verdicts["deny"],
            decider.verdicts["close"],
            ", ".join(f"{way} {count:,}" for way, count in decider.ways.most_common()),
            decider.with_reason,
        )
        for actor_id, decider in sorted(
            told.deciders.items(), key=lambda item: -sum(item[1].verdicts.values())
        )
    ]
    return (
        "<h2>Who answered, and how</h2>"
        + charts.by_wait(told.waits)
        + _table(("Person", "Approved", "Denied", "Closed", "By way of", "With a reason"), rows[:LISTED])
        + _more(len(rows))
        + "<h2>Denied</h2>"
        + _events(told.denied, ("By", "Why"))
    )


def _open(told: Gathered) -> str:
    return "<h2>Not answered</h2>" + (
        _events(told.unanswered, ()) if told.unanswered else "<p>Every event was answered.</p>"
    )


def _events(listed: Sequence[Told], more: Sequence[str]) -> str:
    rows = [
        (
            row.id,
            _time(row.at),
            row.title,
            row.user,
            row.host,
            row.severity,
            row.status.replace("_", " "),
            *((row.by, row.why) if more else ()),
        )
        for row in parts(list(listed))
    ]
    return _table(("Event", "When", "What", "Who", "Where", "Severity", "Status", *more), rows) + _more(
        len(listed)
    )


def _exceptions(told: Gathered) -> str:
    rows = list(told.exceptions.most_common())
    return "<h2>Exceptions</h2>" + (_table(("What", "Times"), rows) if rows else "<p>None.</p>")


def _gaps(told: Gathered) -> str:
    rows = [(_time(began), _time(ended), why) for began, ended, why in told.gaps]
    anchors = [(name, count, _time(at)) for name, (count, at) in told.anchored.items()]
    return (
        f"<h2>Gaps</h2><p>Checkpoints of the history that were made: {told.checkpoints:,}.</p>"
        + (_table(("From", "To", "What"), rows[:LISTED]) if rows else "<p>None is missing.</p>")
        + _more(len(rows))
        + (_table(("Anchor outside", "Checkpoints kept", "Newest"), anchors) if anchors else "")
    )


def _configurations(told: Gathered) -> str:
    rows = [(_time(at), digest, version, part) for at, digest, version, part in told.configurations]
    return (
        "<h2>Configurations in force</h2><p>Each start and each reload writes the digest of the "
        "configuration, secrets aside, into the history.</p>"
        + (
            _table(("From", "Digest", "Release", "Part"), rows[-LISTED:])
            if rows
            else "<p>None was written.</p>"
        )
        + _more(len(rows))
    )


def _verify(told: Gathered, public_key: str | None) -> str:
    found, newest = told.found, told.newest
    key = f" The public key is <code>{_text(public_key)}</code>." if public_key else " Nothing is signed."
    shown = f"<pre><code>{_text(newest.text)}</code></pre>" if newest else "<p>None was made yet.</p>"
    mapped = _table(("Control", "What speaks for it"), MAPPING)
    return (
        "<h2>How to verify</h2>"
        f"<p>The history has {found.lines:,} lines; each carries the hash of the one before it, and the "
        "last is "
        f"<code>{_text(found.head)}</code>. On a copy of the database, and with checkpoints that were kept "
        "elsewhere, run:</p><pre><code>bot.py audit verify --anchors FILE</code></pre>"
        "<p>It compares events, records, decisions and messages with the history, and the history with the "
        "checkpoints. A checkpoint is one line of text, found in the program's log, in the security "
        f"channel and at each anchor.{key} The newest:</p>{shown}"
        f"<p>It may speak for these controls; whether it does is yours to judge:</p>{mapped}"
    )


def _table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    listed = list(rows)
    if not listed:
        return "<p>None.</p>"
    numeric = {
        place
        for place in range(len(headings))
        if listed and all(isinstance(row[place], int) for row in listed)
    }
    mark = {place: ' class="n"' if place in numeric else "" for place in range(len(headings))}
    head = "".join(f"<th{mark[place]}>{_text(text)}</th>" for place, text in enumerate(headings))
    body = "".join(
        "<tr>" + "".join(f"<td{mark[place]}>{_cell(value)}</td>" for place, value in enumerate(row)) + "</tr>"
        for row in listed
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: object) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    text = str(value)
    if len(text) <= CELL:
        return _text(text)
    # A name may be as long as its sender likes; all of it stands in the event.
    return f'{_text(text[:CELL])}… <span class="soft">({len(text):,} characters)</span>'


def _more(count: int) -> str:
    return f'<p class="soft">{count - LISTED:,} more are not listed here.</p>' if count > LISTED else ""


def _text(value: str) -> str:
    # What cannot be seen, such as marks that turn the direction of writing, is written out.
    return escape(visible(value), quote=True)


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _span(span: timedelta | None) -> str:
    if span is None:
        return "none"
    seconds = int(span.total_seconds())
    for size, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {name}"
    return f"{seconds} s"
