"""The poll `aptible_operations`: what was done in an Aptible account, one record for each status it took.

The API answers in HAL pages of `_embedded.operations`. An operation is created once and updated as it runs,
so the overlap is how long one may take; its id with its status tells a change from a repetition.
Format: www.aptible.com/docs, github.com/aptible/app-ui.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote

from powertrip.config.values import Secret
from powertrip.domain.record import Record
from powertrip.errors import Unavailable
from powertrip.ingest.contract import Page, PollRequest
from powertrip.ingest.records import RecordKeys, RecordMaker, value_as_json
from powertrip.ingest.times import parse_time
from powertrip.net import HttpClient
from powertrip.polls.api import listed, mapping
from powertrip.polls.section import PollByTime
from powertrip.polls.window import Window

HOST = "https://api.aptible.com"
PER_PAGE = 250
_KEYS = RecordKeys(message="type", host=None, time="updated_at", id="id", program=None)


class AptiblePoll(PollByTime):
    """Aptible's operations."""

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
        created = [_created(operation, now) for operation in operations]
        known = [at for at in created if at is not None]
        if known and known[0] < known[-1]:
            raise Unavailable("the operations do not come newest first, as this type expects them")
        fresh = [op for op, at in zip(operations, created, strict=True) if at is None or at >= window.begin]
        more = len(operations) >= PER_PAGE and len(fresh) == len(operations)
        return Page(
            records=_records(fresh, request),
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
        embedded = mapping(answer.value).get("_embedded")
        if not isinstance(embedded, dict):
            raise Unavailable("the answer holds no list of operations")
        return listed(embedded.get("operations"), "operations")


def _records(operations: list[dict[str, Any]], request: PollRequest) -> list[Record]:
    maker = RecordMaker(source=request.name, keys=_KEYS, limits=request.limits, zone=None)
    records = maker.make_all([_as_record(operation) for operation in operations], request.now)
    raws = [value_as_json(operation) for operation in operations]
    return [_with_raw(record, raw) for record, raw in zip(records, raws, strict=True)]


def _as_record(operation: dict[str, Any]) -> dict[str, Any]:
    return operation | {"id": f"{operation.get('id')}:{operation.get('status')}"}


def _with_raw(record: Record, raw: str) -> Record:
    """The record with the operation as it came; only the id was made."""
    return replace(record, raw=raw)


def _created(operation: dict[str, Any], now: datetime) -> datetime | None:
    return parse_time(operation.get("created_at"), received_at=now, zone=None)
