"""Tells a verdict as a document of an OpenSearch index, one a month: for Wazuh 5, or the indexer of Wazuh 4.

The document's id is made of the event, the verdict and the alert, so that telling it again changes nothing.
"""

import hashlib
from datetime import datetime
from typing import Annotated, Literal

import httpx
from pydantic import Field, SecretStr

from powertrip.net import HttpClient
from powertrip.origins.settings import TellSettings, Way
from powertrip.ports import OriginVerdict
from powertrip.setting.values import Secret, Written
from powertrip.verdicts import values

TAKEN = frozenset({200, 201})
"""A document that was replaced, and one that is new."""


class TellIndexer(TellSettings):
    """A document in the indexer."""

    type: Literal["indexer"]
    user: str
    """Who logs in."""
    password: Secret
    """And with what."""
    index: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,80}$"), Written("small letters, - and _")] = (
        "powertrip-verdicts"
    )
    """How the names of the monthly indices begin."""

    def way(self, client: HttpClient) -> Way:
        return Indexer(client, self.user, self.password, self.index)


class Indexer:
    """See `powertrip.ports.Origin`."""

    def __init__(self, client: HttpClient, user: str, password: SecretStr, index: str) -> None:
        self._client = client
        self._user = user
        self._password = password
        self._index = index

    async def tell(self, verdict: OriginVerdict) -> None:
        """Put the document in the index of the month in which it was decided."""
        path = f"/{index_of(self._index, verdict.decided_at)}/_doc/{document_id(verdict)}"
        told = values(verdict)
        document = {"@timestamp": told["decided_at"], "powertrip": told}
        answer = await self._client.request("PUT", path, json=document, login=self._login())
        if answer.status not in TAKEN:
            raise self._client.rejected(
                answer, f"check user and password, and that the user may create and write {self._index}-*"
            )

    async def check(self) -> str:
        """Log in; raises OutsideError with what to do."""
        answer = await self._client.request("GET", "/", login=self._login())
        if answer.status != httpx.codes.OK:
            raise self._client.rejected(answer, "check user and password")
        return "the indexer takes the password"

    def _login(self) -> tuple[str, str]:
        return self._user, self._password.get_secret_value()


def index_of(prefix: str, decided_at: datetime) -> str:
    """The index of a month: `powertrip-verdicts-2026.11`."""
    return f"{prefix}-{decided_at:%Y.%m}"


def document_id(verdict: OriginVerdict) -> str:
    """The same for the same verdict on the same alert."""
    named = "\0".join([verdict.event_id, verdict.verdict, verdict.alert_id or ""])
    return hashlib.sha256(named.encode()).hexdigest()
