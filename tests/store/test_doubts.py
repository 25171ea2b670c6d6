"""Who is not sure, and agents that were approved for: kept, told once, and whole in the history."""

from datetime import timedelta
from typing import Any

import pytest

from powertrip.domain import deciding
from powertrip.domain.decision import ActorKind, Decision, Doubt, Verdict
from powertrip.domain.delivery import Delivery, DeliveryKind, Posted, Shown
from powertrip.domain.doubt import DoubtPlan, plan
from powertrip.domain.event import Event, NoticeKind, Status
from powertrip.domain.people import Actor, Standing, Subject, SubjectKind
from powertrip.domain.reminders import Reminders
from powertrip.store import Store, inbox, written
from powertrip.store.database import DatabaseThread
from powertrip.store.tables import DecisionRow, DeliveryRow, EventRow
from tests.claiming import take_next
from tests.samples import CAROL, NOW, SECURITY, ask, decision, doubt, event, later, record
from tests.store.busy import faults

LEASE = timedelta(seconds=30)


async def asked(thread: DatabaseThread, store: Store, **about: Any) -> str:
    """A new event whose first card was posted."""
    await thread.run(inbox.append, [[record()]])
    (claimed,) = await store.inbox.claim(1, lambda: NOW, LEASE)
    (event_id,) = (await store.judging.apply([ask(claimed, event(**about))], NOW)).opened
    await posted(store, "D1")
    return event_id


async def posted(store: Store, channel: str) -> Delivery:
    """Post what is next in the outbox."""
    found = await take_next(store, later(minutes=2))
    assert found is not None
    shown = [Shown(event_id=item.event.id, revision=1, version=item.version) for item in found.snapshots]
    where = Posted(channel=channel, ts=f"1.{found.id}")
    if found.kind is DeliveryKind.UPDATE:
        await store.notices.updated(found, shown, later(minutes=2))
    elif found.kind is DeliveryKind.NOTE:
        await store.notes.posted(found, where, later(minutes=2))
    else:
        await store.notices.posted(found, NoticeKind(found.kind.value), where, shown, later(minutes=2))
    return found


async def unsure(store: Store, event_id: str, said: Doubt) -> Event:
    actor = Actor(slack_id=said.actor_id, name="", standing=Standing.MEMBER, is_reviewer=True)

    def planned(about: Event) -> DoubtPlan:
        return plan(about, said, actor, security_channel=SECURITY)

    return await store.doubts.doubt(event_id, planned, said.at)


async def decide(store: Store, event_id: str, taken: Decision) -> None:
    actor = Actor(slack_id=taken.actor_id, name="", standing=Standing.MEMBER, is_reviewer=True)
    planned = deciding.plan(
        await store.events.get(event_id),
        taken,
        actor,
        policies=(),
        schedule=Reminders(),
        security_channel=SECURITY,
        watches=(),
        rest_id="rest00001",
    )
    assert await store.events.decide(planned)


async def test_a_doubt_is_kept_told_to_the_security_channel_and_shown_on_every_copy(
    database_thread: DatabaseThread, store: Store
) -> None:
    event_id = await asked(database_thread, store)
    carol = doubt(actor_id=CAROL, actor_name="Carol", is_subject=False, at=later(minutes=2))
    assert (await unsure(store, event_id, doubt())).doubts == (doubt(),)
    assert (await unsure(store, event_id, carol)).doubts == (doubt(), carol)
    found = await store.events.get(event_id)
    assert (found.status, found.doubts) == (Status.PENDING, (doubt(), carol))
    told = [await posted(store, SECURITY), await posted(store, SECURITY)]
    assert [(item.kind, item.channel) for item in told] == [
        (DeliveryKind.OUTCOME, SECURITY),
        (DeliveryKind.UPDATE, "D1"),
    ]
    assert await faults(database_thread) == {}


