"""Who may import whom, as a table, and kept true by reading every module."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

KIT = frozenset({"errors", "log", "metrics", "net", "config"})
"""What every room but the pure ones may use; it knows no setting, and nothing of Powertrip's story."""
PURE = frozenset({"domain", "rules", "cards"})
"""Rooms that do no I/O and are told what time it is."""
SECTIONS = frozenset(
    {"sources", "polls", "enrichment", "hids", "backup", "anchors", "proofs", "containment", "slack"}
)
"""Rooms outside the pure ones that own sections of the configuration file."""
FRONT_OF_STORE = "powertrip.store.Store"
ASK_THE_STORE = frozenset({"pipeline", "slack", "api", "page", "host_actions"})
"""Rooms that ask the database through `Store`, and know nothing of what is behind it."""

MAY_IMPORT: dict[str, frozenset[str]] = {
    "errors": frozenset(),
    "log": frozenset({"errors"}),
    "metrics": frozenset({"errors"}),
    "net": frozenset({"errors"}),
    "config": frozenset({"errors"}),
    "domain": frozenset({"errors", "config"}),
    "rules": frozenset({"errors", "config", "domain"}),
    "cards": frozenset({"errors", "config", "domain"}),
    "store": frozenset({"errors", "log", "domain"}),
    "ingest": KIT | {"domain"},
    "sources": KIT | {"domain", "ingest"},
    "polls": KIT | {"domain", "ingest", "sources"},
    "enrichment": KIT | {"domain"},
    "hids": KIT | {"domain"},
    "backup": KIT,
    "anchors": KIT | {"domain"},
    "proofs": KIT | {"domain"},
    "containment": KIT | {"domain"},
    "pipeline": frozenset({"errors", "log", "metrics", "net", "ingest"}) | PURE,
    "slack": KIT | PURE | {"pipeline", "ingest"},
    "api": KIT | PURE | {"pipeline"},
    "html": frozenset(),
    "page": KIT | PURE | {"html", "proofs"},
    "host_actions": KIT | {"domain", "containment"},
    "state": KIT,
    "wiring": frozenset({"errors", "config", "domain", "rules"}),
    "settings": KIT | PURE | SECTIONS | {"ingest", "state", "wiring"},
}
MAY_IMPORT["runtime"] = frozenset(MAY_IMPORT)
MAY_IMPORT["cli"] = frozenset(MAY_IMPORT)
MAY_IMPORT["cli/demo"] = MAY_IMPORT["cli"] | {"cli"}
"""For each room of the package the other rooms it may import."""

ONLY: dict[str, frozenset[str]] = {
    "polls": frozenset({"sources.papertrail"}),
    "pipeline": frozenset({"ingest.contract"}),
    "slack": frozenset({"ingest.contract"}),
    "settings": frozenset({"ingest.section"}),
}
"""Of these rooms, only these modules of the rooms that are named here."""

OUTSIDE = frozenset(
    {
        "aiohttp",
        "asyncio",
        "httpx",
        "maxminddb",
        "peewee",
        "playhouse",
        "requests",
        "slack_bolt",
        "slack_sdk",
        "socket",
        "time",
    }
)
"""Libraries that do I/O or read the clock: a pure room is told what it needs."""

CLOCKS = frozenset({"now", "today", "utcnow"})


def imported_modules(tree: ast.AST) -> Iterator[str]:
    """The full name of everything a module imports, as `powertrip.event.Event` for a name out of a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written from the root of the package"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def wrong_imports(room: str, source: str) -> list[str]:
    """What a module of `room` imports and may not, each as a sentence."""
    tree = ast.parse(source)
    found = []
    for module in sorted(set(imported_modules(tree))):
        top, *inside = module.split(".")
        if module == FRONT_OF_STORE and room in ASK_THE_STORE:
            continue
        if top == "bot":
            found.append(f"{room} imports bot.py")
        elif top == "powertrip" and inside and inside[0] not in MAY_IMPORT[room] | {room}:
            found.append(f"{room} may not import {inside[0]}: {module}")
        elif top == "powertrip" and not _is_open_to(room, inside):
            found.append(f"{room} may not import that of {inside[0]}: {module}")
        elif room in PURE and top in OUTSIDE:
            found.append(f"{room} is a pure room and may not import {top}")
    return found


def _is_open_to(room: str, inside: list[str]) -> bool:
    """Whether the room may know this module of another, where it may not know all of them."""
    open_modules = [module for module in ONLY.get(room, ()) if module.split(".")[0] == inside[0]]
    return not open_modules or ".".join(inside[:2]) in open_modules


def clock_readings(source: str) -> list[str]:
    """Every call such as `datetime.now()`, with its line."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return [
        f"line {call.lineno}: {ast.unparse(call.func)}()"
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in CLOCKS
        and ast.unparse(call.func.value).split(".")[-1] in ("date", "datetime")
    ]


def modules() -> list[Path]:
    """All modules of the package but its root, relative to it."""
    package = ROOT / "powertrip"
    found = (path.relative_to(package) for path in package.rglob("*.py"))
    return sorted(path for path in found if path != Path("__init__.py"))


