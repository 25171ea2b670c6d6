"""A sign-in proves an approval if it is Bob's, fresh, and for this very question; nothing else does."""

import asyncio
from base64 import b64decode
from typing import Any

import pytest
from joserfc.jwk import RSAKey
from pydantic import SecretStr
from yarl import URL

from powertrip.domain.event import Event
from powertrip.domain.proof import Challenge, ProofKind
from powertrip.page.gate import AT_ONCE
from powertrip.page.routes import COOKIE
from powertrip.store import Store
from powertrip.store.database import DatabaseThread
from tests.conftest import Clock
from tests.page.conftest import Visitor
from tests.page.provider import ISSUER, StubProvider
from tests.page.rig import Page, asked, begun, link, section

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def now(store: Store, challenge: Challenge) -> Challenge:
    found = await store.proofs.get(challenge.nonce)
    assert found is not None
    return found


async def test_bobs_fresh_sign_in_meets_the_challenge_and_wakes_the_worker(
    visitor: Visitor, provider: StubProvider, store: Store, about: Event, page: Page, clock: Clock
) -> None:
    challenge = await begun(store, about, ProofKind.OIDC)
    address = await visitor.set_out(link(challenge.nonce))
    clock.forward(seconds=20)
    status, text = await visitor.come_back(provider.signs_in(address))

    assert status == 200
    assert "Powertrip is deciding; look at Slack" in text
    assert (await now(store, challenge)).met_at == clock()
    assert page.woken.is_set()
    assert COOKIE not in {cookie.key for cookie in visitor.session.cookie_jar}
    # The decision is the worker's.
    assert (await store.events.get(about.id)).decisions == ()


async def test_what_is_asked_of_the_provider_is_a_fresh_sign_in_bound_to_this_browser(
    visitor: Visitor, store: Store, about: Event
) -> None:
    challenge = await begun(store, about, ProofKind.OIDC)
    first, second = [URL(await visitor.set_out(link(challenge.nonce))).query for _ in range(2)]

    assert first["response_type"] == "code"
    assert first["code_challenge_method"] == "S256"
    assert first["prompt"] == "login"
    assert first["max_age"] == "60"
    assert "openid" in first["scope"].split()
    assert all(first[name] != second[name] for name in ("state", "nonce", "code_challenge"))
    assert challenge.nonce not in str(first)


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"sub": "mallory"}, "somebody else"),
        ({"sub": "BOB"}, "somebody else"),
        ({"sub": ["bob"]}, "somebody else"),
        ({"sub": ""}, "somebody else"),
        ({"aud": "wiki"}, "another application"),
        ({"nonce": "of-another"}, "another sign-in"),
        ({"auth_time": 1_700_000_000}, "not fresh"),
    ],
    ids=str,
)
async def test_anything_else_is_refused_and_counted(
    visitor: Visitor, provider: StubProvider, store: Store, about: Event, claims: dict[str, Any], why: str
) -> None:
    challenge = await begun(store, about, ProofKind.OIDC)
    provider.claims = claims
    status, text = await visitor.come_back(provider.signs_in(await visitor.set_out(link(challenge.nonce))))

    assert status == 403
    assert why in text
    after = await now(store, challenge)
    assert (after.met_at, after.failures) == (None, 1)


async def test_a_token_that_another_key_signed_is_refused(
    visitor: Visitor, provider: StubProvider, store: Store, about: Event
) -> None:
    challenge = await begun(store, about, ProofKind.OIDC)
    provider.key = RSAKey.generate_key(2048, {"kid": "one"})
    status, _ = await visitor.come_back(provider.signs_in(await visitor.set_out(link(challenge.nonce))))

    assert status == 403
    assert (await now(store, challenge)).met_at is None


async def test_a_key_that_the_provider_took_back_signs_for_an_hour_at_most(
    visitor: Visitor, provider: StubProvider, store: Store, about: Event, clock: Clock
) -> None:
    async def is_met() -> bool:
        challenge = await begun(store, about, ProofKind.OIDC, clock())
        address = await visitor.set_out(link(challenge.nonce))
        await visitor.come_back(provider.signs_in(address))
        return (await now(store, challenge)).met_at is not None

    assert await is_met()
    provider.published = RSAKey.generate_key(2048, {"kid": "two"})
    clock.forward(hours=1, seconds=1)
    assert not await is_met()
    # Its new one counts at once, and who makes up names of keys does not have it asked each time.
    asked_before = len(provider.requests)
    provider.key = provider.published
    assert await is_met()
    provider.key = RSAKey.generate_key(2048, {"kid": "made-up"})
    assert [await is_met() for _ in range(3)] == [False] * 3
    keys = [request for request in provider.requests[asked_before:] if request.url.path == "/jwks"]
    assert keys == []
    # What else it says of itself is looked up anew, too.
    documents = [request for request in provider.requests if "well-known" in request.url.path]
    assert len(documents) == 2
    clock.forward(minutes=1, seconds=1)
    provider.published = provider.key
    assert await is_met()


