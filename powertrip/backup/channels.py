"""The backup channels: mail, PagerDuty and whatever else Apprise speaks, for when Slack is down."""

import asyncio
import logging
import re
from collections.abc import Mapping
from datetime import timedelta
from types import ModuleType
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from powertrip.config.section import Section
from powertrip.config.values import Duration, SourceName, Written, empty_if_none
from powertrip.errors import Unavailable

TIMEOUT = 20.0
"""Seconds for one message; Apprise itself gives each connection four, and mail fifteen."""


class _Answers:
    """What the services answered, out of what Apprise logs; nothing else of it is kept or shown."""

    def __init__(self) -> None:
        self._reasons: list[str] = []

    def silence(self, logger: logging.Logger) -> None:
        """Have the logger say nothing: it may hold a whole address, with its password."""
        logger.setLevel(logging.WARNING)
        logger.filters[:] = [self._keep]

    def listen(self) -> list[str]:
        """The reasons of failures from here on; Apprise logs them from threads of its own."""
        self._reasons = []
        return self._reasons

    def _keep(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if status := re.search(r"error=(\d{3})\b", text):
            self._reasons.append(f"it answered {status[1]}")
        elif re.search(r"(?i)connection error|timed? ?out|socket", text):
            self._reasons.append("it cannot be connected to")
        return False


_ANSWERS = _Answers()


def _apprise() -> ModuleType:
    """Apprise, silenced: it logs what it sends, and at times a whole address with its password."""
    # Imported here, for it loads all its services, which takes most of a second.
    import apprise  # noqa: PLC0415

    _ANSWERS.silence(logging.getLogger("apprise"))
    return apprise


def _check_url(value: SecretStr) -> SecretStr:
    if _apprise().Apprise.instantiate(value.get_secret_value(), suppress_exceptions=True) is None:
        raise ValueError(
            "is not an address that Apprise knows; write one such as mailto://USER:PASSWORD@example.com "
            "or pagerduty://KEY@TOKEN (github.com/caronc/apprise lists all)"
        )
    return value


AppriseUrl = Annotated[SecretStr, AfterValidator(_check_url), Written("an Apprise address")]


class BackupChannel(Section):
    """One way to tell people without Slack; cards call it by its name."""

    url: AppriseUrl
    """Its address in Apprise's notation. All of it is kept secret."""


class Backup(Section):
    """Who is told of events while Slack cannot be reached."""

    after: Duration = timedelta(minutes=5)
    """An event that could not be posted for this long is told by every channel, once."""
    channels: Annotated[
        dict[SourceName, BackupChannel], BeforeValidator(empty_if_none), Field(default_factory=dict)
    ]
    """Without any, events wait for Slack alone."""


class AppriseChannels:
    """Sends plain text through Apprise, one channel at a time."""

    def __init__(self, channels: Mapping[str, BackupChannel]) -> None:
        self._channels = channels

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._channels)

    async def send(self, name: str, title: str, body: str) -> None:
        """Send one message; raises Unavailable unless the channel surely took it."""
        channel = self._channels.get(name)
        if channel is None:
            raise Unavailable(f"backup.channels.{name} is no longer configured")
        apprise = _apprise()
        sender = apprise.Apprise()
        sender.add(channel.url.get_secret_value())
        reasons = _ANSWERS.listen()
        try:
            # Apprise bounds each connection, not a mail server that answers a byte at a time.
            async with asyncio.timeout(TIMEOUT):
                taken = await sender.async_notify(body, title=title, body_format=apprise.NotifyFormat.TEXT)
        except TimeoutError as error:
            raise Unavailable(f"backup.channels.{name} did not answer within {TIMEOUT:g} s") from error
        if not taken:
            why = f" ({reasons[0]})" if reasons else ""
            raise Unavailable(
                f"backup.channels.{name} did not take the message{why}; check its address and the way there"
            )
