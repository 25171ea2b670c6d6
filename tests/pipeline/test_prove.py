"""Approvals that take a proof: what proves them, once, and what does not; on both databases."""

import asyncio
from itertools import count
from typing import Any

import pytest

from powertrip.domain.decision import Via
from powertrip.domain.event import Status
from powertrip.domain.people import Actor, Standing
from powertrip.domain.proof import Met, ProofKind
from powertrip.errors import AlreadyDecided, NotAllowed, ProofOver, ProofRequired, Refused, SlackUnavailable
from powertrip.pipeline.decide import Reference
from powertrip.store import Store
from powertrip.store.database import DatabaseThread
from tests.proving import Scene, carried
from tests.samples import ALICE, CAROL, SECURITY


@pytest.fixture
def scene(database_thread: DatabaseThread, store: Store) -> Scene:
    return Scene(database_thread, store)


async def status(scene: Scene, event_id: str) -> Status:
    return (await scene.store.events.get(event_id)).status


async def test_a_code_of_the_app_approves_and_the_decision_says_how(scene: Scene) -> None:
    await scene.enrol()
    about = await scene.opened()
    challenge = await scene.press(about)
    assert await status(scene, about.id) is Status.PENDING

    outcome = await scene.prover.answer(challenge.nonce, scene.code(), slack_id=ALICE)

    assert (outcome.event.status, outcome.decision.proof) == (Status.APPROVED, "totp")
    assert (await scene.store.events.get(about.id)).decisions[0].proof == "totp"
    lines = ["proof_begun", "proof_met", "proof_spent", "decided"]
    assert [line for line in await scene.actions(about.id) if line in lines] == lines


async def test_a_step_that_was_used_proves_nothing_more(scene: Scene) -> None:
    await scene.enrol()
    first, second = await scene.opened(), await scene.opened()
    code = scene.code()
    await scene.prover.answer((await scene.press(first)).nonce, code, slack_id=ALICE)
    again = await scene.press(second)
    with pytest.raises(Refused, match="did not prove it"):
        await scene.prover.answer(again.nonce, code, slack_id=ALICE)
    # Nor one of a moment before, which nobody has used.
    with pytest.raises(Refused, match="did not prove it"):
        await scene.prover.answer(again.nonce, scene.code(seconds=-30), slack_id=ALICE)
    scene.forward(seconds=30)
    await scene.prover.answer(again.nonce, scene.code(), slack_id=ALICE)
    assert await status(scene, second.id) is Status.APPROVED


async def test_nothing_but_six_digits_is_a_code(scene: Scene) -> None:
    await scene.enrol()
    about = await scene.opened()
    challenge = await scene.press(about)
    # The right ones, in the digits of another script.
    for typed in (scene.code().translate({48 + number: 0x660 + number for number in range(10)}), "12345"):
        with pytest.raises(Refused, match="did not prove it"):
            await scene.prover.answer(challenge.nonce, typed, slack_id=ALICE)
    assert await status(scene, about.id) is Status.PENDING
    assert (await scene.actions(about.id)).count("proof_failed") == 2


@pytest.mark.parametrize(("seconds", "counts"), [(-90, True), (90, True), (-120, False), (120, False)])
async def test_clocks_may_be_ninety_seconds_apart(scene: Scene, seconds: int, counts: bool) -> None:
    await scene.enrol()
    about = await scene.opened()
    challenge = await scene.press(about)
    if counts:
        await scene.prover.answer(challenge.nonce, scene.code(seconds=seconds), slack_id=ALICE)
    else:
        with pytest.raises(Refused):
            await scene.prover.answer(challenge.nonce, scene.code(seconds=seconds), slack_id=ALICE)
    assert (await status(scene, about.id) is Status.APPROVED) is counts


async def test_the_nonce_of_another_event_or_person_proves_nothing(scene: Scene) -> None:
    await scene.enrol()
    await scene.enrol(CAROL)
    first, second = await scene.opened(), await scene.opened()
    challenge = await scene.press(first)
    with pytest.raises(Refused, match="did not prove it"):
        await scene.prover.answer(challenge.nonce, scene.code(), slack_id=CAROL)
    # Met, for the first event and its first revision; it is spent on nothing else.
    due = scene.now
    assert await scene.store.proofs.met(challenge.nonce, Met("totpu0alice", 10**9), scene.now, due)
    for about, by in [(second, ALICE), (first, CAROL)]:
        with pytest.raises(ProofRequired):
            await scene.approve(about, by=by)
        assert await status(scene, about.id) is Status.PENDING


