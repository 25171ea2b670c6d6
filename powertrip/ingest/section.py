"""The config section `ingest`: where records are taken, and how much."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any

from pydantic import Field

from powertrip.config.read import Problem
from powertrip.config.section import Section
from powertrip.config.values import AT_START, Duration, Environment, Size, Url, parse_size, write_size
from powertrip.ingest.contract import DEFAULT_LIMITS, Limits

MAX_CONNECTIONS = 512
"""Half of the files that a process may have open where nobody has raised that."""


class Ingest(Section):
    """The endpoint that takes log records."""

    host: Annotated[str, AT_START] = "0.0.0.0"  # noqa: S104 - log senders are elsewhere, and each needs its secret
    """The address to listen on."""
    port: Annotated[int, Field(ge=0, le=65535), AT_START, Environment("PORT", overrides=True)] = 8080
    """The port to listen on; 0 takes any that is free."""
    public_url: Url | None = None
    """Where senders reach it, such as `https://powertrip.example.com`; tests are sent there."""
    max_body: Size = DEFAULT_LIMITS.body_bytes
    """A larger request is refused."""
    max_inflated: Size = DEFAULT_LIMITS.inflated_bytes
    """A compressed request that inflates to more is refused."""
    max_held: Size = DEFAULT_LIMITS.held_bytes
    """Held of all bodies at once, of which one source has half at most; beyond, senders are told to retry."""
    max_unproven: Size = DEFAULT_LIMITS.unproven_bytes
    """The same of bodies that are signed, and so held before it is known who sent them."""
    max_connections: Annotated[int, Field(ge=1)] = MAX_CONNECTIONS
    """Connections served at once; of more each is answered 503."""
    backlog_limit: Annotated[int, Field(ge=1)] = 100_000
    """While more records than this wait to be judged, senders are told to retry."""
    retry_after: Duration = timedelta(seconds=30)
    """When senders are told to retry."""

    @cached_property
    def limits(self) -> Limits:
        """How much is taken of a request, and of all at once."""
        return Limits(
            body_bytes=self.max_body,
            # A body that is taken as it is may also come compressed.
            inflated_bytes=max(self.max_inflated, self.max_body),
            held_bytes=self.max_held,
            unproven_bytes=self.max_unproven,
        )


def mistakes_in_ingest(data: Mapping[str, Any]) -> Iterator[Problem]:
    """Mistakes that take two settings to make."""
    ingest = data.get("ingest")
    written, default = ingest if isinstance(ingest, dict) else {}, Ingest()
    if "max_inflated" not in written:
        return
    try:
        max_body = parse_size(written["max_body"]) if "max_body" in written else default.max_body
        max_inflated = parse_size(written["max_inflated"])
    except ValueError:  # the setting itself has a mistake, which is reported already
        return
    if max_inflated < max_body:
        yield ("ingest", "max_inflated"), "is below max_body; write at least the same size"


def doubts_in_ingest(section: Ingest) -> Iterator[Problem]:
    """A body that is no larger than one may be, and that all together never have room for."""
    # One source has half of it.
    least = 2 * section.max_body
    if section.max_held < least:
        problem = (
            "one source has half of it, so that the largest bodies that max_body allows for are never taken, "
            f"however often they are sent again; write {write_size(least)}, or lower max_body"
        )
        yield ("ingest", "max_held"), problem
