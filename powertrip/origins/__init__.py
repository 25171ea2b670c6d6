"""Ways to tell a host intrusion detection system what was decided: a file per way, with its settings."""

from typing import Annotated

from pydantic import Field

from powertrip.origins.callback import Callback, TellCallback
from powertrip.origins.indexer import Indexer, TellIndexer
from powertrip.origins.settings import TellSettings, Way
from powertrip.origins.wazuh4 import TellWazuh4, Wazuh4

__all__ = ["AnyTell", "Callback", "Indexer", "TellSettings", "Way", "Wazuh4"]

AnyTell = Annotated[TellWazuh4 | TellIndexer | TellCallback, Field(discriminator="type")]
