"""The settings that all polls share."""

from abc import abstractmethod
from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import Field

from powertrip.config.section import Section
from powertrip.config.values import Duration, Url
from powertrip.domain.voices import ExpectedVoice
from powertrip.ingest.contract import Page, PollRequest


class PollSection(Section):
    """One API that is asked for log records again and again; rules name it as they name a source."""

    packs: ClassVar[tuple[str, ...]] = ()
    """The rule packs that are made for this type; none where it carries what others wrote, of any kind."""

    log: ClassVar[str | None] = None
    """The service whose ids name one record wherever they come from."""

    type: str
    """The API."""
    every: Duration = timedelta(seconds=30)
    """The time between two rounds."""
    look_back: Duration = timedelta(hours=1)
    """Where the very first round begins, before its start."""
    catch_up: Annotated[int, Field(ge=1)] = 10_000
    """About so many records are taken in one round; the security channel is told where more wait."""
    tell_failing_after: Duration = timedelta(minutes=15)
    """The security channel is told of a poll that fails for this long."""
    expect_within: Duration | None = None
    """The security channel is told when no new record came for this long."""
    expect: tuple[ExpectedVoice, ...] = ()
    same_log_as: str | None = None
    """Another source or poll that reads the same log and gives its records the same ids: what one of the two
    told of is not asked about again when it comes by the other."""
    url: Url | None = None
    """Another server than the API's own."""

    @property
    def programs(self) -> tuple[str, ...]:
        """The programs that all its records are of, where that can be known."""
        return ()

    @property
    def text_keys(self) -> tuple[str, ...]:
        """Where each record has a log line; empty where records need none."""
        return ()

    @abstractmethod
    async def fetch(self, request: PollRequest) -> Page:
        """See `Poll`."""


class PollByTime(PollSection):
    """An API that is asked from a time on, where records come late."""

    overlap: Duration = timedelta(minutes=10)
    """How far back each round looks again, for what comes late."""
