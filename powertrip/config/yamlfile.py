"""A YAML text as plain data that still knows its lines.

Mistakes in a configuration are reported with file and line, so the line of every key and item is kept
beside the data. A key written twice is refused: YAML would silently keep the last.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml

from powertrip.errors import ConfigError, Mistake

YamlPath: TypeAlias = tuple[str | int, ...]
"""The keys and list positions that lead from the top of a document to a value."""


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """Plain data, and where each part of it stands."""

    data: Any
    """In dicts, lists and scalars; None for an empty text."""
    name: str
    """What the text is called in mistakes, such as `config.yaml`."""
    lines: dict[YamlPath, int]
    """Counted from 1; the keys are as written, so `8080:` is "8080"."""

    def line(self, path: YamlPath) -> int:
        """The line, from 1, of the value at `path`, or of the nearest ancestor that the text has."""
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path, 1)

    def where(self, path: YamlPath) -> str:
        """File and line of the value at `path`, as mistakes name it."""
        return f"{self.name}:{self.line(path)}"


def parse_yaml(text: str, name: str) -> YamlDocument:
    """Reads one YAML document. Raises ConfigError for what is not YAML and for keys written twice."""
    try:
        # Not libyaml, though it is ten times faster: what nests without end overflows its stack.
        loader = yaml.SafeLoader(text)
        tree = loader.get_single_node()
        # Before the data is made of it: that resolves merge keys within the tree.
        lines = dict(_lines(tree, ()))
        doubles = list(_double_keys(tree, name, ()))
        data = None if tree is None else loader.construct_document(tree)
    except yaml.YAMLError as error:
        raise ConfigError([_syntax_mistake(error, name)]) from error
    except RecursionError as error:
        raise ConfigError([Mistake(f"{name}:1", "", "is nested too deeply to be read")]) from error
    if doubles:
        raise ConfigError(doubles)
    return YamlDocument(data, name, lines)


def _syntax_mistake(error: yaml.YAMLError, name: str) -> Mistake:
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return Mistake(f"{name}:1", "", f"is not YAML: {error}")
    mark, problem = error.problem_mark, str(error.problem)
    # The most frequent of all, and the parser's words do not say what to do.
    if "mapping values are not allowed" in problem:
        problem += ': put a text that holds ": " in single quotes'
    return Mistake(f"{name}:{mark.line + 1}", "", f"is not YAML: {problem} (column {mark.column + 1})")


def _lines(node: yaml.Node | None, path: YamlPath) -> Iterator[tuple[YamlPath, int]]:
    if node is None:
        return
    yield path, node.start_mark.line + 1
    for key, key_line, value in _children(node):
        yield from _lines(value, (*path, key))
        yield (*path, key), key_line


def _children(node: yaml.Node | None) -> Iterator[tuple[str | int, int, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield str(key.value), key.start_mark.line + 1, value
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield index, item.start_mark.line + 1, item


def _double_keys(node: yaml.Node | None, name: str, path: YamlPath) -> Iterator[Mistake]:
    seen: dict[str | int, int] = {}
    for key, line, value in _children(node):
        if key in seen:
            setting = ".".join(map(str, (*path, key)))
            problem = f"is written twice, first on line {seen[key]}; keep one of the two"
            yield Mistake(f"{name}:{line}", setting, problem)
        seen.setdefault(key, line)
        yield from _double_keys(value, name, (*path, key))
