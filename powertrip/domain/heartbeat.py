"""The heartbeat: a signed, made-up login by which the whole chain proves that it lives.

A host signs the name of a user that nobody has, `powertrip-heartbeat-TIME-NONCE-SIGNATURE`: the Unix time, 16
hexadecimal digits by chance, and HMAC-SHA256 over `powertrip-heartbeat`, the source's name, the time and the
nonce, joined by line feeds. The name goes into a login like any other, so that the rules take it for one.
"""

import hashlib
import hmac
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr

from powertrip.config.section import Section
from powertrip.config.values import Duration, SecretAddress, SourceName, SourceSecret, Written, did_you_mean

USER = "powertrip-heartbeat"
"""How the user names of heartbeats begin; no real user may have such a name."""
ADDRESS = "192.0.2.1"
"""Where the made-up login comes from, if its line says: from TEST-NET-1 (RFC 5737), which nobody has."""
REMEMBERED = timedelta(days=1)
"""How long a nonce is known, and so how old a heartbeat may be at most."""
AHEAD = timedelta(hours=1)
"""How far the clock of a host may be ahead of ours at most."""
REASON = "heartbeat"
"""The field of an event that says why its record is no heartbeat."""
TOLD_APART = 4
"""Names that are looked for in one record; one is there, and who adds more has something else in mind."""

_NAME = re.compile(r"powertrip-heartbeat-([0-9]{10})-([0-9a-f]{16})-([0-9a-f]{64})(?![0-9a-f])", re.ASCII)
# Without a rule there is no user name, only the words of sshd.
_ACCEPTED = re.compile(r"Accepted [a-z/-]{1,40} for powertrip-heartbeat", re.ASCII)
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


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
    if url.scheme == "http" and host not in _LOOPBACK:
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


def sign(key: SecretStr, *, source: str, sent_at: int, nonce: str) -> str:
    """The signature, in lower-case hexadecimal digits; `sent_at` is Unix time."""
    signed = f"{USER}\n{source}\n{sent_at}\n{nonce}"
    return hmac.new(key.get_secret_value().encode(), signed.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """One heartbeat, signed as it should be."""

    source: str
    """The one that it is signed for."""
    sent_at: datetime
    nonce: str


@dataclass(frozen=True, slots=True)
class NotGenuine:
    """Why something that claims to be the heartbeat is not."""

    reason: str


def is_claimed_by(user_name: str | None) -> bool:
    """Whether a user name claims to be the heartbeat's."""
    return user_name is not None and user_name.casefold().startswith(USER)


def is_claimed_in(message: str) -> bool:
    """Whether a message that no rule takes claims to be the heartbeat's login."""
    return _ACCEPTED.search(message) is not None


def names_in(*texts: str) -> Iterator[str]:
    """The names of heartbeats in what a record holds."""
    found = (match[0] for text in texts for match in _NAME.finditer(text))
    for number, name in enumerate(dict.fromkeys(found)):
        if number < TOLD_APART:
            yield name


def verify(
    name: str,
    section: HeartbeatSection,
    *,
    source: str,
    received_at: datetime,
    outage: "Outage | None" = None,
) -> Beat | NotGenuine:
    """Judge a user name that came through `source`, for which it may not be signed.

    What its nonce says is for the database.
    """
    match = _NAME.fullmatch(name)
    if match is None:
        return NotGenuine("it is not signed")
    sent_at, nonce, signature = int(match[1]), match[2], match[3]
    signed_for = [
        candidate
        for candidate in dict.fromkeys((source, *section.sources))
        if section.key is not None
        and hmac.compare_digest(sign(section.key, source=candidate, sent_at=sent_at, nonce=nonce), signature)
    ]
    if not signed_for:
        return NotGenuine("its signature is wrong")
    beat = Beat(source=signed_for[0], sent_at=datetime.fromtimestamp(sent_at, UTC), nonce=nonce)
    age = received_at - beat.sent_at
    if -age > min(section.late_after, AHEAD):
        return NotGenuine("it is dated ahead: the clock of its host is wrong, or it was made in advance")
    is_excused = outage is not None and outage.covers(beat.sent_at) and age <= REMEMBERED
    if age > section.old_after(beat.source) and not is_excused:
        return NotGenuine("it is too old: it was held back, or is sent again")
    return beat


@dataclass(frozen=True, slots=True)
class Outage:
    """The last time that Powertrip itself did not run, and senders had to wait."""

    began_at: datetime
    ended_at: datetime

    def covers(self, moment: datetime) -> bool:
        """Whether what was sent then could not be taken."""
        return self.began_at <= moment <= self.ended_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What is known of one source."""

    source: str
    since: datetime
    """When it was first waited for."""
    sent_at: datetime | None = None
    """When its newest heartbeat was signed."""
    received_at: datetime | None = None
    judged_at: datetime | None = None
    rule: str | None = None
    """The rule that took it."""
    problem: str | None = None
    """Why no rule took it."""
    claims: int = 0
    """Records since then that claimed to be the heartbeat, and were not."""
    claim: str | None = None
    """Why the newest of those was not."""
    refused: Mapping[str, int] = field(default_factory=dict)
    """Requests since the hour of then that were refused, by the cause."""
    real_at: datetime | None = None
    """When a record that is no heartbeat was last heard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The one message that shows the heartbeat, and who was told what beside it."""

    channel: str | None = None
    ts: str | None = None
    uid: str | None = None
    """In the message's metadata."""
    attempted_at: datetime | None = None
    """When it was last tried to post it, while nobody knows what became of that."""
    pinged_at: datetime | None = None
    """When the address outside was last called."""
    told: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """What each backup channel was told is broken, and not yet that it is mended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """All that the database knows of the heartbeat."""

    heard: tuple[Heard, ...]
    card: Card
    waiting_since: datetime | None
    """When the oldest record came that is not judged yet."""


class Link(StrEnum):
    """The parts of the chain that can break."""

    SOURCE = "source"
    RULE = "rule"
    WORKER = "worker"
    DATABASE = "database"
    SLACK = "Slack"
    SOCKET = "socket"
    PING = "ping"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One broken link."""

    link: Link
    text: str
    """A sentence that names it, with what is known."""
    source: str | None = None


def source_trouble(heard: Heard, section: HeartbeatSection, now: datetime) -> Trouble | None:
    """What is wrong between the sender of a source and the rules."""
    if heard.sent_at is not None and heard.problem is not None:
        text = f"arrived but no rule took it: {heard.problem}"
        return Trouble(link=Link.RULE, source=heard.source, text=text)
    due_at = (heard.sent_at or heard.since) + section.every_of(heard.source)
    if now - due_at < section.late_after:
        return None
    return Trouble(link=Link.SOURCE, source=heard.source, text=_nothing_arrived(heard))


def _nothing_arrived(heard: Heard) -> str:
    text = f"nothing arrived from {heard.source}: sender, shipper, network, secret or proxy"
    known = [f"{count} requests were refused: {cause}" for cause, count in sorted(heard.refused.items())]
    if heard.claims:
        known.append(f"{heard.claims} records claimed to be it and are asked about (the last: {heard.claim})")
    since = "since the hour of the last one"
    return f"{text}; {since} {', '.join(known)}" if known else f"{text}; {since} no request was refused"
