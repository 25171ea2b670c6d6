"""The source type `grafana`: Grafana's alerts, in Alertmanager's shape and signed.

The signature is HMAC-SHA256 over the body in hexadecimal digits, in a header whose name is chosen in
Grafana's contact point. Where a timestamp header is chosen too, it is over the Unix time in that header, a
colon and the body. A Grafana that cannot sign is of type `alertmanager`.
Format: github.com/grafana/alerting, receivers/webhook/v1 and http/hmac.go.
"""

import re
from datetime import timedelta
from typing import Literal

from powertrip.config.values import HeaderName
from powertrip.errors import Unauthorized
from powertrip.ingest import IngestRequest
from powertrip.sources.alertmanager import Alerts
from powertrip.sources.signatures import check_signature, check_time

WINDOW = timedelta(minutes=5)
"""How far the time of signing may be from ours; Grafana signs as it sends."""

_SIGNATURE = re.compile(r"[0-9a-f]{64}", re.ASCII)
_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)


class Grafana(Alerts):
    """Alerts of Grafana, signed."""

    type: Literal["grafana"]
    signature_header: HeaderName = "X-Grafana-Alerting-Signature"
    """The header that carries the signature."""
    timestamp_header: HeaderName | None = None
    """The header that carries the time of signing, if that is signed too."""

    def authorize(self, request: IngestRequest) -> None:
        """Refuse what cannot be signed rightly, whatever the body; see `powertrip.ingest.Source`."""
        _header(request, self.signature_header, _SIGNATURE)
        if self.timestamp_header:
            signed_at = _header(request, self.timestamp_header, _TIMESTAMP)
            check_time(signed_at, request.received_at, WINDOW)

    def authenticate(self, request: IngestRequest) -> None:
        """Check the signature over the body; raises Unauthorized."""
        self.authorize(request)
        offered = request.header(self.signature_header) or ""
        signed_at = self.timestamp_header and request.header(self.timestamp_header)
        signed = f"{signed_at}:".encode() + request.body if signed_at else request.body
        check_signature([offered], self.secret, signed, header=self.signature_header)


def _header(request: IngestRequest, name: str, shape: re.Pattern[str]) -> str:
    value = request.header(name) or ""
    if not shape.fullmatch(value):
        raise Unauthorized(f"{name} is missing or malformed; switch HMAC signing on in the contact point")
    return value
