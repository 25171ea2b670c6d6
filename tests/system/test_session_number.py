"""Real sshd: the number of a login is seen in its own terminal, and without one all is as it was."""

import asyncio
import hashlib
import re
import signal
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from powertrip.domain import session_number
from tests.end_to_end.harness import SECRET, free_port
from tests.system.pam_machine import ALICE, PamMachine, running_pam_machine

pytestmark = pytest.mark.system

NUMBER = re.compile(
    r"^Powertrip: if Slack asks whether this login is yours, your number is (\d{3})\.\r?$", re.MULTILINE
)
BYTES = hashlib.shake_256(b"what a login without a terminal may carry").digest(300_000)
A_MOMENT = "sleep 1; exit"
"""What a shell does while the server looks at it."""
NOBODY = "http://127.0.0.1:9/ingest/servers"
"""Where no Powertrip answers, so that what is told of logins waits on the server's disk."""


@pytest.fixture
async def machine(tmp_path: Path) -> AsyncIterator[PamMachine]:
    async with running_pam_machine(tmp_path / "machine", NOBODY, SECRET, "--number") as running:
        yield running


async def test_a_shell_on_a_terminal_shows_the_number_whose_hash_is_in_the_record(
    machine: PamMachine,
) -> None:
    shown = await machine.shell(typed=A_MOMENT)
    [number] = NUMBER.findall(shown)
    [record] = await machine.records()
    assert record["terminal"] == "shell"
    assert record["number_mac"] == session_number.mac(SECRET, record["id"], number)

    # A user may have their terminal told nothing: then the record says that it shows no number.
    await machine.client("ssh", "127.0.0.1", "touch .hushlogin")
    assert NUMBER.findall(await machine.shell(typed=A_MOMENT)) == []
    told = [each for each in await machine.records(3) if each["id"] != record["id"]]
    assert {each["terminal"] for each in told} <= {"none", "unknown"}
    assert not any("number_mac" in each for each in told)


async def test_root_whom_sshd_serves_by_one_process_less_sees_theirs_too(machine: PamMachine) -> None:
    shown = await machine.shell(user="root", typed=A_MOMENT)

    [number] = NUMBER.findall(shown)
    [record] = await machine.records()
    assert (record["user"], record["terminal"]) == ("root", "shell")
    assert record["number_mac"] == session_number.mac(SECRET, record["id"], number)


async def test_five_ways_without_a_terminal_are_byte_for_byte_as_without(
    machine: PamMachine, tmp_path: Path
) -> None:
    given, fetched = tmp_path / "given", tmp_path / "fetched"
    given.write_bytes(BYTES)
    await machine.watch_for(1)

    both = f"put {given} sent\nget sent {fetched}\n"
    command, with_terminal, sftp, scp, forwarded = await asyncio.gather(
        machine.client("ssh", "127.0.0.1", "cat", given=BYTES),
        machine.client("ssh", "-tt", "127.0.0.1", "stty raw -echo; echo bytes"),
        machine.client("sftp", "-b", "-", "127.0.0.1", given=both.encode()),
        machine.client("scp", "-O", str(given), "127.0.0.1:copied"),
        through_a_forwarded_port(machine),
    )
    copied = await machine.client("ssh", "127.0.0.1", "sha256sum <copied; exit 7")

    assert (command.status, command.output, command.errors) == (0, BYTES, b"")
    assert (with_terminal.status, with_terminal.output) == (0, b"bytes\n")
    assert (sftp.status, fetched.read_bytes(), sftp.errors) == (0, BYTES, b"")
    assert (scp.status, scp.output, scp.errors) == (0, b"", b"")
    assert (copied.status, copied.output[:64].decode()) == (7, hashlib.sha256(BYTES).hexdigest())
    assert forwarded.startswith(b"SSH-2.0-")
    records = await machine.records(6)
    assert {record["terminal"] for record in records} <= {"none", "unknown"}
    assert not any("number_mac" in record for record in records)


async def through_a_forwarded_port(machine: PamMachine) -> bytes:
    """The first line that a port says which `ssh -N -L` forwards: sshd's own."""
    port = free_port()
    ssh = await asyncio.create_subprocess_exec(
        "ssh", *machine.options(), "-l", ALICE, "-N", "-L", f"{port}:127.0.0.1:{machine.port}", "127.0.0.1",
        stdin=DEVNULL, stdout=PIPE, stderr=PIPE,
    )  # fmt: skip
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            break
        except ConnectionRefusedError:
            await asyncio.sleep(0.05)
    said = await reader.readline()
    writer.close()
    ssh.send_signal(signal.SIGTERM)
    output, errors = await ssh.communicate()
    assert (output, errors) == (b"", b"")
    return said


async def test_further_sessions_over_one_connection_are_the_same_login_and_its_number_is_shown_once(
    machine: PamMachine, tmp_path: Path
) -> None:
    master = ("-o", f"ControlPath={tmp_path}/c", "-o", "ControlMaster=auto", "-o", "ControlPersist=30")
    first = await machine.shell(*master, typed=A_MOMENT)
    second = await machine.shell(*master)
    command = await machine.client("ssh", *master, "127.0.0.1", "echo hi")
    await machine.client("ssh", *master, "-O", "exit", "127.0.0.1")

    assert len(NUMBER.findall(first)) == 1
    assert NUMBER.findall(second) == []
    assert command.output == b"hi\n"
    assert [record["terminal"] for record in await machine.records()] == ["shell"]


async def test_a_shell_that_begins_too_late_to_be_seen_has_no_number_that_could_be_asked_for(
    machine: PamMachine, tmp_path: Path
) -> None:
    await machine.watch_for(1)
    master = ("-o", f"ControlPath={tmp_path}/c")
    await machine.client("ssh", *master, "-M", "-N", "-f", "127.0.0.1")
    [record] = await machine.records()
    late = await machine.shell(*master)
    await machine.client("ssh", *master, "-O", "exit", "127.0.0.1")

    assert record["terminal"] == "unknown"
    assert "number_mac" not in record
    assert len(NUMBER.findall(late)) == 1
