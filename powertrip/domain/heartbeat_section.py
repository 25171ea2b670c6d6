"""The section `heartbeat` of the configuration."""

from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr

from powertrip.config.https import LOOPBACK
from powertrip.config.section import Section
from powertrip.config.values import Duration, SecretAddress, SourceName, SourceSecret, Written, did_you_mean

REMEMBERED = timedelta(days=1)
"""How long a nonce is known, and so how old a heartbeat may be at most."""


def _check_key(value: SecretStr) -> SecretStr:
    if len(value) > 64:
        raise ValueError(
            f"has {len(value)} characters and may have at most 64; make one with: openssl rand -hex 24"
        )
    return value


def _check_ping(value: SecretAddress) -> SecretAddress:
    # The address is a secret: whoever knows it can keep the watcher outside content.
    try:
        url = urlsplit(value.get_secret_value())
        host = url.hostname
    except ValueError:
        host = None
    if not host or url.scheme not in ("http", "https") or url.fragment:
        raise ValueError("must be an address such as https://hc-ping.com/YOUR-UUID")
    if url.scheme == "http" and host not in LOOPBACK:
        raise ValueError(
            "must begin with https://, for whoever reads it on the way can ping in Powertrip's place"
        )
    return value


def _by_source(value: object) -> object:
    """A list of sources, or a single one, as a table without intervals."""
    if isinstance(value, str):
        return {value: None}
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return dict.fromkeys(value)
    return {} if value is None else value


class HeartbeatSection(Section):
    """The signed login by which the whole chain proves that it lives; see [heartbeat.md](heartbeat.md)."""

    key: Annotated[SourceSecret, AfterValidator(_check_key), Written("16 to 64 characters")] | None = None
    """What the hosts sign with: the key of contrib/heartbeat, and of nothing else."""
    sources: Annotated[
        dict[SourceName, Duration | None],
        BeforeValidator(_by_source),
        Written("a list of sources, or a table of them with how often each is heard: `{syslog: 15m}`"),
    ] = {}  # noqa: RUF012 (pydantic copies it)
    """The sources and polls that a heartbeat comes through; without any there is no heartbeat."""
    every: Duration = timedelta(hours=1)
    """How often the hosts send one, where `sources` says nothing else."""
    late_after: Duration = timedelta(minutes=10)
    """A heartbeat that is overdue for this long is late, and so is whatever else is broken for this long."""
    ping: (
        Annotated[SecretAddress, AfterValidator(_check_ping), Written("an https address, kept secret")] | None
    ) = None
    """Called after each heartbeat that was seen in Slack: whoever watches it calls you when it stops."""

    @property
    def is_on(self) -> bool:
        """Whether heartbeats are looked for."""
        return bool(self.sources) and self.key is not None

    def every_of(self, source: str) -> timedelta:
        """How often the source should be heard."""
        return self.sources.get(source) or self.every

    def old_after(self, source: str) -> timedelta:
        """A heartbeat that was under way for longer is not believed: the next one is late already."""
        return min(self.every_of(source) + self.late_after, REMEMBERED)


def mistakes_in_heartbeat(
    data: Mapping[str, Any], senders: Collection[str]
) -> Iterator[tuple[tuple[str, ...], str]]:
    """What is wrong with the section of the file beside the other sections; each with its path."""
    section = data.get("heartbeat")
    if not isinstance(section, Mapping):
        return
    named = _by_source(section.get("sources"))
    sources = list(named) if isinstance(named, Mapping) else []
    if sources and not section.get("key"):
        yield ("heartbeat", "key"), "is missing, and hosts sign with it; make one with: openssl rand -hex 24"
    if not sources:
        yield ("heartbeat", "sources"), "is empty; name the sources that a heartbeat comes through"
    for source in map(str, sources):
        if source not in senders:
            yield ("heartbeat", "sources"), did_you_mean(source, sorted(senders), "source or poll")
