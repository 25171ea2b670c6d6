"""Tells heartbeats from what claims to be one, once the rules have judged a record as they judge any other.

A heartbeat is no shape of its own but a login of a user whose name is signed, so that a rule that is switched
off, or a header that nobody can read, is noticed.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import replace

from powertrip.domain import heartbeat
from powertrip.domain.event import Event, Severity
from powertrip.domain.heartbeat import USER, Beat, NotGenuine, Outage
from powertrip.domain.judgement import ToBeat, ToQuarantine
from powertrip.domain.record import Record
from powertrip.pipeline.context import Context, Settings
from powertrip.rules import Ignored, Match, Quarantined, Unmatched

Spoken = Match | Ignored | Quarantined | Unmatched | ToQuarantine
"""What the rules say of a record; ToQuarantine where they break on it."""

_VARYING_WORDS = re.compile(rf"{USER}[^ ]*| port [0-9]+", re.ASCII)
_VARIES = ("user_name", "host_name", "source_ip", "source_port")


async def hear(
    context: Context, settings: Settings, judged: Sequence[tuple[Record, Spoken]]
) -> list[ToBeat | None]:
    """For each record what it is to the heartbeat; None where it has nothing to do with it."""
    if not settings.heartbeat.is_on or not any(_may_claim(record, verdict) for record, verdict in judged):
        return [None] * len(judged)
    outage = await context.store.heartbeat.outage()
    return [
        _hear(settings, record, verdict, outage) if _may_claim(record, verdict) else None
        for record, verdict in judged
    ]


def _may_claim(record: Record, verdict: Spoken) -> bool:
    if isinstance(verdict, Match):
        return heartbeat.is_claimed_by(verdict.fields.get("user_name"))
    return USER in record.message or USER in record.raw


def _hear(settings: Settings, record: Record, verdict: Spoken, outage: Outage | None) -> ToBeat | None:
    def verify(name: str) -> Beat | NotGenuine:
        return heartbeat.verify(
            name, settings.heartbeat, source=record.source, received_at=record.received_at, outage=outage
        )

    if isinstance(verdict, Match):
        found = _of_login(verdict, verify(verdict.fields["user_name"]))
    else:
        # Where no rule names a user, a name that is signed speaks for itself.
        signed = [verify(name) for name in heartbeat.names_in(record.message, record.raw)]
        genuine = [beat for beat in signed if isinstance(beat, Beat)]
        if not genuine and not heartbeat.is_claimed_in(record.message):
            return None
        found = (genuine or signed or [NotGenuine("it is not signed")])[0]
    if isinstance(found, Beat) and found.source != record.source:
        # A HIDS on the host reads the same log and tells of the line as of any login; so does another reader.
        reads_along = found.source in settings.same_logs.get(record.source, ())
        if reads_along or settings.watch_of(record.source) is not None:
            return ToBeat(record=record, beat=found, is_copy=True)
        found = NotGenuine(f"it is signed for {found.source}, and came through {record.source}")
    if isinstance(found, NotGenuine):
        return ToBeat(record=record, problem=found.reason)
    rule, problem = _taken_by(settings, record, verdict)
    return ToBeat(record=record, beat=found, rule=rule, problem=problem)


def _of_login(match: Match, found: Beat | NotGenuine) -> Beat | NotGenuine:
    address = match.fields.get("source_ip")
    if isinstance(found, Beat) and address not in (None, heartbeat.ADDRESS):
        return NotGenuine(f"it comes from an address, and a heartbeat from {heartbeat.ADDRESS}")
    return found


def _taken_by(settings: Settings, record: Record, verdict: Spoken) -> tuple[str | None, str]:
    """The rule that took a heartbeat, or why none did."""
    match verdict:
        case Match(rule=rule):
            return rule.name, ""
        case Ignored(rule=rule):
            return None, f"the rule {rule.name} ignores it"
        case Quarantined(reason=reason) | ToQuarantine(reason=reason):
            # The signature says who wrote it, where journald can only say that it was not sshd.
            again = settings.rules.judge(replace(record, trusted={}))
            return (again.rule.name, "") if isinstance(again, Match) else (None, reason)
        case Unmatched():
            what = f"program {record.program}" if record.program else "no program"
            return None, f"no rule knows it, as a record of {what}"


def impostor(record: Record, verdict: Spoken) -> Event:
    """The event that a record makes which claims to be the heartbeat, and is not."""
    fields = verdict.fields if isinstance(verdict, Match) else {}
    shown = {name: value for name, value in fields.items() if name not in _VARIES}
    severities = [Severity.HIGH, *([verdict.rule.severity] if isinstance(verdict, Match) else [])]
    occurred_at = record.occurred_at or record.received_at
    host, address = fields.get("host_name", record.host_name), fields.get("source_ip")
    # Where no rule says what is in the line, its words do.
    words = None if isinstance(verdict, Match) else _VARYING_WORDS.sub("", record.message)
    alone = record.record_id if record.cut else None
    key = json.dumps([record.source, host, address, sorted(shown.items()), words, alone])
    return Event(
        id="",
        rule="forged_heartbeat",
        title="Forged heartbeat",
        event_action="forged_heartbeat",
        severity=Severity.CRITICAL if Severity.CRITICAL in severities else Severity.HIGH,
        source=record.source,
        occurred_at=occurred_at,
        received_at=record.received_at,
        last_occurred_at=occurred_at,
        user_name=USER,
        host_name=host,
        source_ip=address,
        fields=shown,
        message=record.message,
        cut=record.cut,
        fold_key=hashlib.sha256(f"{USER} {key}".encode()).hexdigest(),
    )
