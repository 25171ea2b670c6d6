"""What all kinds of proof share."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import SecretStr

from powertrip.domain.event import Event
from powertrip.domain.expectations import Expectation
from powertrip.domain.proof import Attempt, Factor, Met, Shown
from powertrip.proofs.section import ProofsSection


class Kind(ABC):
    """One kind of proof."""

    def __init__(self, section: ProofsSection, secrets: Mapping[str, SecretStr]) -> None:
        """`secrets` are those of the sources that sign, by the sources' names."""
        self.section = section
        self.secrets = secrets

    @abstractmethod
    def shown(self, attempt: Attempt, about: Event | Expectation) -> Shown:
        """How its person is asked: a field of the window, or the address of the page."""

    @abstractmethod
    def check(
        self, about: Event | Expectation, factors: Sequence[Factor], answer: str, now: datetime
    ) -> Met | None:
        """What a typed answer proves; `factors` are those of the person that count for this now."""
