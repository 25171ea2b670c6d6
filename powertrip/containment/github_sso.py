"""The authorisation of a member's tokens and SSH keys for an organisation with SAML SSO removed.

`GET /orgs/{org}/credential-authorizations?login=…`, then `DELETE` of each by its id (204; 404 where it is
gone), of GitHub Enterprise Cloud. What there is to remove is listed, and kept, before: what the person
authorises anew stays. A classic token needs admin:org; a GitHub App the organisation permission
Administration.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from powertrip.config.values import Secret
from powertrip.containment.section import ActionSection, Base, Way, typed
from powertrip.domain.containment import Order, Plan
from powertrip.domain.event import Event
from powertrip.errors import Rejected, Unavailable

AT_MOST = 100
"""Credentials of one member, which is a page of GitHub's; there are rarely ten."""


class GithubSsoAction(ActionSection):
    """Authorised credentials of the member removed."""

    type: Literal["github_sso"]
    org: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,38}$")]
    """The organisation."""
    token: Secret
    """Of an owner of it."""
    url: Base = "https://api.github.com"
    """The API."""

    def plan(self, event: Event) -> Plan:
        login = typed(event, "user_name")
        return Plan(
            target=login,
            says=f"Remove {login}'s GitHub credentials",
            does=f"All tokens and SSH keys of {login} lose their access to the organisation {self.org}.",
            undo=f"To undo it {login} authorises them again, after signing in by SSO; Powertrip cannot.",
            arguments={"login": login},
        )

    async def prepare(self, order: Order, way: Way) -> Mapping[str, str]:
        """Which credentials are authorised."""
        answer = await way.client.request(
            "GET",
            self._path(),
            params={"login": order.arguments["login"], "per_page": str(AT_MOST)},
            headers=self._headers(),
        )
        if answer.status != 200:
            raise way.client.rejected(answer, "check the token, and that the organisation has SAML SSO")
        return {"ids": " ".join(_ids(answer.json(), order.arguments["login"]))}

    async def contain(self, order: Order, way: Way) -> str | None:
        ids = (order.prepared or {}).get("ids", "").split()
        for number in ids:
            answer = await way.client.request("DELETE", f"{self._path()}/{number}", headers=self._headers())
            if answer.status not in (204, 404):
                raise way.client.rejected(answer, "some may be removed; check what the token may do")
        return f"{len(ids)} removed" if ids else "nothing of theirs was authorised"

    async def revert(self, order: Order, way: Way) -> str | None:  # noqa: ARG002
        raise Rejected("only the member can authorise them again")

    async def check(self, way: Way) -> str:
        answer = await way.client.request(
            "GET", self._path(), params={"per_page": "1"}, headers=self._headers()
        )
        if answer.status != 200:
            raise way.client.rejected(answer, "check the token, and that the organisation has SAML SSO")
        return "GitHub lists the authorised credentials"

    def _path(self) -> str:
        return f"{self.url.rstrip('/')}/orgs/{self.org}/credential-authorizations"

    def _headers(self) -> dict[str, str]:
        return {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {self.token.get_secret_value()}",
            "X-GitHub-Api-Version": "2022-11-28",
        }


def _ids(listed: Any, login: str) -> list[str]:
    """The ids of what is this member's; whatever the filter did, nobody else's."""
    if not isinstance(listed, list):
        raise Unavailable("GitHub's answer is no list")
    found = []
    for item in listed:
        number = item.get("credential_id") if isinstance(item, dict) else None
        if isinstance(number, int) and str(item.get("login")).casefold() == login.casefold():
            found.append(str(number))
    return found
