"""The source type `eventbridge`: Amazon EventBridge's API destinations, one event a request.

A record's id is the event's own `id`: every event has one, it stays the same however often and by however
many rules the event is sent, and EventBridge sets it, so nobody who can put events on the bus can choose
the id of another's event and have that dropped as known. Where an input transformer left the CloudTrail
record alone, its `eventID` serves.
Format: Amazon EventBridge user guide, "API destinations" and "Events".
"""

from typing import Literal

from powertrip.errors import Unreadable
from powertrip.ingest.aws import of_object
from powertrip.ingest.body import read_values
from powertrip.ingest.contract import IngestRequest, Reading
from powertrip.ingest.sample import Sample, SampleLogin, console_login, json_sample
from powertrip.ingest.source import BySecret


class EventBridge(BySecret):
    """Events of Amazon EventBridge."""

    type: Literal["eventbridge"]

    def sample_body(self, login: SampleLogin) -> Sample:
        return json_sample(
            {
                "version": "0",
                "id": login.token,
                "detail-type": "AWS Console Sign In via CloudTrail",
                "source": "aws.signin",
                "time": login.at.isoformat(),
                "detail": console_login(login),
            }
        )

    def read_body(self, request: IngestRequest) -> Reading:
        events = read_values(request)
        if not all(isinstance(event, dict) and event for event in events):
            raise Unreadable("not an event of EventBridge: expected an object; what does the transformer do?")
        values = [of_object(event, id=event.get("id") or event.get("eventID")) for event in events]
        return Reading(records=self.records(values, request))
