"""The report of `bot.py check`: what is well, what is wrong, and what nobody could say."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from powertrip.errors import PowertripError, SlackAmbiguous, SlackUnavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One line of the report."""

    name: str
    ok: bool
    detail: str
    """What is there or, if it is not well, what to do."""
    doubtful: bool = False
    """Whether it works and should be looked at, or could not be told."""


@dataclass(frozen=True, slots=True)
class Report:
    """The results of all checks, in the order in which they are made."""

    results: list[CheckResult] = field(default_factory=list)

    def well(self, name: str, detail: str) -> None:
        """Add a line about something that is well."""
        self.results.append(CheckResult(name=name, ok=True, detail=detail))

    def note(self, name: str, detail: str) -> None:
        """Add a line about something that works and is probably not meant, or that nobody could tell."""
        self.results.append(CheckResult(name=name, ok=True, detail=detail, doubtful=True))

    def wrong(self, name: str, detail: str) -> None:
        """Add a line about something that is wrong; `detail` says what to do."""
        self.results.append(CheckResult(name=name, ok=False, detail=detail))

    @contextmanager
    def checking(self, name: str) -> Iterator[None]:
        """Add a line for any PowertripError that the block raises, and go on after it."""
        try:
            yield
        except (SlackUnavailable, SlackAmbiguous) as error:
            self.wrong(name, f"{error}; check the way to Slack from here and, if it is set, slack.base_url")
        except PowertripError as error:
            self.wrong(name, str(error))
