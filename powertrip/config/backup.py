"""The section `backup`: who is told of events while Slack cannot be reached."""

import logging
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from powertrip.setting.section import Section
from powertrip.setting.values import Duration, SourceName, Written, empty_if_none

SILENT = logging.CRITICAL + 1


def _check_apprise(value: SecretStr) -> SecretStr:
    # Imported here, for it loads all its services, which takes most of a second.
    import apprise  # noqa: PLC0415

    # It writes addresses that it cannot read, and their passwords, to its log.
    logging.getLogger("apprise").setLevel(SILENT)
    if apprise.Apprise.instantiate(value.get_secret_value(), suppress_exceptions=True) is None:
        raise ValueError(
            "is not an address that Apprise knows; write one such as mailto://USER:PASSWORD@example.com "
            "or pagerduty://KEY@TOKEN (github.com/caronc/apprise lists all)"
        )
    return value


AppriseUrl = Annotated[SecretStr, AfterValidator(_check_apprise), Written("an Apprise address")]


class BackupChannel(Section):
    """One way to tell people without Slack; cards call it by its name."""

    url: AppriseUrl
    """Its address in Apprise's notation. All of it is kept secret."""


Channels = Annotated[
    dict[SourceName, BackupChannel], BeforeValidator(empty_if_none), Field(default_factory=dict)
]


class Backup(Section):
    """Who is told of events while Slack cannot be reached."""

    after: Duration = timedelta(minutes=5)
    """An event that could not be posted for this long is told by every channel, once."""
    channels: Channels
    """Without any, events wait for Slack alone."""
