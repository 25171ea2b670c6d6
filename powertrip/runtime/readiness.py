"""What /readyz asks before it calls Powertrip of use, and what the metrics say of the whole.

Both come from the database, so that a process that only takes records tells, too, that nobody judges them.
"""

import asyncio
import shutil
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from powertrip.errors import StoreUnavailable
from powertrip.runtime.presence import Presence
from powertrip.runtime.shared import Shared
from powertrip.slack.connection import SocketConnection
from powertrip.state.endpoint import Check
from powertrip.store import Store
from powertrip.store.processes import Process, Whole
from powertrip.store.sqlite import damage_of

log = structlog.get_logger(__name__)

DATABASE_LIMIT = 4.0
"""Seconds; whoever asks for readiness gives up after five."""
WORKER_LATE = timedelta(seconds=30)
"""Without a sign of life for so long a worker counts as dead: it gives one every five seconds, and one that
is frozen in a transaction keeps the others from giving theirs for up to 15."""
SOCKET_LATE = timedelta(seconds=60)
"""So long no process may have a socket to Slack: a new version of the only one connects in less."""
LEAST_FREE = 4 * 1024 * 1024
"""Bytes: with less a disk is full, for a small write may find room in the journal where no record does."""
UNJUDGED_LATE = timedelta(minutes=2)
"""Records that wait for longer are not judged, or come faster than they are."""
FIRST_CARD_LATE = timedelta(minutes=10)
"""Questions that wait for longer are not put: Slack is away, or there are more than it takes."""


