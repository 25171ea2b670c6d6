"""How SQLite would answer the questions that a step asks."""

from collections.abc import Callable
from typing import Any

import pytest

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
