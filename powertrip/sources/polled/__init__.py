"""Polled sources: a file per API, each making a page of records of one answer."""

from collections.abc import Callable, Iterable

import httpx

from powertrip.ingest import Backfill, Poll
from powertrip.sources.polled.aptible_operations import AptibleOperations
from powertrip.sources.polled.cloudwatch_logs import CloudWatchLogs
from powertrip.sources.polled.papertrail_search import PapertrailBackfill, PapertrailSearch
from powertrip.sources.polled.settings import PollSettings
from powertrip.sources.polled.wazuh_indexer import WazuhIndexer
from powertrip.sources.settings import Limits, SourceSettings

__all__ = ["PollSettings", "build_backfills", "build_polls"]


def build_polls(settings: Iterable[PollSettings], client: httpx.AsyncClient) -> dict[str, Poll]:
    """The polls by name, sharing one client."""
    limits = Limits()
    builders: dict[str, Callable[[PollSettings], Poll]] = {
        "papertrail_search": lambda entry: PapertrailSearch(entry, limits, client),
        "cloudwatch_logs": lambda entry: CloudWatchLogs(entry, limits),
        "aptible_operations": lambda entry: AptibleOperations(entry, limits, client),
        "wazuh_indexer": lambda entry: WazuhIndexer(entry, limits, client),
    }
    return {entry.name: builders[entry.type](entry) for entry in settings}


def build_backfills(settings: Iterable[SourceSettings], client: httpx.AsyncClient) -> dict[str, Backfill]:
    """What fetches that which senders left out, by source, for the sources with a token for it."""
    limits = Limits()
    return {
        entry.name: PapertrailBackfill(entry, limits, client)
        for entry in settings
        if entry.backfill_token is not None
    }
