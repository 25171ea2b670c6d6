"""Turns the bytes of a request into JSON values, by looking at them rather than at their content type.

Senders mislabel: newline-joined JSON arrives as text/plain, concatenated objects as application/json.
Read are: one JSON value, several (newline-delimited or concatenated), and a form whose field `payload`
holds JSON; each plain or gzipped.
"""

import gzip
import io
import json
import math
import zlib
from json.decoder import JSONDecodeError
from typing import Any

import structlog
from yarl import URL

from powertrip.errors import BodyTooLarge, Unreadable
from powertrip.ingest.contract import IngestRequest

_log = structlog.get_logger(__name__)

GZIP_MAGIC = b"\x1f\x8b"
_CHUNK = 64 * 1024
_REPLACEMENT = "\ufffd"
_SPACES = " \t\r\n"


def read_values(request: IngestRequest, *, source: str, inflated_limit: int) -> list[Any]:
    """All JSON values of the body, in order; at least one.

    Raises BodyTooLarge if the body inflates to more than `inflated_limit` bytes, else Unreadable.
    """
    text = read_text(request, source=source, inflated_limit=inflated_limit)
    return parse_values(_form_payload(text))


def read_text(request: IngestRequest, *, source: str, inflated_limit: int) -> str:
    """The body as text, without a mark of its encoding; what is not UTF-8 becomes U+FFFD, and is logged.

    Raises BodyTooLarge if the body inflates to more than `inflated_limit` bytes, else Unreadable.
    """
    text = plain_body(request, inflated_limit).decode("utf-8-sig", "replace")
    if _REPLACEMENT in text:
        _log.warning("body_has_replaced_characters", source=source, count=text.count(_REPLACEMENT))
    return text


def plain_body(request: IngestRequest, limit: int) -> bytes:
    """The body's bytes, inflated if need be; raises BodyTooLarge past `limit` bytes, and Unreadable."""
    if request.body.startswith(GZIP_MAGIC):
        return inflate(request.body, limit)
    encoding = (request.header("content-encoding") or "identity").strip().lower()
    # A proxy may have inflated the body and left the header, so "gzip" alone says nothing.
    if encoding not in ("identity", "gzip", "x-gzip"):
        raise Unreadable(f"Content-Encoding {encoding[:40]!r} is not supported; send gzip, or none")
    return request.body


def inflate(body: bytes, limit: int) -> bytes:
    """Inflate gzip of one or more members, holding no more than `limit` bytes and one chunk.

    Raises BodyTooLarge past the limit, and Unreadable for gzip that is damaged or ends early.
    """
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


def _form_payload(text: str) -> str:
    if text.lstrip(_SPACES)[:1] in ("{", "[", '"') or "payload=" not in text:
        return text
    fields = URL.build(path="/", query_string=text.strip(_SPACES), encoded=True).query
    return fields.get("payload", text)


def parse_values(text: str) -> list[Any]:
    """The JSON values of `text`: one, newline-delimited or concatenated. Raises Unreadable."""
    try:
        return _values(text)
    except JSONDecodeError as error:
        raise Unreadable(f"the body is not JSON: {error.msg} at character {error.pos}") from error
    except RecursionError as error:
        raise Unreadable("the body nests lists or objects too deeply") from error
    except ValueError as error:
        raise Unreadable("the body holds a number of too many digits") from error


def _values(text: str) -> list[Any]:
    values: list[Any] = []
    position = _skip_spaces(text, 0)
    while position < len(text) or not values:
        value, end = _DECODER.raw_decode(text, position)
        values.append(value)
        position = _skip_spaces(text, end)
    return values


def _skip_spaces(text: str, position: int) -> int:
    while position < len(text) and text[position] in _SPACES:
        position += 1
    return position


def _finite(literal: str) -> float | str:
    number = float(literal)
    return number if math.isfinite(number) else literal


# NaN, Infinity and 1e999 stay as the text they were: JSON has no such numbers to write back.
# Not strict: shippers with hand-made templates leave tabs and other control characters unescaped.
_DECODER = json.JSONDecoder(parse_constant=str, parse_float=_finite, strict=False)
