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
from powertrip.ingest.contract import IngestRequest
from powertrip.ingest.sample import SampleLogin
from powertrip.ingest.signatures import check_time, shaped
from powertrip.ingest.source import Signature, SignedSource
from powertrip.sources.alertmanager import Alerts

WINDOW = timedelta(minutes=5)
"""How far the time of signing may be from ours; Grafana signs as it sends."""

_ADVICE = "switch HMAC signing on in the contact point"
_SIGNATURE = re.compile(r"[0-9a-f]{64}", re.ASCII)
_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)


class Grafana(SignedSource, Alerts):
    """Alerts of Grafana, signed."""

    type: Literal["grafana"]
    signature_header: HeaderName = "X-Grafana-Alerting-Signature"
    """The header that carries the signature."""
    timestamp_header: HeaderName | None = None
    """The header that carries the time of signing, if that is signed too."""

    def signs(self, login: SampleLogin) -> tuple[bytes, dict[str, str]]:
        headers = {self.signature_header: "SIGNATURE"}
        if not self.timestamp_header:
            return b"", headers
        signed_at = str(int(login.at.timestamp()))
        return f"{signed_at}:".encode(), {**headers, self.timestamp_header: signed_at}

    def signature(self, request: IngestRequest) -> Signature:
        offered = shaped(request, self.signature_header, _SIGNATURE, _ADVICE)[0]
        before = b""
        if self.timestamp_header:
            signed_at = shaped(request, self.timestamp_header, _TIMESTAMP, _ADVICE)[0]
            check_time(signed_at, request.received_at, WINDOW)
            before = f"{signed_at}:".encode()
        return Signature(header=self.signature_header, offered=(offered,), signed_before_body=before)
