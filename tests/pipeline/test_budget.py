"""A source whose records take long is judged in smaller slices, so that others' go first."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from powertrip.domain.record import Record
from powertrip.domain.sources import RecordVerdict
from powertrip.log import Seldom
from powertrip.pipeline import budget
from powertrip.pipeline.budget import BUDGET, give_back, speak_within
from powertrip.rules import Unmatched
from powertrip.store import Store, inbox
from powertrip.store.database import DatabaseThread
from tests.pipeline.contexts import context
from tests.samples import NOW, later, record


class Rules:
    """Take as long for each record as its message says."""

    def __init__(self) -> None:
        self.now = 0.0

    def judge(self, about: Record) -> Unmatched:
        self.now += float(about.message)
        return Unmatched("nobody's")


def judged(*records: Record) -> tuple[list[str], list[str]]:
    rules = Rules()
    settings: Any = SimpleNamespace(rules=rules)
    spoken, put_off = speak_within(settings, records, lambda: rules.now)
    return [item.source for item, _ in spoken], [item.source for item in put_off]


def test_whoever_has_used_up_its_time_waits_and_nobody_else() -> None:
    slow, quick = str(BUDGET * 0.6), str(BUDGET / 1000)
    pairs = [(record(slow, source="slow"), record(quick, source="quick")) for _ in range(4)]

    assert judged(*(one for pair in pairs for one in pair)) == (
        ["slow", "quick", "slow", "quick", "quick", "quick"],
        ["slow", "slow"],
    )


def test_of_each_source_one_record_is_judged_however_long_it_takes() -> None:
    first = [record(str(BUDGET * 9), source=name) for name in "abc"]
    assert judged(*first, *first) == (["a", "b", "c"], ["a", "b", "c"])


def test_usual_records_are_all_judged_at_once() -> None:
    assert judged(*(record("0.0001") for _ in range(200)))[1] == []


async def test_what_waits_is_judged_in_the_end_and_said_to_have_waited(
    database_thread: DatabaseThread, store: Store, monkeypatch: Any
) -> None:
    said: list[str] = []
    monkeypatch.setattr(budget.log, "warning", lambda _, **fields: said.append(fields["source"]))
    monkeypatch.setattr(budget, "_too_long", Seldom(timedelta(hours=1)))
    about = context(store, lambda: NOW)
    await database_thread.run(inbox.append, [[record(str(BUDGET * 2), source="slow") for _ in range(3)]])
    rules = Rules()
    settings: Any = SimpleNamespace(rules=rules)

    rounds = 0
    while taken := await store.inbox.claim(9, lambda: NOW, later(minutes=1) - NOW):
        rounds += 1
        spoken, put_off = speak_within(settings, taken, lambda: rules.now)
        if put_off:
            await give_back(about, put_off)
        verdicts = {item.inbox_id: RecordVerdict.IGNORED for item, _ in spoken}
        await database_thread.run(inbox.mark_judged, verdicts, NOW)

    assert rounds == 3
    assert said == ["slow"]
    name = "powertrip_judging_put_off_total"
    assert about.metrics.registry.get_sample_value(name, {"source": "slow"}) == 2
