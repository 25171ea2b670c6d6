"""What was put off for so long that it comes to the same as if it had been deleted."""

from datetime import datetime, timedelta

from powertrip.domain.event import UNDONE
from powertrip.store.fields import MomentField
from powertrip.store.history.findings import Findings
from powertrip.store.history.snapshot import Snapshot
from powertrip.store.tables import DeliveryState

REMINDED_WITHIN = timedelta(days=31)
"""No reminder is further away; who sets `remind_every` to more is told so here, too."""
SENT_WITHIN = timedelta(days=1)
"""Slack asks for minutes, attempts are half an hour apart, and a clock may be an hour wrong."""


def check(seen: Snapshot, findings: Findings, now: datetime) -> None:
    """Look for what is due, leased or resting until a day on which nobody will miss it any more."""

    def at(moment: datetime) -> int:
        return MomentField().db_value(moment) or 0

    soon = at(now + SENT_WITHIN)
    late = {
        "event": (
            "SELECT id FROM event WHERE status IN (?, ?, ?) AND next_reminder_at > ? ORDER BY id",
            (*UNDONE, at(now + REMINDED_WITHIN)),
            "nobody is reminded of it for long",
        ),
        "delivery": (
            "SELECT id FROM delivery WHERE state = ? AND (due_at > ? OR leased_until > ?) ORDER BY id",
            (DeliveryState.WAITING, soon, soon),
            "it waits, and will not be sent for long",
        ),
        "mentions": (
            "SELECT event_id FROM follow_up WHERE owned_until > ? ORDER BY event_id",
            (at(now + REMINDED_WITHIN),),
            "no reviewer but one is mentioned about this event for long",
        ),
        "inbox row": (
            "SELECT id FROM inbox WHERE judged_at IS NULL AND leased_until > ? ORDER BY id",
            (soon,),
            "it waits, and will not be judged for long",
        ),
        "storm": (
            "SELECT id FROM storm WHERE next_reminder_at > ? ORDER BY id",
            (at(now + REMINDED_WITHIN),),
            "nobody is reminded of it for long",
        ),
        "poll": (
            "SELECT name FROM poll WHERE next_at > ? OR leased_until > ? ORDER BY name",
            (at(now + REMINDED_WITHIN), soon),
            "nothing is fetched by it for long",
        ),
        "lane": (
            "SELECT name FROM lane WHERE free_at > ? OR busy_until > ? ORDER BY name",
            (soon, soon),
            "nothing is sent there for long",
        ),
    }
    for what, (statement, values, why) in late.items():
        for (row_id,) in seen.rows(statement, *values):
            findings.missing(f"{what} put off", f"{what} {row_id}", why)
