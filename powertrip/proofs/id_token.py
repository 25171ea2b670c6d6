"""Whether an ID token says that somebody has signed in just now, for this very challenge.

OpenID Connect Core 1.0, section 3.1.3.7, and stricter where it leaves a choice.
"""

import contextlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from powertrip.errors import NotProven

ALGORITHMS = tuple(f"{kind}{bits}" for kind in ("RS", "PS", "ES") for bits in (256, 384, 512))
"""Pinned, so that no token chooses: the provider's published key signed it, no shared secret, not nothing."""
LEEWAY = 60
"""Seconds by which the provider's clock may differ from ours."""
LONGEST = 16 << 10
MOST_KEYS = 20

Key = RSAKey | ECKey
_KINDS: dict[str, type[RSAKey] | type[ECKey]] = {"RSA": RSAKey, "EC": ECKey}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the token must say; times are in seconds since 1970."""

    issuer: str
    client_id: str
    nonce: str
    acr_values: Sequence[str]
    begun: int
    """When the person set out from the page: who signed in before that has proved nothing now."""
    now: int


def usable_keys(published: object) -> list[Key]:
    """Of a provider's JWKS, the keys that can have signed a token; all others are left out."""
    listed = published.get("keys") if isinstance(published, dict) else None
    found: list[Key] = []
    for entry in listed[:MOST_KEYS] if isinstance(listed, list) else ():
        kind = _KINDS.get(str(entry.get("kty"))) if isinstance(entry, dict) else None
        if kind is None or entry.get("use", "sig") != "sig":
            continue
        with contextlib.suppress(JoseError, ValueError, TypeError, KeyError):
            found.append(kind.import_key(entry))
    return found


def key_name(token: str) -> str | None:
    """The `kid` of the key that the token says it is signed with. Raises NotProven for what is no token."""
    if len(token) > LONGEST or token.count(".") != 2:
        raise NotProven("the provider's answer has no signed token")
    try:
        kid = jws.extract_compact(token.encode("ascii", "replace")).headers().get("kid")
    except (JoseError, ValueError) as error:
        raise NotProven("the provider's answer has no signed token") from error
    return kid if isinstance(kid, str) else None


def named(keys: Iterable[Key], kid: str | None) -> list[Key]:
    """Those that may have signed it."""
    return [key for key in keys if kid is None or key.kid is None or key.kid == kid]


def verified(token: str, keys: Iterable[Key], wanted: Wanted) -> dict[str, Any]:
    """The token's claims. Raises NotProven with what is wrong, which quotes nothing of the token."""
    claims = _signed(token, keys)
    _check_for_us(claims, wanted)
    _check_times(claims, wanted)
    if wanted.acr_values and claims.get("acr") not in wanted.acr_values:
        raise NotProven("the sign-in was of a weaker kind than Powertrip asks for")
    return claims


def _signed(token: str, keys: Iterable[Key]) -> dict[str, Any]:
    for key in named(keys, key_name(token)):
        try:
            return jwt.decode(token, key, algorithms=ALGORITHMS).claims
        except (JoseError, ValueError, TypeError):
            # Of another key, or for another algorithm.
            continue
    raise NotProven("the token is not signed by the provider")


def _check_for_us(claims: dict[str, Any], wanted: Wanted) -> None:
    if claims.get("iss") != wanted.issuer:
        raise NotProven("the token is of another provider")
    # One audience only: what is meant for others too, others can have received.
    if claims.get("aud") not in (wanted.client_id, [wanted.client_id]):
        raise NotProven("the token is meant for another application")
    if claims.get("azp", wanted.client_id) != wanted.client_id:
        raise NotProven("the token was issued to another application")
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), wanted.nonce.encode()):
        raise NotProven("the token answers another sign-in")


def _check_times(claims: dict[str, Any], wanted: Wanted) -> None:
    if _seconds(claims, "exp") + LEEWAY <= wanted.now:
        raise NotProven("the token has expired")
    if "nbf" in claims and _seconds(claims, "nbf") > wanted.now + LEEWAY:
        raise NotProven("the token is not valid yet")
    if not wanted.begun - LEEWAY <= _seconds(claims, "iat") <= wanted.now + LEEWAY:
        raise NotProven("the token was not issued just now")
    if not wanted.begun - LEEWAY <= _seconds(claims, "auth_time") <= wanted.now + LEEWAY:
        raise NotProven("the sign-in was not fresh: the provider asked for nothing this time")


def _seconds(claims: dict[str, Any], name: str) -> float:
    value = claims.get(name)
    # True is a number to Python, and no time.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NotProven(f"the token does not say its {name}")
    return value
