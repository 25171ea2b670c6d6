"""Rows read column by column, and conditions over many values, on both databases."""

from typing import Any

import pytest

from powertrip.domain.event import Status
from powertrip.store.among import among
from powertrip.store.bulk import insert_all, read_all
from powertrip.store.database import DatabaseThread
from powertrip.store.rows import event_columns
from powertrip.store.tables import DeliveryRow, EventRow
from tests.samples import event, later

ODD = ['"', "\\", "'; --", "zoë", "𝄞", "%s ?", "a\x00b", "\ud800", "", "x" * 3000]
"""Texts that a driver, or JSON, might take for something else."""


def _keep_events() -> None:
    rows = [
        event_columns(
            event(id=f"event{number}", fold_key=f"{number}", user_name=text, fields={"said": text or "-"})
        )
        for number, text in enumerate([*ODD, None])
    ]
    insert_all(EventRow, [row | {"facts_due_at": later(seconds=1)} for row in rows])
    EventRow.update(facts={"kind": "public"}, is_test=True).where(EventRow.id == "event1").execute()


async def test_rows_are_read_as_the_models_have_them(database_thread: DatabaseThread) -> None:
    def both() -> tuple[list[Any], list[Any]]:
        _keep_events()
        query = EventRow.select().order_by(EventRow.id)
        names = [field.name for field in query.selected_columns]
        return read_all(query), [tuple(getattr(row, name) for name in names) for row in query]

    columns, models = await database_thread.run(both)
    assert len(models) == len(ODD) + 1
    assert columns == models
    assert [type(value) for row in columns for value in row] == [
        type(value) for row in models for value in row
    ]


async def test_no_rows_are_no_rows(database_thread: DatabaseThread) -> None:
    nothing = EventRow.select(EventRow.id, EventRow.facts)
    assert await database_thread.run(lambda: read_all(nothing)) == []


@pytest.mark.parametrize("wanted", [[], ODD, ODD[:1], ["none of them"], ["zoë"] * 3, ODD * 300])
async def test_one_of_many_values_is_found_as_in_a_list(
    database_thread: DatabaseThread, wanted: list[str]
) -> None:
    def both() -> tuple[list[str], list[str]]:
        _keep_events()
        ids = EventRow.select(EventRow.id).order_by(EventRow.id)
        listed = [row.id for row in ids.where(EventRow.user_name.in_(set(wanted)))]
        return [row.id for row in ids.where(among(EventRow.user_name, wanted))], listed

    found, listed = await database_thread.run(both)
    assert found == listed
    assert len(found) == len(set(wanted) & set(ODD))


async def test_one_of_many_numbers_or_moments_is_found_beside_other_conditions(
    database_thread: DatabaseThread,
) -> None:
    def found() -> tuple[list[str], list[str], int]:
        _keep_events()
        pending = EventRow.status == Status.PENDING
        no_moment = ~among(EventRow.facts_due_at, [later(seconds=1)]) & pending
        moments = among(EventRow.facts_due_at, [later(seconds=1), later(seconds=9)]) & pending
        numbers = among(EventRow.revision, [2**40, 1]) | among(EventRow.id, [])
        changed = EventRow.update(revision=2).where(numbers & pending).execute()
        names: Any = EventRow.select(EventRow.id)
        return [row.id for row in names.where(no_moment)], [row.id for row in names.where(moments)], changed

    none, all_of_them, changed = await database_thread.run(found)
    assert (none, len(all_of_them), changed) == ([], len(ODD) + 1, len(ODD) + 1)


async def test_many_values_are_looked_up_by_an_index(database_thread: DatabaseThread) -> None:
    def plan() -> str:
        query = DeliveryRow.select(DeliveryRow.id).where(among(DeliveryRow.id, range(100)))
        sql, values = query.sql()
        rows = database_thread.database.execute_sql(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()
        return "; ".join(str(row[3]) for row in rows)

    if "sqlite" not in type(database_thread.database).__name__.lower():
        pytest.skip("PostgreSQL chooses by the numbers of rows")
    assert "SEARCH t1 USING INTEGER PRIMARY KEY (rowid=?)" in await database_thread.run(plan)
