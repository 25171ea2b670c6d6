"""The page for an auditor: one file, no script, nothing loaded, all text from outside escaped."""

from collections.abc import Sequence

from powertrip.cli.history import charts
from powertrip.cli.history.gathering import LISTED, Gathered, Told, parts
from powertrip.cli.html import document, span, table, tiles, time
from powertrip.html import text
from powertrip.store.history.findings import Verdict

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
    return document("Powertrip: audit report", body)


def _head(told: Gathered, database: str, version: str) -> str:
    verdicts = "".join(
        f'<span class="verdict{" bad" if told.found.of(verdict) else ""}">{verdict.capitalize()}: '
        f"{'broken' if told.found.of(verdict) else 'whole'}</span>"
        for verdict in Verdict
    )
    figures = (
        (f"{told.events:,}", "events"),
        (f"{told.asked:,}", "asked about"),
        (f"{told.answered:,}", "answered"),
        (f"{len(told.unanswered):,}", "not answered yet"),
        (f"{told.statuses['denied'] + told.statuses['closed']:,}", "denied"),
        (span(told.median_wait), "median time to an answer"),
    )
    return (
        f"<h1>Audit report</h1><p class=soft>{time(told.since)} to {time(told.until)}, from "
        f"<code>{text(database)}</code> by Powertrip {text(version)}. Tests are left out.</p>"
        f'<div class="verdicts">{verdicts}</div>{_faults(told)}{tiles(figures)}'
    )


def _faults(told: Gathered) -> str:
    rows = [
        (verdict, fault.where, fault.what, fault.count)
        for verdict in Verdict
        for fault in told.found.of(verdict)
    ]
    return table(("Verdict", "First place", "What", "Places"), rows) if rows else ""


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
        + table(("Severity", "Events"), severities)
        + "<p>What became of the records that are still kept:</p>"
        + table(("Verdict", "Records"), records)
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
            decider.for_agents,
            decider.proven,
        )
        for actor_id, decider in sorted(
            told.deciders.items(), key=lambda item: -sum(item[1].verdicts.values())
        )
    ]
    return (
        "<h2>Who answered, and how</h2>"
        + charts.by_wait(told.waits)
        + table(
            (
                "Person",
                "Approved",
                "Denied",
                "Closed",
                "By way of",
                "With a reason",
                "For agents and scripts",
                "Proven",
            ),
            rows[:LISTED],
        )
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
            time(row.at),
            row.title,
            row.user,
            row.host,
            row.severity,
            row.status.replace("_", " "),
            *((row.by, row.why) if more else ()),
        )
        for row in parts(list(listed))
    ]
    return table(("Event", "When", "What", "Who", "Where", "Severity", "Status", *more), rows) + _more(
        len(listed)
    )


def _exceptions(told: Gathered) -> str:
    rows = list(told.exceptions.most_common())
    return "<h2>Exceptions</h2>" + (table(("What", "Times"), rows) if rows else "<p>None.</p>")


def _gaps(told: Gathered) -> str:
    rows = [(time(began), time(ended), why) for began, ended, why in told.gaps]
    anchors = [(name, count, time(at)) for name, (count, at) in told.anchored.items()]
    return (
        f"<h2>Gaps</h2><p>Checkpoints of the history that were made: {told.checkpoints:,}.</p>"
        + (table(("From", "To", "What"), rows[:LISTED]) if rows else "<p>None is missing.</p>")
        + _more(len(rows))
        + (table(("Anchor outside", "Checkpoints kept", "Newest"), anchors) if anchors else "")
    )


def _configurations(told: Gathered) -> str:
    rows = [(time(at), digest, version, part) for at, digest, version, part in told.configurations]
    return (
        "<h2>Configurations in force</h2><p>Each start and each reload writes the digest of the "
        "configuration, secrets aside, into the history.</p>"
        + (
            table(("From", "Digest", "Release", "Part"), rows[-LISTED:])
            if rows
            else "<p>None was written.</p>"
        )
        + _more(len(rows))
    )


def _verify(told: Gathered, public_key: str | None) -> str:
    found, newest = told.found, told.newest
    key = f" The public key is <code>{text(public_key)}</code>." if public_key else " Nothing is signed."
    shown = f"<pre><code>{text(newest.text)}</code></pre>" if newest else "<p>None was made yet.</p>"
    mapped = table(("Control", "What speaks for it"), MAPPING)
    return (
        "<h2>How to verify</h2>"
        f"<p>The history has {found.lines:,} lines; each carries the hash of the one before it, and the "
        "last is "
        f"<code>{text(found.head)}</code>. On a copy of the database, and with checkpoints that were kept "
        "elsewhere, run:</p><pre><code>bot.py audit verify --anchors FILE</code></pre>"
        "<p>It compares events, records, decisions and messages with the history, and the history with the "
        "checkpoints. A checkpoint is one line of text, found in the program's log, in the security "
        f"channel and at each anchor.{key} The newest:</p>{shown}"
        f"<p>It may speak for these controls; whether it does is yours to judge:</p>{mapped}"
    )


def _more(count: int) -> str:
    return f'<p class="soft">{count - LISTED:,} more are not listed here.</p>' if count > LISTED else ""
