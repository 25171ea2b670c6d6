"""Polled sources: a file per API, each with its settings; all are listed below."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from powertrip.ingest import Backfill, Limits
from powertrip.net import HttpClient
from powertrip.sources.papertrail import Papertrail
from powertrip.sources.polled.api import poll_client
from powertrip.sources.polled.aptible_operations import AptiblePoll
from powertrip.sources.polled.cloudwatch_logs import CloudWatchPoll
from powertrip.sources.polled.papertrail_search import PapertrailBackfill, PapertrailPoll
from powertrip.sources.polled.settings import PollSection
from powertrip.sources.polled.wazuh_indexer import WazuhPoll
from powertrip.sources.settings import Source

__all__ = ["AnyPoll", "PollSection", "build_backfills", "poll_client"]

AnyPoll = Annotated[PapertrailPoll | CloudWatchPoll | AptiblePoll | WazuhPoll, Field(discriminator="type")]


def build_backfills(settings: Mapping[str, Source], client: HttpClient) -> dict[str, Backfill]:
    """What fetches that which senders left out, by source, for the sources with a token for it."""
    return {
        name: PapertrailBackfill(name, entry, Limits(), client)
        for name, entry in settings.items()
        if isinstance(entry, Papertrail) and entry.backfill_token is not None
    }
