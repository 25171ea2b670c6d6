"""Expectations that take a proof: who announces or confirms one proves it, and nothing is expected before."""

import asyncio
import random
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from powertrip.domain.event import Severity
from powertrip.domain.expectation_proof import Act, ExpectationChallenge, ProofWanted, Proven
from powertrip.domain.people import Standing
from powertrip.domain.proof import Met, ProofKind
from powertrip.errors import CannotProve, NotAllowed, ProofOver, Refused
from powertrip.pipeline import expect
from powertrip.store import Store
from powertrip.store.bulk import insert_all
from powertrip.store.database import DatabaseThread
from powertrip.store.expected_work import changing
from powertrip.store.history.findings import Verdict
from powertrip.store.proofs import expectations, rows
from powertrip.store.proofs.tables import ExpectationChallengeRow
from powertrip.store.tables import DeliveryRow
from tests.announcing import DANA, PEOPLE, SECRETS_OF, Announcing
from tests.expecting import expectation
from tests.proving import Scene
from tests.samples import ALICE, BOB, CAROL, NOW, SECURITY, later
from tests.store.busy import faults

TRIES = 200


@pytest.fixture
def scene(database_thread: DatabaseThread, store: Store) -> Announcing:
    return Announcing(database_thread, store)


async def test_what_a_reviewer_announces_stands_once_they_have_proven_it(scene: Announcing) -> None:
    await scene.enrol_all()
    challenge = await scene.wanting(CAROL)
    assert (await scene.standing(), await scene.notes()) == ([], [])

    expected = await scene.answer(challenge)

    assert (expected.is_open, expected.announced_proof, expected.confirmed_by) == (True, "totp", CAROL)
    assert await scene.standing() == [expected.id]
    lines = ["proof_begun", "proof_met", "proof_spent", "announced", "confirmed"]
    assert await scene.told() == lines
    assert [to for to, _ in await scene.notes()] == [SECURITY]
    assert await faults(scene.thread) == {}


async def test_who_announces_their_own_proves_it_and_the_reviewer_who_confirms_it_too(
    scene: Announcing,
) -> None:
    await scene.enrol_all()
    waits = await scene.announced(ALICE, "alice")
    assert (waits.is_open, waits.announced_proof) == (False, "totp")
    challenge = await scene.wanting_to_confirm(waits, CAROL)
    assert await scene.standing() == []

    stands = await scene.answer(challenge)

    assert (stands.is_open, stands.confirmed_by, stands.confirmed_proof) == (True, CAROL, "totp")
    assert await faults(scene.thread) == {}


async def test_wanting_to_confirm_again_ends_the_challenge_before(scene: Announcing) -> None:
    await scene.enrol_all()
    waits = await scene.announced(ALICE, "alice")
    first, second = [await scene.wanting_to_confirm(waits, CAROL) for _ in range(2)]

    with pytest.raises(Refused):
        await scene.answer(first)

    assert (await scene.answer(second)).is_open


async def test_only_the_kinds_that_were_offered_and_are_old_enough_prove_it(scene: Announcing) -> None:
    await scene.enrol_all()
    with pytest.raises(ProofWanted) as wanted:
        await scene.announce(CAROL)
    for kind in (ProofKind.TYPED_HOST, ProofKind.SESSION_NUMBER, ProofKind.PASSKEY):
        with pytest.raises(NotAllowed, match="not asked of you"):
            await scene.asked(wanted.value, CAROL, kind)
    # They enrolled two days ago.
    scene.demand("proof", severity=Severity.HIGH)
    scene.configure(fresh_enrolment=timedelta(hours=72))
    with pytest.raises(CannotProve, match="too new"):
        await scene.announce(CAROL, severity=Severity.HIGH)


