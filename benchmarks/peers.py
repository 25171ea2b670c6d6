"""What a team would run instead, on the same work: a script at login, pygrok, ElastAlert2."""

import asyncio
import json
import logging
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
from aiohttp import web

from benchmarks.hostile import ordinary_lines
from benchmarks.kit import Measures, Result, Row, Run, expect
from benchmarks.rules import TOKENS, deployments, rules_with
from powertrip.rules import Match
from powertrip.settings import load_config
from tests.contrib.server import SOURCE, Kept, Server, furnished, receiving
from tests.end_to_end.evidence import until
from tests.end_to_end.harness import ROOT, free_port
from tests.samples import record

LINES = 5_000
LOGINS = 8
ROOM = ROOT / "build" / "peers"
"""The peers' own environment: their requirements are not ours."""
PACKAGES = (
    "elastalert2==2.19.0",
    "pygrok==1.0.0",
    # What of ElastAlert2's requirements its rules load; all of them are half a gigabyte.
    *("elasticsearch==7.10.1", "requests", "urllib3", "certifi", "charset-normalizer", "idna", "regex"),
    *("aws-requests-auth", "boto3", "botocore", "jmespath", "s3transfer"),
    *("python-dateutil", "six", "pytz", "PyYAML", "sortedcontainers"),
)
SCRIPT = Path(__file__).with_name("login_notice.sh")
PEER = Path(__file__).with_name("peer_rates.py")
NEEDED = ("curl", "jq", "setsid", "flock", "logger")
PATIENCE = 300.0


async def measure(run: Run) -> list[Result]:
    """First logins, then lines."""
    return await _logins(run) + await _lines(run)


def has_peers() -> bool:
    """Whether the peers are there, fetched once."""
    python = ROOM / "bin" / "python"
    done = ROOM / "installed"
    if done.exists():
        return True
    commands = (
        [sys.executable, "-m", "venv", "--clear", str(ROOM)],
        [str(python), "-m", "pip", "install", "--quiet", "--no-deps", *PACKAGES],
    )
    for command in commands:
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode:
            print(f"the peers cannot be had, and nothing is compared with them: {made.stderr[-500:]}")
            return False
    done.touch()
    return True


@dataclass
class Outside:
    """The service that knows addresses, and the Slack that takes messages, both of which answer at once."""

    messages: list[str] = field(default_factory=list)
    is_down: bool = False
    url: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        if request.method == "GET":
            known = {"asn": "asn/64500", "score": 12, "risk": "low", "reason": "none"}
            return web.json_response(known | {"name": "EXAMPLE-NET", "country": "NL", "city": "Delft"})
        if self.is_down:
            return web.Response(status=503)
        self.messages.append((await request.json())["text"])
        return web.Response(text="ok")


@asynccontextmanager
async def _outside() -> AsyncIterator[Outside]:
    outside, app = Outside(), web.Application()
    app.router.add_route("*", "/{path:.*}", outside.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    outside.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield outside
    finally:
        await runner.cleanup()


async def _logins(run: Run) -> list[Result]:
    """How long the person waits, and what is lost while nobody takes a message."""
    if lacks := [tool for tool in NEEDED if shutil.which(tool) is None]:
        print(f"logins are not compared, for there is no {', '.join(lacks)}")
        return []
    count, port, kept = run.size(LOGINS, 2), free_port(), Kept()
    server = furnished(run.folder / "server")
    installed = await server.install(f"http://127.0.0.1:{port}/ingest/{SOURCE}")
    expect(installed.status, 0, "installing powertrip-login")
    # The endpoint runs in here, and its lines would stand between the tables.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    async with _outside() as outside:
        sides = {"script": _by_script(outside, count), "ours": _by_pam(server, kept, port, count)}
        rows = [
            Row(
                name="peers-login",
                what="a login waits for `powertrip-login`",
                value="ours.seconds",
                baseline="script.seconds",
                against="for a script in ~/.bashrc that asks and posts",
                unit="s",
            ),
            Row(
                name="peers-lost",
                what="logins never told of while nobody takes messages",
                value="ours.lost",
                baseline="script.lost",
                against="by the script",
                unit=f"of {count}",
            ),
        ]
        return await run.take_turns(sides, rows)


def _by_script(outside: Outside, count: int) -> Callable[[int], Any]:
    async def login() -> int:
        process = await asyncio.create_subprocess_exec(
            SCRIPT, outside.url, "192.0.2.10", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        return await process.wait()

    async def side(_: int) -> Measures:
        outside.messages.clear()
        began = time.perf_counter()
        ended = [await login() for _ in range(count)]
        seconds = (time.perf_counter() - began) / count
        expect((ended, len(outside.messages)), ([0] * count, count), "logins that the script told of")
        outside.is_down = True
        for _ in range(count):
            await login()
        outside.is_down = False
        return {"seconds": seconds, "lost": float(2 * count - len(outside.messages))}

    return side


def _by_pam(server: Server, kept: Kept, port: int, count: int) -> Callable[[int], Any]:
    async def side(_: int) -> Measures:
        kept.records.clear()
        async with asyncio.timeout(PATIENCE):
            async with receiving(kept, port):
                began = time.perf_counter()
                for _ in range(count):
                    await server.open_session()
                seconds = (time.perf_counter() - began) / count
                await kept.until(count)
            for _ in range(count):
                await server.open_session()
            # What happens in the background, after the login, comes to a file.
            await until(lambda: len(server.waiting()) >= count, "the logins wait", PATIENCE)
            async with receiving(kept, port):
                await server.flush()
                told = await kept.until(2 * count)
            # Whoever has sent a login deletes its file afterwards.
            await until(lambda: not server.waiting(), "no login waits", PATIENCE)
        return {"seconds": seconds, "lost": float(2 * count - len({each["id"] for each in told}))}

    return side


async def _lines(run: Run) -> list[Result]:
    if not has_peers():
        return []
    lines = ordinary_lines(run.size(LINES, 300))
    file = run.folder / "peers.log"
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    logins = sum(line.startswith("Accepted ") for line in lines)
    rules = load_config(rules_with(run.folder, deployments(100)), TOKENS).rules
    records = [record(line) for line in lines]

    async def ours(_: int) -> Measures:
        began = time.process_time()
        hits = sum(isinstance(rules.judge(each), Match) for each in records)
        rate = len(records) / (time.process_time() - began)
        expect(hits, logins, "logins that the rules found")
        return {"rate": rate}

    sides = {
        "ours": ours,
        "grok1": _peer("grok1", file, logins),
        "grok100": _peer("grok100", file, logins),
        "elastalert": _peer("elastalert", file, len(lines)),
    }
    what = "rules alone: ssh pack and 100 rules"
    rows = [
        Row(
            name=f"peers-{name}",
            what=what,
            value="ours.rate",
            baseline=f"{name}.rate",
            against=against,
            unit="lines/CPU s",
        )
        for name, against in (
            ("grok1", "pygrok, one pattern"),
            ("grok100", "pygrok, 100 patterns"),
            ("elastalert", "ElastAlert2's rule `any` on what a search has found"),
        )
    ]
    return await run.take_turns(sides, rows)


def _peer(name: str, file: Path, wanted: int) -> Callable[[int], Any]:
    def rate() -> float:
        done = subprocess.run(
            [str(ROOM / "bin" / "python"), str(PEER), name, str(file)],
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE,
        )
        told = json.loads(done.stdout)
        expect(told["hits"], wanted, f"lines that {name} found")
        return float(told["rate"])

    async def side(_: int) -> Measures:
        return {"rate": await asyncio.to_thread(rate)}

    return side
