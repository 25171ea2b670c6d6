"""Reads what services send: whatever is not of the expected shape, or out of range, counts as not said."""

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
    """A JSON object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def entries(value: Any) -> list[Any]:
    """The first entries of a JSON list; none for anything else."""
    return value[:LIST_LIMIT] if isinstance(value, list) else []


def text(value: Any, limit: int = NAME_LIMIT) -> str | None:
    """Text on one line without control characters, cut to `limit` characters; None for nothing."""
    if not isinstance(value, str):
        return None
    # Cut first: a service may send megabytes.
    shown = "".join(letter if letter.isprintable() else " " for letter in value[: 4 * limit])
    shown = " ".join(shown.split())
    return (shown if len(shown) <= limit else f"{shown[: limit - 1]}…") or None


def whole(value: Any, low: int, high: int) -> int | None:
    """A whole number from `low` to `high`, in digits or not."""
    found = number(value, low, high)
    return round(found) if found is not None else None


def number(value: Any, low: float, high: float) -> float | None:
    """A number from `low` to `high`, in digits or not."""
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,12}(\.\d{1,12})?", value, re.ASCII):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return float(value) if low <= value <= high else None


def country_code(value: Any) -> str | None:
    """Two letters, in capitals."""
    return value.upper() if isinstance(value, str) and re.fullmatch(r"[A-Za-z]{2}", value, re.ASCII) else None


def as_number(value: Any) -> int | None:
    """The number out of 64496, `64496`, `AS64496` or an address that ends with `/asn/64496`.

    Such an address is never called: it could lead anywhere.
    """
    found = re.fullmatch(r"(?:.{0,200}/asn/|AS)?(\d{1,10})/?", str(value), re.ASCII | re.IGNORECASE)
    return whole(int(found[1]), 1, LARGEST_AS_NUMBER) if found else None
