"""A fresh sign-in begins an enrolment, in the browser that set out and for whoever signed in."""

import html
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from structlog.testing import capture_logs
from webauthn.helpers import base64url_to_bytes
from yarl import URL

from powertrip.domain.enrolment import MOST_WAITING, Began, NewFactor
from powertrip.domain.event import Event
from powertrip.domain.people import Actor, Standing
from powertrip.domain.proof import ProofKind
from powertrip.page.keeping import Claimed
from powertrip.page.sign_in_routes import MOST_ASKED
from powertrip.proofs.sealing import Sealer
from powertrip.proofs.totp import STEP
from powertrip.store import Store
from powertrip.store.database import DatabaseThread
from tests.conftest import Clock
from tests.end_to_end.harness import free_port
from tests.outside import client_of
from tests.page.conftest import Visitor, browser
from tests.page.provider import ISSUER, StubProvider
from tests.page.rig import Page, begun, enrolled, link, running_page, section
from tests.proofs.authenticator import Authenticator
from tests.samples import BOB, CAROL, SECURITY

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@asynccontextmanager
async def open_page(
    store: Store, clock: Clock, provider: StubProvider, **changes: Any
) -> AsyncIterator[Page]:
    port = free_port()
    about = {"kinds": (ProofKind.PASSKEY, ProofKind.OIDC, ProofKind.TOTP)} | changes
    configured = section(f"http://localhost:{port}", ISSUER, enrols=True).model_copy(update=about)
    async with (
        client_of(provider) as client,
        running_page(store, clock, client, port=port, configured=configured) as running,
    ):
        yield running


@pytest.fixture
async def page(store: Store, clock: Clock, provider: StubProvider) -> AsyncIterator[Page]:
    async with open_page(store, clock, provider) as running:
        yield running


@pytest.fixture
def device(page: Page) -> Authenticator:
    return Authenticator(origin=page.url, rp_id="localhost")


async def set_out(visitor: Visitor) -> str:
    """Press the button that leads to the provider; gives its address."""
    status, text = await visitor.post("/enrol/sign-in")
    assert status == 200, text
    return html.unescape(text.split('class="go" href="')[1].split('"')[0])


async def come_back(visitor: Visitor, answer: dict[str, str]) -> tuple[int, str]:
    return await visitor.get("/enrol/signed-in", **answer)


async def make(visitor: Visitor, device: Authenticator, text: str) -> tuple[int, dict[str, str]]:
    """Press the button of this page."""
    button = {name: html.unescape(value) for name, value in re.findall(r'data-(\w+)="([^"]*)"', text)}
    challenge = base64url_to_bytes(json.loads(button["options"])["challenge"])
    sent = {"credential": json.loads(device.make(challenge)), "sealed": None}
    status, said = await visitor.post(button["to"], json=sent)
    return status, json.loads(said)


async def test_whoever_signs_in_makes_a_passkey_that_waits_for_a_reviewer(
    visitor: Visitor, provider: StubProvider, store: Store, device: Authenticator, page: Page
) -> None:
    assert "<button>Sign in at login.example.com</button>" in (await visitor.get("/enrol"))[1]
    status, text = await come_back(visitor, provider.signs_in(await set_out(visitor)))
    assert (status, "approvals of <b>bob</b>" in text) == (200, True)
    assert await make(visitor, device, text) == (200, {"next": "/enrol/make"})

    (found,) = await store.proofs.unasked()
    assert (found.person, found.kind, found.began) == ("bob", ProofKind.PASSKEY, Began.SIGN_IN)
    assert found.confirmed_at is None
    assert page.woken.is_set()
    # By which Bob and the reviewer tell it from a thief's.
    assert f"<code>{found.id}</code>" in (await visitor.get("/enrol/make"))[1]


async def test_the_sign_in_is_as_fresh_and_as_bound_as_that_of_a_proof(visitor: Visitor, page: Page) -> None:
    first, second = [URL(await set_out(visitor)).query for _ in range(2)]

    assert (first["prompt"], first["max_age"], first["code_challenge_method"]) == ("login", "60", "S256")
    assert first["redirect_uri"] == f"{page.url}/enrol/signed-in"
    assert all(first[name] != second[name] for name in ("state", "nonce", "code_challenge"))


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"auth_time": 1_700_000_000}, "not fresh"),
        ({"auth_time": None}, "does not say its auth_time"),
        ({"aud": "wiki"}, "another application"),
        ({"nonce": "of-another"}, "another sign-in"),
        ({"iss": "https://login.example.net"}, "another provider"),
    ],
    ids=str,
)
async def test_a_stale_or_foreign_token_enrols_nothing(
    visitor: Visitor, provider: StubProvider, claims: dict[str, Any], why: str
) -> None:
    """So a thief of a session at the provider, who cannot sign in anew, makes nothing of it."""
    provider.claims = claims
    status, text = await come_back(visitor, provider.signs_in(await set_out(visitor)))

    assert (status, why in text) == (403, True), text
    assert "does not" in text or "data-options" not in text
    assert (await visitor.get("/enrol/make"))[0] == 400


