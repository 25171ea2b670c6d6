"""Hostile values by the dice: the same for the same seed."""

import json
import random
from typing import Any

from tests.cards.hostile import NASTY

ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    2**63,
    1e308,
    float("inf"),
    float("nan"),
    "",
    [],
    {},
    [[]],
    {"": None},
    *(text for text in NASTY if len(text) < 200),
    "9" * 400,
    "2026-01-15T12:00:00Z",
    "0001-01-01T00:00:00Z",
    "Mon, 99 Foo 99999 99:99:99 GMT",
)


def text(dice: random.Random, most: int = 5) -> str:
    """Some pieces that break things, with letters between."""
    pieces = [
        dice.choice(NASTY)
        if dice.random() < 0.6
        else "".join(map(chr, (dice.randrange(1, 0x3000) for _ in range(dice.randrange(6)))))
        for _ in range(dice.randrange(most))
    ]
    return "".join(pieces)


def odd(dice: random.Random) -> Any:
    """One value that nobody expects."""
    return dice.choice(ODD) if dice.random() < 0.8 else text(dice)


def changed(dice: random.Random, value: Any, chance: float = 0.15) -> Any:
    """The value with parts replaced, taken away, doubled or nested, in any depth."""
    if dice.random() < chance / 4:
        return odd(dice)
    if isinstance(value, dict):
        kept = {key: changed(dice, part, chance) for key, part in value.items() if dice.random() > chance / 4}
        if dice.random() < chance:
            kept[text(dice, 2)] = odd(dice)
        return kept
    if isinstance(value, list):
        parts = [changed(dice, part, chance) for part in value if dice.random() > chance / 4]
        return parts * dice.choice((1, 1, 1, 2, 40)) if dice.random() < chance else parts
    return odd(dice) if dice.random() < chance else value


def mangled(dice: random.Random, body: bytes) -> bytes:
    """The bytes with some of them changed, cut off, doubled or put before others."""
    for _ in range(dice.choice((0, 1, 1, 2, 4))):
        at, length = dice.randrange(len(body) + 1), dice.choice((1, 1, 4, 60))
        piece = body[at : at + length]
        new = dice.choice(
            (b"", piece * 2, bytes([dice.randrange(256)]), b"\0", b"\xff", b'"', b"[" * 50, piece[::-1])
        )
        body = body[:at] + new + body[at + length :]
    return body[: dice.randrange(len(body) + 1)] if dice.random() < 0.05 else body


def as_body(dice: random.Random, value: Any) -> bytes:
    """The value as JSON, and sometimes as nearly JSON."""
    body = json.dumps(value, ensure_ascii=dice.random() < 0.5).encode("utf-8", "surrogatepass")
    return mangled(dice, body) if dice.random() < 0.3 else body
