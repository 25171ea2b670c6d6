"""What is wrong with the way to Slack and only an operator can mend: told once, and once when it is over."""

from collections.abc import Collection, Sequence
from datetime import datetime

from peewee import CharField, TextField

from powertrip.domain.delivery import DeliveryKind, Note
from powertrip.store import deliveries
from powertrip.store.bulk import insert_all
from powertrip.store.database import Role, for_update, transaction
from powertrip.store.fields import JsonField, MomentField
from powertrip.store.tables import Table


class TroubleRow(Table):
    """What is wrong with the way to Slack and waits for an operator."""

    key = CharField(primary_key=True)
    title = TextField()
    lines = JsonField()
    since = MomentField()
    # When the backup channels were told.
    told_at = MomentField(null=True)


def begin(key: str, note: Note, now: datetime, *, channel: str | None = None) -> bool:
    """Record a trouble, and queue it for `channel` where that can be told; returns whether it is new."""
    row = {"key": key, "title": note.title, "lines": list(note.lines), "since": now}
    # Of several processes, and of many calls that fail alike, one is the first.
    is_new = insert_all(TroubleRow, [row], "ON CONFLICT DO NOTHING") == 1
    if is_new and channel is not None:
        deliveries.enqueue([deliveries.new(DeliveryKind.NOTE, channel, now, payload=note)])
    return is_new


def tell(before: datetime, channels: Sequence[str], now: datetime, *, only: str | None = None) -> int:
    """Queue what has been wrong since `before` for the backup channels, once; returns how many troubles."""
    untold = TroubleRow.told_at.is_null() & (TroubleRow.since <= before)
    if only is not None:
        untold &= TroubleRow.key == only
    rows = list(for_update(TroubleRow.select().where(untold).order_by(TroubleRow.key), skip_locked=True))
    for row in rows:
        _enqueue(Note(title=row.title, lines=tuple(row.lines)), channels, now)
    TroubleRow.update(told_at=now).where(TroubleRow.key.in_([row.key for row in rows])).execute()
    return len(rows)


def end(keys: Collection[str], channels: Sequence[str], now: datetime) -> list[str]:
    """Record that troubles are over, and queue that for the channels that were told; returns their titles."""
    query = TroubleRow.select().where(TroubleRow.key.in_(list(keys))).order_by(TroubleRow.key)
    rows = list(for_update(query))
    for row in rows:
        if row.told_at is not None:
            _enqueue(Note(title=f"Mended: {row.title}", lines=()), channels, now)
    TroubleRow.delete().where(TroubleRow.key.in_([row.key for row in rows])).execute()
    return [row.title for row in rows]


def present() -> dict[str, Note]:
    """What is wrong now, by key."""
    rows = TroubleRow.select().order_by(TroubleRow.since, TroubleRow.key)
    return {row.key: Note(title=row.title, lines=tuple(row.lines)) for row in rows}


def _enqueue(note: Note, channels: Sequence[str], now: datetime) -> None:
    deliveries.enqueue([deliveries.new(DeliveryKind.BACKUP, name, now, payload=note) for name in channels])


class Troubles(Role):
    """What only an operator can mend."""

    begin = transaction(begin)
    tell = transaction(tell)
    end = transaction(end)
    present = transaction(present)
