"""Records of log shippers of any make, taken apart: their keys, and the syslog header within their message.

What the shipper says of a record stands above what its message says. Where the shipper names the program, a
header in the message is that program's own text, and only one of the same program is taken off. Where the
two name hosts that are not the same, neither is believed: the message stays as it came, which no rule takes
and the net finds.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from powertrip.domain.syslog import SyslogLine, parse_line, without_repeated
from powertrip.domain.tags import is_same_host, is_same_program, plain_program
from powertrip.errors import Unreadable
from powertrip.ingest.contract import Unread
from powertrip.ingest.finding import (
    Parts,
    RecordKeys,
    facility_of,
    name_at,
    name_of,
    parts_of,
    storable,
    text_at,
    text_of,
    trusted_of,
)
from powertrip.ingest.keys import (
    FILE,
    KEYS,
    OF_SHIPPER,
    PERHAPS_MESSAGE,
    SYSLOGS_FILE,
    WRITER,
    is_systems_own,
)
from powertrip.ingest.parsing import object_or_flaw
from powertrip.ingest.records import FLAW, Verbatim, bare
from powertrip.ingest.times import HeaderTime
from powertrip.ingest.writing import value_as_json

_WRAPPINGS = 4
"""JSON within JSON that is opened, as docker wraps what a shipper in a container wrote."""
_COOKIE = "@cee:"
"""Begins a message that is JSON, by the conventions of Lumberjack."""
_LOGIN_PROGRAM = re.compile(r"(?:sshd(?:-session)?|sudo|su|dropbear|doas|pkexec|login)", re.IGNORECASE)
_ADDRESS = re.compile(
    r"[0-9.]{7,15}(?::[0-9]+)?|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*|\[[0-9A-Fa-f:.]+\](?::[0-9]+)?"
)
_NO_STREAM = "a stream of a Loki push is an object, with its labels in `stream` and its lines in `values`"
_NO_LINE = "an entry of a Loki push is a list of a time and a line, both as text"


def prepared(value: Any, keys: RecordKeys = KEYS) -> Any:
    """`value` taken apart, for records with the default keys; neither text nor object stays as it is."""
    if isinstance(value, str):
        return Verbatim(fields_of_line(value), value)
    return Verbatim(fields_of_object(value, keys), value_as_json(value)) if isinstance(value, dict) else value


def fields_of_line(text: str, depth: int = _WRAPPINGS) -> dict[str, Any]:
    """The parts of a line of syslog that it has, under the names of a record's default keys."""
    fields = _fields(parse_line(storable(bare(text))))
    wrapped = _wrapped(fields["message"], depth)
    program = fields.get("program")
    if wrapped and FLAW in wrapped:
        return fields | wrapped
    # A program may say as JSON what it has to say, and a runtime that names no program passes JSON on.
    if wrapped and is_same_program(wrapped.get("program"), program):
        is_of_one = is_same_host(wrapped.get("host"), fields.get("host"))
        if is_of_one and is_login_program(program or wrapped.get("program")):
            return wrapped | {key: part for key, part in fields.items() if key != "message"}
    return fields


def fields_of_object(
    value: Mapping[str, Any], keys: RecordKeys = KEYS, depth: int = _WRAPPINGS
) -> dict[str, Any]:
    """The parts of an object that `keys` find, and those of its message; no message where it has none."""
    parts = parts_of(value, keys)
    outer: dict[str, Any] = {
        "message": _message(value, parts, keys),
        "host": name_of(parts.get("host", ())),
        "time": _times(value, parts, keys),
        "id": next(iter(parts.get("id", ())), None),
        "program": name_of(parts.get("program", ())),
        "facility": facility_of(parts),
        **trusted_of(parts),
    }
    if outer["message"] is not None:
        # rsyslog's %msg% keeps the blank from behind the tag.
        outer["message"] = storable(bare(outer["message"])).removeprefix(" ")
        outer = _opened(value, outer, keys, depth)
    return {key: part for key, part in outer.items() if part not in (None, ())}


def lines_of_streams(push: Mapping[str, Any]) -> Iterator[Any]:
    """The lines of a Loki push, prepared, in order, and as Unread whatever is none."""
    streams = push.get("streams")
    for stream in streams if isinstance(streams, list) else []:
        labels = stream.get("stream") if isinstance(stream, dict) else None
        entries = stream.get("values") if isinstance(stream, dict) else None
        if not isinstance(labels, dict) or not isinstance(entries, list):
            yield Unread(body=value_as_json(stream).encode(), reason=_NO_STREAM)
            continue
        for entry in entries:
            raw = value_as_json({"stream": labels, "value": entry})
            # `["<ns since 1970>", "<line>"]`, and since Loki 3 an object of further facts behind them.
            texts = entry[:2] if isinstance(entry, list) else []
            is_line = len(texts) == 2 and all(isinstance(text, str) for text in texts)
            if is_line:
                yield Verbatim(_of_entry(labels, entry), raw)
            else:
                yield Unread(body=raw.encode(), reason=_NO_LINE)


def apart(values: Iterable[Any]) -> tuple[list[Any], list[Unread]]:
    """What can be read, and what cannot; raises Unreadable where nothing can."""
    sound: list[Any] = []
    unread: list[Unread] = []
    for value in values:
        (unread if isinstance(value, Unread) else sound).append(value)
    if unread and not sound:
        raise Unreadable(unread[0].reason)
    return sound, unread


def best_times(inside: object, *stated: Any) -> tuple[Any, ...]:
    """The times that a message's header and its record state, the better first.

    A shipper states when it read the line, which may be long after; but a header's time may lack its zone.
    """
    own = inside if isinstance(inside, tuple) else (inside,) if inside else ()
    is_exact = bool(own) and isinstance(own[0], HeaderTime) and own[0].names_zone
    return (*own, *stated) if is_exact else (*stated, *own)


