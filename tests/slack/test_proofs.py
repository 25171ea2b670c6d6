"""What the window of a proof says where it cannot go on: it stays open, whatever is away."""

import json
from itertools import count
from typing import Any

import pytest

from powertrip import cards
from powertrip.domain.people import Actor
from powertrip.domain.proof import Challenge
from powertrip.errors import SlackUnavailable, StoreUnavailable
from powertrip.slack.proofs import ProofListeners
from powertrip.store import Store
from powertrip.store.database import DatabaseThread
from tests.proving import Scene
from tests.samples import ALICE, CAROL

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

FIELD = "proof_typed_host"


@pytest.fixture
def scene(database_thread: DatabaseThread, store: Store) -> Scene:
    return Scene(database_thread, store)


async def submit(
    scene: Scene, challenge: Challenge, typed: str, *, by: str = ALICE, chosen: str | None = None
) -> list[dict[str, Any]]:
    """What Slack is answered to this in the window of the host's name."""
    acks: list[dict[str, Any]] = []

    async def ack(**said: Any) -> None:
        acks.append(said)

    metadata = {"nonce": challenge.nonce, "channel": "D1", "kinds": ["typed_host", "totp"]}
    values: dict[str, Any] = {FIELD: {"typed": {"value": typed}}}
    if chosen:
        values[cards.PROOF_OTHERWISE] = {"kind": {"selected_option": {"value": chosen}}}
    view = {"private_metadata": json.dumps(metadata), "state": {"values": values}}
    listeners = ProofListeners(scene.context, scene.decider, lambda asker: asker)
    await listeners.on_modal(ack, {"user": {"id": by}}, view, None)
    return acks


async def test_where_the_next_proof_cannot_be_asked_for_the_window_says_so(scene: Scene) -> None:
    await scene.enrol()
    about = await scene.opened("proof typed_host")
    challenge = await scene.press(about)
    directory: Any = scene.context.directory
    asked, times = directory.actor, count()

    async def actor(*args: Any, **more: Any) -> Actor:
        # For the decision they are known, and not any more for the proof that it takes besides.
        if next(times) == 1:
            raise SlackUnavailable("Slack is silent")
        found: Actor = await asked(*args, **more)
        return found

    directory.actor = actor
    (said,) = await submit(scene, challenge, "bastion-1")

    assert said["response_action"] == "errors"
    assert "try again in a moment" in said["errors"][FIELD]


async def test_where_the_database_is_away_the_window_says_so(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    challenge = await scene.press(await scene.opened("typed_host"))

    async def away(*_: Any) -> Any:
        raise StoreUnavailable("the database is away")

    for step in ("answer", "get"):
        monkeypatch.setattr(scene.store.proofs, step, away)
    (said,) = await submit(scene, challenge, "bastion-1")

    assert "try again in a moment" in said["errors"][FIELD]


@pytest.mark.parametrize(("by", "chosen"), [(CAROL, "totp"), (ALICE, "oidc"), (ALICE, "made-up")])
async def test_nobody_goes_on_in_anothers_window_or_by_a_kind_that_it_did_not_offer(
    scene: Scene, by: str, chosen: str
) -> None:
    await scene.enrol()
    await scene.enrol(CAROL)
    challenge = await scene.press(await scene.opened("proof typed_host"))
    (said,) = await submit(scene, challenge, "bastion-1", by=by, chosen=chosen)

    assert said["errors"] == {cards.PROOF_OTHERWISE: "Type it, or choose another way."}
