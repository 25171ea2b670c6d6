"""Tells a verdict as an event of Wazuh 4: `POST /events`, for which contrib/wazuh has the rules.

The API (port 55000, since 4.7) wants a token that lasts fifteen minutes, and the permission `event:ingest`;
it takes 100 events a request and 30 requests a minute. What is told arrives with the location API-Webhook.
"""

import json
from typing import Literal

import httpx

from powertrip.config.values import Secret
from powertrip.domain.hids import OriginVerdict
from powertrip.errors import Unavailable
from powertrip.hids.report import values
from powertrip.hids.section import TellSection, Way
from powertrip.net import Answer

LOGIN = "/security/user/authenticate"


class TellWazuh4(TellSection):
    """An event of Wazuh 4."""

    type: Literal["wazuh4"]
    user: str
    """Who logs in."""
    password: Secret
    """And with what."""

    async def tell(self, verdict: OriginVerdict, way: Way) -> None:
        """Ingest it as one event; a token that has run out is renewed once."""
        body = {"events": [json.dumps({"powertrip": event_of(verdict)})]}
        answer = await self._post(body, way)
        if answer.status == httpx.codes.UNAUTHORIZED:
            way.token = None
            answer = await self._post(body, way)
        if answer.status == httpx.codes.UNAUTHORIZED:
            raise way.client.rejected(answer, "it refuses a token that it has just given; check the user")
        if answer.status == httpx.codes.FORBIDDEN:
            raise way.client.rejected(answer, "give the user a role with the permission event:ingest")
        if answer.status != httpx.codes.OK:
            raise way.client.rejected(answer, "is it Wazuh 4.7 or newer? Wazuh 5 is told by its indexer")
        said = _json(answer)
        if not isinstance(said, dict) or said.get("error") not in (0, None):
            raise Unavailable(f"{way.client.name}: Wazuh did not take the event")

    async def check(self, way: Way) -> str:
        """Log in; raises OutsideError with what to do."""
        await self._log_in(way)
        return "Wazuh's API takes the password"

    async def _post(self, body: object, way: Way) -> Answer:
        token = way.token or await self._log_in(way)
        return await way.client.request(
            "POST", "/events", json=body, headers={"Authorization": f"Bearer {token}"}
        )

    async def _log_in(self, way: Way) -> str:
        login = (self.user, self.password.get_secret_value())
        answer = await way.client.request("POST", LOGIN, login=login)
        if answer.status != httpx.codes.OK:
            raise way.client.rejected(answer, "check user and password")
        token = _token_in(_json(answer))
        if token is None:
            raise way.client.rejected(answer, "its answer holds no token; is this Wazuh's API (port 55000)?")
        way.token = token
        return token


def event_of(verdict: OriginVerdict) -> dict[str, str]:
    """What is told, under the names that the rules in contrib/wazuh look for; Wazuh compares text alone."""
    told = values(verdict)
    named = {
        "verdict": told["verdict"],
        "event_id": told["event_id"],
        "alert_id": told["alert_id"],
        "rule": told["rule"],
        "user": told["user_name"],
        "host": told["host_name"],
        "srcip": told["source_ip"],
        "approver": told["decided_by"],
        "approver_name": told["decided_by_name"],
        "at": told["decided_at"],
        "reason": told["reason"],
    }
    return {name: value for name, value in named.items() if value}


def _json(answer: Answer) -> object:
    """What it says; None for what some other server says in other ways."""
    try:
        return answer.json()
    except Unavailable:
        return None


def _token_in(answer: object) -> str | None:
    data = answer.get("data") if isinstance(answer, dict) else None
    token = data.get("token") if isinstance(data, dict) else None
    return token if isinstance(token, str) and token else None
