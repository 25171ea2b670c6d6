"""A server with a real sshd and PAM as Debian configures it, on which contrib/pam/install has run.

It is made of this machine's own programs in mount, UTS and PID namespaces of their own (unshare(1), which
takes root): `/etc`, `/usr/local/sbin`, the spool, the users and the host name are the server's alone, so that
the test neither meets nor changes what the surrounding machine has, and nothing remains when its first
process ends. The network is shared, so sshd and the ingest endpoint meet on loopback.
"""

import asyncio
import json
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.end_to_end.harness import free_port
from tests.system.machine import (
    NAMESPACES,
    START_TIMEOUT,
    know_host,
    make_key,
    until_sshd_answers,
    write,
)

HOST_NAME = "web-1"
SPOOL = "/var/spool/powertrip-login"
ALICE, BOB, HOSTILE = "alice", "bob", "alice\\n %s $HOME zoë*"
"""Bob's shell ends at once; ssh allows few signs in a name that are more hostile than those of the last."""
SHELLS = {ALICE: "/bin/sh", BOB: "/bin/false", HOSTILE: "/bin/sh"}

SSHD_CONFIG = """
ListenAddress 127.0.0.1
HostKey {folder}/host_key
PidFile none
UsePAM yes
PasswordAuthentication no
KbdInteractiveAuthentication no
Subsystem sftp /usr/lib/openssh/sftp-server
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """What a client program printed, and its status."""

    status: int | None
    output: bytes
    errors: bytes


class PamMachine:
    """The running server."""

    def __init__(self, folder: Path, port: int, process: asyncio.subprocess.Process) -> None:
        self._folder = folder
        self.port = port
        self._process = process

    async def log_in(self, user: str) -> tuple[int | None, str]:
        """Log in, run a command, and leave; returns the command's status and output."""
        return await _run("ssh", *self.options(), "-l", user, "127.0.0.1", "echo logged in")

    def options(self) -> tuple[str, ...]:
        """What ssh, sftp and scp need to log in, but for the user."""
        options = (
            *("IdentitiesOnly=yes", "BatchMode=yes", f"UserKnownHostsFile={self._folder}/known_hosts"),
            *(f"Port={self.port}", f"IdentityFile={self._folder}/key"),
        )
        return ("-F", "none", *(part for option in options for part in ("-o", option)))

    async def client(self, program: str, *arguments: str, user: str = ALICE, given: bytes = b"") -> Ended:
        """Run ssh, sftp or scp to its end, with `given` on its standard input."""
        process = await asyncio.create_subprocess_exec(
            program, *self.options(), "-o", f"User={user}", *arguments, stdin=PIPE, stdout=PIPE, stderr=PIPE
        )
        output, errors = await process.communicate(given)
        return Ended(process.returncode, output, errors)

    async def shell(self, *options: str, user: str = ALICE, typed: str = "exit") -> str:
        """What a terminal shows of an interactive shell in which this is typed."""
        text = f"{typed}\n".encode()
        ended = await self.client("ssh", *options, "-tt", "127.0.0.1", user=user, given=text)
        return ended.output.decode()

    async def watch_for(self, seconds: int) -> None:
        """Change for how long the server looks whether a terminal shows the number."""
        await self.change_script("seconds_to_watch=5", f"seconds_to_watch={seconds}")

    async def change_script(self, old: str, new: str) -> None:
        """Put `new` in place of `old` in the installed script."""
        change = f"s/{old.replace('$', chr(92) + '$')}/{new}/"
        await self._inside("sed", "--in-place", change, "/usr/local/sbin/powertrip-login")

    async def records(self, count: int = 1) -> list[dict[str, Any]]:
        """The logins that wait, the oldest first, once there are so many."""
        look = (
            f"until [ $(ls {SPOOL} | grep -c 'json$') -ge {count} ]; do sleep 0.05; done; cat {SPOOL}/*.json"
        )
        async with asyncio.timeout(START_TIMEOUT):
            _, output = await self._inside("sh", "-c", look)
        return [json.loads(line) for line in output.replace("}{", "}\n{").splitlines()]

    async def flush(self) -> int | None:
        """What the timer does; returns its status."""
        status, _ = await self._inside("/usr/local/sbin/powertrip-login", "--flush")
        return status

    async def waiting(self) -> int:
        """How many logins wait."""
        _, output = await self._inside("find", "/var/spool/powertrip-login", "-name", "*.json")
        return len(output.split())

    async def until_one_waits(self) -> None:
        """Return once a login is kept on disk."""
        look = "until ls /var/spool/powertrip-login | grep -q 'json$'; do sleep 0.05; done"
        async with asyncio.timeout(START_TIMEOUT):
            await self._inside("sh", "-c", look)

    async def _inside(self, *command: str) -> tuple[int | None, str]:
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        first = (await asyncio.to_thread(children.read_text)).split()[0]
        return await _run("nsenter", "--target", first, "--mount", "--uts", "--pid", "--", *command)


async def _run(*command: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT)
    output, _ = await process.communicate()
    return process.returncode, output.decode()


@asynccontextmanager
async def running_pam_machine(
    folder: Path, address: str, secret: str, *options: str
) -> AsyncIterator[PamMachine]:
    """The server, which tells the source at `address` of its logins; gone at the end."""
    port = free_port()
    _furnish(folder, port, secret)
    script = Path(__file__).with_name("pam_machine.sh")
    log = folder / "machine.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *NAMESPACES, "bash", str(script), str(folder), str(port), HOST_NAME, address, *options,
            stdout=output, stderr=output,
        )  # fmt: skip
    try:
        await until_sshd_answers(process, port, log)
        yield PamMachine(folder, port, process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def _furnish(folder: Path, port: int, secret: str) -> None:
    (folder / "etc").mkdir(parents=True)
    write(folder / "secret", secret)
    write(folder / "sshd_config", SSHD_CONFIG.format(folder=folder))
    users = list(enumerate(SHELLS.items(), start=2001))
    write(
        folder / "passwd",
        "root:x:0:0::/run/0:/bin/sh\nsshd:x:102:65534::/run/sshd:/usr/sbin/nologin\n"
        + "".join(f"{user}:x:{number}:{number}::/run/{number}:{shell}\n" for number, (user, shell) in users),
    )
    write(folder / "group", "root:x:0:\nshadow:x:42:\nnogroup:x:65534:\nusers:x:2001:\n")
    write(folder / "shadow", "".join(f"{user}:*:20000::::::\n" for user in ("root", "sshd", *SHELLS)))
    for name in ("host_key", "key"):
        make_key(folder / name)
    know_host(folder, port)
