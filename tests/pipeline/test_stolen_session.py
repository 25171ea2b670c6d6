"""Somebody has all of Slack, and no factor: whatever they do, they approve nothing that demands a proof."""

import random
from pathlib import Path
from typing import Any

import pytest

from powertrip.domain.decision import Agent, Verdict, Via
from powertrip.domain.event import Event, Status
from powertrip.domain.people import Subject, SubjectKind
from powertrip.domain.proof import ProofKind
from powertrip.errors import ProofRequired, Refused
from powertrip.pipeline.decide import Reference
from powertrip.pipeline.enrol import Enroller
from powertrip.pipeline.follow_up import FollowUps, Wish
from powertrip.store import Store
from powertrip.store.database import DatabaseThread, open_database
from tests.databases import provide_database
from tests.proving import Scene
from tests.samples import ALICE, BOB, CAROL, SECURITY
from tests.store.busy import faults

DANA = "U0DANA"
EVERYBODY = (ALICE, BOB, CAROL, DANA)
DEMANDS = ("proof", "totp", "session_number", "session_number typed_host", "proof totp")
TRIES = 1000
SETTLED = (Status.APPROVED, Status.HALF_APPROVED)


class Thief:
    """Presses, types and submits as anybody, and knows every nonce and id that Slack ever held."""

    def __init__(self, scene: Scene, events: list[Event], seed: int) -> None:
        self._scene = scene
        self._events = events
        self._dice = random.Random(seed)  # noqa: S311 (to be had again)
        self._nonces: list[str] = []
        self._follow_ups = FollowUps(scene.context)
        self._enroller = Enroller(scene.context)

    async def try_something(self) -> None:
        about, who = self._dice.choice(self._events), self._dice.choice(EVERYBODY)
        ways = (self._press, self._press, self._answer, self._answer, self._for_agent, self._after_all)
        await self._dice.choice((*ways, self._confirm, self._sweep))(about, who)
        self._scene.forward(seconds=self._dice.choice((0, 0, 1, 20)))

    async def _press(self, about: Event, who: str, agent: Agent | None = None) -> None:
        via = self._dice.choice((Via.BUTTON, Via.COMMAND))
        reference = Reference(event_id=about.id, revision=self._dice.choice((1, 1, 2, 99)))
        person: Any = {"slack_id": who, "team_id": None, "via": via}
        try:
            await self._scene.decider.decide(
                reference, Verdict.APPROVE, **person, reason="It was me.", agent=agent
            )
        except ProofRequired as required:
            # A thief chooses the kind, too, whatever the window offers.
            kind = ProofKind(self._dice.choice((*required.kinds, *ProofKind)))
            challenge, _ = await self._scene.prover.begin(reference, kind, **person, channel="D1")
            self._nonces.append(challenge.nonce)

    async def _answer(self, about: Event, who: str) -> None:
        if not self._nonces:
            return
        nonce = self._dice.choice((*self._nonces, "made-up"))
        challenge = await self._scene.store.proofs.get(nonce)
        typed = (
            f"{self._dice.randrange(10**6):06}",
            f"{self._dice.randrange(1000):03}",
            "bastion-1",
            about.id,
        )
        answering = challenge.slack_id if challenge else who
        await self._scene.prover.answer(
            nonce, self._dice.choice(typed), slack_id=self._dice.choice((answering, answering, who))
        )

    async def _for_agent(self, about: Event, who: str) -> None:
        await self._press(about, who, Agent(name="deploy.sh"))

    async def _after_all(self, about: Event, who: str) -> None:
        # Denied by themselves, claimed, and agreed to by a reviewer whose Slack they have, too.
        if self._dice.random() < 0.2:
            await self._scene.deny(about, by=ALICE)
        reference = Reference(event_id=about.id)
        wish = Wish(reference=reference, slack_id=ALICE, team_id=None, doing="claim", of_subject=True)
        await self._follow_ups.claim(wish, "It was my own script.")
        await self._press(about, self._dice.choice((CAROL, DANA, who)))

    async def _confirm(self, about: Event, who: str) -> None:  # noqa: ARG002
        actor = await self._scene.context.member(who, None)
        await self._enroller.confirm(self._dice.choice(("totpu0alice", "pending001")), actor)

    async def _sweep(self, about: Event, who: str) -> None:  # noqa: ARG002
        await self._scene.prover.take()


@pytest.fixture
async def scene(tmp_path: Path) -> Any:
    url = f"sqlite:///{tmp_path}/powertrip.db"
    provide_database(url)
    thread = DatabaseThread(open_database(url))
    scene = Scene(thread, Store(thread))
    scene.reviewers.add(DANA)
    yield scene
    await thread.close()


