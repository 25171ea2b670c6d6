"""The source type `github`: the webhooks of a GitHub organisation, repository, enterprise or app.

A request is signed: `X-Hub-Signature-256` is `sha256=` and HMAC-SHA256 over the body. What happened is said
by the header `X-GitHub-Event` alone, so the record is the body with one key more: `powertrip`, which holds
the `event`. The id is that of the delivery, which stays the same where a delivery is sent again.
Format: docs.github.com, webhook events and payloads; validating webhook deliveries.
"""

import re
from typing import Literal

from powertrip.errors import Unauthorized, Unreadable
from powertrip.ingest import IngestRequest, Reading
from powertrip.sources.base import BaseSource
from powertrip.sources.signatures import check_signature

SIGNATURE_HEADER = "X-Hub-Signature-256"

_SIGNATURE = re.compile(r"sha256=([0-9a-f]{64})", re.ASCII)


class Github(BaseSource):
    """The signed webhooks of GitHub."""

    type: Literal["github"]

    def authorize(self, request: IngestRequest) -> None:
        """Refuse what cannot be signed rightly, whatever the body; see `powertrip.ingest.Source`."""
        _signature(request)

    def authenticate(self, request: IngestRequest) -> None:
        """Check the signature over the body; raises Unauthorized."""
        offered = _signature(request)
        check_signature([offered], self.secret, request.body, header=SIGNATURE_HEADER)

    def read(self, request: IngestRequest) -> Reading:
        """See `powertrip.ingest.Source`."""
        self.authenticate(request)
        event = request.header("X-GitHub-Event")
        bodies = self.values(request)
        if not event or len(bodies) != 1 or not isinstance(bodies[0], dict):
            raise Unreadable("not a webhook of GitHub: expected an object and the header X-GitHub-Event")
        if event == "ping":
            return Reading()
        told = bodies[0] | {"powertrip": {"event": event}}
        view = {"id": request.header("X-GitHub-Delivery")}
        return Reading(records=self.records([told], request, lambda _: view))


def _signature(request: IngestRequest) -> str:
    found = _SIGNATURE.fullmatch(request.header(SIGNATURE_HEADER) or "")
    if found is None:
        raise Unauthorized(f"{SIGNATURE_HEADER} is missing or malformed; set the webhook's secret in GitHub")
    return found[1]
