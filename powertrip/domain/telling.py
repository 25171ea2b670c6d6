"""Whom else to tell of an event at once, beside whoever is asked about it."""

from collections.abc import Iterable

from powertrip.config.section import Section
from powertrip.config.values import ChannelRef
from powertrip.domain.address import RiskLevel
from powertrip.domain.event import Event
from powertrip.domain.policy import When


class AlsoTell(Section):
    """A channel that gets a quiet copy of some events at once, whoever is asked about them."""

    channel: ChannelRef | None = None
    """Where the copy goes; the security channel where none is named."""
    when: When = When()
    """The events it is about."""


def by_default() -> tuple[AlsoTell, ...]:
    """A login from an address of bad repute must not be a question to a possibly hijacked account alone."""
    return (AlsoTell(when=When(risk=RiskLevel.HIGH)),)


def channels_to_tell(event: Event, also_tell: Iterable[AlsoTell], security_channel: str) -> tuple[str, ...]:
    """The channels that get a copy and have not been sent one, each once, in the order of the settings."""
    wanted = [entry.channel or security_channel for entry in also_tell if entry.when.holds_for(event)]
    return tuple(channel for channel in dict.fromkeys(wanted) if channel not in event.copied_to)