async def test_with_all_of_slack_and_no_factor_nothing_of_1000_tries_is_approved(scene: Scene) -> None:
    # Alice and a reviewer have enrolled; what they have is not in Slack.
    await scene.enrol(ALICE)
    await scene.enrol(CAROL, "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU")
    subject = Subject(kind=SubjectKind.PERSON, slack_id=ALICE, name="Alice")
    events = [
        # A login whose number the thief cannot see, or an event that has none.
        await scene.opened(
            demand,
            session_number=None if "proof" in demand else "73519",
            subject=subject,
            fold_key=f"{n}{demand}",
        )
        for n in range(20)
        for demand in DEMANDS
    ]
    thief = Thief(scene, events, seed=11)
    refused = 0
    for _ in range(TRIES):
        try:
            await thief.try_something()
        except Refused:
            refused += 1
    await scene.prover.take()

    after = [await scene.store.events.get(each.id) for each in events]
    assert [each.id for each in after if each.status in SETTLED] == []
    assert refused > TRIES / 4
    assert any(to == SECURITY for to, _ in await scene.notes())
    assert await faults(scene.thread) == {}


async def test_a_claim_after_a_denial_is_agreed_to_with_a_proof_only(scene: Scene) -> None:
    about = await scene.opened()
    await scene.deny(about)
    wish = Wish(
        reference=Reference(event_id=about.id), slack_id=ALICE, team_id=None, doing="claim", of_subject=True
    )
    await FollowUps(scene.context).claim(wish, "It was my own script.")
    agree: Any = {"slack_id": CAROL, "team_id": None, "via": Via.BUTTON, "reason": "She called me."}
    with pytest.raises(Refused, match="proof that Slack cannot give"):
        await scene.decider.decide(Reference(event_id=about.id), Verdict.APPROVE, **agree)
    await scene.enrol(CAROL)
    challenge, _ = await scene.prover.begin(
        Reference(event_id=about.id), ProofKind.TOTP, **agree, channel="C1"
    )
    outcome = await scene.prover.answer(challenge.nonce, scene.code(), slack_id=CAROL)
    assert outcome.event.status is Status.APPROVED


async def test_two_people_prove_it_each_by_themselves(scene: Scene) -> None:
    await scene.enrol(ALICE)
    await scene.enrol(CAROL, "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU")
    about = await scene.opened(requires_second_person=True)
    first = await scene.press(about)
    await scene.prover.answer(first.nonce, scene.code(), slack_id=ALICE)
    half = await scene.store.events.get(about.id)
    assert half.status is Status.HALF_APPROVED
    with pytest.raises(Refused):
        await scene.prover.answer(first.nonce, scene.code(), slack_id=CAROL)
    second = await scene.press(half, by=CAROL)
    code = scene.code("KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU")
    await scene.prover.answer(second.nonce, code, slack_id=CAROL)
    assert [made.proof for made in (await scene.store.events.get(about.id)).decisions] == ["totp", "totp"]


async def test_guesses_over_many_windows_lock_the_factor_and_the_right_code_too(scene: Scene) -> None:
    await scene.enrol()
    for _ in range(5):
        challenge = await scene.press(await scene.opened())
        with pytest.raises(Refused):
            await scene.prover.answer(challenge.nonce, "000000", slack_id=ALICE)
    with pytest.raises(Refused, match="locked after wrong answers"):
        await scene.press(await scene.opened())
    await scene.prover.take()
    assert "An approval could not be proven" in [title for _, title in await scene.notes()]
    scene.forward(minutes=15)
    about = await scene.opened()
    challenge = await scene.press(about)
    await scene.prover.answer(challenge.nonce, scene.code(), slack_id=ALICE)


async def test_a_locked_factor_proves_nothing_in_a_window_that_was_open_before(scene: Scene) -> None:
    await scene.enrol()
    opened = await scene.press(await scene.opened())
    for _ in range(5):
        other = await scene.press(await scene.opened())
        with pytest.raises(Refused):
            await scene.prover.answer(other.nonce, "000000", slack_id=ALICE)
    with pytest.raises(Refused, match="did not prove it"):
        await scene.prover.answer(opened.nonce, scene.code(), slack_id=ALICE)


async def test_what_joined_after_the_window_was_opened_stays_open(scene: Scene) -> None:
    """The proof is of what was shown: the rest is an event of its own, which takes a proof again."""
    await scene.enrol()
    about = await scene.opened(fold_key="same")
    challenge = await scene.press(about)
    await scene.joins(about)
    assert (await scene.store.events.get(about.id)).revision == 2
    outcome = await scene.prover.answer(challenge.nonce, scene.code(), slack_id=ALICE)
    assert outcome.rest is not None
    rest = await scene.store.events.get(outcome.rest.id)
    assert (outcome.decision.revision, rest.status, rest.requires_proof) == (1, Status.PENDING, "proof")


async def test_a_patient_thief_who_stays_below_a_lock_is_told_of_all_the_same(scene: Scene) -> None:
    """Four guesses in a quarter of an hour, never three in a window, would be 384 in a day."""
    await scene.enrol()
    about = await scene.opened()
    for _ in range(5):
        challenge = await scene.press(about)
        with pytest.raises(Refused):
            await scene.prover.answer(challenge.nonce, "000000", slack_id=ALICE)
        scene.forward(minutes=16)
    await scene.prover.take()
    assert [title for to, title in await scene.notes() if to == SECURITY] == [
        "An approval could not be proven"
    ]
