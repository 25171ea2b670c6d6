"""The number that the terminal of one login shows: what is known of it here, and how an answer is checked.

The server draws it and never sends it. What comes with the signed record is HMAC-SHA256, with the source's
secret, of the record's id and the number: without that secret nobody who reads the database, the cards or the
logs can find it by trying all.
"""

import hashlib
import hmac
import re
from typing import TypeGuard

from powertrip.domain.record import Record, sent_id

MAC = "powertrip_number_mac"
"""Among a record's trusted fields: only the source `pam` puts it there, of what was signed."""
SHOWN = "shell"
"""What the record says of the terminal, where one shows the number."""
PURPOSE = "session number"
"""What is signed begins with it, so that it is never taken for another signature with the same secret."""

_MAC = re.compile(r"[0-9a-f]{64}", re.ASCII)
_LIMIT = 255
"""Characters that an event keeps of what it carries."""
_LONGEST_ANSWER = 20
"""Characters of an answer that are looked at: whoever types more has typed no number."""


def is_mac(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and _MAC.fullmatch(value) is not None


def mac(secret: str, record_id: str, number: str) -> str:
    # What is typed may hold half a character, which is of no number and must break nothing.
    signed = f"{PURPOSE}\n{record_id}\n{number}".encode("utf-8", "surrogatepass")
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def carried_by(record: Record) -> str | None:
    """What an event keeps of the number of this login, `SOURCE RECORD_ID MAC`; None where it has none."""
    sent = record.trusted.get(MAC)
    # The server signed its own id, also where Powertrip keeps the record under another.
    carried = f"{record.source} {sent_id(record.record_id)} {sent}"
    # An id with a blank is none of powertrip-login's.
    return carried if sent and len(carried) <= _LIMIT and carried.count(" ") == 2 else None


def source_of(carried: str) -> str:
    """The source whose secret an answer is checked with."""
    return carried.partition(" ")[0]


def is_answer(carried: str, secret: str, answer: str) -> bool:
    """Whether this is the number; blanks around it, and between its digits, do not matter."""
    _, record_id, expected = carried.split(" ")
    typed = "".join(answer[:_LONGEST_ANSWER].split())
    return hmac.compare_digest(mac(secret, record_id, typed), expected)