class Readiness:
    """Looks at Powertrip from one process of it."""

    def __init__(
        self,
        shared: Shared,
        presence: Presence,
        socket: SocketConnection | None,
        *,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        """`socket`: that to Slack, in a process that has one."""
        self._shared = shared
        self._presence = presence
        self._socket = socket
        self._clock = clock or shared.clock
        self._began_at = self._clock()

    async def checks(self) -> Sequence[Check]:
        """Everything that must be well."""
        checks = await self._database_checks()
        if self._socket is not None:
            checks.append(await self._socket_check(self._socket))
        return checks

    async def refresh(self) -> None:
        """Set the metrics that only the database knows; none of them stays as it was where it is away."""
        metrics, now = self._shared.metrics, self._clock()
        try:
            async with asyncio.timeout(DATABASE_LIMIT):
                whole = await self._whole()
        except (StoreUnavailable, TimeoutError) as error:
            log.warning("metrics without the database", error=str(error) or "no answer")
            metrics.forget_whole()
        else:
            workers = {item.name: now - item.seen_at for item in _at_work(whole)}
            metrics.set_whole(
                open_events=whole.open_events,
                gaps=whole.gaps,
                backlog=whole.backlog,
                unjudged_for=_age(whole.unjudged_since, now),
                first_card_for=_age(whole.first_card_since, now),
                workers=workers,
            )
            if self._socket is None:
                metrics.set_slack_connected(any(_is_connected(item, now) for item in _at_work(whole)))
        if self._socket is not None:
            metrics.set_slack_connected(await self._socket.is_connected())

    async def _whole(self) -> Whole:
        return await self._shared.store.processes.whole(self._shared.config().ingest.backlog_limit)

    async def _database_checks(self) -> list[Check]:
        try:
            async with asyncio.timeout(DATABASE_LIMIT):
                # A real write: what can only be read takes no records.
                await self._presence.show()
                whole = await self._whole()
                troubles = await trouble_checks(self._shared.store)
        except StoreUnavailable as error:
            return [Check(name="database", ok=False, detail=str(error))]
        except TimeoutError:
            problem = f"the database did not answer within {DATABASE_LIMIT:g} s"
            return [Check(name="database", ok=False, detail=problem)]
        file = await asyncio.to_thread(_file_checks, self._shared.config().database.url.get_secret_value())
        return [*file, *self._checks_of(whole, self._clock()), *troubles]

    def _checks_of(self, whole: Whole, now: datetime) -> list[Check]:
        limit = self._shared.config().ingest.backlog_limit
        # After a step back it has begun in the future.
        self._began_at = min(self._began_at, now)
        checks = [Check(name="database", ok=True, detail=_waiting(whole.backlog))]
        if whole.backlog >= limit:
            checks = [Check(name="backlog", ok=False, detail=f"{limit} records or more wait to be judged")]
        if self._socket is None:
            checks += [self._worker_check(whole, now), self._others_socket_check(whole, now)]
        return checks + [
            _late(name, since, limit, what, now)
            for name, since, limit, what in (
                ("judging", whole.unjudged_since, UNJUDGED_LATE, "the oldest record that is not judged"),
                (
                    "cards",
                    whole.first_card_since,
                    FIRST_CARD_LATE,
                    "the oldest question that is not put",
                ),
            )
        ]

    def _worker_check(self, whole: Whole, now: datetime) -> Check:
        seen = [item.seen_at for item in whole.processes if item.works]
        # What was before its own start is nobody's silence: all may have been down.
        away = now - max([self._began_at, *seen])
        if away >= WORKER_LATE:
            problem = (
                f"no worker has given a sign of life for {_seconds(away)}: nobody is asked about anything"
            )
            return Check(name="workers", ok=False, detail=f"{problem}; start bot.py worker")
        ages = [f"{item.name} {_seconds(now - item.seen_at)} ago" for item in _at_work(whole)]
        return Check(name="workers", ok=True, detail=", ".join(ages) or "none yet")

    def _others_socket_check(self, whole: Whole, now: datetime) -> Check:
        connected = [item.connected_at for item in whole.processes if item.connected_at]
        away = now - max([self._began_at, *connected])
        problem = "no worker has a socket to Slack; messages may go out, but no click comes in"
        is_late = away >= SOCKET_LATE
        return Check(name="slack", ok=not is_late, detail=f"{problem} ({_seconds(away)})" if is_late else "")

    async def _socket_check(self, socket: SocketConnection) -> Check:
        connected = await socket.is_connected()
        detail = "" if connected else "no socket to Slack; messages may go out, but no click comes in"
        if not connected and socket.trouble:
            detail = f"{detail}: {socket.trouble}"
        return Check(name="slack", ok=connected, detail=detail)


def _file_checks(url: str) -> list[Check]:
    """What is wrong with a file of SQLite that a small write does not find; a server tells of its own."""
    scheme, _, name = url.partition(":///")
    if scheme != "sqlite":
        return []
    file = Path(name).absolute()
    try:
        free = shutil.disk_usage(file.parent).free
        file.stat()
    except FileNotFoundError:
        # Whoever has it open goes on writing to a file that has no name, and ends with the process.
        problem = f"{file} was moved or deleted while it was in use; stop, and put it back or restore it"
        return [Check(name="file", ok=False, detail=problem)]
    except OSError:
        return []  # what was written just now says more
    if damage := damage_of(file):
        # What is still in memory answers, also to records, until it is read again.
        problem = f"{file} is damaged: {damage}; stop, keep it, and restore a backup"
        return [Check(name="file", ok=False, detail=problem)]
    if free >= LEAST_FREE:
        return []
    left = f"{free // 1024:,} KiB are left"
    problem = f"the disk of {file.parent} is full ({left}), and records are refused; free some space"
    return [Check(name="disk", ok=False, detail=problem)]


async def trouble_checks(store: Store) -> list[Check]:
    """What only an operator can mend. Raises StoreUnavailable."""
    return [
        Check(name=key, ok=False, detail=" ".join([f"{note.title}.", *note.lines]))
        for key, note in (await store.troubles.present()).items()
    ]


def _at_work(whole: Whole) -> list[Process]:
    return [item for item in whole.processes if item.works and item.stopped_at is None]


def _is_connected(process: Process, now: datetime) -> bool:
    return process.connected_at == process.seen_at and now - process.seen_at < WORKER_LATE


def _waiting(records: int) -> str:
    return "1 record waits to be judged" if records == 1 else f"{records:,} records wait to be judged"


def _late(name: str, since: datetime | None, limit: timedelta, what: str, now: datetime) -> Check:
    age = _age(since, now)
    detail = f"{what} waits for {_seconds(age)}" if since else ""
    return Check(name=name, ok=age < limit, detail=detail)


def _age(since: datetime | None, now: datetime) -> timedelta:
    return max(now - since, timedelta()) if since else timedelta()


def _seconds(duration: timedelta) -> str:
    return f"{duration.total_seconds():.0f} s"
