"""Two processes hear of one person's proofs at the same moment: what is counted is counted once, in a row."""

import pytest

from powertrip.domain.delivery import Note
from powertrip.domain.event import Status
from powertrip.errors import Refused
from powertrip.store import Store
from powertrip.store.database import DatabaseThread
from powertrip.store.proofs import attempts, challenges
from tests.proving import Scene, carried
from tests.samples import ALICE, SECURITY
from tests.store.test_races import while_held

Threads = tuple[DatabaseThread, DatabaseThread]
NUMBER = "427"


async def test_who_guesses_at_two_processes_at_once_is_heard_no_oftener(threads: Threads) -> None:
    other, mine = threads
    scene = Scene(mine, Store(mine))
    about = [await scene.opened("session_number", session_number=carried(NUMBER)) for _ in range(4)]
    first, second, third, last = [(await scene.press(each)).nonce for each in about]
    for nonce in (first, first, first, second, second):
        with pytest.raises(Refused):
            await scene.prover.answer(nonce, "111", slack_id=ALICE)

    async def is_proven() -> bool:
        try:
            await scene.prover.answer(last, NUMBER, slack_id=ALICE)
        except Refused:
            return False
        return True

    def sixth() -> None:
        attempts.answer(third, ALICE, lambda *_: None, scene.now, scene.now)

    assert not await while_held(other, sixth, is_proven)
    assert (await scene.store.events.get(about[3].id)).status is Status.PENDING


async def test_that_somebody_cannot_prove_it_is_told_once(threads: Threads) -> None:
    other, mine = threads
    scene = Scene(mine, Store(mine))
    about, note = await scene.opened(), Note(title="cannot prove it", lines=())

    def tell() -> None:
        challenges.tell_of_lacking(about, note, SECURITY, scene.now)

    await while_held(other, tell, lambda: mine.run(tell))

    assert await scene.notes() == [(SECURITY, "cannot prove it")]
