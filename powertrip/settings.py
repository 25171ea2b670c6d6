"""The whole configuration file, composed of the sections that the rooms own.

    YAML -> environment -> sections (pydantic) -> checks between sections -> rules -> Config

Each step adds the mistakes it finds; a configuration with any is refused with all of them.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, ConfigDict, Field

from powertrip.anchors import AuditSection
from powertrip.backup.channels import Backup
from powertrip.cards import CardSettings
from powertrip.config.environment import fill_in
from powertrip.config.fingerprint import fingerprint
from powertrip.config.https import LOOPBACK
from powertrip.config.read import Problem, as_mistakes, in_order, read_document, tables, top_of, validate
from powertrip.config.section import Section, secrets_in
from powertrip.config.values import (
    AT_START,
    DatabaseAddress,
    DatabaseUrl,
    Environment,
    SourceName,
    SourceSecret,
    empty_if_none,
    write_duration,
)
from powertrip.containment import ContainmentSection, mistakes_in_containment
from powertrip.domain.backlog import Backlog
from powertrip.domain.bursts import Bursts
from powertrip.domain.expectations import ExpectationSection
from powertrip.domain.heartbeat_section import HeartbeatSection, mistakes_in_heartbeat
from powertrip.domain.home import HomeSection
from powertrip.domain.not_me import NotMe
from powertrip.domain.people import Person
from powertrip.domain.pipelines import mistakes_in_pipelines
from powertrip.domain.policy import Policy
from powertrip.domain.quarantine import QuarantineSection
from powertrip.domain.reminders import Reminders
from powertrip.domain.report_section import ReportSection
from powertrip.domain.retention import Retention
from powertrip.domain.routing import Reviewers, mistakes_in_people
from powertrip.domain.rule_globs import doubts_in_globs
from powertrip.domain.severity import SeverityLists
from powertrip.domain.sources import UnmatchedSection
from powertrip.domain.storms import StormSection
from powertrip.domain.telling import AlsoTell, by_default
from powertrip.domain.voices import Expected, ExpectedVoice, mistakes_in_voices
from powertrip.enrichment import EnrichmentSection, mistakes_in_enrichment
from powertrip.errors import ConfigError, Mistake
from powertrip.hids import OriginSection, mistakes_in_origins
from powertrip.ingest.section import Ingest, doubts_in_ingest, mistakes_in_ingest
from powertrip.log import register_secret
from powertrip.polls import AnyPoll
from powertrip.proofs.section import ProofsSection, doubts_in_proofs, mistakes_in_proofs
from powertrip.rules import RuleSet, load_rules
from powertrip.slack.settings import Lookups, SlackSection
from powertrip.sources import AnySource
from powertrip.state.section import MetricsSection, doubts_in_metrics
from powertrip.wiring import doubts, mistakes_in_same_logs, unknown_rules

DEFAULT_RULES = [{"use": "ssh"}]

_NO_FILE = """\
there is no such file. There are two ways to start:
  make demo    tries Powertrip on this machine, with a Slack of its own
  cp config.example.yaml {path}    then set SLACK_BOT_TOKEN and SLACK_APP_TOKEN, and run it again"""


class Api(Section):
    """What others may read of Powertrip."""

    token: SourceSecret | None = None
    """The bearer token of `/api/v1/decisions` and `/api/v1/report`; without it there are none."""


class Database(Section):
    """Where everything is kept."""

    url: Annotated[DatabaseUrl, AT_START, Environment("DATABASE_URL", overrides=True)] = DatabaseAddress(
        "sqlite:///powertrip.db"
    )
    """SQLite, or PostgreSQL where the disk does not last or `web` and `worker` run apart. A relative FILE
    begins at the folder of the configuration file, wherever Powertrip is started."""


class Log(Section):
    """What Powertrip says of itself on standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important entries that are written."""
    format: Literal["auto", "human", "json"] = "auto"
    """`auto` is human on a terminal and JSON elsewhere."""


class ConfigFile(Section):
    """The whole file, the rules aside."""

    slack: SlackSection
    reviewers: Reviewers = Reviewers()
    people: Annotated[dict[str, Person], Field(default_factory=dict)]
    sources: Annotated[dict[SourceName, AnySource], Field(default_factory=dict)]
    origins: Annotated[dict[SourceName, OriginSection], Field(default_factory=dict)]
    polls: Annotated[dict[SourceName, AnyPoll], BeforeValidator(empty_if_none), Field(default_factory=dict)]
    ingest: Ingest = Ingest()
    api: Api = Api()
    metrics: MetricsSection = MetricsSection()
    database: Database = Database()
    policy: tuple[Policy, ...] = ()
    proofs: ProofsSection = ProofsSection()
    reminders: Reminders = Reminders()
    bursts: Bursts = Bursts()
    severity: SeverityLists = SeverityLists()
    storms: StormSection = StormSection()
    expectations: ExpectationSection = ExpectationSection()
    home: HomeSection = HomeSection()
    also_tell: Annotated[tuple[AlsoTell, ...], Field(default_factory=by_default)]
    """Whom else to tell of an event at once. An empty list tells nobody else."""
    not_me: NotMe = NotMe()
    containment: Annotated[ContainmentSection, Field(default_factory=ContainmentSection)]
    backup: Annotated[Backup, Field(default_factory=Backup)]
    cards: CardSettings = CardSettings()
    lookups: Lookups = Lookups()
    enrichment: Annotated[EnrichmentSection, AT_START] = EnrichmentSection()
    quarantine: QuarantineSection = QuarantineSection()
    heartbeat: Annotated[HeartbeatSection, Field(default_factory=HeartbeatSection)]
    unmatched: UnmatchedSection = UnmatchedSection()
    report: ReportSection = ReportSection()
    audit: Annotated[AuditSection, Field(default_factory=AuditSection)]
    retention: Retention = Retention()
    log: Log = Log()

    def database_label(self) -> str:
        """The database as it can be shown: without password and parameters."""
        url = urlsplit(self.database.url.get_secret_value())
        return f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path}"

    def texts(self) -> dict[str, tuple[str, ...]]:
        """The sources and polls of log lines, and the keys where each looks for one."""
        senders = [*self.sources.items(), *self.polls.items()]
        return {name: sender.text_keys for name, sender in senders if sender.text_keys}

    def expected_voices(self) -> Expected:
        """What the sources and polls are expected to send, and how long a silence may last."""
        found = {}
        for name, sender in [*self.sources.items(), *self.polls.items()]:
            whole = () if sender.expect_within is None else (ExpectedVoice(within=sender.expect_within),)
            if voices := (*whole, *sender.expect):
                found[name] = voices
        return found


class Config(ConfigFile):
    """All that the configuration says, read and checked."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    rules: RuleSet
    digest: str  # of all that it says, its secrets aside
    warnings: tuple[Mistake, ...]
    """What works and is probably not meant."""

    @property
    def backlog(self) -> Backlog:
        """How many records may wait to be judged, shared by all who send."""
        return Backlog(self.ingest.backlog_limit, senders=len(self.sources) + len(self.polls))


