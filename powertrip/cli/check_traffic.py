"""What `bot.py check` says of the records that came: a source that is silent, or that no rule knows."""

from collections.abc import Iterable

from powertrip.cli.check_report import Report
from powertrip.domain.sources import KNOWN, RecordVerdict, SourceReport


def tell_traffic(senders: Iterable[SourceReport], report: Report) -> None:
    """Add a line for each source and poll that is configured."""
    for sender in senders:
        if not sender.is_configured:
            continue
        name, more = f"from {sender.name}", f"see: python bot.py sources {sender.name}"
        quarantined, unmatched = (
            sender.week.get(verdict, 0) for verdict in (RecordVerdict.QUARANTINE, RecordVerdict.UNMATCHED)
        )
        taken = sum(sender.week.get(verdict, 0) for verdict in KNOWN) - quarantined
        if sender.heard_at is None:
            report.note(name, f"no record has come yet; {more}, and docs/sources.md")
        elif not taken and quarantined + unmatched:
            counts = f"{unmatched} were unmatched and {quarantined} quarantined in the last 7 days"
            report.note(name, f"no rule took any record: {counts}; {more}")
        else:
            came = sender.week.get(RecordVerdict.ACCEPTED, 0)
            report.well(
                name, f"{came} records in the last 7 days, the last {sender.heard_at:%Y-%m-%d %H:%M} UTC"
            )
