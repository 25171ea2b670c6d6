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
        mistaken = list(_keys_read_as_truth(tree, name, ()))
        # Before the data is made of it: that resolves merge keys within the tree.
        lines = dict(_lines(tree, ()))
        mistaken += _double_keys(tree, name, ())
        mistaken += _half_characters(tree, name, ())
        data = None if tree is None else loader.construct_document(tree)
    except yaml.YAMLError as error:
        raise ConfigError([_syntax_mistake(error, text, name)]) from error
    except RecursionError as error:
        raise ConfigError([Mistake(f"{name}:1", "", "is nested too deeply to be read")]) from error
    if mistaken:
        raise ConfigError(mistaken)
    return YamlDocument(data, name, lines)


_IN_BRACES = "expected ',' or '}', but got '{'"
_ADVICE = (
    # The most frequent of all, and the parser's words do not say what to do.
    ("mapping values are not allowed", 'put a text that holds ": " in single quotes'),
    ("found character '\\t'", "indent with blanks, not tabs"),
    ("unknown escape character", "put a pattern in single quotes, where a backslash is a backslash"),
    ("'<stream end>'", "a { or [ above is not closed"),
    ("unexpected end of stream", "a quotation mark above is not closed"),
    ("but found '<scalar>'", "write a quotation mark within quotation marks twice"),
    ("<block end>, but found", "it is not indented as the lines above that it belongs to"),
    ("cannot start any token", "put the value in quotes"),
    ("alias", "put a value that begins with * in quotes"),
    ("alphabetic or numeric character", "put a value that begins with * or & in quotes"),
    ("constructor for the tag", "put a value that begins with ! in quotes"),
    ("chomping or indentation", "put a value that begins with > or | in quotes"),
)


_NAMES_A_VALUE = frozenset({"alias", "anchor", "tag"})


def _syntax_mistake(error: yaml.YAMLError, text: str, name: str) -> Mistake:
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return Mistake(f"{name}:1", "", f"is not YAML: {error}")
    mark, problem = error.problem_mark, str(error.problem)
    advice = next((advice for sign, advice in _ADVICE if sign in problem), "")
    if _IN_BRACES in problem and "${" in text.splitlines()[mark.line]:
        advice = 'inside { } put it in quotes: "${NAME}"'
    if _NAMES_A_VALUE & set(problem.split()):
        # It ends with the name in quotes: a secret, where one begins with such a character.
        problem = problem.partition(" '")[0].partition(' "')[0]
    problem += f": {advice}" if advice else ""
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


def _keys_read_as_truth(node: yaml.Node | None, name: str, path: YamlPath) -> Iterator[Mistake]:
    """Keys such as `no` and `on`, which YAML takes for false and true: no name is meant so."""
    for key, _, value in _children(node):
        yield from _keys_read_as_truth(value, name, (*path, key))
    for key_node, _ in node.value if isinstance(node, yaml.MappingNode) else ():
        if key_node.tag == "tag:yaml.org,2002:bool":
            setting = ".".join(map(str, (*path, key_node.value)))
            problem = f'is read by YAML as true or false; put the name in quotes: "{key_node.value}"'
            yield Mistake(f"{name}:{key_node.start_mark.line + 1}", setting, problem)


def _double_keys(node: yaml.Node | None, name: str, path: YamlPath) -> Iterator[Mistake]:
    seen: dict[str | int, int] = {}
    for key, line, value in _children(node):
        if key in seen:
            setting = ".".join(map(str, (*path, key)))
            problem = f"is written twice, first on line {seen[key]}; keep one of the two"
            yield Mistake(f"{name}:{line}", setting, problem)
        seen.setdefault(key, line)
        yield from _double_keys(value, name, (*path, key))


def _half_characters(node: yaml.Node | None, name: str, path: YamlPath) -> Iterator[Mistake]:
    """Texts with half of a pair of UTF-16, which only an escape can bring into YAML, and nobody can keep."""
    for key, _, value in _children(node):
        yield from _half_characters(value, name, (*path, key))
    keys = [key for key, _ in node.value] if isinstance(node, yaml.MappingNode) else []
    for scalar in [node, *keys]:
        if isinstance(scalar, yaml.ScalarNode) and not is_whole(scalar.value):
            problem = f"holds half of a character; {WHOLE}"
            yield Mistake(f"{name}:{scalar.start_mark.line + 1}", ".".join(map(str, path)), problem)


WHOLE = "write the character itself, in UTF-8"


def is_whole(text: str) -> bool:
    """Whether UTF-8 can write it."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)
