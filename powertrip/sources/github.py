"""The source type `github`: the webhooks of a GitHub organisation, repository, enterprise or app.

A request is signed: `X-Hub-Signature-256` is `sha256=` and HMAC-SHA256 over the body. What happened is said
by the header `X-GitHub-Event` alone, so the record is the body with one key more: `powertrip`, which holds
the `event`. The id is that of the delivery, which stays the same where a delivery is sent again.
Format: docs.github.com, webhook events and payloads; validating webhook deliveries.
"""

import re
from typing import ClassVar, Literal

from powertrip.errors import Unreadable
from powertrip.ingest.body import read_values
from powertrip.ingest.contract import IngestRequest, Reading
from powertrip.ingest.parsing import opened
from powertrip.ingest.records import Verbatim
from powertrip.ingest.sample import Sample, SampleLogin, json_sample
from powertrip.ingest.signatures import shaped
from powertrip.ingest.source import Signature, SignedSource
from powertrip.ingest.writing import value_as_json

SIGNATURE_HEADER = "X-Hub-Signature-256"

_SIGNATURE = re.compile(r"sha256=([0-9a-f]{64})", re.ASCII)


class Github(SignedSource):
    """The signed webhooks of GitHub."""

    packs: ClassVar = ("github-webhook",)
    # A push lists up to 2048 commits; all that its pack asks about is under 32 KiB.
    usual_body: ClassVar = 1024 * 1024
    type: Literal["github"]

    def signature(self, request: IngestRequest) -> Signature:
        match = shaped(request, SIGNATURE_HEADER, _SIGNATURE, "set the webhook's secret in GitHub")
        return Signature(header=SIGNATURE_HEADER, offered=(match[1],))

    def signs(self, login: SampleLogin) -> tuple[bytes, dict[str, str]]:
        headers = {"X-GitHub-Event": "member", "X-GitHub-Delivery": login.token}
        return b"", {**headers, SIGNATURE_HEADER: "sha256=SIGNATURE"}

    def sample_body(self, login: SampleLogin) -> Sample:
        member = {"action": "added", "member": {"login": "powertrip-test"}}
        return json_sample(
            {
                **member,
                "sender": {"login": login.user_name, "type": "User"},
                "repository": {"full_name": "powertrip/powertrip-test"},
                "powertrip_test": login.token,
            }
        )

    def read_body(self, request: IngestRequest) -> Reading:
        event = request.header("X-GitHub-Event")
        bodies = opened(read_values(request))
        if not event or len(bodies) != 1 or not isinstance(bodies[0], dict):
            raise Unreadable("not a webhook of GitHub: expected an object and the header X-GitHub-Event")
        # GitHub sends a ping when the webhook is made; nothing has happened.
        if event == "ping":
            return Reading()
        raw = value_as_json(bodies[0] | {"powertrip": {"event": event}})
        record = Verbatim({"id": request.header("X-GitHub-Delivery")}, raw)
        return Reading(records=self.records([record], request))
