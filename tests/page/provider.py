"""An identity provider that says what a test has it say."""

import base64
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

import httpx
from joserfc import jwt
from joserfc.jwk import RSAKey
from yarl import URL

from tests.outside import json_answer
from tests.page.canaille_server import CLIENT_ID

ISSUER = "https://login.example.com"
KEY = RSAKey.generate_key(2048, {"kid": "one"})


@dataclass
class StubProvider:
    """Answers as a provider does, with the claims that a test lays over those of an honest sign-in."""

    clock: Callable[[], datetime]
    issuer: str = ISSUER
    claims: dict[str, Any] = field(default_factory=dict)
    discovery: dict[str, Any] = field(default_factory=dict)
    """Laid over its discovery document."""
    key: RSAKey = field(default_factory=lambda: KEY)
    """What it signs with."""
    published: RSAKey = field(default_factory=lambda: KEY)
    requests: list[httpx.Request] = field(default_factory=list)
    fails: int | None = None
    hangs: Callable[[], Awaitable[None]] | None = None
    nonces: dict[str, str] = field(default_factory=dict)
    """By code: what the browser brought along."""
    challenges: dict[str, str] = field(default_factory=dict)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.hangs:
            await self.hangs()
        if self.fails:
            return json_answer({}, self.fails)
        if request.url.path == "/.well-known/openid-configuration":
            names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "jwks"}
            said = {name: f"{self.issuer}/{at}" for name, at in names.items()}
            return json_answer(said | {"issuer": self.issuer} | self.discovery)
        if request.url.path == "/jwks":
            return json_answer({"keys": [self.published.as_dict(private=False)]})
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        verifier = hashlib.sha256(form["code_verifier"].encode()).digest()
        code = form["code"]
        # Each code once, and only for who set out for it.
        wanted = self.challenges.pop(code, None)
        if wanted != base64.urlsafe_b64encode(verifier).rstrip(b"=").decode():
            return json_answer({"error": "invalid_grant"}, 400)
        return json_answer({"id_token": self.token(self.nonces[code])})

    def token(self, nonce: str) -> str:
        now = int(self.clock().timestamp())
        said = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": "bob",
            "nonce": nonce,
            "iat": now,
            "exp": now + 300,
            "auth_time": now,
        }
        return jwt.encode(
            {"alg": "RS256", "kid": self.key.kid}, said | self.claims, self.key, algorithms=["RS256"]
        )

    def signs_in(self, address: str) -> dict[str, str]:
        """What the provider has the browser bring back, once somebody has signed in at `address`."""
        asked = dict(URL(address).query)
        code = f"code-{len(self.nonces)}"
        self.nonces[code], self.challenges[code] = asked["nonce"], asked["code_challenge"]
        return {"code": code, "state": asked["state"]}
