"""What is wrong with the way to Slack and no retry mends: operators hear of it, and nobody's event moves."""

from collections.abc import Collection

import structlog

from powertrip.domain.delivery import Note
from powertrip.errors import SlackMisconfigured
from powertrip.pipeline.context import Context

log = structlog.get_logger(__name__)

TOKEN, SOCKET, CHANNEL, SCOPE = "token", "socket", "channel ", "scope "
"""What troubles are called in the database; each channel and each missing scope is one of its own."""


async def misconfigured(context: Context, error: SlackMisconfigured) -> None:
    """Tell the operator that Slack refuses the token, or wants a scope; raises StoreUnavailable."""
    if error.scope is None:
        advice = (
            "Copy slack.bot_token anew from OAuth & Permissions on the app's page, and restart Powertrip."
        )
        title = "Slack refuses Powertrip's token, so nothing is asked there"
        await begin(context, TOKEN, Note(title=title, lines=(str(error), advice)))
        return
    note = Note(
        title=f"Slack wants a scope that Powertrip's app does not have: {error.scope}",
        lines=(str(error), "Add it under OAuth & Permissions on the app's page, and reinstall the app."),
    )
    # What lacks a scope is refused alone; the channel can be told.
    channel = context.settings.security_channel
    await begin(context, f"{SCOPE}{error.scope}"[:255], note, channel=channel)


async def begin(
    context: Context, key: str, note: Note, *, channel: str | None = None, is_urgent: bool = False
) -> None:
    """Log a trouble that is new; the backup channels hear of it after their time, or at once."""
    store, now = context.store.troubles, context.clock()
    if await store.begin(key, note, now, channel=channel):
        log.error(note.title, why=list(note.lines))
        if is_urgent:
            await store.tell(now, context.backup.names, now, only=key)
        context.signals.outbox.set()


async def end(context: Context, keys: Collection[str]) -> None:
    """Log that troubles are over, and tell those who were told."""
    for title in await context.store.troubles.end(keys, context.backup.names, context.clock()):
        log.warning("mended", what=title)
        context.signals.outbox.set()
