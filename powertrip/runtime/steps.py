"""The steps of a worker's loops outside of the pipeline: watching, counting, tidying up."""

from datetime import datetime

import structlog

from powertrip.pipeline.context import Context
from powertrip.runtime.shared import Shared
from powertrip.slack.connection import SocketConnection
from powertrip.slack.workspace import Workspace

log = structlog.get_logger(__name__)


class SocketWatch:
    """Notices when Slack is back."""

    def __init__(self, shared: Shared, socket: SocketConnection) -> None:
        self._shared = shared
        self._socket = socket
        self._was_connected = False

    async def watch(self) -> bool:
        connected = await self._socket.watch()
        self._shared.metrics.set_slack_connected(connected)
        if connected and not self._was_connected:
            # What failed while Slack was away need not wait for its next attempt.
            await self._shared.store.deliveries.expedite(self._shared.clock())
        self._was_connected = connected
        return False


async def follow_clock(shared: Shared) -> bool:
    """Notices that somebody set the clock, and survives it."""
    await shared.clock.follow()
    return False


async def report_silence(shared: Shared, context: Context, started_at: datetime) -> bool:
    """Queues a notice about each source that fell silent, or speaks again; `started_at` is the process's."""
    expected, channel = context.settings.expected, context.settings.security_channel
    now, ago = shared.clock(), shared.clock.ago
    if expected and await shared.store.voices.report(expected, channel, started_at, now, ago):
        shared.signals.outbox.set()
    return False


async def report_sources(shared: Shared, context: Context) -> bool:
    """Queues a notice about each source that sends only what no rule knows, and once a week the numbers."""
    settings, section = context.settings, shared.config().unmatched
    if await shared.store.sources.report(
        section, settings.senders, settings.security_channel, shared.clock()
    ):
        shared.signals.outbox.set()
    return False


async def maintain(shared: Shared, workspace: Workspace) -> bool:
    """Deletes what is beyond its keeping, and refreshes what a start without Slack needs."""
    config, now = shared.config(), shared.clock()
    await workspace.remember()
    deleted = await shared.store.prune(config.retention, config.quarantine, now)
    # Out of the database's reach, so that a history rewritten as a whole shows too.
    log.info("maintenance done", deleted=deleted, audit_hash=await shared.store.audit.newest_hash())
    return False
