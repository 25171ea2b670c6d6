"""Gathers what somebody's Home tab shows."""

from dataclasses import dataclass, replace

from powertrip.domain.event import Event, Status
from powertrip.domain.heartbeat import source_trouble
from powertrip.domain.home import HeartbeatLine, HomeFacts, Queue
from powertrip.pipeline.context import Context


@dataclass(slots=True)
class Gatherer:
    """Gathers for several people at one moment: what reviewers see of all is read once."""

    context: Context
    _of_all: tuple[Queue, list[HeartbeatLine]] | None = None

    async def gather(self, slack_id: str, *, is_reviewer: bool) -> HomeFacts:
        """What there is of this member, and for a reviewer of all; raises StoreUnavailable."""
        settings, now, store = self.context.settings, self.context.clock(), self.context.store
        rows = settings.home.rows
        mine = await store.homes.of_person(slack_id, rows, now, with_expected=settings.expectations.enabled)
        facts = HomeFacts(
            mine=mine,
            queue=None,
            kinds=settings.proofs.kinds,
            fresh=settings.proofs.fresh,
            enrol_page=settings.proofs.enrol_page,
        )
        if not is_reviewer:
            return facts
        queue, heartbeats = await self._all(rows)
        others = [event for event in queue.first if not _asks(event, slack_id)]
        return replace(facts, queue=replace(queue, first=others[:rows]), heartbeats=heartbeats)

    async def _all(self, rows: int) -> tuple[Queue, list[HeartbeatLine]]:
        if self._of_all is None:
            context = self.context
            # As many again, for what asks a reviewer themselves stands above.
            queue = await context.store.homes.queue(2 * rows, context.clock())
            self._of_all = queue, await _heartbeats(context) if context.settings.heartbeat.is_on else []
        return self._of_all


def _asks(event: Event, slack_id: str) -> bool:
    return event.subject.slack_id == slack_id and event.status is Status.PENDING


async def _heartbeats(context: Context) -> list[HeartbeatLine]:
    section, now = context.settings.heartbeat, context.clock()
    lines = []
    for heard in await context.store.heartbeat.heard(sorted(section.sources)):
        trouble = source_trouble(heard, section, now)
        lines.append(
            HeartbeatLine(
                source=heard.source, received_at=heard.received_at, trouble=trouble.text if trouble else None
            )
        )
    return lines
