"""Bounds on what a text may hold, checked before memory is spent on taking it apart.

Each is passed over in a small part of the time that reading takes, and in steps that let other threads run:
the decoder of JSON holds Python's lock for as long as one value takes it.
"""

from collections.abc import Iterator

from powertrip.errors import BodyTooLarge

KEYS_AT_ONCE = 100_000
"""Keys between two ends of objects, which are decoded in one go: about 80 ms."""
_STEP = 256 * 1024
"""Characters looked at in one go: about 5 ms where it is nothing but quotation marks."""
_OPENING = ",[{"


def check_values(text: str, limit: int) -> None:
    """Raise BodyTooLarge where JSON holds more than `limit` values, or one object far too many keys.

    A value is counted by the bracket that opens it or the comma before it. Exact for JSON; of anything else
    only the decoder can say that it is none.
    """
    few = min(limit, KEYS_AT_ONCE)
    if len(text) <= few or _signs(text) <= few:
        return
    values = keys = 0
    for outside in _outside_strings(text):
        values += _signs(outside)
        # What begins and ends within one step cannot be too many.
        first, _, _ = outside.partition("}")
        keys += first.count(":")
        if values > limit:
            raise BodyTooLarge(f"the body holds more than {limit} values; send smaller batches")
        if keys > KEYS_AT_ONCE:
            raise BodyTooLarge(f"an object of the body has more than {KEYS_AT_ONCE} keys; send smaller ones")
        if len(first) < len(outside):
            keys = outside.count(":", outside.rindex("}"))


def check_lines(text: str, limit: int) -> None:
    """Raise BodyTooLarge where so many lines stand in `text` that it is no batch of `limit` records."""
    # Blank lines are no records; nobody sends more of them than of others.
    if text.count("\n") > 2 * limit:
        raise BodyTooLarge(f"the body holds more than {limit} records; send smaller batches")


def _signs(text: str) -> int:
    steps = range(0, len(text), _STEP)
    return sum(text.count(sign, start, start + _STEP) for start in steps for sign in _OPENING)


def _outside_strings(text: str) -> Iterator[str]:
    """What stands outside of JSON's strings, in steps."""
    is_inside = False
    start = 0
    while start < len(text):
        step = text[start : start + _STEP]
        # A backslash and what it escapes belong together.
        trailing = len(step) - len(step.rstrip("\\"))
        if trailing % 2 and start + len(step) < len(text):
            step += text[start + len(step)]
        start += len(step)
        parts = step.replace("\\\\", "").replace('\\"', "").split('"')
        yield "".join(parts[is_inside::2])
        is_inside ^= len(parts) % 2 == 0
