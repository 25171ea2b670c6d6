"""What joined after a decision was made moves to an event of its own, however much it is."""

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from powertrip.domain import varied
from powertrip.store import Store, inbox
from powertrip.store.database import DatabaseThread
from powertrip.store.tables import OccurrenceRow
from tests.samples import NOW, ask, event, later, record
from tests.store.test_flow import approve


async def joined(
    database_thread: DatabaseThread, store: Store, ports: Sequence[str | None], about: str = "any"
) -> str:
    """An event that so many records joined, each with its port; returns its id."""
    await database_thread.run(inbox.append, [[record() for _ in ports]])
    taken = await store.inbox.claim(len(ports), lambda: NOW, later(minutes=1) - NOW)
    asked = [
        ask(
            item,
            event(fold_key=about, fields={"method": "publickey"} | ({"source_port": port} if port else {})),
        )
        for item, port in zip(taken, ports, strict=True)
    ]
    return (await store.judging.apply(asked, NOW)).opened[0]


async def told(database_thread: DatabaseThread, event_id: str) -> list[tuple[int, dict[str, Any] | None]]:
    query: Any = OccurrenceRow.select(OccurrenceRow.revision, OccurrenceRow.differs)
    of_event = query.where(OccurrenceRow.event_id == event_id).order_by(OccurrenceRow.revision)
    return await database_thread.run(lambda: list(of_event.tuples()))


@pytest.mark.parametrize("seed", range(4))
async def test_each_occurrence_says_after_the_move_what_it_said_before(
    database_thread: DatabaseThread, store: Store, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 (the same at every run)
    ports = [chance.choice(["1", "2", "3", None]) for _ in range(30)]
    event_id = await joined(database_thread, store, ports)

    outcome = await store.events.decide(approve(event_id, 11))

    assert outcome is not None
    assert outcome.rest is not None
    for about, said in ((event_id, ports[:11]), (outcome.rest.id, ports[11:])):
        found = await store.events.get(about)
        first = varied.stated(found)
        rows = await told(database_thread, about)
        assert [revision for revision, _ in rows] == list(range(1, len(said) + 1))
        assert [(first | (differs or {})).get("source_port") for _, differs in rows] == said
        assert (found.revision, found.occurrences) == (len(said), len(said))
        others = [port for port in dict.fromkeys(said) if port not in (None, said[0])]
        assert list(found.varied.get("source_port", ())) == others


async def test_a_thousand_move_by_as_many_statements_as_two(
    database_thread: DatabaseThread, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = []
    for count in (2, 1000):
        event_id = await joined(database_thread, store, ["1"] * (count + 1), f"the {count}")
        asked: list[str] = []
        run: Any = database_thread.database.execute_sql

        def spy(sql: str, *others: Any, run: Any = run, asked: list[str] = asked, **named: Any) -> Any:
            asked.append(sql)
            return run(sql, *others, **named)

        plan = replace(approve(event_id), rest_id=f"rest{count}")
        with monkeypatch.context() as patched:
            patched.setattr(database_thread.database, "execute_sql", spy)
            outcome = await store.events.decide(plan)
        assert outcome is not None
        assert outcome.rest is not None
        assert outcome.rest.occurrences == count
        numbers.append(len(asked))
    assert numbers[0] == numbers[1]
