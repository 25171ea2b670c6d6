"""Alice's login in every status, and the ways to look at it."""

from typing import Any

from powertrip.cards import CardView, Mention
from powertrip.domain.decision import Verdict
from powertrip.domain.event import Event, NoticeKind, Status
from tests.samples import CAROL, decision, event, later

LINE = "Accepted publickey for alice from 192.0.2.10 port 50000 ssh2: ED25519 SHA256:abc"
FIELDS = {
    "source_port": "50000",
    "method": "publickey",
    "key_type": "ED25519",
    "key_fingerprint": "SHA256:abc",
}
NEXT = "<!date^1768479000^{date_short_pretty} at {time_secs} (12:10:00 UTC)|2026-01-15 12:10:00 UTC>"
REVIEWERS = (Mention("S0SECURITY"),)


def view(kind: NoticeKind = NoticeKind.FIRST, audience: Any = "person", **changes: Any) -> CardView:
    return CardView(**({"kind": kind, "audience": audience, "command": "/powertrip"} | changes))


def reminder(number: int = 3, **changes: Any) -> CardView:
    return view(NoticeKind.REMINDER, "channel", reminder=number, **changes)


def login(**changes: Any) -> Event:
    return event(**({"id": "k3f9x2m8pq", "fields": FIELDS, "message": LINE} | changes))


def half_approved(**changes: Any) -> Event:
    first = decision(reason="Planned maintenance")
    return login(
        **({"status": Status.HALF_APPROVED, "decisions": (first,), "requires_second_person": True} | changes)
    )


def approved(**changes: Any) -> Event:
    return login(**({"status": Status.APPROVED, "decisions": (decision(),)} | changes))


def denied(**changes: Any) -> Event:
    return login(**({"status": Status.DENIED, "decisions": (decision(Verdict.DENY),)} | changes))


def closed() -> Event:
    note = decision(
        Verdict.CLOSE,
        actor_id=CAROL,
        actor_name="Carol",
        at=later(hours=1),
        reason="Stolen laptop.\nKey revoked.",
    )
    return login(status=Status.CLOSED, decisions=(decision(Verdict.DENY), note), next_reminder_at=None)
