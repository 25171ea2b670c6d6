"""Two reviewers press at two processes at once: the second counts what the first had done."""

from datetime import timedelta
from typing import Any

from powertrip.domain.contained import ContainmentState
from powertrip.domain.containing import Asked
from powertrip.domain.containment import Plan
from powertrip.domain.event import Event, Status
from powertrip.domain.people import Actor, Standing
from powertrip.store import Store, containments
from powertrip.store.database import DatabaseThread
from tests.samples import ALICE, CAROL, later
from tests.store.busy import Busy
from tests.store.test_races import while_held


async def test_of_two_who_press_at_once_the_second_counts_the_first(
    threads: tuple[DatabaseThread, DatabaseThread],
) -> None:
    other, mine = threads
    busy = Busy(mine)
    for name in ("one", "two"):
        await busy.opened(name)
        await busy.decide(name, Status.DENIED, ALICE)
    carol = Actor(slack_id=CAROL, name="Carol", standing=Standing.MEMBER, is_reviewer=True)

    def at_most_one(_event: Event, alone: int) -> Asked:
        plan = Plan(target="alice", says="Lock alice", does="Locks.", undo="Unlock.")
        return Asked(plan=plan, why_second="one was done already" if alone else None)

    def press(name: str) -> Any:
        return lambda: containments.ask(
            name,
            at_most_one,
            carol,
            action="hook",
            within=timedelta(hours=1),
            waits_for=None,
            is_dry_run=False,
            now=later(minutes=10),
        )

    await while_held(other, press("one"), lambda: mine.run(press("two")))

    states = []
    for name in ("one", "two"):
        found = (await Store(mine).events.get(name)).follow_up
        states += [each.state for each in found.containments] if found else []
    assert states == [ContainmentState.WAITING, ContainmentState.ASKED]
