"""The poll `papertrail_search`: Papertrail's search API, walked forward by event id.

`tail=false`, for otherwise the API favours recent events over complete ones. Where a search takes long it
answers in part: `max_id` advances also when no event was found. Whether `min_id` itself is sent again is not
documented alike everywhere; the inbox drops what it knows. Which way a search between two ids is walked is
not documented at all, so none is bounded by `max_id`: events past the end of a gap are dropped here.
Format: documentation.solarwinds.com, Papertrail, Search API; github.com/papertrail/papertrail-cli.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import SecretStr

from powertrip.config.values import Secret
from powertrip.domain.record import Cursor
from powertrip.errors import Unavailable
from powertrip.ingest.contract import Page, PollRequest
from powertrip.ingest.papertrail_events import event_records, read_id
from powertrip.net import HttpClient
from powertrip.polls.api import listed, mapping
from powertrip.polls.section import PollSection
from powertrip.sources.papertrail import Papertrail

HOST = "https://papertrailapp.com"
LIMIT = 1000
_ALTERNATIVES = re.compile(r"[()]|\bOR\b")
_PROGRAM = re.compile(r"(?:^|\s)program:\"?([A-Za-z0-9_-]+)\"?(?=\s|$)")


class PapertrailPoll(PollSection):
    """Papertrail's search."""

    log: ClassVar = "papertrail"
    type: Literal["papertrail_search"]
    token: Secret
    """The API token."""
    query: str | None = None
    """The search; none for all."""

    @property
    def text_keys(self) -> tuple[str, ...]:
        return ("message",)

    @property
    def programs(self) -> tuple[str, ...]:
        # Without alternatives every term of a search has to hold: a program that is named is the only one.
        if not self.query or _ALTERNATIVES.search(self.query):
            return ()
        return tuple(_PROGRAM.findall(self.query)[:1])

    async def fetch(self, request: PollRequest) -> Page:
        """Asks for the events after the last id."""
        cursor = request.cursor
        since = {"min_time": str(int(request.since.timestamp()))}
        begin = {"min_id": str(cursor["min_id"])} if cursor else since
        answer = await _search(request.client, begin, server=self.url, token=self.token, query=self.query)
        after = _next(answer, cursor)
        events = listed(answer.get("events"), "events")
        return Page(
            records=event_records(events, source=request.name, received_at=request.now),
            cursor=after,
            # A cursor that stands still would be asked for again at once, for ever.
            more=answer.get("reached_end") is not True and after not in (cursor, {}),
        )


@dataclass(frozen=True, slots=True)
class PapertrailBackfill:
    """Fetches the events that a webhook left out, from after one id until another."""

    name: str
    settings: Papertrail
    client: HttpClient

    async def fetch(self, cursor: Cursor, until_id: str, query: str | None, now: datetime) -> Page:
        """See `Backfill`."""
        start, end = int(cursor["min_id"]), int(until_id)
        answer = await _search(
            self.client,
            {"min_id": str(start)},
            server=self.settings.backfill_url,
            token=self.settings.backfill_token,
            query=query,
        )
        after = _next(answer, cursor)
        # Without those past the gap; an event whose id cannot be read is kept.
        events = [
            event
            for event in listed(answer.get("events"), "events")
            if (read_id(event.get("id")) or 0) <= end
        ]
        filled = answer.get("reached_end") is True or int(after["min_id"]) >= end
        if not filled and int(after["min_id"]) <= start:
            raise Unavailable("the search neither goes on nor ends")
        records = event_records(events, source=self.name, received_at=now)
        return Page(records=records, cursor=after, more=not filled)


async def _search(
    client: HttpClient,
    begin: dict[str, str],
    *,
    server: str | None,
    token: SecretStr | None,
    query: str | None,
) -> dict[str, Any]:
    """The answer from `begin` on; raises Unavailable or Rejected."""
    params = {"tail": "false", "limit": str(LIMIT), **begin, **({"q": query} if query else {})}
    headers = {"X-Papertrail-Token": token.get_secret_value() if token else ""}
    url = f"{(server or HOST).rstrip('/')}/api/v1/events/search.json"
    return mapping((await client.request_json("GET", url, params=params, headers=headers)).value)


def _next(answer: dict[str, Any], cursor: Cursor | None) -> Cursor:
    """After the newest id of the answer; where it names none, where it was."""
    newest = read_id(answer.get("max_id"))
    return dict(cursor or {}) if newest is None else {"min_id": str(newest)}
