"""Polled sources: a file per API, each with its settings; all are listed below."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from powertrip.ingest.contract import Backfill
from powertrip.ingest.source import SourceSection
from powertrip.net import HttpClient
from powertrip.polls.api import poll_client
from powertrip.polls.aptible_operations import AptiblePoll
from powertrip.polls.cloudwatch_logs import CloudWatchPoll
from powertrip.polls.papertrail_search import PapertrailBackfill, PapertrailPoll
from powertrip.polls.section import PollSection
from powertrip.polls.wazuh_indexer import WazuhPoll
from powertrip.sources.papertrail import Papertrail

__all__ = ["AnyPoll", "PollSection", "build_backfills", "poll_client"]

AnyPoll = Annotated[PapertrailPoll | CloudWatchPoll | AptiblePoll | WazuhPoll, Field(discriminator="type")]


def build_backfills(settings: Mapping[str, SourceSection], client: HttpClient) -> dict[str, Backfill]:
    """A back-fill for each source with a token for it, by the source's name."""
    return {
        name: PapertrailBackfill(name, entry, client)
        for name, entry in settings.items()
        if isinstance(entry, Papertrail) and entry.backfill_token is not None
    }
