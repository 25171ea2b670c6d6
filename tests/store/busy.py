"""A history in which everything has happened that can happen to one."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from powertrip.domain import after_denial
from powertrip.domain.backlog import Backlog
from powertrip.domain.checkpoint import Checkpoints
from powertrip.domain.contained import By, ContainmentState
from powertrip.domain.containing import Asked
from powertrip.domain.containment import Plan
from powertrip.domain.deciding import DecisionPlan
from powertrip.domain.decision import Verdict, Via
from powertrip.domain.delivery import Delivery, DeliveryKind, Posted, Shown
from powertrip.domain.due import Enriched, PollRound
from powertrip.domain.enrolment import Began, NewFactor
from powertrip.domain.event import Event, NoticeKind, Severity, Status
from powertrip.domain.expectation_proof import Proven
from powertrip.domain.follow_up import Change
from powertrip.domain.judgement import Judgement, ToCount, ToQuarantine
from powertrip.domain.people import Actor, Standing, Subject, SubjectKind
from powertrip.domain.proof import Challenge, Met, ProofKind
from powertrip.domain.quarantine import QuarantineSection
from powertrip.domain.record import Record
from powertrip.domain.retention import Retention
from powertrip.domain.sources import RecordVerdict
from powertrip.store import Store, inbox, quarantine
from powertrip.store.database import DatabaseThread
from powertrip.store.history.findings import Finding
from powertrip.store.history.verify import verify
from tests.claiming import take_next
from tests.expecting import expectation, expected_ask, proven, stand
from tests.samples import ALICE, BOB, CAROL, NOW, SECURITY, ask, decided, decision, event, later, record
from tests.store.storms import SECTION, deliver, judge, login

LEASE = timedelta(seconds=30)
NOTICES = {
    DeliveryKind.FIRST: NoticeKind.FIRST,
    DeliveryKind.OUTCOME: NoticeKind.OUTCOME,
    DeliveryKind.REMINDER: NoticeKind.REMINDER,
    DeliveryKind.COPY: NoticeKind.COPY,
}


async def faults(thread: DatabaseThread) -> dict[Any, Finding]:
    """All that is wrong with a history; nothing, whatever the program did."""
    found = await thread.run(lambda: verify(thread.database, later(days=30)))
    return found.faults


def digest(number: int) -> str:
    """What stands for a card's digest."""
    return f"{number:064x}"


