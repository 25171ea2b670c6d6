"""Lookups that are due, what is kept of them, and a person's past, on both databases."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from powertrip.domain.address import AddressFacts, AddressKind, Network, Place
from powertrip.domain.delivery import DeliveryKind
from powertrip.domain.due import Enriched
from powertrip.domain.event import Event, Severity, Status
from powertrip.domain.judgement import ToAsk
from powertrip.store import Store, inbox
from powertrip.store.database import DatabaseThread
from powertrip.store.snapshots import snapshots
from powertrip.store.tables import EventRow
from tests.claiming import take_next
from tests.samples import ALICE, NOW, event, known, later, record

LEASE, HOLD = timedelta(seconds=30), timedelta(seconds=2)
DUBLIN = AddressFacts(
    kind=AddressKind.PUBLIC,
    network=Network(as_number=64496, name="EXAMPLE-AS"),
    place=Place(country_code="IE", city="Dublin"),
)


async def opened(thread: DatabaseThread, store: Store, about: Event) -> str:
    """A new event whose first card may wait for facts."""
    await thread.run(inbox.append, [[record()]])
    (claimed,) = await store.inbox.claim(1, lambda: NOW, LEASE)
    held = ToAsk(record=claimed, event=about, conversation=ALICE, hold=HOLD)
    applied = await store.judging.apply([held], NOW)
    return applied.opened[0]


async def keep(
    store: Store,
    event_id: str,
    facts: AddressFacts | None,
    *,
    copies: tuple[str, ...] = (),
    again_at: datetime | None = None,
    **changes: Any,
) -> None:
    """Keep what was found of one event."""
    found = replace(await store.events.get(event_id), facts=facts, **changes)
    await store.enriching.keep(
        [Enriched(event=found, copies=copies, conversation=ALICE, again_at=again_at)], NOW
    )


async def past_of_new_event(thread: DatabaseThread, store: Store, *earlier: Event, new: Event) -> Event:
    """The new event, with its past, after earlier ones of known statuses."""
    for about in earlier:
        event_id = await opened(thread, store, about)
        await keep(store, event_id, about.facts)
        await thread.run(_decide, event_id, about.status)
    event_id = await opened(thread, store, new)
    await keep(store, event_id, new.facts)
    return await store.events.get(event_id)


def _decide(event_id: str, status: Status) -> None:
    EventRow.update(status=status, decided_at=NOW).where(EventRow.id == event_id).execute()


async def test_a_first_card_waits_for_facts_no_longer_than_its_hold(
    database_thread: DatabaseThread, store: Store
) -> None:
    await opened(database_thread, store, event())
    assert await take_next(store, later(seconds=1)) is None
    assert await take_next(store, later(seconds=2)) is not None


async def test_facts_let_the_first_card_go_at_once(database_thread: DatabaseThread, store: Store) -> None:
    event_id = await opened(database_thread, store, event())
    await keep(store, event_id, known(12))
    assert await take_next(store, NOW) is not None
    assert (await store.events.get(event_id)).risk.score == 12


async def test_a_lookup_is_claimed_by_one_and_again_when_its_lease_ends(
    database_thread: DatabaseThread, store: Store
) -> None:
    event_id = await opened(database_thread, store, event())
    (first,) = await store.enriching.claim(10, lambda: NOW, LEASE)
    assert (first.event.id, first.event.source_ip, first.tries) == (event_id, "192.0.2.10", 0)
    assert await store.enriching.claim(10, lambda: NOW, LEASE) == []
    (second,) = await store.enriching.claim(10, lambda: NOW + LEASE, LEASE)
    assert second.tries == 1


async def test_a_finished_lookup_is_never_due_again_and_an_unfinished_one_is(
    database_thread: DatabaseThread, store: Store
) -> None:
    done = await opened(database_thread, store, event(id="event00001", fold_key="1"))
    more = await opened(database_thread, store, event(id="event00002", fold_key="2"))
    await keep(store, done, DUBLIN)
    await keep(store, more, DUBLIN, again_at=later(minutes=1))
    due = await store.enriching.claim(10, lambda: later(minutes=1), LEASE)
    assert [item.event.id for item in due] == [more]


async def test_facts_come_back_as_they_went_in(database_thread: DatabaseThread, store: Store) -> None:
    event_id = await opened(database_thread, store, event())
    await keep(store, event_id, DUBLIN)
    assert (await store.events.get(event_id)).facts == DUBLIN


async def test_a_card_is_rendered_anew_only_for_what_is_new(
    database_thread: DatabaseThread, store: Store
) -> None:
    event_id = await opened(database_thread, store, event())
    versions = []
    for facts in (DUBLIN, DUBLIN, known(90)):
        await keep(store, event_id, facts)
        versions.append((await database_thread.run(snapshots, [event_id]))[0].version)
    assert versions[0] == versions[1] < versions[2]


async def test_the_first_of_a_person_is_said_to_be_that(
    database_thread: DatabaseThread, store: Store
) -> None:
    found = await past_of_new_event(database_thread, store, new=event())
    assert found.past is not None
    assert found.past.first_of_person


async def test_what_was_approved_makes_an_address_a_network_and_a_country_known(
    database_thread: DatabaseThread, store: Store
) -> None:
    before = event(id="event00001", fold_key="1", facts=DUBLIN, status=Status.APPROVED)
    elsewhere = event(id="event00002", fold_key="2", source_ip="198.51.100.7", facts=DUBLIN)
    found = await past_of_new_event(database_thread, store, before, new=elsewhere)
    assert found.past is not None
    assert found.past.first_from_address
    assert not found.past.first_from_network
    assert not found.past.first_from_country
    assert (found.past.host_approved_user, found.past.host_approved_at) == ("alice", before.received_at)


async def test_a_network_and_a_country_without_an_approval_are_new(
    database_thread: DatabaseThread, store: Store
) -> None:
    before = event(id="event00001", fold_key="1", facts=DUBLIN, status=Status.APPROVED)
    lisbon = replace(DUBLIN, network=Network(as_number=64497), place=Place(country_code="PT"))
    elsewhere = event(id="event00002", fold_key="2", source_ip="198.51.100.7", facts=lisbon)
    found = await past_of_new_event(database_thread, store, before, new=elsewhere)
    assert found.past is not None
    assert (found.past.first_from_network, found.past.first_from_country) == (True, True)


async def test_an_event_without_an_address_comes_from_no_new_one(
    database_thread: DatabaseThread, store: Store
) -> None:
    before = event(id="event00001", fold_key="1", status=Status.APPROVED)
    local = event(id="event00002", fold_key="2", source_ip=None)
    found = await past_of_new_event(database_thread, store, before, new=local)
    assert found.past is not None
    assert (found.past.first_of_person, found.past.first_from_address) == (False, False)


async def test_pending_events_make_nothing_known(database_thread: DatabaseThread, store: Store) -> None:
    pending = event(id="event00001", fold_key="1")
    found = await past_of_new_event(database_thread, store, pending, new=event(id="event00002", fold_key="2"))
    assert found.past is not None
    assert found.past.first_from_address


async def test_a_denied_event_from_the_address_is_remembered_whoever_it_was_about(
    database_thread: DatabaseThread, store: Store
) -> None:
    denied = event(id="event00001", fold_key="1", user_name="bob", status=Status.DENIED)
    found = await past_of_new_event(database_thread, store, denied, new=event(id="event00002", fold_key="2"))
    assert found.past is not None
    assert found.past.denied_from_address_at == NOW
    assert found.past.first_of_person


async def test_the_past_stays_as_it_was_shown_once_somebody_decided(
    database_thread: DatabaseThread, store: Store
) -> None:
    other = await opened(database_thread, store, event(id="event00001", fold_key="1"))
    about = await opened(database_thread, store, event(id="event00002", fold_key="2"))
    await keep(store, about, None, again_at=later(minutes=1))
    before = (await store.events.get(about)).past
    await database_thread.run(_decide, about, Status.APPROVED)
    await database_thread.run(_decide, other, Status.DENIED)
    await keep(store, about, known(90))
    found = await store.events.get(about)
    assert found.risk.score == 90
    assert found.past == before


async def test_a_channel_gets_its_copy_once_with_what_the_risk_made_of_the_event(
    database_thread: DatabaseThread, store: Store
) -> None:
    event_id = await opened(database_thread, store, event())
    for _ in range(2):
        before = await store.events.get(event_id)
        wanted = () if "C0LOGINS" in before.copied_to else ("C0LOGINS",)
        await keep(store, event_id, known(90), copies=wanted, severity=Severity.CRITICAL, risk_steps=2)
    kept = await store.events.get(event_id)
    assert (kept.severity, kept.risk_steps, kept.copied_to) == (Severity.CRITICAL, 2, ("C0LOGINS",))
    told = []
    while (delivery := await take_next(store, NOW)) is not None:
        told.append((delivery.kind, delivery.channel))
    assert told == [(DeliveryKind.FIRST, ALICE), (DeliveryKind.COPY, "C0LOGINS")]


async def test_once_somebody_decided_a_bad_score_changes_neither_severity_nor_whom_was_told(
    database_thread: DatabaseThread, store: Store
) -> None:
    event_id = await opened(database_thread, store, event())
    await database_thread.run(_decide, event_id, Status.APPROVED)
    await keep(store, event_id, known(90), copies=("C0LOGINS",), severity=Severity.CRITICAL, risk_steps=2)
    kept = await store.events.get(event_id)
    assert (kept.severity, kept.copied_to, kept.risk.score) == (Severity.MEDIUM, (), 90)
