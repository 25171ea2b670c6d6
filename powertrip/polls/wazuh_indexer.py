"""The poll `wazuh_indexer`: Wazuh's alerts, searched in its indexer, for its own API lists none.

`full_log` is the line as the agent read it; without its syslog header the rules for text read it anew, for
what Wazuh's own decoder makes of it is less than our grammar sees. Alerts are indexed some seconds late.
Format: documentation.wazuh.com, Wazuh indexer; docs.opensearch.org, search_after.
"""

from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import BeforeValidator, Field

from powertrip.config.values import Secret, Url, Written
from powertrip.errors import Unavailable
from powertrip.ingest.contract import Page, PollRequest
from powertrip.ingest.hids_alerts import view_of_line
from powertrip.ingest.records import KEYS, Verbatim, make_records
from powertrip.ingest.times import parse_time
from powertrip.ingest.views import first_text, inner
from powertrip.ingest.writing import value_as_json
from powertrip.net import HttpClient
from powertrip.polls.api import listed, mapping
from powertrip.polls.section import PollByTime
from powertrip.polls.window import Window

RuleId = Annotated[str, Field(pattern=r"^\d{1,10}$"), Written("a number in quotes")]
INDEX = "wazuh-alerts-4.x-*"
SIZE = 500


class WazuhPoll(PollByTime):
    """The indexer of Wazuh."""

    type: Literal["wazuh_indexer"]
    url: Url
    """The server."""
    username: str
    """Who logs in."""
    password: Secret
    """And with what."""
    index: Annotated[str, BeforeValidator(lambda index: INDEX if index is None else index)] = INDEX
    """The index pattern."""
    rule_ids: tuple[RuleId, ...] = ()
    """Only alerts of these Wazuh rules."""

    async def fetch(self, request: PollRequest) -> Page:
        """Searches forward by time and id."""
        now, window = request.now, Window.of(request.cursor, request.since, self.overlap)
        hits = await self._hits(request.client, window)
        alerts = [hit["_source"] if isinstance(hit.get("_source"), dict) else {} for hit in hits]
        moments = [parse_time(alert.get("timestamp"), received_at=now, zone=None) for alert in alerts]
        place = hits[-1].get("sort") if len(hits) >= SIZE else None
        values = [_view(hit.get("_id"), alert) for hit, alert in zip(hits, alerts, strict=True)]
        return Page(
            records=make_records(values, source=request.name, keys=KEYS, received_at=now, zone=None),
            cursor=window.after(moments, now, place),
            more=place is not None,
        )

    async def _hits(self, client: HttpClient, window: Window) -> list[dict[str, Any]]:
        conditions: list[dict[str, Any]] = [{"range": {"timestamp": {"gte": window.begin.isoformat()}}}]
        if self.rule_ids:
            conditions.append({"terms": {"rule.id": list(self.rule_ids)}})
        search = {
            "size": SIZE,
            # By id too: alerts of one moment must not change places between two pages.
            "sort": [{"timestamp": "asc"}, {"id": "asc"}],
            "query": {"bool": {"filter": conditions}},
        }
        if window.place is not None:
            search["search_after"] = window.place
        index = quote(self.index, safe="*-.,_")
        answer = await client.request_json(
            "POST",
            f"{self.url.rstrip('/')}/{index}/_search",
            json=search,
            login=(self.username, self.password.get_secret_value()),
        )
        result = mapping(answer.value)
        # A search that timed out answers 200 with a part of the hits.
        if result.get("timed_out") is True:
            raise Unavailable("the search timed out within the indexer")
        return listed(inner(result, "hits", "hits"), "hits")


def _view(alert_id: object, alert: dict[str, Any]) -> Verbatim:
    host = first_text(inner(alert, "predecoder", "hostname"), inner(alert, "agent", "name"))
    program = first_text(inner(alert, "predecoder", "program_name"))
    line = first_text(alert.get("full_log"))
    read = (
        {"host": host, "program": program} if line is None else view_of_line(line, host=host, program=program)
    )
    return Verbatim(read | {"id": alert_id, "time": alert.get("timestamp")}, value_as_json(alert))