async def test_whoever_is_not_sure_is_not_nudged_as_if_they_were_silent(
    database_thread: DatabaseThread, store: Store
) -> None:
    silent, heard = [await asked(database_thread, store, fold_key=key) for key in ("a", "b")]
    await unsure(store, heard, doubt())
    due = await store.events.due_reminders(later(minutes=10), 9)
    assert (
        await store.events.reserve_reminders([(item, later(days=1)) for item in due], SECURITY, 1, NOW) == 2
    )
    nudges = DeliveryRow.select().where(DeliveryRow.kind == DeliveryKind.NUDGE)
    assert await database_thread.run(lambda: [row.event_ids for row in nudges]) == [[silent]]


async def test_an_approval_for_an_agent_keeps_its_kind_and_name_wherever_decisions_are_listed(
    database_thread: DatabaseThread, store: Store
) -> None:
    event_id = await asked(database_thread, store)
    taken = decision(actor_kind=ActorKind.AGENT, agent_name="nightly-backup", agent_running=True)
    await decide(store, event_id, taken)
    assert (await store.events.get(event_id)).decisions == (taken,)
    (listed,) = await store.decisions.after(0, None, 9)
    kept = (listed.actor_kind, listed.agent_name, listed.agent_running)
    assert kept == (ActorKind.AGENT, "nightly-backup", True)
    assert await faults(database_thread) == {}


async def test_reviewers_get_one_suggestion_for_each_user_name(
    database_thread: DatabaseThread, store: Store
) -> None:
    taken = decision(actor_kind=ActorKind.AGENT, agent_name="nightly-backup")
    nobody = Subject(kind=SubjectKind.UNMAPPED)
    for number, user_name in enumerate(("alice", "alice", "backup")):
        about = {"fold_key": str(number), "user_name": user_name, "subject": nobody}
        await decide(store, await asked(database_thread, store, **about), taken)
    notes = DeliveryRow.select().where(DeliveryRow.kind == DeliveryKind.NOTE).order_by(DeliveryRow.id)
    titles = await database_thread.run(lambda: [row.payload["title"] for row in notes])
    assert titles == ["An agent or a script acts as alice", "An agent or a script acts as backup"]


REWRITTEN = {
    "who was not sure is forgotten": lambda: EventRow.update(doubts=None).execute(),
    "somebody else was not sure": lambda: written.run(
        "UPDATE event SET doubts = replace(doubts, 'U0A', 'U0B')"
    ),
    "no program wrote that": lambda: written.run("UPDATE event SET doubts = '[7]'"),
    "an agent becomes a person": lambda: DecisionRow.update(actor_kind="person").execute(),
    "the agent gets another name": lambda: DecisionRow.update(agent_name="mallory").execute(),
    "it had ended": lambda: DecisionRow.update(agent_running=False).execute(),
    "security never hears of it": lambda: (
        DeliveryRow.delete().where(DeliveryRow.kind == DeliveryKind.OUTCOME).execute()
    ),
}


@pytest.mark.parametrize("rewriting", REWRITTEN)
async def test_what_was_answered_cannot_be_rewritten_unseen(
    database_thread: DatabaseThread, store: Store, rewriting: str
) -> None:
    event_id = await asked(database_thread, store)
    await unsure(store, event_id, doubt())
    await decide(store, event_id, decision(actor_kind=ActorKind.AGENT, agent_name="x", agent_running=True))
    assert await faults(database_thread) == {}
    await database_thread.run(REWRITTEN[rewriting])
    assert await faults(database_thread)


async def test_a_denial_is_missed_though_the_doubt_before_it_was_told(
    database_thread: DatabaseThread, store: Store
) -> None:
    event_id = await asked(database_thread, store)
    await unsure(store, event_id, doubt())
    await posted(store, SECURITY)
    await decide(store, event_id, decision(verdict=Verdict.DENY))
    assert await faults(database_thread) == {}
    waiting = (DeliveryRow.kind == DeliveryKind.OUTCOME) & (DeliveryRow.state == "waiting")
    await database_thread.run(lambda: DeliveryRow.delete().where(waiting).execute())
    assert "alert" in str(await faults(database_thread))
