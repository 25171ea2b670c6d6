"""What `bot.py check` looks at; each thing that is wrong comes with its fix."""

import asyncio
import stat
from pathlib import Path

import aiohttp

from powertrip.cli.check_proofs import check_proofs
from powertrip.cli.check_report import CheckResult, Report
from powertrip.cli.check_slack import check_slack
from powertrip.cli.check_traffic import tell_traffic
from powertrip.containment import ways
from powertrip.domain.heartbeat import Heard, source_trouble
from powertrip.errors import ConfigError, StoreError, Unavailable
from powertrip.hids import open_ways
from powertrip.ingest.contract import PollRequest
from powertrip.metrics import Metrics
from powertrip.net import new_client, utc_now
from powertrip.polls import poll_client
from powertrip.settings import Config
from powertrip.slack.calls import CALL_TIMEOUT
from powertrip.store import Store
from powertrip.store.database import DatabaseThread, open_database
from powertrip.store.database_in_use import using
from powertrip.store.drivers import doubt_in_url, driver_errors
from powertrip.store.faults import named
from powertrip.store.history.findings import Findings
from powertrip.store.history.verify import verify
from powertrip.store.migrating import pending_migrations
from powertrip.store.sources import overview

__all__ = ["CheckResult", "check_all"]


async def check_all(config: Config) -> list[CheckResult]:
    """Check everything. Changes nothing, but opens one socket ticket, and asks each service once."""
    report = Report()
    packs = sorted({rule.pack or "your own" for rule in config.rules.rules})
    numbers = {"source": len(config.sources), "poll": len(config.polls), "rule": len(config.rules.rules)}
    counts = ", ".join(f"{number} {name}{'' if number == 1 else 's'}" for name, number in numbers.items())
    report.well("config", f"{counts} ({', '.join(packs)})")
    for warning in config.warnings:
        report.note("config", str(warning))
    await asyncio.to_thread(check_database, config, report)
    names = ", ".join(config.backup.channels)
    # Not tried here: a test message would call whoever is on duty.
    if names:
        report.note("backup", f"{names}: not tried; to try them: python bot.py test-backup")
    await check_heartbeat(config, report)
    await check_enrichment(config, report)
    await check_polls(config, report)
    await check_origins(config, report)
    await check_proofs(config, report)
    await check_containment(config, report)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_TIMEOUT)) as session:
        await check_slack(config, session, report)
    return report.results


def check_database(config: Config, report: Report) -> None:
    """Open the database, and check that its tables are up to date and its history is whole."""
    # Also where it cannot be opened: its password has been sent.
    if problem := doubt_in_url(config.database.url.get_secret_value()):
        report.note("database", problem)
    reason: str | None = None
    try:
        opened = open_database(config.database.url.get_secret_value(), config.audit.key)
        with using(opened), opened.connection_context():
            pending = pending_migrations(opened)
            # Before its migrations the history may have no table yet.
            history = None if pending else verify(opened, utc_now())
            senders = [] if pending else overview.reports(_senders(config), utc_now())
    except StoreError as error:
        reason = str(error)
    except driver_errors() as error:
        reason = named(error)
    if reason is not None:
        label = config.database_label()
        report.wrong("database", f"{label} cannot be opened: {reason}; check database.url or DATABASE_URL")
        return
    if pending:
        is_new = pending[0].startswith("0001")
        state = "has no tables yet" if is_new else f"is not up to date ({', '.join(pending)})"
        report.wrong("database", f"{config.database_label()} {state}; run: python bot.py migrate")
        return
    report.well("database", config.database_label())
    check_files(config, report)
    if history is not None:
        check_history(history, report)
    tell_traffic(senders, report)


def check_history(found: Findings, report: Report) -> None:
    """Say whether the history is whole, and where it is not."""
    if not found.faults:
        report.well("audit", f"{found.lines} lines, and all that they tell of, are whole")
    for fault in found.faults.values():
        detail = f"{fault.where}: {fault.what}"
        report.wrong("audit", f"{detail}; docs/history.md says what to do about it")


def _senders(config: Config) -> dict[str, str]:
    """The sources and polls; what is doubtful about their configuration has been told."""
    return dict.fromkeys([*config.sources, *config.polls], "")


