"""Makes records of JSON values, losing nothing: a value that is in no field is still in `raw`."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, TypeVar

from powertrip.domain.record import Record, content_of, sent_id
from powertrip.domain.tags import plain_program
from powertrip.errors import BodyTooLarge
from powertrip.ingest.contract import DEFAULT_LIMITS, Limits, Unread, too_many
from powertrip.ingest.finding import (
    RecordKeys,
    facility_of,
    name_of,
    parts_of,
    storable,
    text_of,
    trusted_of,
)
from powertrip.ingest.times import parse_time
from powertrip.ingest.writing import value_as_json

Item = TypeVar("Item")

_ID_LIMIT = 200
"""Characters of a sender's id that are kept as they are; databases bound the size of an index entry."""

FLAW = "\0flaw"
"""In a value that was taken apart: why it must not be judged. No shipper names a key so."""
KEYS = RecordKeys()
"""For values that a source has arranged itself."""


@dataclass(frozen=True, slots=True)
class Verbatim:
    """A value that was read out of text, with the text as it came."""

    value: Any
    raw: str
    content: str | None = None
    """What makes it another record than one with the same id; None for all of it."""


_WITH_TEXT = (Verbatim, Unread)


def make_records(
    values: Iterable[Any],
    *,
    source: str,
    keys: RecordKeys,
    received_at: datetime,
    zone: tzinfo | None,
    limits: Limits = DEFAULT_LIMITS,
    by_parts: bool = False,
) -> list[Record]:
    """A record for each value, in order; a value is JSON, or `Verbatim`.

    `by_parts` is for a sender that writes one record in several ways: two with the same id are then the same
    where message, host, program, facility and time are.

    `zone` is that of times that name none; None where such are not trusted. Raises BodyTooLarge past the
    limit of records, Unreadable for values nested too deeply to write.
    """
    arrival = received_at.isoformat()
    records = []
    for place, given in enumerate(bounded(values, limits)):
        flaw: str | None = None
        if isinstance(given, Verbatim):
            value, raw, content = given.value, storable(given.raw), given.content
            flaw = value.get(FLAW) if isinstance(value, dict) else None
        else:
            value, raw, content = given, value_as_json(given), None
        parts = parts_of(value, keys)
        stated = value if isinstance(value, str) else text_of(parts.get("message", ()))
        message = storable(bare(raw if stated is None else stated))
        times = _times(parts.get("time", ()))
        program, host = name_of(parts.get("program", ())), name_of(parts.get("host", ()))
        if program:
            # `sshd[812]: ` is how some shippers write the program.
            program = plain_program(program)
        facility = facility_of(parts)
        moments = (parse_time(time, received_at=received_at, zone=zone) for time in times)
        occurred_at = next(filter(None, moments), None)
        if by_parts:
            content = "\0".join(map(str, (message, host, program, facility, occurred_at)))
        record_id = _sent_id(parts.get("id", ()), source)
        if record_id is None:
            # Without an id of the sender's the whole record is hashed, so that a pid or port in any key tells
            # two logins of one second apart; two that are equal to the last byte are one record. Where a
            # record has no time either, equal text may be a login weeks later: there the time of arrival
            # goes in, and a resend is a new record.
            record_id = content_of(source, raw, *(() if times else (arrival, str(place))))
        record = Record(
            source=source,
            record_id=record_id,
            message=message[: limits.message_characters],
            cut=max(0, len(message) - limits.message_characters),
            raw=raw,
            received_at=received_at,
            occurred_at=occurred_at,
            host_name=host,
            program=program,
            facility=facility,
            trusted=trusted_of(parts),
            content=content_of(raw if content is None else storable(content)),
            flaw=flaw,
        )
        records.append(record)
    return records


def _times(stated: Sequence[Any]) -> list[Any]:
    """All times that a record states; a tuple, which is none of JSON's, holds several, the best first."""
    times = [time for at in stated for time in (at if isinstance(at, tuple) else (at,))]
    return [time for time in times if time not in (None, "")]


def bounded(values: Iterable[Item], limits: Limits) -> Iterator[Item]:
    """`values` one by one, as far as they may be one body's; raises BodyTooLarge beyond.

    Belongs around whatever takes records out of a body, for a few bytes may make much of them.
    """
    room = limits.raw_characters
    for place, value in enumerate(values):
        if isinstance(value, _WITH_TEXT):
            room -= len(value.raw if isinstance(value, Verbatim) else value.body)
        if place >= limits.records:
            raise BodyTooLarge(too_many(limits.records))
        if room < 0:
            problem = f"its records take more than {limits.raw_characters} bytes, with what they share"
            raise BodyTooLarge(f"{problem}; send smaller batches")
        yield value


def _sent_id(ids: Sequence[Any], source: str) -> str | None:
    """The sender's own id; None where there is none."""
    for stated in ids:
        # A float is no id: 64-bit ids do not survive being one.
        if (isinstance(stated, str) and stated) or type(stated) is int:
            sent = storable(str(stated))
            # One that reads like ours of a record that was told apart would be taken for that record's.
            is_plain = len(sent) <= _ID_LIMIT and sent_id(sent) == sent
            return sent if is_plain else content_of(source, sent)
    return None


def bare(text: str) -> str:
    """`text` without the line breaks and NULs that end a line, a C string or a frame."""
    return text.rstrip("\0\r\n")