@pytest.mark.parametrize("sub", ["dave", "BOB", "alice", ["bob"], None], ids=str)
async def test_who_has_no_entry_is_refused_in_one_neutral_sentence_and_the_log_tells(
    visitor: Visitor, provider: StubProvider, sub: Any
) -> None:
    """Also Alice, whose entry has no member id: whose Slack account it is, Slack alone would say."""
    provider.claims = {"sub": sub}
    with capture_logs() as logs:
        status, text = await come_back(visitor, provider.signs_in(await set_out(visitor)))

    assert (status, "With this sign-in nothing can be enrolled here" in text) == (403, True)
    assert "dave" not in text
    (told,) = [each for each in logs if each["event"] == "somebody without an entry signed in to enrol"]
    assert told["identity"] == str(sub)
    assert (await visitor.get("/enrol/make"))[0] == 400


async def test_mallory_enrols_for_mallory_alone(
    visitor: Visitor, provider: StubProvider, store: Store, device: Authenticator
) -> None:
    provider.claims = {"sub": "mallory"}
    _, text = await come_back(visitor, provider.signs_in(await set_out(visitor)))
    await make(visitor, device, text)

    assert [each.person for each in await store.proofs.unasked()] == ["mallory"]


async def test_bob_who_signs_in_where_a_thief_sent_him_enrols_nothing_of_the_thiefs(
    visitor: Visitor, thief: Visitor, provider: StubProvider, store: Store, device: Authenticator
) -> None:
    """The thief sets out, and relays the provider's address to Bob; neither gets anything of it."""
    answer = provider.signs_in(await set_out(thief))
    status, text = await come_back(visitor, answer)

    assert (status, "did not set out from here" in text) == (400, True)
    for each in (visitor, thief):
        assert (await each.get("/enrol/make"))[0] == 400
    challenge = base64url_to_bytes("AAAA")
    sent = {"credential": json.loads(device.make(challenge)), "sealed": None}
    assert (await thief.post("/enrol/make", json=sent))[0] == 403
    assert await store.proofs.unasked() == []


async def test_a_sign_in_of_mallorys_that_is_slipped_to_bob_who_has_set_out_himself_is_refused(
    visitor: Visitor, thief: Visitor, provider: StubProvider
) -> None:
    own = provider.signs_in(await set_out(visitor))
    provider.claims = {"sub": "mallory"}
    status, text = await come_back(visitor, provider.signs_in(await set_out(thief)))
    assert (status, "another sign-in" in text) == (403, True)
    assert (await visitor.get("/enrol/make"))[0] == 400

    # It cost Bob nothing.
    provider.claims = {}
    assert (await come_back(visitor, own))[0] == 200


async def test_only_the_browser_that_came_back_makes_the_passkey(
    visitor: Visitor, thief: Visitor, provider: StubProvider, store: Store, device: Authenticator
) -> None:
    """The button, as on a page that Bob was made to copy, does not do without his cookie."""
    _, text = await come_back(visitor, provider.signs_in(await set_out(visitor)))

    assert (await make(thief, device, text))[0] == 403
    assert await store.proofs.unasked() == []
    assert (await make(visitor, device, text))[0] == 200


async def test_one_sign_in_makes_one_passkey_however_often_it_is_replayed(
    visitor: Visitor, provider: StubProvider, store: Store, device: Authenticator
) -> None:
    address = await set_out(visitor)
    cookies = {cookie.key: cookie.value for cookie in visitor.session.cookie_jar}
    answer, asked = provider.signs_in(address), dict(provider.challenges)
    _, text = await come_back(visitor, answer)
    assert (await make(visitor, device, text))[0] == 200
    assert (await come_back(visitor, answer))[0] == 400
    visitor.session.cookie_jar.update_cookies(cookies)
    status, said = await come_back(visitor, answer)
    assert (status, "used before" in said) == (403, True)
    # Even at a provider that takes a code twice.
    provider.challenges |= asked
    visitor.session.cookie_jar.update_cookies(cookies)
    _, again = await come_back(visitor, answer)
    assert ("The passkey is kept" in again, "data-options" in again) == (True, False)
    assert len(await store.proofs.unasked()) == 1


