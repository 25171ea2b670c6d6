"""Reads the configuration file and gathers every mistake in it, before anything is started."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from pydantic import ConfigDict, SecretStr, ValidationError

from powertrip.config.checks import mistakes_about_rules, mistakes_between
from powertrip.config.environment import Filled, fill_in
from powertrip.config.mistakes import mistakes_of
from powertrip.config.settings import Database, Settings
from powertrip.errors import ConfigError, Mistake
from powertrip.rules import RuleSet, load_rules
from powertrip.yamlfile import Document, parse_yaml

DEFAULT_RULES = [{"use": "ssh"}]

_NO_FILE = """\
there is no such file. There are two ways to start:
  make demo    tries Powertrip on this machine, with a Slack of its own
  cp {example} {path}    then set SLACK_BOT_TOKEN and SLACK_APP_TOKEN, and run it again"""


class Config(Settings):
    """All that the configuration says, read and checked."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    rules: RuleSet
    warnings: tuple[str, ...]
    """Sentences for the operator about what works and is probably not meant."""


def load_config(path: Path, environ: Mapping[str, str]) -> Config:
    """Read the YAML file at `path`; raises ConfigError with every mistake, in the order of the file.

    Where the YAML cannot be read, or keys stand twice, only those mistakes are known.
    """
    document = parse_yaml(_read(path), str(path))
    data = _sections(document)
    entries = data.pop("rules", DEFAULT_RULES)
    filled = fill_in(document, data, environ)
    mistakes = list(filled.mistakes.values())
    settings = _settings(filled, document, mistakes)
    rules = _rules(
        entries, document, [*_keys(filled.data, "sources"), *_keys(filled.data, "polls")], mistakes
    )
    mistakes += mistakes_between(filled.data, document)
    mistakes += mistakes_about_rules(filled.data, document, rules)
    if mistakes or settings is None or rules is None:
        raise ConfigError(sorted(mistakes, key=_line))
    sections = {name: getattr(settings, name) for name in Settings.model_fields}
    warnings = [*_warnings(settings, rules, environ), *_left_behind(settings.database, path)]
    sections["database"] = _anchored(settings.database, path)
    return Config(**sections, rules=rules, warnings=tuple(warnings))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        text = _NO_FILE.format(path=path, example="config.example.yaml")
        raise ConfigError([Mistake(str(path), "", text)]) from None
    except OSError as error:
        raise ConfigError([Mistake(str(path), "", f"cannot be read: {error.strerror}")]) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            [Mistake(str(path), "", f"is not UTF-8 at byte {error.start}; save it so")]
        ) from None


def _sections(document: Document) -> dict[str, Any]:
    """The top of the file; a section with nothing but comments in it counts as left out."""
    data = {} if document.data is None else document.data
    if not isinstance(data, dict):
        problem = "must hold sections such as `slack:`, as config.example.yaml does"
        raise ConfigError([Mistake(document.where(()), "", problem)])
    return {"slack": {}} | {key: value for key, value in data.items() if value is not None}


def _settings(filled: Filled, document: Document, mistakes: list[Mistake]) -> Settings | None:
    try:
        return Settings.model_validate(filled.data)
    except ValidationError as error:
        mistakes += mistakes_of(error, filled, document)
        return None


def _rules(entries: Any, document: Document, sources: list[str], mistakes: list[Mistake]) -> RuleSet | None:
    try:
        return load_rules(entries, lambda path: document.where(("rules", *path)), sources=sources)
    except ConfigError as error:
        mistakes += error.mistakes
        return None


def _line(mistake: Mistake) -> int:
    """The line that the mistake names; 0, so first, where it is not one of the file."""
    line = mistake.where.rpartition(":")[2]
    return int(line) if line.isdecimal() else 0


def _warnings(settings: Settings, rules: RuleSet, environ: Mapping[str, str]) -> Iterator[str]:
    if not settings.sources and not settings.polls:
        yield "sources: none is configured, so nothing can arrive but /powertrip test"
    if not rules.rules:
        yield "rules: none is in force, so no record can make an event; write `use: ssh` to begin with"
    if not settings.reviewers.users and not settings.reviewers.group:
        yield (
            "reviewers: none is configured, so nobody can answer for a bot or an unknown user; "
            "write your own member id into reviewers.users"
        )
    for name, base_url in _base_urls(settings):
        if base_url.scheme == "http" and base_url.hostname not in ("127.0.0.1", "::1", "localhost"):
            yield f"{name}: the tokens travel in the clear over http; use https beyond this machine"
    if "DYNO" in environ and settings.database_label().startswith("sqlite:"):
        yield (
            "database.url: this platform wipes the disk at every restart, and SQLite with it; "
            "attach PostgreSQL, which sets DATABASE_URL"
        )


def _relative_file(database: Database) -> Path | None:
    """The file of an SQLite database that is not named by its whole path."""
    scheme, _, file = database.url.get_secret_value().partition(":///")
    return Path(file) if scheme == "sqlite" and file != ":memory:" and not Path(file).is_absolute() else None


def _anchored(database: Database, config: Path) -> Database:
    # Whoever starts Powertrip from another folder must find the same database, and not an empty one.
    if (file := _relative_file(database)) is None:
        return database
    return Database(url=SecretStr(f"sqlite:///{config.absolute().parent / file}"))


def _left_behind(database: Database, config: Path) -> Iterator[str]:
    """Says so where the database of an earlier version, which the working directory held, is used no more."""
    if (file := _relative_file(database)) is None or not file.exists():
        return
    used = config.absolute().parent / file
    if not (used.exists() and used.samefile(file)):
        yield (
            f"database.url: {used} is the database, for a relative path begins at the folder of the "
            f"configuration; {file.absolute()}, in the working directory, is not used: move it there, "
            "or write its whole path"
        )


def _base_urls(settings: Settings) -> Iterator[tuple[str, SplitResult]]:
    """Where tokens are sent to."""
    yield "slack.base_url", urlsplit(settings.slack.base_url)
    for service in settings.enrichment.services:
        yield f"enrichment.{service}.base_url", urlsplit(getattr(settings.enrichment, service).base_url)


def _keys(data: dict[str, Any], section: str) -> list[str]:
    found = data.get(section)
    return [str(key) for key in found] if isinstance(found, dict) else []
