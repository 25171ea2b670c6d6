"""The source type `heroku`: a Heroku log drain over HTTPS.

A body is octet-counted frames, the length in bytes, each `<PRI>1 TIME HOST APP PROCESS MSGID MESSAGE`: RFC
5424 without its structured data. Frames come again after a failure, under the same `Logplex-Frame-Id`; what
Heroku had to drop it says in a frame of its own, which Powertrip counts as records left out.
Format: heroku/logplex, doc/README.http_drains.md.
"""

import re
from typing import ClassVar, Literal

import structlog

from powertrip.domain.syslog import parse_frame
from powertrip.errors import Unreadable
from powertrip.ingest.batches import octet_frames
from powertrip.ingest.body import plain_body
from powertrip.ingest.contract import IngestRequest, Reading, Unread
from powertrip.ingest.finding import storable
from powertrip.ingest.records import Verbatim
from powertrip.ingest.sample import NoSample, Sample, SampleLogin
from powertrip.ingest.shipped import fields_of_line
from powertrip.ingest.source import BySecret
from powertrip.ingest.times import HeaderTime

_log = structlog.get_logger(__name__)

_CONSTANT_HOSTS = ("host", "heroku")
"""Logplex writes these as host, whatever the app; the source's name says more."""
_DRAIN = "d."
"""Begins the token of a drain, which logplex writes as host for some."""
_FRAME_ID = "Logplex-Frame-Id"
_LOSSES = re.compile(r"(?:Error )?L1[0-3] \(")
"""Drain, tail and local buffer overflows and delivery errors. Where logplex leaves the MSGID out too, the
first word stands in its place."""


class Heroku(BySecret):
    """Heroku's log drains."""

    packs: ClassVar = ("heroku",)
    type: Literal["heroku"]

    def sample_body(self, login: SampleLogin) -> Sample:
        if "@" not in login.user_name:
            raise NoSample("Heroku names people by their e-mail addresses; name one: --user NAME@example.com")
        at = login.at.isoformat(timespec="microseconds")
        line = f"<190>1 {at} host app api - Deploy {login.token} by user {login.user_name}"
        frame = f"{len(line.encode())} {line}".encode()
        return Sample(body=frame, headers={"Content-Type": "application/logplex-1", _FRAME_ID: login.token})

    def read_body(self, request: IngestRequest) -> Reading:
        frames, remainder = octet_frames(plain_body(request), request.limits)
        if not frames:
            raise Unreadable("not a body of logplex: expected frames that begin with their length in bytes")
        frame_id = request.header(_FRAME_ID)
        values: list[Verbatim] = []
        is_cut = False
        for place, frame in enumerate(frames):
            raw = storable(frame.decode("utf-8", "replace"))
            line = parse_frame(raw)
            fields = {
                "message": line.message.removesuffix("\n"),
                "host": request.source if line.host in _CONSTANT_HOSTS else line.host,
                "program": line.program,
                "time": HeaderTime(line.time) if line.time else None,
                "facility": line.facility,
            }
            if not (line.host in _CONSTANT_HOSTS or (line.host or "").startswith(_DRAIN)):
                # Not logplex's, then, and with structured data as the RFC wants it.
                fields = fields_of_line(raw)
            values.append(Verbatim(fields | {"id": f"{frame_id}.{place}" if frame_id else None}, raw))
            # An app names its processes itself, and not its own program.
            is_by_logplex = line.program != "app" and "logplex" in (line.program, line.process)
            if is_by_logplex and _LOSSES.match(line.message):
                is_cut = True
                _log.warning("heroku left lines out", source=request.source, message=line.message[:200])
        unread = (Unread(body=remainder, reason="the body ends within a frame, or its lengths are wrong"),)
        return Reading(
            records=self.records(values, request), unread=unread if remainder else (), is_cut=is_cut
        )
