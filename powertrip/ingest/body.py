"""Turns the bytes of a request into JSON values, by looking at them rather than at their content type.

Senders mislabel: newline-joined JSON arrives as text/plain, concatenated objects as application/json.
Read are: one JSON value, several (newline-delimited or concatenated), and a form whose field `payload`
holds JSON; each plain or gzipped.
"""

import codecs
import contextlib
import gzip
import io
import json
import math
import zlib
from json.decoder import JSONDecodeError
from typing import Any
from urllib.parse import unquote_to_bytes

import structlog

from powertrip.domain.json_keys import key_twice
from powertrip.errors import BodyTooLarge, Unreadable
from powertrip.ingest.bounds import check_values
from powertrip.ingest.contract import DEFAULT_LIMITS, IngestRequest, Limits, Unread, too_many

_log = structlog.get_logger(__name__)

GZIP_MAGIC = b"\x1f\x8b"
_CHUNK = 64 * 1024
_DECODED_AT_ONCE = 256 * 1024
"""Bytes: the decoder holds Python's lock, and takes 3 ms for so many that are no text."""
_PAYLOAD = "payload="
_REPLACEMENT = "\ufffd"
_OF_NO_TEXT = 4
"""One character in so many that is none of UTF-8's: more than any language's letters make of a line of syslog
in Latin-1, and less than of what is compressed."""
_SPACES = " \t\r\n"
TOO_DEEP = "the body nests lists or objects too deeply"


class KeyTwice(Unreadable):
    """An object of JSON gives a key twice, so that no two readers need to read the same in it."""

    def __init__(self, key: str) -> None:
        super().__init__(f"an object of its JSON gives the key {key} twice; one of the two was not meant")


def read_values(request: IngestRequest) -> list[Any]:
    """All JSON values of the body, in order; at least one. Raises BodyTooLarge and Unreadable."""
    return parse_values(_json_text(request), request.limits)


def read_elements(request: IngestRequest) -> tuple[list[Any], tuple[Unread, ...]]:
    """All JSON values of the body, arrays opened, and those that cannot be read; see `parse_elements`."""
    return parse_elements(_json_text(request), request.limits)


def _json_text(request: IngestRequest) -> str:
    text = read_text(request)
    # JSON may quote a form, so a text that begins as JSON is never taken for one.
    if text.lstrip(_SPACES)[:1] not in ("{", "[", '"') and (start := _payload(text)):
        # Only the one field: of a form of a million others, none is made.
        end = text.find("&", start)
        text = _unquoted(text[start : end if end >= 0 else len(text)].strip(_SPACES))
    return text


def _payload(form: str) -> int | None:
    """Where the value of the field begins; None where there is no such field."""
    start = form.find(_PAYLOAD)
    while start >= 0:
        if form[max(0, start - 1) : start] in ("", "&", *_SPACES):
            return start + len(_PAYLOAD)
        start = form.find(_PAYLOAD, start + 1)
    return None


def _unquoted(text: str) -> str:
    """A field of a form as it was meant."""
    text = text.replace("+", " ")
    plain = bytearray()
    start = 0
    while start < len(text):
        end = start + _DECODED_AT_ONCE
        # An escape of three characters belongs together.
        begun = text.rfind("%", max(start + 1, end - 2), end)
        end = begun if begun >= 0 and end < len(text) else end
        plain += unquote_to_bytes(text[start:end])
        start = end
    return plain.decode("utf-8", "replace")


def read_text(request: IngestRequest) -> str:
    """The body as text, without a byte order mark; bytes that are not UTF-8 become U+FFFD, and are logged.

    Raises BodyTooLarge as `plain_body`, and Unreadable.
    """
    body = plain_body(request)
    decoder = codecs.getincrementaldecoder(_encoding(body))("replace")
    steps = range(0, max(len(body), 1), _DECODED_AT_ONCE)
    text = "".join(
        decoder.decode(body[start : start + _DECODED_AT_ONCE], final=start == steps[-1]) for start in steps
    )
    if _REPLACEMENT in text:
        count = text.count(_REPLACEMENT)
        _log.warning("body has replaced characters", source=request.source, count=count)
        if count * _OF_NO_TEXT > len(text):
            raise Unreadable("the body is no text; send it as UTF-8, and compressed only by gzip")
    return text


def _encoding(body: bytes) -> str:
    """UTF-8, or what Windows writes in its place: no text has a NUL in every second byte otherwise."""
    if body.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        # The mark of UTF-16 and a NUL are the same bytes.
        with contextlib.suppress(UnicodeDecodeError):
            body.decode("utf-32")
            return "utf-32"
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if len(body) % 2 == 0 and len(body) >= 4:
        if body[1] == body[3] == 0:
            return "utf-16-le"
        if body[0] == body[2] == 0:
            return "utf-16-be"
    return "utf-8-sig"


def plain_body(request: IngestRequest) -> bytes:
    """The body's bytes, inflated if need be; raises BodyTooLarge past the request's limit, and Unreadable."""
    if request.body.startswith(GZIP_MAGIC):
        return inflate(request.body, request.limits.inflated_bytes)
    encoding = (request.header("content-encoding") or "identity").strip().lower()
    # A proxy may have inflated the body and left the header, so "gzip" alone says nothing.
    if encoding not in ("identity", "gzip", "x-gzip"):
        raise Unreadable(f"Content-Encoding {encoding[:40]!r} is not supported; send gzip, or none")
    return request.body


