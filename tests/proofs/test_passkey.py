"""A passkey proves one approval, on our page, by who holds the device; anything else proves nothing."""

import json
from typing import Any

import pytest

from powertrip.domain.proof import Factor, ProofKind
from powertrip.errors import NotProven
from powertrip.proofs import passkey
from powertrip.proofs.passkey import Passkey, Place
from tests.proofs.authenticator import PRESENT, VERIFIED, Authenticator
from tests.samples import NOW, later

PLACE = Place("https://powertrip.internal")
CHALLENGE = passkey.challenge_of("n0nce", "event00001", 1)


def known(device: Authenticator, count: int = 0) -> Passkey:
    return Passkey(credential_id=device.credential_id, public_key=device.public_key, sign_count=count)


def signed(answer: str, *keys: Passkey, challenge: bytes = CHALLENGE) -> Passkey:
    return passkey.signed(answer, place=PLACE, challenge=challenge, passkeys=keys)


def factor(last_step: int) -> Factor:
    return Factor(
        id="f1",
        kind=ProofKind.PASSKEY,
        secret="",
        confirmed_at=NOW,
        last_step=last_step,
    )


def test_a_passkey_that_was_made_here_proves_an_approval() -> None:
    device = Authenticator(count=4)
    made = passkey.made(device.make(b"of the enrolment"), place=PLACE, challenge=b"of the enrolment")
    device.count = 5

    assert made == known(device, 4)
    assert signed(device.sign(CHALLENGE), made).sign_count == 5


@pytest.mark.parametrize(
    "said",
    [
        {"origin": "https://powertrip.example.com"},
        {"origin": "http://powertrip.internal"},
        {"origin": "https://powertrip.internal:8443"},
        {"rp_id": "internal"},
        {"flags": PRESENT},
        {"flags": VERIFIED},
        {"client_data": {"type": "webauthn.create"}},
    ],
    ids=str,
)
def test_what_is_signed_elsewhere_or_without_asking_who_holds_it_proves_nothing(said: dict[str, Any]) -> None:
    device = Authenticator(count=1, **said)

    with pytest.raises(NotProven, match="not for this page"):
        signed(device.sign(CHALLENGE), known(device))
    if "client_data" not in said:
        with pytest.raises(NotProven, match="not made by this page"):
            passkey.made(device.make(CHALLENGE), place=PLACE, challenge=CHALLENGE)


def test_what_is_signed_in_another_sites_frame_proves_nothing() -> None:
    device = Authenticator(count=1, client_data={"crossOrigin": True})

    with pytest.raises(NotProven):
        signed(device.sign(CHALLENGE), known(device))
    with pytest.raises(NotProven):
        passkey.made(device.make(CHALLENGE), place=PLACE, challenge=CHALLENGE)


@pytest.mark.parametrize(
    "other",
    [
        passkey.challenge_of("another", "event00001", 1),
        passkey.challenge_of("n0nce", "event00002", 1),
        passkey.challenge_of("n0nce", "event00001", 2),
    ],
    ids=["nonce", "event", "revision"],
)
def test_an_answer_is_for_its_own_question_alone(other: bytes) -> None:
    device = Authenticator(count=1)

    with pytest.raises(NotProven, match="not for this page and this approval"):
        signed(device.sign(CHALLENGE), known(device), challenge=other)


def test_somebody_elses_passkey_proves_nothing() -> None:
    mine, theirs = Authenticator(count=1), Authenticator(b"one-passkey-of-mallory", count=1)

    with pytest.raises(NotProven, match="none that this person has enrolled"):
        signed(theirs.sign(CHALLENGE), known(mine))


def test_a_passkeys_id_without_its_key_proves_nothing() -> None:
    mine, forger = Authenticator(count=1), Authenticator(count=1)

    with pytest.raises(NotProven, match="not for this page"):
        signed(forger.sign(CHALLENGE), known(mine))


@pytest.mark.parametrize(("before", "now"), [(7, 7), (7, 6), (7, 0)])
def test_a_copied_passkey_is_found_by_its_count(before: int, now: int) -> None:
    device = Authenticator(count=now)

    with pytest.raises(NotProven, match="a copy of it may have been used"):
        signed(device.sign(CHALLENGE), known(device, before))


def test_nobody_can_call_a_passkey_copied_without_having_its_key() -> None:
    mine, forger = Authenticator(), Authenticator(count=1)

    with pytest.raises(NotProven, match="not for this page"):
        signed(forger.sign(CHALLENGE), known(mine, 7))


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "[]",
        "{}",
        "null",
        '{"id": 1}',
        json.dumps({"id": "YQ", "rawId": "YQ", "type": "public-key", "response": {}}),
        "[" * 5000,
    ],
)
def test_an_answer_that_cannot_be_read_is_no_attempt(answer: str) -> None:
    with pytest.raises(NotProven) as refused:
        signed(answer, known(Authenticator()))

    assert not refused.value.counts
    with pytest.raises(NotProven):
        passkey.made(answer, place=PLACE, challenge=CHALLENGE)


def test_a_made_up_authenticator_data_is_refused_and_breaks_nothing() -> None:
    device = Authenticator()
    said = json.loads(device.sign(CHALLENGE))
    for data in ("", "AAAA", "w" * 400):
        said["response"]["authenticatorData"] = data
        with pytest.raises(NotProven):
            signed(json.dumps(said), known(device))


def test_a_passkey_that_does_not_count_can_prove_again_and_again() -> None:
    device = Authenticator()
    once = signed(device.sign(CHALLENGE), known(device))
    first = passkey.step_of(once, factor(0), NOW)
    second = passkey.step_of(once, factor(first), later(milliseconds=1))

    assert 0 < first < second
    assert passkey.of_factor(factor(second), passkey.kept(once)).sign_count == 0


def test_the_count_of_one_that_counts_is_what_is_kept() -> None:
    device = Authenticator(count=9)

    assert passkey.step_of(signed(device.sign(CHALLENGE), known(device, 8)), factor(8), NOW) == 9


def test_one_that_begins_to_count_later_proves_on() -> None:
    device = Authenticator()
    uncounted = passkey.step_of(signed(device.sign(CHALLENGE), known(device)), factor(0), NOW)
    device.count = 3
    counted = passkey.step_of(
        signed(device.sign(CHALLENGE), known(device)), factor(uncounted), later(seconds=1)
    )

    assert counted > uncounted
