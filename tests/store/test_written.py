"""Rows by written statements are those that peewee reads."""

from typing import Any

from powertrip.store import written
from powertrip.store.database import DatabaseThread, open_database
from powertrip.store.tables import Table
from tests.store.rewriting import Kept

TABLES = sorted(Table.__subclasses__(), key=lambda table: table.__name__)


async def test_whole_rows_hold_what_peewee_reads_in_every_column_of_every_table(kept: Kept) -> None:
    def read() -> dict[str, tuple[list[Any], list[Any]]]:
        return {
            table.__name__: (
                [row.__data__ for row in written.rows(table, "1 = ? OR 1 = 1", 1)],
                [row.__data__ for row in table.select()],
            )
            for table in TABLES
        }

    thread = DatabaseThread(open_database(kept.url))
    both = await thread.run(read)
    await thread.close()

    for name, (ours, peewees) in both.items():
        assert sorted(map(repr, ours)) == sorted(map(repr, peewees)), name
    filled = {name for name, (ours, _) in both.items() if ours}
    assert filled >= {
        "EventRow",
        "NoticeRow",
        "DecisionRow",
        "DeliveryRow",
        "InboxRow",
        "AuditRow",
        "QuarantineRow",
    }