async def test_whoever_has_the_nonce_of_somebody_else_proves_nothing_and_uses_nothing_up(
    scene: Scene,
) -> None:
    about = await scene.opened("session_number", session_number=carried("427"))
    challenge = await scene.press(about)
    for typed in ("427", "111", "112", "113"):
        with pytest.raises(Refused, match="did not prove it"):
            await scene.prover.answer(challenge.nonce, typed, slack_id=CAROL)
    assert "proof_failed" not in await scene.actions(about.id)
    await scene.prover.answer(challenge.nonce, "427", slack_id=ALICE)
    assert await status(scene, about.id) is Status.APPROVED


async def test_pressing_again_ends_the_challenge_before(scene: Scene) -> None:
    await scene.enrol()
    about = await scene.opened()
    first, second = await scene.press(about), await scene.press(about)
    with pytest.raises(Refused, match="did not prove it"):
        await scene.prover.answer(first.nonce, scene.code(), slack_id=ALICE)
    await scene.prover.answer(second.nonce, scene.code(), slack_id=ALICE)
    assert await status(scene, about.id) is Status.APPROVED


async def test_what_takes_no_proof_costs_nothing_more(scene: Scene) -> None:
    about = await scene.opened(requires="")
    await scene.approve(about)
    assert "proof_begun" not in await scene.actions(about.id)


async def test_whoever_has_enrolled_nothing_is_told_how_and_may_deny(scene: Scene) -> None:
    about = await scene.opened()
    for _ in range(2):
        with pytest.raises(NotAllowed, match=r"bot\.py enrol NAME"):
            await scene.approve(about)
    # Others are called once: whoever it is cannot go on by themselves.
    assert await scene.notes() == [(SECURITY, f"Alice cannot prove that {about.id} was them")]
    assert (await scene.deny(about, by=ALICE)).event.status is Status.DENIED


async def test_a_decision_that_a_kill_prevented_is_taken_by_a_worker_once(scene: Scene) -> None:
    await scene.enrol()
    about = await scene.opened()
    challenge = await scene.press(about)
    # The process that heard the answer dies before it decides.
    assert await scene.store.proofs.met(challenge.nonce, Met("totpu0alice", 10**9), scene.now, scene.now)
    await scene.prover.take()
    await scene.prover.take()
    assert await status(scene, about.id) is Status.APPROVED
    assert (await scene.actions(about.id)).count("decided") == 1


async def test_what_is_decided_meanwhile_is_not_decided_again(scene: Scene) -> None:
    await scene.enrol()
    about = await scene.opened()
    challenge = await scene.press(about)
    await scene.deny(about, by=CAROL)
    with pytest.raises(AlreadyDecided):
        await scene.prover.answer(challenge.nonce, scene.code(), slack_id=ALICE)
    scene.forward(seconds=10)
    await scene.prover.take()
    assert "proof_ended" in await scene.actions(about.id)
    assert await status(scene, about.id) is Status.DENIED


async def test_slack_that_cannot_say_who_it_is_refuses_nothing(scene: Scene) -> None:
    await scene.enrol()
    about = await scene.opened()
    challenge = await scene.press(about)
    assert await scene.store.proofs.met(challenge.nonce, Met("totpu0alice", 10**9), scene.now, scene.now)
    scene.standings[ALICE] = Standing.UNKNOWN
    await scene.prover.take()
    scene.standings.clear()
    scene.forward(seconds=10)
    await scene.prover.take()
    assert await status(scene, about.id) is Status.APPROVED


async def test_a_challenge_that_took_too_long_approves_nothing(scene: Scene) -> None:
    await scene.enrol()
    about = await scene.opened()
    challenge = await scene.press(about)
    scene.forward(minutes=5)
    with pytest.raises(Refused, match="did not prove it"):
        await scene.prover.answer(challenge.nonce, scene.code(), slack_id=ALICE)
    assert await status(scene, about.id) is Status.PENDING


