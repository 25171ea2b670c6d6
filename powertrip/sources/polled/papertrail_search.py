"""The poll `papertrail_search`: Papertrail's search API, walked forward by event id.

`tail=false`, for otherwise the API favours recent events over complete ones. Where a search takes long it
answers in part: `max_id` advances also when no event was found. Whether `min_id` itself is sent again is not
documented alike everywhere; the inbox drops what it knows.
Format: documentation.solarwinds.com, Papertrail, Search API; github.com/papertrail/papertrail-cli.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from powertrip.ingest import Cursor, Page
from powertrip.sources.polled.http import ask, listed
from powertrip.sources.polled.settings import PollSettings
from powertrip.sources.records import RecordMaker
from powertrip.sources.settings import Limits, RecordKeys

HOST = "https://papertrailapp.com"
LIMIT = 1000
_KEYS = RecordKeys(message="message", host="hostname", time="received_at", id="id", program="program")


@dataclass(frozen=True, slots=True)
class PapertrailSearch:
    """Asks for what came after the last id."""

    settings: PollSettings
    limits: Limits
    client: httpx.AsyncClient

    async def fetch(self, cursor: Cursor | None, since: datetime, now: datetime) -> Page:
        """See `powertrip.ingest.Poll`."""
        url = f"{(self.settings.url or HOST).rstrip('/')}/api/v1/events/search.json"
        token = self.settings.token.get_secret_value() if self.settings.token else ""
        answer = await ask(
            self.client, "GET", url, params=self._params(cursor, since), headers={"X-Papertrail-Token": token}
        )
        events = listed(answer.get("events"), "events")
        maker = RecordMaker(source=self.settings.name, keys=_KEYS, limits=self.limits, zone=None)
        after = _next(answer, cursor)
        return Page(
            records=maker.make_all(events, now),
            cursor=after,
            more=answer.get("reached_end") is not True and after not in (cursor, {}),
        )

    def _params(self, cursor: Cursor | None, since: datetime) -> dict[str, str]:
        begin = {"min_id": str(cursor["min_id"])} if cursor else {"min_time": str(int(since.timestamp()))}
        query = {"q": self.settings.query} if self.settings.query else {}
        return {"tail": "false", "limit": str(LIMIT), **begin, **query}


def _next(answer: dict[str, Any], cursor: Cursor | None) -> Cursor:
    """After the newest id of the answer; where it names none, where it was."""
    newest = answer.get("max_id")
    if isinstance(newest, int | str) and str(newest).isdecimal():
        return {"min_id": str(newest)}
    return dict(cursor or {})
