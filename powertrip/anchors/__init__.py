"""Where checkpoints of the history are kept outside: a file an anchor, with its settings."""

import asyncio
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from powertrip.anchors.rfc3161 import Rfc3161Anchor
from powertrip.anchors.s3 import S3Anchor
from powertrip.anchors.section import AnchorSection, Kept
from powertrip.anchors.webhook import WebhookAnchor
from powertrip.config.section import Section
from powertrip.config.values import AT_START, Duration, SourceName, Written, empty_if_none
from powertrip.domain.checkpoint import private_key
from powertrip.errors import ConfigError, Mistake
from powertrip.net import HttpClient, Pool, new_client

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

__all__ = ["AnchorSection", "Anchors", "AnyAnchor", "AuditSection", "open_anchors"]

AnyAnchor = Annotated[WebhookAnchor | S3Anchor | Rfc3161Anchor, Field(discriminator="type")]
SHORTEST = timedelta(minutes=1)
"""Anchors are other people's services, and each checkpoint stays for ever."""


def _check_key(value: SecretStr) -> SecretStr:
    try:
        private_key(value.get_secret_value())
    except ValueError as error:
        raise ValueError(f"{error}; make one with: openssl rand -base64 32") from None
    return value


SigningKey = Annotated[SecretStr, AfterValidator(_check_key), Written("32 bytes in base64, kept secret")]


class AuditSection(Section):
    """The history: how often is told outside how far it has come, so that nobody rewrites it unseen."""

    checkpoint_every: Annotated[Duration, Field(ge=SHORTEST)] = timedelta(hours=1)
    """How often a checkpoint is made; one is made after each denial, too."""
    sign_with: Annotated[SigningKey | None, AT_START] = None
    """The private key (Ed25519) that signs checkpoints and marks rows; without it whoever reaches an anchor
    can make one, and whoever reaches the database can change what the history does not tell of yet."""
    slack: bool = True
    """Whether one message a month in the security channel shows the newest checkpoint; nobody is called."""
    anchors: Annotated[
        dict[SourceName, AnyAnchor], BeforeValidator(empty_if_none), Field(default_factory=dict), AT_START
    ]
    """Where else checkpoints are kept, by names of yours. The log has each of them in any case."""

    @property
    def key(self) -> "Ed25519PrivateKey | None":
        """What signs checkpoints."""
        return None if self.sign_with is None else private_key(self.sign_with.get_secret_value())


@dataclass(frozen=True, slots=True)
class Anchors:
    """The anchors by their names, and the connections they use."""

    by_name: Mapping[str, Kept]
    pools: Sequence[Pool]

    async def close(self) -> None:
        await asyncio.gather(*(pool.aclose() for pool in self.pools))


def open_anchors(section: AuditSection, clock: Callable[[], datetime]) -> Anchors:
    """The way to each anchor; raises ConfigError where one needs what is not installed."""
    lacking = [
        Mistake(
            "config",
            f"audit.anchors.{name}",
            f"needs {anchor.needs[1]}; run: pip install {anchor.needs[1]}",
        )
        for name, anchor in section.anchors.items()
        if anchor.needs and importlib.util.find_spec(anchor.needs[0]) is None
    ]
    if lacking:
        raise ConfigError(lacking)
    pools = [new_client()] if section.anchors else []
    return Anchors(
        {
            name: Kept(anchor, HttpClient(client=pools[0], clock=clock, name=f"audit.anchors.{name}"))
            for name, anchor in section.anchors.items()
        },
        pools,
    )