async def test_the_typed_name_approves_where_a_policy_wants_it(scene: Scene) -> None:
    about = await scene.opened("typed_host")
    challenge = await scene.press(about)
    for typed in ("bastion-2", "bastion"):
        with pytest.raises(Refused):
            await scene.prover.answer(challenge.nonce, typed, slack_id=ALICE)
    outcome = await scene.prover.answer(challenge.nonce, " Bastion-1", slack_id=ALICE)
    assert outcome.decision.proof == "typed_host"


async def test_the_number_of_the_login_is_its_own_persons_to_type(scene: Scene) -> None:
    about = await scene.opened("session_number", session_number=carried("427"))
    scene.configure(kinds=("session_number",))
    with pytest.raises(NotAllowed, match="only its own person"):
        await scene.approve(about, by=CAROL)
    challenge = await scene.press(about)
    outcome = await scene.prover.answer(challenge.nonce, "427", slack_id=ALICE)
    assert outcome.decision.proof == "session_number"


async def test_three_wrong_numbers_end_it_in_all_challenges_together(scene: Scene) -> None:
    about = await scene.opened("session_number", session_number=carried("427"))
    for _ in range(3):
        challenge = await scene.press(about)
        with pytest.raises(Refused):
            await scene.prover.answer(challenge.nonce, "111", slack_id=ALICE)
    with pytest.raises(NotAllowed, match="too many wrong answers"):
        await scene.press(about)
    await scene.prover.take()
    assert (SECURITY, "An approval could not be proven") in await scene.notes()
    assert await status(scene, about.id) is Status.PENDING


async def test_who_mistypes_reads_how_many_tries_are_left_and_then_that_the_window_is_over(
    scene: Scene,
) -> None:
    await scene.enrol()
    about = await scene.opened()
    challenge = await scene.press(about)
    for left in ("2 tries are left", "one try is left"):
        with pytest.raises(Refused, match=left):
            await scene.prover.answer(challenge.nonce, "000000", slack_id=ALICE)
    texts = []
    # The last wrong one, and the right one after it, read the same.
    for typed in ("000000", scene.code()):
        with pytest.raises(ProofOver, match="the security channel is told") as over:
            await scene.prover.answer(challenge.nonce, typed, slack_id=ALICE)
        texts.append(str(over.value))
    assert texts[0] == texts[1]


async def test_a_window_that_is_too_old_or_has_a_newer_beside_it_says_so(scene: Scene) -> None:
    await scene.enrol()
    about = await scene.opened()
    older, newer = await scene.press(about), await scene.press(about)
    with pytest.raises(ProofOver, match="Use the newer window"):
        await scene.prover.answer(older.nonce, scene.code(), slack_id=ALICE)
    scene.forward(minutes=5)
    with pytest.raises(ProofOver, match="good for five minutes"):
        await scene.prover.answer(newer.nonce, scene.code(), slack_id=ALICE)


async def test_what_was_answered_rightly_is_not_said_to_have_failed_when_it_is_sent_again(
    scene: Scene,
) -> None:
    await scene.enrol()
    about = await scene.opened()
    challenge, code = await scene.press(about), scene.code()
    await scene.prover.answer(challenge.nonce, code, slack_id=ALICE)
    with pytest.raises(ProofOver, match="answered before") as over:
        await scene.prover.answer(challenge.nonce, code, slack_id=ALICE)
    assert "Nothing was approved" not in str(over.value)


async def test_security_hears_once_of_whoever_cannot_prove_it(scene: Scene) -> None:
    await scene.enrol()
    about = await scene.opened()
    challenge = await scene.press(about)
    for _ in range(3):
        with pytest.raises(Refused):
            await scene.prover.answer(challenge.nonce, "000000", slack_id=ALICE)
    await scene.prover.take()
    await scene.prover.take()
    # As a second worker that found it due at the same moment.
    await scene.store.proofs.tell_of_failures(challenge.nonce, SECURITY, "/powertrip", scene.now)
    assert await scene.notes() == [(SECURITY, "An approval could not be proven")]
    said = "\n".join(await scene.lines_of_notes())
    assert f"{about.title} as {about.user_name} on {about.host_name}" in said
    assert f"If it was not them, type /powertrip deny {about.id} to deny it." in said
    # The right code comes too late for this one, and reads the same.
    with pytest.raises(Refused, match="did not prove it"):
        await scene.prover.answer(challenge.nonce, scene.code(), slack_id=ALICE)


