"""What goes out: one claimed delivery is rendered from the store as it is now, sent, and written down.

Rendering at the last moment is what keeps messages truthful; the outbox holds what to tell, not the
words. A delivery whose earlier attempt may have arrived is looked for before it is sent again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from powertrip import cards, reminders
from powertrip.cards import CardView, Message
from powertrip.errors import SlackAmbiguous, SlackRefused, SlackUnavailable
from powertrip.event import Event, Notice, NoticeKind, Status, Subject, SubjectKind
from powertrip.ports import Delivery, DeliveryKind, Posted, Shown, Snapshot
from powertrip.workflow.parts import Parts

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=30)
"""How long a crashed process keeps a delivery from the next; longer than all calls of one attempt."""
CLOCK_SKEW = timedelta(minutes=5)
"""How far Slack's clock and ours may differ when a message is looked for."""
DM_ATTEMPTS = 3
"""Failed attempts at a direct message before the security channel is asked instead."""
RETRY_LONGEST = timedelta(minutes=5)
"""Retries begin after a second and double up to this."""
MAKING_NO_DIFFERENCE = frozenset({"message_not_found", "channel_not_found", "cant_delete_message"})
"""Slack's answers about a message that is no longer there to change."""
TOO_RICH = frozenset({"invalid_blocks", "invalid_attachments", "msg_too_long", "invalid_blocks_format"})
"""Slack's answers to a message whose layout it does not take; its plain text still goes out."""
FINAL = (Status.APPROVED, Status.CLOSED)

