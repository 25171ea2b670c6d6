"""Compares all that is kept with what the history says of it; changes nothing."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from powertrip.domain.checkpoint import Checkpoint, found_in, is_genuine
from powertrip.store.history import asked, chain, guards, waiting
from powertrip.store.history.findings import Findings
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
        kept = found_in(text for (text,) in seen.rows("SELECT text FROM checkpoint ORDER BY id"))
        told = [*anchors, *kept]
        if key is not None:
            _check_signatures(told, key, findings)
        coupled = chain.check(seen, findings, told, now)
        guards.check(seen, findings)
        asked.check(seen, findings, coupled, waiting.Waiting(seen).holds)
        waiting.check_inbox(seen, findings, coupled)
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
