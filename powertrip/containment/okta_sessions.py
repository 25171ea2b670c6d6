"""All sessions of an Okta user ended: `DELETE /api/v1/users/{userId}/sessions?oauthTokens=true` (204).

Nothing tells afterwards whether it was done, and done again it would also end what the person began since:
it is never repeated by itself. The token is of an administrator who may end sessions and read themselves,
and no more.
"""

from typing import Literal
from urllib.parse import quote

from powertrip.config.values import Secret
from powertrip.containment.section import ActionSection, Base, Way, typed
from powertrip.domain.containment import Order, Plan
from powertrip.domain.event import Event
from powertrip.errors import Rejected


class OktaSessionsAction(ActionSection):
    """All sessions of the user ended."""

    type: Literal["okta_sessions"]
    url: Base
    """The organisation, such as https://okta.example.com."""
    token: Secret
    """An API token."""
    oauth_tokens: bool = True
    """Whether tokens that applications were given end, too."""

    @property
    def is_idempotent(self) -> bool:
        return False

    def plan(self, event: Event) -> Plan:
        user, tokens = typed(event, "user_name"), ", from applications, too" if self.oauth_tokens else ""
        return Plan(
            target=user,
            says=f"End all Okta sessions of {user}",
            does=f"Okta signs {user} out everywhere{tokens}.",
            undo="There is nothing to undo: whoever has the password and the second factor signs in again.",
            arguments={"user": user},
        )

    async def contain(self, order: Order, way: Way) -> str | None:
        tokens = str(self.oauth_tokens).lower()
        path = f"/api/v1/users/{quote(order.arguments['user'], safe='@')}/sessions"
        answer = await way.client.request(
            "DELETE", self.url.rstrip("/") + path, params={"oauthTokens": tokens}, headers=self._headers()
        )
        if answer.status != 204:
            advice = (
                "there is no such user" if answer.status == 404 else "check the token, and what it may do"
            )
            raise way.client.rejected(answer, advice)
        return None

    async def revert(self, order: Order, way: Way) -> str | None:  # noqa: ARG002
        raise Rejected("ended sessions cannot be brought back")

    async def check(self, way: Way) -> str:
        answer = await way.client.request(
            "GET", f"{self.url.rstrip('/')}/api/v1/users/me", headers=self._headers()
        )
        if answer.status != 200:
            raise way.client.rejected(answer, "check the token")
        return "Okta takes the token; what it may do shows when it is pressed"

    def _headers(self) -> dict[str, str]:
        return {"Accept": "application/json", "Authorization": f"SSWS {self.token.get_secret_value()}"}
