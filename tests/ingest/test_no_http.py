"""What is no HTTP at all: anybody can send it, so it costs one short line."""

import asyncio
import io

from aiohttp import web

from powertrip.ingest.server import WebServer
from powertrip.log import configure_logging

HOSTILE = b"GET / HTTP/1.1\r\n\xffuthorization: Bearer of-somebody-else\r\n\x1b[2J\r\n\r\n"


async def logged_after(sent: bytes, *, status: bytes) -> list[str]:
    """What a server writes into its log that is sent this, and answers with this status."""
    log = io.StringIO()
    configure_logging("info", "json", log)
    server = WebServer(web.Application(), "127.0.0.1", 0)
    await server.start()
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(sent)
        assert status in await reader.readline()
        writer.close()
    finally:
        await server.stop()
        configure_logging("critical")
    return log.getvalue().splitlines()


async def test_a_request_that_is_no_http_is_one_line_without_its_text() -> None:
    lines = await logged_after(HOSTILE, status=b" 400 ")

    [line] = [line for line in lines if "aiohttp.server" in line]
    assert "a request that is no HTTP (BadHttpMessage)" in line
    assert "somebody-else" not in line
    assert "Traceback" not in line


async def test_an_expectation_that_is_no_text_is_refused_and_no_fault_of_ours() -> None:
    request = b"POST /ingest/x HTTP/1.1\r\nHost: x\r\nExpect: \xff\r\nContent-Length: 0\r\n\r\n"

    assert "Traceback" not in "".join(await logged_after(request, status=b" 417 "))
