"""What is done about a denied event, on both databases: once, in the history, and on each card."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from powertrip.domain import after_denial, deciding
from powertrip.domain.deciding import DecisionPlan
from powertrip.domain.decision import Verdict
from powertrip.domain.delivery import Delivery, DeliveryKind, Overdue, Posted, Shown
from powertrip.domain.event import Event, NoticeKind, Status
from powertrip.domain.follow_up import Change, FollowUp, NoteKind, Owned, Owner
from powertrip.domain.not_me import NotMe
from powertrip.domain.people import Actor, Standing
from powertrip.domain.reminders import Reminders
from powertrip.errors import Refused
from powertrip.store import Store
from powertrip.store.database import DatabaseThread, open_database
from tests.claiming import take_next
from tests.samples import ALICE, CAROL, NOW, SECURITY, decision, later
from tests.store.busy import Busy, faults

DANA = "U0DANA"
PAUSE = timedelta(hours=24)
NOT_ME = NotMe(checklist={"*": ("Call her.", "End the session.")})
DM = "D0ALICE"
FORGED_CLAIM = (
    "INSERT INTO follow_up_note (event_id, kind, actor_id, actor_name, at, text) "
    "VALUES ('login', 'claim', 'U0ALICE', 'Alice', 1, 'me')"
)


def person(slack_id: str, *, is_reviewer: bool = True) -> Actor:
    return Actor(slack_id=slack_id, name=slack_id.title(), standing=Standing.MEMBER, is_reviewer=is_reviewer)


def deny(event: Event) -> DecisionPlan:
    return planned(event, decision(Verdict.DENY, revision=event.revision), person(ALICE))


def planned(event: Event, taken: Any, actor: Actor) -> DecisionPlan:
    return deciding.plan(
        event,
        taken,
        actor,
        policies=(),
        schedule=Reminders(),
        security_channel=SECURITY,
        watches=(),
        rest_id="rest",
        not_me=NOT_ME,
    )


async def denied(thread: DatabaseThread, store: Store) -> Event:
    """Alice's login, asked in her direct messages, denied, and told to nobody yet."""
    busy = Busy(thread)
    await busy.opened("login")
    await busy.send()
    assert await store.events.decide(deny(await store.events.get("login")))
    return await store.events.get("login")


async def change(
    store: Store, plan: Callable[[Event], Change], by: str = CAROL, put_off: Owner | None = None
) -> Event:
    return await store.follow_ups.change(
        "login", lambda event: (plan(event), put_off), by=by, tell=SECURITY, now=later(minutes=9)
    )


def owning(slack_id: str, instead_of: str | None = None) -> Callable[[Event], Owned]:
    return lambda event: after_denial.own(
        event, person(slack_id), instead_of=instead_of, pause=PAUSE, now=later(minutes=9)
    )


async def claim(store: Store) -> Event:
    alice = person(ALICE, is_reviewer=False)
    return await change(store, lambda event: after_denial.claim(event, alice, "Mine.", now=NOW), by=ALICE)


async def sent(store: Store, *kinds: DeliveryKind) -> list[Delivery]:
    """All that waits, sent and taken by Slack; returns what is of these kinds."""
    found, number = [], 0
    while delivery := await take_next(store, later(hours=1)):
        number += 1
        shown = [
            Shown(
                event_id=item.event.id,
                revision=item.event.revision,
                version=item.version,
                digest=f"{number:064}",
            )
            for item in delivery.snapshots
        ]
        if delivery.kind is DeliveryKind.OUTCOME:
            where = Posted(channel=delivery.channel, ts=f"9.{number}")
            await store.notices.posted(delivery, NoticeKind.OUTCOME, where, shown, later(minutes=3))
        elif delivery.kind is DeliveryKind.UPDATE:
            await store.notices.updated(delivery, shown, later(minutes=3))
        else:
            await store.deliveries.finish(delivery, later(minutes=3))
        found += [delivery] if delivery.kind in kinds else []
    return found


