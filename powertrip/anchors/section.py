"""What all anchors share."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from powertrip.config.section import Section
from powertrip.domain.checkpoint import Checkpoint
from powertrip.net import HttpClient


class AnchorSection(Section):
    """A place outside that keeps checkpoints where whoever rewrites the database cannot reach them."""

    needs: ClassVar[tuple[str, str] | None] = None
    """A module that is not installed with the rest, and the package that has it."""

    type: str
    """A webhook of your own, a bucket of S3 with object lock, or a time-stamping authority (RFC 3161)."""

    @abstractmethod
    async def keep(self, checkpoint: Checkpoint, client: HttpClient) -> str | None:
        """Have it kept, and return what proves it, if anything does; raises Unavailable or Rejected."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A section and its connection; implements `powertrip.pipeline.ports.Anchor`."""

    section: AnchorSection
    client: HttpClient

    async def keep(self, checkpoint: Checkpoint) -> str | None:
        return await self.section.keep(checkpoint, self.client)
