"""The source type `okta`: Okta's event hooks, which hold the events of its System Log, each a record.

Okta sends the secret as the header `Authorization`, as it stands. Before it sends anything it asks once, by
GET, whether the endpoint is its owner's, and wants to hear what its own header holds.
Format: developer.okta.com, event hooks.
"""

from dataclasses import replace
from typing import Any, ClassVar, Literal

from powertrip.errors import Unreadable
from powertrip.ingest.auth import authorize
from powertrip.ingest.body import read_values
from powertrip.ingest.contract import IngestAnswer, IngestRequest, Reading
from powertrip.ingest.parsing import opened
from powertrip.ingest.sample import ADDRESS, Sample, SampleLogin, json_sample
from powertrip.ingest.views import ViewedSource, inner

CHALLENGE_HEADER = "X-Okta-Verification-Challenge"


class Okta(ViewedSource):
    """Okta's event hooks."""

    packs: ClassVar = ("okta",)
    type: Literal["okta"]

    def authorize(self, request: IngestRequest) -> None:
        # Okta sends the secret as it stands, without the word Bearer.
        authorize(request, self.secret, "Authorization")

    def sample(self, login: SampleLogin) -> Sample:
        return self.sample_body(login).with_headers(Authorization=self.secret.get_secret_value())

    def sample_body(self, login: SampleLogin) -> Sample:
        event = {
            "uuid": login.token,
            "published": login.at.isoformat(),
            "eventType": "user.session.start",
            "actor": {"id": "powertrip-test", "type": "User", "alternateId": login.user_name},
            "client": {"ipAddress": ADDRESS},
            "outcome": {"result": "SUCCESS"},
        }
        return json_sample({"data": {"events": [event]}})

    def challenge(self, request: IngestRequest) -> IngestAnswer:
        """See `Challenged`."""
        self.authorize(request)
        value = request.header(CHALLENGE_HEADER)
        if not value:
            raise Unreadable(f"not a verification by Okta: expected the header {CHALLENGE_HEADER}")
        return IngestAnswer(content={"verification": value})

    def read_body(self, request: IngestRequest) -> Reading:
        events: list[Any] = []
        for hook in opened(read_values(request)):
            listed = inner(hook, "data", "events")
            if not isinstance(listed, list):
                raise Unreadable("not an event hook of Okta: expected an object with a list `data.events`")
            events += listed
        # Okta wants an answer without a body.
        return replace(self.reading(events, request=request), answer=IngestAnswer())

    def view(self, value: Any) -> dict[str, Any]:
        return {"id": inner(value, "uuid"), "time": inner(value, "published")}
