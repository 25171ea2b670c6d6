"""Stands between two programs and breaks what is between them, as networks do."""

import asyncio
import contextlib
from collections.abc import Callable
from types import TracebackType
from typing import Self

CHUNK = 65536


class Proxy:
    """Forwards from a port of loopback; `hold` and `refuse` break that, `forward` and `mend` end it."""

    def __init__(self, to: int | str) -> None:
        """`to`: a port of loopback, or the path of a socket."""
        self._to = to
        self.holds_at: Callable[[bytes], bool] = lambda _: False
        """Asked of all that goes there; holds it back, and everything after it."""
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._refusing = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._forgotten: set[asyncio.StreamWriter] = set()
        """Held, for asyncio ends a connection that nobody knows any more."""
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The port that is listened on."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        self.mend()
        self.cut()

    def forward(self) -> None:
        """Let all go through again, what was held back included."""
        self._refusing = False
        self._flowing.set()

    def hold(self) -> None:
        """Half-open: connections stand and new ones are taken, and nothing comes through."""
        self._flowing.clear()

    def mend(self) -> None:
        """Let new connections through; what stands never hears a word again, not even that it is over."""
        self._forgotten |= self._writers
        self.holds_at = lambda _: False
        self.forward()

    def refuse(self) -> None:
        """Down: what stands is cut, and new connections are closed at once."""
        self._refusing = True
        self.cut()

    def cut(self) -> None:
        """End every connection that stands."""
        for writer in self._writers | self._forgotten:
            # Without a word more: what waits to be sent is lost, as when a cable is pulled.
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refusing:
            writer.transport.abort()
            return
        try:
            if isinstance(self._to, str):
                there_reader, there = await asyncio.open_unix_connection(self._to)
            else:
                there_reader, there = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, there}
        try:
            await asyncio.gather(self._there(reader, there), self._pump(there_reader, writer))
        finally:
            self._writers -= {writer, there}

    async def _there(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def look(data: bytes) -> None:
            if self.holds_at(data):
                self.hold()

        await self._pump(reader, writer, look)

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        look: Callable[[bytes], None] = lambda _: None,
    ) -> None:
        with contextlib.suppress(OSError, RuntimeError):
            while data := await reader.read(CHUNK):
                look(data)
                await self._flowing.wait()
                if writer not in self._forgotten:
                    writer.write(data)
                    await writer.drain()
        # That one end has gone comes through no sooner than anything else.
        await self._flowing.wait()
        if writer not in self._forgotten:
            with contextlib.suppress(OSError, RuntimeError):
                writer.close()
