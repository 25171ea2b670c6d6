"""Calls the address outside, and the backup channels once of what the heartbeat's card cannot show."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from pydantic import SecretStr

from powertrip import cards
from powertrip.cards import PlainMessage
from powertrip.domain.heartbeat import Trouble
from powertrip.errors import OutsideError
from powertrip.net import Bounds, HttpClient, Pool
from powertrip.pipeline.context import Context
from powertrip.pipeline.retry import doubled

log = structlog.get_logger(__name__)

RETRY_FIRST = timedelta(seconds=10)
RETRY_LONGEST = timedelta(minutes=5)
"""What failed is tried again after the first, then ever less often up to the longest."""

PING_BOUNDS = Bounds(seconds=10, size=4096)

Told = Mapping[str, Sequence[str]]
"""What each channel was told is broken, and not yet that it is mended."""


class Retries:
    """When each thing that failed may be tried again."""

    def __init__(self) -> None:
        self._waiting: dict[str, tuple[int, datetime]] = {}

    def may_try(self, what: str, now: datetime) -> bool:
        return what not in self._waiting or now >= self._waiting[what][1]

    def failed(self, what: str, now: datetime, asked: timedelta = timedelta()) -> None:
        """Wait longer each time, and at least for what the other side asked."""
        times, _ = self._waiting.get(what, (0, now))
        wait = max(doubled(RETRY_FIRST, times, RETRY_LONGEST), min(asked, RETRY_LONGEST))
        self._waiting[what] = (times + 1, now + wait)

    def done(self, what: str) -> None:
        self._waiting.pop(what, None)


async def call_outside(http: Pool, address: SecretStr) -> None:
    """Say that all is well; raises Unavailable or Rejected, whose texts do not hold the address."""
    client = HttpClient(
        client=http, name="heartbeat.ping", base_url=address.get_secret_value(), bounds=PING_BOUNDS
    )
    answer = await client.request("GET")
    if not answer.is_success:
        raise client.rejected(answer, client.otherwise)


async def tell_broken(
    context: Context, told: Told, troubles: Sequence[Trouble], retries: Retries, now: datetime
) -> Told:
    """Tell each channel of what it was not told yet; returns what each knows then."""
    keys = {f"{trouble.link} {trouble.source or ''}".strip() for trouble in troubles}
    knows = dict(told)
    for name in context.backup.names:
        unknown = keys - set(told.get(name, ()))
        if unknown and await _tell(context, name, cards.heartbeat_backup(troubles, now), retries, now):
            knows[name] = sorted(keys | set(told.get(name, ())))
    return knows


async def tell_mended(context: Context, told: Told, retries: Retries, now: datetime) -> Told:
    """Tell the channels that know of something broken that it is mended; returns what each knows then."""
    knows = dict(told)
    for name in context.backup.names:
        if name in told and await _tell(context, name, cards.heartbeat_mended(now), retries, now):
            del knows[name]
    return knows


async def _tell(context: Context, name: str, message: PlainMessage, retries: Retries, now: datetime) -> bool:
    what = f"backup {name}"
    if not retries.may_try(what, now):
        return False
    try:
        await context.backup.send(name, message.title, message.body)
    except OutsideError as error:
        log.error("backup channel did not take the heartbeat's trouble", channel=name, error=str(error))
        retries.failed(what, now)
        return False
    retries.done(what)
    return True
