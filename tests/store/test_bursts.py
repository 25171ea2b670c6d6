"""A person who gets too many questions is spared the next ones, on both databases."""

from datetime import datetime, timedelta

from powertrip.domain.bursts import Bursts
from powertrip.domain.delivery import DeliveryKind, Note
from powertrip.domain.event import EventQuery
from powertrip.domain.people import Subject, SubjectKind
from powertrip.domain.routing import UNRESOLVED
from powertrip.store import Store, inbox
from powertrip.store.database import DatabaseThread
from tests.claiming import take_next
from tests.samples import ALICE, BOB, NOW, SECURITY, ask, event, later, record
from tests.store.test_flow import LEASE

BURSTS = Bursts(questions=3, within=timedelta(minutes=5))
WHO = {
    name: Subject(kind=SubjectKind.PERSON, slack_id=slack_id, name=name.title())
    for name, slack_id in (("alice", ALICE), ("bob", BOB))
}


async def opened(thread: DatabaseThread, store: Store, count: int, to: str, at: datetime = NOW) -> None:
    """So many events about one person, whom nobody has looked up yet."""
    await thread.run(inbox.append, [[record(received_at=at) for _ in range(count)]])
    claimed = await store.inbox.claim(count, lambda: at, LEASE)
    abouts = [event(received_at=at, fold_key=item.record_id, subject=WHO[to]) for item in claimed]
    asks = [ask(item, about, UNRESOLVED + to) for item, about in zip(claimed, abouts, strict=True)]
    await store.judging.apply(asks, at)


async def questions(
    thread: DatabaseThread, store: Store, count: int, at: datetime = NOW, *, to: str = "alice"
) -> list[str]:
    """So many events about one person, each sent to where it is asked about; returns these conversations."""
    await opened(thread, store, count, to, at)
    conversations = []
    first = await take_next(store, at, busy=(ALICE, BOB, SECURITY))
    if first is not None:
        await store.bursts.address(first, WHO[to], security_channel=SECURITY, bursts=BURSTS, now=at)
    while (sent := await take_next(store, at)) is not None:
        await store.deliveries.finish(sent, at)
        if sent.kind is DeliveryKind.FIRST:
            conversations.append(sent.channel)
        else:
            assert isinstance(sent.payload, Note)
            conversations.append(f"note to {sent.channel}")
    return sorted(conversations)


async def test_who_gets_too_many_questions_is_told_so_once_and_the_channel_is_asked(
    database_thread: DatabaseThread, store: Store
) -> None:
    notes = [f"note to {SECURITY}", f"note to {ALICE}"]
    assert await questions(database_thread, store, 5) == sorted([ALICE] * 3 + [SECURITY] * 2 + notes)
    assert await questions(database_thread, store, 2, later(minutes=1)) == [SECURITY] * 2


async def test_that_ends_by_itself_and_begins_anew(database_thread: DatabaseThread, store: Store) -> None:
    await questions(database_thread, store, 4)
    assert await questions(database_thread, store, 3, later(minutes=6)) == [ALICE] * 3
    assert f"note to {ALICE}" in await questions(database_thread, store, 1, later(minutes=7))


async def test_it_lasts_as_long_as_too_many_come(database_thread: DatabaseThread, store: Store) -> None:
    await questions(database_thread, store, 6)
    await questions(database_thread, store, 3, later(minutes=4))
    # Those that were asked of her are long ago; those that were not would still have been too many.
    assert await questions(database_thread, store, 1, later(minutes=6)) == [SECURITY]


async def test_the_questions_of_one_person_are_not_anothers(
    database_thread: DatabaseThread, store: Store
) -> None:
    await questions(database_thread, store, 5)
    assert await questions(database_thread, store, 3, to="bob") == [BOB] * 3


async def test_the_event_keeps_whose_it_is_and_says_why_others_are_asked(
    database_thread: DatabaseThread, store: Store
) -> None:
    await questions(database_thread, store, 4)
    found = [item for item in (await store.events.find(EventQuery()))[0] if item.diverted]
    assert [(item.subject, item.diverted) for item in found] == [(WHO["alice"], "4 questions in 5 minutes")]


def test_the_channel_is_not_told_that_the_person_got_what_it_is_asked_itself() -> None:
    assert Bursts(within=timedelta(minutes=1)).told_channel("Alice", 11).title == (
        "11 questions for Alice in 1 minute"
    )


async def test_the_channel_gets_one_note_however_many_people_get_too_much(
    database_thread: DatabaseThread, store: Store
) -> None:
    for name in WHO:
        await opened(database_thread, store, 5, name)
    while (first := await take_next(store, NOW, busy=(ALICE, BOB, SECURITY))) is not None:
        to = WHO[first.channel.removeprefix(UNRESOLVED)]
        await store.bursts.address(first, to, security_channel=SECURITY, bursts=BURSTS, now=NOW)
    notes = []
    while (sent := await take_next(store, NOW)) is not None:
        if isinstance(sent.payload, Note) and sent.channel == SECURITY:
            notes.append(sent.payload)
    (note,) = notes
    assert note.title == "4 questions for Alice in 5 minutes"
    assert note.lines[-1] == "4 questions for Bob in 5 minutes"
