"""Compares all that is kept with what the history says of it; changes nothing."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from powertrip.domain.checkpoint import Checkpoint, found_in, is_genuine
from powertrip.store.history import asked, chain, guards, marked, reading, recounted, schedules, waiting
from powertrip.store.history.findings import Findings
from powertrip.store.history.marks import Marker
from powertrip.store.history.reading import a_text, odd_is_a_fault
from powertrip.store.history.snapshot import Snapshot, snapshot

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def verify(
    opened: Any,
    now: datetime,
    *,
    anchors: Iterable[Checkpoint] = (),
    key: "Ed25519PublicKey | None" = None,
) -> Findings:
    """All that is wrong in an open database, as it is at this moment, whoever writes meanwhile.

    `anchors` are checkpoints that were kept outside; with a `key` they have to be signed by it.
    """
    findings = Findings()
    with snapshot(opened) as seen:
        later: list[tuple[str, str]] = []
        with odd_is_a_fault(findings, "tables"):
            later = guards.check(seen, findings)
            reading.check_types(seen, findings)
        if guards.may_never_end(findings):
            what = "what they hold was not compared, for reading what stands in their place may never end"
            findings.missing("unread", "tables", what)
            return findings
        told = [*anchors]
        with odd_is_a_fault(findings, "checkpoints"):
            kept = found_in(a_text(text) for (text,) in seen.rows("SELECT text FROM checkpoint ORDER BY id"))
            told += kept
        if key is not None:
            _check_signatures(told, key, findings)
        _compare(seen, findings, told, later, now, getattr(opened, "marker", None))
    return findings


def _compare(
    seen: Snapshot,
    findings: Findings,
    told: Iterable[Checkpoint],
    later: Sequence[tuple[str, str]],
    now: datetime,
    marker: Marker | None,
) -> None:
    coupled = chain.Coupled()
    with odd_is_a_fault(findings, "audit"):
        coupled = chain.check(seen, findings, told, now, marker)
    with odd_is_a_fault(findings, "migrations"):
        recounted.check_migrations(later, findings, coupled, now)
    with odd_is_a_fault(findings, "events"):
        outbox = waiting.Waiting(seen)
        coupled.is_to_change = outbox.changes
        asked.check(seen, findings, coupled, outbox.holds)
    with odd_is_a_fault(findings, "storms"):
        coupled.storms.check(seen, findings)
    with odd_is_a_fault(findings, "expectations"):
        coupled.expected.check(seen, findings, coupled.proven)
    with odd_is_a_fault(findings, "denied events"):
        coupled.followed.check(seen, findings)
    with odd_is_a_fault(findings, "proofs"):
        coupled.proven.check(seen, findings, coupled.renames)
    with odd_is_a_fault(findings, "containment"):
        coupled.contained.check(seen, findings)
    with odd_is_a_fault(findings, "counts"):
        recounted.check(seen, findings)
    with odd_is_a_fault(findings, "inbox and outbox"):
        waiting.check_inbox(seen, findings, coupled)
        schedules.check(seen, findings, now)
    with odd_is_a_fault(findings, "marks"):
        marked.check_verdicts(seen, findings, coupled, waiting.known_since(seen, waiting.BATCHES))
        marked.check(seen, findings, coupled, marker)


def _check_signatures(told: Iterable[Checkpoint], key: "Ed25519PublicKey", findings: Findings) -> None:
    was_signed = False
    for anchor in sorted(told, key=lambda anchor: (anchor.lines, anchor.at)):
        if is_genuine(anchor, key):
            was_signed = True
        elif anchor.is_signed or was_signed:
            findings.altered("forged", anchor.label, "this key has not signed it")
        else:
            findings.note("checkpoints from before they were signed")
