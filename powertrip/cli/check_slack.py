"""What `bot.py check` asks Slack: tokens, scopes, the channel, who people are, whether cards are well."""

from collections.abc import Iterable

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from powertrip.cli.check_report import Report
from powertrip.cli.check_samples import samples
from powertrip.domain.people import Person, Standing
from powertrip.domain.routing import Reviewers
from powertrip.errors import SlackAmbiguous, SlackError, SlackRefused, SlackUnavailable
from powertrip.settings import Config
from powertrip.slack import preflight
from powertrip.slack.calls import call
from powertrip.slack.members import COPY_THE_ID, Users, look_up, mistaken_owners, mistaken_reviewers
from powertrip.slack.scopes import REASONS
from powertrip.slack.users import name_of, standing_of
from powertrip.slack.validation import objections, why_not_told
from powertrip.wiring import lonely_policies

SHOWN = 20
"""People who are named in one line; of the others there is the number."""


async def check_slack(config: Config, session: aiohttp.ClientSession, report: Report) -> None:
    """Check both tokens and, if the bot's is good, all that can be asked with it."""
    client = AsyncWebClient(
        token=config.slack.bot_token.get_secret_value(),
        base_url=config.slack.base_url,
        session=session,
        retry_handlers=[],  # somebody waits, and the first error is the one to read
    )
    identity: preflight.Identity | None = None
    with report.checking("bot token"):
        identity = await preflight.identify(client)
        report.well("bot token", identity.team)
        if identity.is_org_wide:
            problem = (
                f"{identity.team} is a whole organisation, and Powertrip looks for channels and people in one"
            )
            report.note(
                "bot token", f"{problem} workspace; install the app in that workspace, and take its token"
            )
    with report.checking("app token"):
        await _check_app_token(client, config, report)
    if identity is None:
        return
    _check_scopes(identity, report)
    wanted = config.slack.security_channel
    with report.checking("security channel"):
        channel_id = await preflight.security_channel(client, wanted)
        report.well("security channel", f"{wanted} ({channel_id}), and the bot is in it")
    others = [(entry.channel, f"also_tell.{number}.channel") for number, entry in enumerate(config.also_tell)]
    others.append((config.report.own_channel, "report.to"))
    for channel, setting in others:
        if channel is None or channel == wanted:
            continue
        section = setting.partition(".")[0]
        with report.checking(section):
            channel_id = await preflight.security_channel(client, channel, setting)
            report.well(section, f"{channel} ({channel_id}), and the bot is in it")
    await _check_people(client, identity, config, report)
    with report.checking("cards"):
        try:
            await _check_cards(client, config, report)
        except SlackUnavailable as error:
            # The method has a rate limit of its own, which is not published.
            report.note("cards", f"not told: {error}")


async def _check_app_token(client: AsyncWebClient, config: Config, report: Report) -> None:
    try:
        answer = await call(client.apps_connections_open(app_token=config.slack.app_token.get_secret_value()))
    except SlackRefused as error:
        raise preflight.app_token_refused(error) from error
    if not str(answer["url"] or "").startswith(("ws://", "wss://")):
        raise SlackAmbiguous("Slack's answer to apps.connections.open names no socket")
    report.well("app token", "a socket can be opened")


def _check_scopes(identity: preflight.Identity, report: Report) -> None:
    if not identity.scopes:
        problem = "not told: this server does not say which the token has"
        report.note("scopes", f"{problem}; needed are {', '.join(REASONS)}")
        return
    missing = preflight.missing_scopes(identity)
    for scope in missing:
        report.wrong("scopes", f"add {scope}, needed {REASONS[scope]}, and reinstall the app")
    if not missing:
        report.well("scopes", f"all {len(REASONS)}")


async def _check_people(
    client: AsyncWebClient, identity: preflight.Identity, config: Config, report: Report
) -> None:
    """Find reviewers and people in Slack, and name them as they are there."""
    group: list[str] = []
    if config.reviewers.group is not None:
        with report.checking("reviewers"):
            group = await _members_of(client, config.reviewers.group)
    people = [person for person in config.people.values() if not person.bot]
    owners = {name: each.owner for name, each in config.expectations.pipelines.items()}
    ids = [*config.reviewers.users, *group, *(person.slack for person in people if person.slack)]
    ids += owners.values()
    try:
        users = await look_up(client, ids, [person.email for person in people if person.email])
    except SlackError as error:
        if ids or people:
            report.wrong("people", f"Slack did not say who they are: {error}")
        return
    _tell_reviewers(config, group, users, identity, report)
    for problem in mistaken_owners(owners, users, identity):
        report.wrong("pipelines", problem)
    _tell_people(config.people.values(), users, identity, report)


