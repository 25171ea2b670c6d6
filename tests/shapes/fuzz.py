"""Mutates what stands around a genuine login, and looks for a form in which nobody hears of it.

`python -m tests.shapes.fuzz CASES [SEED]` runs as many cases as it is told, and prints what came of them.
"""

import json
import random
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from powertrip.ingest.contract import Unread
from powertrip.rules import Match, Quarantined, RuleSet
from tests.rules.support import rules_of
from tests.shapes.carriers import OF_LINES, OF_OBJECTS, Carrier
from tests.shapes.forms import DOUBTFUL, LINES, PLACE, Form
from tests.shapes.objects import DOUBTFUL_OBJECTS, OBJECTS
from tests.shapes.words import BESIDE, KEYS, ODD, PREFIXES, SUFFIXES

_KEY = "k" * 43
METHODS = ("publickey", "password", "keyboard-interactive/pam", "hostbased", "gssapi-with-mic", "none")
USERS = (
    "alice",
    "root",
    "al ice",
    "CORP\\\\ann",
    "zo\\303\\253",
    "a.b-c_d@example.com",
    "from 203.0.113.9 port 1 ssh2",
)
ADDRESSES = ("192.0.2.10", "2001:db8::10", "198.51.100.255")
ENDS = ("", f": ED25519 SHA256:{_KEY}", f': RSA SHA256:{_KEY}, client user "x", client host "y"')


# Behind sshd's own "Invalid user" a login is a stranger's words, and a rule says to ignore it.
_DOUBTFUL = tuple(form for form in DOUBTFUL if "Invalid user" not in form.value)


@dataclass(frozen=True)
class Case:
    """A login in a form, on its way."""

    user: str
    address: str
    sent: Any
    carrier: Carrier


def login(dice: random.Random) -> tuple[str, str, str]:
    """A line of sshd's, its user as sshd writes it, and its address."""
    user, address = dice.choice(USERS), dice.choice(ADDRESSES)
    method, port, end = dice.choice(METHODS), dice.randrange(1, 65536), dice.choice(ENDS)
    return f"Accepted {method} for {user} from {address} port {port} ssh2{end}", user, address


def case(dice: random.Random) -> Case:
    """A case by the dice."""
    text, user, address = login(dice)
    if dice.random() < 0.6:
        header = _mutated(dice, _header(dice, dice.choice((*LINES, *LINES, *_DOUBTFUL))))
        text, user = _fit_for(header, text, user)
        return Case(user, address, header.replace(PLACE, text), dice.choice(OF_LINES))
    value: Any = dice.choice((*OBJECTS, *OBJECTS, *DOUBTFUL_OBJECTS)).holding(text)
    if dice.random() < 0.4:
        header = _mutated(dice, _header(dice, dice.choice(LINES)))
        text, user = _fit_for(header, text, user)
        value = _wrapped(dice, header.replace(PLACE, text))
    for _ in range(dice.randrange(4)):
        value = _changed(dice, value)
    return Case(user, address, value, dice.choice(OF_OBJECTS))


def _fit_for(header: str, text: str, user: str) -> tuple[str, str]:
    """The login for a place that may be within JSON, where a backslash would be another's."""
    return (text.replace(f" for {user} from", " for alice from"), "alice") if '"' in header else (text, user)


def hears(rules: RuleSet, tried: Case) -> str:
    """How somebody hears of a case; raises AssertionError where nobody does, or not the truth."""
    heard = ""
    for part in tried.carrier.carry(tried.sent):
        verdict = Quarantined(rule=None, reason="") if isinstance(part, Unread) else rules.judge(part)
        if not heard and isinstance(verdict, Match | Quarantined):
            heard = "asked" if isinstance(verdict, Match) else "quarantined"
        if isinstance(verdict, Match):
            plain = tried.user.replace("\\\\", "\\").replace("\\303\\253", "ë")
            if (verdict.fields.get("user_name"), verdict.fields.get("source_ip")) != (plain, tried.address):
                raise AssertionError(f"says {verdict.fields}")
    assert heard, "is silent"
    return heard