async def test_it_is_over_five_minutes_after_setting_out_and_after_the_sign_in(
    visitor: Visitor, provider: StubProvider, store: Store, device: Authenticator, clock: Clock
) -> None:
    answer = provider.signs_in(await set_out(visitor))
    clock.forward(minutes=5, seconds=1)
    assert (await come_back(visitor, answer))[0] == 400

    _, text = await come_back(visitor, provider.signs_in(await set_out(visitor)))
    clock.forward(minutes=5)
    assert (await make(visitor, device, text))[0] == 403
    assert (await visitor.get("/enrol/make"))[0] == 400
    assert await store.proofs.unasked() == []


async def test_a_sign_in_that_began_as_a_proof_enrols_nothing_and_the_other_way_round(
    visitor: Visitor, thief: Visitor, provider: StubProvider, store: Store, about: Event
) -> None:
    """Even where somebody puts the one's cookie in the other's place."""
    challenge = await begun(store, about, ProofKind.OIDC)
    proof, enrolment = await visitor.set_out(link(challenge.nonce)), await set_out(visitor)
    proves, enrols = "__Host-powertrip-sign-in", "__Host-powertrip-enrol"
    had = {cookie.key: cookie.value for cookie in visitor.session.cookie_jar}
    thief.session.cookie_jar.update_cookies({enrols: had[proves], proves: had[enrols]}, URL(thief.page.url))

    assert (await come_back(thief, provider.signs_in(proof)))[0] == 400
    assert (await thief.come_back(provider.signs_in(enrolment)))[0] == 400
    found = await store.proofs.get(challenge.nonce)
    assert found is not None
    assert found.met_at is None


async def test_what_began_with_a_sign_in_is_not_kept_as_if_it_had_begun_on_the_server(
    visitor: Visitor, provider: StubProvider, store: Store, device: Authenticator
) -> None:
    """A thief of Bob's password reads the cookies of his own browser; reviewers would trust a code more."""
    _, text = await come_back(visitor, provider.signs_in(await set_out(visitor)))
    (sealed,) = [each.value for each in visitor.session.cookie_jar if each.key.endswith("enrol-as")]
    options = html.unescape(text.split('data-options="')[1].split('"')[0])
    challenge = base64url_to_bytes(json.loads(options)["challenge"])
    sent = {"credential": json.loads(device.make(challenge)), "sealed": sealed}

    assert (await visitor.post("/enrol/passkey", json=sent))[0] == 403
    assert await store.proofs.unasked() == []


async def test_another_sites_form_sets_nobody_out(visitor: Visitor) -> None:
    for path in ("/enrol/sign-in", "/enrol/make"):
        assert (await visitor.post(path, origin="https://evil.example.com"))[0] == 404
    assert not list(visitor.session.cookie_jar)


async def test_without_its_provider_the_page_says_so_and_a_code_still_works(
    visitor: Visitor, provider: StubProvider, store: Store, clock: Clock
) -> None:
    provider.fails = 500
    status, text = await visitor.post("/enrol/sign-in")
    assert (status, "identity provider could not be reached" in text) == (503, True)
    provider.fails = None
    answer = provider.signs_in(await set_out(visitor))
    provider.fails = 503
    assert (await come_back(visitor, answer))[0] == 503

    await store.proofs.keep_code("k7m2-p9wq", "bob", ProofKind.PASSKEY, clock())
    assert (await visitor.post("/enrol", data={"code": "k7m2-p9wq"}))[0] == 200


async def test_strangers_have_the_provider_asked_so_often_and_keep_nobody_from_a_proof(
    thief: Visitor, visitor: Visitor, store: Store, about: Event, clock: Clock
) -> None:
    answered = [(await thief.post("/enrol/sign-in"))[0] for _ in range(MOST_ASKED + 1)]
    assert answered == [200] * MOST_ASKED + [503]

    challenge = await begun(store, about, ProofKind.OIDC)
    assert await visitor.set_out(link(challenge.nonce))
    clock.forward(minutes=1)
    assert await set_out(visitor)


async def test_a_further_device_is_made_beside_the_first_until_three_wait(
    visitor: Visitor,
    provider: StubProvider,
    store: Store,
    database_thread: DatabaseThread,
    page: Page,
    clock: Clock,
) -> None:
    first = Authenticator(b"first-passkey-of-bob", origin=page.url, rp_id="localhost")
    await enrolled(database_thread, first)
    for number in range(MOST_WAITING):
        _, text = await come_back(visitor, provider.signs_in(await set_out(visitor)))
        # The device that has one already makes no other in its place.
        assert "Zmlyc3QtcGFzc2tleS1vZi1ib2I" in text
        device = Authenticator(f"further-{number}".encode(), origin=page.url, rp_id="localhost")
        assert (await make(visitor, device, text))[0] == 200
    status, said = await come_back(visitor, provider.signs_in(await set_out(visitor)))
    assert (status, "wait for a reviewer already" in said) == (409, True)

    # Nor does one that was begun before there were so many.
    (waiting, *_) = await store.proofs.unasked()
    await store.proofs.end_factor(waiting.id, "refused", timedelta(), clock())
    _, text = await come_back(visitor, provider.signs_in(await set_out(visitor)))
    await store.proofs.enrol(
        NewFactor(id="meanwhile", person="bob", kind=ProofKind.TOTP, label="app", secret="-"), clock()
    )
    assert (await make(visitor, Authenticator(b"late", origin=page.url, rp_id="localhost"), text))[0] == 403
    assert await store.proofs.waiting("bob") == MOST_WAITING