_NOTICE_KIND = {
    DeliveryKind.FIRST: NoticeKind.FIRST,
    DeliveryKind.OUTCOME: NoticeKind.OUTCOME,
    DeliveryKind.REMINDER: NoticeKind.REMINDER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A message, and what it shows of which events."""

    message: Message
    shown: tuple[Shown, ...] = ()


class Sender:
    """Sends claimed deliveries."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def send(self, delivery: Delivery) -> None:
        """Make one attempt and write down what came of it; raises only StoreUnavailable."""
        try:
            await self._attempt(delivery)
        except SlackAmbiguous as error:
            await self._later(delivery, error, may_have_arrived=True)
        except SlackUnavailable as error:
            await self._unavailable(delivery, error)
        except SlackRefused as error:
            await self._refused(delivery, error)

    async def _attempt(self, delivery: Delivery) -> None:
        match delivery.kind:
            case DeliveryKind.UPDATE:
                await self._update(delivery)
            case DeliveryKind.REMOVE:
                await self._remove(delivery)
            case DeliveryKind.QUARANTINE:
                await self._post(delivery, Rendered(message=self._quarantine(delivery)))
            case _:
                await self._post_about_events(delivery)

    async def _post_about_events(self, delivery: Delivery) -> None:
        if delivery.kind is DeliveryKind.REMINDER:
            rendered = await self._reminder(delivery)
        else:
            rendered = await self._single(delivery)
        if rendered is None:
            await self._finish(delivery, "skipped")
        else:
            await self._post(delivery, rendered)

    async def _post(self, delivery: Delivery, rendered: Rendered) -> None:
        found = await self._find_earlier(delivery)
        if found:
            # What the found message shows is not known, so it is rendered anew.
            shown = tuple(Shown(event_id=item.event_id, revision=0, version=0) for item in rendered.shown)
        else:
            found = await self._post_now(delivery, rendered.message)
            shown = rendered.shown
        await self._posted(delivery, found, shown)

    async def _find_earlier(self, delivery: Delivery) -> Posted | None:
        if delivery.attempted_at is None:
            return None
        since = delivery.attempted_at - CLOCK_SKEW
        try:
            return await self._parts.notifier.find(delivery.channel, delivery.uid, since)
        except SlackRefused as error:
            # Silence is worse than a second message: where history may not be read, it is sent again.
            log.warning("cannot look for a message that may have arrived", code=error.code, uid=delivery.uid)
            return None

    async def _post_now(self, delivery: Delivery, message: Message) -> Posted:
        notifier = self._parts.notifier
        try:
            return await notifier.post(delivery.channel, message.arguments(), delivery.uid)
        except SlackRefused as error:
            if error.code not in TOO_RICH:
                raise
            log.error("Slack refused the layout of a card; its plain text goes out", error=str(error))
            return await notifier.post(delivery.channel, {"text": message.text}, delivery.uid)

    async def _posted(self, delivery: Delivery, where: Posted, shown: Sequence[Shown]) -> None:
        now = self._parts.clock()
        kind = _NOTICE_KIND.get(delivery.kind)
        if kind is None:
            await self._parts.store.finish_delivery(delivery, now, "done")
        else:
            await self._parts.store.posted(delivery, kind, where, shown, now)
        self._parts.metrics.delivery_attempted(delivery.kind, "done")
        if delivery.kind is DeliveryKind.FIRST:
            self._parts.metrics.first_notice_posted(now - delivery.created_at)
        log.info("message posted", kind=delivery.kind, channel=where.channel, events=list(delivery.event_ids))

    async def _update(self, delivery: Delivery) -> None:
        notices = await self._parts.store.notices_in(delivery.channel, delivery.ts or "")
        rendered = await self._again(notices)
        if rendered is None:
            await self._finish(delivery, "skipped")
            return
        await self._parts.notifier.update(delivery.channel, delivery.ts or "", rendered.message.arguments())
        await self._parts.store.updated(delivery, rendered.shown, self._parts.clock())
        self._parts.metrics.delivery_attempted(delivery.kind, "done")

    async def _again(self, notices: Sequence[Notice]) -> Rendered | None:
        snapshots = await self._parts.store.snapshots([notice.event_id for notice in notices])
        if not snapshots:
            return None
        if len(snapshots) > 1:
            return self._list(snapshots)
        notice, snapshot = notices[0], snapshots[0]
        return await self._card(snapshot, notice.kind, notice.channel, notice.reminder)

    async def _remove(self, delivery: Delivery) -> None:
        await self._parts.notifier.delete(delivery.channel, delivery.ts or "")
        await self._finish(delivery, "done")

    async def _single(self, delivery: Delivery) -> Rendered | None:
        snapshots = await self._parts.store.snapshots(delivery.event_ids)
        if not snapshots:
            return None
        return await self._card(snapshots[0], _NOTICE_KIND[delivery.kind], delivery.channel, 0)

    async def _reminder(self, delivery: Delivery) -> Rendered | None:
        numbers: dict[str, int] = delivery.payload.get("numbers", {})
        snapshots = await self._parts.store.snapshots(delivery.event_ids)
        live = [item for item in snapshots if _still_due(item, numbers)]
        if not live:
            return None
        if len(live) > 1:
            return self._list(live)
        event = live[0].event
        return await self._card(live[0], NoticeKind.REMINDER, delivery.channel, event.reminders)

    async def _card(self, snapshot: Snapshot, kind: NoticeKind, channel: str, reminder: int) -> Rendered:
        event, settings, now = snapshot.event, self._parts.settings, self._parts.clock()
        calls = kind is NoticeKind.OUTCOME or (
            kind is NoticeKind.REMINDER and reminders.mentions_reviewers(settings.schedule, reminder)
        )
        view = CardView(
            kind=kind,
            audience="channel" if channel == settings.security_channel else "person",
            reminder=reminder,
            first_link=await self._first_link(event, channel) if kind is not NoticeKind.FIRST else None,
            mention=settings.reviewers if calls else (),
            late_after=settings.late_after,
            future_after=settings.future_after,
            command=settings.command,
        )
        render = cards.denied_alert if kind is NoticeKind.OUTCOME else cards.event_card
        return Rendered(message=render(event, view, now), shown=(_shown(snapshot, reminder),))

    async def _first_link(self, event: Event, channel: str) -> str | None:
        """The first notice's address, where the readers of `channel` can open it."""
        for notice in await self._parts.store.notices(event.id):
            if notice.kind is NoticeKind.FIRST and notice.channel == channel:
                return self._parts.notifier.link(notice.channel, notice.ts)
        return None

    def _list(self, snapshots: Sequence[Snapshot]) -> Rendered:
        settings = self._parts.settings
        highest = max(item.event.reminders for item in snapshots)
        calls = reminders.mentions_reviewers(settings.schedule, highest)
        view = CardView(
            kind=NoticeKind.REMINDER,
            audience="channel",
            reminder=highest,
            mention=settings.reviewers if calls else (),
            late_after=settings.late_after,
            future_after=settings.future_after,
            command=settings.command,
        )
        message = cards.reminder_list([item.event for item in snapshots], view, self._parts.clock())
        return Rendered(
            message=message, shown=tuple(_shown(item, item.event.reminders) for item in snapshots)
        )

    def _quarantine(self, delivery: Delivery) -> Message:
        return cards.quarantine_notice(**delivery.payload, how_to_look="bot.py events quarantine")

    async def _unavailable(self, delivery: Delivery, error: SlackUnavailable) -> None:
        if self._is_dm(delivery) and delivery.attempts + 1 >= DM_ATTEMPTS and delivery.attempted_at is None:
            await self._ask_channel_instead(delivery, str(error))
            return
        await self._later(delivery, error, may_have_arrived=False, after=error.retry_after)

    async def _refused(self, delivery: Delivery, error: SlackRefused) -> None:
        if delivery.kind in (DeliveryKind.UPDATE, DeliveryKind.REMOVE) and error.code in MAKING_NO_DIFFERENCE:
            await self._parts.store.message_gone(delivery, self._parts.clock())
        elif self._is_dm(delivery):
            await self._ask_channel_instead(delivery, error.code)
        else:
            await self._later(delivery, error, may_have_arrived=False)

    def _is_dm(self, delivery: Delivery) -> bool:
        is_post = delivery.kind is DeliveryKind.FIRST
        return is_post and delivery.channel != self._parts.settings.security_channel

    async def _ask_channel_instead(self, delivery: Delivery, why: str) -> None:
        now, store = self._parts.clock(), self._parts.store
        log.warning(
            "a person cannot be messaged; the security channel is asked", why=why, channel=delivery.channel
        )
        for snapshot in await store.snapshots(delivery.event_ids):
            subject = Subject(
                kind=SubjectKind.UNREACHABLE,
                slack_id=snapshot.event.subject.slack_id,
                name=snapshot.event.subject.name,
            )
            await store.set_subject(snapshot.event.id, subject, now)
        await store.redirect_delivery(delivery, self._parts.settings.security_channel, now)
        self._parts.wake_sender()

    async def _later(
        self, delivery: Delivery, error: Exception, *, may_have_arrived: bool, after: float | None = None
    ) -> None:
        backoff = min(timedelta(seconds=2 ** min(delivery.attempts, 10)), RETRY_LONGEST)
        wait = timedelta(seconds=after) if after is not None else backoff
        log.warning(
            "a delivery failed and will be tried again", kind=delivery.kind, error=str(error), wait=str(wait)
        )
        self._parts.metrics.delivery_attempted(delivery.kind, "failed")
        until = self._parts.clock() + wait
        await self._parts.store.postpone_delivery(
            delivery, until, str(error), may_have_arrived=may_have_arrived
        )

    async def _finish(self, delivery: Delivery, state: str) -> None:
        await self._parts.store.finish_delivery(delivery, self._parts.clock(), state)


def _shown(snapshot: Snapshot, reminder: int) -> Shown:
    return Shown(
        event_id=snapshot.event.id,
        revision=snapshot.event.revision,
        version=snapshot.version,
        reminder=reminder,
    )


def _still_due(snapshot: Snapshot, numbers: dict[str, int]) -> bool:
    """A reminder is of use unless the event is final, a newer one waits, or the first has yet to go out."""
    event = snapshot.event
    is_newest = event.reminders <= numbers.get(event.id, event.reminders)
    return snapshot.was_asked and is_newest and event.status not in FINAL
