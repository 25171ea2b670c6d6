"""What goes out: one claimed delivery is attempted, and what came of it is written down.

The outbox holds what to tell, not the words; they are rendered at the last moment. A delivery whose
earlier attempt may have arrived is looked for before it is sent again.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import structlog

from powertrip.cards import Message
from powertrip.domain import routing
from powertrip.domain.delivery import GATHERED, Delivery, DeliveryKind, Posted, Shown
from powertrip.domain.people import Subject, SubjectKind
from powertrip.errors import SlackError, SlackMisconfigured, SlackRefused, SlackUnavailable
from powertrip.pipeline.back_up import tell_backup
from powertrip.pipeline.checkpoint import tell_anchor
from powertrip.pipeline.contain import contain
from powertrip.pipeline.context import Context
from powertrip.pipeline.render import NOTICE_KIND, reminder_numbers, render
from powertrip.pipeline.retry import attempt, keep
from powertrip.pipeline.settle import CLOCK_SKEW, settle, take_away
from powertrip.pipeline.tell_hids import tell_origin

log = structlog.get_logger(__name__)

Answer = TypeVar("Answer")

LOOKS = 2
"""How often a message whose answer was lost is looked for before it is sent again, with a pause between."""
REPLACED = "A newer reminder took this one's place."
LIST_REST = 3.0
"""Seconds for which a channel takes nothing after a list of first cards, so that the next is worth reading:
twenty lists a minute tell of two thousand events, and what is grave waits no longer than this."""
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
GONE = frozenset({"message_not_found", "channel_not_found"})
"""Slack's answers about a message that is no longer there to change."""
UNCHANGEABLE = frozenset(
    {
        *("cant_update_message", "edit_window_closed", "is_inactive", "is_archived", "cant_delete_message"),
        "compliance_exports_prevent_deletion",
    }
)
"""Slack's answers about a message that stays as it is, whatever becomes of its event."""
TAKING_NOTHING = frozenset({"is_inactive", "is_archived"})
"""Those of them that go for the whole channel."""
TOO_RICH = frozenset(
    {"invalid_blocks", "invalid_attachments", "msg_too_long", "msg_blocks_too_long", "invalid_blocks_format"}
)
"""Slack's answers to a message whose layout it does not take; its plain text still goes out."""
_ELSEWHERE: Mapping[DeliveryKind, Callable[[Context, Delivery], Awaitable[bool]]] = {
    DeliveryKind.BACKUP: tell_backup,
    DeliveryKind.ORIGIN: tell_origin,
    DeliveryKind.ANCHOR: tell_anchor,
    DeliveryKind.CONTAIN: contain,
    DeliveryKind.SETTLE: settle,
}
"""What goes to others than to Slack's channels and people, or looks after what did."""


async def send(context: Context, delivery: Delivery) -> float:
    """Make one attempt and write down what came of it; raises only StoreUnavailable.

    Returns for how many seconds the other side wants nothing more of this lane.
    """
    if delivery.kind in _ELSEWHERE:
        return await attempt(context, delivery, _ELSEWHERE[delivery.kind])
    delivery = await _gathered(context, delivery)
    rest = LIST_REST if delivery.kind in GATHERED and len(delivery.event_ids) > 1 else 0.0
    return max(rest, await attempt(context, delivery, _tell_slack))


async def _gathered(context: Context, delivery: Delivery) -> Delivery:
    """The delivery, with all that waits for the same channel in it where that is too much to read each."""
    is_for_channel = not delivery.channel.startswith((*routing.DIRECT, routing.UNRESOLVED))
    # What may have been posted is looked for, and found as it was.
    if delivery.kind not in GATHERED or not is_for_channel or delivery.attempted_at is not None:
        return delivery
    return await context.store.gathering.gather(delivery, context.settings.bursts.list_above, context.clock())


