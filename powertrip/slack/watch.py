"""Looks after the way to Slack: the token, its scopes, the socket, and who reads the security channel."""

from collections.abc import Callable, Iterable

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from powertrip.domain.delivery import Note
from powertrip.errors import SlackAmbiguous, SlackMisconfigured, SlackRefused, SlackUnavailable
from powertrip.pipeline import troubles
from powertrip.pipeline.context import Context
from powertrip.pipeline.former_ids import FormerIds
from powertrip.slack.connection import SocketConnection
from powertrip.slack.notifier import SlackNotifier
from powertrip.slack.preflight import SHARED, Identity, identify, missing_scopes, security_channel

log = structlog.get_logger(__name__)


class WorkspaceWatch:
    """Begins a trouble where something has become wrong since the start, and ends it once it is mended."""

    def __init__(
        self,
        context: Context,
        client: AsyncWebClient,
        notifier: SlackNotifier,
        socket: SocketConnection,
        name: Callable[[], str],
    ) -> None:
        """`name` is the security channel's, as the configuration names it now."""
        self._context = context
        self._client = client
        self._notifier = notifier
        self._socket = socket
        self._name = name
        self._former_ids = FormerIds(context)

    async def look(self) -> bool:
        """Look once; returns False, for there is nothing more to do at once. Raises StoreUnavailable."""
        await self._look_at_socket()
        try:
            identity = await identify(self._client)
            await self._token_is_good(identity)
            channels = self._channels()
            await self._forget_channels_but(channel for _, channel, _ in channels)
            for name, channel, setting in channels:
                await self._look_at_channel(name, channel, setting)
            if identity.enterprise_id is not None:
                await self._former_ids.look()
        except SlackMisconfigured as error:
            await troubles.misconfigured(self._context, error)
        except SlackRefused as error:
            log.warning("workspace not looked at", error=str(error))
        except (SlackUnavailable, SlackAmbiguous) as error:
            # That passes by itself, and says nothing of what it was about.
            log.info("workspace not looked at", error=str(error))
        return False

    def _channels(self) -> list[tuple[str, str, str]]:
        """The channels that are posted to: their names in the configuration, their ids, the setting."""
        settings = self._context.settings
        channels = [(self._name(), settings.security_channel, "slack.security_channel")]
        others = {entry.channel: "also_tell" for entry in settings.also_tell}
        for name, setting in ({settings.report.own_channel: "report.to"} | others).items():
            channel = self._notifier.known(name) if name else None
            if name and channel is not None and channel != settings.security_channel:
                channels.append((name, channel, setting))
        return channels

    async def refused_at_start(self, error: SlackRefused) -> None:
        """Begin the trouble that a refusal of the token, or of the security channel, shows."""
        if isinstance(error, SlackMisconfigured):
            await troubles.misconfigured(self._context, error)
        else:
            await self._channel_is_wrong(self._name(), self._context.settings.security_channel, error)

    async def _forget_channels_but(self, used: Iterable[str]) -> None:
        """End the troubles of channels that a reload, or another start, put aside."""
        keys = {f"{troubles.CHANNEL}{channel}" for channel in used}
        present = await self._context.store.troubles.present()
        unused = [key for key in present if key.startswith(troubles.CHANNEL) and key not in keys]
        await troubles.end(self._context, unused)

    async def _look_at_channel(self, name: str, channel: str, setting: str) -> None:
        try:
            await security_channel(self._client, channel, setting)
        except SlackMisconfigured:
            raise
        except SlackRefused as error:
            await self._channel_is_wrong(name, channel, error)
        else:
            await self._channel_is_good(channel)

    async def _channel_is_wrong(self, name: str, channel: str, error: SlackRefused) -> None:
        """Tell of it; nothing more is posted where outsiders would read it."""
        is_shared = error.code == SHARED
        if is_shared:
            self._notifier.refuse(channel, str(error))
        consequence = "Nothing is posted there until that is mended; direct messages go on."
        note = Note(title=f"The channel {name} cannot be used", lines=(str(error), consequence))
        await troubles.begin(self._context, f"{troubles.CHANNEL}{channel}", note, is_urgent=is_shared)

    async def _token_is_good(self, identity: Identity) -> None:
        present = await self._context.store.troubles.present()
        missing = set(missing_scopes(identity))
        granted = [
            key
            for key in present
            if key.startswith(troubles.SCOPE)
            and identity.scopes
            and missing.isdisjoint(key.removeprefix(troubles.SCOPE).split(","))
        ]
        await troubles.end(self._context, [troubles.TOKEN, *granted])

    async def _channel_is_good(self, channel: str) -> None:
        self._notifier.refuse(channel, None)
        key = f"{troubles.CHANNEL}{channel}"
        if key in await self._context.store.troubles.present():
            await troubles.end(self._context, [key])
            # What was held back need not wait for its next attempt.
            await self._context.store.deliveries.expedite(self._context.clock())
            self._context.signals.outbox.set()

    async def _look_at_socket(self) -> None:
        if self._socket.trouble and self._socket.needs_operator:
            note = Note(
                title="Slack gives Powertrip no socket, so no click comes in", lines=(self._socket.trouble,)
            )
            await troubles.begin(self._context, troubles.SOCKET, note)
        elif await self._socket.is_connected():
            await troubles.end(self._context, [troubles.SOCKET])