def load_config(path: Path, environ: Mapping[str, str]) -> Config:
    """Reads the YAML file at `path`, and has the log hide its secrets.

    Raises ConfigError with every mistake, in the order of the file. Where the YAML cannot be read, or keys
    stand twice, only those mistakes are known.
    """
    document = read_document(path, if_missing=_NO_FILE.format(path=path))
    # The tokens alone make a configuration, and both may come from the environment.
    data = {"slack": {}} | top_of(document)
    # Rules are full of $, and so are read as they stand, without the environment.
    entries = data.pop("rules", DEFAULT_RULES)
    retired = list(_retired(data))
    filled = fill_in(document, data, environ, ConfigFile)
    settings, mistakes = validate(ConfigFile, filled, document)
    mistakes += as_mistakes(_mistakes_between(filled.data), document)
    rules: RuleSet | None = None
    try:
        names = [str(name) for section in ("sources", "polls") for name, _ in tables(filled.data, section)]
        texts = settings.texts() if settings else {}
        rules = load_rules(
            entries, lambda where: document.where(("rules", *where)), sources=names, texts=texts
        )
        mistakes += as_mistakes(unknown_rules(filled.data, rules), document)
    except ConfigError as error:
        mistakes += error.mistakes
    if mistakes or settings is None or rules is None:
        raise ConfigError(in_order(mistakes))
    for secret in secrets_in(settings):
        register_secret(secret)
    database, left_behind = _anchored(settings.database, path)
    sections = {name: getattr(settings, name) for name in ConfigFile.model_fields} | {"database": database}
    # Rules that stand nowhere cannot be mended by taking them away.
    written = entries if entries is not DEFAULT_RULES else []
    doubtful = (*retired, *_warnings(settings, rules, written, environ), *left_behind)
    warnings = tuple(in_order(as_mistakes(doubtful, document)))
    return Config(**sections, rules=rules, digest=fingerprint(sections, entries), warnings=warnings)


