"""The deploy files with the programs that read them, and Powertrip as they run it."""

import asyncio
import io
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
import pytest

from powertrip.cli.demo.workspace import local_slack
from slack_emulator.control import Control
from tests.contrib.deploying import CONTAINER, SYSTEMD, health_command, image_environment, last, unit
from tests.end_to_end.harness import BEARER, ROOT, Process, free_port, login, settings, write_config

NOBODY = "65534"
EXTRACTED = ROOT / "build" / "extracted" / "usr" / "bin"
"""Where `.ci/run` puts programs that it does not install."""
EXPOSURE = 20
"""Tenths; systemd calls a unit with up to 2.0 well protected."""


def program(name: str) -> str:
    """The path of a program; skips, or fails where POWERTRIP_REQUIRE_SYSTEM is 1, if it is missing."""
    found = shutil.which(name, path=f"{EXTRACTED}:{os.environ['PATH']}")
    if found is None:
        complain = pytest.fail if os.environ.get("POWERTRIP_REQUIRE_SYSTEM") == "1" else pytest.skip
        complain(f"this machine lacks: {name}")
    return str(found)


def checked(*command: str, folder: Path = ROOT) -> str:
    """What a program says that ends well."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@asynccontextmanager
async def caddy(upstream: int, folder: Path) -> AsyncIterator[tuple[str, ssl.SSLContext]]:
    """Caddy with compose's file and a certificate of its own; gives its address and whom to trust."""
    port = free_port()
    variables = {
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "POWERTRIP_HOST": f"https://localhost:{port}",
        "POWERTRIP_UPSTREAM": f"127.0.0.1:{upstream}",
        "HTTP_PORT": str(free_port()),
    }
    command = [program("caddy"), "run", "--config", str(CONTAINER / "Caddyfile"), "--adapter", "caddyfile"]
    process = await started(command, variables, folder / "caddy.log")
    root = folder / "data/caddy/pki/authorities/local/root.crt"
    try:
        async with asyncio.timeout(30):
            while not (root.exists() and await _listens(port, ssl.create_default_context(cafile=root))):
                assert process.returncode is None, (folder / "caddy.log").read_text()
                await asyncio.sleep(0.05)
        yield f"https://localhost:{port}", ssl.create_default_context(cafile=str(root))
    finally:
        process.terminate()
        await process.wait()


async def started(command: list[str], variables: dict[str, str], log: Path) -> asyncio.subprocess.Process:
    """A program that writes all it says to a file."""
    with log.open("wb") as said:
        environment = {"PATH": os.environ["PATH"], **variables}
        return await asyncio.create_subprocess_exec(*command, env=environment, stdout=said, stderr=said)


def status_of(pid: int) -> str:
    """What the system says of a process."""
    return Path(f"/proc/{pid}/status").read_text(encoding="utf-8")


async def _listens(port: int, trusted: ssl.SSLContext | None = None) -> bool:
    try:
        _, writer = await asyncio.open_connection("localhost", port, ssl=trusted)
    except OSError:
        return False
    writer.close()
    return True


@pytest.mark.system
async def test_caddy_speaks_tls_with_senders_and_passes_on_what_they_post_and_nothing_else(
    tmp_path: Path,
) -> None:
    port = free_port()
    async with local_slack() as sandbox:
        whole = settings(sandbox, tmp_path, ingest={"port": port}, metrics={"port": None})
        web = Process(write_config(tmp_path / "config.yaml", whole), command="web")
        await web.start(port)
        try:
            async with caddy(port, tmp_path) as (url, trusted), aiohttp.ClientSession() as session:
                posted = await session.post(
                    f"{url}/ingest/syslog", json=[login(id="1")], headers=BEARER, ssl=trusted
                )
                assert (posted.status, (await posted.json())["accepted"]) == (200, 1)
                unknown = await session.get(f"{url}/metrics", ssl=trusted)
                assert unknown.status == 404
                assert "Powertrip" not in await unknown.text()
                assert (await session.get(f"{url}/healthz", ssl=trusted)).status == 200
                for chunked in (None, True):
                    body = io.BytesIO(b"x" * (10 << 20))
                    large = await session.post(
                        f"{url}/ingest/syslog", data=body, chunked=chunked, headers=BEARER, ssl=trusted
                    )
                    assert large.status == 413
                secret = await session.post(f"{url}/ingest/papertrail/of-a-path", ssl=trusted)
                assert secret.status == 401
        finally:
            await web.stop()
    assert "of-a-path" not in (tmp_path / "caddy.log").read_text()