class Busy:
    """Does things to a store, the way the program does."""

    def __init__(self, thread: DatabaseThread) -> None:
        self.thread = thread
        self.store = Store(thread)
        self.messages = 0

    async def records(self, count: int, **changes: Any) -> list[Record]:
        await self.thread.run(inbox.append, [[record(**changes) for _ in range(count)]])
        return await self.store.inbox.claim(count, lambda: NOW, LEASE)

    async def opened(self, name: str, times: int = 1, **changes: Any) -> Event:
        """An event of so many records, under an id of its own."""
        batch: list[Judgement] = []
        for number, item in enumerate(await self.records(times)):
            about = event(id=name if number == 0 else f"{name}{number}", fold_key=name, **changes)
            batch.append(ask(item, about))
        await self.store.judging.apply(batch, NOW)
        return await self.store.events.get(name)

    async def send(self) -> None:
        """Send all that waits."""
        while delivery := await take_next(self.store, later(days=2)):
            await self.take(delivery)

    async def take(self, delivery: Delivery) -> None:
        self.messages += 1
        shown = [
            Shown(
                event_id=item.event.id,
                revision=item.event.revision,
                version=item.version,
                reminder=item.event.reminders,
                digest=digest(self.messages),
            )
            for item in delivery.snapshots
        ]
        at = later(minutes=self.messages)
        if delivery.kind in NOTICES:
            conversation = delivery.channel.replace("U0", "D0")
            where = Posted(channel=conversation, ts=f"{self.messages}.1")
            await self.store.notices.posted(delivery, NOTICES[delivery.kind], where, shown, at)
        elif delivery.kind is DeliveryKind.UPDATE:
            await self.store.notices.updated(delivery, shown, at)
        else:
            await self.store.deliveries.finish(delivery, at)

    async def decide(
        self,
        name: str,
        status: Status,
        actor: str = ALICE,
        revision: int | None = None,
        *,
        minutes: int = 5,
        proofs: tuple[Challenge, ...] = (),
    ) -> None:
        before = await self.store.events.get(name)
        verdict = Verdict.DENY if status is Status.DENIED else Verdict.APPROVE
        is_open = status is not Status.APPROVED
        plan = DecisionPlan(
            before=before,
            after=decided(before, status=status),
            decision=decision(
                verdict,
                actor_id=actor,
                actor_name=actor.title(),
                revision=revision or before.revision,
                reason="it was me",
                at=later(minutes=minutes),
                proof=" ".join(each.kind for each in proofs) or None,
            ),
            proofs=proofs,
            remind_at=later(hours=2) if is_open else None,
            outcome_channel=SECURITY if status is Status.DENIED else None,
            rest_id=f"{name}rest",
            rest_conversation=BOB,
            rest_remind_at=later(minutes=11),
            checklist=("Call them.", "End the session.") if status is Status.DENIED else (),
        )
        assert await self.store.events.decide(plan)

    async def follow_up(self, name: str) -> None:
        """Have a denied event, tick its list, note something, and say that it was oneself after all."""
        carol = Actor(slack_id=CAROL, name="Carol", standing=Standing.MEMBER, is_reviewer=True)
        alice, now, pause = replace(carol, slack_id=ALICE, name="Alice"), later(minutes=6), timedelta(hours=1)
        for plan in (
            lambda event: after_denial.own(event, carol, instead_of=None, pause=pause, now=now),
            lambda event: after_denial.tick(event, carol, 1, done=True, now=now),
            lambda event: after_denial.tick(event, carol, 2, done=True, now=now),
            lambda event: after_denial.tick(event, carol, 2, done=False, now=now),
            lambda event: after_denial.note(event, carol, "She called.", now=now),
            lambda event: after_denial.claim(event, alice, "It was me.", now=now),
        ):
            await self.change(name, plan, now)

    async def change(self, name: str, plan: Callable[[Event], Change], now: datetime) -> None:
        await self.store.follow_ups.change(
            name, lambda event: (plan(event), None), by=CAROL, tell=SECURITY, now=now
        )

    async def contain(self, name: str) -> None:
        """Have something done about a denied event, agreed to, tried again, and undone; one lapses."""
        carol = Actor(slack_id=CAROL, name="Carol", standing=Standing.MEMBER, is_reviewer=True)
        contain, now, hour = self.store.containments, later(minutes=7), timedelta(hours=1)
        plan = Plan(
            target="alice",
            says="Lock alice",
            does="It locks.",
            undo_says="Unlock alice",
            undo="-",
            lasts=hour,
        )

        async def ask(action: str, why: str | None = None) -> int:
            asked = Asked(plan=plan, why_second=why)
            common: Any = {"within": hour, "waits_for": None, "is_dry_run": False, "now": now}
            after = await contain.ask(name, lambda *_: asked, carol, action=action, **common)
            assert after.follow_up is not None
            return after.follow_up.containments[-1].id

        async def work(state: ContainmentState) -> None:
            while delivery := await take_next(self.store, later(days=2)):
                if delivery.kind is DeliveryKind.CONTAIN:
                    await contain.calling(delivery, {"known": "before"}, now)
                    await contain.end(delivery, state, "so it came", now)
                else:
                    await self.take(delivery)

        locked = await ask("lock")
        await work(ContainmentState.FAILED)
        await contain.try_again(name, locked, lambda *_: None, carol, now)
        await work(ContainmentState.DONE)
        agreed = await ask("agreed", "this is about a reviewer")
        await contain.agree(name, agreed, lambda *_: By(slack_id=BOB, name="Bob", at=now), now)
        await work(ContainmentState.DONE)
        await contain.undo(name, locked, lambda *_: None, carol, now)
        await work(ContainmentState.DONE)
        await ask("lapsed", "nobody else has denied it")
        await work(ContainmentState.LAPSED)
        await ask("waits")

    async def remind(self) -> None:
        now = later(hours=3)
        due = await self.store.events.due_reminders(later(days=2), 100)
        following = [(item, later(hours=30)) for item in due]
        await self.store.events.reserve_reminders(following, channel=SECURITY, together=5, now=now)


async def be_busy(thread: DatabaseThread) -> None:
    """Open, fold, split, ask, update, decide, follow up, remind, move, rename, prune, poll, checkpoint."""
    busy, store = Busy(thread), Store(thread)
    await busy.opened("approved", 2)
    await busy.opened("denied")
    await busy.opened("grown", 5)
    await busy.opened("half", subject=Subject(kind=SubjectKind.PERSON, slack_id=BOB, name="Bob"))
    await busy.opened("pending", 3)
    await busy.opened("moved", subject=Subject(kind=SubjectKind.PERSON, slack_id=CAROL, name="Carol"))
    await busy.send()
    unreachable = Subject(kind=SubjectKind.UNREACHABLE, slack_id=CAROL, name="Carol")
    await store.events.set_subject(["moved"], unreachable, later(minutes=3))
    await busy.decide("approved", Status.APPROVED)
    await busy.decide("denied", Status.DENIED)
    await busy.follow_up("denied")
    await busy.contain("denied")
    await busy.decide("half", Status.HALF_APPROVED, BOB)
    # Two splits, one after the other: of five records two stay, of the three that went on two stay again.
    await busy.decide("grown", Status.APPROVED, revision=2)
    await busy.send()
    await busy.decide("grownrest", Status.DENIED, revision=2)
    await busy.send()
    await store.members.rename(BOB, "U0BOBNEW", later(minutes=40))
    for _ in range(2):
        await busy.remind()
        await busy.send()
    (first, *_) = await store.notices.of_event("pending")
    await store.notices.show_again(first.channel, first.ts, later(hours=2))
    update = await take_next(store, later(days=2))
    assert update is not None
    await store.notices.move(update, "D0NEW", later(hours=4))
    await busy.send()
    await judge(thread, store, [login(number) for number in range(SECTION.above + 3)], now=later(hours=5))
    while await deliver(store, later(hours=6)):
        pass
    await busy.opened("late", 2, requires_second_person=True)
    weighed = replace(await store.events.get("late"), severity=Severity.HIGH, requires_reason=True)
    await store.enriching.keep(
        [Enriched(event=weighed, copies=(), conversation=ALICE, again_at=None)], later(hours=4)
    )
    await busy.opened("alarming")
    await busy.decide("alarming", Status.DENIED)
    await be_expecting(busy)
    await be_proving(busy)
    batch: list[Judgement] = [
        ToQuarantine(record=item, rule="ssh_login", reason="no name") for item in await busy.records(2)
    ]
    batch += [
        ToCount(record=item, verdict=RecordVerdict.IGNORED, name="noise") for item in await busy.records(2)
    ]
    await store.judging.apply(batch, later(hours=4))
    await thread.run(quarantine.prune, 1, 1 << 20, later(hours=5))
    await thread.run(quarantine.add_body, "syslog", b"{", "no JSON", later(hours=4))
    await thread.run(inbox.append, [[record(), record()]])
    await store.people_cache.put("user:alice", {"slack_id": ALICE}, later(hours=4))
    await be_polling(store)
    kept = Retention(deliveries=timedelta(hours=1))
    await store.prune(kept, QuarantineSection(), later(hours=6))
    for hour in range(7, 10):
        assert await store.checkpoints.take(
            Checkpoints(version="1.0", in_channel=False), SECURITY, later(hours=hour)
        )


