"""What the sources share whose senders prove themselves with the secret alone."""

from dataclasses import dataclass

from powertrip.ingest import IngestRequest
from powertrip.sources.auth import authorize
from powertrip.sources.records import RecordMaker
from powertrip.sources.settings import Limits, RecordKeys, SourceSettings


@dataclass(frozen=True, slots=True)
class SourceBySecret:
    """A source without its `read`."""

    settings: SourceSettings
    limits: Limits

    @property
    def name(self) -> str:
        """The source's name in the config."""
        return self.settings.name

    def authorize(self, request: IngestRequest) -> None:
        """See `powertrip.ingest.Source`."""
        authorize(request, self.settings.secret, self.settings.auth_header)

    def maker(self, keys: RecordKeys) -> RecordMaker:
        """Makes this source's records of values with these keys."""
        return RecordMaker(source=self.name, keys=keys, limits=self.limits, zone=self.settings.time_zone)
