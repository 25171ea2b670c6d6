"""What every command uses: the `--config` option, the terminal, and how an error ends a command."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from powertrip.errors import ConfigError, PowertripError, StoreError, StoreUnavailable
from powertrip.html import visible

if TYPE_CHECKING:
    from powertrip.settings import Config

ConfigPath = Annotated[
    Path, typer.Option("--config", "-c", envvar="POWERTRIP_CONFIG", help="The configuration file.")
]
DEFAULT_CONFIG = Path("config.yaml")

# Without emoji: `:skull:` in a log line is what was logged, and no skull.
console = Console(emoji=False)
complaints = Console(stderr=True, emoji=False)


class Group(TyperGroup):
    """Commands whose help says of each all that its first paragraph says."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        for command in self.commands.values():
            # Of any other help Typer shows what a line holds.
            command.short_help = (command.help or "").partition("\n\n")[0]


class CommandGroup(Group):
    """Prints an error that an operator can mend in full and without a traceback, and ends with status 1."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        # What is written holds log lines and names: nobody else on the machine is to read it.
        before = os.umask(0o077)
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            for mistake in error.mistakes:
                complain(mistake)
        except PowertripError as error:
            complain(error)
        except KeyboardInterrupt:
            raise typer.Exit(130) from None  # 128 and the number of SIGINT, as shells have it
        finally:
            os.umask(before)
        raise typer.Exit(1)


def tell_version(wanted: bool) -> None:
    """Print the versions that a report of a fault needs, and end."""
    if not wanted:
        return
    import platform

    import powertrip

    typer.echo(f"powertrip {powertrip.__version__} (Python {platform.python_version()}, {platform.system()})")
    raise typer.Exit


def complain(problem: object) -> None:
    """Print to standard error, without secrets."""
    from powertrip.log import redact

    # Not wrapped: what has to be copied, such as a path or a command, stays whole.
    complaints.print(redact(str(problem)), markup=False, highlight=False, soft_wrap=True)


def printable(text: str) -> str:
    """Text from outside for `console.print`: control characters visible, markup off.

    What follows it may be anything, also what would close a bracket that is open in it.
    """
    return _BEFORE_MARKUP.sub(_as_it_is, visible(text))


_BEFORE_MARKUP = re.compile(r"(\\*)(\[|\Z)")


def _as_it_is(found: re.Match[str]) -> str:
    # Whether a backslash before a bracket counts for one or for half depends on what stands behind the
    # bracket. Before an empty style it always counts for half.
    backslashes, bracket = found.groups()
    return (f"{backslashes * 2}[none][/none]" if backslashes else "") + ("\\[" if bracket else "")


@contextmanager
def open_stored(config: "Config") -> Iterator[None]:
    """The database open for reading; raises StoreError where it cannot be read, or was never set up."""
    from powertrip.store.database import open_database
    from powertrip.store.database_in_use import using
    from powertrip.store.drivers import driver_errors
    from powertrip.store.faults import named
    from powertrip.store.migrating import pending_migrations

    opened = open_database(config.database.url.get_secret_value(), config.audit.key)
    try:
        with using(opened), opened.connection_context():
            # A table or a column that is read here may not be there yet.
            if pending_migrations(opened):
                raise StoreError("the database is not set up; run: python bot.py migrate")
            yield
    except driver_errors() as error:
        raise StoreUnavailable(f"database.url: the database cannot be read: {named(error)}") from error
    except UnicodeDecodeError as error:
        raise StoreUnavailable("database.url: the database is damaged: it holds what is no text") from error


def read_config(path: Path) -> "Config":
    """Read the configuration; raises ConfigError."""
    from powertrip.settings import load_config

    return load_config(path, os.environ)
