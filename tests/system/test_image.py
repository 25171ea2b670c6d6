"""The image is built from its own file and run as compose runs it, where this machine has what that takes."""

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from powertrip.cli.demo.workspace import local_slack
from slack_emulator.control import Control
from tests.contrib.deploying import CONTAINER, compose
from tests.end_to_end.harness import ROOT, Sender, free_port, login, settings, write_config
from tests.system.test_deploying import status_of

PROGRAMS = ("debootstrap", "buildah", "podman", "runc")
STORE = ROOT / "build" / "images"
"""Images are kept there: a base is made once."""
# Overlays and network namespaces are more than a container or a small machine allows.
STORAGE = ("--root", str(STORE), "--runroot", str(STORE / "run"), "--storage-driver", "vfs")
BASE, IMAGE, NAME = "localhost/powertrip-base", "localhost/powertrip-test", "powertrip-test"
SUITE = "bookworm"
OURS = ("/etc/ssl/certs", "/etc/pip.conf")
"""By which pip here reaches what it installs from."""
START = 180.0
MANY = "4096:4096"
USER = 10001


def say(*command: str, patience: float = 900) -> str:
    """What a program says that ends well."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=patience, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout.strip()


def podman(*command: str) -> str:
    options = ("--cgroup-manager", "cgroupfs", "--events-backend", "file", "--runtime", "runc")
    return say("podman", *STORAGE, *options, *command)


def make_base() -> None:
    """An image with Debian and its Python, for no registry is asked for one."""
    if BASE in say("buildah", *STORAGE, "images", "--format", "{{.Name}}"):
        return
    system = STORE / "base"
    shutil.rmtree(system, ignore_errors=True)
    packages = "--include=python3,python3-venv,python-is-python3,ca-certificates"
    say("debootstrap", "--variant=minbase", packages, SUITE, str(system))
    container = say("buildah", *STORAGE, "from", "scratch")
    say("buildah", *STORAGE, "add", "-q", container, str(system), "/")
    say("buildah", *STORAGE, "commit", "-q", "--rm", container, BASE)
    shutil.rmtree(system)


def build() -> None:
    """The image, with the instructions of its file; in the format that keeps its health check."""
    volumes = [f"--volume={path}:{path}:ro" for path in OURS if Path(path).exists()]
    how = ("--format", "docker", "--isolation", "chroot", "--network", "host", "--pull-never")
    what = ("--build-arg", f"BASE={BASE}", "--tag", IMAGE, "--file", str(CONTAINER / "Containerfile"), ".")
    say("buildah", *STORAGE, "build", *how, *volumes, *what)


@asynccontextmanager
async def running(folder: Path, config: Path, state_port: int) -> AsyncIterator[None]:
    """The container as compose starts it, but for its network."""
    service = compose()["services"]["web"]
    assert service["read_only"]
    assert service["tmpfs"] == ["/tmp"]  # noqa: S108 (in the container)
    drop, option = service["cap_drop"][0], service["security_opt"][0].replace(":true", "")
    limits = ("--ulimit", f"nofile={MANY}", "--ulimit", f"nproc={MANY}")
    strict = ("--read-only", "--tmpfs", "/tmp", "--cap-drop", drop, "--security-opt", option)  # noqa: S108
    files = (f"--volume={config}:/etc/powertrip/config.yaml:ro", f"--volume={folder}:/var/lib/powertrip")
    state = ("--env", f"STATE_PORT={state_port}")
    where = ("--name", NAME, "--network", "host")
    # Not in the event loop, in which Slack answers.
    await asyncio.to_thread(podman, "run", "--detach", *where, *limits, *strict, *files, *state, IMAGE)
    try:
        yield
    finally:
        await asyncio.to_thread(podman, "rm", "--force", NAME)


def inspected() -> Any:
    """What is known of the container."""
    (container,) = json.loads(podman("inspect", NAME))
    return container


def inside(*command: str) -> subprocess.CompletedProcess[str]:
    """What comes of a command in the container."""
    whole = ("podman", *STORAGE, "--cgroup-manager", "cgroupfs", "--runtime", "runc", "exec", NAME, *command)
    return subprocess.run(whole, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.system
@pytest.mark.timeout(1800)
@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes an image without a registry")
@pytest.mark.skipif(
    not all(map(shutil.which, PROGRAMS)), reason=f"this machine lacks one of {', '.join(PROGRAMS)}"
)
async def test_the_image_is_built_and_takes_a_login_as_nobody_on_a_root_that_nobody_writes_to(
    tmp_path: Path,
) -> None:
    STORE.mkdir(parents=True, exist_ok=True)
    await asyncio.to_thread(make_base)
    await asyncio.to_thread(build)
    folder, port, state = tmp_path / "data", free_port(), free_port()
    folder.mkdir()
    os.chown(folder, USER, USER)
    async with local_slack() as sandbox, Control(sandbox.url) as control, aiohttp.ClientSession() as session:
        metrics = {"port": state, "worker_port": free_port()}
        whole = settings(sandbox, Path("/var/lib/powertrip"), ingest={"port": port}, metrics=metrics)
        config = write_config(tmp_path / "config.yaml", whole)
        config.chmod(0o644)
        # The folders of a test are root's alone; the container is given what is in them.
        async with running(folder, config, state):
            await control.connected(timeout=START)
            await Sender(port, session).post(login(id="1"))
            await control.message_in("D0ALICE", timeout=START)
            seen = await asyncio.to_thread(inspected)
            assert seen["HostConfig"]["ReadonlyRootfs"] is True
            status = status_of(seen["State"]["Pid"])
            assert f"Uid:\t{USER}\t{USER}\t{USER}\t{USER}\n" in status
            assert "CapEff:\t0000000000000000\n" in status
            assert "NoNewPrivs:\t1\n" in status
            writing = await asyncio.to_thread(inside, "touch", "/opt/powertrip/written")
            assert "Read-only file system" in writing.stderr
            await asyncio.to_thread(podman, "healthcheck", "run", NAME)
            await asyncio.to_thread(podman, "stop", "--time", "30", NAME)
            ended = await asyncio.to_thread(inspected)
            assert ended["State"]["ExitCode"] == 0
    assert (folder / "powertrip.db").exists()
