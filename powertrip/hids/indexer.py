"""Tells a verdict as a document of a monthly OpenSearch index: for Wazuh 5, or the indexer of Wazuh 4."""

import hashlib
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Literal

from pydantic import Field

from powertrip.config.values import Secret, Written
from powertrip.domain.hids import OriginVerdict
from powertrip.hids.report import values
from powertrip.hids.section import TellSection, Way

TAKEN = frozenset({200, 201})
"""A document that was replaced, and one that is new."""


class TellIndexer(TellSection):
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

    async def tell(self, verdict: OriginVerdict, way: Way) -> None:
        """Idempotent: the same verdict replaces its own document."""
        path = f"/{index_of(self.index, verdict.decided_at)}/_doc/{document_id(verdict)}"
        report = values(verdict)
        document = {"@timestamp": report["decided_at"], "powertrip": report}
        answer = await way.client.request("PUT", path, json=document, login=self._login())
        if answer.status not in TAKEN:
            raise way.client.rejected(
                answer, f"check user and password, and that the user may create and write {self.index}-*"
            )

    async def check(self, way: Way) -> str:
        """Log in; raises OutsideError with what to do."""
        answer = await way.client.request("GET", "/", login=self._login())
        if answer.status != HTTPStatus.OK:
            raise way.client.rejected(answer, "check user and password")
        return "the indexer takes the password"

    def _login(self) -> tuple[str, str]:
        return self.user, self.password.get_secret_value()


def index_of(prefix: str, decided_at: datetime) -> str:
    """The index of a month: `powertrip-verdicts-2026.11`."""
    return f"{prefix}-{decided_at:%Y.%m}"


def document_id(verdict: OriginVerdict) -> str:
    """The same for the same verdict on the same alert, so that a retry makes no second document."""
    identity = "\0".join([verdict.event_id, verdict.verdict, verdict.alert_id or ""])
    return hashlib.sha256(identity.encode()).hexdigest()