async def _tell_slack(context: Context, delivery: Delivery) -> bool:
    try:
        if delivery.kind is DeliveryKind.REMOVE:
            await take_away(context, delivery.channel, delivery.ts or "", REPLACED)
            await context.store.deliveries.finish(delivery, context.clock())
            return True
        if delivery.kind is DeliveryKind.UPDATE:
            return await _update(context, delivery)
        if delivery.kind in (DeliveryKind.NOTE, DeliveryKind.STORM) and delivery.ts:
            return await _amend(context, delivery, delivery.ts)
        if delivery.channel.startswith(routing.UNRESOLVED):
            await _resolve(context, delivery)
            return False
        return await _post(context, delivery)
    except SlackMisconfigured:
        raise
    except SlackRefused as error:
        # Only an answer that is about the recipient moves a question; an outage or a limit never does.
        if not await _is_settled(context, delivery, error):
            log.error("Slack refused a message; mend what it names", channel=delivery.channel, why=str(error))
            raise
        return False


async def _update(context: Context, delivery: Delivery) -> bool:
    message = render(delivery, context.settings, link=context.notifier.link, now=context.clock())
    if message is None:
        await context.store.deliveries.skip(delivery, context.clock())
        return False
    ts = delivery.ts or ""
    _, written = await _write(message, lambda content: context.notifier.update(delivery.channel, ts, content))
    await context.store.notices.updated(delivery, written.shows, context.clock())
    return True


async def _amend(context: Context, delivery: Delivery, ts: str) -> bool:
    message = render(delivery, context.settings, link=context.notifier.link, now=context.clock())
    written = message
    if message is not None:
        _, written = await _write(
            message, lambda content: context.notifier.update(delivery.channel, ts, content)
        )
    if written is not None and delivery.kind is DeliveryKind.STORM:
        await context.store.storm_messages.updated(delivery, context.clock(), digest=written.digest())
    else:
        await context.store.deliveries.finish(delivery, context.clock())
    return True


async def _post(context: Context, delivery: Delivery) -> bool:
    found, digest = await _find_earlier(context, delivery), None
    if found is not None:
        where = found
        # What a found message shows is not known, so it counts as out of date and is rendered anew.
        numbers: Mapping[str, int] = reminder_numbers(delivery)
        shown = tuple(
            Shown(event_id=event_id, revision=0, version=0, reminder=numbers.get(event_id, 0))
            for event_id in delivery.event_ids
        )
    else:
        message = render(delivery, context.settings, link=context.notifier.link, now=context.clock())
        if message is None:
            await context.store.deliveries.skip(delivery, context.clock())
            return False
        await keep(context, delivery)
        where, written = await _write(
            message, lambda content: context.notifier.post(delivery.channel, content, delivery.uid)
        )
        shown, digest = written.shows, written.digest()
    now, kind, is_found = context.clock(), NOTICE_KIND.get(delivery.kind), found is not None
    if delivery.kind is DeliveryKind.NOTE:
        await context.store.notes.posted(delivery, where, now)
    elif delivery.kind is DeliveryKind.STORM:
        await context.store.storm_messages.posted(delivery, where, is_found, now, digest=digest)
    elif kind is None:
        await context.store.deliveries.finish(delivery, now, where)
    else:
        await context.store.notices.posted(delivery, kind, where, shown, now)
    if delivery.kind is DeliveryKind.FIRST:
        context.metrics.first_notice_posted(now - delivery.created_at)
    log.info("message posted", kind=delivery.kind, channel=where.channel, events=list(delivery.event_ids))
    return True


async def _find_earlier(context: Context, delivery: Delivery) -> Posted | None:
    if delivery.attempted_at is None:
        return None
    since = delivery.attempted_at - CLOCK_SKEW
    try:
        found = await context.notifier.find(delivery.channel, delivery.uid, since)
    except SlackRefused as error:
        # Silence is worse than a second message: where history may not be read, it is sent again.
        log.warning("cannot look for a message that may have arrived", code=error.code, uid=delivery.uid)
        return None
    if not found and delivery.attempts < LOOKS:
        # Slack may be about to take it, or to show what it took.
        raise SlackUnavailable("the message may still arrive")
    # What arrives later than that is found beside the one that is sent now, and taken away.
    return found[0] if found else None