async def _members_of(client: AsyncWebClient, group: str) -> list[str]:
    """The ids of the members of the user group; raises SlackError where there is none in it."""
    try:
        members = (await call(client.usergroups_users_list(usergroup=group)))["users"]
    except SlackRefused as error:
        # For a missing scope the group may be right; `_check_scopes` tells which scopes are missing.
        if error.code == "missing_scope":
            raise
        problem = f"reviewers.group: {group}: {error}; write the id of a user group that exists"
        raise SlackRefused(error.code, problem) from error
    if not isinstance(members, list):
        raise SlackAmbiguous("Slack's answer holds no members of reviewers.group")
    if not members:
        problem = f"reviewers.group: {group} has no members; add the reviewers to it"
        raise SlackRefused("no_members", problem)
    return [str(member) for member in members]


def _tell_reviewers(
    config: Config, group: list[str], users: Users, identity: preflight.Identity, report: Report
) -> None:
    for problem in mistaken_reviewers(config.reviewers, group, users, identity):
        report.wrong("reviewers", problem)
    able = {
        slack_id: name_of(user)
        for slack_id in (*config.reviewers.users, *group)
        if (user := users.get(slack_id)) and standing_of(user, identity) is Standing.MEMBER
    }
    told = sum(slack_id in users for slack_id in {*config.reviewers.users, *group})
    asked = len({*config.reviewers.users, *group})
    if able:
        names = _listed(able.values())
        of_group = f", {len(group)} by the user group {config.reviewers.group}" if group else ""
        report.well("reviewers", f"{names}{of_group}")
    if told < asked:
        report.note("reviewers", f"not told: Slack did not say who {asked - told} of them are; try again")
    if group and told == asked:
        # Who is in the group is not known where the configuration is read.
        for path, problem in lonely_policies(config.policy, Reviewers(users=tuple(able))):
            report.note("reviewers", f"{'.'.join(map(str, path))}: {problem}")


def _tell_people(
    people: Iterable[Person], users: Users, identity: preflight.Identity, report: Report
) -> None:
    found, untold = [], 0
    for person in people:
        if person.bot:
            found.append(f"{person.name} -> a bot")
            continue
        key = person.slack or person.email or ""
        user = users.get(key)
        setting = f"people.{person.name}.{'slack' if person.slack else 'email'}"
        if user is None and key in users:
            to_do = COPY_THE_ID if person.slack else "write the one of their Slack account, or `slack: U…`"
            problem = f"Slack knows no member {key}, so what {person.name} does is asked in the channel"
            report.wrong("people", f"{setting}: {problem}; {to_do}")
        elif user is None:
            untold += 1
        elif (standing := standing_of(user, identity)) is Standing.MEMBER:
            found.append(f"{person.name} -> {name_of(user)}")
        else:
            problem = f"{name_of(user)} is no active full member ({standing.value})"
            report.note("people", f"{setting}: {problem}, so what {person.name} does is asked in the channel")
    if found:
        report.well("people", _listed(found))
    if untold:
        report.note("people", f"not told: Slack did not say who {untold} of them are; try again")


async def _check_cards(client: AsyncWebClient, config: Config, report: Report) -> None:
    """Have Slack look at the plainest and the fattest that Powertrip may send, and at its modal."""
    if reason := await why_not_told(client):
        report.note("cards", f"not told: {reason}")
        return
    names = []
    for name, payload in samples(config).items():
        problems = await objections(client, payload)
        for problem in problems:
            report.wrong("cards", f"Slack refuses {name}: {problem}; please report this")
        if not problems:
            names.append(name)
    if names:
        report.well("cards", f"Slack takes {_listed(names)}")


def _listed(names: Iterable[str]) -> str:
    all_names = list(names)
    more = f", and {len(all_names) - SHOWN} more" if len(all_names) > SHOWN else ""
    return ", ".join(all_names[:SHOWN]) + more
