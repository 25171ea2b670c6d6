"""Stands between two programs and breaks what is between them, as networks do."""

import asyncio
import contextlib
from types import TracebackType
from typing import Self

CHUNK = 65536


class Proxy:
    """Forwards TCP from a port of loopback to another; `hold` and `refuse` break that, `cut` ends all."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._refusing = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._forgotten: set[asyncio.StreamWriter] = set()
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
        self.forward()
        self.cut()

    def forward(self) -> None:
        """Let all go through again, what was held back included."""
        self._refusing = False
        self._flowing.set()

    def hold(self) -> None:
        """Half-open: connections stand and new ones are taken, and nothing comes through."""
        self._flowing.clear()

    def refuse(self) -> None:
        """Down: what stands is cut, and new connections are closed at once."""
        self._refusing = True
        self.cut()

    def forget(self) -> None:
        """Never let another word through on what stands now, and leave it standing."""
        self._forgotten |= self._writers

    def cut(self) -> None:
        """End every connection that stands."""
        for writer in list(self._writers):
            # Without a word more: what waits to be sent is lost, as when a cable is pulled.
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refusing:
            writer.transport.abort()
            return
        try:
            there_reader, there = await asyncio.open_connection("127.0.0.1", self._to_port)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, there}
        try:
            await asyncio.gather(self._pump(reader, there), self._pump(there_reader, writer))
        finally:
            self._writers -= {writer, there}

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, OSError):
            while data := await reader.read(CHUNK):
                await self._flowing.wait()
                if writer in self._forgotten:
                    continue
                writer.write(data)
                await writer.drain()
        with contextlib.suppress(ConnectionError, OSError, RuntimeError):
            writer.close()
