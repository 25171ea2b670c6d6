"""Who acts on an event, as Slack says at this moment, and what is kept of whatever they are refused."""

import structlog

from powertrip.domain.event import Event
from powertrip.domain.people import Actor
from powertrip.errors import NotAllowed, Refused
from powertrip.pipeline.context import Context
from powertrip.pipeline.former_ids import recognise

log = structlog.get_logger(__name__)


async def look_up(
    context: Context, event_id: str, slack_id: str, team_id: str | None, *, needs_group: bool = True
) -> tuple[Event, Actor]:
    """The event, and whoever acts on it: no button gives a right. Raises UnknownEvent."""
    event = await recognise(context, await context.store.events.get(event_id), slack_id)
    return event, await context.directory.actor(slack_id, team_id, needs_group=needs_group)


async def keep_refusal(
    context: Context, refusal: Refused, *, event_id: str, slack_id: str, doing: str
) -> None:
    """Write down that it was refused; of who may not do it the log tells, too."""
    if isinstance(refusal, NotAllowed):
        log.warning("not allowed", event_id=event_id, actor=slack_id, doing=doing, why=str(refusal))
    await context.store.events.refused(event_id, slack_id, doing, str(refusal), context.clock())
