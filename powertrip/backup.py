"""The backup channels: mail, PagerDuty and whatever else Apprise speaks, for when Slack is down."""

import asyncio
import logging
from collections.abc import Mapping

import apprise
from pydantic import SecretStr

from powertrip.errors import Unavailable

TIMEOUT = 20.0
"""Seconds for one message; Apprise itself gives each connection four, and mail fifteen."""


class AppriseChannels:
    """Sends plain text through Apprise, one channel at a time."""

    def __init__(self, urls: Mapping[str, SecretStr]) -> None:
        """`urls` in Apprise's notation, by the name that people know the channel by."""
        self._urls = dict(urls)
        # Apprise logs what it sends, and at times the whole address with its password.
        logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)

    @property
    def names(self) -> tuple[str, ...]:
        """The channels, in the order of the config."""
        return tuple(self._urls)

    async def send(self, name: str, title: str, body: str) -> None:
        """Send one message; raises Unavailable where it was not, or not surely, taken."""
        url = self._urls.get(name)
        if url is None:
            raise Unavailable(f"backup.channels.{name} is no longer configured")
        sender = apprise.Apprise()
        sender.add(url.get_secret_value())
        try:
            async with asyncio.timeout(TIMEOUT):
                taken = await sender.async_notify(body, title=title, body_format=apprise.NotifyFormat.TEXT)
        except TimeoutError as error:
            raise Unavailable(f"backup.channels.{name} did not answer within {TIMEOUT:g} s") from error
        if not taken:
            raise Unavailable(
                f"backup.channels.{name} did not take the message; check its address and the way there"
            )