def is_login_program(name: object) -> bool:
    """Whether this is a program by which people get in, or become somebody else."""
    return isinstance(name, str) and _LOGIN_PROGRAM.fullmatch(plain_program(name)) is not None


def _of_entry(labels: dict[str, Any], entry: list[Any]) -> dict[str, Any]:
    time, line, *more = entry
    facts = more[0] if more and isinstance(more[0], dict) else {}
    stated = {**facts, **labels}
    # The labels are the shipper's, the line is anybody's: it may say who it is only where they do not.
    inside, flaw = (None, None) if name_at(stated, KEYS.program) else object_or_flaw(line)
    fields = fields_of_object({**(inside or {"message": line}), **stated, "__REALTIME_TIMESTAMP": time})
    return fields | ({FLAW: flaw} if flaw else {})


def _message(value: Mapping[str, Any], parts: Parts, keys: RecordKeys) -> str | None:
    text = text_of(parts.get("message", ()))
    if text is not None or keys.message != KEYS.message:
        return text
    texts = (text_at(value, key) for key in PERHAPS_MESSAGE)
    return next((text for text in texts if text and parse_line(storable(text)).program), None)


def _times(value: Mapping[str, Any], parts: Parts, keys: RecordKeys) -> tuple[Any, ...]:
    times = [time for time in parts.get("time", ()) if time not in (None, "")]
    # NXLog passes the time of a syslog header on, still without its zone.
    zoneless = value.get("EventTime") if keys.time == KEYS.time else None
    return tuple(HeaderTime(time) if time is zoneless and isinstance(time, str) else time for time in times)


def _opened(value: Mapping[str, Any], outer: dict[str, Any], keys: RecordKeys, depth: int) -> dict[str, Any]:
    """`outer`, with what its message holds in a header or as JSON, where that is believed."""
    message, writer = outer["message"], None
    if outer.get("program") is None:
        writers = [name for name in (name_at(value, path) for path in WRITER) if name]
        if writers and not any(map(is_systems_own, writers)):
            writer = writers[0]
    owner = outer.get("program") or writer
    if owner is None:
        return _merged(value, outer, fields_of_line(message, depth), keys)
    stripped = without_repeated(SyslogLine(message=message, host=outer["host"], program=owner))
    outer |= {
        "message": stripped.message,
        "facility": outer["facility"] or stripped.facility,
        "program": owner,
    }
    wrapped = _wrapped(stripped.message, depth)
    if wrapped and FLAW in wrapped:
        return outer | wrapped
    if wrapped and is_login_program(owner) and is_same_program(wrapped.get("program"), owner):
        return _merged(value, outer, wrapped, keys)
    return outer


def _wrapped(message: str, depth: int) -> dict[str, Any] | None:
    """The parts of the record that a message is; None where it is none, or has no message of its own.

    Of one that must not be judged, FLAW alone.
    """
    if depth <= 0 or not message.startswith(("{", _COOKIE)):
        return None
    wrapped, flaw = object_or_flaw(message.removeprefix(_COOKIE))
    if flaw:
        return {FLAW: flaw}
    fields = fields_of_object(wrapped, depth=depth - 1) if wrapped is not None else {}
    if FLAW in fields:
        return {FLAW: fields[FLAW]}
    # Whoever writes a message must not choose the id of its record.
    fields.pop("id", None)
    return fields if "message" in fields else None


def _merged(
    value: Mapping[str, Any], outer: dict[str, Any], inner: dict[str, Any], keys: RecordKeys
) -> dict[str, Any]:
    """Both as one; `outer` alone where they name two hosts and nothing says which is right."""
    host = outer["host"]
    if _is_nobodys(host) or (host and _is_nobodys(inner.get("host"))):
        host = inner["host"] if _is_nobodys(host) and inner.get("host") else host
    elif inner.get("host") and host and keys.host == KEYS.host and not is_same_host(host, inner["host"]):
        if not (_ADDRESS.fullmatch(host) or _is_of_shipper(value, keys)):
            return outer | ({FLAW: inner[FLAW]} if FLAW in inner else {})
        host = inner["host"]
    inside = inner.get("time", ())
    times = best_times(inside, *outer["time"]) if keys.time == KEYS.time else (*outer["time"], *inside)
    merged = {**inner, **{key: part for key, part in outer.items() if part is not None}}
    return merged | {"message": inner["message"], "host": host or inner.get("host"), "time": times}


def _is_nobodys(host: str | None) -> bool:
    """Whether this is what every machine calls itself."""
    return (host or "").partition(".")[0].lower() in ("localhost", "(none)", "unknown", "-")


def _is_of_shipper(value: Mapping[str, Any], keys: RecordKeys) -> bool:
    """Whether the record's host is where the shipper runs, and the file it follows, if any, is syslog's."""
    file = name_at(value, FILE)
    if file and ("/" in file or "\\" in file):
        return SYSLOGS_FILE.search(file) is not None
    # Elastic's name for whoever sent a line over the network; a file's line has none.
    is_sent = name_at(value, "log.source.address") is not None
    return is_sent and name_at(value, keys.host) == name_at(value, OF_SHIPPER)


def _fields(line: SyslogLine) -> dict[str, Any]:
    parts = {
        "message": line.message,
        "host": line.host,
        "program": line.program,
        "time": (HeaderTime(line.time),) if line.time else None,
        "facility": line.facility,
    }
    return {key: part for key, part in parts.items() if part is not None}
