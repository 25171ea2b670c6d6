"""The source type `tailscale`: Tailscale's webhooks, signed, with a list of events.

`Tailscale-Webhook-Signature` is `t=` and the Unix time, a comma, `v1=` and HMAC-SHA256 over that time, a
dot and the body; while a secret is being changed there may be several `v1`. Events have no id, so it is a
hash of the event.
Format: tailscale.com/kb/1213/webhooks and github.com/tailscale/tailscale, docs/webhooks.
"""

import re
from datetime import timedelta
from typing import Any, Literal

from powertrip.errors import Unauthorized
from powertrip.ingest import IngestRequest, Reading
from powertrip.sources.base import BaseSource, inner
from powertrip.sources.signatures import check_signature, check_time

SIGNATURE_HEADER = "Tailscale-Webhook-Signature"
WINDOW = timedelta(minutes=5)
"""How far the time of signing may be from ours, as in Tailscale's own example."""

_SIGNATURE = re.compile(r"t=([0-9]{1,12})((?:,v1=[0-9a-f]{64}){1,4})", re.ASCII)


class Tailscale(BaseSource):
    """Tailscale's signed webhooks."""

    type: Literal["tailscale"]

    def authorize(self, request: IngestRequest) -> None:
        """Refuse what cannot be signed rightly, whatever the body; see `powertrip.ingest.Source`."""
        signed_at, _ = _signatures(request)
        check_time(signed_at, request.received_at, WINDOW)

    def authenticate(self, request: IngestRequest) -> None:
        """Check the signature over the body; raises Unauthorized."""
        self.authorize(request)
        signed_at, offered = _signatures(request)
        signed = signed_at.encode() + b"." + request.body
        check_signature(offered, self.secret, signed, header=SIGNATURE_HEADER)

    def read(self, request: IngestRequest) -> Reading:
        """See `powertrip.ingest.Source`."""
        self.authenticate(request)
        return self.reading(self.values(request), request, _view, _flaw)


def _flaw(event: Any) -> str | None:
    is_event = isinstance(inner(event, "type"), str)
    return None if is_event else "not an event of Tailscale: expected a list of objects with `type`"


def _view(event: Any) -> dict[str, Any]:
    return {"time": inner(event, "timestamp")}


def _signatures(request: IngestRequest) -> tuple[str, list[str]]:
    """The time of signing, and the signatures."""
    found = _SIGNATURE.fullmatch(request.header(SIGNATURE_HEADER) or "")
    if found is None:
        raise Unauthorized(f"{SIGNATURE_HEADER} is missing or malformed; Tailscale sends it")
    return found[1], found[2].split(",v1=")[1:]