async def test_it_is_off_unless_it_is_switched_on(store: Store, clock: Clock, provider: StubProvider) -> None:
    port = free_port()
    configured = section(f"http://localhost:{port}", ISSUER)
    # Of somebody who came back before it was switched off.
    had = Claimed.begin("bob", "factor", clock()).sealed(Sealer.of(configured), Began.SIGN_IN)
    async with (
        client_of(provider) as client,
        running_page(store, clock, client, port=port, configured=configured) as running,
        browser(running) as visitor,
    ):
        visitor.session.cookie_jar.update_cookies({"__Host-powertrip-enrol-as": had}, URL(running.url))
        assert (await visitor.get("/enrol/make"))[0] == 400
        assert "Sign in at" not in (await visitor.get("/enrol"))[1]
        assert (await visitor.post("/enrol/sign-in"))[0] == 404
        assert (await come_back(visitor, {}))[0] == 404


async def test_an_authenticator_app_is_enrolled_by_the_digits_that_it_shows_and_its_secret_is_shown_no_more(
    visitor: Visitor, thief: Visitor, provider: StubProvider, store: Store, clock: Clock
) -> None:
    _, text = await come_back(visitor, provider.signs_in(await set_out(visitor)))
    assert '<a href="/enrol/app">' in text
    _, text = await visitor.get("/enrol/app")
    (secret,) = re.findall(r"<code>([A-Z2-7]{32})</code>", text)
    assert f"secret={secret}" in text
    right = pyotp.TOTP(secret).at(clock())
    wrong = f"{(int(right) + 1) % 1_000_000:06}"
    for digits in (wrong, "", "\u0661\u0662\u0663\u0664\u0665\u0666", right + "0"):
        status, said = await visitor.post("/enrol/app", data={"digits": digits})
        assert (status, "not what the app should show" in said) == (403, True)
    # Who has not come back from the provider sees nothing, and enrols nothing with what they saw elsewhere.
    assert (await thief.get("/enrol/app"))[0] == 400
    assert (await thief.post("/enrol/app", data={"digits": right}))[0] == 400
    assert await store.proofs.unasked() == []

    status, said = await visitor.post("/enrol/app", data={"digits": f"{right[:3]} {right[3:]}"})
    (found,) = await store.proofs.unasked()
    assert (status, "The authenticator app is kept" in said, found.id in said) == (200, True, True)
    assert (found.person, found.kind, found.began) == ("bob", ProofKind.TOTP, Began.SIGN_IN)
    for path in ("/enrol/app", "/enrol/make"):
        _, text = await visitor.get(path)
        assert (secret in text, "data-options" in text) == (False, False)
    status, text = await visitor.post("/enrol/app", data={"digits": wrong})
    assert (status, secret in text) == (200, False)

    # The digits that enrolled it prove nothing afterwards.
    carol = Actor(slack_id=CAROL, name="Carol", standing=Standing.MEMBER, is_reviewer=True)
    about = {"slack_id": BOB, "name": "Bob", "channel": SECURITY, "command": "/powertrip"}
    await store.proofs.ask(found.id, now=clock(), **about)
    assert await store.proofs.confirm(found.id, carol, timedelta(), clock())
    (factor,) = await store.proofs.standing(BOB)
    assert factor.last_step == int(clock().timestamp()) // STEP


@pytest.mark.parametrize("kind", [ProofKind.TOTP, ProofKind.PASSKEY])
async def test_only_what_counts_is_enrolled(
    store: Store, clock: Clock, provider: StubProvider, kind: ProofKind
) -> None:
    is_app = kind is ProofKind.TOTP
    async with open_page(store, clock, provider, kinds=(kind,)) as running, browser(running) as visitor:
        assert ("One-time code" in (await visitor.get("/enrol"))[1]) is not is_app
        _, text = await come_back(visitor, provider.signs_in(await set_out(visitor)))
        assert ("The six digits" in text, "data-options" in text) == (is_app, not is_app)
        assert (await visitor.get("/enrol/app"))[0] == (200 if is_app else 400)
