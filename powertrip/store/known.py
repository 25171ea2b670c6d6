"""Which records are known though not to the inbox, which has forgotten them, or had them by another sender.

Records of events stay, and so do those of origins. A record whose id one of them bears is the same where it
says the same of the same moment, and otherwise another, which gets an id that tells them apart.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple, TypeVar

from powertrip.domain.judgement import Judgement, ToAsk, ToSight
from powertrip.domain.record import Record, content_of, sent_id, told_apart
from powertrip.store.among import among
from powertrip.store.bulk import read_all
from powertrip.store.hids.tables import SightingRow
from powertrip.store.tables import OccurrenceRow

AskOrSight = TypeVar("AskOrSight", ToAsk, ToSight)


class _Kept(NamedTuple):
    """What is compared of a record that is kept."""

    source: str
    record_id: str
    raw: str
    message: str
    occurred_at: datetime
    event_action: str | None
    user_name: str | None
    host_name: str | None


def keys(judgements: Iterable[Judgement]) -> set[str]:
    """What has to be waited for before anything else, lest a record be kept twice: a turn for each of these.

    Otherwise two processes that keep one record at once, each by another sender, both miss the other's.
    """
    return {
        f"id {sent_id(item.record.record_id)}"
        for item in judgements
        if isinstance(item, ToAsk) and item.same_log
    }


def apart(judged: Sequence[AskOrSight]) -> tuple[list[AskOrSight], list[AskOrSight]]:
    """Those that are new, each under an id that is, and those that are known."""
    known = _known([item.record for item in judged], _sources(judged))
    new: list[AskOrSight] = []
    repeated: list[AskOrSight] = []
    for item in judged:
        record = item.record
        of_id = known.setdefault(sent_id(record.record_id), [])
        if any(_is_same(item, row) for row in of_id):
            repeated.append(item)
            continue
        taken = {row.record_id for row in of_id if row.source == record.source}
        if record.record_id in taken:
            item = replace(item, record=replace(record, record_id=_new_id(record, taken)))  # noqa: PLW2901
        new.append(item)
        # Two records of one batch may be one, by two senders.
        of_id.append(_compared(item))
    return new, repeated


def _sources(judged: Sequence[ToAsk] | Sequence[ToSight]) -> set[str]:
    names = {item.record.source for item in judged}
    return names.union(*(item.same_log for item in judged if isinstance(item, ToAsk)))


def _known(records: Iterable[Record], sources: set[str]) -> dict[str, list[_Kept]]:
    """The kept records under the ids of these, by the id that their sender gave them."""
    wanted = sorted({record_id for record in records for record_id in _ids(record)})
    found: dict[str, list[_Kept]] = {}
    for table in (OccurrenceRow, SightingRow) if wanted else ():
        columns = [getattr(table, name) for name in _Kept._fields]
        ids = among(table.record_id, wanted)
        for row in read_all(table.select(*columns).where(ids & table.source.in_(sorted(sources)))):
            found.setdefault(sent_id(row.record_id), []).append(row)
    return found


def _compared(item: ToAsk | ToSight) -> _Kept:
    record, event = item.record, item.event
    return _Kept(
        record.source,
        record.record_id,
        record.raw,
        record.message,
        event.occurred_at,
        event.event_action,
        event.user_name,
        event.host_name,
    )


def _is_same(item: ToAsk | ToSight, row: _Kept) -> bool:
    record = item.record
    # A record that names no time of its own may be of anything that happened since.
    if record.occurred_at is None or row.occurred_at != record.occurred_at:
        return False
    if row.source == record.source and row.raw == record.raw:
        return True
    # Each sender wraps it in its own way; what it says is the same.
    others = item.same_log if isinstance(item, ToAsk) else ()
    said = ("message", "event_action", "user_name", "host_name")
    ours = _compared(item)
    return row.source in others and all(getattr(row, name) == getattr(ours, name) for name in said)


def _ids(record: Record) -> tuple[str, str, str]:
    """The ids that the record may be kept under."""
    own = sent_id(record.record_id)
    return record.record_id, own, told_apart(own, record.content or content_of(record.raw))


def _new_id(record: Record, taken: set[str]) -> str:
    *_, plain = _ids(record)
    # Even that is taken by a record that said the same of another time: the time of arrival is not.
    own, content = sent_id(record.record_id), record.content or content_of(record.raw)
    return plain if plain not in taken else told_apart(own, content, _microseconds(record.received_at))


def _microseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000)