class Thief:
    """Has everybody's Slack, and nobody's phone: announces, confirms, types and chooses as anybody."""

    def __init__(self, scene: Announcing, waiting: list[Any], seed: int) -> None:
        self._scene, self._waiting = scene, waiting
        self._dice = random.Random(seed)  # noqa: S311 (to be had again)
        self._nonces: list[str] = []

    async def try_something(self) -> None:
        who = self._dice.choice(tuple(PEOPLE.values()))
        ways = (self._announce, self._confirm, self._guess, self._guess, self._sweep)
        try:
            await self._dice.choice(ways)(who)
        except ProofWanted as wanted:
            kind = ProofKind(self._dice.choice((*wanted.kinds, *ProofKind)))
            self._nonces.append((await self._scene.asked(wanted, who, kind)).nonce)
        self._scene.forward(seconds=self._dice.choice((0, 0, 1, 20)))

    async def _announce(self, who: str) -> None:
        await self._scene.announce(who, self._dice.choice(tuple(PEOPLE)))

    async def _confirm(self, who: str) -> None:
        await self._scene.confirm(self._dice.choice(self._waiting), who)

    async def _guess(self, who: str) -> None:
        nonce = self._dice.choice([*self._nonces, "~made-up"])
        begun = await self._scene.store.proofs.attempt(nonce)
        owner = begun.slack_id if begun else who
        typed = self._dice.choice((f"{self._dice.randrange(10**6):06}", "bob", "web-1", nonce))
        await self._scene.prover.answer_of_expectation(
            nonce, typed, slack_id=self._dice.choice((owner, owner, who))
        )

    async def _sweep(self, _who: str) -> None:
        await self._scene.prover.take()


async def test_with_all_of_slack_and_no_factor_nothing_of_200_tries_stands(scene: Announcing) -> None:
    await scene.enrol_all()
    # Two wait since before a proof was demanded.
    scene.demand()
    waiting = [await scene.announce(who, name) for who, name in ((ALICE, "alice"), (BOB, "bob"))]
    scene.demand("proof")
    thief, refused = Thief(scene, waiting, seed=5), 0
    for _ in range(TRIES):
        try:
            await thief.try_something()
        except Refused:
            refused += 1
    await scene.prover.take()

    assert await scene.standing() == []
    assert {each.id for each in await scene.store.expected_work.standing()} == {each.id for each in waiting}
    assert refused > TRIES / 4
    assert (SECURITY, "An expectation could not be proven") in await scene.notes()
    assert await faults(scene.thread) == {}


async def test_a_proof_is_good_for_its_own_expectation_and_once(scene: Announcing) -> None:
    await scene.enrol_all()
    first = await scene.wanting(CAROL)
    expected = await scene.answer(first)
    # Neither the window nor what it proved counts again, and not for another.
    with pytest.raises(ProofOver, match="answered before"):
        await scene.answer(first, scene.code_of(CAROL, seconds=30))
    waits = await scene.announced(ALICE, "alice")
    spent = Proven(("proof",), (first,))
    common: Any = {"actor_id": CAROL, "name": "Carol", "command": "", "now": scene.now, "proven": spent}
    with pytest.raises(NotAllowed, match="spent already"):
        await scene.store.expected_work.confirm(waits.id, **common)
    with pytest.raises(NotAllowed, match="there is none"):
        await scene.store.expected_work.confirm(waits.id, **common | {"proven": Proven(("proof",))})
    assert await scene.standing() == [expected.id]


OFF_BY_ONE: dict[str, dict[str, Any]] = {
    "act": {"act": Act.ANNOUNCE},
    "person": {"slack_id": DANA},
    "until": {"until": NOW},
    "ended": {"ended_at": NOW, "ended_why": "its device is lost"},
    "spent": {"spent_at": NOW},
    "not met": {"met_at": None},
    "an hour more": {"expected": {"until": later(hours=9)}},
    "other hosts": {"expected": {"host": "*"}},
    "somebody else's work": {"expected": {"slack_id": BOB}},
    "another id": {"expected": {"id": "another1"}},
}


