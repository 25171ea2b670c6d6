"""Small pieces from which the shapes of Block Kit are put together: each checks one value.

A rule is called with where the value stands (a JSON pointer), the value, and the list that takes
what is wrong with it, worded the way Slack words `response_metadata.messages`.
"""

import re
from collections.abc import Callable

Problems = list[str]
Rule = Callable[[str, object, Problems], None]


def complain(problems: Problems, where: str, what: str) -> None:
    problems.append(f"[ERROR] {what} [json-pointer:{where}]")


def string(longest: int, *, shortest: int = 0) -> Rule:
    def check(where: str, value: object, problems: Problems) -> None:
        if not isinstance(value, str):
            complain(problems, where, "must provide a string")
        elif len(value) > longest:
            complain(problems, where, f"must be less than {longest + 1} characters")
        elif len(value) < shortest:
            complain(problems, where, f"must be more than {shortest - 1} characters")

    return check


def matching(pattern: str, what: str) -> Rule:
    """A string that the whole of `pattern` matches."""
    compiled = re.compile(pattern)

    def check(where: str, value: object, problems: Problems) -> None:
        if not isinstance(value, str) or not compiled.fullmatch(value):
            complain(problems, where, f"must be {what}")

    return check


def one_of(*allowed: str) -> Rule:
    def check(where: str, value: object, problems: Problems) -> None:
        if value not in allowed:
            complain(problems, where, f"must be one of: {', '.join(allowed)}")

    return check


def boolean(where: str, value: object, problems: Problems) -> None:
    if not isinstance(value, bool):
        complain(problems, where, "must be a boolean")


def integer(where: str, value: object, problems: Problems) -> None:
    # True is an int in Python, and not in JSON.
    if isinstance(value, bool) or not isinstance(value, int):
        complain(problems, where, "must be an integer")


def anything(_where: str, _value: object, _problems: Problems) -> None:
    """For fields that are not checked."""


def list_of(rule: Rule, most: int, *, least: int = 0) -> Rule:
    """A list with `least` to `most` items that all keep `rule`."""

    def check(where: str, value: object, problems: Problems) -> None:
        if not isinstance(value, list):
            complain(problems, where, "must be an array")
            return
        if len(value) > most:
            complain(problems, where, f"no more than {most} items allowed")
        if len(value) < least:
            complain(problems, where, f"no fewer than {least} items allowed")
        for index, item in enumerate(value):
            rule(f"{where}/{index}", item, problems)

    return check


def shaped(required: str = "", **fields: Rule) -> Rule:
    """An object with these fields and no others; `required` names those that must be there."""

    def check(where: str, value: object, problems: Problems) -> None:
        if not isinstance(value, dict):
            complain(problems, where, "must be an object")
            return
        for name in required.split():
            if name not in value:
                complain(problems, where, f"missing required field: {name}")
        for name, item in value.items():
            if name in fields:
                fields[name](f"{where}/{name}", item, problems)
            elif name != "type":
                complain(problems, where, f"invalid additional property: {name}")

    return check


def by_type(table: dict[str, Rule]) -> Rule:
    """An object whose `type` picks the rule it must keep."""

    def check(where: str, value: object, problems: Problems) -> None:
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(kind, str) or kind not in table:
            complain(problems, f"{where}/type", f"unsupported type: {kind}")
            return
        table[kind](where, value, problems)

    return check


def text_object(longest: int, *kinds: str, shortest: int = 1) -> Rule:
    """A text object of one of `kinds` (`plain_text`, `mrkdwn`; both if none is named)."""
    words = string(longest, shortest=shortest)
    plain = shaped("text", text=words, emoji=boolean)
    markdown = shaped("text", text=words, verbatim=boolean)
    table = {"plain_text": plain, "mrkdwn": markdown}
    return by_type({kind: table[kind] for kind in kinds or table})
