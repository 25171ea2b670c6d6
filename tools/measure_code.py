"""Measures the shape of the code: sizes, helpers used once, comments, docstrings, names that stand twice.

usage: python tools/measure_code.py [--list] [PACKAGE ...]      (from the root; default: powertrip)

`--list` also prints where the longest functions, the helpers used once and the names defined twice are.
"""

import ast
import collections
import io
import statistics
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

LEFT_OUT = ("migrations", "demo", "sandbox", "tests")
"""Folders that are not product code."""
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Measured:
    """What was found in all files."""

    files: int = 0
    lines: int = 0
    comments: int = 0
    docstring_lines: int = 0
    functions: list[tuple[int, str]] = field(default_factory=list)
    """Length in lines, and place."""
    with_docstring: int = 0
    arguments: list[int] = field(default_factory=list)
    private: list[str] = field(default_factory=list)
    used_once: list[str] = field(default_factory=list)
    classes: dict[str, list[str]] = field(default_factory=lambda: collections.defaultdict(list))
    modules_over_300: list[str] = field(default_factory=list)

    def add(self, path: Path) -> None:
        """Measure one file."""
        source = path.read_text(encoding="utf-8")
        tree = ast.parse(source)
        self.files += 1
        self.lines += (length := source.count("\n"))
        if length > 300:
            self.modules_over_300.append(f"{path} ({length})")
        tokens = tokenize.generate_tokens(io.StringIO(source).readline)
        self.comments += sum(token.type == tokenize.COMMENT for token in tokens)
        used = collections.Counter(_names_used(tree))
        for node in ast.walk(tree):
            if isinstance(node, Function):
                self._add_function(node, path, used)
            elif isinstance(node, ast.ClassDef):
                self.classes[node.name].append(f"{path}:{node.lineno}")
            if isinstance(node, Function | ast.ClassDef | ast.Module):
                self.docstring_lines += _docstring_lines(node)

    def _add_function(self, node: Function, path: Path, used: collections.Counter[str]) -> None:
        place = f"{path}:{node.lineno} {node.name}"
        self.functions.append(((node.end_lineno or node.lineno) - node.lineno + 1, place))
        self.with_docstring += ast.get_docstring(node) is not None
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        self.arguments.append(sum(argument.arg not in ("self", "cls") for argument in arguments))
        if node.name.startswith("_") and not node.name.startswith("__"):
            self.private.append(place)
            if used[node.name] == 1:
                self.used_once.append(place)


def _names_used(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr


def _docstring_lines(node: Function | ast.ClassDef | ast.Module) -> int:
    first = node.body[0] if node.body else None
    is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return first.end_lineno - first.lineno + 1 if is_text and first and first.end_lineno else 0


def report(found: Measured) -> Iterator[tuple[str, str]]:
    """Rows of a figure's name and the figure."""
    lengths = sorted(length for length, _ in found.functions) or [0]
    top = [path for path in Path("powertrip").glob("*.py") if path.name != "__init__.py"]
    twice = {name: places for name, places in found.classes.items() if len(places) > 1}
    yield "files; lines", f"{found.files}; {found.lines:,}"
    yield "modules at the top of the package", str(len(top))
    yield "modules over 300 lines", str(len(found.modules_over_300))
    yield "functions; classes", f"{len(lengths)}; {sum(map(len, found.classes.values()))}"
    yield (
        "function lines: median, 90 %, longest",
        f"{statistics.median(lengths):g}, {lengths[int(len(lengths) * 0.9)]}, {lengths[-1]}",
    )
    yield (
        "functions over 30; over 50 lines",
        f"{sum(n > 30 for n in lengths)}; {sum(n > 50 for n in lengths)}",
    )
    yield "functions with more than five parameters", f"{sum(n > 5 for n in found.arguments)}"
    once = len(found.used_once)
    share = 100 * once / (len(found.private) or 1)
    yield "private functions; used once", f"{len(found.private)}; {share:.0f} %"
    yield "comments in 100 lines", f"{100 * found.comments / found.lines:.1f}"
    yield "functions with a docstring", f"{100 * found.with_docstring / len(lengths):.0f} %"
    yield "docstrings' share of lines", f"{100 * found.docstring_lines / found.lines:.1f} %"
    yield "class names that stand for two things", str(len(twice))


def main() -> None:
    """Measure what the command line names."""
    names = [name for name in sys.argv[1:] if not name.startswith("--")] or ["powertrip"]
    found = Measured()
    for name in names:
        for path in sorted(Path(name).rglob("*.py")) if Path(name).is_dir() else [Path(name)]:
            if not set(LEFT_OUT) & set(path.parts):
                found.add(path)
    for title, figure in report(found):
        print(f"{title:42} {figure}")
    if "--list" in sys.argv:
        print("\nover 300 lines:", *found.modules_over_300, sep="\n  ")
        print("\nlongest functions:", *(f"{n} {p}" for n, p in sorted(found.functions)[-15:]), sep="\n  ")
        print("\nprivate and used once:", *found.used_once, sep="\n  ")
        print("\nclass names that stand for two things:")
        for class_name, places in sorted(found.classes.items()):
            if len(places) > 1:
                print(f"  {class_name}: {', '.join(places)}")


if __name__ == "__main__":
    main()