async def be_expecting(busy: Busy) -> None:
    """Announce work of two people, approve what is covered by it, end one."""
    store = busy.store
    await stand(store, network=None, host="*")
    await stand(store, id="ended", person="bob", slack_id=BOB)
    (claimed,) = await busy.records(1)
    await store.judging.apply([expected_ask(claimed, event(id="trusted", fold_key="trusted"))], NOW)
    await store.expected_work.end("ended", actor_id=CAROL, why="ended by Carol", now=later(minutes=1))
    await store.expected_work.sweep(lambda _: ["bob"], SECURITY, later(minutes=2))


async def be_proving(busy: Busy) -> None:
    """Enrol two factors, confirm and use one, and lose it; approve one event by it, and fail at another."""
    proofs, now, fresh = busy.store.proofs, later(minutes=3), timedelta(hours=24)
    carol = Actor(slack_id=CAROL, name="Carol", standing=Standing.MEMBER, is_reviewer=True)
    dana = replace(carol, slack_id="U0DANA", name="Dana")
    for name, slack_id, began in (("aliceapp", ALICE, Began.SERVER), ("bobapp", BOB, Began.SIGN_IN)):
        new = NewFactor(id=name, person=name, kind=ProofKind.TOTP, label="phone", secret="-", began=began)
        await proofs.enrol(new, now)
        await proofs.ask(name, slack_id=slack_id, name=name, channel=SECURITY, command="/powertrip", now=now)
    assert await proofs.confirm("aliceapp", carol, fresh, now)
    await proofs.refuse("bobapp", carol, fresh, now)
    for name in ("proven", "unproven"):
        about = await busy.opened(name, requires_proof="totp")
        challenge = Challenge(
            nonce=name,
            event_id=name,
            revision=about.revision,
            slack_id=ALICE,
            name="Alice",
            team_id=None,
            kind=ProofKind.TOTP,
            via=Via.BUTTON,
            channel="D0ALICE",
            created_at=now,
            until=later(minutes=8),
        )
        await proofs.begin(challenge)
        await proofs.failed(name, now)
        if name == "proven":
            assert await proofs.met(name, Met("aliceapp", 7), now, now)
            await busy.decide(name, Status.APPROVED, proofs=(challenge,))
    work: dict[str, Any] = {"id": "provenwork", "person": "carol", "slack_id": CAROL, "created_at": now}
    await busy.store.expected_work.propose(
        expectation(**work),
        confirm_within=fresh,
        max_open=3,
        channel=SECURITY,
        command="/powertrip",
        proven=Proven(("totp",), (await proven(busy.store, "~worked", 8, now, **work),)),
        stands=True,
    )
    await proofs.report_loss(
        "loss", ALICE, "Alice", carol, channel=SECURITY, command="/powertrip", now=later(minutes=6)
    )
    assert await proofs.confirm_loss("loss", dana, fresh, later(minutes=7))


async def be_polling(store: Store) -> None:
    """Fetch a page of a poll."""
    now, lease = later(hours=5), LEASE
    assert await store.polling.claim(
        "okta", "process", lambda: now, look_back=timedelta(hours=1), lease=lease
    )
    page = [record(source="okta", received_at=now)]
    await store.polling.keep("okta", "process", page, {"after": "17"}, Backlog(100), now, lease)
    done = PollRound(count=1, more=False, oldest=now, newest=now)
    await store.polling.succeeded("okta", "process", done, later(hours=6), SECURITY, now)
