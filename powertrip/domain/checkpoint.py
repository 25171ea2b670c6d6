"""How far a history has come, in one line of text that can be told anywhere and found again in any log.

    powertrip-checkpoint lines=812 head=9f… at=2026-01-15T12:00:00Z version=1.4.0 key=1a2b… signature=…

The signature is Ed25519 over all that stands before ` signature=`; `key` is the beginning of the SHA-256 of
the public key.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

# Within functions, for it takes 8 MiB, and most who run Powertrip sign nothing.
# ruff: noqa: PLC0415
if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SEED = 32
"""Bytes of a private key of Ed25519."""
_FORM = re.compile(
    r"powertrip-checkpoint lines=(?P<lines>\d{1,18}) head=(?P<head>[0-9a-f]{64}) "
    r"at=(?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) version=(?P<version>[\w.+-]{1,60})"
    r"(?: key=(?P<key>[0-9a-f]{16}) signature=(?P<signature>[A-Za-z0-9+/]{86}==))?"
)
_SIGNATURE = " signature="


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A claim of how many lines there were at a moment, and how the last of them hashed."""

    lines: int
    head: str
    at: datetime
    version: str
    text: str
    """All of it, as it is told."""

    @property
    def label(self) -> str:
        """For people."""
        return f"the checkpoint of {self.at:%Y-%m-%d %H:%M:%S} UTC ({self.lines} lines)"

    @property
    def is_signed(self) -> bool:
        return _SIGNATURE in self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoints:
    """When checkpoints are made, and for whom."""

    every: timedelta = timedelta(hours=1)
    version: str = "unknown"
    """The release that makes them."""
    key: "Ed25519PrivateKey | None" = None
    anchors: tuple[str, ...] = ()
    in_channel: bool = True
    """Whether the security channel shows the newest."""


def private_key(text: str) -> "Ed25519PrivateKey":
    """The key of 32 bytes in base64; raises ValueError."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    try:
        seed = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("is no base64") from error
    if len(seed) != SEED:
        raise ValueError(f"holds {len(seed)} bytes, not {SEED}")
    return Ed25519PrivateKey.from_private_bytes(seed)


def public_key(text: str) -> "Ed25519PublicKey":
    """The key of 32 bytes in base64; raises ValueError."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    return Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))


def public_text(key: "Ed25519PublicKey") -> str:
    """A public key as it is handed to whoever checks signatures."""
    return base64.b64encode(key.public_bytes_raw()).decode()


def make(
    *, lines: int, head: str, at: datetime, version: str, key: "Ed25519PrivateKey | None" = None
) -> Checkpoint:
    """A checkpoint, signed if there is a key."""
    moment = f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    text = f"powertrip-checkpoint lines={lines} head={head} at={moment} version={version}"
    if key is not None:
        text += f" key={name_of(key.public_key())}"
        text += _SIGNATURE + base64.b64encode(key.sign(text.encode())).decode()
    return Checkpoint(lines=lines, head=head, at=at.replace(microsecond=0), version=version, text=text)


def found_in(texts: Iterable[str]) -> Iterator[Checkpoint]:
    """All checkpoints in lines of any form: a log, what a webhook kept, a message."""
    for text in texts:
        for found in _FORM.finditer(text):
            at = _moment(found["at"])
            if at is None:
                continue
            yield Checkpoint(
                lines=int(found["lines"]),
                head=found["head"],
                at=at,
                version=found["version"],
                text=found[0],
            )


def _moment(text: str) -> datetime | None:
    """None for the 45th of a month: anybody may write what looks like a checkpoint into a log."""
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def is_genuine(checkpoint: Checkpoint, key: "Ed25519PublicKey") -> bool:
    """Whether this key has signed it."""
    from cryptography.exceptions import InvalidSignature

    said, _, signature = checkpoint.text.partition(_SIGNATURE)
    if not signature:
        return False
    try:
        key.verify(base64.b64decode(signature), said.encode())
    except InvalidSignature:
        return False
    return True


def name_of(key: "Ed25519PublicKey") -> str:
    """The short name of a key, by which one sees which it was."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]
