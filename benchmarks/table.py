"""The table of what was measured, for people and as JSON."""

from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks.kit import Result, Spread
from tests.trials.stage import text_table

HEAD = ("measured", "value", "against", "baseline", "ratio (quartiles)", "goal", "met", "rounds", "others")
MET = {True: "yes", False: "no", None: ""}


def cells(results: Iterable[Result]) -> list[tuple[str, ...]]:
    """A row of cells for each result, below the head."""
    return [HEAD, *map(_cells, results)]


def _cells(result: Result) -> tuple[str, ...]:
    row, value, goal = result.row, Spread.of(result.values), result.row.goal
    ratio = Spread.of(result.ratios) if result.baselines else None
    of = f" {row.unit}" if goal is not None and goal.of_value and row.baseline else ""
    return (
        row.what,
        f"{figure(value.median)} {row.unit} ({figure(value.lower)} to {figure(value.upper)})",
        row.against,
        f"{figure(Spread.of(result.baselines).median)}" if result.baselines else "",
        f"{figure(ratio.median)} ({figure(ratio.lower)} to {figure(ratio.upper)})" if ratio else "",
        f"{goal}{of}" if goal is not None else "",
        MET[result.is_met],
        str(len(result.values)),
        f"{result.others:.0%}",
    )


def figure(number: float) -> str:
    """Three figures that count, as people read them."""
    if abs(number) >= 1000:
        return f"{float(f'{number:.3g}'):,.0f}"
    return f"{number:.3g}"


def as_text(results: Sequence[Result]) -> str:
    """The table as Markdown."""
    return text_table(cells(results))


def as_json(result: Result) -> dict[str, Any]:
    """Everything that was measured for a row, and what it comes to."""
    row, goal = result.row, result.row.goal
    found: dict[str, Any] = {
        "name": row.name,
        "what": row.what,
        "unit": row.unit,
        "against": row.against,
        "goal": str(goal) if goal is not None else None,
        "met": result.is_met,
        "of_value": goal is not None and goal.of_value,
        "others": round(result.others, 3),
        "rounds": len(result.values),
        "value": _spread(result.values),
    }
    if result.baselines:
        found |= {"baseline": _spread(result.baselines), "ratio": _spread(result.ratios)}
    found["cells"] = _cells(result)
    return found


def _spread(figures: Sequence[float]) -> dict[str, Any]:
    spread = Spread.of(figures)
    return {"median": spread.median, "lower": spread.lower, "upper": spread.upper, "all": list(figures)}
