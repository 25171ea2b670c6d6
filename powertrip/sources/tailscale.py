"""The source type `tailscale`: Tailscale's webhooks, signed, with a list of events.

`Tailscale-Webhook-Signature` is `t=` and the Unix time, a comma, `v1=` and HMAC-SHA256 over that time, a
dot and the body; while a secret is being changed there may be several `v1`. Events have no id, so it is a
hash of the event.
Format: tailscale.com/kb/1213/webhooks and github.com/tailscale/tailscale, docs/webhooks.
"""

import re
from datetime import timedelta
from typing import Any, ClassVar, Literal

from powertrip.ingest.contract import IngestRequest
from powertrip.ingest.sample import Sample, SampleLogin, json_sample
from powertrip.ingest.signatures import check_time, shaped
from powertrip.ingest.source import Signature, SignedSource
from powertrip.ingest.views import ViewedSource, inner

SIGNATURE_HEADER = "Tailscale-Webhook-Signature"
WINDOW = timedelta(minutes=5)
"""How far the time of signing may be from ours, as in Tailscale's own example."""

_SIGNATURE = re.compile(r"t=([0-9]{1,12})((?:,v1=[0-9a-f]{64}){1,4})", re.ASCII)


class Tailscale(SignedSource, ViewedSource):
    """Tailscale's signed webhooks."""

    packs: ClassVar = ("tailscale",)
    type: Literal["tailscale"]

    def signs(self, login: SampleLogin) -> tuple[bytes, dict[str, str]]:
        signed_at = str(int(login.at.timestamp()))
        return f"{signed_at}.".encode(), {SIGNATURE_HEADER: f"t={signed_at},v1=SIGNATURE"}

    def sample_body(self, login: SampleLogin) -> Sample:
        event = {
            "timestamp": login.at.isoformat(),
            "version": 1,
            "type": "userRoleUpdated",
            "tailnet": "powertrip-test",
            "message": "A test of the way to Powertrip",
            "data": {"actor": login.user_name, "user": "powertrip-test", "url": login.token},
        }
        return json_sample([event])

    def signature(self, request: IngestRequest) -> Signature:
        signed_at, offered = shaped(request, SIGNATURE_HEADER, _SIGNATURE, "Tailscale sends it").groups()
        check_time(signed_at, request.received_at, WINDOW)
        return Signature(
            header=SIGNATURE_HEADER,
            offered=tuple(offered.split(",v1=")[1:]),
            signed_before_body=signed_at.encode() + b".",
        )

    def flaw(self, value: Any) -> str | None:
        is_event = isinstance(inner(value, "type"), str)
        return None if is_event else "not an event of Tailscale: expected a list of objects with `type`"

    def view(self, value: Any) -> dict[str, Any]:
        return {"time": inner(value, "timestamp")}
