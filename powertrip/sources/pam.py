"""The source type `pam`: logins told by the script `contrib/pam/powertrip-login`, one a request.

A request is signed: `X-Powertrip-Timestamp` is the Unix time of sending, and `X-Powertrip-Signature` is
`sha256=` and HMAC-SHA256, with the source's secret, over that time, a dot and the body, in lower-case
hexadecimal digits. The time of the login is the record's own, so a record that waited on the server's disk
is signed anew when it is sent. A request sent again within the window changes nothing: its id is known.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar, Literal

from pydantic import SecretStr

from powertrip.domain import session_number
from powertrip.domain.record import Record
from powertrip.errors import Unreadable
from powertrip.ingest.body import read_values
from powertrip.ingest.contract import IngestRequest, Reading
from powertrip.ingest.sample import ADDRESS, HOST, Sample, SampleLogin, json_sample
from powertrip.ingest.signatures import check_time, hmac_sha256, shaped
from powertrip.ingest.source import Signature, SignedSource
from powertrip.ingest.writing import value_as_json

TIMESTAMP_HEADER = "X-Powertrip-Timestamp"
SIGNATURE_HEADER = "X-Powertrip-Signature"
WINDOW = timedelta(minutes=15)
"""How far the time of sending may be from ours: room for a clock that is wrong."""
PROGRAM = "powertrip-login"
NUMBER_KEY = "number_mac"
"""In a record: the keyed hash of the number that its terminal shows; see `domain/session_number.py`."""

_ADVICE = "powertrip-login sends it"
_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)
_SIGNATURE = re.compile(r"sha256=([0-9a-f]{64})", re.ASCII)
_SCHEME = "sha256="


class Pam(SignedSource):
    """Logins told by contrib/pam, signed."""

    packs: ClassVar = ("pam-login",)
    # The script cuts each name after 1000 bytes, and sends under 8 KiB.
    usual_body: ClassVar = 32 * 1024
    type: Literal["pam"]

    @property
    def programs(self) -> tuple[str, ...]:
        return (PROGRAM,)

    def signature(self, request: IngestRequest) -> Signature:
        sent_at = shaped(request, TIMESTAMP_HEADER, _TIMESTAMP, _ADVICE)[0]
        check_time(sent_at, request.received_at, WINDOW)
        offered = shaped(request, SIGNATURE_HEADER, _SIGNATURE, _ADVICE)[1]
        return Signature(
            header=SIGNATURE_HEADER, offered=(offered,), signed_before_body=sent_at.encode() + b"."
        )

    def signs(self, login: SampleLogin) -> tuple[bytes, dict[str, str]]:
        sent_at = str(int(login.at.timestamp()))
        headers = {TIMESTAMP_HEADER: sent_at, SIGNATURE_HEADER: f"{_SCHEME}SIGNATURE"}
        return f"{sent_at}.".encode(), headers

    def sample_body(self, login: SampleLogin) -> Sample:
        session = {"pam_type": "open_session", "service": "sshd", "user": login.user_name, "rhost": ADDRESS}
        own = {"id": login.token, "time": int(login.at.timestamp()), "host": HOST, "program": PROGRAM}
        return json_sample({**own, **session, "pid": "1", "ruser": "", "tty": "ssh"})

    def read_body(self, request: IngestRequest) -> Reading:
        values = read_values(request)
        for value in values:
            is_ours = isinstance(value, dict) and value.get("program") == PROGRAM
            # Without an id a record that is sent again would be a second login.
            if not (is_ours and isinstance(value.get("id"), str) and value["id"]):
                raise Unreadable(
                    f"not a record of {PROGRAM}: expected an object with `id` and its name as `program`"
                )
        records = self.records(values, request)
        for record, value in zip(records, values, strict=True):
            _take_number(record, value)
        return Reading(records=records)


def _take_number(record: Record, value: Mapping[str, Any]) -> None:
    """Keep the hash of its number apart from the message, which people are shown; `raw` stays as it came."""
    sent = value.get(NUMBER_KEY)
    if session_number.is_mac(sent) and value.get("terminal") == session_number.SHOWN and not record.cut:
        record.trusted = {**record.trusted, session_number.MAC: sent}
        record.message = value_as_json({key: each for key, each in value.items() if key != NUMBER_KEY})


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The signature header of a request."""
    return _SCHEME + hmac_sha256(SecretStr(secret), timestamp.encode() + b"." + body)
