"""The window in which an expectation is proven: another way, an answer of somebody else, and its end."""

import json
from typing import Any

import pytest

from powertrip.domain.expectation_proof import ExpectationChallenge
from powertrip.domain.proof import ProofKind
from powertrip.slack.expectation_proofs import ExpectationProofListeners
from powertrip.store import Store
from powertrip.store.database import DatabaseThread
from tests.announcing import DANA, Announcing
from tests.samples import CAROL

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

KINDS = [ProofKind.OIDC, ProofKind.TOTP]


@pytest.fixture
async def scene(database_thread: DatabaseThread, store: Store) -> Announcing:
    """Carol can sign in, or type a code."""
    scene = Announcing(database_thread, store)
    scene.configure(kinds=tuple(KINDS), page="https://powertrip.internal")
    scene.settings.proofs.has_identity = lambda _: True
    await scene.enrol_all([CAROL])
    return scene


async def submit(
    scene: Announcing,
    challenge: ExpectationChallenge,
    typed: str | None = None,
    *,
    chosen: str | None = None,
    by: str = CAROL,
) -> dict[str, Any]:
    """What Slack is answered."""
    acks: list[dict[str, Any]] = []

    async def ack(**said: Any) -> None:
        acks.append(said)

    values: dict[str, Any] = {} if typed is None else {"proof_totp": {"typed": {"value": typed}}}
    option = {"value": chosen} if chosen else None
    values["proof_otherwise"] = {"kind": {"selected_option": option}}
    metadata = {"nonce": challenge.nonce, "channel": "D1", "kinds": KINDS}
    view = {"private_metadata": json.dumps(metadata), "state": {"values": values}}
    listeners = ExpectationProofListeners(scene.context, scene.decider)
    await listeners.on_modal(ack, {"user": {"id": by}}, view, None)
    return acks[0]


def nonce_of(said: dict[str, Any]) -> str:
    return str(json.loads(said["view"]["private_metadata"])["nonce"])


async def test_the_page_is_offered_first_and_a_code_in_its_place(scene: Announcing) -> None:
    first = await scene.wanting(CAROL)
    assert first.kind is ProofKind.OIDC
    said = await submit(scene, first, chosen="totp")
    assert (said["response_action"], "proof_totp" in str(said["view"])) == ("update", True)
    second = await scene.store.proofs.attempt(nonce_of(said))
    assert isinstance(second, ExpectationChallenge)
    assert second.expected == first.expected
    await scene.answer(second)
    assert await scene.standing() == [first.expected.id]


async def test_the_window_of_the_page_says_where_it_is(scene: Announcing) -> None:
    first = await scene.wanting(CAROL)
    said = await submit(scene, first, chosen="oidc")
    assert "https://powertrip.internal/proof/~" in str(said["view"])
    assert "The page shows what you announce or confirm" in str(said["view"])


@pytest.mark.parametrize("chosen", [None, "session_number"])
async def test_nothing_chosen_or_what_is_not_offered_is_said_in_the_window(
    scene: Announcing, chosen: str | None
) -> None:
    said = await submit(scene, await scene.wanting(CAROL), chosen=chosen)
    assert (said["response_action"], list(said["errors"])) == ("errors", ["proof_otherwise"])


async def test_who_has_somebodys_window_begins_nothing_by_it(scene: Announcing) -> None:
    challenge = await scene.wanting(CAROL)
    said = await submit(scene, challenge, chosen="totp", by=DANA)
    assert said["response_action"] == "errors"
    assert (await scene.told()).count("proof_begun") == 1


async def test_after_the_last_try_the_window_says_that_it_is_over(scene: Announcing) -> None:
    said = await submit(scene, await scene.wanting(CAROL), chosen="totp")
    challenge = await scene.store.proofs.attempt(nonce_of(said))
    assert isinstance(challenge, ExpectationChallenge)
    left = [str(await submit(scene, challenge, "000000")) for _ in range(2)]
    assert ["2 tries are left" in left[0], "one try is left" in left[1]] == [True, True]
    said = await submit(scene, challenge, "000000")
    assert (said["response_action"], "too many wrong answers" in str(said["view"])) == ("update", True)
    # The right code is not told from another.
    assert await submit(scene, challenge, scene.code_of(CAROL)) == said
