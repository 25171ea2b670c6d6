"""What people enrol counts once a reviewer has confirmed it, and ends by two; on both databases."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from powertrip.domain.delivery import DeliveryKind
from powertrip.domain.enrolment import Began, Claimed, NewFactor
from powertrip.domain.event import Severity, Status
from powertrip.domain.people import Actor, Person, Standing, Subject, SubjectKind
from powertrip.domain.proof import Met, ProofKind
from powertrip.domain.routing import People
from powertrip.errors import NotAllowed, Refused
from powertrip.pipeline.enrol import Enroller
from powertrip.proofs.sealing import Sealer
from powertrip.store import Store
from powertrip.store.database import DatabaseThread
from powertrip.store.tables import AuditRow, DeliveryRow
from tests.proving import SECRET, SECTION, Scene
from tests.samples import ALICE, BOB, CAROL, SECURITY
from tests.store.busy import faults

DANA = "U0DANA"


@pytest.fixture
def scene(database_thread: DatabaseThread, store: Store) -> Scene:
    scene = Scene(database_thread, store)
    scene.reviewers.add(DANA)
    scene.settings.people = People([Person(name="alice", slack=ALICE), Person(name="gone", slack="U0GONE")])
    scene.settings.command = "/powertrip"

    async def subject(person: Person) -> Subject:
        kind = SubjectKind.PERSON if person.slack == ALICE else SubjectKind.DEACTIVATED
        return Subject(kind=kind, slack_id=person.slack, name="Alice")

    directory: Any = scene.context.directory
    directory.subject = subject
    return scene


@pytest.fixture
def enroller(scene: Scene) -> Enroller:
    return Enroller(scene.context)


def new(person: str = "alice") -> NewFactor:
    """What `bot.py enrol` keeps."""
    return NewFactor(
        id="factor0001",
        person=person,
        kind=ProofKind.TOTP,
        label="Alice's phone",
        secret=Sealer.of(SECTION).seal(SECRET, "factor0001"),
    )


async def proves(scene: Scene, severity: Severity = Severity.MEDIUM) -> bool:
    """Whether what Alice has enrolled proves an approval now."""
    about = await scene.opened(severity=severity)
    try:
        challenge = await scene.press(about)
    except NotAllowed:
        return False
    await scene.prover.answer(challenge.nonce, scene.code(), slack_id=ALICE)
    return (await scene.store.events.get(about.id)).status is Status.APPROVED


async def test_it_counts_for_nothing_until_a_reviewer_who_is_somebody_else_confirms_it(
    scene: Scene, enroller: Enroller
) -> None:
    await scene.store.proofs.enrol(new(), scene.now)
    carol, alice = await scene.context.member(CAROL, None), await scene.context.member(ALICE, None)
    with pytest.raises(Refused):  # nobody was asked yet
        await enroller.confirm("factor0001", carol)
    await enroller.look()
    await enroller.look()
    assert [title for to, title in await scene.notes() if to == SECURITY] == [
        "alice has enrolled an authenticator app"
    ]
    assert not await proves(scene)
    with pytest.raises(NotAllowed, match="Only reviewers"):
        await enroller.confirm("factor0001", alice)
    scene.reviewers.add(ALICE)
    with pytest.raises(NotAllowed, match="another reviewer"):
        await enroller.confirm("factor0001", await scene.context.member(ALICE, None))
    assert not await proves(scene)

    await enroller.confirm("factor0001", carol)

    assert await proves(scene)
    # For what is grave only a day later.
    assert not await proves(scene, Severity.HIGH)
    assert not await proves(scene, Severity.CRITICAL)
    scene.forward(hours=24)
    assert await proves(scene, Severity.HIGH)
    with pytest.raises(Refused, match="already"):
        await enroller.refuse("factor0001", carol)
    assert await faults(scene.thread) == {}


async def told(scene: Scene) -> dict[str, str]:
    """The lines of the notes that wait to be sent, by whom they are for."""

    def read() -> dict[str, str]:
        notes = DeliveryRow.select().where(DeliveryRow.kind == DeliveryKind.NOTE)
        return {row.channel: "\n".join(row.payload["lines"]) for row in notes}

    return await scene.thread.run(read)


async def test_reviewers_and_the_person_are_told_what_an_enrolment_began_with_and_what_counts_already(
    scene: Scene, enroller: Enroller
) -> None:
    await scene.store.proofs.enrol(new(), scene.now)
    await enroller.look()
    for lines in (await told(scene)).values():
        assert "on the server at" in lines
        assert "already" not in lines
    await enroller.confirm("factor0001", await scene.context.member(CAROL, None))
    assert "on the server at" in (await told(scene))[SECURITY]

    by_sign_in = replace(new(), id="factor0002", kind=ProofKind.PASSKEY, began=Began.SIGN_IN)
    await scene.store.proofs.enrol(by_sign_in, scene.now)
    await enroller.look()
    notes = await told(scene)
    for to, who in ((SECURITY, "They have"), (ALICE, "You have")):
        assert "after a sign-in at the identity provider and not on the server" in notes[to]
        assert f"{who} 1 that counts already; this comes beside, and ends none." in notes[to]
    # By which a thief's, made at the same time, is told from theirs.
    assert "whether their page calls it factor0002" in notes[SECURITY]
    assert await faults(scene.thread) == {}


async def test_one_passkey_is_enrolled_once_whoevers_it_is(scene: Scene) -> None:
    mine = replace(new(), kind=ProofKind.PASSKEY, credential_id="only-one")
    assert await scene.store.proofs.enrol(mine, scene.now)
    for again in (replace(mine, credential_id="another"), replace(mine, id="factor0002", person="bob")):
        assert not await scene.store.proofs.enrol(again, scene.now)
    assert [each.person for each in await scene.store.proofs.unasked()] == ["alice"]


@pytest.mark.parametrize("is_refused", [True, False])
async def test_what_is_refused_or_nobody_confirms_in_time_never_counts(
    scene: Scene, enroller: Enroller, is_refused: bool
) -> None:
    await scene.store.proofs.enrol(new(), scene.now)
    await enroller.look()
    carol = await scene.context.member(CAROL, None)
    if is_refused:
        await enroller.refuse("factor0001", carol)
    else:
        scene.forward(hours=24)
        await enroller.look()
    with pytest.raises(Refused, match="already"):
        await enroller.confirm("factor0001", carol)
    assert not await proves(scene)


async def test_nobody_is_asked_about_whom_slack_does_not_know(scene: Scene, enroller: Enroller) -> None:
    await scene.store.proofs.enrol(new("gone"), scene.now)
    await enroller.look()
    found = await scene.store.proofs.find("factor0001")
    assert found is not None
    assert found.ended_why == "Slack knows no active member of that name"
    assert await scene.notes() == []


async def test_a_lost_device_takes_two_reviewers_who_are_others(scene: Scene, enroller: Enroller) -> None:
    await scene.enrol()
    carol, dana = await scene.context.member(CAROL, None), await scene.context.member(DANA, None)
    assert await proves(scene)
    loss = await enroller.lost(ALICE, "Alice", carol)
    with pytest.raises(NotAllowed, match="second reviewer"):
        await enroller.end_lost(loss.id, carol, agrees=True)
    with pytest.raises(NotAllowed, match="Only reviewers"):
        await enroller.end_lost(loss.id, await scene.context.member(ALICE, None), agrees=True)
    # Until then it counts, and what was proven a moment before it ends is not decided any more.
    scene.forward(seconds=30)
    about, other = await scene.opened(), await scene.opened()
    challenge, proven = await scene.press(about), await scene.press(other)
    assert await scene.store.proofs.met(proven.nonce, Met("totpu0alice", 10**9), scene.now, scene.now)
    await enroller.end_lost(loss.id, dana, agrees=True)
    with pytest.raises(Refused):
        await scene.prover.answer(challenge.nonce, scene.code(), slack_id=ALICE)
    await scene.prover.take()
    assert (await scene.store.events.get(other.id)).status is Status.PENDING
    assert not await proves(scene)
    assert await scene.store.proofs.listed(ALICE) == []
    with pytest.raises(Refused, match="already"):
        await enroller.end_lost(loss.id, dana, agrees=True)


async def test_a_loss_that_nobody_agrees_to_ends_by_itself(scene: Scene, enroller: Enroller) -> None:
    await scene.enrol()
    loss = await enroller.lost(ALICE, "Alice", await scene.context.member(CAROL, None))
    scene.forward(hours=24)
    await enroller.look()
    with pytest.raises(Refused):
        await enroller.end_lost(loss.id, await scene.context.member(DANA, None), agrees=True)
    assert await proves(scene)


async def test_a_loss_is_reported_once_of_what_there_is_and_may_be_refused(
    scene: Scene, enroller: Enroller
) -> None:
    await scene.enrol()
    carol, dana = await scene.context.member(CAROL, None), await scene.context.member(DANA, None)
    with pytest.raises(NotAllowed, match="Only reviewers"):
        await enroller.lost(ALICE, "Alice", await scene.context.member(BOB, None))
    with pytest.raises(Refused, match="enrolled nothing"):
        await enroller.lost(BOB, "Bob", carol)
    loss = await enroller.lost(ALICE, "Alice", carol)
    with pytest.raises(Refused, match="being asked already"):
        await enroller.lost(ALICE, "Alice", dana)

    await enroller.end_lost(loss.id, dana, agrees=False)

    assert await proves(scene)
    lines = await scene.thread.run(lambda: [line.action for line in AuditRow.select().order_by(AuditRow.id)])
    assert [line for line in lines if line.startswith("loss_")] == ["loss_reported", "loss_ended"]


async def test_the_store_alone_ends_what_is_lost_in_time_and_by_a_second_person(
    scene: Scene, enroller: Enroller
) -> None:
    await scene.enrol()
    alice, carol, dana = [await scene.context.member(each, None) for each in (ALICE, CAROL, DANA)]
    loss = await enroller.lost(ALICE, "Alice", carol)
    store, fresh = scene.store.proofs, scene.section.fresh_enrolment
    for actor, at in ((carol, scene.now), (alice, scene.now), (dana, loss.until)):
        assert await store.confirm_loss(loss.id, actor, fresh, at) is None
    assert len(await store.standing(ALICE)) == 1

    assert await store.confirm_loss(loss.id, dana, fresh, scene.now) is not None
    assert await store.standing(ALICE) == ()


async def test_a_one_time_code_is_good_once_and_for_a_quarter_of_an_hour(scene: Scene) -> None:
    store = scene.store.proofs
    await store.keep_code("abcd-efgh-jkmn-pqrs", "alice", ProofKind.PASSKEY, scene.now)
    await store.keep_code("late-late-late-late", "alice", ProofKind.PASSKEY, scene.now)
    assert await store.claim("wrong", scene.now) is None
    assert await store.claim(" ABCD efgh jkmn pqrs", scene.now) == Claimed("alice", ProofKind.PASSKEY)
    assert await store.claim("abcd-efgh-jkmn-pqrs", scene.now) is None
    assert await store.claim("late-late-late-late", scene.now + timedelta(minutes=15)) is None


async def test_secrets_at_rest_are_read_with_an_old_key_and_written_with_the_new_one(scene: Scene) -> None:
    await scene.enrol()
    other = "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA="
    both = SECTION.model_validate({"kinds": ["totp"], "key": f"{other} {SECTION.key.get_secret_value()}"})  # type: ignore[union-attr]
    alone = SECTION.model_validate({"kinds": ["totp"], "key": other})
    scene.configure(key=alone.key)
    assert not await wrong_key(scene)
    assert await scene.store.proofs.renew(Sealer.of(both).renew) == 1
    scene.forward(seconds=30)
    assert await proves(scene)


async def wrong_key(scene: Scene) -> bool:
    try:
        return await proves(scene)
    except Refused:
        return False


async def test_nobody_confirms_their_own_by_the_other_of_their_two_ids(
    scene: Scene, enroller: Enroller
) -> None:
    """Their workspace has joined an organisation since they were asked about."""
    await scene.store.proofs.enrol(new(), scene.now)
    await enroller.look()
    directory: Any = scene.context.directory

    async def current_id(slack_id: str) -> str:
        return {ALICE: "W0ALICE", CAROL: "W0CAROL"}.get(slack_id, slack_id)

    async def actor(slack_id: str, _team: str | None, **_: Any) -> Actor:
        return Actor(slack_id=slack_id, name=slack_id, standing=Standing.MEMBER, is_reviewer=True)

    directory.current_id, directory.actor = current_id, actor
    with pytest.raises(NotAllowed, match="another reviewer"):
        await enroller.confirm("factor0001", await scene.context.member("W0ALICE", None))
    await enroller.confirm("factor0001", await scene.context.member("W0CAROL", None))

    with pytest.raises(NotAllowed, match="two other reviewers"):
        await enroller.lost(ALICE, "Alice", await scene.context.member("W0ALICE", None))
    loss = await enroller.lost(ALICE, "Alice", await scene.context.member(CAROL, None))
    for who in ("W0CAROL", "W0ALICE"):
        with pytest.raises(NotAllowed, match="second reviewer"):
            await enroller.end_lost(loss.id, await scene.context.member(who, None), agrees=True)