@pytest.mark.parametrize("off", [None, *OFF_BY_ONE])
async def test_a_proof_that_is_off_in_one_respect_confirms_nothing(
    scene: Announcing, off: str | None
) -> None:
    hour = timedelta(hours=1)
    kept, _ = await scene.store.expected_work.propose_once(
        expectation(id="worked", until=later(hours=8)), confirm_within=hour, max_open=3
    )
    assert kept is not None
    changes = dict(OFF_BY_ONE[off]) if off else {}
    challenge = ExpectationChallenge(
        **{
            "nonce": "~proven",
            "act": Act.CONFIRM,
            "slack_id": CAROL,
            "name": "Carol",
            "team_id": None,
            "kind": ProofKind.TOTP,
            "channel": "D1",
            "created_at": NOW,
            "until": later(minutes=15),
            "met_at": NOW,
            **changes,
            "expected": replace(kept, **changes.get("expected", {})),
        }
    )
    await scene.thread.run(insert_all, ExpectationChallengeRow, [rows.columns(challenge)])
    proven = Proven(("totp",), (challenge,))
    who: Any = {"actor_id": CAROL, "name": "Carol", "command": "/powertrip", "now": NOW}
    if off is None:
        assert await scene.store.expected_work.confirm("worked", **who, proven=proven)
        return
    with pytest.raises(NotAllowed, match="spent already, or came too late"):
        await scene.store.expected_work.confirm("worked", **who, proven=proven)
    assert await scene.standing() == []


async def test_what_was_proven_to_announce_one_confirms_nothing_and_covers_no_more(scene: Announcing) -> None:
    await scene.enrol_all()
    waits = await scene.announced(ALICE, "alice")
    scene.forward(seconds=30)
    challenge = await scene.wanting_to_confirm(waits, CAROL)
    met = await scene.store.proofs.answer(
        challenge.nonce,
        CAROL,
        lambda attempt, about, known: scene.settings.proofs.check(
            attempt.kind, about, known.factors, scene.code_of(CAROL), scene.now
        ),
        scene.now,
        scene.now + timedelta(minutes=1),
    )
    assert isinstance(met, ExpectationChallenge)
    for wider in (
        {"host": "*"},
        {"until": waits.until + timedelta(hours=1)},
        {"slack_id": BOB, "person": "bob"},
    ):
        other = replace(challenge.expected, id="another1", **wider)
        with pytest.raises(NotAllowed, match="spent already"):
            await scene.store.expected_work.propose(
                replace(other, created_by=CAROL),
                confirm_within=timedelta(hours=1),
                max_open=9,
                channel=SECURITY,
                command="",
                proven=Proven(("proof",), (met,)),
            )
    assert await scene.store.expected_work.get("another1") is None
    # The store alone spends it on exactly what was proven, by whom, in time.
    proven = Proven(("proof",), (met,))
    exact: dict[str, Any] = {
        "act": Act.CONFIRM,
        "expected": met.expected,
        "actor_id": CAROL,
        "now": scene.now,
    }
    for wrong in (
        {"act": Act.ANNOUNCE},
        {"expected": replace(met.expected, id="another1")},
        {"expected": replace(met.expected, host="*")},
        {"actor_id": DANA},
        {"now": met.until},
    ):
        spend = partial(expectations.spend, proven=proven, **exact | wrong)
        with pytest.raises(NotAllowed, match="spent already"):
            await scene.thread.run(spend)
    spend = partial(expectations.spend, proven=proven, **exact)
    await scene.thread.run(spend)
    with pytest.raises(NotAllowed, match="spent already"):
        await scene.thread.run(spend)


async def test_the_proof_of_one_person_is_of_no_use_to_another(scene: Announcing) -> None:
    await scene.enrol_all()
    challenge = await scene.wanting(CAROL)
    for typed in (scene.code_of(CAROL), scene.code_of(DANA)):
        with pytest.raises(Refused, match="did not prove it"):
            await scene.answer(challenge, typed, by=DANA)
    # Nor does it count against her.
    still = await scene.store.proofs.attempt(challenge.nonce)
    assert still is not None
    assert still.failures == 0
    assert (await scene.answer(challenge)).is_open


