"""Empty databases with all their tables."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from powertrip.store.database import open_database
from powertrip.store.migrating import migrate


@cache
def _migrated() -> bytes:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "powertrip.db"
        opened = open_database(f"sqlite:///{file}")
        migrate(opened)
        opened.close()
        return file.read_bytes()


def new_database(request: pytest.FixtureRequest, folder: Path) -> str:
    """The address of an empty database with all its tables, of the kind that the fixture is asked for."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("new_postgres")())
    url = f"sqlite:///{folder}/powertrip.db"
    provide_database(url)
    return url


def provide_database(url: str) -> None:
    """Put a migrated, empty database where there is none: each migration waits for the disk."""
    if url.startswith("sqlite:///") and not (file := Path(url.removeprefix("sqlite:///"))).exists():
        file.write_bytes(_migrated())
