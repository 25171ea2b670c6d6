"""What anybody on the network may do at the page, and what it says to whom."""

import asyncio
import json
import re
from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import SecretStr

from powertrip.domain.event import Event, Severity, Status
from powertrip.domain.proof import Challenge, Met, ProofKind
from powertrip.domain.proof_words import wrong_answers
from powertrip.page.gate import AT_ONCE, BODY_LIMIT
from powertrip.proofs import passkey
from powertrip.store import Store
from powertrip.store.database import DatabaseThread
from powertrip.store.proofs.role import Proofs
from powertrip.store.tables import EventRow
from tests.conftest import Clock
from tests.page.conftest import Visitor
from tests.page.rig import KEY, Page, asked, begun, enrolled, link
from tests.proofs.authenticator import Authenticator
from tests.samples import NOW, later

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
async def device(page: Page, database_thread: DatabaseThread) -> Authenticator:
    """Bob's, with the passkey that he enrolled two days ago."""
    found = Authenticator(origin=page.url, rp_id="localhost", count=1)
    await enrolled(database_thread, found)
    return found


def answer(device: Authenticator, challenge: Challenge) -> dict[str, Any]:
    signed = device.sign(passkey.challenge_of(challenge.nonce, challenge.event_id, challenge.revision))
    return {"credential": json.loads(signed), "sealed": None}


async def prove(visitor: Visitor, device: Authenticator, challenge: Challenge) -> tuple[int, str]:
    device.count += 1
    return await visitor.post(f"{link(challenge.nonce)}/passkey", json=answer(device, challenge))


async def test_the_question_shows_what_is_approved_and_who_is_to_prove_it(
    visitor: Visitor, store: Store, database_thread: DatabaseThread
) -> None:
    hostile = "<script>alert(1)</script>\u202e&amp;"
    fields = {"command": hostile, "method": "publickey"}
    about = await asked(database_thread, store, severity=Severity.HIGH, fields=fields, headline=("command",))
    challenge = await begun(store, about, ProofKind.OIDC, reason="“because” <b>")
    status, text = await visitor.get(f"{link(challenge.nonce)}")

    assert status == 200
    for shown in ("Bob (U0BOB)", "bob", "db-1", "192.0.2.10", "2026-01-15 12:00:00 UTC", "high", about.id):
        assert shown in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\\u202e&amp;amp;" in text
    assert "<script>alert" not in text
    assert "“because” &lt;b&gt;" in text


async def test_the_page_says_that_what_joined_since_is_not_covered(
    visitor: Visitor, store: Store, database_thread: DatabaseThread
) -> None:
    about = await asked(database_thread, store)
    await database_thread.run(lambda: EventRow.update(revision=3, occurrences=3).execute())
    before = await begun(store, about, ProofKind.OIDC, revision=2)
    assert "happened again since Approve was pressed" in (await visitor.get(f"{link(before.nonce)}"))[1]
    now = await begun(store, about, ProofKind.OIDC, revision=3)

    assert "3 times in all" in (await visitor.get(f"{link(now.nonce)}"))[1]


async def test_nobody_keeps_frames_or_adds_to_the_page(visitor: Visitor, store: Store, about: Event) -> None:
    challenge = await begun(store, about, ProofKind.OIDC)
    for path in (f"{link(challenge.nonce)}", "/proof/nowhere", "/proof/passkey.js", "/proof/signed-in"):
        async with visitor.session.get(f"{visitor.page.url}{path}") as said:
            policy, text = said.headers["Content-Security-Policy"], await said.text()
            headers = said.headers
        assert "frame-ancestors 'none'" in policy
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "same-origin"
        # No handler, style or script but by the nonce, and nothing from elsewhere.
        if said.content_type == "text/html":
            assert not re.search(
                r"\son\w+=|\sstyle=|https?://", text.replace("https://login.example.com", "")
            )


async def test_the_cookie_of_a_sign_in_is_for_this_host_and_no_script(
    visitor: Visitor, store: Store, about: Event
) -> None:
    challenge = await begun(store, about, ProofKind.OIDC)
    async with visitor.session.post(
        visitor.page.of(challenge) + "/sign-in", headers={"Origin": visitor.page.url}
    ) as said:
        cookie = said.headers["Set-Cookie"]

    assert cookie.startswith("__Host-")
    assert all(word in cookie for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))
    assert challenge.nonce not in cookie


@pytest.mark.parametrize("origin", ["https://evil.example.com", "null", "http://localhost", ""])
@pytest.mark.parametrize("path", ["sign-in", "passkey"])
async def test_another_sites_form_or_script_does_nothing(
    visitor: Visitor, store: Store, about: Event, origin: str, path: str
) -> None:
    challenge = await begun(store, about, ProofKind.OIDC)

    assert (await visitor.post(f"{link(challenge.nonce)}/{path}", origin))[0] == 404