def inflates_within(body: bytes, limit: int) -> bool:
    """Whether it is no gzip, or inflates to at most `limit` bytes, as far as can be told."""
    try:
        if body.startswith(GZIP_MAGIC):
            inflate(body, limit)
    except BodyTooLarge:
        return False
    except Unreadable:
        pass
    return True


def inflate(body: bytes, limit: int) -> bytes:
    """Inflate gzip of one or more members, holding no more than `limit` bytes and one chunk.

    Raises BodyTooLarge past the limit, and Unreadable for gzip that is damaged or ends early.
    """
    # In chunks, for a few bytes of gzip may inflate to gigabytes.
    inflated = bytearray()
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as stream:
            while chunk := stream.read(_CHUNK):
                inflated += chunk
                if len(inflated) > limit:
                    raise BodyTooLarge(f"the body inflates to more than {limit} bytes; send smaller batches")
    except (EOFError, OSError, zlib.error) as error:
        raise Unreadable(f"the gzip body is damaged or ends early ({type(error).__name__})") from error
    return bytes(inflated)


def parse_values(text: str, limits: Limits = DEFAULT_LIMITS) -> list[Any]:
    """The JSON values of `text`: one, newline-delimited or concatenated. Raises Unreadable, BodyTooLarge."""
    return _parse(text, limits, _DECODER)


def parse_elements(text: str, limits: Limits = DEFAULT_LIMITS) -> tuple[list[Any], tuple[Unread, ...]]:
    """The JSON values of `text`, arrays opened, and apart from them those in which a key stands twice.

    Raises Unreadable where none of them can be read, BodyTooLarge.
    """
    try:
        return opened(_parse(text, limits, _DECODER)), ()
    except KeyTwice:
        marked = opened(_parse(text, limits, _MARKING_DECODER))
        elements = [(element, _key_twice(element)) for element in marked]
        sound = [element for element, key in elements if key is None]
        if not sound:
            raise
    return sound, tuple(
        Unread(
            body=json.dumps(element, ensure_ascii=False).encode("utf-8", "replace"), reason=str(KeyTwice(key))
        )
        for element, key in elements
        if key is not None
    )


def opened(values: list[Any]) -> list[Any]:
    """The elements of arrays, and all other values as they are."""
    elements: list[Any] = []
    for value in values:
        elements += value if isinstance(value, list) else [value]
    return elements


def _parse(text: str, limits: Limits, decoder: json.JSONDecoder) -> list[Any]:
    check_values(text, limits.values)
    values: list[Any] = []
    elements = 0
    position = _skip_spaces(text, 0)
    try:
        # An empty text goes to the decoder too, which says where it expected a value.
        while position < len(text) or not values:
            value, end = decoder.raw_decode(text, position)
            values.append(value)
            elements += len(value) if isinstance(value, list) else 1
            if elements > limits.records:
                raise BodyTooLarge(too_many(limits.records))
            position = _skip_spaces(text, end)
    except JSONDecodeError as error:
        raise Unreadable(f"the body is not JSON: {error.msg} at character {error.pos}") from error
    except RecursionError as error:
        raise Unreadable(TOO_DEEP) from error
    except ValueError as error:
        # Python refuses to read integers of more than 4300 digits, which takes quadratic time.
        raise Unreadable("the body holds a number of too many digits") from error
    return values


def json_object(text: str) -> dict[str, Any] | None:
    """The one object that the text is; None for any other text. Raises KeyTwice."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        values = parse_values(text)
    except KeyTwice:
        raise
    except Unreadable:
        return None
    return values[0] if len(values) == 1 and isinstance(values[0], dict) else None


def object_or_flaw(text: str) -> tuple[dict[str, Any] | None, str | None]:
    """The one object that the text is, if it is one; or why it must not be judged."""
    try:
        return json_object(text), None
    except KeyTwice as flaw:
        return None, str(flaw)


def _skip_spaces(text: str, position: int) -> int:
    while position < len(text) and text[position] in _SPACES:
        position += 1
    return position


def _finite(literal: str) -> float | str:
    number = float(literal)
    return number if math.isfinite(number) else literal


def _integer(literal: str) -> int:
    # Python's own, but called from here: at each such call other threads may go on.
    return int(literal)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs) and (key := key_twice(pairs)):
        raise KeyTwice(key)
    return value


class _Marked(dict[str, Any]):
    """An object in which a key stands twice; it holds all that was given for each key."""

    twice: str


def _marked(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    key = key_twice(pairs)
    if key is None:
        return dict(pairs)
    marked = _Marked()
    for name, part in pairs:
        marked.setdefault(name, []).append(part)
    marked.twice = key
    return marked


def _key_twice(value: Any) -> str | None:
    """A key that stands twice in an object somewhere within `value`; None where there is none."""
    if isinstance(value, _Marked):
        return value.twice
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((key for part in parts if (key := _key_twice(part)) is not None), None)


# NaN, Infinity and 1e999 stay as the text they were: JSON has no such numbers to write back.
# Not strict: shippers with hand-made templates leave tabs and other control characters unescaped.
_DECODER, _MARKING_DECODER = (
    json.JSONDecoder(
        parse_constant=str, parse_float=_finite, parse_int=_integer, strict=False, object_pairs_hook=hook
    )
    for hook in (_once, _marked)
)
