"""A backup of a PostgreSQL database by its own tools, and its restoration into an empty one."""

import os
import shutil
import subprocess
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from powertrip.errors import StoreError
from powertrip.store.archive import state
from powertrip.store.archive.state import Held
from powertrip.store.database import open_database
from powertrip.store.migrating import migrate

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def take(url: str, target: Path) -> Held:
    """Write the database to a new file, in pg_dump's own format; raises StoreError."""
    if target.exists():
        raise StoreError(f"{target} exists already; name a new file")
    # Before, so that what is told of the backup is certainly in it.
    held = state.whole(open_database(url))
    beside = target.with_name(f"{target.name}.partial")
    try:
        beside.unlink(missing_ok=True)
        with beside.open("xb") as opened:
            os.fchmod(opened.fileno(), 0o600)
            _run("pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", to=opened.fileno())
            os.fsync(opened.fileno())
        # The file's own table of contents: one that was cut short has none.
        _run("pg_restore", None, "--list", str(beside))
        os.link(beside, target)
    except OSError as error:
        raise StoreError(f"{target} cannot be written: {error.strerror or error}") from error
    finally:
        beside.unlink(missing_ok=True)
    return held


def put_back(backup: Path, url: str, *, now: datetime, key: "Ed25519PrivateKey | None" = None) -> Held:
    """Fill an empty database with what the backup holds; raises StoreError for one that is not empty.

    `key` is what signs checkpoints.
    """
    if not backup.exists():
        raise StoreError(f"there is no file {backup}")
    opened = open_database(url, key)
    with state.reading(opened):
        if tables := opened.get_tables():
            raise StoreError(
                f"the database has tables already ({', '.join(sorted(tables)[:3])} …); make a new, empty one "
                "with createdb, and let database.url or DATABASE_URL name it: the old one stays as it is"
            )
    _run("pg_restore", url, "--exit-on-error", "--single-transaction", "--no-owner", str(backup))
    state.refuse_unknown(opened)
    migrate(opened)
    held = state.whole(opened)
    state.mark_restored(opened, held, [], now)
    return held


def _run(tool: str, url: str | None, *arguments: str, to: int | None = None) -> None:
    path = shutil.which(tool)
    if path is None:
        raise StoreError(
            f"{tool} is not installed; it comes with PostgreSQL's client programs (Debian: postgresql-client)"
        )
    environment, target = dict(os.environ), list[str]()
    if url is not None:
        address = conninfo_to_dict(url)
        # Not on the command line, which everybody on the machine can read.
        environment["PGPASSWORD"] = str(address.pop("password", None) or "")
        target = ["--dbname", make_conninfo("", **address), "--no-password"]
    done = subprocess.run(  # noqa: S603 (a program of PostgreSQL's, with arguments of ours)
        [path, *target, *arguments],
        stdout=subprocess.DEVNULL if to is None else to,
        stderr=subprocess.PIPE,
        env=environment,
        check=False,
    )
    if done.returncode:
        reason = " ".join(done.stderr.decode(errors="replace").split())
        raise StoreError(f"{tool} failed: {reason}")
