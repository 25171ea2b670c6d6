"""The way from the page to the identity provider, on which a few may be at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from powertrip.errors import Unavailable
from powertrip.net import Client, Clock, HttpClient
from powertrip.proofs.oidc import OidcSection
from powertrip.proofs.sign_in import Provider

AT_PROVIDER = 8
"""Who may wait for the provider at once: fewer than the gate lets in, so that others still reach the page
while it hangs."""


@dataclass(slots=True, kw_only=True)
class AtProvider:
    """The provider of the configuration as it is now, and who waits for it."""

    client: Client
    clock: Clock
    _provider: Provider | None = field(default=None, init=False)
    _waiting: int = field(default=0, init=False)

    @contextmanager
    def waiting(self, section: OidcSection) -> Iterator[Provider]:
        """One of the few who may wait for it. Raises Unavailable."""
        if self._waiting >= AT_PROVIDER:
            raise Unavailable("proofs.oidc: too many wait for it already")
        self._waiting += 1
        try:
            yield self._of(section)
        finally:
            self._waiting -= 1

    def _of(self, section: OidcSection) -> Provider:
        if self._provider is None or self._provider.section != section:
            client = HttpClient(
                client=self.client, clock=self.clock, name="proofs.oidc", bounds=section.bounds
            )
            self._provider = Provider(section=section, client=client, clock=self.clock)
        return self._provider
