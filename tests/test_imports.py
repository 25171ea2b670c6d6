"""Who may know whom: the imports of every module go in one direction, and the pure rooms do no I/O."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

WORDS = frozenset({"errors", "event", "facts", "ports", "ingest", "syslog"})
PURE_ROOMS = frozenset(
    {
        *("rules", "routing", "policy", "lifecycle", "reminders", "cards", "chart"),
        *("matching", "past", "severity", "verdicts"),
    }
)
ADAPTERS = frozenset(
    {"sources", "enrichers", "origins", "slack", "web", "api", "store", "scheduler", "backup"}
)
TOOLS = frozenset({"log", "metrics", "net"})
WIRING = frozenset({"application", "assembly", "cli", "reaching", "rounds", "tellers", "worker"})
"""Where bot.py's work is done: builds the parts from the config, starts and stops them."""

FRONT_OF_STORE = "powertrip.store.Store"
KNOW_THE_FRONT_OF_STORE = frozenset({"api", "scheduler", "workflow"})
"""Rooms that ask the database through `Store`, and know nothing of what is behind it."""

MAY_IMPORT: dict[str, frozenset[str]] = {
    "errors": frozenset(),
    "config": frozenset({"errors"}),
    "facts": frozenset(),
    "event": frozenset({"config", "errors", "facts"}),
    "past": frozenset({"facts"}),
    "ports": frozenset({"config", "errors", "event", "facts"}),
    "ingest": frozenset({"errors", "event", "net"}),
    **dict.fromkeys(TOOLS, frozenset({"errors", "event"})),
    "syslog": frozenset(),
    **dict.fromkeys(PURE_ROOMS, frozenset({"config", "errors", "event", "facts"})),
    "rules": frozenset({"config", "errors", "event", "syslog"}),
    "chart": frozenset({"errors", "event", "facts", "ports"}),
    "verdicts": frozenset({"event", "ports"}),
    "workflow": PURE_ROOMS | WORDS | TOOLS | {"config"},
    **dict.fromkeys(ADAPTERS, PURE_ROOMS | WORDS | TOOLS | {"workflow", "config"}),
    "store": PURE_ROOMS | WORDS | TOOLS | {"workflow"},
    "settings": PURE_ROOMS | ADAPTERS | WORDS | TOOLS | {"workflow", "config"},
    **dict.fromkeys(
        WIRING, PURE_ROOMS | ADAPTERS | WORDS | TOOLS | WIRING | {"workflow", "config", "settings"}
    ),
}
"""For each room of the package the other rooms it may import; bot.py may import all."""

KNOWS_THE_EMULATOR = "cli"
"""The one room that starts a Slack on this machine, for the demo; bot.py and the tests do so too."""

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
        if module == FRONT_OF_STORE and room in KNOW_THE_FRONT_OF_STORE:
            continue
        if top == "bot":
            found.append(f"{room} imports bot.py")
        elif top == "powertrip" and inside and inside[0] not in MAY_IMPORT[room] | {room}:
            found.append(f"{room} may not import {inside[0]}: {module}")
        elif room in PURE_ROOMS and top in OUTSIDE:
            found.append(f"{room} is a pure room and may not import {top}")
    return found


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
        if room_of(module) in PURE_ROOMS
        and (readings := clock_readings((ROOT / "powertrip" / module).read_text()))
    }

    assert breaches == {}


def test_the_root_of_the_package_imports_nothing() -> None:
    tree = ast.parse((ROOT / "powertrip" / "__init__.py").read_text())

    assert list(imported_modules(tree)) == []


def test_only_the_command_line_starts_a_slack_of_its_own() -> None:
    package = ROOT / "powertrip"
    others = (path for path in modules() if room_of(path) != KNOWS_THE_EMULATOR)

    assert [path for path in others if "slack_emulator" in top_levels(package / path)] == []


@pytest.mark.parametrize("module", emulator_modules(), ids=str)
def test_the_emulator_knows_nothing_of_powertrip(module: Path) -> None:
    assert top_levels(ROOT / module) & {"bot", "powertrip", "tests"} == set()


def test_the_emulator_never_names_powertrip() -> None:
    files = (path for path in (ROOT / "slack_emulator").rglob("*") if path.suffix in {".js", ".html", ".py"})

    assert [path for path in files if "powertrip" in path.read_text().lower()] == []


def test_only_the_wiring_knows_the_whole_configuration() -> None:
    assert {room for room, known in MAY_IMPORT.items() if "settings" in known} == WIRING


@pytest.mark.parametrize("group", [PURE_ROOMS, ADAPTERS], ids=["pure rooms", "adapters"])
def test_rooms_of_one_floor_do_not_know_each_other(group: frozenset[str]) -> None:
    assert [room for room in group if MAY_IMPORT[room] & group] == []


@pytest.mark.parametrize(
    ("room", "source", "complaint"),
    [
        ("cards", "from powertrip.policy import authorise", "cards may not import policy"),
        ("cards", "import httpx", "cards is a pure room and may not import httpx"),
        ("policy", "def f():\n    import time", "policy is a pure room and may not import time"),
        ("store", "import powertrip.slack.notifier", "store may not import slack"),
        ("store", "from powertrip import slack", "store may not import slack"),
        ("workflow", "from powertrip.store.inbox import put", "workflow may not import store"),
        ("web", "from powertrip.store import Store", "web may not import store"),
        ("web", "from powertrip.config import Config", "web may not import config"),
        ("config", "import bot", "config imports bot.py"),
    ],
)
def test_a_wrong_import_is_found(room: str, source: str, complaint: str) -> None:
    (found,) = wrong_imports(room, source)

    assert found.startswith(complaint)


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("store", "from powertrip.store.models import database\nimport peewee"),
        ("workflow", "import asyncio\nfrom powertrip.cards import card"),
        ("workflow", "from powertrip.store import Store"),
        ("slack", "from powertrip.workflow.deciding import decide"),
    ],
)
def test_a_right_import_is_let_pass(room: str, source: str) -> None:
    assert wrong_imports(room, source) == []


@pytest.mark.parametrize("call", ["datetime.now(UTC)", "datetime.datetime.utcnow()", "date.today()"])
def test_a_reading_of_the_clock_is_found(call: str) -> None:
    assert len(clock_readings(f"x = {call}")) == 1
