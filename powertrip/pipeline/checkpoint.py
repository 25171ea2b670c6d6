"""Tells outside how far the history has come: the log at once, and anchors by deliveries."""

import structlog

from powertrip.domain.checkpoint import found_in
from powertrip.domain.delivery import Anchoring, Delivery, Note
from powertrip.errors import OutsideError
from powertrip.pipeline import troubles
from powertrip.pipeline.context import Context

log = structlog.get_logger(__name__)

PATIENCE = 12
"""Attempts, some half an hour, after which the security channel hears that an anchor takes nothing."""


async def take_checkpoint(context: Context) -> bool:
    """Make a checkpoint if one is due; returns False, for there is never more than one."""
    settings, now = context.settings, context.clock()
    made = await context.store.checkpoints.take(settings.checkpoints, settings.security_channel, now)
    if made is not None:
        # In the log under a key of its own, so that it can be found there: it is the first anchor.
        log.info("history checkpoint", checkpoint=made.text)
        context.signals.outbox.set()
    return False


async def tell_anchor(context: Context, delivery: Delivery) -> bool:
    """Have one anchor keep one checkpoint; returns whether it did. Raises OutsideError."""
    name, told = delivery.channel, delivery.payload
    anchor = context.anchors.get(name)
    found = list(found_in([told.text])) if isinstance(told, Anchoring) else []
    if anchor is None or not isinstance(told, Anchoring) or not found:
        log.warning("anchor is not configured any more, a checkpoint is not kept there", anchor=name)
        await context.store.deliveries.skip(delivery, context.clock())
        return False
    key = f"anchor {name}"[:255]
    try:
        proof = await anchor.keep(found[0])
    except OutsideError as error:
        if delivery.attempts >= PATIENCE:
            title = f"The anchor {name} takes no checkpoints of the history"
            note = Note(
                title=title, lines=(str(error), "It is tried again until it does; nothing waits for it.")
            )
            await troubles.begin(context, key, note, channel=context.settings.security_channel)
        raise
    await context.store.checkpoints.anchored(delivery, told.checkpoint, proof, context.clock())
    await troubles.end(context, [key])
    return True
