"""A way to a PostgreSQL server that can stop carrying anything without a word, as a broken network does."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

PG_PORT = 5432


class Way:
    """Carries bytes until it is frozen; connections that were made before stay dead for ever."""

    def __init__(self, socket_path: str) -> None:
        self._socket_path = socket_path
        self.port = 0
        self.is_frozen = False
        """Whether new connections, too, are taken and never answered."""
        self.freezes_at: Callable[[bytes], bool] = lambda _: False
        """Asked of all that goes to the server; freezes instead of handing it on."""
        self._carriers: list[asyncio.Task[None]] = []
        self._writers: list[asyncio.StreamWriter] = []
        self._readers: list[asyncio.StreamReader] = []
        """Held, for asyncio ends a connection that nobody reads any more."""

    def freeze(self) -> None:
        """Carry nothing any more."""
        self.is_frozen = True
        for carrier in self._carriers:
            carrier.cancel()

    def mend(self) -> None:
        """Carry what new connections bring."""
        self.is_frozen = False
        self.freezes_at = lambda _: False

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        self._readers.append(reader)
        if self.is_frozen:
            return
        upstream, downstream = await asyncio.open_unix_connection(self._socket_path)
        self._writers.append(downstream)
        self._readers.append(upstream)
        self._carriers += [
            asyncio.create_task(self._carry(reader, downstream, self._to_server)),
            asyncio.create_task(self._carry(upstream, writer, lambda _: False)),
        ]

    def _to_server(self, data: bytes) -> bool:
        if is_now := self.freezes_at(data):
            self.freeze()
        return is_now

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, stops: Callable[[bytes], bool]
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                if stops(data):
                    await asyncio.Event().wait()
                writer.write(data)
                await writer.drain()
            writer.close()

    async def close(self) -> None:
        self.freeze()
        await asyncio.gather(*self._carriers, return_exceptions=True)
        for writer in self._writers:
            writer.close()


@asynccontextmanager
async def way_to(url: str) -> AsyncIterator[tuple[Way, str]]:
    """A way to the server of a URL with a socket in it, and the URL that leads over it."""
    parts = urlsplit(url)
    folder = parse_qs(parts.query)["host"][0]
    way = Way(f"{folder}/.s.PGSQL.{PG_PORT}")
    server = await asyncio.start_server(way.take, "127.0.0.1", 0)
    way.port = server.sockets[0].getsockname()[1]
    login = f"{parts.username}@" if parts.username else ""
    try:
        yield way, f"postgresql://{login}127.0.0.1:{way.port}{parts.path}"
    finally:
        server.close()
        await way.close()
