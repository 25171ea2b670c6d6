"""JMESPath expressions of rules: compiled once, refused with advice, and read as text.

Expressions come from the config alone, never from a log. What they are applied to is of bounded size (see
`document`), and where it is not of the shape that an expression wants, there is simply nothing.
"""

import json
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError, ParseError
from jmespath.functions import Functions
from jmespath.parser import ParsedResult

VALUE_LIMIT = 1000
"""Characters of a field's value that are kept; names, addresses and resource names are far shorter."""

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")

_KNOWN = Functions.FUNCTION_TABLE
_ADVICE = (
    "write keys joined by dots, such as userIdentity.userName; a key with other signs than letters, digits "
    "and _ in double quotes, a text in single quotes; `a || b` takes the first that is there"
)


@dataclass(frozen=True, slots=True, eq=False)
class JsonPath:
    """One compiled expression; equal texts are one object."""

    text: str
    parsed: ParsedResult
    keys: tuple[str, ...] | None
    """The keys, where the expression is nothing but keys joined by dots."""

    def find(self, value: Any) -> Any:
        """What the expression finds in `value`; None where there is nothing, or nothing of the right kind."""
        if self.keys is None:
            try:
                return self.parsed.search(value)
            except JMESPathError:
                return None
        # Ten times as fast as jmespath, and nearly all conditions are of this kind.
        for key in self.keys:
            if not isinstance(value, dict):
                return None
            value = value.get(key)
        return value


@cache
def compile_path(text: str) -> JsonPath:
    """Compiles. Raises ValueError that says what to write instead."""
    try:
        with warnings.catch_warnings():
            # A text in backquotes that is no JSON is deprecated, and surely meant otherwise.
            warnings.simplefilter("error", PendingDeprecationWarning)
            parsed = jmespath.compile(text)
    except ParseError as error:
        near = f" at character {error.lex_position + 1}" if error.lex_position is not None else ""
        raise ValueError(f"is no JMESPath expression{near}; {_ADVICE}") from error
    except (JMESPathError, PendingDeprecationWarning) as error:
        raise ValueError(f"is no JMESPath expression; {_ADVICE}") from error
    # jmespath looks functions up only when it calls them; a rule must not fail on the first record.
    if problems := list(_function_problems(parsed.parsed)):
        raise ValueError(problems[0])
    return JsonPath(text, parsed, tuple(text.split(".")) if _PLAIN.fullmatch(text) else None)


def _function_problems(node: Any) -> Iterator[str]:
    """Calls in the expression of functions that do not exist, or with too many or too few values."""
    if node["type"] == "function_expression":
        name, given = node["value"], len(node["children"])
        if name not in _KNOWN:
            yield f"there is no function {name}(); there are: {', '.join(sorted(_KNOWN))}"
        else:
            wanted = _KNOWN[name]["signature"]
            many = bool(wanted) and bool(wanted[-1].get("variadic"))
            if given < len(wanted) or (given > len(wanted) and not many):
                yield f"{name}() takes {len(wanted)}{' or more' if many else ''} values and is given {given}"
    for child in node["children"]:
        if isinstance(child, dict):
            yield from _function_problems(child)


def as_text(value: Any) -> str | None:
    """A value as text; None for what is not there: null, an empty text, list or object.

    Numbers keep every digit, a list is joined by commas, an object is JSON.
    """
    if value is None or value in ("", [], {}):
        return None
    if isinstance(value, list) and not any(isinstance(item, list | dict) for item in value):
        value = ", ".join(filter(None, map(as_text, value)))
    if not isinstance(value, str):
        try:
            value = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        except RecursionError:
            # It could just be read, at a lower depth of the stack.
            return "…"
    # PostgreSQL stores no NUL, and no database half of a surrogate pair.
    return value.replace("\0", "\ufffd").encode("utf-8", "backslashreplace").decode() or None


def shortened(text: str) -> str:
    """The text as a field shows it: at most VALUE_LIMIT characters, the last an ellipsis where it was cut."""
    return f"{text[: VALUE_LIMIT - 1]}…" if len(text) > VALUE_LIMIT else text
