"""Secrets at rest: encrypted with keys from the environment, each for the factor that it belongs to."""

import base64
import json

from powertrip.errors import PowertripError
from powertrip.proofs.section import ProofsSection, keys_in


class Unreadable(PowertripError):
    """A secret was encrypted with another key, or for another factor."""


class Sealer:
    """Encrypts with the first key, and reads what any of the keys has encrypted."""

    def __init__(self, keys: list[bytes]) -> None:
        from cryptography.fernet import Fernet, MultiFernet  # noqa: PLC0415 (few processes ever need it)

        self._fernet = MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])

    @classmethod
    def of(cls, section: ProofsSection) -> "Sealer":
        """That of a configuration; raises Unreadable where it has no key."""
        if section.key is None:
            raise Unreadable("proofs.key is not set, so that no secret can be read")
        return cls(keys_in(section.key.get_secret_value()))

    def seal(self, secret: str, factor_id: str) -> str:
        """The secret as the database keeps it."""
        # With its factor, or whoever writes into the database could give one person another's.
        plain = json.dumps({"factor": factor_id, "secret": secret})
        return self._fernet.encrypt(plain.encode()).decode()

    def open(self, sealed: str, factor_id: str) -> str:
        """The secret; raises Unreadable."""
        from cryptography.fernet import InvalidToken  # noqa: PLC0415

        try:
            plain = json.loads(self._fernet.decrypt(sealed.encode()))
        except (InvalidToken, ValueError):
            raise Unreadable("it was encrypted with another key") from None
        if plain.get("factor") != factor_id:
            raise Unreadable("it was encrypted for another factor")
        return str(plain["secret"])

    def renew(self, sealed: str) -> str:
        """The same secret, encrypted with the first key; raises Unreadable."""
        from cryptography.fernet import InvalidToken  # noqa: PLC0415

        try:
            return self._fernet.rotate(sealed.encode()).decode()
        except InvalidToken:
            problem = "a secret was encrypted with another key; put that one behind, with a blank between"
            raise Unreadable(f"proofs.key: {problem}") from None
