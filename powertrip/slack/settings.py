"""The sections `slack` and `lookups`."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from powertrip.config.section import Section
from powertrip.config.values import (
    AT_START,
    AppToken,
    BaseUrl,
    BotToken,
    ChannelRef,
    Duration,
    Environment,
    SlashCommand,
)


class SlackSection(Section):
    """The workspace that is asked."""

    bot_token: Annotated[BotToken, AT_START, Environment("SLACK_BOT_TOKEN", overrides=False)]
    """The Bot User OAuth Token, from OAuth & Permissions."""
    app_token: Annotated[AppToken, AT_START, Environment("SLACK_APP_TOKEN", overrides=False)]
    """An App-Level Token with the scope `connections:write`, from Basic Information."""
    base_url: Annotated[BaseUrl, AT_START] = "https://slack.com/api/"
    """The server that speaks Slack's protocol."""
    security_channel: ChannelRef = "#security"
    """Where reminders go, and every event that no person can be asked about."""
    command: SlashCommand = "/powertrip"
    """The slash command, as the app's manifest names it."""
    channel_interval: Duration = timedelta(seconds=1)
    """The least time between two messages to one channel; Slack allows about one a second."""
    posts_per_minute: Annotated[int, Field(ge=1, le=100_000)] = 240
    """New messages to all channels, beside a burst of a quarter as many; Slack allows some hundred."""
    update_interval: Duration = timedelta(milliseconds=1200)
    """The least time between two changes of messages; Slack allows about fifty a minute."""


class Lookups(Section):
    """Finding people in Slack."""

    timeout: Duration = timedelta(seconds=4)
    """After this what Slack said before counts; who is known by an address alone is waited for without it."""
    keep: Duration = timedelta(minutes=10)
    """How long an answer is used again."""
