"""Reads what has become of denied events."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from powertrip.domain.event import NoticeKind
from powertrip.domain.follow_up import DenialNote, FollowUp, Item, NoteKind, Owner
from powertrip.domain.routing import DIRECT
from powertrip.store import containment_rows, written
from powertrip.store.follow_up_tables import FollowUpItemRow, FollowUpNoteRow, FollowUpRow
from powertrip.store.tables import DeliveryRow, DeliveryState, NoticeRow


def by_event(event_ids: Collection[str]) -> dict[str, FollowUp]:
    """What has become of each of these events, which were denied."""
    if not event_ids:
        return {}
    rows = {row.event_id: row for row in written.rows_of(FollowUpRow, "event_id", event_ids, "event_id")}
    items: dict[str, list[Item]] = {}
    for item in written.rows_of(FollowUpItemRow, "event_id", event_ids, "number"):
        items.setdefault(item.event_id, []).append(
            Item(number=item.number, text=item.text, done_by=item.done_by, done_at=item.done_at)
        )
    notes: dict[str, list[DenialNote]] = {}
    for note in written.rows_of(FollowUpNoteRow, "event_id", event_ids):
        notes.setdefault(note.event_id, []).append(
            DenialNote(
                kind=NoteKind(note.kind),
                actor_id=note.actor_id,
                actor_name=note.actor_name,
                at=note.at,
                text=note.text,
            )
        )
    told, contained = _told(rows, event_ids), containment_rows.by_event(event_ids)
    return {
        event_id: FollowUp(
            told_at=told.get(event_id),
            is_being_told=event_id in rows and bool(rows[event_id].alert_uid) and event_id not in told,
            owner=_owner(rows.get(event_id)),
            items=tuple(items.get(event_id, ())),
            notes=tuple(note for note in notes.get(event_id, ()) if note.kind is NoteKind.NOTE),
            claim=next((note for note in notes.get(event_id, ()) if note.kind is NoteKind.CLAIM), None),
            containments=tuple(contained.get(event_id, ())),
        )
        for event_id in event_ids
    }


def _told(rows: dict[str, Any], event_ids: Collection[str]) -> dict[str, datetime]:
    """When Slack took the call to the reviewers, by event."""
    told = {row.event_id: row.told_at for row in rows.values() if row.told_at is not None}
    # An earlier release beside this one may have sent what this one queued.
    untold = {row.alert_uid: row.event_id for row in rows.values() if row.alert_uid and row.told_at is None}
    for sent in written.rows_of(DeliveryRow, "uid", untold):
        if sent.state == DeliveryState.DONE and sent.done_at is not None:
            told[untold[sent.uid]] = sent.done_at
    # Of a denial by an earlier release no row says how it is told.
    others = [event_id for event_id in event_ids if event_id not in rows or rows[event_id].alert_uid is None]
    for notice in written.rows_of(NoticeRow, "event_id", others):
        # What became of a card that cannot be changed is said in its own conversation.
        if notice.kind == NoticeKind.OUTCOME and not notice.channel.startswith(DIRECT):
            told.setdefault(notice.event_id, notice.posted_at)
    return told


def _owner(row: Any | None) -> Owner | None:
    if row is None or row.owner_id is None:
        return None
    return Owner(slack_id=row.owner_id, name=row.owner_name, since=row.owned_since, until=row.owned_until)
