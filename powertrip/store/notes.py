"""Notes to the security channel about trouble beyond any one event."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from pydantic import TypeAdapter

from powertrip.domain.delivery import Delivery, DeliveryKind, Digest, Note, Posted, Question
from powertrip.store import deliveries
from powertrip.store.database import Role, for_update, transaction
from powertrip.store.tables import DeliveryRow, DeliveryState

_NOTE: TypeAdapter[Question | Digest | Note] = TypeAdapter(Question | Digest | Note)


def new_uid() -> str:
    """The uid of a note that is to be amended one day."""
    return secrets.token_hex(10)


def enqueue(channel: str, *, title: str, lines: Sequence[str], now: datetime, uid: str | None = None) -> None:
    """Queue a note; belongs in the transaction that finds out."""
    post(channel, Note(title=title, lines=tuple(lines)), now, uid=uid)


def post(channel: str, note: Note | Question, now: datetime, *, uid: str | None = None) -> None:
    """The same with a note as it is to be."""
    row = deliveries.new(DeliveryKind.NOTE, channel, now, payload=note)
    deliveries.enqueue([row | {"uid": uid or row["uid"]}])


def amend(uid: str, *, title: str, lines: Sequence[str], now: datetime) -> None:
    """Have a note say something else, wherever it is by now; nothing where it is forgotten already."""
    replace(uid, Note(title=title, lines=tuple(lines)), now)


def replace(uid: str, note: Note | Question, now: datetime) -> bool:
    """The same with a note as it is to be from now on; returns whether it is still known."""
    row = for_update(DeliveryRow.select().where(DeliveryRow.uid == uid)).first()
    if row is None:
        return False
    payload = _NOTE.dump_python(note, mode="json")
    DeliveryRow.update(payload=payload).where(DeliveryRow.id == row.id).execute()
    # One that is still to go out says it at once; one that is on its way is changed when it has arrived.
    if row.state == DeliveryState.DONE and row.ts is not None:
        deliveries.enqueue([deliveries.new(DeliveryKind.NOTE, row.channel, now, ts=row.ts, payload=note)])
    return True


def posted(delivery: Delivery, where: Posted, now: datetime) -> None:
    """End the delivery of a note, remember where it is, and change it if it was amended on its way."""
    deliveries.finish(delivery, now, where)
    row = for_update(DeliveryRow.select().where(DeliveryRow.id == delivery.id)).first()
    if row is None:
        return
    DeliveryRow.update(channel=where.channel, ts=where.ts).where(DeliveryRow.id == delivery.id).execute()
    note = _NOTE.validate_python(row.payload)
    if note != delivery.payload:
        deliveries.enqueue([deliveries.new(DeliveryKind.NOTE, where.channel, now, ts=where.ts, payload=note)])


class Notes(Role):
    """Notes, as the sender sees them."""

    posted = transaction(posted)
