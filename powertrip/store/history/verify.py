"""Compares all that is kept with what the history says of it; changes nothing."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from powertrip.domain.checkpoint import Checkpoint, found_in, is_genuine
from powertrip.store.history import asked, chain, guards, reading, schedules, waiting
from powertrip.store.history.findings import Findings
from powertrip.store.history.reading import a_text, odd_is_a_fault
from powertrip.store.history.snapshot import snapshot


def verify(
    opened: Any,
    now: datetime,
    *,
    anchors: Iterable[Checkpoint] = (),
    key: Ed25519PublicKey | None = None,
) -> Findings:
    """All that is wrong in an open database, as it is at this moment, whoever writes meanwhile.

    `anchors` are checkpoints that were kept outside; with a `key` they have to be signed by it.
    """
    findings = Findings()
    with snapshot(opened) as seen:
        guards.check(seen, findings)
        reading.check_types(seen, findings)
        kept = found_in(a_text(text) for (text,) in seen.rows("SELECT text FROM checkpoint ORDER BY id"))
        told = [*anchors, *kept]
        if key is not None:
            _check_signatures(told, key, findings)
        coupled = chain.Coupled()
        with odd_is_a_fault(findings, "audit"):
            coupled = chain.check(seen, findings, told, now)
        with odd_is_a_fault(findings, "events"):
            asked.check(seen, findings, coupled, waiting.Waiting(seen).holds)
        with odd_is_a_fault(findings, "inbox and outbox"):
            waiting.check_inbox(seen, findings, coupled)
            schedules.check(seen, findings, now)
    return findings


def _check_signatures(told: Iterable[Checkpoint], key: Ed25519PublicKey, findings: Findings) -> None:
    was_signed = False
    for anchor in sorted(told, key=lambda anchor: (anchor.lines, anchor.at)):
        if is_genuine(anchor, key):
            was_signed = True
        elif anchor.is_signed or was_signed:
            findings.altered("forged", anchor.label, "this key has not signed it")
        else:
            findings.note("checkpoints from before they were signed")
