"""Sources: a file per wire format, each making records of requests. The types are in the table below."""

from collections.abc import Callable, Iterable

from powertrip.ingest import Source
from powertrip.sources.generic_json import JsonSource
from powertrip.sources.pam import PamSource
from powertrip.sources.papertrail import PapertrailSource
from powertrip.sources.settings import Limits, RecordKeys, SourceSettings

__all__ = ["Limits", "RecordKeys", "SourceSettings", "build_sources"]


def build_sources(
    settings: Iterable[SourceSettings], *, limits: Limits, on_batch_cut: Callable[[str], None]
) -> dict[str, Source]:
    """The sources by name; `on_batch_cut` is called with a source's name when its sender left records out."""
    builders: dict[str, Callable[[SourceSettings], Source]] = {
        "papertrail": lambda entry: PapertrailSource(entry, limits, on_batch_cut),
        "json": lambda entry: JsonSource(entry, limits),
        "pam": lambda entry: PamSource(entry, limits),
    }
    return {entry.name: builders[entry.type](entry) for entry in settings}