async def test_links_that_are_wrong_old_and_answered_too_often_read_the_same(
    visitor: Visitor, store: Store, about: Event, clock: Clock
) -> None:
    old = await begun(store, about, ProofKind.OIDC)
    newer = await begun(store, about, ProofKind.OIDC)
    late = await begun(store, about, ProofKind.OIDC, slack_id="U0LATE")
    clock.forward(minutes=5)
    typed = await begun(store, about, ProofKind.TOTP, clock(), slack_id="U0OTHER")
    nonces = [each.nonce for each in (old, newer, typed, late)] + ["x" * 32, "short", "y" * 999, ""]
    bare = [f"/proof/{newer.nonce}", f"/proof/{newer.nonce}.", link(newer.nonce)[:-1] + "_"]
    answers = [await visitor.get(path) for path in (*map(link, nonces), *bare)]

    assert {status for status, _ in answers} == {404}
    # Each page has a nonce of its own for its style.
    assert len({re.sub(r'nonce="[^"]+"', "", text) for _, text in answers}) == 1


async def test_a_link_works_on_after_a_key_was_put_before_the_one_that_made_it(
    visitor: Visitor, store: Store, about: Event, page: Page
) -> None:
    challenge = await begun(store, about, ProofKind.OIDC)
    another = b64encode(b"y" * 32).decode()
    page.configured = page.configured.model_copy(update={"key": SecretStr(f"{another} {KEY}")})
    assert (await visitor.get(link(challenge.nonce)))[0] == 200

    page.configured = page.configured.model_copy(update={"key": SecretStr(another)})
    assert (await visitor.get(link(challenge.nonce)))[0] == 404


async def test_a_passkey_meets_the_challenge_once(
    visitor: Visitor, store: Store, about: Event, device: Authenticator, page: Page
) -> None:
    challenge = await begun(store, about, ProofKind.PASSKEY)
    status, text = await prove(visitor, device, challenge)
    met = await store.proofs.get(challenge.nonce)

    assert (status, json.loads(text)) == (200, {"next": f"{link(challenge.nonce)}"})
    assert met is not None
    assert met.met_at == NOW
    assert page.woken.is_set()
    assert "Powertrip is deciding" in (await visitor.get(f"{link(challenge.nonce)}"))[1]
    assert (await prove(visitor, device, challenge))[0] == 409


async def test_a_replayed_answer_proves_no_other_challenge(
    visitor: Visitor, store: Store, about: Event, device: Authenticator, database_thread: DatabaseThread
) -> None:
    another = await asked(database_thread, store, fold_key="another")
    one, two = await begun(store, about, ProofKind.PASSKEY), await begun(store, another, ProofKind.PASSKEY)
    device.count += 1
    replayed = answer(device, one)
    assert (await visitor.post(f"{link(one.nonce)}/passkey", json=replayed))[0] == 200
    status, _ = await visitor.post(f"{link(two.nonce)}/passkey", json=replayed)
    after = await store.proofs.get(two.nonce)

    assert status == 403
    assert after is not None
    assert (after.met_at, after.failures) == (None, 1)


async def test_a_copy_of_a_passkey_is_refused_and_security_is_told_at_once(
    visitor: Visitor, store: Store, about: Event, device: Authenticator, database_thread: DatabaseThread
) -> None:
    another = await asked(database_thread, store, fold_key="another")
    copy = Authenticator(
        device.credential_id, device.count, origin=device.origin, rp_id="localhost", key=device.key
    )
    assert (await prove(visitor, device, await begun(store, about, ProofKind.PASSKEY)))[0] == 200
    challenge = await begun(store, another, ProofKind.PASSKEY)
    status, text = await prove(visitor, copy, challenge)
    (due,) = [each for each in await store.proofs.due(NOW, 10) if each.ended_at]

    assert status == 403
    assert "a copy of it may have been used" in text
    # A worker tells security at once.
    assert isinstance(due, Challenge)
    assert due.nonce == challenge.nonce
    assert wrong_answers(due, another, "/powertrip").title == "A passkey may have been copied"


async def test_a_fresh_passkey_does_not_count_for_what_is_grave(
    visitor: Visitor, store: Store, database_thread: DatabaseThread, page: Page
) -> None:
    new = Authenticator(origin=page.url, rp_id="localhost")
    await enrolled(database_thread, new, at=later(hours=-23))
    grave = await asked(database_thread, store, severity=Severity.HIGH)
    challenge = await begun(store, grave, ProofKind.PASSKEY)
    status, text = await visitor.get(f"{link(challenge.nonce)}")

    assert status == 409
    assert "no passkey that counts for this now" in text
    assert (await prove(visitor, new, challenge))[0] == 403