async def test_client_and_secret_are_encoded_before_they_are_joined(
    visitor: Visitor, provider: StubProvider, store: Store, about: Event, page: Page
) -> None:
    page.configured = section(page.url, ISSUER, client_id="power:trip", client_secret=SecretStr("50%: ok"))
    challenge = await begun(store, about, ProofKind.OIDC)
    await visitor.come_back(provider.signs_in(await visitor.set_out(link(challenge.nonce))))
    (sent,) = [request for request in provider.requests if request.url.path == "/token"]

    assert b64decode(sent.headers["Authorization"].removeprefix("Basic ")) == b"power%3Atrip:50%25%3A%20ok"


async def test_mallorys_three_sign_ins_end_bobs_challenge(
    visitor: Visitor, provider: StubProvider, store: Store, about: Event
) -> None:
    challenge = await begun(store, about, ProofKind.OIDC)
    provider.claims = {"sub": "mallory"}
    for _ in range(3):
        await visitor.come_back(provider.signs_in(await visitor.set_out(link(challenge.nonce))))
    status, text = await visitor.get(f"{link(challenge.nonce)}")

    assert status == 404
    assert "does not work, or not any more" in text
    assert (await now(store, challenge)).ended_at is not None


async def test_bob_who_was_sent_to_the_provider_by_a_thief_proves_nothing(
    visitor: Visitor, thief: Visitor, provider: StubProvider, store: Store, about: Event
) -> None:
    """The thief of his Slack session sets out, and relays only the provider's address to him."""
    challenge = await begun(store, about, ProofKind.OIDC)
    address = await thief.set_out(link(challenge.nonce))
    status, text = await visitor.come_back(provider.signs_in(address))

    assert status == 400
    assert "did not set out from here" in text
    assert (await now(store, challenge)).met_at is None


async def test_a_code_counts_once(
    visitor: Visitor, provider: StubProvider, store: Store, about: Event
) -> None:
    challenge = await begun(store, about, ProofKind.OIDC)
    address = await visitor.set_out(link(challenge.nonce))
    cookies = {cookie.key: cookie.value for cookie in visitor.session.cookie_jar}
    answer = provider.signs_in(address)
    await visitor.come_back(answer)
    other = await begun(store, about, ProofKind.OIDC, revision=1)
    # Its cookie is gone with the first use; a thief may have kept both.
    visitor.session.cookie_jar.update_cookies(cookies)
    status, _ = await visitor.come_back(answer)

    assert status == 404
    assert (await now(store, other)).met_at is None


async def test_a_code_that_was_used_elsewhere_is_refused(
    visitor: Visitor, provider: StubProvider, store: Store, about: Event
) -> None:
    challenge = await begun(store, about, ProofKind.OIDC)
    answer = provider.signs_in(await visitor.set_out(link(challenge.nonce)))
    provider.challenges.clear()
    status, text = await visitor.come_back(answer)

    assert status == 403
    assert "used before" in text
    assert (await now(store, challenge)).met_at is None


async def test_another_challenges_answer_is_refused_and_counts_for_neither(
    visitor: Visitor, provider: StubProvider, store: Store, database_thread: DatabaseThread, about: Event
) -> None:
    another = await asked(database_thread, store, host_name="web-1", fold_key="another")
    one, two = await begun(store, about, ProofKind.OIDC), await begun(store, another, ProofKind.OIDC)
    answer = provider.signs_in(await visitor.set_out(link(one.nonce)))
    await visitor.set_out(link(two.nonce))
    status, text = await visitor.come_back(answer)

    assert status == 403
    assert "another sign-in" in text
    for challenge in (one, two):
        after = await now(store, challenge)
        assert (after.met_at, after.failures) == (None, 0)


@pytest.mark.parametrize(
    "answer", [{"error": "access_denied"}, {}, {"code": ""}, {"error": "access_denied", "code": "code-0"}]
)
async def test_giving_up_at_the_provider_proves_nothing_and_is_no_attempt(
    visitor: Visitor, provider: StubProvider, store: Store, about: Event, answer: dict[str, str]
) -> None:
    challenge = await begun(store, about, ProofKind.OIDC)
    state = provider.signs_in(await visitor.set_out(link(challenge.nonce)))["state"]
    status, text = await visitor.come_back({"state": state, **answer})

    assert status == 403
    assert "did not sign you in" in text
    assert (await now(store, challenge)).failures == 0