async def test_wrong_codes_are_counted_and_locked_as_for_approvals(scene: Announcing) -> None:
    await scene.enrol_all()
    for number in range(2):
        challenge = await scene.wanting(CAROL)
        for _ in range(3 - number):
            with pytest.raises(Refused, match="did not prove it"):
                await scene.answer(challenge, "000000")
    with pytest.raises(CannotProve, match="locked after wrong answers"):
        await scene.announce(CAROL)
    await scene.prover.take()
    titles = [title for to, title in await scene.notes() if to == SECURITY]
    assert titles == ["An expectation could not be proven"] * 2
    assert (await scene.told()).count("proof_failed") == 5
    assert await faults(scene.thread) == {}


async def test_a_code_that_approved_something_announces_nothing(scene: Announcing) -> None:
    await scene.enrol_all()
    challenge = await scene.wanting(ALICE, "alice")
    about = await scene.press(await scene.opened())
    code = scene.code_of(ALICE)
    await scene.prover.answer(about.nonce, code, slack_id=ALICE)
    with pytest.raises(Refused, match="did not prove it"):
        await scene.answer(challenge, code)


async def test_who_has_enrolled_nothing_is_told_how_and_nothing_is_announced(scene: Announcing) -> None:
    with pytest.raises(CannotProve, match=r"you have not enrolled an authenticator app.*bot\.py enrol NAME"):
        await scene.announce(CAROL)
    assert await scene.store.expected_work.standing() == []
    assert (await scene.told(), await scene.notes()) == (["refused"], [])
    # What is announced by somebody who can is not confirmed by somebody who cannot.
    await scene.enrol(ALICE, SECRETS_OF[ALICE])
    waits = await scene.announced(ALICE, "alice")
    with pytest.raises(CannotProve, match="Nothing was confirmed"):
        await scene.confirm(waits, CAROL)
    assert await scene.standing() == []


async def test_too_new_a_factor_announces_no_work_of_high_severity(scene: Announcing) -> None:
    scene.demand("proof", severity=Severity.HIGH)
    await scene.enrol(CAROL, SECRETS_OF[CAROL], at=scene.now)
    with pytest.raises(CannotProve, match="too new for an event this severe"):
        await scene.announce(CAROL)
    assert (await scene.announced(CAROL, severity=Severity.MEDIUM)).is_open


async def test_a_reload_that_demands_a_proof_while_one_waits_is_obeyed_by_who_confirms_it(
    scene: Announcing,
) -> None:
    await scene.enrol_all()
    scene.demand()
    waits = await scene.announce(ALICE, "alice")
    scene.demand("proof")
    challenge = await scene.wanting_to_confirm(waits, CAROL)
    assert (await scene.answer(challenge)).confirmed_proof == "totp"


async def test_a_reload_that_demands_none_any_more_leaves_no_proof_to_be_used(scene: Announcing) -> None:
    await scene.enrol_all()
    challenge = await scene.wanting(CAROL)
    scene.demand()
    expected = await scene.answer(challenge)
    assert (expected.is_open, expected.announced_proof) == (True, None)
    assert (await scene.store.proofs.attempt(challenge.nonce)).ended_why == "not needed"  # type: ignore[union-attr]
    assert await faults(scene.thread) == {}


