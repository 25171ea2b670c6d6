"""The store alone spends no proof twice, and none for what it is not of, whatever is asked of it."""

from dataclasses import replace
from typing import Any

import pytest

from powertrip.domain.deciding import DecisionPlan
from powertrip.domain.enrolment import CONFIRM_WITHIN, NewFactor
from powertrip.domain.event import Status
from powertrip.domain.proof import Challenge, Met, ProofKind
from powertrip.errors import NotAllowed
from powertrip.store import Store
from powertrip.store.database import DatabaseThread
from powertrip.store.history.findings import Verdict
from powertrip.store.proofs import challenges
from tests.proving import Scene
from tests.samples import ALICE, BOB, CAROL, SECURITY, decided, decision, later
from tests.store.busy import faults

FACTOR = "totpu0alice"


@pytest.fixture
def scene(database_thread: DatabaseThread, store: Store) -> Scene:
    return Scene(database_thread, store)


async def proven(scene: Scene, requires: str = "totp") -> tuple[Any, Challenge]:
    """An event, and a challenge of it that is met."""
    about = await scene.opened(requires)
    challenge = await scene.press(about)
    met = await scene.store.proofs.met(challenge.nonce, Met(FACTOR, 1000), scene.now, later(minutes=9))
    assert isinstance(met, Challenge)
    return about, met


def plan(about: Any, *proofs: Challenge, **changes: Any) -> DecisionPlan:
    """An approval as somebody might ask for it who forgot all that the rest of the program looks at."""
    return DecisionPlan(
        before=about,
        after=decided(about, status=Status.APPROVED),
        decision=decision(proof="totp", at=later(minutes=changes.pop("minutes", 0)), **changes),
        remind_at=None,
        outcome_channel=None,
        rest_id="rest000001",
        rest_conversation=SECURITY,
        rest_remind_at=later(minutes=9),
        proofs=proofs,
    )


async def test_a_step_or_a_counter_that_was_used_meets_nothing_more(scene: Scene) -> None:
    await scene.enrol()
    await proven(scene)
    about = await scene.opened("totp")
    for step, counts in ((999, False), (1000, False), (1001, True)):
        challenge = await scene.press(about)
        met = await scene.store.proofs.met(challenge.nonce, Met(FACTOR, step), scene.now, scene.now)
        assert (met is not None) is counts


async def test_a_factor_of_another_person_or_that_ended_meets_nothing(scene: Scene) -> None:
    await scene.enrol()
    await scene.enrol(BOB)
    challenge = await scene.press(await scene.opened("totp"))
    assert await scene.store.proofs.met(challenge.nonce, Met("totpu0bob", 1), scene.now, scene.now) is None
    await scene.store.proofs.end_factor(FACTOR, "lost", scene.section.fresh_enrolment, scene.now)
    assert await scene.store.proofs.met(challenge.nonce, Met(FACTOR, 1), scene.now, scene.now) is None


async def test_wrong_answers_to_what_is_over_count_for_nothing(scene: Scene) -> None:
    await scene.enrol()
    about, challenge = await proven(scene)
    for _ in range(6):
        await scene.store.proofs.failed(challenge.nonce, scene.now)
    assert "proof_failed" not in await scene.actions(about.id)
    (factor,) = await scene.store.proofs.standing(challenge.slack_id)
    assert factor.locked_until is None


async def test_what_is_over_is_met_no_more_and_uses_nothing_up(scene: Scene) -> None:
    await scene.enrol()
    about = await scene.opened("totp")
    late = await scene.press(about)
    assert await scene.store.proofs.met(late.nonce, Met(FACTOR, 1000), late.until, late.until) is None
    ended = await scene.press(about)
    await scene.store.proofs.end(ended.nonce, "as a test wants it", scene.now)
    assert await scene.store.proofs.met(ended.nonce, Met(FACTOR, 1000), scene.now, scene.now) is None
    (factor,) = await scene.store.proofs.standing(ended.slack_id)
    assert factor.last_step == -1


async def test_an_approval_spends_what_is_of_its_event_revision_and_person_once(scene: Scene) -> None:
    await scene.enrol()
    about, challenge = await proven(scene)
    other = await scene.opened("totp")
    forged = replace(challenge, event_id=other.id)
    decide = scene.store.events.decide
    for wrong in (
        plan(about),
        plan(other, forged),
        plan(about, challenge, revision=2),
        plan(about, challenge, actor_id=BOB),
        plan(about, replace(challenge, nonce="made-up")),
        plan(about, challenge, minutes=15),
    ):
        with pytest.raises(NotAllowed):
            await decide(wrong)
        assert (await scene.store.events.get(wrong.before.id)).status is Status.PENDING
    assert await decide(plan(about, challenge)) is not None
    assert (await scene.store.proofs.get(challenge.nonce)) == replace(challenge, spent_at=later())
    # A second decision finds the event decided; and what is spent stays spent.
    assert await decide(plan(about, challenge)) is None


async def test_what_is_enrolled_is_asked_about_once_and_confirmed_in_time_by_another(
    scene: Scene,
) -> None:
    store, fresh, late = scene.store.proofs, scene.section.fresh_enrolment, scene.now + CONFIRM_WITHIN
    alice, carol = [await scene.context.member(who, None) for who in (ALICE, CAROL)]
    for factor_id in ("factor0001", "factor0002"):
        new = NewFactor(id=factor_id, person="alice", kind=ProofKind.TOTP, label="a phone", secret="sealed")
        assert await store.enrol(new, scene.now)
    assert await store.confirm("factor0001", carol, fresh, scene.now) is None
    for _ in range(2):
        for factor_id in ("factor0001", "factor0002"):
            await store.ask(
                factor_id,
                slack_id=ALICE,
                name="Alice",
                channel=SECURITY,
                command="/powertrip",
                now=scene.now,
            )
    assert [to for to, _ in await scene.notes()] == [SECURITY, ALICE] * 2

    assert await store.confirm("factor0001", alice, fresh, scene.now) is None
    assert await store.confirm("factor0001", carol, fresh, late) is None
    assert await store.confirm("factor0001", carol, fresh, scene.now) is not None
    assert await store.confirm("factor0001", carol, fresh, scene.now) is None
    assert await store.refuse("factor0001", carol, fresh, scene.now) is None
    assert await store.refuse("factor0002", carol, fresh, scene.now) is not None
    assert await store.confirm("factor0002", carol, fresh, scene.now) is None
    assert await store.end_factor("factor0002", "again", fresh, scene.now) is None
    assert [each.id for each in await store.standing(ALICE)] == ["factor0001"]


async def test_a_program_that_forgets_to_spend_it_is_named_by_the_history(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scene.enrol()
    about, challenge = await proven(scene)
    monkeypatch.setattr(challenges, "spend", lambda _: None)
    assert await scene.store.events.decide(plan(about, challenge)) is not None

    found = (await faults(scene.thread))[Verdict.INTEGRITY, "unproven"]

    assert found.where.startswith("decision ")


async def test_an_approval_that_was_planned_before_a_proof_was_demanded_is_planned_anew(scene: Scene) -> None:
    await scene.enrol()
    about = await scene.opened("totp")
    assert await scene.store.events.decide(plan(replace(about, requires_proof=""))) is None
    assert (await scene.store.events.get(about.id)).status is Status.PENDING
