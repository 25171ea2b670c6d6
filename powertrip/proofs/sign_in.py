"""The way through an identity provider: authorization code with PKCE (S256), state and nonce.

The browser keeps what one sign-in needs, sealed, so that any process can end what another began. Who has no
such cookie, as somebody who was sent the provider's address, ends nothing.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from yarl import URL

from powertrip.errors import NotProven, Rejected, Unavailable
from powertrip.net import Clock, HttpClient
from powertrip.proofs.id_token import Key, Wanted, key_name, named, usable_keys, verified
from powertrip.proofs.oidc import OidcSection, is_secure
from powertrip.proofs.sealing import Sealer, Unreadable

WITHIN = timedelta(minutes=5)
"""How long a sign-in may take; the challenge ends by then too."""
KNOWN_FOR = timedelta(hours=1)
"""How long the provider's metadata and keys are kept."""
PROVES, ENROLS = "sign-in", "sign-in to enrol"
"""What a sign-in is for; one that began for the one is nothing for the other."""
ASK_AGAIN = timedelta(minutes=1)
"""How soon its keys are asked for again, where a token names one that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One sign-in, as the browser's cookie keeps it."""

    challenge: str
    """The nonce of the challenge that it is to meet, or the id of what it is to enrol."""
    state: str
    nonce: str
    verifier: str
    begun: int
    """In seconds since 1970."""

    @classmethod
    def begin(cls, challenge: str, now: datetime) -> "Attempt":
        return cls(
            challenge=challenge,
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            begun=int(now.timestamp()),
        )

    def sealed(self, sealer: Sealer, use: str = PROVES) -> str:
        return sealer.seal(json.dumps(asdict(self)), use)

    @classmethod
    def opened(cls, sealed: str, sealer: Sealer, now: datetime, use: str = PROVES) -> "Attempt | None":
        """None where it is not ours, for something else, or too old."""
        try:
            attempt = cls(**json.loads(sealer.open(sealed, use)))
        except (Unreadable, ValueError, TypeError):
            return None
        return attempt if now.timestamp() - attempt.begun <= WITHIN.total_seconds() else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Metadata:
    """What is used of a discovery document."""

    authorization: str
    token: str
    keys: str
    says_issuer: bool
    """Whether its answers name it (RFC 9207)."""
    known_at: datetime


@dataclass(slots=True, kw_only=True)
class Provider:
    """One identity provider, and what is known of it."""

    section: OidcSection
    client: HttpClient
    clock: Clock
    _metadata: _Metadata | None = field(default=None, init=False)
    _keys: list[Key] = field(default_factory=list, init=False)
    _keys_at: datetime | None = field(default=None, init=False)

    async def address(self, attempt: Attempt, redirect_uri: str) -> str:
        """Where the person signs in. Raises OutsideError."""
        metadata = await self._known()
        challenge = hashlib.sha256(attempt.verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self.section.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(dict.fromkeys(("openid", *self.section.scopes))),
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            # The one is for providers that know no age; the other has the token say when it was.
            "prompt": "login",
            "max_age": str(int(self.section.max_age.total_seconds())),
        }
        if self.section.acr_values:
            asked["acr_values"] = " ".join(self.section.acr_values)
        return str(URL(metadata.authorization).update_query(asked))

    async def claims(self, attempt: Attempt, answer: Mapping[str, str], redirect_uri: str) -> dict[str, Any]:
        """Who signed in, by the provider's `answer` to the browser. Raises NotProven, or OutsideError."""
        if not secrets.compare_digest(answer.get("state", "").encode(), attempt.state.encode()):
            raise NotProven("the answer is to another sign-in", counts=False)
        metadata = await self._known()
        issuer = answer.get("iss")
        if issuer != self.section.issuer and (issuer is not None or metadata.says_issuer):
            raise NotProven("the answer is of another provider")
        if "error" in answer or not answer.get("code"):
            raise NotProven("the provider did not sign you in", counts=False)
        token = await self._token(metadata, attempt, answer["code"], redirect_uri)
        wanted = Wanted(
            issuer=self.section.issuer,
            client_id=self.section.client_id,
            nonce=attempt.nonce,
            acr_values=self.section.acr_values,
            begun=attempt.begun,
            now=int(self.clock().timestamp()),
        )
        return verified(token, await self._signing_keys(metadata, token), wanted)

    async def check(self) -> None:
        """Raises OutsideError where nobody could sign in."""
        metadata = await self._known()
        if not await self._published(metadata):
            raise Rejected(f"{self.client.name}: publishes no key that can be used")

    async def _known(self) -> _Metadata:
        now = self.clock()
        if self._metadata is None or now - self._metadata.known_at > KNOWN_FOR:
            path = f"{self.section.issuer.rstrip('/')}/.well-known/openid-configuration"
            said = (await self.client.request_json("GET", path)).value
            self._metadata = self._read(said if isinstance(said, dict) else {}, now)
        return self._metadata

    def _read(self, said: Mapping[str, Any], now: datetime) -> _Metadata:
        if said.get("issuer") != self.section.issuer:
            raise Rejected(f"{self.client.name}: calls itself another issuer; write its own word for it")
        named = (said.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"))
        addresses = [address for address in named if isinstance(address, str) and is_secure(address)]
        if len(addresses) < 3:
            raise Rejected(f"{self.client.name}: its discovery document lacks an https address")
        authorization, token, keys = addresses
        return _Metadata(
            authorization=authorization,
            token=token,
            keys=keys,
            says_issuer=said.get("authorization_response_iss_parameter_supported") is True,
            known_at=now,
        )

    async def _token(self, metadata: _Metadata, attempt: Attempt, code: str, redirect_uri: str) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": attempt.verifier,
        }
        secret, login = self.section.client_secret, None
        if secret is None:
            form["client_id"] = self.section.client_id
        else:
            # Both parts are encoded before they are joined: RFC 6749, section 2.3.1.
            login = (quote(self.section.client_id, safe=""), quote(secret.get_secret_value(), safe=""))
        answer = await self.client.request(
            "POST",
            metadata.token,
            headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
            content=urlencode(form).encode(),
            login=login,
        )
        if answer.status in (401, 403):
            raise self.client.rejected(answer, "check proofs.oidc.client_id and client_secret")
        said = answer.json() if answer.is_success else {}
        token = said.get("id_token") if isinstance(said, dict) else None
        if not isinstance(token, str):
            # Spent, forged, or of another verifier.
            raise NotProven("the provider does not accept the answer: it may have been used before")
        return token

    async def _signing_keys(self, metadata: _Metadata, token: str) -> list[Key]:
        now, kid = self.clock(), key_name(token)
        is_old = self._keys_at is None or now - self._keys_at > KNOWN_FOR
        is_new_key = not named(self._keys, kid) and not is_old and now - (self._keys_at or now) > ASK_AGAIN
        if is_old or is_new_key:
            self._keys, self._keys_at = await self._published(metadata), now
        return self._keys

    async def _published(self, metadata: _Metadata) -> list[Key]:
        keys = usable_keys((await self.client.request_json("GET", metadata.keys)).value)
        if not keys:
            raise Unavailable(f"{self.client.name}: publishes no key that can be used")
        return keys
