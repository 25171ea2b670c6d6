"""Configuration files with mistakes of every kind in them, from a wrong value to what is no YAML."""

import random
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from powertrip.errors import ConfigError
from powertrip.html import visible
from powertrip.settings import load_config
from tests.config.test_reference import SWITCHED_ON
from tests.trials.fuzz.dice import changed, mangled, odd, text
from tests.trials.fuzz.trying import SECRET, dice_of, naming

ENVIRONMENT = {"SLACK_BOT_TOKEN": f"xoxb-{SECRET}", "SLACK_APP_TOKEN": f"xapp-{SECRET}"}
_VARIABLE = re.compile(r"\$\{(?!SLACK_)[A-Za-z_:][^}]*\}")
# Each is a section with its comments taken away, for most of the time goes into reading YAML.
SECTIONS: dict[str, Any] = yaml.safe_load(_VARIABLE.sub(SECRET * 2, SWITCHED_ON))
_RULES = [
    {"use": "ssh"},
    {
        "name": "own",
        "title": "A login",
        "pattern": r"^login of (?P<user_name>\S+) from (?P<source_ip>\S+)$",
        "program": "login",
        "sources": ["syslog"],
        "severity": "high",
        "may_vary": ["message"],
        "types": {"source_ip": "ip"},
        "examples": [{"message": "login of alice from 192.0.2.1", "fields": {"user_name": "alice"}}],
    },
    {"name": "noise", "ignore": True, "pattern": "^nothing$"},
]
PIECES = (
    *(
        "&a ",
        "*a",
        "!!python/object:os.system ",
        "!!binary ",
        "<<: ",
        "? ",
        "| ",
        "> ",
        "- ",
        "---\n",
        "...\n",
    ),
    *(
        "${NO_SUCH}",
        "${",
        "${file:/etc/hostname}",
        "${file:/no/such}",
        "${credential:x}",
        "$",
        "%",
        "@",
        "`",
        "\t",
    ),
    *(
        "{",
        "}",
        "[",
        "]",
        '"',
        "'",
        ": ",
        "#",
        "\0",
        "\x85",
        "\ufeff",
        "\ud7ff",
        "=",
        "~",
        "0o17",
        "1_0",
        "12:30:45",
    ),
    *(".inf", ".nan", "2026-01-31", "2026-01-31 25:00", "yes", "off", "null", "1e400", "9" * 5000, "ⅷ", "-"),
)
_BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(6)
)


def _some(dice: random.Random) -> dict[str, Any]:
    """A few sections, as they are right."""
    names = [name for name in SECTIONS if name != "rules"]
    kept = {name: SECTIONS[name] for name in dice.sample(names, dice.choice((1, 2, 4)))}
    if dice.random() < 0.4:
        kept["rules"] = _RULES
    return kept


def _values(dice: random.Random) -> str:
    data = changed(dice, _some(dice), dice.choice((0.02, 0.1, 0.3)))
    # Not a lone surrogate: no file in UTF-8 holds one.
    written: str = yaml.safe_dump(data, sort_keys=False, allow_unicode=dice.random() < 0.5)
    return written.encode("utf-8", "replace").decode()


def _renamed(dice: random.Random) -> str:
    """One key of the file misspelt, or put where another stood."""
    written: str = yaml.safe_dump(_some(dice), sort_keys=False)
    keys = re.findall(r"(?m)^ *(?:- )?([a-z_]+):", written) or ["slack"]
    old = dice.choice(keys)
    new = dice.choice((old[:-1], old + "s", old.upper(), dice.choice(keys), text(dice, 2), "type", "name"))
    new = new.encode("utf-8", "replace").decode()
    return written.replace(f"{old}:", f"{new}:", dice.choice((1, 1, -1)))


def _lines(dice: random.Random) -> str:
    """Lines taken away, doubled, indented otherwise, put elsewhere, or begun with a sign of YAML's."""
    written: str = yaml.safe_dump(_some(dice), sort_keys=False)
    lines = written.splitlines()
    for _ in range(dice.choice((1, 1, 2, 5))):
        at = dice.randrange(len(lines))
        lines[at : at + 1] = _edited(dice, lines[at], lines)
        lines = lines or [""]
    return "\n".join(lines)


def _edited(dice: random.Random, line: str, lines: list[str]) -> list[str]:
    edits: tuple[list[str], ...] = (
        [],
        [line, line],
        [f" {line}"],
        [line.removeprefix("  ")],
        [line.replace(": ", f": {dice.choice(PIECES)}", 1)],
        [dice.choice(PIECES) + line],
        [line.replace(":", "", 1)],
        [line, dice.choice(lines)],
        [f"{line.partition(':')[0]}: {_scalar(dice)}"],
    )
    return dice.choice(edits)


def _scalar(dice: random.Random) -> str:
    written: str = yaml.safe_dump(odd(dice), default_flow_style=True)
    return written.removesuffix("\n...\n").strip().encode("utf-8", "replace").decode()


def _noise(dice: random.Random) -> bytes:
    whole = (yaml.safe_dump(_some(dice)), _BOMB, "[" * 3000, "a: " * 500, "- " * 3000, "", "#", "7", "[]")
    return mangled(dice, mangled(dice, dice.choice(whole).encode()))


WAYS: dict[str, Callable[[random.Random], str | bytes]] = {
    "values": _values,
    "keys": _renamed,
    "lines": _lines,
    "noise": _noise,
}
_WHERE = re.compile(r"((config|rulepacks/[\w-]+)\.yaml(:[1-9]\d*)?|environment variable \w+)")


def configs(cases: int, seed: int) -> Counter[str]:
    """Whatever stands in the file, it is read, or each mistake is told with its line and no secret."""
    outcomes: Counter[str] = Counter()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "config.yaml"
        for number in range(cases):
            dice = dice_of(seed, number)
            way = dice.choice(("values", "keys", "lines", "lines", "values", "noise"))
            written = WAYS[way](dice)
            path.write_bytes(written.encode() if isinstance(written, str) else written)
            environment = ENVIRONMENT | dict.fromkeys(("DATABASE_URL",) * (dice.random() < 0.05), text(dice))
            with naming(number, seed, lambda written=written: written[:3000]):  # type: ignore[misc]
                outcomes[f"{way}: {_told(path, environment)}"] += 1
    return outcomes


def _told(path: Path, environment: dict[str, str]) -> str:
    try:
        config = load_config(path, environment)
    except ConfigError as error:
        mistakes, came_to = error.mistakes, "refused"
        assert mistakes, "refuses, and says nothing"
    else:
        mistakes, came_to = list(config.warnings), "read"
    for mistake in mistakes:
        where = mistake.where.replace(f"{path.parent}/", "")
        assert _WHERE.fullmatch(where), f"no place: {mistake}"
        assert mistake.problem, f"no problem: {mistake}"
        # A key may be long, and is said once or twice; a value is cut.
        assert len(mistake.problem) < 20_000, f"too long: {mistake}"
        assert SECRET not in str(mistake), f"tells a secret: {mistake}"
        # As it is shown: whoever pastes into the file may paste what a terminal would act on.
        assert visible(str(mistake)).replace("\n", "").isprintable(), f"acts on a terminal: {mistake}"
    return came_to
