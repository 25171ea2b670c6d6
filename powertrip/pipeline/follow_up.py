"""What people do about a denied event: looks up who they are, checks whether they may, and keeps it once."""

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from powertrip.domain import after_denial
from powertrip.domain.event import Event
from powertrip.domain.follow_up import Change, FollowUp, Owned, Owner
from powertrip.domain.people import Actor
from powertrip.errors import Refused
from powertrip.pipeline.acting import keep_refusal, look_up
from powertrip.pipeline.context import Context
from powertrip.pipeline.decide import REASON_LIMIT, Reference

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants to do about an event."""

    reference: Reference
    slack_id: str
    team_id: str | None
    doing: str
    """What the history calls it where it is refused."""
    of_subject: bool = False
    """Whether it is for the person whom the event is about, and not for reviewers."""


class FollowUps:
    """Takes what reviewers, and the person, do after a denial.

    Each raises Refused with the sentence for whoever acts.
    """

    def __init__(self, context: Context) -> None:
        self._context = context

    async def own(self, wish: Wish, instead_of: str | None) -> Event:
        """They have it; `instead_of` is the owner whom their button showed."""
        pause, now = self._context.settings.not_me.mentions_pause, self._context.clock()
        return await self._do(
            wish,
            lambda event, actor: after_denial.own(event, actor, instead_of=instead_of, pause=pause, now=now),
        )

    async def give_back(self, wish: Wish) -> Event:
        """They have it no more."""
        return await self._do(wish, after_denial.give_back)

    async def tick(self, wish: Wish, number: int, *, done: bool) -> Event:
        """One thing of the list is done, or not after all."""
        now = self._context.clock()
        return await self._do(
            wish, lambda event, actor: after_denial.tick(event, actor, number, done=done, now=now)
        )

    async def note(self, wish: Wish, text: str) -> Event:
        """They write something down."""
        return await self._do(wish, self._noting(text))

    async def claim(self, wish: Wish, text: str) -> Event:
        """The person says that it was them after all."""
        return await self._do(wish, self._claiming(text))

    async def may_write(self, wish: Wish) -> Event:
        """The event, where they might note something, or claim it; asked before a window opens."""
        event, actor = await self._who(wish)
        try:
            (self._claiming("-") if wish.of_subject else self._noting("-"))(event, actor)
        except Refused as refusal:
            await self._record(refusal, wish)
            raise
        return event

    def _noting(self, text: str) -> Callable[[Event, Actor], Change]:
        now = self._context.clock()
        return lambda event, actor: after_denial.note(event, actor, text[:REASON_LIMIT], now=now)

    def _claiming(self, text: str) -> Callable[[Event, Actor], Change]:
        now = self._context.clock()
        return lambda event, actor: after_denial.claim(event, actor, text[:REASON_LIMIT], now=now)

    async def _who(self, wish: Wish) -> tuple[Event, Actor]:
        event_id, needs_group = wish.reference.event_id, not wish.of_subject
        return await look_up(self._context, event_id, wish.slack_id, wish.team_id, needs_group=needs_group)

    async def _do(self, wish: Wish, plan: Callable[[Event, Actor], Change]) -> Event:
        context, settings, now = self._context, self._context.settings, self._context.clock()
        event, actor = await self._who(wish)
        pause = settings.not_me.mentions_pause

        def planned(event: Event) -> tuple[Change, Owner | None]:
            made, owner = plan(event, actor), (event.follow_up or FollowUp()).owner
            if isinstance(made, Owned):
                return made, None
            return made, after_denial.put_off(owner, actor.slack_id, pause, now)

        try:
            after = await context.store.follow_ups.change(
                event.id,
                planned,
                by=actor.slack_id,
                tell=None if event.is_test else settings.security_channel,
                now=now,
            )
        except Refused as refusal:
            await self._record(refusal, wish)
            raise
        context.signals.outbox.set()
        log.info("denied event followed up", event_id=event.id, actor=actor.slack_id, doing=wish.doing)
        return after

    async def _record(self, refusal: Refused, wish: Wish) -> None:
        event_id = wish.reference.event_id
        await keep_refusal(
            self._context, refusal, event_id=event_id, slack_id=wish.slack_id, doing=wish.doing
        )
