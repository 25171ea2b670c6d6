"""The source type `github`: the webhooks of a GitHub organisation, repository, enterprise or app.

A request is signed: `X-Hub-Signature-256` is `sha256=` and HMAC-SHA256 over the body. What happened is said
by the header `X-GitHub-Event` alone, so the record is the body with one key more: `powertrip`, which holds
the `event`. The id is that of the delivery, which stays the same where a delivery is sent again.
Format: docs.github.com, webhook events and payloads; validating webhook deliveries.
"""

import re
from typing import Literal

from powertrip.errors import Unreadable
from powertrip.ingest.base import BaseSource
from powertrip.ingest.contract import IngestRequest, Reading
from powertrip.ingest.signatures import shaped
from powertrip.ingest.source import Signature, SignedSource

SIGNATURE_HEADER = "X-Hub-Signature-256"

_SIGNATURE = re.compile(r"sha256=([0-9a-f]{64})", re.ASCII)


class Github(SignedSource, BaseSource):
    """The signed webhooks of GitHub."""

    type: Literal["github"]

    def signature(self, request: IngestRequest) -> Signature:
        """See `SignedSource`."""
        found = shaped(request, SIGNATURE_HEADER, _SIGNATURE, "set the webhook's secret in GitHub")
        return Signature(header=SIGNATURE_HEADER, offered=(found[1],))

    def read_body(self, request: IngestRequest) -> Reading:
        event = request.header("X-GitHub-Event")
        bodies = self.values(request)
        if not event or len(bodies) != 1 or not isinstance(bodies[0], dict):
            raise Unreadable("not a webhook of GitHub: expected an object and the header X-GitHub-Event")
        if event == "ping":
            return Reading()
        told = bodies[0] | {"powertrip": {"event": event}}
        view = {"id": request.header("X-GitHub-Delivery")}
        return Reading(records=self.records([told], request, lambda _: view))
