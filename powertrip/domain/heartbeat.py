"""The heartbeat: a signed, made-up login by which the whole chain proves that it lives.

A host signs the name of a user that nobody has, `powertrip-heartbeat-TIME-NONCE-SIGNATURE`: the Unix time, 16
hexadecimal digits by chance, and HMAC-SHA256 over `powertrip-heartbeat`, the source's name, the time and the
nonce, joined by line feeds. The name goes into a login like any other, so that the rules take it for one.
"""

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from pydantic import SecretStr

from powertrip.domain.heartbeat_section import REMEMBERED, HeartbeatSection

USER = "powertrip-heartbeat"
"""How the user names of heartbeats begin; no real user may have such a name."""
ADDRESS = "192.0.2.1"
"""Where the made-up login comes from, if its line says: from TEST-NET-1 (RFC 5737), which nobody has."""
AHEAD = timedelta(hours=1)
"""How far the clock of a host may be ahead of ours at most."""
SHOWN_AFTER = timedelta(minutes=1)
"""How long Slack may take to show what is late."""
REASON = "heartbeat"
"""The field of an event that says why its record is no heartbeat."""
TOLD_APART = 4
"""Names that are looked for in one record; one is there, and who adds more has something else in mind."""

_NAME = re.compile(r"powertrip-heartbeat-([0-9]{10})-([0-9a-f]{16})-([0-9a-f]{64})(?![0-9a-f])", re.ASCII)
# Without a rule there is no user name, only the words of sshd.
_ACCEPTED = re.compile(r"Accepted [a-z/-]{1,40} for powertrip-heartbeat", re.ASCII)


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


def next_change(
    heard: Sequence[Heard], troubles: Sequence[Trouble], section: HeartbeatSection
) -> datetime | None:
    """When the card has to have changed, for a heartbeat or for one that is late; None where none is due."""
    late = {trouble.source for trouble in troubles}
    due = [
        (item.sent_at or item.since) + section.every_of(item.source) + section.late_after
        for item in heard
        if item.source not in late
    ]
    return min(due) + SHOWN_AFTER if due else None


def _nothing_arrived(heard: Heard) -> str:
    text = f"nothing arrived from {heard.source}: sender, shipper, network, secret or proxy"
    known = [
        f"{count} {'request was' if count == 1 else 'requests were'} refused: {cause}"
        for cause, count in sorted(heard.refused.items())
    ]
    if heard.claims:
        records = "1 record" if heard.claims == 1 else f"{heard.claims} records"
        known.append(f"{records} claimed to be it and made an event: {heard.claim}")
    since = "since the hour of the last one"
    return f"{text}; {since} {', '.join(known)}" if known else f"{text}; {since} no request was refused"
