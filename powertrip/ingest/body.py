"""Turns the bytes of a request into text and JSON values, by looking at them and not at their content type.

Senders mislabel: newline-joined JSON arrives as text/plain, concatenated objects as application/json.
Read are: one JSON value, several (newline-delimited or concatenated), and a form whose field `payload`
holds JSON; each plain or gzipped.
"""

import binascii
import codecs
import contextlib
import gzip
import io
import zlib
from typing import Any
from urllib.parse import unquote_to_bytes

import structlog

from powertrip.errors import BodyTooLarge, Unreadable
from powertrip.ingest.contract import IngestRequest, Unread
from powertrip.ingest.parsing import SPACES, parse_elements, parse_values

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


def read_values(request: IngestRequest) -> list[Any]:
    """All JSON values of the body, in order; at least one. Raises BodyTooLarge and Unreadable."""
    return parse_values(_json_text(request), request.limits)


def read_elements(request: IngestRequest) -> tuple[list[Any], tuple[Unread, ...]]:
    """All JSON values of the body, arrays opened, and those that cannot be read; see `parse_elements`."""
    return parse_elements(_json_text(request), request.limits)


def _json_text(request: IngestRequest) -> str:
    text = read_text(request)
    # JSON may quote a form, so a text that begins as JSON is never taken for one.
    if text.lstrip(SPACES)[:1] not in ("{", "[", '"') and (start := _payload(text)):
        # Only the one field: of a form of a million others, none is made.
        end = text.find("&", start)
        text = _unquoted(text[start : end if end >= 0 else len(text)].strip(SPACES))
    return text


def _payload(form: str) -> int | None:
    """Where the value of the field begins; None where there is no such field."""
    start = form.find(_PAYLOAD)
    while start >= 0:
        if form[max(0, start - 1) : start] in ("", "&", *SPACES):
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
        plain += _unescaped(text[start:end].encode())
        start = end
    return plain.decode("utf-8", "replace")


def _unescaped(text: bytes) -> bytes:
    """What `unquote_to_bytes` makes of it, in a fifth of the time."""
    # Quoted-printable is the same but for its sign, and that it leaves line ends out behind that.
    quoted = text.replace(b"=", b"%3D").replace(b"%", b"=")
    plain = binascii.a2b_qp(quoted)
    # Each escape loses two characters; the two differ in what they make of a sign that begins none.
    is_all_escapes = len(quoted) - len(plain) == 2 * quoted.count(b"=")
    has_line_ends = b"=\n" in quoted or b"=\r" in quoted
    return plain if is_all_escapes and not has_line_ends else unquote_to_bytes(text)


def read_text(request: IngestRequest) -> str:
    """The body as text, without a byte order mark; bytes that are not UTF-8 become U+FFFD, and are logged.

    Raises BodyTooLarge as `plain_body`, and Unreadable.
    """
    body = plain_body(request)
    encoding = _encoding(body)
    if len(body) <= _DECODED_AT_ONCE:
        text = body.decode(encoding, "replace")
    else:
        decoder = codecs.getincrementaldecoder(encoding)("replace")
        steps = range(0, len(body), _DECODED_AT_ONCE)
        text = "".join(
            decoder.decode(body[start : start + _DECODED_AT_ONCE], final=start == steps[-1])
            for start in steps
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