async def _write(
    message: Message, call: Callable[[dict[str, Any]], Awaitable[Answer]]
) -> tuple[Answer, Message]:
    """Write the message, or its plain text alone where Slack does not take its layout.

    Returns what Slack answered, and what was written, with its digest.
    """
    try:
        return await call(message.arguments()), message.sealed()
    except SlackRefused as error:
        if error.code not in TOO_RICH:
            raise
        log.error("Slack refused a card's layout, sending its plain text", error=str(error))
        # An update keeps the blocks and attachments that it does not name.
        plain = replace(message, blocks=[], attachments=[])
        return await call(plain.arguments()), plain.sealed()


async def _resolve(context: Context, delivery: Delivery) -> None:
    """Look up whom the delivery is about, and send it on with all that waits for the same person.

    Raises SlackError while that is not known.
    """
    settings, now = context.settings, context.clock()
    name, copied_to = routing.parts_of(delivery.channel)
    try:
        subject = await context.directory.subject(settings.people.find(name))
    except SlackError:
        if not copied_to:
            raise
        # Who else is told has to hear of it also while nobody says who that is; the name is enough.
        await context.store.resolving.tell(delivery, copied_to, now)
    else:
        await context.store.bursts.address(
            delivery, subject, security_channel=settings.security_channel, bursts=settings.bursts, now=now
        )
    context.signals.outbox.set()


async def _is_settled(context: Context, delivery: Delivery, error: SlackRefused) -> bool:
    """Do what a refusal calls for; returns False where only an operator can."""
    now, security_channel = context.clock(), context.settings.security_channel
    if delivery.kind in (DeliveryKind.UPDATE, DeliveryKind.REMOVE) or delivery.ts is not None:
        return await _is_settled_change(context, delivery, error)
    # What goes to persons is addressed by a member id (U… or W…).
    is_direct = delivery.channel.startswith(("U", "W"))
    if delivery.kind is DeliveryKind.NUDGE and error.code in ABOUT_RECIPIENT:
        # The channel is reminded all the same, and hears of the person's own card if that cannot be sent.
        await context.store.deliveries.skip(delivery, now)
        return True
    if is_direct and error.code in ABOUT_RECIPIENT:
        log.warning(
            "person cannot be messaged, asking the security channel", why=error.code, to=delivery.channel
        )
        for snapshot in delivery.snapshots:
            event = snapshot.event
            subject = Subject(
                kind=SubjectKind.UNREACHABLE, slack_id=event.subject.slack_id, name=event.subject.name
            )
            await context.store.events.set_subject([event.id], subject, now)
    elif not is_direct and delivery.channel != security_channel:
        # A reload named another security channel while this waited, or `also_tell` a channel that takes none.
        log.warning(
            "channel takes no message, telling the security channel", was=delivery.channel, why=str(error)
        )
    else:
        return False
    await context.store.deliveries.redirect(delivery, security_channel, now)
    context.signals.outbox.set()
    return True


async def _is_settled_change(context: Context, delivery: Delivery, error: SlackRefused) -> bool:
    """Do what a refusal to change a message calls for; returns False where it may be changed later."""
    now, security_channel = context.clock(), context.settings.security_channel
    store = context.store
    if error.code == "channel_not_found" and delivery.channel.startswith("D"):
        member = await store.notices.member_of(delivery.channel)
        channel = await context.notifier.reopen(member) if member else delivery.channel
        if channel != delivery.channel:
            log.warning("direct messages have another id now", was=delivery.channel, now=channel)
            await store.notices.move(delivery, channel, now)
            return True
    if error.code in GONE:
        await store.notices.gone(delivery, now)
        return True
    if error.code not in UNCHANGEABLE:
        return False
    tell_in: str | None = delivery.channel
    if error.code in TAKING_NOTHING:
        tell_in = security_channel if delivery.channel != security_channel else None
    decided = await store.notices.unchangeable(delivery, tell_in, now)
    log.error(
        "Slack lets nobody change this message any more; what became of its events is said in a new one",
        channel=delivery.channel,
        ts=delivery.ts,
        why=error.code,
        decided=decided,
        said_in=tell_in,
    )
    context.signals.outbox.set()
    return True
