"""Serves the page: its files, one person's state, a stream that says when it changed, and uploaded images."""

from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

from slack_emulator.socket_mode import SocketMode
from slack_emulator.state import page_state
from slack_emulator.world import World

PAGE = Path(__file__).parent / "page"
SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
IMAGE_TYPES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}
KEEP_ALIVE_SECONDS = 15.0


@web.middleware
async def security_headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Nothing on these pages may load, run or frame anything from elsewhere."""
    response = await handler(request)
    if not response.prepared:
        response.headers["Content-Security-Policy"] = SECURITY_POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-store"
    return response


class PageRoutes:
    """The part of the server that a browser uses, acting aside."""

    def __init__(self, world: World, sockets: SocketMode) -> None:
        self._world = world
        self._sockets = sockets

    async def index(self, _request: web.Request) -> web.FileResponse:
        return web.FileResponse(PAGE / "index.html")

    async def permalink(self, request: web.Request) -> web.Response:
        """A message's permalink: the page, in that channel."""
        channel = request.match_info["channel"]
        if channel not in self._world.channels:
            raise web.HTTPNotFound(text="no such channel")
        raise web.HTTPFound(f"/#in={channel}")

    async def state(self, request: web.Request) -> web.Response:
        """What the person `as` sees, with the messages of the channel `in`."""
        user, channel = request.query.get("as", ""), request.query.get("in", "")
        return web.json_response(page_state(self._world, self._sockets, user, channel))

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: the version, each time it changes."""
        stream = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await stream.prepare(request)
        version = -1
        try:
            while True:
                await stream.write(f"data: {self._world.version}\n\n".encode())
                version = self._world.version
                await self._world.wait_beyond(version, KEEP_ALIVE_SECONDS)
        except ConnectionError:
            return stream  # the browser went away

    async def file(self, request: web.Request) -> web.Response:
        """An uploaded file: an image as such, anything else as a download."""
        file = self._world.files.get(request.match_info["file"])
        if file is None or file.data is None:
            raise web.HTTPNotFound(text="no such file")
        # By its first bytes, not by its name: an HTML file called .png must not run as this origin.
        known = next((t for start, t in IMAGE_TYPES.items() if file.data.startswith(start)), "")
        headers = {} if known else {"Content-Disposition": "attachment"}
        return web.Response(body=file.data, content_type=known or "application/octet-stream", headers=headers)

    async def upload(self, request: web.Request) -> web.Response:
        """Take the bytes of a file for which an address was given out; they must be as many as announced."""
        file = self._world.files.get(request.match_info["file"])
        if file is None or file.data is not None:
            raise web.HTTPNotFound(text="no such upload")
        data = await request.read()
        if len(data) != file.length:
            raise web.HTTPBadRequest(text=f"expected {file.length} bytes, got {len(data)}")
        file.data = data
        return web.Response(text=f"OK - {len(data)}")
