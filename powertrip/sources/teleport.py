"""The source type `teleport`: Teleport's audit events, as its event handler sends them by way of Fluentd.

One object, an array, or one object a line; an event's id is its `uid`.
Format: goteleport.com/docs, audit events and the Event Handler plugin.
"""

from typing import Any, ClassVar, Literal

from powertrip.ingest.sample import ADDRESS, HOST, Sample, SampleLogin, json_sample
from powertrip.ingest.source import BySecret
from powertrip.ingest.views import ViewedSource, inner


class Teleport(BySecret, ViewedSource):
    """Teleport's audit events, by its event handler."""

    packs: ClassVar = ("teleport",)
    type: Literal["teleport"]

    def sample_body(self, login: SampleLogin) -> Sample:
        return json_sample(
            {
                "event": "user.login",
                "code": "T1000I",
                "uid": login.token,
                "time": login.at.isoformat(),
                "user": login.user_name,
                "success": True,
                "method": "local",
                "addr.remote": f"{ADDRESS}:50000",
                "cluster_name": HOST,
            }
        )

    def flaw(self, value: Any) -> str | None:
        is_event = isinstance(inner(value, "event"), str)
        return None if is_event else "not an audit event of Teleport: expected an object with `event`"

    def view(self, value: Any) -> dict[str, Any]:
        return {"id": inner(value, "uid"), "time": inner(value, "time")}
