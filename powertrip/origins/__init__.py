"""Ways to tell a host intrusion detection system what was decided: a file per way."""

from powertrip.origins.callback import Callback
from powertrip.origins.indexer import Indexer
from powertrip.origins.wazuh4 import Wazuh4
from powertrip.origins.wire import Wire, new_client

__all__ = ["Callback", "Indexer", "Wazuh4", "Wire", "new_client"]
