"""`python -m benchmarks.report FILE`: writes the tables and pictures of docs/performance.md from the JSON."""

import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.kit import ROUNDS
from benchmarks.table import HEAD
from tests.trials.stage import text_table

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "performance.md"
IMAGES = ROOT / "docs" / "images"
PART = re.compile(r"(<!-- bench:(?P<name>[a-z]+) -->\n).*?(<!-- /bench -->)", re.DOTALL)
PICTURES = """![How far each row is from its goal](images/performance-goals.png)
![The ratios of all rounds](images/performance-rounds.png)"""
NOT_MEASURED = "not measured yet: `make bench`"


def filled(page: str, told: Mapping[str, Any]) -> str:
    """The page with what was measured between its marks; raises KeyError for a mark of no benchmark."""
    return PART.sub(lambda part: f"{part[1]}{_part(part['name'], told)}\n{part[3]}", page)


def _part(name: str, told: Mapping[str, Any]) -> str:
    if name == "machine":
        return _machine(told["machine"])
    if name == "pictures":
        return PICTURES
    found = told["benchmarks"].get(name)
    if found is None:
        return NOT_MEASURED
    if "failed" in found:
        raise SystemExit(f"{name} failed; a page is made of whole measurements only")
    return text_table([HEAD, *(row["cells"] for row in found["rows"])])


def _machine(machine: Mapping[str, Any]) -> str:
    return (
        f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_mib']} MiB, {machine['system']}, "
        f"Python {machine['python']}, commit {machine['commit']}, {machine['at']}; load when it began: "
        f"{machine['load'][0]:.1f}."
    )


def draw(told: Mapping[str, Any], folder: Path) -> None:
    """How far each row is from its goal, and how the ratios of the rounds are spread."""
    # Loading it takes a second, and who reads the JSON need not have it.
    from matplotlib.figure import Figure  # noqa: PLC0415

    rows = [row for found in told["benchmarks"].values() for row in found.get("rows", ())]
    folder.mkdir(parents=True, exist_ok=True)
    _draw_goals(Figure, [row for row in rows if row["met"] is not None], folder / "performance-goals.png")
    _draw_rounds(Figure, [row for row in rows if "ratio" in row], folder / "performance-rounds.png")


def _draw_goals(figure_of: Any, rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    figure = figure_of(figsize=(10, 1 + 0.3 * len(rows)), layout="constrained")
    axes = figure.subplots()
    for place, row in enumerate(reversed(rows)):
        spread, (sign, most) = _of_goal(row), _goal(row)
        # To the right of 1 is better than the goal, whichever way it is meant.
        shares = [figure / most if sign == "≥" else most / max(figure, 1e-9) for figure in spread]
        colour = "tab:green" if row["met"] else "tab:red"
        axes.plot([min(shares), max(shares)], [place, place], color=colour, linewidth=3)
        axes.plot([shares[0]], [place], "o", color=colour)
    axes.axvline(1, color="black", linewidth=1)
    axes.set(xscale="log", xlabel="times the goal (right of the line: reached)", ylim=(-1, len(rows)))
    axes.set_yticks(range(len(rows)), [row["name"] for row in reversed(rows)])
    axes.grid(axis="x", alpha=0.3)
    figure.savefig(path, dpi=100)


def _of_goal(row: Mapping[str, Any]) -> tuple[float, float, float]:
    """Median and quartiles of what the goal is about."""
    spread = row["ratio"] if "ratio" in row and not row["of_value"] else row["value"]
    return spread["median"], spread["lower"], spread["upper"]


def _goal(row: Mapping[str, Any]) -> tuple[str, float]:
    sign, number = row["goal"].split()
    return sign, float(number)


def _draw_rounds(figure_of: Any, rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    figure = figure_of(figsize=(10, 1 + 0.3 * len(rows)), layout="constrained")
    axes = figure.subplots()
    for place, row in enumerate(reversed(rows)):
        ratios = row["ratio"]["all"]
        axes.plot(ratios, [place] * len(ratios), "o", color="tab:blue", alpha=0.4)
        axes.plot([row["ratio"]["median"]], [place], "|", color="black", markersize=14)
    axes.set(xscale="log", xlabel="ratio to the baseline, a point a round", ylim=(-1, len(rows)))
    axes.set_yticks(range(len(rows)), [row["name"] for row in reversed(rows)])
    axes.grid(axis="x", alpha=0.3)
    figure.savefig(path, dpi=100)


def main() -> None:
    """Refuses what is no measurement."""
    told = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    if told["smoke"] or told["rounds"] < ROUNDS:
        raise SystemExit(f"this is no measurement: it takes {ROUNDS} rounds, and sizes that mean something")
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), told), encoding="utf-8")
    draw(told, IMAGES)


if __name__ == "__main__":
    main()