def emulator_modules() -> list[Path]:
    """All modules of the local Slack, its tests too, relative to the root."""
    return sorted(path.relative_to(ROOT) for path in (ROOT / "slack_emulator").rglob("*.py"))


def top_levels(file: Path) -> set[str]:
    """The first part of the name of everything that a file imports."""
    return {name.split(".")[0] for name in imported_modules(ast.parse(file.read_text()))}


def room_of(module: Path) -> str:
    """The room that a module is in: `slack/notifier.py` is in slack, `errors.py` a room by itself."""
    if module.parts[:2] == ("cli", "demo"):
        return "cli/demo"
    return module.parts[0].removesuffix(".py")


def test_every_room_says_what_it_may_import() -> None:
    assert {room_of(module) for module in modules()} == MAY_IMPORT.keys()


def test_a_module_imports_only_what_its_room_may_know() -> None:
    breaches = {
        str(module): wrong
        for module in modules()
        if (wrong := wrong_imports(room_of(module), (ROOT / "powertrip" / module).read_text()))
    }

    assert breaches == {}


def test_a_pure_room_reads_no_clock() -> None:
    breaches = {
        str(module): readings
        for module in modules()
        if room_of(module) in PURE and (readings := clock_readings((ROOT / "powertrip" / module).read_text()))
    }

    assert breaches == {}


def test_the_root_of_the_package_imports_nothing() -> None:
    tree = ast.parse((ROOT / "powertrip" / "__init__.py").read_text())

    assert list(imported_modules(tree)) == []


def test_only_the_demo_starts_a_slack_of_its_own() -> None:
    package = ROOT / "powertrip"
    others = (path for path in modules() if room_of(path) != "cli/demo")

    assert [path for path in others if "slack_emulator" in top_levels(package / path)] == []


@pytest.mark.parametrize("module", emulator_modules(), ids=str)
def test_the_emulator_knows_nothing_of_powertrip(module: Path) -> None:
    assert top_levels(ROOT / module) & {"bot", "powertrip", "tests"} == set()


def test_the_emulator_never_names_powertrip() -> None:
    files = (path for path in (ROOT / "slack_emulator").rglob("*") if path.suffix in {".js", ".html", ".py"})

    assert [path for path in files if "powertrip" in path.read_text().lower()] == []


def test_only_the_wiring_knows_the_whole_configuration() -> None:
    knowing = {room for room, known in MAY_IMPORT.items() if "settings" in known}

    assert knowing == {"runtime", "cli", "cli/demo"}


def test_no_two_rooms_know_each_other() -> None:
    both_ways = [(a, b) for a, known in MAY_IMPORT.items() for b in known if a != b and a in MAY_IMPORT[b]]

    assert [pair for pair in both_ways if not {"cli", "cli/demo"} & set(pair)] == []


@pytest.mark.parametrize("group", [PURE - {"domain"}, SECTIONS - {"sources"}], ids=["pure", "adapters"])
def test_rooms_of_one_floor_do_not_know_each_other(group: frozenset[str]) -> None:
    assert [room for room in group if MAY_IMPORT[room] & group] == []


@pytest.mark.parametrize(
    ("room", "source", "complaint"),
    [
        ("cards", "from powertrip.rules import RuleSet", "cards may not import rules"),
        ("cards", "import httpx", "cards is a pure room and may not import httpx"),
        ("domain", "def f():\n    import time", "domain is a pure room and may not import time"),
        ("store", "import powertrip.slack.notifier", "store may not import slack"),
        ("store", "from powertrip import slack", "store may not import slack"),
        ("store", "from powertrip.config.section import Section", "store may not import config"),
        ("pipeline", "from powertrip.store.inbox import put", "pipeline may not import store"),
        ("pipeline", "from powertrip.ingest.http import Check", "pipeline may not import that of ingest"),
        ("polls", "from powertrip.sources.sns import Sns", "polls may not import that of sources"),
        ("ingest", "from powertrip.store import Store", "ingest may not import store"),
        ("ingest", "from powertrip.settings import Config", "ingest may not import settings"),
        ("config", "from powertrip.sources import AnySource", "config may not import sources"),
        ("config", "import bot", "config imports bot.py"),
    ],
)
def test_a_wrong_import_is_found(room: str, source: str, complaint: str) -> None:
    (found,) = wrong_imports(room, source)

    assert found.startswith(complaint)


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("store", "from powertrip.store.tables import database\nimport peewee"),
        ("pipeline", "import asyncio\nfrom powertrip.cards import card"),
        ("pipeline", "from powertrip.store import Store"),
        ("slack", "from powertrip.pipeline.decide import decide"),
    ],
)
def test_a_right_import_is_let_pass(room: str, source: str) -> None:
    assert wrong_imports(room, source) == []


@pytest.mark.parametrize("call", ["datetime.now(UTC)", "datetime.datetime.utcnow()", "date.today()"])
def test_a_reading_of_the_clock_is_found(call: str) -> None:
    assert len(clock_readings(f"x = {call}")) == 1
