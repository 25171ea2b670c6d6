"""The poll `aptible_operations`: what was done in an Aptible account, one record for each status it took.

The API answers in HAL pages of `_embedded.operations`. An operation is created once and updated as it runs,
so the overlap is how long one may take; its id with its status tells a change from a repetition.
Format: www.aptible.com/docs, github.com/aptible/app-ui.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote

from powertrip.errors import Unavailable
from powertrip.event import Record
from powertrip.ingest import Cursor, Limits, Page, Poll
from powertrip.net import HttpClient
from powertrip.setting.values import Secret
from powertrip.sources.polled.api import listed, mapping
from powertrip.sources.polled.settings import PollSettings
from powertrip.sources.polled.window import Window
from powertrip.sources.records import RecordKeys, RecordMaker, value_as_json
from powertrip.sources.times import parse_time

HOST = "https://api.aptible.com"
PER_PAGE = 250
_KEYS = RecordKeys(message="type", host=None, time="updated_at", id="id", program=None)


class AptiblePoll(PollSettings):
    """Aptible's operations."""

    type: Literal["aptible_operations"]
    token: Secret
    """The API token."""
    account: str
    """The number of the account."""

    def poll(self, name: str, client: HttpClient) -> Poll:
        return AptibleOperations(name, self, Limits(), client)


@dataclass(frozen=True, slots=True)
class AptibleOperations:
    """Asks page by page, newest operations first, back to where the last round ended."""

    name: str
    settings: AptiblePoll
    limits: Limits
    client: HttpClient

    async def fetch(self, cursor: Cursor | None, since: datetime, now: datetime) -> Page:
        """See `powertrip.ingest.Poll`."""
        window = Window.of(cursor, since, self.settings.overlap)
        page = window.place or 1
        operations = await self._operations(page)
        created = [_created(operation, now) for operation in operations]
        known = [at for at in created if at is not None]
        if known and known[0] < known[-1]:
            raise Unavailable("the operations do not come newest first, as this type expects them")
        fresh = [op for op, at in zip(operations, created, strict=True) if at is None or at >= window.begin]
        more = len(operations) >= PER_PAGE and len(fresh) == len(operations)
        return Page(
            records=self._records(fresh, now),
            cursor=window.after(created, now, page + 1 if more else None),
            more=more,
        )

    async def _operations(self, page: int) -> list[dict[str, Any]]:
        host = (self.settings.url or HOST).rstrip("/")
        token = self.settings.token.get_secret_value()
        answer = await self.client.request_json(
            "GET",
            f"{host}/accounts/{quote(self.settings.account, safe='')}/operations",
            params={"page": str(page), "per_page": str(PER_PAGE)},
            headers={"Authorization": f"Bearer {token}"},
        )
        embedded = mapping(answer.value).get("_embedded")
        if not isinstance(embedded, dict):
            raise Unavailable("the answer holds no list of operations")
        return listed(embedded.get("operations"), "operations")

    def _records(self, operations: list[dict[str, Any]], now: datetime) -> list[Record]:
        maker = RecordMaker(source=self.name, keys=_KEYS, limits=self.limits, zone=None)
        records = maker.make_all([_as_record(operation) for operation in operations], now)
        raws = [value_as_json(operation) for operation in operations]
        return [_with_raw(record, raw) for record, raw in zip(records, raws, strict=True)]


def _as_record(operation: dict[str, Any]) -> dict[str, Any]:
    return operation | {"id": f"{operation.get('id')}:{operation.get('status')}"}


def _with_raw(record: Record, raw: str) -> Record:
    """The record with the operation as it came; only the id was made."""
    return replace(record, raw=raw)


def _created(operation: dict[str, Any], now: datetime) -> datetime | None:
    return parse_time(operation.get("created_at"), received_at=now, zone=None)