def run(rules: RuleSet, cases: int, seed: int) -> Counter[str]:
    """How many cases had which outcome; raises AssertionError at the first that nobody hears of."""
    dice = random.Random(seed)  # noqa: S311 - the same cases for the same seed
    outcomes: Counter[str] = Counter()
    for number in range(cases):
        tried = case(dice)
        try:
            heard = hears(rules, tried)
        except AssertionError as wrong:
            said = f"case {number} of seed {seed}, {tried.carrier.name}: {tried.sent!r} {wrong}"
            raise AssertionError(said) from wrong
        outcomes[f"{tried.carrier.name}: {heard}"] += 1
    return outcomes


def _header(dice: random.Random, form: Form) -> str:
    text = str(form.value)
    if dice.random() < 0.3:
        text = str(dice.choice(LINES).value).replace(PLACE, text)
    if dice.random() < 0.3:
        text = dice.choice(PREFIXES) + text
    if dice.random() < 0.3:
        text = text.replace(PLACE, dice.choice(PREFIXES) + PLACE)
    return text + dice.choice(SUFFIXES)


def _mutated(dice: random.Random, text: str) -> str:
    """The text with some changes before the login, and few behind it."""
    front, _, back = text.partition(PLACE)
    for _ in range(dice.choice((0, 0, 1, 1, 2, 3, 6))):
        front = dice.choice(_MUTATIONS)(dice, front)
    return front + PLACE + back


def _cut(dice: random.Random, text: str) -> tuple[str, str, str]:
    begin = dice.randrange(len(text) + 1)
    end = min(len(text), begin + dice.choice((1, 1, 2, 5, 20)))
    return text[:begin], text[begin:end], text[end:]


def _delete(dice: random.Random, text: str) -> str:
    before, _, after = _cut(dice, text)
    return before + after


def _insert(dice: random.Random, text: str) -> str:
    before, part, after = _cut(dice, text)
    return before + dice.choice(ODD) + part + after


def _replace(dice: random.Random, text: str) -> str:
    before, _, after = _cut(dice, text)
    return before + dice.choice(ODD) + after


def _double(dice: random.Random, text: str) -> str:
    before, part, after = _cut(dice, text)
    return before + part + part + after


def _recase(dice: random.Random, text: str) -> str:
    before, part, after = _cut(dice, text)
    return before + part.swapcase() + after


def _swap(dice: random.Random, text: str) -> str:
    words = text.split(" ")
    one, other = dice.randrange(len(words)), dice.randrange(len(words))
    words[one], words[other] = words[other], words[one]
    return " ".join(words)


_MUTATIONS: tuple[Callable[[random.Random, str], str], ...] = (
    _delete,
    _insert,
    _replace,
    _double,
    _recase,
    _swap,
)


def _wrapped(dice: random.Random, text: str) -> dict[str, Any]:
    """An object that holds the text, or JSON that holds it, at some depth."""
    value: Any = text
    for _ in range(dice.choice((0, 0, 1, 2))):
        value = {dice.choice(KEYS): value}
        if dice.random() < 0.5:
            value = json.dumps(value, ensure_ascii=dice.random() < 0.5)
    return {**dice.choice(BESIDE), **dice.choice(BESIDE), dice.choice(KEYS): value}


def _changed(dice: random.Random, value: dict[str, Any]) -> dict[str, Any]:
    """The object with one key renamed, taken away, added, or put elsewhere."""
    key = dice.choice(list(value))
    holds = "Accepted" in json.dumps(value[key])
    match dice.randrange(5):
        case 0:
            # The key with the login comes last, so that no other takes its place.
            renamed = {name: part for name, part in value.items() if name != key}
            new = dice.choice(KEYS)
            return renamed | {new: value[key]} if holds or new not in renamed else value
        case 1 if not holds:
            return {name: part for name, part in value.items() if name != key}
        case 2:
            added = {name: part for name, part in dice.choice(BESIDE).items() if name not in value}
            return added | value
        case 3:
            return value | {key: {dice.choice(KEYS): value[key]}}
        case _:
            return {dice.choice(KEYS): value}


def main() -> None:
    """Run from the command line."""
    cases, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 8
    started = perf_counter()
    outcomes = run(rules_of("- use: ssh"), cases, seed)
    print(f"{cases} cases of seed {seed} in {perf_counter() - started:.0f} s: none silent, none misread")
    for name, count in outcomes.most_common():
        print(f"{count:8} {name}")


if __name__ == "__main__":
    main()
