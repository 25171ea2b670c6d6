"""Gathers what somebody's Home tab shows."""

from powertrip.domain.heartbeat import source_trouble
from powertrip.domain.home import HeartbeatLine, HomeFacts
from powertrip.pipeline.context import Context


async def gather(context: Context, slack_id: str, *, is_reviewer: bool) -> HomeFacts:
    """What there is of this member, and for a reviewer of all; raises StoreUnavailable."""
    settings, now, store = context.settings, context.clock(), context.store
    rows = settings.home.rows
    mine = await store.homes.of_person(slack_id, rows, now, with_expected=settings.expectations.enabled)
    if not is_reviewer:
        return HomeFacts(mine=mine, queue=None)
    return HomeFacts(
        mine=mine,
        queue=await store.homes.queue(rows, now, besides=slack_id),
        heartbeats=await _heartbeats(context) if settings.heartbeat.is_on else (),
    )


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
