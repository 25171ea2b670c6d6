"""The poll `aptible_operations`: the operations of an Aptible account, one record for each status of each.

The API answers in HAL pages of `_embedded.operations`. An operation is created once and updated as it runs,
so the overlap is how long one may take; its id with its status tells a change from a repetition.
Format: www.aptible.com/docs, github.com/aptible/app-ui.
"""

from typing import Any, ClassVar, Literal
from urllib.parse import quote

from powertrip.config.values import Secret
from powertrip.errors import Unavailable
from powertrip.ingest.contract import Page, PollRequest
from powertrip.ingest.finding import RecordKeys
from powertrip.ingest.records import Verbatim, make_records
from powertrip.ingest.times import parse_time
from powertrip.ingest.views import inner
from powertrip.ingest.writing import value_as_json
from powertrip.net import HttpClient
from powertrip.polls.api import listed, mapping
from powertrip.polls.section import PollByTime
from powertrip.polls.window import Window

HOST = "https://api.aptible.com"
PER_PAGE = 250
_KEYS = RecordKeys(message="type", host=None, time="updated_at", program=None)


class AptiblePoll(PollByTime):
    """Aptible's operations."""

    packs: ClassVar = ("aptible",)
    type: Literal["aptible_operations"]
    token: Secret
    """The API token."""
    account: str
    """The number of the account."""

    async def fetch(self, request: PollRequest) -> Page:
        """Asks page by page, newest operations first, back to where the last round ended."""
        now, window = request.now, Window.of(request.cursor, request.since, self.overlap)
        page = window.place or 1
        operations = await self._operations(request.client, page)
        created = []
        values = []
        for operation in operations:
            moment = parse_time(operation.get("created_at"), received_at=now, zone=None)
            created.append(moment)
            if moment is None or moment >= window.begin:
                # Only the id is made, and `raw` is the operation as it came.
                own_id = f"{operation.get('id')}:{operation.get('status')}"
                # An operation is written anew while it runs; what it is and whose does not change.
                content = value_as_json([own_id, operation.get("type"), operation.get("user_email")])
                values.append(Verbatim(operation | {"id": own_id}, value_as_json(operation), content))
        known = [moment for moment in created if moment is not None]
        # The walk ends at the first page with an operation from before the window: in another order that
        # would leave newer ones out in silence.
        if known and known[0] < known[-1]:
            raise Unavailable("the operations do not come newest first, as this type expects them")
        more = len(values) == len(operations) >= PER_PAGE
        return Page(
            records=make_records(values, source=request.name, keys=_KEYS, received_at=now, zone=None),
            cursor=window.after(created, now, page + 1 if more else None),
            more=more,
        )

    async def _operations(self, client: HttpClient, page: int) -> list[dict[str, Any]]:
        host = (self.url or HOST).rstrip("/")
        token = self.token.get_secret_value()
        answer = await client.request_json(
            "GET",
            f"{host}/accounts/{quote(self.account, safe='')}/operations",
            params={"page": str(page), "per_page": str(PER_PAGE)},
            headers={"Authorization": f"Bearer {token}"},
        )
        return listed(inner(mapping(answer.value), "_embedded", "operations"), "operations")
