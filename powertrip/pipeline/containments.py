"""Takes what reviewers want done about denied events: looks up who they are, and writes it down once."""

from collections.abc import Awaitable
from dataclasses import dataclass, replace

import structlog

from powertrip.domain import containing
from powertrip.domain.contained import By, Containment
from powertrip.domain.event import Event
from powertrip.domain.people import Actor, Standing
from powertrip.errors import Refused
from powertrip.pipeline.acting import keep_refusal, look_up
from powertrip.pipeline.context import Context
from powertrip.pipeline.decide import Reference
from powertrip.pipeline.former_ids import as_now

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """Somebody pressed a button of containment."""

    reference: Reference
    slack_id: str
    team_id: str | None
    doing: str
    """What the history calls it where it is refused."""


class Containments:
    """Each raises Refused with the sentence for whoever pressed."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def ask(self, press: Press, name: str, seen: str) -> Event:
        """They want an action done, of which their button showed `seen`."""
        context, settings, now = self._context, self._context.settings, self._context.clock()
        event, actor = await self._who(press)
        about = await self._about(event)
        rules, profile = settings.containment, settings.actions.get(name)

        def planned(event: Event, alone: int) -> containing.Asked:
            return containing.ask(
                event,
                actor,
                name,
                seen,
                offered=settings.offers(event),
                alone=alone,
                at_most=rules.at_most,
                about=about,
                now=now,
            )

        writing = context.store.containments.ask(
            event.id,
            planned,
            actor,
            action=name,
            within=rules.at_most.within,
            waits_for=profile.waits_for if profile else None,
            is_dry_run=rules.dry_run,
            now=now,
        )
        return await self._kept(press, writing)

    async def agree(self, press: Press, containment: int) -> Event:
        """They agree to what somebody else asked for."""
        context, settings, now = self._context, self._context.settings, self._context.clock()
        event, actor = await self._who(press)
        made = containing.of_event(event)
        asked_by = next((each.asked.slack_id for each in made if each.id == containment), None)
        is_own = await as_now(context, actor.slack_id, asked_by) == actor.slack_id

        def check(event: Event, each: Containment) -> By:
            asked = replace(each.asked, slack_id=actor.slack_id) if is_own else each.asked
            return containing.agree(event, actor, replace(each, asked=asked), settings.offers(event), now)

        return await self._kept(press, context.store.containments.agree(event.id, containment, check, now))

    async def undo(self, press: Press, containment: int) -> Event:
        """They want it undone."""
        context, now = self._context, self._context.clock()
        event, actor = await self._who(press)

        def check(event: Event, each: Containment) -> None:
            containing.undo(event, actor, each, now)

        return await self._kept(
            press, context.store.containments.undo(event.id, containment, check, actor, now)
        )

    async def try_again(self, press: Press, containment: int, tries: int) -> Event:
        """They want tried once more what failed."""
        context, settings, now = self._context, self._context.settings, self._context.clock()
        event, actor = await self._who(press)

        def check(event: Event, each: Containment) -> None:
            containing.try_again(event, actor, each, tries, settings.offers(event))

        return await self._kept(
            press, context.store.containments.try_again(event.id, containment, check, actor, now)
        )

    async def _who(self, press: Press) -> tuple[Event, Actor]:
        return await look_up(self._context, press.reference.event_id, press.slack_id, press.team_id)

    async def _about(self, event: Event) -> str | None:
        """Why another reviewer has to agree because of whom it is about."""
        if event.subject.slack_id is None:
            return None
        subject = await self._context.directory.actor(event.subject.slack_id, None)
        if subject.is_reviewer:
            return "this is about a reviewer"
        if subject.standing is Standing.UNKNOWN:
            return "Slack cannot say just now whether this is about a reviewer"
        return None

    async def _kept(self, press: Press, writing: Awaitable[Event]) -> Event:
        context, event_id = self._context, press.reference.event_id
        try:
            after = await writing
        except Refused as refusal:
            who, doing = press.slack_id, press.doing
            await keep_refusal(context, refusal, event_id=event_id, slack_id=who, doing=doing)
            raise
        context.signals.outbox.set()
        log.info("containment pressed", event_id=event_id, actor=press.slack_id, doing=press.doing)
        return after
