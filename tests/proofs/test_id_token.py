"""An ID token proves a sign-in of this moment, for this very question, or nothing."""

import base64
import hmac
import json
import time
from typing import Any

import pytest
from joserfc import jwe, jwt
from joserfc.jwk import ECKey, RSAKey

from powertrip.errors import NotProven
from powertrip.proofs.id_token import LEEWAY, LONGEST, Wanted, usable_keys, verified

NOW = int(time.time())
BEGUN = NOW - 40
ISSUER, CLIENT = "https://login.example.com", "powertrip"
KEY = RSAKey.generate_key(2048, {"kid": "one"})
OTHER = RSAKey.generate_key(2048, {"kid": "one"})
CURVE = ECKey.generate_key("P-256", {"kid": "two"})
PUBLISHED = {"keys": [KEY.as_dict(private=False), CURVE.as_dict(private=False)]}
WANTED = Wanted(issuer=ISSUER, client_id=CLIENT, nonce="n0nce", acr_values=(), begun=BEGUN, now=NOW)


def claims(**changes: Any) -> dict[str, Any]:
    said = {
        "iss": ISSUER,
        "aud": CLIENT,
        "sub": "bob",
        "nonce": "n0nce",
        "iat": NOW - 1,
        "exp": NOW + 300,
        "auth_time": NOW - 10,
    } | changes
    return {name: value for name, value in said.items() if value is not None}


def token(key: Any = KEY, alg: str = "RS256", **changes: Any) -> str:
    return jwt.encode({"alg": alg, "kid": key.kid}, claims(**changes), key, algorithms=[alg])


def unsigned(header: dict[str, Any], signature: str = "") -> str:
    parts = (json.dumps(part).encode() for part in (header, claims()))
    return ".".join([*(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts), signature])


def with_shared_secret(secret: bytes) -> str:
    signed = unsigned({"alg": "HS256", "kid": "one"})[:-1]
    code = hmac.digest(secret, signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(code).rstrip(b'=').decode()}"


def check(said: str, wanted: Wanted = WANTED) -> dict[str, Any]:
    return verified(said, usable_keys(PUBLISHED), wanted)


@pytest.mark.parametrize(("key", "alg"), [(KEY, "RS256"), (KEY, "PS512"), (CURVE, "ES256")])
def test_a_fresh_token_says_who_signed_in(key: Any, alg: str) -> None:
    assert check(token(key, alg))["sub"] == "bob"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"iss": "https://login.example.net"}, "another provider"),
        ({"iss": None}, "another provider"),
        ({"aud": "wiki"}, "another application"),
        ({"aud": [CLIENT, "wiki"]}, "another application"),
        ({"aud": []}, "another application"),
        ({"aud": None}, "another application"),
        ({"azp": "wiki"}, "another application"),
        ({"nonce": "of-another-event"}, "another sign-in"),
        ({"nonce": None}, "another sign-in"),
        ({"nonce": 7}, "another sign-in"),
        ({"exp": NOW - LEEWAY}, "expired"),
        ({"exp": None}, "its exp"),
        ({"exp": "tomorrow"}, "its exp"),
        ({"exp": True}, "its exp"),
        ({"nbf": NOW + LEEWAY + 1}, "not valid yet"),
        ({"iat": BEGUN - LEEWAY - 1}, "not issued just now"),
        ({"iat": NOW + LEEWAY + 1}, "not issued just now"),
        ({"auth_time": BEGUN - LEEWAY - 1}, "not fresh"),
        ({"auth_time": NOW + LEEWAY + 1}, "not fresh"),
        ({"auth_time": None}, "its auth_time"),
        ({"auth_time": float("nan")}, "not fresh"),
    ],
)
def test_a_token_of_somewhere_or_sometime_else_proves_nothing(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(NotProven, match=why):
        check(token(**changes))


@pytest.mark.parametrize(
    "forged",
    [
        unsigned({"alg": "none"}),
        unsigned({"alg": "none", "kid": "one"}),
        unsigned({"alg": "RS256", "kid": "one"}),
        unsigned({"alg": "RS256", "kid": "one"}, "AAAA"),
        token(OTHER),
        # The published key taken as a shared secret, which all the world knows.
        with_shared_secret(KEY.as_pem(private=False)),
        token().replace(".", "..", 1),
        jwe.encrypt_compact({"alg": "RSA-OAEP", "enc": "A128GCM"}, json.dumps(claims()), KEY),
        "x" * 20_000,
        "",
        "a.b.c",
        "ä.ö.ü",
    ],
    ids=range(12),
)
def test_a_token_that_the_provider_has_not_signed_proves_nothing(forged: str) -> None:
    with pytest.raises(NotProven, match="sign"):
        check(forged)


def test_a_changed_token_proves_nothing() -> None:
    head, _, signature = token().split(".")
    payload = base64.urlsafe_b64encode(json.dumps(claims(sub="alice")).encode()).rstrip(b"=").decode()

    with pytest.raises(NotProven, match="not signed by the provider"):
        check(f"{head}.{payload}.{signature}")


@pytest.mark.parametrize("said", [None, "pwd", ["phr"], "PHR"])
def test_a_sign_in_of_a_weaker_kind_than_asked_for_proves_nothing(said: Any) -> None:
    strict = Wanted(
        issuer=ISSUER, client_id=CLIENT, nonce="n0nce", acr_values=("phr", "phrh"), begun=BEGUN, now=NOW
    )

    assert check(token(acr="phrh"), strict)["acr"] == "phrh"
    with pytest.raises(NotProven, match="weaker kind"):
        check(token(acr=said), strict)


@pytest.mark.parametrize(
    "published",
    [None, [], {"keys": "none"}, {"keys": [None, {}, {"kty": "RSA"}, {"kty": "oct", "k": "c2VjcmV0"}]}],
)
def test_what_is_no_key_of_a_signature_is_left_out(published: Any) -> None:
    assert usable_keys(published) == []


def test_a_key_that_encrypts_signs_nothing() -> None:
    published = {"keys": [KEY.as_dict(private=False) | {"use": "enc"}]}

    assert usable_keys(published) == []


def test_a_key_without_a_name_may_be_the_one() -> None:
    published = {
        "keys": [{name: value for name, value in KEY.as_dict(private=False).items() if name != "kid"}]
    }

    assert verified(token(), usable_keys(published), WANTED)["sub"] == "bob"


def test_a_token_longer_than_any_is_not_read() -> None:
    with pytest.raises(NotProven, match="no signed token"):
        check(token(padding="x" * LONGEST))
