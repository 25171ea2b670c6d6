"""A sender with many connections, and a probe that looks how long an answer takes."""

import asyncio
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any, Self

from benchmarks.kit import percentile

TIMEOUT = 120.0
PAUSE = 0.005
"""Seconds between two looks of the probe: no stall much longer than that is missed."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of some requests, all of which were answered 200."""

    seconds: float
    latencies: Sequence[float]
    """Of each request, in seconds."""

    def p(self, share: float) -> float:
        """Milliseconds within which this share was answered."""
        return percentile(self.latencies, share) * 1000


def post(path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """One request as it is sent."""
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def send(port: int, requests: Sequence[bytes], connections: int) -> Sent:
    """Send them all, each connection one after the other; raises RuntimeError for any answer but 200."""
    loop = asyncio.get_running_loop()
    waiting, latencies = iter(requests), list[float]()
    senders = [_Sender(waiting, latencies, loop.create_future()) for _ in range(connections)]
    for sender in senders:
        await loop.create_connection(_giving(sender), "127.0.0.1", port)
    began = time.perf_counter()
    for sender in senders:
        sender.send()
    async with asyncio.timeout(TIMEOUT):
        await asyncio.gather(*(sender.done for sender in senders))
    seconds = time.perf_counter() - began
    for sender in senders:
        sender.close()
    if len(latencies) != len(requests):
        raise RuntimeError(f"{len(latencies)} answers for {len(requests)} requests")
    return Sent(seconds, latencies)


def _giving(sender: "_Sender") -> Any:
    return lambda: sender


class _Sender(asyncio.Protocol):
    """One connection."""

    def __init__(self, waiting: Iterator[bytes], latencies: list[float], done: asyncio.Future[None]) -> None:
        self.done = done
        self._waiting = waiting
        self._latencies = latencies
        self._transport: asyncio.Transport | None = None
        self._got = b""
        self._sent_at = 0.0

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(RuntimeError(f"the connection was closed: {error}"))

    def send(self) -> None:
        """Send the next of all that wait."""
        request = next(self._waiting, None)
        if request is None:
            if not self.done.done():
                self.done.set_result(None)
            return
        if self._transport is None:
            raise RuntimeError("it is not connected")
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, found, rest = self._got.partition(b"\r\n\r\n")
        if not found:
            return
        if len(rest) < _length(head):
            return
        if not head.startswith(b"HTTP/1.1 200 "):
            self.done.set_exception(RuntimeError(f"answered {self._got[:500].decode(errors='replace')}"))
            return
        self._got = b""
        self._latencies.append(time.perf_counter() - self._sent_at)
        self.send()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise RuntimeError(f"an answer without a length: {head.decode(errors='replace')}")


class Probe:
    """Asks /healthz again and again, on a thread of its own; what takes long is a stall of the event loop."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._stop = threading.Event()
        self._taken: list[float] = []
        self._failed: Exception | None = None
        self._thread = threading.Thread(target=self._look, name="probe")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def longest(self) -> float:
        """Milliseconds of the answer that took longest; raises what went wrong where there is none."""
        if self._failed is not None:
            raise self._failed
        if not self._taken:
            raise RuntimeError("the probe had no answer")
        return max(self._taken) * 1000

    def _look(self) -> None:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT)
        try:
            # Once at least, however soon what is watched has ended.
            while True:
                began = time.perf_counter()
                connection.request("GET", "/healthz")
                answer = connection.getresponse()
                answer.read()
                _check(answer.status)
                self._taken.append(time.perf_counter() - began)
                if self._stop.wait(PAUSE):
                    return
        except (OSError, HTTPException) as error:
            self._failed = error
        finally:
            connection.close()


def _check(status: int) -> None:
    if status != 200:
        raise OSError(f"/healthz was answered {status}, and not 200")
