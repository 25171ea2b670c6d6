"""contrib/wazuh/custom-powertrip, run as wazuh-integratord runs it, against a real source."""

import asyncio
import json
import shutil
import ssl
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from aiohttp import web

from powertrip.ingest.contract import IngestRequest
from tests.sources.posting import NOW, SECRET, source
from tests.sources.test_wazuh import ALERT, LOGIN

FOLDER = Path(__file__).parents[2] / "contrib" / "wazuh"
SCRIPT = FOLDER / "custom-powertrip"


@dataclass
class Powertrip:
    """A server at an address that it answers as told, and keeps what it was asked."""

    url: str = ""
    statuses: tuple[int, ...] = ()
    """Of the answers one by one, the last for all that follow."""
    asked: tuple[IngestRequest, ...] = ()

    async def handle(self, request: web.Request) -> web.Response:
        """Keep the request, and answer with the next status."""
        asked = IngestRequest(headers=request.headers, body=await request.read(), received_at=NOW)
        self.asked += (asked,)
        status = self.statuses[min(len(self.asked), len(self.statuses)) - 1] if self.statuses else 200
        return web.Response(status=status, headers={"Location": "/elsewhere"})


@pytest.fixture
async def powertrip() -> AsyncIterator[Powertrip]:
    """The server, on a port of its own."""
    server = Powertrip()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/ingest/wazuh"
    yield server
    await runner.cleanup()


@pytest.fixture
def alert(tmp_path: Path) -> Path:
    """The file that integratord writes."""
    path = tmp_path / "custom-powertrip-1768478399--12345.alert"
    path.write_text(json.dumps(ALERT))
    return path


async def run(*arguments: str) -> tuple[int, str]:
    """The exit status, and all that the script wrote; on an interpreter without any library."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-S",
        str(SCRIPT),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


async def test_an_alert_arrives_as_a_record(powertrip: Powertrip, alert: Path) -> None:
    ended = await run(str(alert), SECRET, powertrip.url, "", "", "10", "3")

    [asked] = powertrip.asked
    [record] = source("wazuh4").read(asked).records
    assert ended == (0, "")
    assert (record.message, record.host_name) == (LOGIN, "bastion-1")


@pytest.mark.parametrize("more", [(), ("",), ("debug", "", "", ""), ("", "/tmp/options", "x", "-1")])  # noqa: S108
async def test_whatever_else_integratord_hands_over_does_not_matter(
    powertrip: Powertrip, alert: Path, more: tuple[str, ...]
) -> None:
    assert await run(str(alert), SECRET, powertrip.url, *more) == (0, "")


async def test_it_tries_again_where_powertrip_says_so(powertrip: Powertrip, alert: Path) -> None:
    powertrip.statuses = (503, 200)

    assert await run(str(alert), SECRET, powertrip.url, "", "", "5", "1") == (0, "")
    assert len(powertrip.asked) == 2
    assert powertrip.asked[0].body == powertrip.asked[1].body


@pytest.mark.parametrize(
    ("status", "times", "said"),
    [(401, 1, "api_key"), (404, 1, "hook_url"), (422, 1, "see its log"), (302, 1, "302"), (503, 2, "503")],
)
async def test_it_says_in_one_line_why_powertrip_has_not_the_alert(
    powertrip: Powertrip, alert: Path, status: int, times: int, said: str
) -> None:
    powertrip.statuses = (status,)

    code, output = await run(str(alert), SECRET, powertrip.url, "", "", "5", "1")

    assert (code, len(powertrip.asked), output.count("\n")) == (1, times, 1)
    assert said in output


async def test_it_never_prints_the_key_or_the_address(
    powertrip: Powertrip, alert: Path, tmp_path: Path
) -> None:
    refusing = powertrip.url.rpartition(":")[0] + ":1/ingest/wazuh/in-the-path"
    calls = [
        (str(alert), SECRET, refusing, "debug", "", "1", "1"),
        (str(alert), SECRET, "gopher://in-the-path", "debug"),
        (str(alert), SECRET, "http://[in-the-path", "debug"),
        (str(alert), SECRET, "http://127.0.0.1:in-the-path/", "debug"),
        (str(alert), SECRET + "\n", refusing),
        (str(tmp_path / "no-file"), SECRET, refusing),
        (str(alert), SECRET),
    ]
    for arguments in calls:
        code, output = await run(*arguments)
        assert code == 1
        assert output.startswith("custom-powertrip: ")
        assert (SECRET in output, "in-the-path" in output, "Traceback" in output) == (False, False, False)


@pytest.mark.parametrize("content", [b"", b"** Alert 1768478399.0:", b"\xff\xfe", b"[" * 100_000, b"5"])
async def test_a_file_that_is_no_json_is_not_sent(powertrip: Powertrip, alert: Path, content: bytes) -> None:
    await asyncio.to_thread(alert.write_bytes, content)

    code, output = await run(str(alert), SECRET, powertrip.url)

    assert (code, powertrip.asked) == (1, ())
    assert "JSON" in output
    assert "Traceback" not in output


async def test_a_certificate_that_nobody_vouches_for_is_not_told_the_key(alert: Path, tmp_path: Path) -> None:
    told: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        told.append(await reader.read())
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0, ssl=await self_signed(tmp_path))
    async with server:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/ingest/wazuh"
        code, output = await run(str(alert), SECRET, url, "", "", "5", "1")

    assert (code, told) == (1, [])
    assert "SSLCertVerificationError" in output


async def self_signed(folder: Path) -> ssl.SSLContext:
    """What a server needs that vouches for itself alone."""
    if shutil.which("openssl") is None:
        pytest.skip("this machine lacks openssl, which makes the certificate")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subject = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "1")
    files = ("-keyout", str(key), "-out", str(certificate))
    making = await asyncio.create_subprocess_exec(
        *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject, *files),
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert await making.wait() == 0
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def test_the_example_for_ossec_conf_is_what_the_script_needs() -> None:
    entry = ET.parse(FOLDER / "ossec.conf").find("integration")  # noqa: S314 - our own file

    assert entry is not None
    assert entry.findtext("name") == SCRIPT.name
    assert entry.findtext("alert_format") == "json"
    assert SCRIPT.stat().st_mode & 0o777 == 0o755
