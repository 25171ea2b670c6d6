"""What the emulator saw: each Web API call, for the tests that count them."""

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass

from slack_emulator.entities import Json

CALLS_KEPT = 5_000
LONGEST_ARGUMENT = 500
STRUCTURES = ("blocks", "attachments", "view")  # they are in the state already, and large


@dataclass
class RecordedCall:
    """One call: its arguments (cut if long, without structures and token), the answer's status and error."""

    method: str
    args: Json
    at: float
    status: int = 0
    error: str = ""
    fault: str = ""


class Journal:
    """The last calls, and how many of each method there were in all."""

    def __init__(self) -> None:
        self.calls: deque[RecordedCall] = deque(maxlen=CALLS_KEPT)
        self.counts: Counter[str] = Counter()

    def record(self, method: str, args: Mapping[str, object], at: float) -> RecordedCall:
        """Note that a call has come; the answer is filled in later."""
        kept: Json = {}
        for name, value in args.items():
            if name in ("token", *STRUCTURES):
                continue
            is_long = isinstance(value, str) and len(value) > LONGEST_ARGUMENT
            kept[name] = f"{str(value)[:LONGEST_ARGUMENT]}…" if is_long else value
        call = RecordedCall(method, kept, at)
        self.calls.append(call)
        self.counts[method] += 1
        return call

    def clear(self) -> None:
        self.calls.clear()
        self.counts.clear()