async def test_an_oidc_challenge_cannot_be_met_with_a_passkey(
    visitor: Visitor, store: Store, about: Event, device: Authenticator
) -> None:
    challenge = await begun(store, about, ProofKind.OIDC)

    assert (await prove(visitor, device, challenge))[0] == 409


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"{" * 9000, b'{"credential": 1}', b"\xff\xfe"])
async def test_what_is_no_answer_is_refused_and_is_no_attempt(
    visitor: Visitor, store: Store, about: Event, body: bytes
) -> None:
    challenge = await begun(store, about, ProofKind.PASSKEY)
    status, _ = await visitor.post(f"{link(challenge.nonce)}/passkey", data=body)
    after = await store.proofs.get(challenge.nonce)

    assert status == 403
    assert after is not None
    assert after.failures == 0


@pytest.mark.parametrize("says_its_length", [True, False])
async def test_a_body_that_nobody_needs_is_not_read(
    visitor: Visitor, store: Store, about: Event, says_its_length: bool
) -> None:
    async def in_chunks() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b"x" * (BODY_LIMIT // 4)

    challenge = await begun(store, about, ProofKind.PASSKEY)
    body = b"x" * (BODY_LIMIT + 1) if says_its_length else in_chunks()
    status, text = await visitor.post(f"{link(challenge.nonce)}/passkey", data=body)

    assert status == 404
    assert "does not work" in text


async def test_a_link_that_was_never_given_out_does_not_reach_the_database(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def reached(_store: Proofs, nonce: str) -> Challenge:
        raise AssertionError(nonce)

    monkeypatch.setattr(Proofs, "attempt", reached)

    assert (await visitor.get(f"/proof/{'x' * 32}.{'y' * 12}"))[0] == 404
    assert (await visitor.get(link("x" * 32)))[0] == 503


async def test_a_crowd_at_the_page_is_told_to_come_back(
    visitor: Visitor, store: Store, about: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    challenge = await begun(store, about, ProofKind.OIDC)
    inside = asyncio.Barrier(AT_ONCE + 1)
    release = asyncio.Event()

    async def slow(_nonce: str) -> Challenge:
        await inside.wait()
        await release.wait()
        return challenge

    monkeypatch.setattr(store.proofs, "attempt", slow)
    waiting = [asyncio.create_task(visitor.get(f"{link(challenge.nonce)}")) for _ in range(AT_ONCE)]
    await inside.wait()
    status, text = await visitor.get(f"{link(challenge.nonce)}")
    release.set()

    assert status == 503
    assert "cannot answer just now" in text
    assert {status for status, _ in await asyncio.gather(*waiting)} == {200}


async def test_the_page_says_what_became_of_it(
    visitor: Visitor, store: Store, database_thread: DatabaseThread
) -> None:
    about = await asked(database_thread, store)
    ended = await begun(store, about, ProofKind.OIDC)
    await store.proofs.met(ended.nonce, Met(), NOW, NOW)
    await store.proofs.end(ended.nonce, "refused", NOW)
    status, text = await visitor.get(f"{link(ended.nonce)}")

    assert status == 409
    assert "Nothing was approved by this" in text


async def test_what_was_decided_meanwhile_is_proven_by_nobody(
    visitor: Visitor, store: Store, about: Event, device: Authenticator, database_thread: DatabaseThread
) -> None:
    mine = await begun(store, about, ProofKind.PASSKEY)
    other = await begun(store, about, ProofKind.OIDC, slack_id="U0MALLORY")
    await database_thread.run(lambda: EventRow.update(status=Status.DENIED).execute())

    assert (await prove(visitor, device, mine))[0] == 409
    assert (await visitor.post(f"{link(other.nonce)}/sign-in"))[0] == 404
    after = await store.proofs.get(mine.nonce)
    assert after is not None
    assert after.met_at is None


async def test_an_error_of_ours_tells_a_browser_nothing(
    visitor: Visitor,
    store: Store,
    about: Event,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    challenge = await begun(store, about, ProofKind.OIDC)

    async def broken(nonce: str) -> Challenge:
        raise ZeroDivisionError(nonce)

    monkeypatch.setattr(store.proofs, "attempt", broken)
    status, text = await visitor.get(f"{link(challenge.nonce)}")
    logged = capsys.readouterr()

    assert status == 503
    assert "ZeroDivisionError" not in text
    assert challenge.nonce not in logged.out + logged.err


async def test_a_link_tells_nothing_once_its_time_is_over(
    visitor: Visitor, store: Store, about: Event, device: Authenticator, clock: Clock
) -> None:
    challenge = await begun(store, about, ProofKind.PASSKEY)
    assert (await prove(visitor, device, challenge))[0] == 200
    assert (await visitor.get(link(challenge.nonce)))[0] == 200
    clock.forward(hours=1)
    status, text = await visitor.get(link(challenge.nonce))
    assert (status, "db-1" in text) == (404, False)