def _retired(data: dict[str, Any]) -> Iterator[Problem]:
    """Removes settings of earlier versions that do nothing any more, with a warning of each."""
    for name, poll in tables(data, "polls"):
        if poll.get("type") == "papertrail_search" and "overlap" in poll:
            data["polls"][name] = {key: value for key, value in poll.items() if key != "overlap"}
            yield (
                ("polls", name, "overlap"),
                "does nothing for papertrail_search, which asks by id; remove it",
            )


def _mistakes_between(data: Mapping[str, Any]) -> Iterator[Problem]:
    """Mistakes that take two settings to make: each may be right, and both not."""
    yield from mistakes_in_people(data)
    yield from mistakes_in_pipelines(data)
    # Both are named in `source` of rules and in `origins`, where one name must mean one of them.
    sources = dict(tables(data, "sources"))
    for name, _ in tables(data, "polls"):
        if name in sources:
            yield ("polls", name), "is the name of a source too; give one of them another"
    yield from mistakes_in_heartbeat(data, [*sources, *(name for name, _ in tables(data, "polls"))])
    yield from mistakes_in_origins(data)
    yield from mistakes_in_same_logs(data)
    yield from mistakes_in_enrichment(data)
    yield from mistakes_in_proofs(data)
    yield from mistakes_in_containment(data)
    for section in ("sources", "polls"):
        for name, sender in tables(data, section):
            yield from mistakes_in_voices((section, name), sender)
    yield from mistakes_in_ingest(data)


def _warnings(
    settings: ConfigFile, rules: RuleSet, entries: list[Any], environ: Mapping[str, str]
) -> Iterator[Problem]:
    """What works and is probably not meant; `entries` are the rules as they are written."""
    yield from doubts(settings, rules, entries)
    makers = [rule.name for rule in rules.makers]
    yield from doubts_in_globs((*settings.not_me.globs(), *settings.containment.globs()), makers)
    yield from doubts_in_metrics(settings.metrics)
    yield from doubts_in_ingest(settings.ingest)
    yield from doubts_in_proofs(settings.proofs, settings.policy)
    if settings.ingest.port and settings.ingest.port in (settings.metrics.port, settings.metrics.worker_port):
        problem = "is the port of metrics too, and only one of them can listen there; write another"
        yield ("ingest", "port"), problem
    schedule = settings.reminders
    if "remind_every_max" in schedule.model_fields_set and schedule.remind_every_max < schedule.remind_every:
        least = write_duration(schedule.remind_every)
        problem = f"is below remind_every, and so does nothing; write at least {least}"
        yield ("reminders", "remind_every_max"), problem
    if not settings.backup.channels:
        problem = (
            "none is configured, so while Slack cannot be reached nobody is told of anything; "
            "name one, such as mail or a pager, as config.example.yaml shows"
        )
        yield ("backup", "channels"), problem
    base_urls = {("enrichment", name): service.base_url for name, service in settings.enrichment.asked()}
    for section, base_url in ({("slack",): settings.slack.base_url} | base_urls).items():
        url = urlsplit(base_url)
        if url.scheme == "http" and url.hostname not in LOOPBACK:
            problem = "the tokens travel in the clear over http; use https beyond this machine"
            yield (*section, "base_url"), problem
    if "DYNO" in environ and settings.database_label().startswith("sqlite:"):
        problem = (
            "this platform wipes the disk at every restart, and SQLite with it; "
            "attach PostgreSQL, which sets DATABASE_URL"
        )
        yield ("database", "url"), problem


def _anchored(database: Database, config: Path) -> tuple[Database, list[Problem]]:
    """The database with the whole path of its file, and a warning where an earlier version used another."""
    scheme, _, name = database.url.get_secret_value().partition(":///")
    file = Path(name)
    if scheme != "sqlite" or name == ":memory:" or file.is_absolute():
        return database, []
    # Whoever starts Powertrip from another folder must find the same database, and not an empty one.
    used = config.absolute().parent / file
    warnings: list[Problem] = []
    if file.exists() and not (used.exists() and used.samefile(file)):
        problem = (
            f"{used} is the database, for a relative path begins at the folder of the "
            f"configuration; {file.absolute()}, in the working directory, is not used: move it there, "
            "or write its whole path"
        )
        warnings.append((("database", "url"), problem))
    return Database(url=DatabaseAddress(f"sqlite:///{used}")), warnings
