"""The section `polls`: APIs that are asked for records."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr

from powertrip.config.section import Section
from powertrip.config.values import Duration, SourceName, Written, empty_if_none

Secret = Annotated[SecretStr, Field(min_length=1), Written("text, kept secret")]
Url = Annotated[str, Field(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$"), Written("an http or https address")]
RuleId = Annotated[str, Field(pattern=r"^\d{1,10}$"), Written("a number in quotes")]


class Poll(Section):
    """One API that is asked for log records again and again; rules name it as they name a source."""

    type: Literal["papertrail_search", "cloudwatch_logs", "aptible_operations", "wazuh_indexer"]
    """The API."""
    every: Duration = timedelta(seconds=30)
    """The time between two rounds."""
    overlap: Duration = timedelta(minutes=10)
    """How far back each round looks again, for what comes late. Not used by `papertrail_search`."""
    look_back: Duration = timedelta(hours=1)
    """Where the very first round begins, before its start."""
    catch_up: Annotated[int, Field(ge=1)] = 10_000
    """About so many records are taken in one round; the security channel is told where more wait."""
    tell_failing_after: Duration = timedelta(minutes=15)
    """The security channel is told of a poll that fails for this long."""
    expect_within: Duration | None = None
    """The security channel is told when no new record came for this long."""
    url: Url | None = None
    """Another server than the API's own; required for `wazuh_indexer`."""
    token: Secret | None = None
    """For `papertrail_search` and `aptible_operations`: the API token."""
    username: str | None = None
    """For `wazuh_indexer`."""
    password: Secret | None = None
    """For `wazuh_indexer`."""
    query: str | None = None
    """For `papertrail_search` the search, for `cloudwatch_logs` the filter pattern; none for all."""
    account: str | None = None
    """For `aptible_operations`: the number of the account."""
    index: str | None = None
    """For `wazuh_indexer`, where it is not `wazuh-alerts-4.x-*`."""
    rule_ids: tuple[RuleId, ...] = ()
    """For `wazuh_indexer`: only alerts of these Wazuh rules."""
    log_group: str | None = None
    """For `cloudwatch_logs`."""
    region: str | None = None
    """For `cloudwatch_logs`: the AWS region."""


Polls = Annotated[dict[SourceName, Poll], BeforeValidator(empty_if_none), Field(default_factory=dict)]
