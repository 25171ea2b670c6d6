"""Empty databases with all their tables."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

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


def provide_database(url: str) -> None:
    """Put a migrated, empty database where there is none: each migration waits for the disk."""
    if url.startswith("sqlite:///") and not (file := Path(url.removeprefix("sqlite:///"))).exists():
        file.write_bytes(_migrated())
