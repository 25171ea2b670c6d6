"""Tells a verdict as an event of Wazuh 4: `POST /events`, for which contrib/wazuh has the rules.

The API (port 55000, since 4.7) wants a token that lasts fifteen minutes, and the permission `event:ingest`;
it takes 100 events a request and 30 requests a minute. Events arrive with the location API-Webhook.
"""

import json
import re
from http import HTTPStatus
from typing import Literal

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
        body = {"events": [json.dumps({"powertrip": event_of(verdict)})]}
        answer = await self._post(body, way)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            # The token ran out; only once, for a refused login would go round for ever.
            way.token = None
            answer = await self._post(body, way)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            raise way.client.rejected(answer, "it refuses a token that it has just given; check the user")
        if answer.status == HTTPStatus.FORBIDDEN:
            raise way.client.rejected(answer, "give the user a role with the permission event:ingest")
        if answer.status != HTTPStatus.OK:
            raise way.client.rejected(answer, "is it Wazuh 4.7 or newer? Wazuh 5 is told by its indexer")
        # 200 is only that the request was understood; `error` tells what became of the event.
        result = _json(answer)
        if not isinstance(result, dict) or result.get("error") not in (0, None):
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
        if answer.status != HTTPStatus.OK:
            raise way.client.rejected(answer, "check user and password")
        result = _json(answer)
        data = result.get("data") if isinstance(result, dict) else None
        token = data.get("token") if isinstance(data, dict) else None
        # It becomes a header, which takes no other characters; a line break in it would begin another.
        if not isinstance(token, str) or not re.fullmatch(r"[!-~]+", token):
            raise way.client.rejected(answer, "its answer holds no token; is this Wazuh's API (port 55000)?")
        way.token = token
        return token


def event_of(verdict: OriginVerdict) -> dict[str, str]:
    """The report under the names that the rules in contrib/wazuh look for."""
    report = values(verdict)
    fields = {
        "verdict": report["verdict"],
        "event_id": report["event_id"],
        "alert_id": report["alert_id"],
        "rule": report["rule"],
        "user": report["user_name"],
        "host": report["host_name"],
        "srcip": report["source_ip"],
        "approver": report["decided_by"],
        "approver_name": report["decided_by_name"],
        "at": report["decided_at"],
        "reason": report["reason"],
    }
    # Wazuh's rules compare text alone, and would read a null as text.
    return {name: value for name, value in fields.items() if value}


def _json(answer: Answer) -> object:
    try:
        return answer.json()
    except Unavailable:
        return None  # another server than Wazuh's; the caller says so
