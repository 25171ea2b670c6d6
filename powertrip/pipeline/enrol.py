"""What people enrolled: reviewers are asked, confirm or refuse it, and end it where a device is lost."""

from dataclasses import replace

import structlog

from powertrip.domain.enrolment import Enrolled, Loss, may_confirm, may_end
from powertrip.domain.people import Actor, SubjectKind
from powertrip.errors import NotAllowed, Refused, SlackError
from powertrip.pipeline.context import Context
from powertrip.pipeline.former_ids import as_now

log = structlog.get_logger(__name__)

OVER = "This was confirmed or refused already, or it took too long. Nothing was changed."


class Enroller:
    """Everything raises Refused with the sentence for whoever pressed or typed."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def look(self) -> bool:
        """Ask reviewers about what is new, and end what nobody confirmed in time."""
        store, settings = self._context.store.proofs, self._context.settings
        now = self._context.clock()
        ended = await store.expire(settings.proofs.fresh, now) + await store.expire_losses(now)
        asked = [await self._ask(each) for each in await store.unasked()]
        if ended or any(asked):
            self._context.signals.outbox.set()
        return False

    async def _ask(self, enrolled: Enrolled) -> bool:
        settings, now = self._context.settings, self._context.clock()
        person = settings.people.find(enrolled.person)
        try:
            subject = await self._context.directory.subject(person)
        except SlackError as error:
            log.warning("not known yet who enrolled", person=enrolled.person, error=str(error))
            return False
        if subject.kind is not SubjectKind.PERSON or subject.slack_id is None:
            why = "Slack knows no active member of that name"
            await self._context.store.proofs.end_factor(enrolled.id, why, settings.proofs.fresh, now)
            log.error("enrolled for nobody in Slack", person=enrolled.person)
            return False
        await self._context.store.proofs.ask(
            enrolled.id,
            slack_id=subject.slack_id,
            name=subject.name or enrolled.person,
            channel=settings.security_channel,
            command=settings.command,
            now=now,
        )
        return True

    async def confirm(self, factor_id: str, actor: Actor) -> Enrolled:
        """Have what was enrolled count from now on."""
        found = await self._found(factor_id, actor)
        fresh, now = self._context.settings.proofs.fresh, self._context.clock()
        return self._told(await self._context.store.proofs.confirm(found.id, actor, fresh, now))

    async def refuse(self, factor_id: str, actor: Actor) -> Enrolled:
        """Have it never count."""
        found = await self._found(factor_id, actor)
        fresh, now = self._context.settings.proofs.fresh, self._context.clock()
        return self._told(await self._context.store.proofs.refuse(found.id, actor, fresh, now))

    async def _found(self, factor_id: str, actor: Actor) -> Enrolled:
        found = await self._context.store.proofs.find(factor_id)
        if found is None:
            raise Refused("Nothing that was enrolled has this id.")
        may_confirm(actor, await as_now(self._context, actor.slack_id, found.slack_id))
        return found

    def _told(self, enrolled: Enrolled | None) -> Enrolled:
        if enrolled is None:
            raise Refused(OVER)
        self._context.signals.outbox.set()
        log.info(
            "enrolment decided", factor=enrolled.id, person=enrolled.person, counts=enrolled.ended_at is None
        )
        return enrolled

    async def lost(self, slack_id: str, name: str, actor: Actor) -> Loss:
        """Ask for a second reviewer, who ends what this member has enrolled."""
        if not actor.is_reviewer:
            raise NotAllowed("Only reviewers can say that a device is lost.")
        if await as_now(self._context, actor.slack_id, slack_id) == actor.slack_id:
            raise NotAllowed("It is yours, so two other reviewers have to say so.")
        settings = self._context.settings
        loss = await self._context.store.proofs.report_loss(
            self._context.new_id(),
            slack_id,
            name,
            actor,
            channel=settings.security_channel,
            command=settings.command,
            now=self._context.clock(),
        )
        if loss is None:
            raise Refused("They have enrolled nothing, or a second reviewer is being asked already.")
        self._context.signals.outbox.set()
        return loss

    async def end_lost(self, loss_id: str, actor: Actor, *, agrees: bool) -> Loss:
        """As the second reviewer: end what was enrolled, or leave it."""
        store, now = self._context.store.proofs, self._context.clock()
        loss = await store.find_loss(loss_id)
        if loss is None:
            raise Refused(OVER)
        asked_by, owner = [
            await as_now(self._context, actor.slack_id, each) or each
            for each in (loss.asked_by, loss.slack_id)
        ]
        may_end(actor, replace(loss, asked_by=asked_by, slack_id=owner))
        fresh = self._context.settings.proofs.fresh
        ended = await (
            store.confirm_loss(loss_id, actor, fresh, now)
            if agrees
            else store.refuse_loss(loss_id, actor, now)
        )
        if ended is None:
            raise Refused(OVER)
        self._context.signals.outbox.set()
        log.warning("lost device", person=ended.slack_id, ended=agrees)
        return ended

    async def listed(self, actor: Actor) -> list[Enrolled]:
        """What they have enrolled themselves."""
        return await self._context.store.proofs.listed(actor.slack_id)