@pytest.mark.system
async def test_it_runs_as_the_image_runs_it_for_nobody_in_particular_on_a_root_that_nobody_writes_to(
    tmp_path: Path,
) -> None:
    """What the Containerfile says of user, variables, command and health check, in a namespace of our own."""
    port, state = free_port(), free_port()
    image = "/opt/powertrip/.venv/bin/python"
    here = {image: sys.executable, "/opt/powertrip/bot.py": str(ROOT / "bot.py")}
    # Not in a folder of pytest's, which root alone may enter.
    with TemporaryDirectory(prefix="powertrip-image-") as name:
        folder = Path(name)
        async with local_slack() as sandbox, Control(sandbox.url) as control:
            metrics = {"port": state, "worker_port": free_port()}
            whole = settings(sandbox, folder, ingest={"port": port}, metrics=metrics)
            variables = image_environment() | {
                "POWERTRIP_CONFIG": str(write_config(folder / "config.yaml", whole)),
                "MPLCONFIGDIR": str(folder / "fonts"),
                "STATE_PORT": str(state),
            }
            entry = [
                here.get(word, word) for word in json.loads(last("ENTRYPOINT")) + json.loads(last("CMD"))
            ]
            process = await started([*alone_with(folder), *entry], variables, tmp_path / "said")
            health = [here.get(word, word) for word in health_command()]
            try:
                async with asyncio.timeout(60):
                    while not await _listens(state):
                        assert process.returncode is None, (tmp_path / "said").read_text()
                        await asyncio.sleep(0.1)
                await control.connected()
                assert await (await started(health, variables, tmp_path / "health")).wait() == 0
                async with aiohttp.ClientSession() as session:
                    url = f"http://127.0.0.1:{port}/ingest/syslog"
                    answer = await session.post(url, json=[login(id="1")], headers=BEARER)
                    assert answer.status == 200
                await control.message_in("D0ALICE")
                status = status_of(process.pid)
                assert re.search(rf"^Uid:\s+{NOBODY}\s", status, re.MULTILINE)
                assert re.search(r"^CapBnd:\s+0+$", status, re.MULTILINE)
            finally:
                if process.returncode is None:
                    process.terminate()
            assert await process.wait() == 0
        assert await (await started(health, variables, tmp_path / "health")).wait() == 1


def alone_with(folder: Path) -> list[str]:
    """What starts a program as nobody, without capabilities, where this folder alone can be written to."""
    script = (
        f"chown -R {NOBODY}:{NOBODY} {folder} && mount --bind {folder} {folder} "
        '&& mount -o remount,ro,bind / && ! touch /written 2>&- && exec "$@"'
    )
    user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--no-new-privs"]
    return ["unshare", "--mount", "sh", "-euc", script, "sh", *user, "--bounding-set=-all"]


@pytest.mark.system
def test_systemd_takes_the_units_and_calls_them_well_protected(tmp_path: Path) -> None:
    analyze = program("systemd-analyze")
    for file in SYSTEMD.glob("powertrip*.*"):
        # It looks whether the program is there.
        text = file.read_text().replace("/opt/powertrip/.venv/bin/python", sys.executable)
        (tmp_path / file.name.replace("@.", "@run.")).write_text(text)
    units = sorted(str(path) for path in tmp_path.iterdir())
    assert len(units) == 3
    assert checked(analyze, "verify", "--man=no", *units) == ""
    for path in units:
        if path.endswith(".service"):
            checked(analyze, "security", "--offline=true", f"--threshold={EXPOSURE}", path)
    (when,) = unit("powertrip-backup.timer")["OnCalendar"]
    checked(analyze, "calendar", when)


@pytest.mark.system
def test_prometheus_takes_the_alerts_and_each_fires_when_it_should() -> None:
    rules = ROOT / "contrib" / "prometheus"
    checked(program("promtool"), "check", "rules", str(rules / "powertrip.rules.yml"))
    checked(program("promtool"), "test", "rules", str(rules / "powertrip.test.yml"))
