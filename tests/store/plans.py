"""How SQLite would answer the questions that a step asks, and what that costs it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from powertrip.store.database import DatabaseThread
from powertrip.store.database_in_use import database


def plan_of(step: Callable[[], object]) -> list[str]:
    """The plan of each statement of a step, which is run; belongs on the database thread."""
    opened: Any = database.obj
    run, asked = opened.execute_sql, list[str]()

    def spy(sql: str, params: Any = None, *others: Any) -> Any:
        asked.extend(str(row) for row in run(f"EXPLAIN QUERY PLAN {sql}", params, *others).fetchall())
        return run(sql, params, *others)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(opened, "execute_sql", spy)
        step()
    return asked


async def steps(thread: DatabaseThread, run: Callable[[], Any]) -> int:
    """How many thousand steps SQLite's machine takes for what is run: a count, and not a time."""
    counted: Iterator[int] = iter(range(1 << 40))

    def count() -> Any:
        connection = database.connection()
        connection.set_progress_handler(lambda: next(counted) < 0, 100)
        try:
            return run()
        finally:
            connection.set_progress_handler(None, 0)

    await thread.run(count)
    return next(counted)
