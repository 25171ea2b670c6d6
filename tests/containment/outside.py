"""What containment calls, on this machine, as each documents its API: a webhook, Okta, GitHub, and `tctl`."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from pydantic import SecretStr

from powertrip.config.secret import signature

HOOK_SECRET = "the-hook-s-9f31c0-own-key"
TOKEN = "00-okta-and-github-7c1e"


@dataclass
class Outside:
    """Whoever is called; it can refuse, break, or hold its answer."""

    port: int = 0
    hooks: list[dict[str, Any]] = field(default_factory=list)
    """What the webhook did."""
    cleared: list[str] = field(default_factory=list)
    """Whose sessions Okta ended."""
    credentials: list[dict[str, Any]] = field(default_factory=list)
    """What GitHub has authorised."""
    calls: list[tuple[str, str]] = field(default_factory=list)
    answer: int | None = None
    """What everything is answered, in place of being done."""
    held: asyncio.Event | None = None
    """What an answer waits for, after it was done."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @web.middleware
    async def _note(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.calls.append((request.method, request.path))
        if self.answer is not None:
            return web.Response(status=self.answer)
        answered: web.StreamResponse = await handler(request)
        if self.held is not None:
            await self.held.wait()
        return answered

    async def _hook(self, request: web.Request) -> web.Response:
        body = await request.read()
        given = request.headers["X-Powertrip-Signature"]
        if given != signature(SecretStr(HOOK_SECRET), request.headers["X-Powertrip-Timestamp"], body):
            return web.Response(status=401)
        told = json.loads(body)
        assert request.headers["Idempotency-Key"] == told["key"]
        self.hooks.append(told)
        return web.Response(status=202)

    async def _clear(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"SSWS {TOKEN}":
            return web.Response(status=401)
        if request.query.get("oauthTokens") != "true":
            return web.Response(status=400)
        self.cleared.append(request.match_info["user"])
        return web.Response(status=204)

    async def _me(self, _request: web.Request) -> web.Response:
        return web.json_response({"id": "00u1"})

    async def _list(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.Response(status=401)
        login = request.query.get("login", "").lower()
        return web.json_response([each for each in self.credentials if login in ("", each["login"].lower())])

    async def _delete(self, request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        left = [each for each in self.credentials if each["credential_id"] != number]
        status = 204 if len(left) < len(self.credentials) else 404
        self.credentials = left
        return web.Response(status=status)


@asynccontextmanager
async def outside() -> AsyncIterator[Outside]:
    """All of it, listening."""
    world = Outside()
    app = web.Application(middlewares=[world._note])
    add = app.router
    add.add_post("/hook", world._hook)
    add.add_get("/hook", world._me)
    add.add_get("/api/v1/users/me", world._me)
    add.add_delete("/api/v1/users/{user}/sessions", world._clear)
    add.add_get("/orgs/acme/credential-authorizations", world._list)
    add.add_delete("/orgs/acme/credential-authorizations/{number}", world._delete)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    world.port = runner.addresses[0][1]
    yield world
    if world.held is not None:
        world.held.set()
    await runner.cleanup()


_TCTL = """#!{python}
import json, pathlib, sys, time
here = pathlib.Path({folder!r})
flags = [each for each in sys.argv[1:] if each.startswith("--")]
words = [each for each in sys.argv[1:] if not each.startswith("--")]
assert "--auth-server=teleport.example.com:443" in flags and "--identity=/run/tbot/identity" in flags
with (here / "calls").open("a") as calls:
    calls.write(" ".join(words) + "\\n")
if (here / "denied").exists():
    sys.exit("ERROR: access denied to perform action \\"create\\" on \\"lock\\"")
if words[0] == "create":
    lock = json.load(sys.stdin)
    assert (lock["kind"], lock["version"]) == ("lock", "v2")
    file = here / (lock["metadata"]["name"] + ".lock")
    if file.exists():
        sys.exit("ERROR: lock " + file.stem + " already exists")
    file.write_text(json.dumps(lock["spec"]))
    if (here / "hang").exists():
        time.sleep(60)
elif words[:2] == ["get", "locks"]:
    print("[]")
else:
    file = here / (words[1].removeprefix("lock/") + ".lock")
    if not file.exists():
        sys.exit("ERROR: lock " + file.stem + " doesn't exist")
    if words[0] == "rm":
        file.unlink()
"""


@dataclass(frozen=True)
class Tctl:
    """A program that does with files what Teleport's `tctl` does with locks."""

    folder: Path

    @property
    def program(self) -> str:
        return str(self.folder / "tctl")

    @property
    def locks(self) -> list[dict[str, Any]]:
        return [json.loads(file.read_text()) for file in sorted(self.folder.glob("*.lock"))]

    @property
    def calls(self) -> list[str]:
        file = self.folder / "calls"
        return file.read_text().splitlines() if file.exists() else []

    def wants(self, what: str) -> None:
        """`denied`: it refuses everything. `hang`: it makes a lock, and never says so."""
        (self.folder / what).touch()


def tctl_in(folder: Path) -> Tctl:
    """Install it there."""
    folder.mkdir()
    made = Tctl(folder)
    program = Path(made.program)
    program.write_text(_TCTL.format(python=sys.executable, folder=str(folder)))
    program.chmod(0o755)
    return made
