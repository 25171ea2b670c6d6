"""A passkey is made with a code of the server, and counts once a reviewer has confirmed it."""

import html
import json
import re
from typing import Any

import pytest
from webauthn.helpers import base64url_to_bytes

from powertrip.domain.event import Event
from powertrip.domain.people import Actor, Standing
from powertrip.domain.proof import ProofKind
from powertrip.proofs import passkey
from powertrip.store import Store
from tests.conftest import Clock
from tests.page.conftest import Visitor
from tests.page.rig import Page, begun, link
from tests.proofs.authenticator import PRESENT, Authenticator
from tests.samples import BOB, CAROL, NOW, SECURITY, later

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

CODE = "k7m2-p9wq-x4rd-h3ts"


@pytest.fixture(autouse=True)
async def code(store: Store) -> None:
    """Given out on the server, for Bob."""
    await store.proofs.keep_code(CODE, "bob", ProofKind.PASSKEY, NOW)


@pytest.fixture
def device(page: Page) -> Authenticator:
    return Authenticator(origin=page.url, rp_id="localhost")


async def begin(visitor: Visitor, typed: str = CODE) -> tuple[int, dict[str, str]]:
    """Type the code; gives what the button has."""
    status, text = await visitor.post("/enrol", data={"code": typed})
    return status, {name: html.unescape(value) for name, value in re.findall(r'data-(\w+)="([^"]*)"', text)}


async def finish(
    visitor: Visitor, device: Authenticator, button: dict[str, str]
) -> tuple[int, dict[str, Any]]:
    challenge = base64url_to_bytes(json.loads(button["options"])["challenge"])
    sent = {"credential": json.loads(device.make(challenge)), "sealed": button["sealed"]}
    status, text = await visitor.post("/enrol/passkey", json=sent)
    return status, json.loads(text)


async def prove(visitor: Visitor, store: Store, about: Event, device: Authenticator) -> int:
    challenge = await begun(store, about, ProofKind.PASSKEY, later(minutes=1))
    device.count += 1
    signed = device.sign(passkey.challenge_of(challenge.nonce, about.id, about.revision))
    return (await visitor.post(f"{link(challenge.nonce)}/passkey", json={"credential": json.loads(signed)}))[
        0
    ]


async def test_a_passkey_counts_once_a_reviewer_has_confirmed_it(
    visitor: Visitor, store: Store, about: Event, device: Authenticator, page: Page, clock: Clock
) -> None:
    status, button = await begin(visitor, " K7M2P9WQ X4RD-h3ts ")
    assert status == 200
    options = json.loads(button["options"])
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["rp"]["id"] == "localhost"
    assert await finish(visitor, device, button) == (200, {"next": "/enrol/made"})
    assert page.woken.is_set()
    assert "other than you, has confirmed it" in (await visitor.get("/enrol/made"))[1]
    (enrolled,) = await store.proofs.unasked()
    assert (enrolled.person, enrolled.kind) == ("bob", ProofKind.PASSKEY)
    clock.forward(minutes=1)
    await store.proofs.ask(
        enrolled.id, slack_id=BOB, name="Bob", channel=SECURITY, command="/powertrip", now=clock()
    )

    assert await prove(visitor, store, about, device) == 403
    carol = Actor(slack_id=CAROL, name="Carol", standing=Standing.MEMBER, is_reviewer=True)
    await store.proofs.confirm(enrolled.id, carol, clock() - NOW, clock())
    assert await prove(visitor, store, about, device) == 200


@pytest.mark.parametrize("typed", ["", "k7m2-p9wq-x4rd-h3tt", "x" * 5000, "'; --"])
async def test_a_wrong_code_makes_nothing(visitor: Visitor, store: Store, typed: str) -> None:
    status, button = await begin(visitor, typed)

    assert (status, button) == (403, {})
    assert await store.proofs.unasked() == []


async def test_a_stranger_with_many_wrong_codes_keeps_nobody_from_theirs(
    thief: Visitor, visitor: Visitor
) -> None:
    for number in range(40):
        assert (await begin(thief, f"guess-{number}"))[0] == 403

    assert (await begin(visitor))[0] == 200


async def test_a_code_works_once(visitor: Visitor, thief: Visitor, device: Authenticator) -> None:
    _, button = await begin(visitor)

    assert (await begin(thief))[0] == 403
    assert (await finish(visitor, device, button))[0] == 200
    # Nor does what the page was given by it.
    another = Authenticator(b"another", origin=device.origin, rp_id="localhost")
    assert (await finish(thief, another, button))[0] == 409


async def test_a_code_works_for_a_quarter_of_an_hour(visitor: Visitor, clock: Clock) -> None:
    clock.forward(minutes=15)

    assert (await begin(visitor))[0] == 403


async def test_a_code_of_another_kind_makes_no_passkey(visitor: Visitor, store: Store) -> None:
    await store.proofs.keep_code("of-another-kind", "bob", ProofKind.TOTP, NOW)

    assert (await begin(visitor, "of-another-kind"))[0] == 403


@pytest.mark.parametrize(
    "said",
    [{"origin": "https://evil.example.com"}, {"rp_id": "evil.example.com"}, {"flags": PRESENT}],
    ids=str,
)
async def test_a_passkey_of_elsewhere_or_of_nobody_is_not_kept(
    visitor: Visitor, store: Store, device: Authenticator, said: dict[str, Any]
) -> None:
    _, button = await begin(visitor)
    for name, value in said.items():
        setattr(device, name, value)

    assert (await finish(visitor, device, button))[0] == 403
    assert await store.proofs.unasked() == []


async def test_what_a_code_gave_is_good_for_five_minutes(
    visitor: Visitor, store: Store, device: Authenticator, clock: Clock
) -> None:
    _, button = await begin(visitor)
    clock.forward(minutes=5)

    assert (await finish(visitor, device, button))[0] == 403
    assert await store.proofs.unasked() == []


@pytest.mark.parametrize("sealed", [None, "", "gAAAAA", 7])
async def test_without_a_code_nothing_is_made(
    visitor: Visitor, store: Store, device: Authenticator, sealed: Any
) -> None:
    _, button = await begin(visitor)
    status, _ = await finish(visitor, device, button | {"sealed": sealed})

    assert status == 403
    assert await store.proofs.unasked() == []