async def test_a_denial_begins_its_list_and_the_person_reads_once_slack_took_the_call(
    database_thread: DatabaseThread, store: Store
) -> None:
    follow_up = (await denied(database_thread, store)).follow_up
    assert follow_up is not None
    assert [item.text for item in follow_up.items] == ["Call her.", "End the session."]
    assert (follow_up.told_at, follow_up.is_being_told) == (None, True)

    updates = await sent(store, DeliveryKind.UPDATE)

    follow_up = (await store.events.get("login")).follow_up
    assert follow_up is not None
    assert (follow_up.told_at, follow_up.is_being_told) == (later(minutes=3), False)
    said = [item.snapshots[0].event.follow_up for item in updates if item.channel == DM]
    assert [known and known.told_at for known in said][-1] == later(minutes=3)
    # The call itself is as good as new.
    assert {item.channel for item in updates} == {DM}
    assert await faults(database_thread) == {}


async def test_an_update_under_way_when_slack_takes_the_call_is_made_again(
    database_thread: DatabaseThread, store: Store
) -> None:
    await denied(database_thread, store)
    taken = {
        item.kind: item
        for item in await store.deliveries.take_several(
            lambda: later(minutes=2), timedelta(seconds=30), 5, posts_per_minute=100_000
        )
    }
    call, update = taken[DeliveryKind.OUTCOME], taken[DeliveryKind.UPDATE]
    old = [Shown(event_id="login", revision=1, version=update.snapshots[0].version)]
    await store.notices.posted(
        call, NoticeKind.OUTCOME, Posted(channel=SECURITY, ts="9.1"), old, later(minutes=2)
    )
    await store.notices.updated(update, old, later(minutes=2))

    assert [item.channel for item in await sent(store, DeliveryKind.UPDATE)] == [DM]


async def test_what_an_earlier_release_sent_counts_as_told(
    database_thread: DatabaseThread, store: Store
) -> None:
    await denied(database_thread, store)
    while (delivery := await take_next(store, later(hours=1))) is not None:
        await store.deliveries.finish(delivery, later(minutes=4))

    follow_up = (await store.events.get("login")).follow_up
    assert follow_up is not None
    assert follow_up.told_at == later(minutes=4)


async def test_what_the_backup_channel_was_told_of_before_the_denial_is_no_denial(
    database_thread: DatabaseThread, store: Store
) -> None:
    busy = Busy(database_thread)
    await busy.opened("login")

    async def tell(channel: str) -> None:
        assert await store.backups.enqueue_overdue(later(hours=1), [channel], later(hours=1))
        while (delivery := await take_next(store, later(hours=2))) is not None:
            if delivery.kind is DeliveryKind.BACKUP:
                assert isinstance(delivery.payload, Overdue)
                await store.backups.told(delivery, ["login"], later(hours=1))
                return
            await store.deliveries.postpone(delivery, later(days=2), "away", may_have_arrived=False)

    await tell("before")
    assert await store.events.decide(deny(await store.events.get("login")))
    await tell("after")

    told = {item.channel: item.status for item in (await store.events.get("login")).backups}
    assert told == {"before": Status.PENDING, "after": Status.DENIED}


async def test_of_two_who_press_at_once_one_has_it(
    database_url: str, database_thread: DatabaseThread, store: Store
) -> None:
    await denied(database_thread, store)
    other = DatabaseThread(open_database(database_url))
    both = await asyncio.gather(
        change(store, owning(CAROL)),
        change(Store(other), owning(DANA), by=DANA),
        return_exceptions=True,
    )
    await other.close()

    (refusal,) = [item for item in both if isinstance(item, Refused)]
    (after,) = [item for item in both if isinstance(item, Event)]
    follow_up = (await store.events.get("login")).follow_up
    assert follow_up is not None
    assert follow_up.owner is not None
    assert after.follow_up == follow_up
    assert f"<@{follow_up.owner.slack_id}> has it" in str(refusal)
    assert await faults(database_thread) == {}