async def test_what_stands_without_the_proof_that_was_demanded_is_named(
    scene: Announcing, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scene.enrol_all()
    expected = await scene.announced(ALICE, "alice")
    # As a release does that knows no proofs, beside this one.
    monkeypatch.setattr(changing, "_shown", lambda _: {})
    scene.demand()
    await scene.confirm(expected, CAROL)
    found = (await faults(scene.thread))[Verdict.INTEGRITY, "unproven"]
    assert (found.where, "an earlier release confirmed it" in found.what) == (
        f"expectation {expected.id}",
        True,
    )


async def test_a_program_that_forgets_to_ask_is_named_by_the_history(
    scene: Announcing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expectations, "spend", lambda *_, **__: None)

    async def asks_for_none(*_: Any) -> Proven:
        return Proven(("proof",))

    monkeypatch.setattr(expect, "proven_of", asks_for_none)
    expected = await scene.announce(CAROL)
    found = (await faults(scene.thread))[Verdict.INTEGRITY, "unproven"]
    assert found.where == f"expectation {expected.id}"
    assert "announced without" in found.what


async def test_ending_and_distrust_take_no_proof(scene: Announcing) -> None:
    await scene.enrol_all()
    first, second = await scene.announced(CAROL), await scene.announced(DANA)
    assert (await scene.end(first, BOB)).ended_at
    (ended,) = await scene.expecter.distrust(BOB, "bob", await scene.context.member(CAROL, None))
    assert ended.id == second.id


async def killed_after_the_proof(scene: Announcing, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Carol's proof is met, and whoever heard it dies before anything comes of it."""
    challenge = await scene.wanting(CAROL)
    with monkeypatch.context() as patched:
        patched.setattr(
            type(scene.prover.expectations), "put_into_force", lambda *_: (_ for _ in ()).throw(KeyError)
        )
        with pytest.raises(KeyError):
            await scene.answer(challenge)
    assert await scene.standing() == []
    return challenge


async def test_a_worker_puts_into_force_what_was_proven_before_a_restart(
    scene: Announcing, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scene.enrol_all()
    challenge = await killed_after_the_proof(scene, monkeypatch)
    again = Announcing(scene.thread, scene.store, now=scene.now + timedelta(seconds=11))
    await again.prover.take()
    await again.prover.take()
    assert await again.standing() == [challenge.expected.id]
    kept = await again.store.expected_work.get(challenge.expected.id)
    assert kept is not None
    # It was announced when it was proven, and not a moment earlier; it ends when its window said.
    assert (kept.created_at, kept.until) == (again.now, challenge.expected.until)
    assert (CAROL, f"Work of bob was announced, {challenge.expected.id}") in await again.notes()
    assert await faults(scene.thread) == {}


LOST: dict[str, Any] = {
    "too late": (lambda scene: scene.forward(minutes=16), "took too long"),
    "no reviewer": (lambda scene: scene.reviewers.discard(CAROL), "Only reviewers"),
    "has left": (lambda scene: scene.standings.update({CAROL: Standing.DEACTIVATED}), "deactivated"),
    "shorter": (lambda scene: scene.demand("proof", max=timedelta(minutes=30)), "has changed meanwhile"),
    "off": (lambda scene: scene.demand("proof", enabled=False), "switched off"),
}


@pytest.mark.parametrize("change", LOST)
async def test_what_was_proven_and_may_not_be_any_more_is_dropped_and_its_person_told(
    scene: Announcing, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    await scene.enrol_all()
    challenge = await killed_after_the_proof(scene, monkeypatch)
    scene.forward(seconds=11)
    do, why = LOST[change]
    do(scene)
    await scene.prover.take()
    assert await scene.standing() == []
    ended = await scene.store.proofs.attempt(challenge.nonce)
    assert ended is not None
    assert ended.ended_at
    assert (CAROL, "Work of bob was not announced") in await scene.notes()
    assert why in str(await notes_to(scene, CAROL))


async def notes_to(scene: Scene, member: str) -> list[Any]:
    of_member = DeliveryRow.select().where(DeliveryRow.channel == member)
    return await scene.thread.run(lambda: [row.payload for row in of_member])


async def test_a_worker_waits_while_slack_does_not_say_who_it_was(
    scene: Announcing, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scene.enrol_all()
    challenge = await killed_after_the_proof(scene, monkeypatch)
    scene.forward(seconds=11)
    scene.standings[CAROL] = Standing.UNKNOWN
    await scene.prover.take()
    assert await scene.standing() == []
    del scene.standings[CAROL]
    scene.forward(seconds=11)
    await scene.prover.take()
    assert await scene.standing() == [challenge.expected.id]


async def test_two_kinds_by_name_are_both_given(scene: Announcing) -> None:
    await scene.enrol_all()
    scene.configure(kinds=(ProofKind.TOTP, ProofKind.OIDC))
    scene.settings.proofs.has_identity = lambda _: True
    scene.demand("totp", "oidc")
    with pytest.raises(ProofWanted) as besides:
        await scene.answer(await scene.wanting(CAROL))
    assert besides.value.kinds == (ProofKind.OIDC,)
    scene.forward(seconds=11)
    # The sweep has not all of it yet.
    await scene.prover.take()
    assert await scene.standing() == []
    challenge = await scene.asked(besides.value, CAROL)
    # As its page does.
    await scene.store.proofs.met(challenge.nonce, Met(), scene.now, scene.now)
    await scene.prover.take()
    expected = await scene.store.expected_work.get(challenge.expected.id)
    assert expected is not None
    assert (expected.is_open, expected.announced_proof) == (True, "oidc totp")
    assert await faults(scene.thread) == {}


async def test_what_was_announced_is_not_announced_again_by_another_window_of_it(scene: Announcing) -> None:
    await scene.enrol_all()
    challenge = await scene.wanting(CAROL)
    await scene.answer(challenge)
    scene.forward(seconds=30)
    wanted = ProofWanted(Act.ANNOUNCE, challenge.expected, (ProofKind.TOTP,))
    again = await scene.asked(wanted, CAROL)
    with pytest.raises(NotAllowed, match="announced already"):
        await scene.answer(again)


async def test_workers_that_take_the_same_proof_at_once_announce_one(
    scene: Announcing, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scene.enrol_all()
    challenge = await killed_after_the_proof(scene, monkeypatch)
    scene.forward(seconds=11)
    await asyncio.gather(*(Announcing(scene.thread, scene.store, now=scene.now).prover.take() for _ in "123"))
    assert await scene.standing() == [challenge.expected.id]
    assert [to for to, _ in await scene.notes()] == [SECURITY, CAROL]
    assert await faults(scene.thread) == {}


async def test_who_confirms_what_a_pipeline_announced_proves_it_and_the_pipeline_does_not(
    scene: Announcing,
) -> None:
    await scene.enrol_all()
    work = expectation(person="bob", slack_id=BOB, created_by=DANA, created_name="the pipeline deploy")
    hour = timedelta(hours=1)
    kept, _ = await scene.store.expected_work.propose_once(work, confirm_within=hour, max_open=3)
    assert kept is not None
    stands = await scene.answer(await scene.wanting_to_confirm(kept, CAROL))
    assert (stands.announced_proof, stands.confirmed_proof, stands.is_open) == (None, "totp", True)
    assert await faults(scene.thread) == {}


async def test_a_device_that_is_lost_proves_no_expectation_of_a_moment_ago(
    scene: Announcing, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scene.enrol_all()
    challenge = await killed_after_the_proof(scene, monkeypatch)
    who = [await scene.context.member(each, None) for each in (DANA, ALICE)]
    told: Any = {"channel": SECURITY, "command": "/powertrip", "now": scene.now}
    await scene.store.proofs.report_loss("loss", CAROL, "Carol", who[0], **told)
    assert await scene.store.proofs.confirm_loss("loss", who[1], timedelta(0), scene.now)
    scene.forward(seconds=11)
    await scene.prover.take()
    assert await scene.standing() == []
    ended = await scene.store.proofs.attempt(challenge.nonce)
    assert ended is not None
    assert ended.ended_why == "its device is lost"
