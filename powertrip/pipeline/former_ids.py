"""Knows people by the ids that they had before their workspace joined an organisation."""

import structlog

from powertrip.domain.event import Event, Status
from powertrip.domain.people import may_be_former
from powertrip.errors import PowertripError
from powertrip.pipeline.context import Context

log = structlog.get_logger(__name__)

ROUND = 20
"""People who are asked about at once; Slack allows a hundred a minute, and others ask, too."""


async def recognise(context: Context, event: Event, slack_id: str) -> Event:
    """`event` with the id of whoever acts on it now in place of one that they had.

    Raises SlackError or StoreError where it cannot be told whether they approved it, or denied it, before.
    """
    # Of what is denied, to take it back, or to have it contained at more than one word.
    takes_another = event.status in (Status.HALF_APPROVED, Status.DENIED)
    approvers = {item.actor_id for item in event.decisions} if takes_another else set()
    subject = {event.subject.slack_id} if event.subject.slack_id else set()
    was_renamed = False
    for former in may_be_former(slack_id, sorted(approvers | subject)):
        try:
            current = await context.directory.current_id(former)
        except PowertripError as error:
            # One person under two ids is no second person. Whose event it is only gives a right.
            if former in approvers:
                raise
            log.warning("not told whether a member has another id now", slack_id=former, error=str(error))
            continue
        if current == slack_id:
            await context.store.members.rename(former, slack_id, context.clock())
            was_renamed = True
    return await context.store.events.get(event.id) if was_renamed else event


async def as_now(context: Context, actor_id: str, other: str | None) -> str | None:
    """`other`, or `actor_id` where that is the id which Slack has now for the same member.

    Raises SlackError or StoreError where it cannot be told: one person under two ids is no second person.
    """
    if not other or not may_be_former(actor_id, [other]):
        return other
    return actor_id if await context.directory.current_id(other) == actor_id else other


class FormerIds:
    """Gives events the ids that Slack has now for their people, so that lists and histories find them."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._current: dict[str, str | None] = {}

    async def look(self) -> None:
        """Ask about some who were not asked about since the start. Raises SlackError, StoreError."""
        store, now = self._context.store.members, self._context.clock()
        listed = await store.with_former_ids()
        for former in [slack_id for slack_id in listed if slack_id not in self._current][:ROUND]:
            self._current[former] = await self._context.directory.current_id(former)
        for former in listed:
            current = self._current.get(former)
            if current and current != former:
                await store.rename(former, current, now)
