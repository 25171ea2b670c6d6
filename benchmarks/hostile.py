"""A hundred rules of the form `A.*B` and the lines that are worst for them, with what each rule must say."""

import random
from collections.abc import Sequence
from typing import Any

COUNT = 100
ALPHABET = "AB0123456789 C"
LENGTH = 2000

RULES: list[dict[str, Any]] = [
    {
        "name": f"h{number}",
        "title": "T",
        "program": "sshd",
        "folds_people": True,
        "pattern": f"^A.*B{number}.*C$",
    }
    for number in range(COUNT)
]


def hostile_lines(count: int, *, ending: str = "", seed: int = 3) -> list[str]:
    """Lines that no automaton has seen before; with `ending` "C" most rules match each of them."""
    dice = random.Random(seed)  # noqa: S311 (no secret)
    return ["A" + "".join(dice.choices(ALPHABET, k=LENGTH)) + ending for _ in range(count)]


def ordinary_lines(count: int, *, seed: int = 3) -> list[str]:
    """What sshd says on a machine that strangers can reach."""
    dice = random.Random(seed)  # noqa: S311
    return [_ordinary(number, dice) for number in range(count)]


def _ordinary(number: int, dice: random.Random) -> str:
    share, user = dice.random(), dice.choice(("alice", "bob", "root"))
    address, port = f"198.51.100.{dice.randrange(256)}", dice.randrange(1024, 65535)
    if share < 0.01:
        where = f"192.0.2.{number % 250} port {port} ssh2: ED25519 SHA256:{'k' * 43}"
        return f"Accepted publickey for {user} from {where}"
    if share < 0.5:
        return f"Failed password for {user} from {address} port {port} ssh2"
    if share < 0.7:
        return f"Invalid user {user}{number} from {address} port {port}"
    if share < 0.85:
        return f"Connection closed by authenticating user {user} {address} port {port} [preauth]"
    return f"Received disconnect from {address} port {port}:11: Bye Bye [preauth]"


def expected_rule(line: str) -> str | None:
    """The first of RULES that matches, found without any expression; None where none does.

    `^A.*B7.*C$`: an A at the beginning, B7 behind it, and a C behind that at the end.
    """
    # Blanks around a line are its transport's, and judged without.
    line = line.strip()
    if not (line.startswith("A") and line.endswith("C")):
        return None
    inner = line[1:-1]
    return next((f"h{number}" for number in range(COUNT) if f"B{number}" in inner), None)


def expected_rules(lines: Sequence[str]) -> list[str | None]:
    """Likewise, of many."""
    return [expected_rule(line) for line in lines]
