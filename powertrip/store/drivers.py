"""The drivers of the databases. That of PostgreSQL is loaded only where PostgreSQL is the database.

It takes 9 MiB and a tenth of a second, and peewee would load it wherever it can.
"""

import sqlite3
import sys
from types import ModuleType
from typing import Any, cast

POSTGRES = "psycopg"


def _load_peewee() -> None:
    """Load peewee, and what of it looks for drivers once more, so that it finds none."""
    hidden = POSTGRES not in sys.modules
    if hidden:
        # What stands there as None cannot be imported, and peewee goes on without it.
        cast("dict[str, Any]", sys.modules)[POSTGRES] = None
    try:
        import playhouse.migrations  # noqa: F401, PLC0415
    finally:
        if hidden:
            del sys.modules[POSTGRES]


_load_peewee()

import peewee  # noqa: E402 (only now, without a driver)


def give_peewee(psycopg: ModuleType) -> None:
    """Leave in peewee what stands in it where it has loaded this driver by itself."""
    from psycopg.pq import TransactionStatus  # noqa: PLC0415 (see `_load_peewee`)
    from psycopg.types.json import Json, Jsonb  # noqa: PLC0415

    names = {"psycopg": psycopg, "TransactionStatus": TransactionStatus, "Json_pg3": Json, "Jsonb_pg3": Jsonb}
    for name, value in names.items():
        setattr(peewee, name, value)
    adapter = peewee.Psycopg3Adapter
    adapter.txn_idle = TransactionStatus.IDLE
    adapter.txn_inerror = TransactionStatus.INERROR
    adapter.txn_unknown = TransactionStatus.UNKNOWN


def is_postgres_url(url: str) -> bool:
    """Whether the database is PostgreSQL."""
    return url.startswith(("postgres://", "postgresql://"))


def doubt_in_url(url: str) -> str | None:
    """What an operator should know of the address of the database, if anything."""
    if not is_postgres_url(url):
        return None
    from powertrip.store.postgres import doubt  # noqa: PLC0415 (it loads the driver)

    return doubt(url)


def driver_errors() -> tuple[type[Exception], ...]:
    """All that a database may raise; a driver that is not loaded raises nothing."""
    # What runs on the driver's own cursor is not translated by peewee.
    return (peewee.DatabaseError, peewee.InterfaceError, sqlite3.Error, *_of_postgres("Error"))


def is_operational_on_postgres(error: BaseException) -> bool:
    """Whether PostgreSQL, or the way to it, is at fault."""
    return isinstance(error, _of_postgres("OperationalError", "InterfaceError"))


def _of_postgres(*names: str) -> tuple[type[Exception], ...]:
    loaded = sys.modules.get(POSTGRES)
    return tuple(getattr(loaded, name) for name in names) if loaded is not None else ()
