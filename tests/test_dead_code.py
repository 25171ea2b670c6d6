"""No function that nobody calls, no key that stands twice in a table."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent


def sources() -> Iterator[tuple[str, ast.Module]]:
    """All modules, each with its name; but the sandbox's, which has functions for tests alone."""
    for path in sorted((ROOT / "powertrip").rglob("*.py")):
        if "sandbox" not in path.parts:
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


def names_used(tree: ast.AST) -> Iterator[str]:
    """Names that are read, called or looked up; being imported or exported is no use."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            yield node.attr


def functions(tree: ast.AST) -> Iterator[str]:
    """Functions and methods that are found by their names alone: not those that a decorator takes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.decorator_list:
            yield node.name


def keys_twice(tree: ast.AST) -> Iterator[str]:
    """Keys that stand twice in one table, as they are written."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            keys = Counter(ast.unparse(key) for key in node.keys if key is not None)
            yield from (f"line {node.lineno}: {key}" for key, count in keys.items() if count > 1)


def test_every_function_is_called() -> None:
    modules = dict(sources())
    used = {name for tree in modules.values() for name in names_used(tree)}
    unused = [
        f"{module}: {name}"
        for module, tree in modules.items()
        for name in functions(tree)
        if name not in used and not name.startswith("__")
    ]
    assert unused == []


def test_no_key_stands_twice_in_a_table() -> None:
    assert [f"{module}, {key}" for module, tree in sources() for key in keys_twice(tree)] == []


def test_a_dead_function_and_a_second_key_are_found() -> None:
    tree = ast.parse("def dead(): ...\nDOUBLE = {A.B: 1, A.C: 2, A.B: 1}")
    assert list(functions(tree)) == ["dead"]
    assert "dead" not in set(names_used(tree))
    assert list(keys_twice(tree)) == ["line 2: A.B"]
