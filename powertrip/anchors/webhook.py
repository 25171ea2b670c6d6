"""Posts a checkpoint as JSON, `{"checkpoint": "powertrip-checkpoint lines=…"}`, to a SIEM or the like."""

from typing import Literal

from powertrip.anchors.section import AnchorSection
from powertrip.config.values import SourceSecret, Url
from powertrip.domain.checkpoint import Checkpoint
from powertrip.net import HttpClient


class WebhookAnchor(AnchorSection):
    """A receiver of your own, which should only ever add."""

    type: Literal["webhook"]
    url: Url
    """Where checkpoints are posted."""
    token: SourceSecret | None = None
    """The bearer token that the receiver wants."""

    async def keep(self, checkpoint: Checkpoint, client: HttpClient) -> str | None:
        """Post it; the same one may come twice."""
        headers = {"Authorization": f"Bearer {self.token.get_secret_value()}"} if self.token else {}
        answer = await client.request("POST", self.url, headers=headers, json={"checkpoint": checkpoint.text})
        if not answer.is_success:
            raise client.rejected(answer, "check its url and its token")
        return None
