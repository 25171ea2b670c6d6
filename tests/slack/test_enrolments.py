"""What a reviewer presses or types about an enrolment does that, and nothing else."""

import pytest

from powertrip.domain import proof_words
from powertrip.errors import Refused
from powertrip.pipeline.enrol import Enroller
from powertrip.slack.caller import Caller
from powertrip.slack.enrolments import EnrolmentCommands, answer
from powertrip.store import Store
from powertrip.store.database import DatabaseThread
from tests.proving import Scene
from tests.samples import ALICE, CAROL

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DANA = "U0DANA"


async def lost(scene: Scene) -> str:
    """Alice has enrolled something, and Carol says that it is lost; gives the loss's id."""
    scene.reviewers.add(DANA)
    await scene.enrol()
    loss = await Enroller(scene.context).lost(ALICE, "Alice", await scene.context.member(CAROL, None))
    return loss.id


@pytest.mark.parametrize("typed", [True, False])
@pytest.mark.parametrize(("word", "left"), [("confirm", 0), ("refuse", 1)])
async def test_the_second_reviewer_ends_what_is_lost_or_leaves_it(
    database_thread: DatabaseThread, store: Store, word: str, left: int, typed: bool
) -> None:
    scene = Scene(database_thread, store)
    loss_id = await lost(scene)
    if typed:
        caller = Caller(slack_id=DANA, team_id=None, channel="C1", trigger_id="", client=None)
        await EnrolmentCommands(scene.context).proofs(caller, [word, loss_id])
    else:
        await answer(scene.context, f"proof_lost_{word}", loss_id, DANA, None)

    assert len(await store.proofs.standing(ALICE)) == left


async def test_what_is_no_id_is_not_looked_up(database_thread: DatabaseThread, store: Store) -> None:
    scene = Scene(database_thread, store)
    for typed in ("", "' OR 1=1 --", "x" * 41):
        with pytest.raises(Refused, match="has this id"):
            await answer(scene.context, proof_words.CONFIRM, typed, CAROL, None)
