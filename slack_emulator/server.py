"""Puts the parts together and serves them: Web API, Socket Mode, response URLs, control API and page."""

import ipaddress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from slack_emulator.api.dispatch import WebApi
from slack_emulator.control_routes import ControlRoutes, Parts
from slack_emulator.faults import Faults
from slack_emulator.journal import Journal
from slack_emulator.page_routes import PAGE, PageRoutes, security_headers
from slack_emulator.people import People
from slack_emulator.rates import Rates
from slack_emulator.response_urls import ResponseUrls
from slack_emulator.socket_mode import SocketMode, Timing
from slack_emulator.subscriptions import Subscriptions
from slack_emulator.workspace import workspace
from slack_emulator.world import World

LARGEST_BODY = 32 * 1024 * 1024
EVERY_ADDRESS = ("", "0.0.0.0", "::")  # noqa: S104
RESERVED = (".test", ".localhost", ".local", ".internal")
"""Domains that are never given to anybody (RFC 2606, RFC 6762, ICANN's resolution 2024.07.29.06)."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def _is_nobodys(name: str) -> bool:
    """Whether nobody could have registered it, to point it at this machine: an address, a container."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return "." not in name or name.endswith(RESERVED)
    return True


class SlackEmulator:
    """A Slack on this machine.

    `port` 0 takes any free port; `url` and `api_url` are known once it has started. `world` replaces
    a workspace whose app may do everything. `strict_rates` keeps Slack's published rate limits, `timing`
    replaces Slack's times.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        strict_rates: bool = False,
        world: World | None = None,
        timing: Timing | None = None,
    ) -> None:
        self._host = host
        self._port = port
        self.world = world or workspace()
        self.sockets = SocketMode(self.world, timing or Timing())
        self.faults = Faults()
        self.rates = Rates(strict=strict_rates)
        self.journal = Journal()
        self._pristine = self.world.snapshot()
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """The page's address, such as `http://127.0.0.1:8155`."""
        host = "127.0.0.1" if self._host in EVERY_ADDRESS else self._host
        return f"http://{f'[{host}]' if ':' in host else host}:{self._port}"

    @property
    def api_url(self) -> str:
        """What to use in place of `https://slack.com/api/`."""
        return f"{self.url}/api/"

    async def start(self) -> Self:
        """Begin to serve; raises OSError if the port is taken."""
        self._runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError:
            # The runner is set up already, and a caller that never started it would not stop it.
            await self.stop()
            raise
        self._port = int(self._runner.addresses[0][1])
        return self

    async def stop(self) -> None:
        await self.sockets.stop()
        self.faults.stop()
        if self._runner:
            await self._runner.cleanup()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def reset(self) -> None:
        """Back to the workspace as it was at first; connections stay."""
        self.world.restore(self._pristine)
        self.faults.clear()
        self.journal.clear()
        self.sockets.forget()

    @web.middleware
    async def _refuse_foreigners(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuses what a web page from elsewhere makes the browser of this machine send."""
        origin = request.headers.get("Origin")
        if origin is not None and origin != f"{request.scheme}://{request.host}":
            raise web.HTTPForbidden(text="this origin is another one")
        # An image, a link or a script has no origin; browsers say all the same where it stands. The page may
        # be linked to, for it does nothing unless somebody presses a button on it.
        site = request.headers.get("Sec-Fetch-Site", "none")
        is_linked_to = request.headers.get("Sec-Fetch-Mode") == "navigate" and (
            request.path == "/" or request.path.startswith("/archives/")
        )
        if site not in ("none", "same-origin") and not is_linked_to:
            raise web.HTTPForbidden(text="this site is another one")
        # A page whose name was made to point here (DNS rebinding) has the right origin, but its own name.
        if not self._is_named(request.host):
            raise web.HTTPForbidden(text="this host is another one")
        return await handler(request)

    def _is_named(self, host: str) -> bool:
        """Whether a `Host` header may be meant for this server."""
        try:
            named = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if named in (*LOOPBACK, self._host):
            return True
        return self._host in EVERY_ADDRESS and _is_nobodys(named)

    def _application(self) -> web.Application:
        application = web.Application(
            client_max_size=LARGEST_BODY, middlewares=[security_headers, self._refuse_foreigners]
        )
        # The world knows its listener only while it is served, so that it can be filled without an app.
        subscriptions = Subscriptions(self.world, self.sockets.tell)
        self.world.listener = subscriptions
        people = People(self.world, self.sockets, subscriptions, lambda: self.url)
        api = WebApi(self.world, self.sockets, self.faults, self.rates, self.journal)
        page = PageRoutes(self.world, self.sockets)
        parts = Parts(self.world, self.sockets, self.faults, self.journal, people, self.reset)
        control = ControlRoutes(parts)
        answers = ResponseUrls(self.world, people, self.faults, self.journal)
        application.add_routes(
            [
                web.route("*", "/api/{method}", api.handle),
                web.get("/link/", self.sockets.handle),
                web.post("/response/{key}", answers.handle),
                web.post("/upload/v1/{file}", page.upload),
                web.get("/control/state", control.state),
                web.post("/control/{act}", control.act),
                web.get("/", page.index),
                web.get("/page/state", page.state),
                web.get("/page/events", page.events),
                web.get("/files/{file}", page.file),
                web.get("/archives/{channel}/{message}", page.permalink),
                web.static("/static", PAGE),
            ]
        )
        return application