def check_files(config: Config, report: Report) -> None:
    """Look who may read the files of a database in SQLite: log lines, names and addresses are in them."""
    scheme, _, name = config.database.url.get_secret_value().partition(":///")
    if scheme != "sqlite":
        return
    files = [Path(f"{name}{part}") for part in ("", "-wal", "-shm")]
    modes = {file: stat.S_IMODE(file.stat().st_mode) for file in files if file.exists()}
    open_to_others = [file for file, mode in modes.items() if mode & (stat.S_IRWXG | stat.S_IRWXO)]
    if open_to_others:
        problem = f"others on this machine can read {', '.join(file.name for file in open_to_others)}"
        report.note("database", f"{problem}; run: chmod 600 {' '.join(map(str, open_to_others))}")


async def check_heartbeat(config: Config, report: Report) -> None:
    """Say when each source was last heard; the address outside is not called, for that would be a lie."""
    if not config.heartbeat.is_on:
        return
    try:
        thread = DatabaseThread(open_database(config.database.url.get_secret_value(), config.audit.key))
    except StoreError:
        return  # `check_database` has reported it
    now = utc_now()
    known: dict[str, Heard] = {}
    try:
        with report.checking("heartbeat"):
            known = {
                item.source: item for item in await Store(thread).heartbeat.heard(config.heartbeat.sources)
            }
    finally:
        await thread.close()
    for source in config.heartbeat.sources:
        heard = known.get(source) or Heard(source=source, since=now)
        trouble = source_trouble(heard, config.heartbeat, now)
        if trouble is not None:
            report.note("heartbeat", f"{source}: {trouble.text}")
        elif heard.sent_at is None:
            report.note("heartbeat", f"{source}: none came yet; docs/heartbeat.md tells how a host sends one")
        else:
            report.well("heartbeat", f"{source}: the last came {heard.sent_at:%Y-%m-%d %H:%M:%S} UTC")


async def check_enrichment(config: Config, report: Report) -> None:
    """Ask each service, at the price of a call at most, and open each database of addresses."""
    try:
        thread = DatabaseThread(open_database(config.database.url.get_secret_value(), config.audit.key))
    except StoreError:
        return  # `check_database` has reported it
    try:
        enricher = config.enrichment.start(Store(thread).enrichment_cache, Metrics(), utc_now)
    except ConfigError as error:
        for mistake in error.mistakes:
            report.wrong("enrichment", f"{mistake.setting}: {mistake.problem}")
        return
    finally:
        # The probes do without the cache: an answer that is kept says nothing about the service.
        await thread.close()
    try:
        for service in enricher.services:
            with report.checking(service.name):
                report.well(service.name, await service.probe())
    finally:
        await enricher.close()


async def check_polls(config: Config, report: Report) -> None:
    """Fetch what each polled API had to tell since the last time it would have been asked."""
    now = utc_now()
    async with new_client() as client:
        outside = poll_client(client, utc_now)
        for name, poll in config.polls.items():
            # Without the cursor, which only the worker may move on.
            request = PollRequest(name=name, client=outside, cursor=None, since=now - poll.every, now=now)
            with report.checking(f"poll {name}"):
                try:
                    async with asyncio.timeout(CALL_TIMEOUT):
                        page = await poll.fetch(request)
                except TimeoutError as error:
                    raise Unavailable(f"no answer within {CALL_TIMEOUT:g} s; check its url") from error
                report.well(f"poll {name}", f"answers, with {len(page.records)} records just now")


async def check_origins(config: Config, report: Report) -> None:
    """Reach each HIDS that is to be told of decisions."""
    try:
        ways = open_ways(config.origins, utc_now)
    except ConfigError as error:
        for mistake in error.mistakes:
            report.wrong("origins", str(mistake))
        return
    try:
        for name, way in ways.by_origin.items():
            with report.checking(f"origin {name}"):
                report.well(f"origin {name}", await way.check())
    finally:
        await ways.close()


async def check_containment(config: Config, report: Report) -> None:
    """Prove that each action would work, and have none done."""
    async with new_client() as client:
        for name, way in ways(config.containment, client, utc_now).items():
            with report.checking(f"containment {name}"):
                report.well(f"containment {name}", await way.check())
