"""Bodies compressed, encoded and framed in every way, right and nearly right."""

import gzip
import json
import random
import zlib
from collections import Counter
from collections.abc import Callable
from itertools import zip_longest
from time import thread_time
from typing import Any
from urllib.parse import quote_plus

from powertrip.errors import BodyTooLarge, Unreadable
from powertrip.ingest.body import read_elements, read_values
from powertrip.ingest.contract import IngestRequest, Limits
from powertrip.ingest.parsing import opened
from tests.sources.posting import request
from tests.trials.fuzz.dice import ODD, changed, mangled, text
from tests.trials.fuzz.trying import check_told, dice_of, naming

LIMITS = Limits(inflated_bytes=1 << 18)
SLOWEST = 2.0
"""Seconds of work that no body of these limits comes near, on however busy a machine."""


def _as_json(dice: random.Random, values: list[Any]) -> str:
    """The values as senders write them: one, one a line, one behind the other, an array, a form."""
    written = [json.dumps(value, ensure_ascii=dice.random() < 0.5) for value in values]
    forms: tuple[Callable[[], str], ...] = (
        lambda: "\n".join(written),
        lambda: "\r\n\r\n".join(written) + "\n",
        lambda: " ".join(written),
        lambda: "".join(written),
        lambda: f"[{', '.join(written)}]",
        lambda: json.dumps(values, indent=dice.choice((None, 1))),
        lambda: "payload=" + quote_plus(json.dumps(values), errors="surrogatepass"),
        lambda: "a=b&payload=" + quote_plus(json.dumps(values), errors="surrogatepass") + "&c=%zz",
    )
    return dice.choice(forms)()


def _encoded(dice: random.Random, plain: str) -> bytes:
    encoding = dice.choice(("utf-8",) * 5 + ("utf-8-sig", "utf-16", "utf-32"))
    return plain.encode(encoding, "replace" if encoding.startswith("utf-8") else "surrogatepass")


def _packed(dice: random.Random, body: bytes) -> bytes:
    half = dice.randrange(len(body) + 1)
    packings: tuple[Callable[[], bytes], ...] = (
        lambda: gzip.compress(body, dice.randrange(10)),
        lambda: gzip.compress(body[:half]) + gzip.compress(body[half:]),
        lambda: gzip.compress(body) + b"\0" * 64,
    )
    return dice.choice(packings)()


def _broken(dice: random.Random, body: bytes) -> tuple[bytes, dict[str, str]]:
    """What may no longer be read, and headers that say what it is not."""
    packings: tuple[Callable[[], bytes], ...] = (
        lambda: body,
        lambda: mangled(dice, gzip.compress(body)),
        lambda: gzip.compress(body)[: dice.randrange(30)],
        lambda: zlib.compress(body),
        lambda: gzip.compress(gzip.compress(body)),
        lambda: gzip.compress(b"[" * 300_000),
        lambda: gzip.compress(b" " * (1 << 20)),
        lambda: b"[" * dice.choice((10, 2000, 60_000)) + body,
        lambda: b'{"a":' * dice.choice((10, 2000)) + body,
        lambda: b'{"a": 1, "a": 2, "b": [%s]}' % body,
        lambda: b"1" * 5000,
    )
    named = {"Content-Encoding": dice.choice(("gzip", "GZIP ", "deflate", "br", "gzip, gzip", "", "\x80"))}
    return mangled(dice, dice.choice(packings)()), named if dice.random() < 0.5 else {}


def _values(dice: random.Random) -> list[Any]:
    one = {"message": text(dice), "n": dice.choice(ODD[:7]), "list": [text(dice), {"deep": text(dice)}]}
    return [changed(dice, one) if dice.random() < 0.5 else one for _ in range(dice.choice((1, 1, 2, 5, 40)))]


def _differs(found: list[Any], values: list[Any]) -> str | None:
    """Where what was found is not what was sent; NaN and infinity, which JSON has not, stay text."""

    def written(value: Any) -> str:
        return json.dumps(value).replace('"Infinity"', "Infinity").replace('"NaN"', "NaN")

    read = [written(value) for value in found]
    # Of an array one layer is opened, which the form that was sent may have or not.
    sent = [[written(value) for value in wanted] for wanted in (values, opened(values))]
    if read in sent:
        return None
    pairs = zip_longest(read, sent[1])
    return next((f"reads {one} for {other}" for one, other in pairs if one != other), "reads others")


def decoding(cases: int, seed: int) -> Counter[str]:
    """What is sent right is read right, however it is packed; else a refusal says why; none takes long."""
    outcomes: Counter[str] = Counter()
    for number in range(cases):
        dice = dice_of(seed, number)
        values = _values(dice)
        plain = _as_json(dice, values)
        is_right = dice.random() < 0.6
        headers: dict[str, str] = {}
        if is_right:
            body = _encoded(dice, plain)
            body = _packed(dice, body) if dice.random() < 0.5 else body
        else:
            body, headers = _broken(dice, _encoded(dice, plain))
        asked = request(body, headers, limits=LIMITS)
        with naming(number, seed, lambda body=body: body[:600]):  # type: ignore[misc]
            began = thread_time()
            came_to = _read(asked, values if is_right and _is_whole(plain) else None)
            assert thread_time() - began < SLOWEST, f"takes {thread_time() - began:.1f} s"
            outcomes[f"{'right' if is_right else 'broken'}: {came_to}"] += 1
    return outcomes


def _is_whole(plain: str) -> bool:
    """Whether nothing of it was replaced when it was encoded."""
    return plain.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in plain)


def _read(asked: IngestRequest, values: list[Any] | None) -> str:
    try:
        elements, unread = read_elements(asked)
    except (BodyTooLarge, Unreadable) as refusal:
        told = check_told(refusal)
        if values is not None and not isinstance(refusal, BodyTooLarge):
            raise AssertionError("refuses what is right") from refusal
        return told
    # An empty array is a batch of none.
    assert elements or unread or opened(read_values(asked)) == [], "loses it"
    if values is not None:
        assert not unread, unread
        wrong = _differs(elements, values)
        assert wrong is None, wrong
    return "in part" if unread else "read"
