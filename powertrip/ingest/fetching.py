"""Fetches certificates, and addresses that confirm a subscription, while a request is read."""

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from powertrip.errors import Overloaded, Unavailable
from powertrip.net import Bounds, HttpClient, new_client

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

FETCHED = Bounds(seconds=5.0, size=64 << 10)
"""SNS waits 15 seconds for our answer; a certificate has about 2000 bytes."""
_CERTIFICATES_KEPT = 20
"""SNS has about one a region, and changes it every few years."""


class Fetcher:
    """Fetches from addresses that the caller has checked, and keeps the certificates."""

    def __init__(self, bounds: Bounds = FETCHED) -> None:
        self._bounds = bounds
        self._certificates: dict[str, Certificate] = {}

    async def fetch(self, url: str) -> bytes:
        """The body of a 200; raises Overloaded for anything else, naming only the host."""
        # Only the host, for the rest of the address may hold a token.
        host = urlsplit(url).hostname or ""
        async with new_client() as client:
            try:
                http = HttpClient(client=client, name=host, bounds=self._bounds)
                answer = await http.request("GET", url)
                body = answer.whole()
            except Unavailable as error:
                raise Overloaded(str(error)) from error
        if answer.status != HTTPStatus.OK:
            raise Overloaded(f"{host}: the server answered {answer.status}")
        return body

    async def bring_certificate(self, url: str) -> None:
        """Fetch a certificate, unless it is kept: its address names its content. Raises Overloaded."""
        from cryptography.x509 import load_pem_x509_certificate  # noqa: PLC0415 (see `sns_message`)

        if url in self._certificates:
            return
        try:
            certificate = load_pem_x509_certificate(await self.fetch(url))
        except ValueError as error:
            raise Overloaded(f"{url} holds no certificate") from error
        # The oldest goes: a sender who names many addresses must not fill the memory.
        if len(self._certificates) >= _CERTIFICATES_KEPT:
            self._certificates.pop(next(iter(self._certificates)))
        self._certificates[url] = certificate

    def certificate(self, url: str) -> "Certificate":
        """A certificate that was brought; raises Overloaded if it is not here, or no more."""
        certificate = self._certificates.get(url)
        if certificate is None:
            raise Overloaded(f"the certificate at {url} is not here yet")
        return certificate
