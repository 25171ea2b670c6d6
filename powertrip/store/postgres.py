"""How Powertrip connects to PostgreSQL: what its address says, and limits for everything that may hang.

It loads the driver, so it is imported where the address is one of PostgreSQL.

What the address says explicitly wins over all that is here, and so does what an operator has set for the
role or the database.
"""

import ipaddress
import os
from collections.abc import Mapping
from typing import Any

import peewee
import psycopg
from psycopg.conninfo import conninfo_to_dict

from powertrip.errors import StoreError
from powertrip.store.drivers import give_peewee
from powertrip.store.line import ShowsProgress

give_peewee(psycopg)

CONNECT_TIMEOUT = 5
"""Seconds that each host of the address has to answer a new connection."""
_CLIENT = {
    "connect_timeout": CONNECT_TIMEOUT,
    # A peer that is gone without a word shows within 25 s; by itself Linux asks after two hours.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    # Keepalives are not sent while something sent is not acknowledged; that is what this is for.
    "tcp_user_timeout": 20_000,
}

LOCK_LIMIT = 10
"""Seconds that a statement waits for what another transaction holds: turns and rows are held for moments."""
STATEMENT_LIMIT = 20
"""Seconds of one statement; the slowest known, statistics of a year over a million events, takes 14."""
IDLE_LIMIT = 15
"""Seconds that a transaction may do nothing, while others wait for what it holds. No step thinks as long, so
whoever does is frozen or cut off. This is how long one worker can stop the others."""
_GONE_AFTER = {"tcp_keepalives_idle": 10, "tcp_keepalives_interval": 5, "tcp_keepalives_count": 3}
SERVER_LIMITS = {
    "lock_timeout": f"{LOCK_LIMIT}s",
    "statement_timeout": f"{STATEMENT_LIMIT}s",
    "idle_in_transaction_session_timeout": f"{IDLE_LIMIT}s",
    # The server, too, has to notice that we are gone, also while it is busy for us or sends to us.
    "client_connection_check_interval": "5s",
    "tcp_user_timeout": "20s",
} | {name: str(seconds) for name, seconds in _GONE_AFTER.items()}
MIGRATION_LIMITS = {
    # While a change of a table waits, everybody else waits behind it. It is tried again for longer than
    # IDLE_LIMIT, so that a frozen worker is gone before the last attempt.
    "lock_timeout": "2s",
    # A table may have to be written anew.
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "120s",
}

_UNENCRYPTED = ("disable", "allow", "prefer")
_SET = """
    SELECT set_config(name, wanted, false)
    FROM pg_settings JOIN unnest(%s::text[], %s::text[]) AS w (setting_name, wanted) ON name = setting_name
    WHERE source IN ('default', 'configuration file')
"""


def parameters(url: str) -> dict[str, Any]:
    """The parameters of libpq for an address; raises StoreError, without the password, if it has none."""
    try:
        said: dict[str, Any] = conninfo_to_dict(url)
    except psycopg.Error:
        # What libpq says of it quotes what may be a part of the password.
        problem = "PostgreSQL cannot read the address: write %XX for each of : / ? # @ % in user and password"
        raise StoreError(f"database.url: {problem}, and only parameters that it knows behind ?") from None
    wanted: dict[str, Any] = {"application_name": "powertrip", **_CLIENT}
    if not all(map(_is_local, _hosts(said))) and "PGSSLMODE" not in os.environ:
        wanted["sslmode"] = "require"
    if len(_hosts(said)) > 1:
        # Of several one is a standby: after a failover its successor is found in this way.
        wanted["target_session_attrs"] = "read-write"
    return wanted | said


def doubt(url: str) -> str | None:
    """What an operator should know of the address: that what passes is not encrypted for certain."""
    said = parameters(url)
    mode = said.get("sslmode", os.environ.get("PGSSLMODE"))
    afar = [host for host in _hosts(said) if not _is_local(host)]
    if mode not in _UNENCRYPTED or not afar:
        return None
    problem = f"sslmode={mode} lets records, names and the password travel to {', '.join(afar)} in the clear"
    return f"{problem}; write sslmode=verify-full, or require, unless that network is yours alone"


def _hosts(said: dict[str, Any]) -> list[str]:
    return str(said.get("hostaddr") or said.get("host") or os.environ.get("PGHOST", "")).split(",")


def _is_local(host: str) -> bool:
    # Nothing, a path and an abstract name are sockets of this machine.
    if host in ("", "localhost") or host.startswith(("/", "@")):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Postgres(ShowsProgress, peewee.PostgresqlDatabase):
    """PostgreSQL, with a limit for everything that may hang; opened by `DatabaseThread` or for a command."""

    def __init__(self, url: str, limits: Mapping[str, str] = SERVER_LIMITS) -> None:
        """Raises StoreError."""
        said = parameters(url)
        super().__init__(said.get("dbname", "postgres"), prefer_psycopg3=True)
        self._url, self._said, self._limits = url, said, limits
        attempts = len(_hosts(said))
        self.connect_limit = float(attempts * int(said["connect_timeout"]))
        """Seconds after which no host has answered."""

    def _connect(self) -> Any:
        connection = psycopg.connect(**self._said, autocommit=True)
        # Not at the start of the session, where a pooler (PgBouncer) refuses to be told.
        connection.execute(_SET, [list(self._limits), list(self._limits.values())])
        return connection

    def again(self) -> "Postgres":
        """The same database, for another thread."""
        another = Postgres(self._url, self._limits)
        another.marker = self.marker
        return another

    def for_migrations(self) -> "Postgres":
        """The same database with the limits of migrations."""
        return Postgres(self._url, SERVER_LIMITS | MIGRATION_LIMITS)
