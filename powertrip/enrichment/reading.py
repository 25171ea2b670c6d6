"""Reads what services send, trusting nothing: malformed or out-of-range values are treated as absent."""

import math
import re
from collections.abc import Mapping
from typing import Any

NAME_LIMIT = 120
"""Characters of the name of a network or a place."""
REASON_LIMIT = 300
"""Characters of a sentence."""
LIST_LIMIT = 10
"""Entries of a list that are looked at; nobody reads more."""
LARGEST_AS_NUMBER = 2**32 - 1
"""RFC 6793."""


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def entries(value: Any) -> list[Any]:
    return value[:LIST_LIMIT] if isinstance(value, list) else []


def text(value: Any, limit: int = NAME_LIMIT) -> str | None:
    """Text on one line without control characters, cut to `limit` characters; None for nothing."""
    if not isinstance(value, str):
        return None
    # Cut first: a service may send megabytes. Control characters go, for terminals and Slack obey some.
    shown = "".join(letter if letter.isprintable() else " " for letter in value[: 4 * limit])
    shown = " ".join(shown.split())
    return (shown if len(shown) <= limit else f"{shown[: limit - 1]}…") or None


def whole(value: Any, low: int, high: int) -> int | None:
    """A whole number from `low` to `high`, in digits or not."""
    in_range = number(value, low, high)
    return round(in_range) if in_range is not None else None


def number(value: Any, low: float, high: float) -> float | None:
    """A number from `low` to `high`, in digits or not."""
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,12}(\.\d{1,12})?", value, re.ASCII):
        value = float(value)
    # JSON's true is a number to Python.
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return float(value) if low <= value <= high else None


def country_code(value: Any) -> str | None:
    """Two letters in capitals; None for the codes that say that nobody knows."""
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z]{2}", value, re.ASCII):
        return None
    return None if value.upper() in ("XX", "ZZ") else value.upper()


def as_number(value: Any) -> int | None:
    """The number out of 64496, `64496`, `AS64496` or a URI that ends with `/asn/64496`."""
    # Only the number is used, and never the URI called: it could lead anywhere.
    match = re.fullmatch(r"(?:.{0,200}/asn/|AS)?(\d{1,10})/?", str(value), re.ASCII | re.IGNORECASE)
    return whole(int(match[1]), 1, LARGEST_AS_NUMBER) if match else None
