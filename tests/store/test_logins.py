"""What a server signed of a login and what its log says of it are one event, on both databases."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from powertrip.domain import logins
from powertrip.domain.event import Event
from powertrip.domain.judgement import ToAsk
from powertrip.store import Store, inbox
from powertrip.store.database import DatabaseThread
from powertrip.store.tables import EventRow
from tests.samples import NOW, approval, ask, event, later, record
from tests.store.busy import faults

LEASE = timedelta(seconds=30)


def signed(number: str, port: str = "50000", **changes: Any) -> Event:
    """What powertrip-login tells, with a number."""
    own: dict[str, Any] = {
        "rule": "pam_login",
        "event_action": logins.SIGNED,
        "source": "servers",
        "fields": {"source_port": port, "service": "sshd"},
        "session_number": f"servers {number} mac",
        "fold_key": logins.apart("pam", number),
        "severity": event().severity,
    }
    return event(**(own | changes))


def logged(port: str = "50000", **changes: Any) -> Event:
    """What sshd logs; logins that differ in their ports alone fold into one event."""
    own: dict[str, Any] = {"fields": {"source_port": port}, "fold_key": "ssh"}
    return event(**(own | changes))


class Kept:
    """A store that judges what it is told."""

    def __init__(self, thread: DatabaseThread, store: Store) -> None:
        self.thread = thread
        self.store = store

    async def tell(self, *told: Event) -> None:
        """Judge records of these events, in one batch."""
        await self.thread.run(inbox.append, [[record() for _ in told]])
        claimed = await self.store.inbox.claim(len(told), lambda: NOW, LEASE)
        batch: list[ToAsk] = [
            replace(ask(one, each), is_login=True) for one, each in zip(claimed, told, strict=True)
        ]
        await self.store.judging.apply(batch, NOW)

    async def events(self) -> list[tuple[Any, ...]]:
        """Action, number and records of each event."""
        columns = (EventRow.event_action, EventRow.session_number, EventRow.occurrences)
        query: Any = EventRow.select(*columns).order_by(EventRow.event_action, EventRow.session_number)
        return await self.thread.run(lambda: list(query.tuples()))


@pytest.fixture
def kept(database_thread: DatabaseThread, store: Store) -> Kept:
    return Kept(database_thread, store)


@pytest.mark.parametrize("signed_first", [True, False])
async def test_one_login_by_whichever_came_first_is_one_event_with_its_number(
    kept: Kept, signed_first: bool
) -> None:
    told = [signed("one"), logged()]
    for each in told if signed_first else reversed(told):
        await kept.tell(each)

    assert [(number, records) for _, number, records in await kept.events()] == [("servers one mac", 2)]
    assert await faults(kept.thread) == {}


async def test_in_one_batch_the_order_does_not_matter_nor_by_how_many_ways_the_log_comes(kept: Kept) -> None:
    batch: list[Event] = []
    for port, order in enumerate(permutations(range(3)), start=50000):
        told = (signed(f"n{port}", str(port)), logged(str(port)), logged(str(port), fold_key="journald"))
        batch += [told[place] for place in order]

    await kept.tell(*batch)

    found = [(number, records) for _, number, records in await kept.events()]
    assert sorted(found) == [(f"servers n{port} mac", 3) for port in range(50000, 50006)]
    assert await faults(kept.thread) == {}


DIFFERENT: list[dict[str, Any]] = [
    {"fields": {"source_port": "1"}},
    {"user_name": "bob"},
    {"source_ip": "192.0.2.11"},
    {"host_name": "bastion-2"},
    {"occurred_at": later(minutes=2, seconds=1)},
    {"fields": {"method": "publickey"}},
]


@pytest.mark.parametrize("signed_first", [True, False])
async def test_logins_that_differ_in_one_thing_are_two(kept: Kept, signed_first: bool) -> None:
    for number, other in enumerate(DIFFERENT):
        port = str(50000 + number)
        told = [
            signed(f"n{number}", port),
            logged(port, fold_key=f"ssh{number}", **{"fields": {"source_port": port}} | other),
        ]
        for each in told if signed_first else reversed(told):
            await kept.tell(each)

    assert {records for _, _, records in await kept.events()} == {1}
    assert len(await kept.events()) == 2 * len(DIFFERENT)


async def test_a_host_may_be_named_with_and_without_its_domain(kept: Kept) -> None:
    await kept.tell(logged(host_name="bastion-1.example.com"))
    await kept.tell(signed("one"))

    assert len(await kept.events()) == 1


@pytest.mark.parametrize("first", [signed("one"), logged()], ids=["signed", "logged"])
async def test_no_other_login_joins_an_event_with_a_number(kept: Kept, first: Event) -> None:
    await kept.tell(first)
    await kept.tell(logged() if first.session_number else signed("one"))
    for port in ("50001", "50002"):
        await kept.tell(logged(port))
    await kept.tell(signed("three", "50002"))

    found = await kept.events()
    assert sorted(records for _, number, records in found if number == "servers one mac") == [2]
    # Those without a number fold as ever, and then none of theirs proves them.
    assert (None, 2) in [(number, records) for _, number, records in found]
    assert ("servers three mac", 1) in [(number, records) for _, number, records in found]
    assert await faults(kept.thread) == {}


async def test_a_record_that_waited_on_the_server_gives_its_number_to_what_the_log_opened(kept: Kept) -> None:
    await kept.tell(logged())
    await kept.tell(signed("one", received_at=later(hours=20)))

    [(action, number, records)] = await kept.events()
    assert (action, number, records) == (logins.LOGGED, "servers one mac", 2)
    [opened] = await kept.thread.run(lambda: list(EventRow.select()))
    found = await kept.store.events.get(opened.id)
    assert (found.times, found.occurrences, found.revision) == (1, 2, 2)


async def test_approving_takes_all_that_either_record_takes(kept: Kept) -> None:
    await kept.tell(signed("one", requires_proof="totp"))
    takes: Any = {"requires_reason": True, "requires_second_person": True}
    await kept.tell(logged(requires_proof="session_number", **takes))

    [row] = await kept.thread.run(lambda: list(EventRow.select()))
    assert row.requires_proof == "session_number totp"
    assert (row.requires_reason, row.requires_second_person) == (True, True)
    assert await faults(kept.thread) == {}


async def test_a_log_that_comes_after_the_decision_is_asked_about_by_the_same_number(kept: Kept) -> None:
    about = signed("one")
    await kept.tell(about)
    await kept.store.events.decide(approval(await kept.store.events.get(about.id)))

    await kept.tell(logged())

    found = await kept.events()
    assert found == [(logins.SIGNED, "servers one mac", 1), (logins.LOGGED, "servers one mac", 1)]


async def test_what_the_decision_had_not_shown_of_the_same_login_keeps_its_number(kept: Kept) -> None:
    about = signed("one")
    await kept.tell(about)
    shown = await kept.store.events.get(about.id)
    await kept.tell(logged())
    await kept.store.events.decide(approval(shown))

    # The log's record is asked about by itself, and whoever sees the terminal can answer.
    found = [(number, records) for _, number, records in await kept.events()]
    assert found == [("servers one mac", 1)] * 2
    assert await faults(kept.thread) == {}


async def test_a_second_number_of_one_connection_is_asked_about_by_itself(kept: Kept) -> None:
    await kept.tell(logged())
    await kept.tell(signed("one"))
    await kept.tell(signed("two"))

    found = [(number, records) for _, number, records in await kept.events()]
    assert sorted(found) == [("servers one mac", 2), ("servers two mac", 1)]


async def test_what_was_decided_gets_no_number_afterwards(kept: Kept) -> None:
    about = logged()
    await kept.tell(about)
    await kept.store.events.decide(approval(await kept.store.events.get(about.id)))

    await kept.tell(signed("one"))

    assert await kept.events() == [(logins.SIGNED, "servers one mac", 1), (logins.LOGGED, None, 1)]


@pytest.mark.parametrize("in_batch", [True, False])
async def test_who_takes_the_port_after_a_login_does_not_join_it(kept: Kept, in_batch: bool) -> None:
    """From the same machine, as a host that many jump over, and within the minutes that logs may be late."""
    first = [signed("one"), logged()]
    thief = logged(occurred_at=later(seconds=70))
    if in_batch:
        await kept.tell(*first, thief)
    else:
        await kept.tell(*first)
        await kept.tell(thief)

    assert sorted((number, records) for _, number, records in await kept.events() if number) == [
        ("servers one mac", 2)
    ]
