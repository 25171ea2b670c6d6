"""The package stands for itself: what it imports, its pyproject.toml declares."""

import ast
import sys
import tomllib
from pathlib import Path

PACKAGE = Path(__file__).parent.parent
DECLARED = tomllib.loads((PACKAGE / "pyproject.toml").read_text())
MODULES = [path for path in PACKAGE.rglob("*.py") if "tests" not in path.relative_to(PACKAGE).parts]
# Found by name at run time, where the system has no zone data.
UNIMPORTED = {"tzdata"}
IMPORTED_AS = {"pyyaml": "yaml"}


def test_all_that_is_imported_is_declared_and_no_more() -> None:
    nodes = [node for path in MODULES for node in ast.walk(ast.parse(path.read_text()))]
    names = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    names |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    foreign = {name.split(".")[0] for name in names} - sys.stdlib_module_names - {"slack_emulator"}
    declared = set(DECLARED["project"]["dependencies"]) - UNIMPORTED
    assert foreign == {IMPORTED_AS.get(name, name) for name in declared}


def test_every_package_is_distributed() -> None:
    found = {".".join(("slack_emulator", *path.parent.relative_to(PACKAGE).parts)) for path in MODULES}
    assert found == set(DECLARED["tool"]["setuptools"]["packages"])
