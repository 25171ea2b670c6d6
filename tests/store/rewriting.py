"""A database with a busy history, at which somebody gets past the program."""
# ruff: noqa: S608 (statements against a database of the test)

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from powertrip.domain.checkpoint import Checkpoint
from powertrip.store.audit import FIRST_HASH, digest
from powertrip.store.database import open_database
from powertrip.store.history.findings import Findings
from powertrip.store.history.verify import verify
from tests.samples import later

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
"""What the program signs checkpoints with, and whoever rewrites the database has not got."""


@dataclass
class Kept:
    """A database that somebody gets at past the program."""

    url: str
    connection: Any

    def run(self, statement: str, *values: object) -> Any:
        if self.is_postgres:
            return self.connection.execute(statement.replace("?", "%s"), values or None)
        return self.connection.execute(statement, values)

    @property
    def is_postgres(self) -> bool:
        return not self.url.startswith("sqlite")

    @contextmanager
    def unguarded(self) -> Iterator[None]:
        """Without triggers for once, and then with all of them again: nothing of it stays to be seen."""
        if self.is_postgres:
            self.run("SET session_replication_role = replica")
            yield
            self.run("SET session_replication_role = origin")
            return
        triggers = self.run("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            self.run(f"DROP TRIGGER {name}")
        yield
        for _, sql in triggers:
            self.run(sql)

    def verified(self, *anchors: Checkpoint, key: Ed25519PrivateKey | None = KEY) -> Findings:
        opened = open_database(self.url, key)
        with opened.connection_context():
            return verify(opened, later(days=1), anchors=anchors)

    def rebuild(self) -> None:
        """Chain all lines anew, as they stand now."""
        previous, columns = FIRST_HASH, "id, at, action, event_id, actor_id, detail"
        rows = self.run(f"SELECT {columns} FROM audit ORDER BY id").fetchall()
        for line, *rest in rows:
            hashed = digest(previous, *rest)
            self.run("UPDATE audit SET previous_hash = ?, hash = ? WHERE id = ?", previous, hashed, line)
            previous = hashed
        self.run("UPDATE audit_head SET lines = ?, hash = ?", len(rows), previous)


def sql(*statements: str) -> Callable[[Kept], None]:
    """What plain statements do."""

    def rewrite(kept: Kept) -> None:
        for statement in statements:
            kept.run(statement)

    return rewrite
