"""Rounds that take turns (A B A B), and what is said of them: medians of paired ratios, with quartiles."""

import statistics
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.machine import Watch

ROUNDS = 9

Measures = Mapping[str, float]
"""What one side came to in one round, by name."""
Side = Callable[[int], Awaitable[Measures]]
"""Measures one side, given the number of the round; raises whatever goes wrong."""
Size = TypeVar("Size")


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What a row is to come to."""

    at_least: float | None = None
    at_most: float | None = None
    of_value: bool = False
    """Whether it is said of the value itself; otherwise of its ratio to the baseline."""

    def is_met(self, reached: float) -> bool:
        above = self.at_least is None or reached >= self.at_least
        return above and (self.at_most is None or reached <= self.at_most)

    def __str__(self) -> str:
        said = [f"≥ {self.at_least:g}"] if self.at_least is not None else []
        return ", ".join(said + ([f"≤ {self.at_most:g}"] if self.at_most is not None else []))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table."""

    name: str
    """Unlike that of any other row."""
    what: str
    value: str
    """SIDE.MEASURE, as `program.rate`."""
    baseline: str | None = None
    against: str = ""
    """What the baseline is, in words."""
    unit: str
    goal: Goal | None = None


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle of some figures, and where the middle half of them lies."""

    median: float
    lower: float
    upper: float

    @classmethod
    def of(cls, figures: Sequence[float]) -> "Spread":
        if not figures:
            raise ValueError("nothing was measured")
        if len(figures) == 1:
            return cls(figures[0], figures[0], figures[0])
        lower, median, upper = statistics.quantiles(figures, n=4, method="inclusive")
        return cls(median, lower, upper)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a row came to."""

    row: Row
    values: tuple[float, ...]
    baselines: tuple[float, ...] = ()
    others: float
    """The share of the machine that other processes had meanwhile."""

    @property
    def ratios(self) -> tuple[float, ...]:
        """Of the rounds, each within itself."""
        return tuple(value / base for value, base in zip(self.values, self.baselines, strict=True))

    @property
    def reached(self) -> float | None:
        """What the goal is about."""
        goal = self.row.goal
        if (goal is not None and goal.of_value) or not self.baselines:
            return Spread.of(self.values).median
        return Spread.of(self.ratios).median

    @property
    def is_met(self) -> bool | None:
        """Whether the goal is reached; None where there is none."""
        goal, reached = self.row.goal, self.reached
        return None if goal is None or reached is None else goal.is_met(reached)


@dataclass
class Run:
    """One run of benchmarks: how often, how large, how long, and where."""

    folder: Path
    rounds: int = ROUNDS
    is_smoke: bool = False
    """Whether it is only to be seen that all works: sizes are tiny, and no figure means anything."""
    ends_at: float = float("inf")
    """When no further round may begin, by the monotonic clock."""
    watch: Watch = field(default_factory=Watch)
    stack: ExitStack = field(default_factory=ExitStack)
    """What ends with the run."""
    shared: dict[str, Any] = field(default_factory=dict)
    """What benchmarks share, by name."""

    def size(self, full: Size, smoke: Size) -> Size:
        """How large something is to be."""
        return smoke if self.is_smoke else full

    async def take_turns(
        self, sides: Mapping[str, Side], rows: Iterable[Row], rounds: int | None = None
    ) -> list[Result]:
        """Measure all sides in turn, round after round; raises TimeoutError where the time is up."""
        found: list[dict[str, Measures]] = []
        self.watch.begin()
        for number in range(rounds or self.rounds):
            if time.monotonic() > self.ends_at:
                raise TimeoutError(f"the time is up after {number} rounds")
            found.append({name: await side(number) for name, side in sides.items()})
        return results(found, rows, others=self.watch.others())


def results(found: Sequence[Mapping[str, Measures]], rows: Iterable[Row], *, others: float) -> list[Result]:
    """What the rounds say of each row; raises KeyError where a side did not measure what a row is about."""

    def column(place: str) -> tuple[float, ...]:
        side, _, measure = place.partition(".")
        return tuple(measures[side][measure] for measures in found)

    return [
        Result(
            row=row,
            values=column(row.value),
            baselines=column(row.baseline) if row.baseline else (),
            others=others,
        )
        for row in rows
    ]


def expect(found: object, wanted: object, what: str) -> None:
    """End where a count is not as it must be: what was measured is of no use then."""
    if found != wanted:
        raise AssertionError(f"{what}: {found}, and not {wanted}")


def percentile(figures: Sequence[float], share: float) -> float:
    """Of at least one figure, such as the 0.99th."""
    ordered = sorted(figures)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
