"""What the config says, as each room wants it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import httpx
from pydantic import SecretStr

from powertrip.backup import AppriseChannels
from powertrip.cards import Mention
from powertrip.config import Config
from powertrip.config.enrichment import Enrichment as EnrichmentSettings
from powertrip.config.severity import Listed, SeverityLists
from powertrip.enrichers import (
    AbuseIpDb,
    Answers,
    Conductor,
    DatabaseFile,
    Databases,
    GreyNoise,
    Quota,
    Service,
    ThreatJammer,
    service_client,
)
from powertrip.errors import ConfigError, Mistake, Rejected
from powertrip.event import Person
from powertrip.metrics import Metrics
from powertrip.net import HttpClient, new_client
from powertrip.policy import Clause, Requirements
from powertrip.ports import EnrichmentCache, Watch
from powertrip.reminders import Schedule
from powertrip.routing import People
from powertrip.severity import Lists, Weights
from powertrip.slack.directory import DirectorySettings
from powertrip.workflow import PollPlan, Settings


def poll_plans(config: Config) -> dict[str, PollPlan]:
    """How the polls go on, by their names."""
    return {
        name: PollPlan(
            name=name,
            every=poll.every,
            look_back=poll.look_back,
            catch_up=poll.catch_up,
            tell_failing_after=poll.tell_failing_after,
            backlog_limit=config.ingest.backlog_limit,
        )
        for name, poll in config.polls.items()
    }


def expected_within(config: Config) -> dict[str, timedelta]:
    """The sources and polls that are normally chatty, and how long their silence may last."""
    within = {name: source.expect_within for name, source in config.sources.items()}
    within |= {name: poll.expect_within for name, poll in config.polls.items()}
    return {name: limit for name, limit in within.items() if limit is not None}


def people(config: Config) -> list[Person]:
    """The people and bots, as routing wants them."""
    return [
        Person(
            name=name,
            names=entry.names,
            github=entry.github,
            slack_id=entry.slack,
            email=entry.email,
            is_bot=entry.bot,
            team=entry.team,
        )
        for name, entry in config.people.items()
    ]


def directory_settings(config: Config) -> DirectorySettings:
    """Who the reviewers are and how long lookups may take."""
    return DirectorySettings(
        reviewers=frozenset(config.reviewers.users),
        reviewer_group=config.reviewers.group,
        timeout=config.lookups.timeout,
        keep=config.lookups.keep,
    )


def backup_channels(config: Config) -> AppriseChannels:
    """The ways to tell people without Slack."""
    return AppriseChannels({name: channel.url for name, channel in config.backup.channels.items()})


def _weights(lists: SeverityLists) -> Weights:
    return Weights(sensitive=_lists(lists.sensitive), expected=_lists(lists.expected))


def _lists(listed: Listed) -> Lists:
    return Lists(hosts=listed.hosts, rules=listed.rules, networks=listed.addresses)


def watches(config: Config, told: Collection[str]) -> tuple[Watch, ...]:
    """The origins, as their records are compared; there is a way to tell those that are in `told`."""
    return tuple(
        Watch(
            origin=name,
            sources=frozenset(origin.sources),
            within=origin.within,
            grace=origin.grace,
            expects=frozenset(origin.expects),
            tells=name in told,
        )
        for name, origin in config.origins.items()
    )


def workflow_settings(config: Config, security_channel: str, told: Collection[str]) -> Settings:
    """Everything that the steps of the workflow read; `told` names the origins that can be told."""
    mentioned = [config.reviewers.group] if config.reviewers.group else list(config.reviewers.users)
    reminders = config.reminders
    return Settings(
        rules=config.rules,
        people=People(people(config)),
        policy=tuple(
            Clause(
                rules=entry.when.rule,
                hosts=entry.when.host,
                users=entry.when.user,
                severity=entry.when.severity,
                requires=Requirements(
                    reason="reason" in entry.require, second_person="second_person" in entry.require
                ),
            )
            for entry in config.policy
        ),
        schedule=Schedule(
            remind_after=reminders.remind_after,
            remind_every=reminders.remind_every,
            backoff=reminders.backoff,
            remind_every_max=reminders.remind_every_max,
            mention_after=reminders.mention_after,
            together=reminders.together,
        ),
        reviewers=tuple(Mention(slack_id) for slack_id in mentioned),
        security_channel=security_channel,
        command=config.slack.command,
        late_after=config.cards.late_after,
        future_after=config.cards.future_after,
        weights=_weights(config.severity),
        backup_after=config.backup.after,
        missed_window=config.quarantine.report_every,
        watches=watches(config, told),
        quarantine_window=config.quarantine.report_every,
    )


def enrichment(
    config: Config, cache: EnrichmentCache, metrics: Metrics, clock: Callable[[], datetime]
) -> Conductor:
    """All that knows addresses; raises ConfigError for databases that cannot be read."""
    files = _database_files(config)
    client, answers = new_client(), Answers(cache, clock)
    services = _Services(config.enrichment, cache, answers, client, clock)
    return Conductor(
        [*services.in_order(), Databases(files)] if files else services.in_order(),
        answers,
        client=client,
        metrics=metrics,
        clock=clock,
        ask_about_documentation=config.enrichment.ask_about_documentation,
    )


@dataclass(frozen=True, slots=True)
class _Services:
    """Builds the services outside, from what they share."""

    said: EnrichmentSettings
    cache: EnrichmentCache
    answers: Answers
    client: httpx.AsyncClient
    clock: Callable[[], datetime]

    def in_order(self) -> list[Service]:
        """Those that the config lists, as it lists them."""
        build: dict[str, Callable[[], Service]] = {
            "threat_jammer": self._threat_jammer,
            "abuseipdb": self._abuseipdb,
            "greynoise": self._greynoise,
        }
        return [build[name]() for name in self.said.services]

    def _threat_jammer(self) -> Service:
        said = self.said.threat_jammer
        headers = {"Authorization": f"Bearer {_secret(said.token)}"}
        client = self._http(ThreatJammer.name, said.base_url, headers, "threat_jammer.token")
        quota = self._quota(ThreatJammer.name, said.per_minute, said.per_month, "month")
        return ThreatJammer(client, quota, self.answers, keep=said.keep, keep_networks=said.keep_networks)

    def _abuseipdb(self) -> Service:
        said = self.said.abuseipdb
        client = self._http(AbuseIpDb.name, said.base_url, {"Key": _secret(said.key)}, "abuseipdb.key")
        quota = self._quota(AbuseIpDb.name, said.per_minute, said.per_day, "day")
        return AbuseIpDb(client, quota, keep=said.keep, reports_of=said.reports_of)

    def _greynoise(self) -> Service:
        said = self.said.greynoise
        headers = {"key": _secret(said.key)} if said.key else {}
        client = self._http(GreyNoise.name, said.base_url, headers, "greynoise.key")
        quota = self._quota(GreyNoise.name, said.per_minute, said.per_day, "day")
        return GreyNoise(client, quota, keep=said.keep)

    def _http(self, name: str, base_url: str, headers: dict[str, str], setting: str) -> HttpClient:
        return service_client(
            self.client,
            self.clock,
            name=name,
            base_url=base_url,
            headers=headers,
            setting=f"enrichment.{setting}",
        )

    def _quota(self, name: str, per_minute: int, limit: int, period: Literal["month", "day"]) -> Quota:
        return Quota(name, self.cache, self.clock, per_minute=per_minute, limit=limit, period=period)


def _secret(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


def _database_files(config: Config) -> list[DatabaseFile]:
    files, mistakes = [], []
    for number, path in enumerate(config.enrichment.databases):
        try:
            files.append(DatabaseFile(Path(path)))
        except Rejected as error:
            mistakes.append(Mistake("config", f"enrichment.databases.{number}", str(error)))
    if mistakes:
        raise ConfigError(mistakes)
    return files
