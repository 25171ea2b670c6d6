"""The number of a login proves an approval of it; who does not see the terminal cannot guess it."""

import contextlib
import random

import pytest

from powertrip.domain import session_number
from powertrip.domain.event import Status
from powertrip.domain.proof import ProofKind
from powertrip.errors import NotAllowed, ProofRequired, Refused
from powertrip.store import Store
from powertrip.store.database import DatabaseThread, is_postgres
from tests.proving import Scene, carried
from tests.samples import ALICE, CAROL, record

NUMBER = "482"
CARRIED = carried(NUMBER)
SOURCE, LOGIN, MAC = CARRIED.split()


@pytest.fixture
def scene(database_thread: DatabaseThread, store: Store) -> Scene:
    return Scene(database_thread, store)


async def test_whoever_sees_the_terminal_approves(scene: Scene) -> None:
    for typed in (NUMBER, f" {NUMBER}\n", "4 8 2"):
        about = await scene.opened("session_number", session_number=CARRIED)
        challenge = await scene.press(about)

        outcome = await scene.prover.answer(challenge.nonce, typed, slack_id=ALICE)

        assert (outcome.event.status, outcome.decision.proof) == (Status.APPROVED, "session_number")


async def test_nothing_else_is_the_number(scene: Scene) -> None:
    for typed in ("", "481", "0482", "482" * 100, "\uff14\uff18\uff12", "482\ud83d", MAC, CARRIED, LOGIN):
        scene.forward(hours=5)  # or there are too many wrong answers in a day
        about = await scene.opened("session_number", session_number=CARRIED)
        challenge = await scene.press(about)

        with pytest.raises(Refused, match="did not prove it"):
            await scene.prover.answer(challenge.nonce, typed, slack_id=ALICE)


async def test_who_has_all_of_its_persons_slack_and_guesses_a_thousand_times_is_heard_thrice(
    scene: Scene,
) -> None:
    about = await scene.opened("session_number", session_number=CARRIED)
    chance = random.Random(7)  # noqa: S311 (an attacker's)
    wrong = [number for number in map(str, range(100, 1000)) if number != NUMBER]
    tried = [*chance.sample(wrong, 3), NUMBER, *(str(chance.randrange(100, 1000)) for _ in range(996))]

    if await scene.thread.run(is_postgres):  # which takes longer, and counts the same
        tried = tried[:50]
    nonce, begun = "", 0
    for typed in tried:
        with contextlib.suppress(NotAllowed):
            nonce, begun = (await scene.press(about)).nonce, begun + 1
        with pytest.raises(Refused, match="did not prove it"):
            await scene.prover.answer(nonce, typed, slack_id=ALICE)

    assert begun == 3
    after = await scene.store.events.get(about.id)
    assert (after.status, after.decisions) == (Status.PENDING, ())
    assert [line for line in await scene.actions(about.id) if line == "proof_failed"] == ["proof_failed"] * 3


async def test_who_guessed_at_other_logins_too_often_proves_none_that_was_begun_before(scene: Scene) -> None:
    begun = await scene.press(await scene.opened("session_number", session_number=CARRIED))
    for _ in range(2):
        challenge = await scene.press(await scene.opened("session_number", session_number=CARRIED))
        for _ in range(3):
            with pytest.raises(Refused, match="did not prove it"):
                await scene.prover.answer(challenge.nonce, "100", slack_id=ALICE)

    with pytest.raises(Refused, match="did not prove it"):
        await scene.prover.answer(begun.nonce, NUMBER, slack_id=ALICE)
    kept = await scene.store.proofs.get(begun.nonce)
    assert kept is not None
    assert kept.ended_why == "answered wrongly too often"


async def test_what_was_wrong_thrice_is_not_approved_by_the_right_number_either(scene: Scene) -> None:
    about = await scene.opened("session_number", session_number=CARRIED)
    challenge = await scene.press(about)
    for said in ("2 tries are left", "one try is left", "this window is over"):
        with pytest.raises(Refused, match=said):
            await scene.prover.answer(challenge.nonce, "100", slack_id=ALICE)

    with pytest.raises(Refused, match="did not prove it"):
        await scene.prover.answer(challenge.nonce, NUMBER, slack_id=ALICE)
    with pytest.raises(NotAllowed, match="too many wrong answers"):
        await scene.approve(about)
    assert (await scene.store.events.get(about.id)).status is Status.PENDING


async def test_numbers_of_other_logins_are_no_further_tries(scene: Scene) -> None:
    for _ in range(2):
        about = await scene.opened("session_number", session_number=CARRIED)
        challenge = await scene.press(about)
        for typed in ("100", "101", "102"):
            with pytest.raises(Refused, match="did not prove it"):
                await scene.prover.answer(challenge.nonce, typed, slack_id=ALICE)
    about = await scene.opened("session_number", session_number=CARRIED)
    with pytest.raises(NotAllowed, match="too many wrong answers"):
        await scene.approve(about)

    scene.forward(hours=24, seconds=1)
    outcome = await scene.prover.answer((await scene.press(about)).nonce, NUMBER, slack_id=ALICE)
    assert outcome.event.status is Status.APPROVED


async def test_a_number_of_another_login_or_secret_is_none(scene: Scene) -> None:
    for other in (f"{SOURCE} another {MAC}", f"elsewhere {LOGIN} {MAC}"):
        about = await scene.opened("session_number", session_number=other)
        with pytest.raises(Refused, match="did not prove it"):
            await scene.prover.answer((await scene.press(about)).nonce, NUMBER, slack_id=ALICE)


async def test_nobody_but_its_person_is_asked_for_it(scene: Scene) -> None:
    about = await scene.opened("session_number", session_number=CARRIED)
    with pytest.raises(NotAllowed, match="not enrolled"):
        await scene.approve(about, by=CAROL)

    await scene.enrol(CAROL)
    with pytest.raises(ProofRequired) as required:
        await scene.approve(about, by=CAROL)
    assert required.value.kinds == (ProofKind.TOTP,)


def test_only_what_the_signed_source_found_is_carried() -> None:
    trusted = {session_number.MAC: MAC}

    assert session_number.carried_by(record(source=SOURCE, record_id=LOGIN, trusted=trusted)) == CARRIED
    # Whatever a record says of itself.
    said = record(f'{{"number_mac": "{MAC}"}}', source=SOURCE, record_id=LOGIN)
    assert session_number.carried_by(said) is None
    for record_id in ("with a blank", "x" * 250):
        assert session_number.carried_by(record(record_id=record_id, trusted=trusted)) is None