async def test_of_all_numbers_at_the_same_moment_three_are_looked_at(scene: Scene) -> None:
    about = await scene.opened("session_number", session_number="87")
    challenges = [await scene.press(about) for _ in range(2)]
    guesses = [
        scene.prover.answer(challenge.nonce, str(number), slack_id=ALICE)
        for number in range(10, 100)
        for challenge in challenges
    ]
    answers = await asyncio.gather(*guesses, return_exceptions=True)
    assert all(isinstance(answer, Refused) for answer in answers)
    assert await status(scene, about.id) is Status.PENDING
    assert (await scene.actions(about.id)).count("proof_failed") == 3


async def test_one_code_for_two_events_at_the_same_moment_proves_one(scene: Scene) -> None:
    await scene.enrol()
    events = [await scene.opened() for _ in range(2)]
    challenges = [await scene.press(about) for about in events]
    guesses = [scene.prover.answer(each.nonce, scene.code(), slack_id=ALICE) for each in challenges]
    await asyncio.gather(*guesses, return_exceptions=True)
    statuses = sorted([await status(scene, about.id) for about in events])
    assert statuses == [Status.APPROVED, Status.PENDING]


async def test_where_policies_demand_two_kinds_both_are_given_and_both_are_spent(scene: Scene) -> None:
    await scene.enrol()
    about = await scene.opened("proof typed_host")
    first = await scene.press(about)
    with pytest.raises(ProofRequired) as required:
        await scene.prover.answer(first.nonce, "bastion-1", slack_id=ALICE)
    assert required.value.kinds == ("totp",)
    assert await status(scene, about.id) is Status.PENDING
    second = await scene.press(about)
    outcome = await scene.prover.answer(second.nonce, scene.code(), slack_id=ALICE)
    assert outcome.decision.proof == "typed_host totp"
    assert (await scene.actions(about.id)).count("proof_spent") == 2


async def test_a_kind_that_is_not_asked_for_begins_nothing_and_counts_for_nothing(scene: Scene) -> None:
    await scene.enrol()
    about = await scene.opened("totp")
    who: Any = {"slack_id": ALICE, "team_id": None, "via": Via.BUTTON, "channel": "D1"}
    with pytest.raises(NotAllowed, match="not asked of you"):
        await scene.prover.begin(Reference(event_id=about.id), ProofKind.TYPED_HOST, **who)


@pytest.mark.parametrize("kind", ["oidc", "passkey"])
async def test_what_is_proven_on_the_page_is_never_typed_into_slack(scene: Scene, kind: str) -> None:
    await scene.enrol(kind=ProofKind.PASSKEY)
    scene.configure(kinds=(ProofKind.PASSKEY, ProofKind.OIDC))
    scene.settings.proofs.has_identity = lambda _: True
    about = await scene.opened(kind)
    challenge = await scene.press(about)

    with pytest.raises(Refused, match="did not prove it"):
        await scene.prover.answer(challenge.nonce, scene.code(), slack_id=ALICE)

    assert await status(scene, about.id) is Status.PENDING


async def test_one_of_whom_slack_does_not_tell_enough_holds_up_nobody_else(scene: Scene) -> None:
    await scene.enrol()
    await scene.enrol(CAROL)
    first, second = await scene.opened(), await scene.opened()
    for about, by in ((first, ALICE), (second, CAROL)):
        challenge = await scene.press(about, by=by)
        met = Met(f"totp{by.lower()}", 10**9)
        assert await scene.store.proofs.met(challenge.nonce, met, scene.now, scene.now)
        scene.forward(seconds=1)
    directory: Any = scene.context.directory
    asked, of_alice = directory.actor, count()

    async def actor(slack_id: str, *args: Any, **more: Any) -> Actor:
        if slack_id == ALICE and next(of_alice) == 1:
            raise SlackUnavailable("Slack is silent")
        found: Actor = await asked(slack_id, *args, **more)
        return found

    directory.actor = actor
    await scene.prover.take()
    assert await status(scene, second.id) is Status.APPROVED
    scene.forward(seconds=10)
    await scene.prover.take()
    assert await status(scene, first.id) is Status.APPROVED
