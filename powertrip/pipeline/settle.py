"""Puts right what a call without an answer may have left behind, for Slack may carry it out much later."""

from datetime import timedelta

import structlog

from powertrip.domain.delivery import Delivery, Settle
from powertrip.errors import SlackMisconfigured, SlackRefused
from powertrip.pipeline.context import Context

log = structlog.get_logger(__name__)

CLOCK_SKEW = timedelta(minutes=5)
"""How far Slack's clock and ours may differ when a message is looked for."""
TWINS_UNTIL = timedelta(seconds=150)
"""How long a second copy of a message is looked for; each look doubles the time since the first."""
CHANGES_UNTIL = timedelta(seconds=60)
"""How long a late update may overwrite a newer one; fewer looks, as each costs an update."""
TWICE = "This message was sent twice; the other one counts."


async def settle(context: Context, delivery: Delivery) -> bool:
    """Look once, and again later; returns False, for nobody is told. Raises SlackError."""
    about, channel, ts = delivery.payload, delivery.channel, delivery.ts or ""
    until = CHANGES_UNTIL
    if isinstance(about, Settle) and about.uid:
        until = TWINS_UNTIL
        try:
            for twin in await context.notifier.find(channel, about.uid, about.since - CLOCK_SKEW):
                if twin.ts != ts:
                    log.warning("message arrived twice, taking one away", channel=channel, ts=twin.ts)
                    await take_away(context, channel, twin.ts, TWICE)
        except SlackMisconfigured:
            raise
        except SlackRefused as error:
            log.error("a message may be there twice, look for it", channel=channel, ts=ts, why=str(error))
    else:
        # A late update shows the event as it was, so what stands there is written once more.
        await context.store.notices.show_again(channel, ts, context.clock())
        context.signals.outbox.set()
    now = context.clock()
    age = now - delivery.created_at
    if age < until:
        await context.store.deliveries.again(delivery, now + age)
    else:
        await context.store.deliveries.finish(delivery, now)
    return False


async def take_away(context: Context, channel: str, ts: str, instead: str) -> None:
    """Delete a message or, where the workspace lets nobody delete, leave these words in its place.

    Raises SlackError; that there is no such message is none.
    """
    try:
        await context.notifier.delete(channel, ts)
    except SlackMisconfigured:
        raise
    except SlackRefused as error:
        if error.code == "message_not_found":
            return
        log.warning("message cannot be deleted, emptying it", channel=channel, ts=ts, why=error.code)
        await context.notifier.update(channel, ts, {"text": instead, "blocks": [], "attachments": []})
