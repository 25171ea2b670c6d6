"""Passkeys (WebAuthn): a device of the person's signs this very challenge, on this very page.

The page's host is the relying party, so that no other address can have anything signed that counts here.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import webauthn
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from yarl import URL

from powertrip.domain.proof import Factor
from powertrip.errors import NotProven

TIMEOUT = 120_000
"""Milliseconds that the browser waits for the person."""
LONGEST = 8 << 10
"""Bytes of a credential as JSON; the fattest attestation is half of that."""
_NAME = "Powertrip"
_BROKEN = (
    WebAuthnException,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
)
"""What reading a made-up credential can raise: its CBOR is read before anything in it is believed."""


@dataclass(frozen=True, slots=True)
class Place:
    """The page, as the browser and the authenticator know it."""

    origin: str

    @property
    def rp_id(self) -> str:
        return URL(self.origin).host or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """What is kept of one: nothing in it is secret."""

    credential_id: bytes
    public_key: bytes
    """COSE."""
    sign_count: int
    """How often it has signed; 0 for ever for those that are synchronised and do not count."""


class Copied(NotProven):
    """The count of a passkey went back: two devices have the key."""


def challenge_of(nonce: str, event_id: str, revision: int) -> bytes:
    """What the authenticator signs: this challenge, this event as the card showed it, and nothing else."""
    return hashlib.sha256(f"powertrip proof\0{nonce}\0{event_id}\0{revision}".encode()).digest()


def challenge_of_expectation(nonce: str, act: str, expectation_id: str) -> bytes:
    """The same for what somebody announces, or confirms; the nonce is of exactly what they were shown."""
    return hashlib.sha256(f"powertrip expectation\0{nonce}\0{act}\0{expectation_id}".encode()).digest()


def handle_of(person: str) -> bytes:
    """What the authenticator knows the person by; it names nobody."""
    return hashlib.sha256(f"powertrip person\0{person}".encode()).digest()


def options_to_sign(place: Place, challenge: bytes, passkeys: Sequence[Passkey]) -> dict[str, Any]:
    """What the page hands to `navigator.credentials.get`, its bytes as base64url."""
    options = webauthn.generate_authentication_options(
        rp_id=place.rp_id,
        challenge=challenge,
        timeout=TIMEOUT,
        allow_credentials=[PublicKeyCredentialDescriptor(id=key.credential_id) for key in passkeys],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return _as_json(options)


def signed(answer: str, *, place: Place, challenge: bytes, passkeys: Sequence[Passkey]) -> Passkey:
    """The passkey that signed, with its new count. Raises NotProven."""
    try:
        credential = parse_authentication_credential_json(answer)
        _refuse_frames(credential.response.client_data_json)
    except _BROKEN as error:
        raise NotProven("the browser's answer cannot be read", counts=False) from error
    known = next((key for key in passkeys if key.credential_id == credential.raw_id), None)
    if known is None:
        raise NotProven("the passkey is none that this person has enrolled")
    try:
        found = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=place.rp_id,
            expected_origin=place.origin,
            credential_public_key=known.public_key,
            # Looked at below: here it would come before the signature, which anybody could do without.
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except _BROKEN as error:
        raise NotProven("the passkey's answer is not for this page and this approval") from error
    count = found.new_sign_count
    if (count or known.sign_count) and count <= known.sign_count:
        raise Copied("the passkey's count went back: a copy of it may have been used")
    return Passkey(credential_id=known.credential_id, public_key=known.public_key, sign_count=count)


def options_to_make(
    place: Place, challenge: bytes, person: str, *, known: Iterable[bytes] = ()
) -> dict[str, Any]:
    """What the page hands to `navigator.credentials.create`, its bytes as base64url.

    `known` are the ids of passkeys that the person has: a device makes one only if it has none of them.
    """
    options = webauthn.generate_registration_options(
        rp_id=place.rp_id,
        rp_name=_NAME,
        user_id=handle_of(person),
        user_name=person,
        challenge=challenge,
        timeout=TIMEOUT,
        exclude_credentials=[PublicKeyCredentialDescriptor(id=each) for each in known],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
    )
    return _as_json(options)


def made(answer: str, *, place: Place, challenge: bytes) -> Passkey:
    """The passkey that was made. Raises NotProven."""
    try:
        credential = parse_registration_credential_json(answer)
        _refuse_frames(credential.response.client_data_json)
        found = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=place.rp_id,
            expected_origin=place.origin,
            require_user_verification=True,
        )
    except _BROKEN as error:
        raise NotProven("the passkey was not made by this page, or without asking who holds it") from error
    return Passkey(
        credential_id=found.credential_id,
        public_key=found.credential_public_key,
        sign_count=found.sign_count,
    )


_COUNTS_TO = 1 << 32
"""An authenticator's counter has 32 bits."""


def step_of(passkey: Passkey, factor: Factor, now: datetime) -> int:
    """What the factor's `last_step` becomes: its count, or the time above all counts for one without."""
    has_count = passkey.sign_count > 0 and factor.last_step < _COUNTS_TO
    return passkey.sign_count if has_count else _COUNTS_TO + int(now.timestamp() * 1000)


def kept(passkey: Passkey) -> str:
    """What is kept of it as the factor's secret; its id and its count stand beside."""
    return bytes_to_base64url(passkey.public_key)


def of_factor(factor: Factor, secret: str) -> Passkey:
    """The passkey that a factor is."""
    count = factor.last_step if 0 <= factor.last_step < _COUNTS_TO else 0
    return Passkey(
        credential_id=base64url_to_bytes(factor.credential_id or ""),
        public_key=base64url_to_bytes(secret),
        sign_count=count,
    )


def _refuse_frames(client_data: bytes) -> None:
    # Another site may show this page in a frame of its own in some browsers' WebViews: there nothing counts.
    if parse_client_data_json(client_data).cross_origin:
        raise ValueError("in another site's frame")


def _as_json(options: Any) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(webauthn.options_to_json(options))
    return said
