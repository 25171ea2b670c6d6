"""What goes out: one claimed delivery is attempted, and what came of it is written down.

The outbox holds what to tell, not the words; they are rendered at the last moment. A delivery whose
earlier attempt may have arrived is looked for before it is sent again.
"""

from collections.abc import Sequence
from datetime import timedelta

import structlog

from powertrip.cards import Message
from powertrip.domain import routing
from powertrip.domain.delivery import Delivery, DeliveryKind, Posted, Shown
from powertrip.domain.people import Subject, SubjectKind
from powertrip.errors import SlackRefused, SlackUnavailable
from powertrip.pipeline.context import Parts
from powertrip.pipeline.render import NOTICE_KIND, Renderer, reminder_numbers
from powertrip.pipeline.retry import attempt

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=30)
"""How long a crashed process keeps a delivery from the next."""
CLOCK_SKEW = timedelta(minutes=5)
"""How far Slack's clock and ours may differ when a message is looked for."""
LOOKUP_PATIENCE = timedelta(minutes=2)
"""How long somebody of whom only an e-mail address is known is looked up before the channel is asked."""
ABOUT_RECIPIENT = frozenset(
    {
        *(
            "user_not_found",
            "users_not_found",
            "user_not_visible",
            "user_disabled",
            "user_is_bot",
            "cannot_dm_bot",
        ),
        *("channel_not_found", "is_archived", "not_in_channel", "access_denied", "messages_tab_disabled"),
        *("invalid_user_combination", "method_not_supported_for_channel_type", "restricted_action"),
        *("restricted_action_read_only_channel", "restricted_action_non_threadable_channel"),
    }
)
"""Slack's answers that are about the person whom a message is for; all others are about Slack or us."""
MAKING_NO_DIFFERENCE = frozenset({"message_not_found", "channel_not_found", "cant_delete_message"})
"""Slack's answers about a message that is no longer there to change."""
TOO_RICH = frozenset(
    {"invalid_blocks", "invalid_attachments", "msg_too_long", "msg_blocks_too_long", "invalid_blocks_format"}
)
"""Slack's answers to a message whose layout it does not take; its plain text still goes out."""


