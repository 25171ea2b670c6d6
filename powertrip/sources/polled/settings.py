"""What the config says of one poll, as the sources want it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from pydantic import SecretStr

PollType = Literal["papertrail_search", "cloudwatch_logs", "aptible_operations", "wazuh_indexer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PollSettings:
    """One entry of `polls` in the config."""

    name: str
    type: PollType
    overlap: timedelta
    """How far back each round looks again, for what came late with an old time."""
    url: str | None = None
    token: SecretStr | None = None
    username: str | None = None
    password: SecretStr | None = None
    query: str | None = None
    account: str | None = None
    index: str | None = None
    rule_ids: tuple[str, ...] = ()
    log_group: str | None = None
    region: str | None = None
