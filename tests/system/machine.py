"""A server with a real sshd and a real syslog-ng, as Debian configures it and with our documented file.

It is made of this machine's own programs in mount, UTS and PID namespaces of their own (unshare(1), which
takes root): `/dev/log`, the users, the host name and the log files are the server's alone, so that the test
neither meets nor changes what the surrounding machine has, and nothing remains when its first process ends.
The network is shared, so sshd and the ingest endpoint meet on loopback.
"""

import asyncio
import subprocess
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.end_to_end.harness import ROOT, free_port

HOST_NAME = "bastion-1"
USERS = ("alice", "stranger")
START_TIMEOUT = 20.0

DOCUMENTED = ROOT / "docs" / "examples" / "syslog-ng.conf"
PLACEHOLDER_ADDRESS = "https://powertrip.example.com"
PLACEHOLDER_SECRET = "THE-SECRET"
"""What the documentation tells its reader to put their own values in place of."""

NAMESPACES = ("unshare", "--mount", "--uts", "--pid", "--mount-proc", "--fork", "--kill-child")
SSHD_CONFIG = """
ListenAddress 127.0.0.1
HostKey {folder}/host_key
PidFile none
PasswordAuthentication no
KbdInteractiveAuthentication no
"""


class Machine:
    """The running server; `folder` holds its users' keys."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self._port = port

    async def log_in(self, user: str) -> None:
        """Log in with the user's key, run a command, and leave; raises AssertionError if sshd refuses."""
        status, output = await self._ssh(user, self._folder / user)
        assert status == 0, output

    async def fail_to_log_in(self, user: str) -> None:
        """Try any user name with a key that nobody accepts."""
        status, output = await self._ssh(user, self._folder / "intruder")
        assert status == 255, output
        assert "Permission denied" in output

    async def _ssh(self, user: str, key: Path) -> tuple[int | None, str]:
        options = ("IdentitiesOnly=yes", "BatchMode=yes", f"UserKnownHostsFile={self._folder}/known_hosts")
        process = await asyncio.create_subprocess_exec(
            *("ssh", "-F", "none", "-p", str(self._port), "-i", str(key), "-l", user),
            *(part for option in options for part in ("-o", option)),
            *("127.0.0.1", "true"),
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
        )
        output, _ = await process.communicate()
        return process.returncode, output.decode()


@asynccontextmanager
async def running_machine(folder: Path, ingest: str, secret: str) -> AsyncIterator[Machine]:
    """The server, whose syslog-ng posts to the address `ingest`; gone at the end."""
    port = free_port()
    _furnish(folder, port, ingest, secret)
    script = Path(__file__).with_name("machine.sh")
    with (folder / "machine.log").open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *NAMESPACES, "bash", str(script), str(folder), str(port), HOST_NAME, stdout=output, stderr=output
        )
    try:
        await until_sshd_answers(process, port, folder / "machine.log")
        yield Machine(folder, port)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def _furnish(folder: Path, port: int, ingest: str, secret: str) -> None:
    (folder / "dev").mkdir(parents=True)
    documented = DOCUMENTED.read_text(encoding="utf-8")
    assert PLACEHOLDER_ADDRESS in documented
    assert PLACEHOLDER_SECRET in documented
    ours = documented.replace(PLACEHOLDER_ADDRESS, ingest).replace(PLACEHOLDER_SECRET, secret)
    write(folder / "powertrip.conf", ours)
    write(folder / "sshd_config", SSHD_CONFIG.format(folder=folder))
    _write_users(folder)
    for name in ("host_key", "intruder", *USERS):
        make_key(folder / name)
    know_host(folder, port)


def _write_users(folder: Path) -> None:
    """Users who can log in with a key alone; sshd and syslog-ng want the others."""
    numbered = list(enumerate(USERS, start=2001))
    write(
        folder / "passwd",
        "root:x:0:0::/root:/bin/sh\nsshd:x:102:65534::/run/sshd:/usr/sbin/nologin\n"
        + "".join(f"{user}:x:{number}:{number}::/run/home/{user}:/bin/sh\n" for number, user in numbered),
    )
    write(
        folder / "group",
        "root:x:0:\nadm:x:4:\nnogroup:x:65534:\n"
        + "".join(f"{user}:x:{number}:\n" for number, user in numbered),
    )
    write(folder / "shadow", "".join(f"{user}:*:20000::::::\n" for user in ("root", "sshd", *USERS)))


def know_host(folder: Path, port: int) -> None:
    """Have ssh know the host key, so that it asks nothing."""
    host_key = (folder / "host_key.pub").read_text(encoding="utf-8")
    write(folder / "known_hosts", f"[127.0.0.1]:{port} {host_key}")


def make_key(path: Path) -> None:
    """An ed25519 key of this name, without a passphrase."""
    command = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", path.name, "-f", str(path))
    subprocess.run(command, check=True, capture_output=True)


def write(path: Path, text: str) -> None:
    """Write a UTF-8 file."""
    path.write_text(text, encoding="utf-8")


async def until_sshd_answers(process: asyncio.subprocess.Process, port: int, log: Path) -> None:
    """Return once sshd greets; raises RuntimeError if the server ended instead."""
    async with asyncio.timeout(START_TIMEOUT):
        while not await _greets(port):
            if process.returncode is not None:
                raise RuntimeError(f"the server ended; see {log}")
            await asyncio.sleep(0.05)


async def _greets(port: int) -> bool:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    greeting = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return greeting.startswith(b"SSH-2.0-")