class Sender:
    """Sends claimed deliveries."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._renderer = Renderer(parts)

    async def send(self, delivery: Delivery) -> float:
        """Make one attempt and write down what came of it; raises only StoreUnavailable.

        Returns for how many seconds Slack wants nothing more of this lane.
        """
        return await attempt(self._parts, delivery, self._tell, self._instead)

    async def _tell(self, delivery: Delivery) -> bool:
        match delivery.kind:
            case DeliveryKind.UPDATE:
                return await self._update(delivery)
            case DeliveryKind.REMOVE:
                await self._parts.notifier.delete(delivery.channel, delivery.ts or "")
                await self._parts.store.deliveries.finish(delivery, self._parts.clock())
                return True
            case _:
                return await self._post(delivery)

    async def _instead(self, delivery: Delivery, error: Exception) -> bool:
        # Only an answer that is about the recipient moves a question; an outage or a limit never does.
        return isinstance(error, SlackRefused) and await self._refused(delivery, error)

    async def _post(self, delivery: Delivery) -> bool:
        if delivery.channel.startswith(routing.UNRESOLVED):
            await self._resolve(delivery)
            return False
        found = await self._find_earlier(delivery)
        if found:
            await self._posted(delivery, found, _unknown(delivery))
            return True
        rendered = self._renderer.post(delivery)
        if rendered is None:
            await self._parts.store.deliveries.skip(delivery, self._parts.clock())
            return False
        where = await self._post_now(delivery, rendered.message)
        await self._posted(delivery, where, rendered.shown)
        return True

    async def _resolve(self, delivery: Delivery) -> None:
        """Look up again whom the delivery is for, and send it there; raises SlackUnavailable."""
        parts, now = self._parts, self._parts.clock()
        name = delivery.channel.removeprefix(routing.UNRESOLVED)
        subject = await parts.directory.subject(parts.settings.people.find(name))
        channel = parts.settings.security_channel
        if subject.kind is not SubjectKind.LOOKUP_FAILED:
            for event_id in delivery.event_ids:
                await parts.store.events.set_subject(event_id, subject, now)
            channel = routing.route(subject, channel).conversation
        elif now - delivery.created_at < LOOKUP_PATIENCE:
            raise SlackUnavailable(f"Slack does not say who {name} is")
        await parts.store.deliveries.redirect(delivery, channel, now)
        parts.signals.outbox.set()

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
        kind = NOTICE_KIND.get(delivery.kind)
        if kind is None:
            await self._parts.store.deliveries.finish(delivery, now)
        else:
            await self._parts.store.notices.posted(delivery, kind, where, shown, now)
        if delivery.kind is DeliveryKind.FIRST:
            self._parts.metrics.first_notice_posted(now - delivery.created_at)
        log.info("message posted", kind=delivery.kind, channel=where.channel, events=list(delivery.event_ids))

    async def _update(self, delivery: Delivery) -> bool:
        rendered = self._renderer.again(delivery)
        if rendered is None:
            await self._parts.store.deliveries.skip(delivery, self._parts.clock())
            return False
        await self._update_now(delivery, rendered.message)
        await self._parts.store.notices.updated(delivery, rendered.shown, self._parts.clock())
        return True

    async def _update_now(self, delivery: Delivery, message: Message) -> None:
        notifier = self._parts.notifier
        channel, ts = delivery.channel, delivery.ts or ""
        try:
            await notifier.update(channel, ts, message.arguments())
        except SlackRefused as error:
            if error.code not in TOO_RICH:
                raise
            log.error("Slack refused the layout of a card; its plain text replaces it", error=str(error))
            await notifier.update(channel, ts, {"text": message.text, "blocks": [], "attachments": []})

    async def _refused(self, delivery: Delivery, error: SlackRefused) -> bool:
        is_change = delivery.kind in (DeliveryKind.UPDATE, DeliveryKind.REMOVE)
        channel_now = self._parts.settings.security_channel
        if is_change and error.code in MAKING_NO_DIFFERENCE:
            await self._parts.store.notices.gone(delivery, self._parts.clock())
        elif _is_dm(delivery) and error.code in ABOUT_RECIPIENT:
            await self._ask_channel_instead(delivery, error.code)
        elif not is_change and not _is_dm(delivery) and delivery.channel != channel_now:
            log.warning("the security channel is another one now; it is told there", was=delivery.channel)
            await self._redirect(delivery)
        else:
            log.error("Slack refuses a message; mend what it names", channel=delivery.channel, why=str(error))
            return False
        return True

    async def _ask_channel_instead(self, delivery: Delivery, why: str) -> None:
        now, store = self._parts.clock(), self._parts.store
        log.warning(
            "a person cannot be messaged; the security channel is asked", why=why, channel=delivery.channel
        )
        for snapshot in delivery.snapshots:
            subject = Subject(
                kind=SubjectKind.UNREACHABLE,
                slack_id=snapshot.event.subject.slack_id,
                name=snapshot.event.subject.name,
            )
            await store.events.set_subject(snapshot.event.id, subject, now)
        await self._redirect(delivery)

    async def _redirect(self, delivery: Delivery) -> None:
        channel = self._parts.settings.security_channel
        await self._parts.store.deliveries.redirect(delivery, channel, self._parts.clock())
        self._parts.signals.outbox.set()


def _unknown(delivery: Delivery) -> list[Shown]:
    """What a message shows that was found: not known, so it counts as out of date and is rendered anew."""
    numbers = reminder_numbers(delivery)
    return [
        Shown(event_id=event_id, revision=0, version=0, reminder=numbers.get(event_id, 0))
        for event_id in delivery.event_ids
    ]


def _is_dm(delivery: Delivery) -> bool:
    """Whether it goes to a person, by whose member id it is addressed."""
    return delivery.kind is DeliveryKind.FIRST and delivery.channel.startswith(("U", "W"))
