"""Expectations that tests talk about: Alice's hour of logins on her hosts."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from powertrip.domain.address import RiskLevel
from powertrip.domain.event import Event, Severity
from powertrip.domain.expectation_proof import Act, ExpectationChallenge
from powertrip.domain.expectations import Expectable, Expectation
from powertrip.domain.judgement import ToAsk
from powertrip.domain.proof import Met, ProofKind
from powertrip.domain.proof_limits import LASTS
from powertrip.domain.record import Record
from powertrip.store import Store
from tests.samples import ALICE, CAROL, NOW, SECURITY, ask, later

WHOSE = Expectable(person="alice", slack_id=ALICE, is_sensitive=False)
KEY = f"SHA256:{'k' * 43}"


def expectation(**changes: Any) -> Expectation:
    """What Alice announced, not yet confirmed."""
    fields: dict[str, Any] = {
        "id": "worked",
        "person": "alice",
        "slack_id": ALICE,
        "rule": "ssh_login",
        "host": "bastion-*",
        "network": "192.0.2.0/24",
        "key": None,
        "severity": Severity.MEDIUM,
        "risk": RiskLevel.LOW,
        "created_at": NOW,
        "created_by": ALICE,
        "created_name": "Alice",
        "starts_at": NOW,
        "until": later(hours=1),
        "max_uses": 10,
        "ticket": "CHG-1",
        "why": "new certificates",
    }
    return Expectation(**(fields | changes))


async def proven(store: Store, nonce: str, step: int, now: datetime, **changes: Any) -> ExpectationChallenge:
    """A proof, by her authenticator app, that Alice announces this."""
    challenge = ExpectationChallenge(
        nonce=nonce,
        act=Act.ANNOUNCE,
        expected=expectation(**changes),
        slack_id=ALICE,
        name="Alice",
        team_id=None,
        kind=ProofKind.TOTP,
        channel="D0ALICE",
        created_at=now,
        until=now + LASTS,
    )
    await store.proofs.begin_expectation(challenge)
    met = await store.proofs.met(nonce, Met("aliceapp", step), now, now)
    assert isinstance(met, ExpectationChallenge)
    return met


async def announce(store: Store, **changes: Any) -> Expectation:
    """Have it kept, to be confirmed within ten minutes."""
    kept = await store.expected_work.propose(
        expectation(**changes),
        confirm_within=later(minutes=10) - NOW,
        max_open=3,
        channel=SECURITY,
        command="/powertrip",
    )
    assert kept is not None
    return kept


async def confirm(store: Store, expectation_id: str = "worked", now: datetime = NOW) -> Expectation | None:
    """Have Carol confirm it."""
    return await store.expected_work.confirm(
        expectation_id, actor_id=CAROL, name="Carol", command="/powertrip", now=now
    )


async def stand(store: Store, **changes: Any) -> Expectation:
    """Both, one after the other."""
    kept = await announce(store, **changes)
    confirmed = await confirm(store, kept.id, kept.created_at)
    assert confirmed is not None
    return confirmed


def expected_ask(
    claimed: Record, about: Event, whose: Expectable = WHOSE, *, is_looked_up: bool = True
) -> ToAsk:
    """A judgement of what an expectation may cover."""
    return replace(ask(claimed, about), expectable=whose, is_looked_up=is_looked_up)
