"""Has a time-stamping authority sign the digest of each checkpoint with its time (RFC 3161).

The authority learns a digest and nothing else. What it signed is kept beside the checkpoint in the database,
and proves, to whoever trusts the authority, that the checkpoint is not younger. Takes the extra `timestamp`:
pip install rfc3161-client.
"""

import base64
from pathlib import Path
from typing import Any, ClassVar, Literal

from powertrip.anchors.section import AnchorSection
from powertrip.config.values import Url
from powertrip.domain.checkpoint import Checkpoint
from powertrip.errors import Rejected, Unavailable
from powertrip.net import HttpClient

GRANTED = (0, 1)
"""A token was given, as asked for or with changes."""


class Rfc3161Anchor(AnchorSection):
    """A time-stamping authority."""

    needs: ClassVar = ("rfc3161_client", "rfc3161-client")

    type: Literal["rfc3161"]
    url: Url
    """Where it takes requests."""
    ca_file: str
    """The certificate of the authority's root, in PEM: what it signs is checked before it is kept."""

    async def keep(self, checkpoint: Checkpoint, client: HttpClient) -> str | None:
        """Ask for a token, check it, and return it in base64."""
        import rfc3161_client as rfc3161  # noqa: PLC0415

        said = checkpoint.text.encode()
        request = (
            rfc3161.TimestampRequestBuilder().data(said).nonce(nonce=True).cert_request(cert_request=True)
        )
        answer = await client.request(
            "POST",
            self.url,
            headers={"Content-Type": "application/timestamp-query"},
            content=(asked := request.build()).as_bytes(),
        )
        if not answer.is_success:
            raise client.rejected(answer, "check its url")
        try:
            response = rfc3161.decode_timestamp_response(answer.whole())
        except ValueError as error:
            raise Unavailable(f"the answer of {self.url} is no time stamp") from error
        if response.status not in GRANTED:
            raise Rejected(f"the authority refused to sign (status {response.status})")
        self._verify(response, said, asked.nonce)
        return base64.b64encode(response.as_bytes()).decode()

    def _verify(self, response: Any, said: bytes, nonce: int | None) -> None:
        """Raises Rejected for a token that proves nothing."""
        import rfc3161_client as rfc3161  # noqa: PLC0415
        from cryptography import x509  # noqa: PLC0415

        try:
            root = x509.load_pem_x509_certificate(Path(self.ca_file).read_bytes())
            builder = rfc3161.VerifierBuilder().add_root_certificate(root)
            (builder if nonce is None else builder.nonce(nonce)).build().verify_message(response, said)
        except OSError as error:
            raise Rejected(f"{self.ca_file} cannot be read: {error.strerror}") from error
        except (ValueError, rfc3161.VerificationError) as error:
            raise Rejected(f"the time stamp is not one that {self.ca_file} vouches for: {error}") from error
