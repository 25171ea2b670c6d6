"""What /readyz asks before it calls a process of use."""

from powertrip.errors import StoreUnavailable
from powertrip.metrics import Metrics
from powertrip.pipeline.live import Live
from powertrip.settings import Config
from powertrip.slack.connection import SocketConnection
from powertrip.state.endpoint import Check
from powertrip.store import Store


async def database_check(store: Store, config: Live[Config], metrics: Metrics) -> Check:
    """Whether records can be taken."""
    limit = config().ingest.backlog_limit
    try:
        backlog = await store.inbox.backlog(limit)
    except StoreUnavailable as error:
        return Check(name="database", ok=False, detail=str(error))
    metrics.set_backlog(backlog)
    if backlog >= limit:
        return Check(name="backlog", ok=False, detail=f"{limit} records or more wait to be judged")
    return Check(name="database", ok=True, detail=f"{backlog} records wait to be judged")


async def socket_check(socket: SocketConnection, metrics: Metrics) -> Check:
    """Whether Slack can reach us."""
    connected = await socket.is_connected()
    metrics.set_slack_connected(connected)
    detail = "" if connected else "no socket to Slack; messages may go out, but no click comes in"
    if not connected and socket.trouble:
        detail = f"{detail}: {socket.trouble}"
    return Check(name="slack", ok=connected, detail=detail)


async def trouble_checks(store: Store) -> list[Check]:
    """What only an operator can mend."""
    try:
        present = await store.troubles.present()
    except StoreUnavailable:
        return []  # `database_check` tells
    return [
        Check(name=key, ok=False, detail=" ".join([f"{note.title}.", *note.lines]))
        for key, note in present.items()
    ]
