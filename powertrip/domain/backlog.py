"""How many records may wait to be judged, and how much of that is whose."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backlog:
    """The places for records that wait: half of them reserved, as many for each sender, and half for any.

    So one that floods never takes the places of the others, and one alone has them all.
    """

    total: int
    senders: int = 1
    """The sources and polls that are configured."""

    def admits(self, sender: str, waiting: Mapping[str, int]) -> bool:
        """Whether one more batch of a sender may wait, given how many records of each do."""
        reserved = self.total // (2 * max(self.senders, 1))
        if waiting.get(sender, 0) < reserved:
            return True
        beyond = sum(max(0, count - reserved) for count in waiting.values())
        return beyond < self.total - reserved * max(self.senders, 1)

    def refusal(self, sender: str) -> str:
        """Why a batch may not."""
        return f"too many records of {sender} wait to be judged, of at most {self.total} in all"