async def test_the_answer_of_another_provider_is_refused(
    visitor: Visitor, provider: StubProvider, store: Store, about: Event
) -> None:
    challenge = await begun(store, about, ProofKind.OIDC)
    answer = provider.signs_in(await visitor.set_out(link(challenge.nonce)))
    status, _ = await visitor.come_back({**answer, "iss": "https://login.example.net"})

    assert status == 403
    assert (await now(store, challenge)).met_at is None


@pytest.mark.parametrize(("named", "is_met"), [({}, False), ({"iss": ISSUER}, True)])
async def test_a_provider_that_says_it_names_itself_has_to(
    visitor: Visitor,
    provider: StubProvider,
    store: Store,
    about: Event,
    named: dict[str, str],
    is_met: bool,
) -> None:
    challenge = await begun(store, about, ProofKind.OIDC)
    provider.discovery = {"authorization_response_iss_parameter_supported": True}
    answer = provider.signs_in(await visitor.set_out(link(challenge.nonce)))
    await visitor.come_back({**answer, **named})

    assert ((await now(store, challenge)).met_at is not None) is is_met


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
async def test_nobody_is_sent_to_an_address_that_others_can_read_along(
    visitor: Visitor, provider: StubProvider, store: Store, about: Event, name: str
) -> None:
    challenge = await begun(store, about, ProofKind.OIDC)
    provider.discovery = {name: "http://login.example.com/here"}

    assert (await visitor.post(f"{link(challenge.nonce)}/sign-in"))[0] == 503


async def test_another_provider_counts_from_a_reload_on_with_the_ways_of_signing_in_that_it_names(
    visitor: Visitor, provider: StubProvider, store: Store, about: Event, page: Page
) -> None:
    challenge = await begun(store, about, ProofKind.OIDC)
    await visitor.set_out(link(challenge.nonce))
    provider.issuer = "https://login.example.net"
    page.configured = section(page.url, provider.issuer, acr_values=("phr", "mfa"))
    address = URL(await visitor.set_out(link(challenge.nonce)))

    assert address.host == "login.example.net"
    assert address.query["acr_values"] == "phr mfa"


async def test_after_five_minutes_a_sign_in_proves_nothing(
    visitor: Visitor, provider: StubProvider, store: Store, about: Event, clock: Clock
) -> None:
    challenge = await begun(store, about, ProofKind.OIDC)
    answer = provider.signs_in(await visitor.set_out(link(challenge.nonce)))
    clock.forward(minutes=5)
    status, _ = await visitor.come_back(answer)

    assert status == 404
    assert (await now(store, challenge)).met_at is None


@pytest.mark.parametrize("status", [500, 403, 429])
async def test_without_its_provider_nothing_is_approved_and_the_page_says_so(
    visitor: Visitor, provider: StubProvider, store: Store, about: Event, status: int
) -> None:
    challenge = await begun(store, about, ProofKind.OIDC)
    provider.fails = status
    answered, text = await visitor.post(f"{link(challenge.nonce)}/sign-in")

    assert answered == 503
    assert "identity provider could not be reached" in text
    assert (await now(store, challenge)).failures == 0


@pytest.mark.parametrize("slack_id", ["U0ALICE", "U0NOBODY"])
async def test_who_has_no_identity_in_the_configuration_cannot_prove_it_by_signing_in(
    visitor: Visitor, store: Store, about: Event, slack_id: str
) -> None:
    """Also Alice: her entry has only an e-mail address, and whose Slack account that is, Slack alone says."""
    challenge = await begun(store, about, ProofKind.OIDC, slack_id=slack_id)
    status, text = await visitor.get(f"{link(challenge.nonce)}")

    assert status == 409
    assert "does not say who you are at the identity provider" in text


async def test_a_provider_that_hangs_keeps_nobody_from_the_page(
    visitor: Visitor, provider: StubProvider, store: Store, about: Event
) -> None:
    """One member sets out as often as the page answers at once; others still reach it."""
    challenge = await begun(store, about, ProofKind.OIDC)
    asked_for, release = asyncio.Event(), asyncio.Event()

    async def hang() -> None:
        asked_for.set()
        await release.wait()

    provider.hangs = hang
    waiting = [asyncio.create_task(visitor.post(f"{link(challenge.nonce)}/sign-in")) for _ in range(AT_ONCE)]
    await asked_for.wait()
    done, _ = await asyncio.wait(waiting, timeout=5, return_when=asyncio.FIRST_COMPLETED)
    status, _ = await visitor.get(link(challenge.nonce))
    release.set()

    assert status == 200
    assert {task.result()[0] for task in done} == {503}
    assert {status for status, _ in await asyncio.gather(*waiting)} == {200, 503}
    # Who waited waits no more.
    assert (await visitor.post(f"{link(challenge.nonce)}/sign-in"))[0] == 200