async def test_all_that_is_done_is_kept_redrawn_and_in_the_history(
    database_thread: DatabaseThread, store: Store
) -> None:
    await denied(database_thread, store)
    await sent(store)
    carol = person(CAROL)
    await change(store, owning(CAROL))
    await change(store, lambda event: after_denial.tick(event, carol, 2, done=True, now=later(minutes=9)))
    await change(store, lambda event: after_denial.note(event, carol, "A\x00 thief", now=later(minutes=9)))
    updates = await sent(store, DeliveryKind.UPDATE)
    assert {item.channel for item in updates} == {DM, SECURITY}
    put_off = Owner(slack_id=CAROL, name="Carol", since=later(minutes=9), until=later(days=2))
    await change(store, lambda event: after_denial.tick(event, carol, 1, done=True, now=NOW), put_off=put_off)
    await change(store, lambda event: after_denial.tick(event, carol, 1, done=False, now=NOW))

    follow_up = (await store.events.get("login")).follow_up
    assert follow_up is not None
    assert follow_up.owner == put_off
    assert [item.done_by for item in follow_up.items] == [None, CAROL]
    assert [(item.kind, item.actor_id, item.text) for item in follow_up.notes] == [
        (NoteKind.NOTE, CAROL, "A\\x00 thief")
    ]
    await change(store, lambda event: after_denial.give_back(event, carol))
    assert await faults(database_thread) == {}


async def test_a_claim_is_told_at_once_and_is_approved_by_somebody_else_only(
    database_thread: DatabaseThread, store: Store
) -> None:
    await denied(database_thread, store)
    await sent(store)
    claimed = await claim(store)
    assert claimed.status is Status.DENIED
    assert [item.channel for item in await sent(store, DeliveryKind.OUTCOME)] == [SECURITY]

    def approve(event: Event, _shown: int | None) -> DecisionPlan:
        return planned(
            event, decision(actor_id=CAROL, actor_name="Carol", reason="She called."), person(CAROL)
        )

    outcome = await store.events.decide_as_it_is("login", approve, is_typed=False)
    assert outcome is not None
    assert outcome.event.status is Status.APPROVED
    with pytest.raises(Refused, match="already approved"):
        await claim(store)
    await sent(store)
    assert await faults(database_thread) == {}


async def test_closing_with_lines_undone_says_in_the_history_which(
    database_thread: DatabaseThread, store: Store
) -> None:
    await denied(database_thread, store)
    before = await store.events.get("login")
    closing = decision(Verdict.CLOSE, actor_id=CAROL, reason="A test of ours.")
    assert await store.events.decide(planned(before, closing, person(CAROL)))
    lines = "SELECT detail FROM audit WHERE action = 'decided' ORDER BY id DESC LIMIT 1"
    ((detail,),) = await database_thread.run(
        lambda: list(database_thread.database.execute_sql(lines).fetchall())
    )
    assert '"waived": [1, 2]' in detail


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE follow_up SET owner_id = 'U0MALLORY'",
        "DELETE FROM follow_up",
        "UPDATE follow_up_item SET done_by = 'U0MALLORY', done_at = 1 WHERE number = 1",
        "DELETE FROM follow_up_item WHERE number = 2",
        "UPDATE follow_up_note SET text = 'nothing'",
        "DELETE FROM follow_up_note",
        FORGED_CLAIM,
    ],
)
async def test_what_somebody_changes_behind_the_program_shows(
    database_thread: DatabaseThread, store: Store, tampering: str
) -> None:
    await denied(database_thread, store)
    await change(store, owning(CAROL))
    await change(store, lambda event: after_denial.note(event, person(CAROL), "A thief.", now=NOW))
    assert await faults(database_thread) == {}
    await database_thread.run(database_thread.database.execute_sql, tampering)
    assert await faults(database_thread)


async def test_an_event_that_nobody_denied_has_nothing_to_follow_up(
    database_thread: DatabaseThread, store: Store
) -> None:
    assert (await Busy(database_thread).opened("login")).follow_up is None
    with pytest.raises(Refused, match="Nobody has denied"):
        await change(store, owning(CAROL))


async def test_who_denied_is_known_by_a_later_id(database_thread: DatabaseThread, store: Store) -> None:
    await denied(database_thread, store)
    await store.members.rename(ALICE, "W0ALICE", later(minutes=20))
    renamed = await store.events.get("login")
    assert [made.actor_id for made in renamed.decisions] == ["W0ALICE"]
    assert isinstance(renamed.follow_up, FollowUp)
    await sent(store)
    assert await faults(database_thread) == {}
