"""What the config says, as each room wants it."""

from zoneinfo import ZoneInfo

from powertrip.backup import AppriseChannels
from powertrip.cards import Mention
from powertrip.config import Config
from powertrip.event import Person
from powertrip.policy import Clause, Requirements
from powertrip.reminders import Schedule
from powertrip.routing import People
from powertrip.slack.directory import DirectorySettings
from powertrip.sources import RecordKeys, SourceSettings
from powertrip.workflow import Settings


def source_settings(config: Config) -> list[SourceSettings]:
    """The sources, as the room of sources wants them."""
    return [
        SourceSettings(
            name=name,
            type=source.type,
            secret=source.secret,
            auth_header=source.auth_header,
            keys=RecordKeys(**source.keys.model_dump()),
            records_key=source.events,
            time_zone=ZoneInfo(source.time_zone) if source.time_zone else None,
        )
        for name, source in config.sources.items()
    ]


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


def workflow_settings(config: Config, security_channel: str) -> Settings:
    """Everything that the steps of the workflow read."""
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
        backup_after=config.backup.after,
        quarantine_window=config.quarantine.report_every,
    )
