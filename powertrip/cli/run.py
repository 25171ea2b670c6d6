"""`bot.py run`, `web` and `worker`: Powertrip at work, whole or by halves."""

import resource
from pathlib import Path

import typer

from powertrip.cli.shared import DEFAULT_CONFIG, ConfigPath, read_config

app = typer.Typer()


@app.command()
def run(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Run all of Powertrip: the ingest endpoint and the worker, in one process."""
    _serve(config, serves_web=True, works=True)


@app.command()
def web(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Run the ingest endpoint alone; a worker on the same database does the rest."""
    _serve(config, serves_web=True, works=False)


@app.command()
def worker(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Run the worker alone: judging, Slack and reminders."""
    _serve(config, serves_web=False, works=True)


def leave_no_core_file() -> None:
    """A crash writes no image of the memory, which holds all secrets and what was logged."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def _serve(path: Path, *, serves_web: bool, works: bool) -> None:
    import asyncio

    import structlog

    from powertrip.cli.running import run_until_stopped
    from powertrip.log import configure_logging
    from powertrip.runtime.stalls import watched_loop

    leave_no_core_file()
    config = read_config(path)
    # Only now: what was wrong so far is told as `check` tells it, and not as lines of JSON.
    configure_logging(config.log.level, config.log.format)
    log = structlog.get_logger("powertrip")
    for warning in config.warnings:
        log.warning("doubtful setting", where=warning.where, setting=warning.setting, problem=warning.problem)
    running = run_until_stopped(config, lambda: read_config(path), serves_web=serves_web, works=works)
    with asyncio.Runner(loop_factory=watched_loop) as runner:
        runner.run(running)
