"""The page on which somebody proves that they announce an expectation, or confirm it."""

import json
from dataclasses import replace
from typing import Any

import pytest

from powertrip.domain.expectation_proof import Act, ExpectationChallenge
from powertrip.domain.proof import ProofKind
from powertrip.domain.proof_limits import LASTS
from powertrip.proofs import passkey
from powertrip.store import Store
from powertrip.store.database import DatabaseThread
from tests.conftest import Clock
from tests.expecting import confirm, expectation
from tests.page.conftest import Visitor
from tests.page.rig import Page, enrolled, link
from tests.proofs.authenticator import Authenticator
from tests.samples import BOB, NOW, SECURITY, later

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
async def device(page: Page, database_thread: DatabaseThread) -> Authenticator:
    """Bob's, with the passkey that he enrolled two days ago."""
    found = Authenticator(origin=page.url, rp_id="localhost", count=1)
    await enrolled(database_thread, found)
    return found


async def begun(
    store: Store, kind: ProofKind = ProofKind.PASSKEY, act: Act = Act.ANNOUNCE, nonce: str = "~worked"
) -> ExpectationChallenge:
    """What Bob announces of Alice's work, whose reason is hostile, or confirms."""
    expected = expectation(created_by=BOB, created_name="Bob", why=HOSTILE, ticket=None)
    challenge = ExpectationChallenge(
        nonce=nonce,
        act=act,
        expected=expected,
        slack_id=BOB,
        name="Bob",
        team_id=None,
        kind=kind,
        channel="D0BOB",
        created_at=NOW,
        until=NOW + LASTS,
    )
    await store.proofs.begin_expectation(challenge)
    return challenge


async def prove(
    visitor: Visitor, device: Authenticator, challenge: ExpectationChallenge, about: str = ""
) -> tuple[int, str]:
    device.count += 1
    signed = passkey.challenge_of_expectation(challenge.nonce, challenge.act, about or challenge.expected.id)
    answer: dict[str, Any] = {"credential": json.loads(device.sign(signed)), "sealed": None}
    return await visitor.post(f"{link(challenge.nonce)}/passkey", json=answer)


@pytest.mark.parametrize("kind", [ProofKind.PASSKEY, ProofKind.OIDC])
async def test_the_question_says_whose_work_of_what_where_from_and_until_when(
    visitor: Visitor,
    store: Store,
    device: Authenticator,  # noqa: ARG001 (it is enrolled)
    kind: ProofKind,
) -> None:
    challenge = await begun(store, kind)
    status, text = await visitor.get(link(challenge.nonce))
    assert status == 200
    for shown in (
        *("Prove this announcement", "announced this in Slack", "Bob (U0BOB)", "alice", "ssh_login"),
        *("bastion-*", "192.0.2.0/24", "from 2026-01-15 12:00 UTC to 2026-01-15 13:00 UTC", "worked"),
    ):
        assert shown in text, shown
    assert "&lt;script&gt;alert(1)" in text
    assert HOSTILE not in text


async def test_a_passkey_that_signed_it_is_met_and_the_page_says_what_became_of_it(
    visitor: Visitor, store: Store, device: Authenticator, page: Page
) -> None:
    challenge = await begun(store)
    assert (await prove(visitor, device, challenge))[0] == 200
    assert page.woken.is_set()
    met = await store.proofs.attempt(challenge.nonce)
    assert met is not None
    assert met.is_ready(NOW)
    status, text = await visitor.get(link(challenge.nonce))
    assert "a message in Slack tells you what became of it" in text

    await store.proofs.end(challenge.nonce, "refused", NOW)
    status, text = await visitor.get(link(challenge.nonce))
    assert (status, "Nothing was announced by this" in text) == (409, True)


async def test_what_was_signed_for_another_expectation_counts_as_a_wrong_answer(
    visitor: Visitor, store: Store, device: Authenticator
) -> None:
    challenge = await begun(store)
    status, text = await prove(visitor, device, challenge, about="another")
    assert (status, "Nothing was announced" in text) == (403, True)
    failed = await store.proofs.attempt(challenge.nonce)
    assert failed is not None
    assert (failed.failures, failed.met_at) == (1, None)


async def test_what_somebody_else_confirmed_meanwhile_cannot_be_proven_any_more(
    visitor: Visitor, store: Store, device: Authenticator
) -> None:
    challenge = await begun(store, act=Act.CONFIRM)
    await store.expected_work.propose(
        replace(challenge.expected), confirm_within=LASTS, max_open=3, channel=SECURITY, command="/powertrip"
    )
    assert (await visitor.get(link(challenge.nonce)))[0] == 200
    await confirm(store)
    status, text = await visitor.get(link(challenge.nonce))
    assert (status, "It was confirmed already" in text) == (409, True)
    assert (await prove(visitor, device, challenge))[0] == 409


async def test_after_five_minutes_the_link_says_nothing(
    visitor: Visitor,
    store: Store,
    clock: Clock,
) -> None:
    challenge = await begun(store)
    clock.now = later(minutes=5)
    status, text = await visitor.get(link(challenge.nonce))
    assert (status, "ssh_login" in text) == (404, False)
