"""Every setting of the configuration file, with its default; the docstrings are the reference.

The rules are not here: `powertrip.rules` reads their section.
"""

from datetime import timedelta
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, model_validator

from powertrip.config.backup import Backup
from powertrip.config.enrichment import Enrichment
from powertrip.config.origins import Origin
from powertrip.config.severity import SeverityLists
from powertrip.event import Severity
from powertrip.setting.section import Section
from powertrip.setting.values import (
    AT_START,
    AppToken,
    BaseUrl,
    BotToken,
    ChannelRef,
    DatabaseUrl,
    Duration,
    Email,
    Environment,
    GroupId,
    MemberId,
    OneOrMore,
    Size,
    SlashCommand,
    SourceName,
    SourceSecret,
    Written,
    as_list,
    empty_if_none,
)
from powertrip.sources import AnySource
from powertrip.sources.polled import AnyPoll

Demands = Annotated[
    tuple[Literal["reason", "second_person"], ...],
    BeforeValidator(as_list),
    Written("`reason`, `second_person`, or a list of both"),
]


class Slack(Section):
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
    update_interval: Duration = timedelta(milliseconds=1200)
    """The least time between two changes of messages; Slack allows about fifty a minute."""


class Reviewers(Section):
    """Who may decide every event. Without any, nobody can answer for a bot or an unknown user."""

    users: tuple[MemberId, ...] = ()
    """Slack member ids."""
    group: GroupId | None = None
    """A user group whose members are reviewers too."""


class Person(Section):
    """The Slack member, or the bot, behind a user name: exactly one of `slack`, `email` and `bot`."""

    slack: MemberId | None = None
    """Their Slack member id."""
    email: Email | None = None
    """The e-mail address of their Slack account, and one of their names."""
    bot: bool = False
    """Whether a program uses this name: its events go to the security channel."""
    team: str | None = None
    """The team that owns a bot, said on its cards."""
    names: tuple[str, ...] = ()
    """Further names of the same person: unix users, e-mail addresses, AWS users or SSO sessions, Okta ids."""
    github: str | None = None
    """Their GitHub login. Capitals do not matter in it, nor in e-mail addresses; in other names they do."""


class Ingest(Section):
    """The endpoint that takes log records."""

    host: Annotated[str, AT_START] = "0.0.0.0"  # noqa: S104 - log senders are elsewhere, and each needs its secret
    """The address to listen on."""
    port: Annotated[int, Field(ge=0, le=65535), AT_START, Environment("PORT", overrides=True)] = 8080
    """The port to listen on; 0 takes any that is free."""
    max_body: Size = 8 << 20
    """A larger request is refused."""
    max_inflated: Size = 64 << 20
    """A compressed request that inflates to more is refused."""
    backlog_limit: Annotated[int, Field(ge=1)] = 100_000
    """While more records than this wait to be judged, senders are told to retry."""
    retry_after: Duration = timedelta(seconds=30)
    """When senders are told to retry."""

    @model_validator(mode="after")
    def _inflated_is_no_smaller(self) -> Self:
        if self.max_inflated < self.max_body:
            raise ValueError("max_inflated is below max_body; write at least the same size")
        return self


class Api(Section):
    """What others may read of Powertrip."""

    token: SourceSecret | None = None
    """The bearer token of `/api/v1/decisions`; without it there is no such address."""


class Database(Section):
    """Where everything is kept."""

    url: Annotated[DatabaseUrl, AT_START, Environment("DATABASE_URL", overrides=True)] = SecretStr(
        "sqlite:///powertrip.db"
    )
    """SQLite, or PostgreSQL where the disk does not last or `web` and `worker` run apart. A relative FILE
    begins at the folder of the configuration file, wherever Powertrip is started."""


class When(Section):
    """Which events a policy is about; what is not said matches all, what is said must all match."""

    rule: OneOrMore = ()
    """The rule's name."""
    host: OneOrMore = ()
    """A host name, with `*` for any text."""
    user: OneOrMore = ()
    """A user name, with `*` for any text."""
    severity: Severity | None = None
    """This severity, and all above it."""


class Policy(Section):
    """What it takes to approve some events; where several apply, all are required."""

    when: When = When()
    """The events it is about."""
    require: Annotated[Demands, Field(min_length=1)]
    """What approving takes beyond a click."""


class Reminders(Section):
    """How often is asked again while nobody has decided."""

    remind_after: Duration = timedelta(minutes=10)
    """When the first reminder comes, counted from the first card."""
    remind_every: Duration = timedelta(hours=1)
    """The time from the first reminder to the second."""
    backoff: Annotated[float, Field(ge=1, le=10)] = 1.0
    """Each further interval is this many times the one before."""
    remind_every_max: Duration = timedelta(hours=24)
    """No interval grows beyond this."""
    mention_after: Annotated[int, Field(ge=1)] = 2
    """From this reminder on the reviewers are mentioned."""
    together: Annotated[int, Field(ge=1)] = 3
    """More events than this, due at once, are told in one message."""


class Cards(Section):
    """What cards say about the time of an event."""

    late_after: Duration = timedelta(minutes=10)
    """A record that is older when it arrives is called late."""
    future_after: Duration = timedelta(minutes=5)
    """A record that is dated further ahead is called one from the future."""


class Lookups(Section):
    """Finding people in Slack."""

    timeout: Duration = timedelta(seconds=4)
    """After this what Slack said before counts; who is listed with a Slack id is asked all the same."""
    keep: Duration = timedelta(minutes=10)
    """How long an answer is used again."""


class Quarantine(Section):
    """The records that a rule should have judged and could not."""

    report_every: Duration = timedelta(minutes=15)
    """The security channel is told at most this often, with a count."""
    keep: Annotated[int, Field(ge=1)] = 10_000
    """At most this many are kept; the oldest go first."""
    keep_bytes: Size = 64 << 20
    """At most this much is kept; the oldest go first."""


class Retention(Section):
    """How long what is no longer needed stays. Events, decisions and the audit always stay."""

    records: Duration = timedelta(days=30)
    """The records as they came, once they are judged, and deliveries once they are made."""


class Log(Section):
    """What Powertrip says of itself on standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important entries that are written."""
    format: Literal["auto", "human", "json"] = "auto"
    """`auto` is human on a terminal and JSON elsewhere."""


class Settings(Section):
    """The whole file, the rules aside."""

    slack: Slack
    reviewers: Reviewers = Reviewers()
    people: Annotated[dict[str, Person], Field(default_factory=dict)]
    sources: Annotated[dict[SourceName, AnySource], Field(default_factory=dict)]
    origins: Annotated[dict[SourceName, Origin], Field(default_factory=dict)]
    polls: Annotated[
        dict[SourceName, AnyPoll], AT_START, BeforeValidator(empty_if_none), Field(default_factory=dict)
    ]
    ingest: Ingest = Ingest()
    api: Api = Api()
    database: Database = Database()
    policy: tuple[Policy, ...] = ()
    reminders: Reminders = Reminders()
    severity: SeverityLists = SeverityLists()
    backup: Annotated[Backup, Field(default_factory=Backup)]
    cards: Cards = Cards()
    lookups: Lookups = Lookups()
    enrichment: Annotated[Enrichment, AT_START] = Enrichment()
    quarantine: Quarantine = Quarantine()
    retention: Retention = Retention()
    log: Log = Log()

    def database_label(self) -> str:
        """The database as it can be shown: without password and parameters."""
        url = urlsplit(self.database.url.get_secret_value())
        return f"{url.scheme}://{url.hostname or ''}{url.path}"
