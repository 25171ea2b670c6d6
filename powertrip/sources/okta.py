"""The source type `okta`: Okta's event hooks, which hold the events of its System Log, each a record.

Okta sends the secret as the header `Authorization`, as it stands. Before it sends anything it asks once, by
GET, whether the endpoint is its owner's, and wants to hear what its own header holds.
Format: developer.okta.com, event hooks.
"""

from typing import Any, Literal

from powertrip.errors import Unreadable
from powertrip.ingest.auth import authorize
from powertrip.ingest.base import BaseSource, inner
from powertrip.ingest.contract import Answer, IngestRequest, Reading

CHALLENGE_HEADER = "X-Okta-Verification-Challenge"


class Okta(BaseSource):
    """Okta's event hooks."""

    type: Literal["okta"]

    def authorize(self, request: IngestRequest) -> None:
        """See `powertrip.ingest.Source`."""
        authorize(request, self.secret, "Authorization")

    def challenge(self, request: IngestRequest) -> Answer:
        """See `powertrip.ingest.Challenged`."""
        self.authorize(request)
        asked = request.header(CHALLENGE_HEADER)
        if not asked:
            raise Unreadable(f"not a verification by Okta: expected the header {CHALLENGE_HEADER}")
        return Answer(content={"verification": asked})

    def read_body(self, request: IngestRequest) -> Reading:
        events = [event for hook in self.values(request) for event in _events(hook)]
        # Okta wants an answer without a body.
        return Reading(records=self.records(events, request, _view), answer=Answer())


def _events(hook: Any) -> list[Any]:
    events = inner(hook, "data", "events")
    if not isinstance(events, list):
        raise Unreadable("not an event hook of Okta: expected an object with a list `data.events`")
    return events


def _view(event: Any) -> dict[str, Any]:
    return {"id": inner(event, "uuid"), "time": inner(event, "published")}
