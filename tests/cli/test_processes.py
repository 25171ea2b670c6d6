"""What only a process of its own can show: its exit, its streams, its signals."""

import asyncio
import signal
from pathlib import Path

from tests.cli.running import PATIENCE, bot_process, started

NONSENSE = "Accepted nonsense\n"


async def test_without_a_config_both_ways_to_start_are_named(tmp_path: Path) -> None:
    ended = await bot_process("run", folder=tmp_path)
    assert ended.status == 1
    assert "make demo" in ended.errors
    assert "cp config.example.yaml config.yaml" in ended.errors
    assert "Traceback" not in ended.said


async def test_rules_test_reads_standard_input_and_survives_any_bytes(tmp_path: Path) -> None:
    ended = await bot_process(
        "rules", "test", "--json", "-", folder=tmp_path, typed=b"\x00\xff\xfe" + NONSENSE.encode() * 3
    )
    assert ended.status == 0, ended.said
    assert len(ended.out.splitlines()) == 3


async def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "auth.log").write_text(NONSENSE * 20_000)
    process = await started("rules", "test", "--json", "auth.log", folder=tmp_path)
    assert process.stdout
    assert process.stderr
    await process.stdout.readline()
    process._transport.get_pipe_transport(1).close()  # type: ignore[attr-defined]
    async with asyncio.timeout(PATIENCE):
        assert await process.stderr.read() == b""
        assert await process.wait() == 1


async def test_interrupted_it_ends_as_a_shell_expects(tmp_path: Path) -> None:
    process = await started("rules", "test", "--json", "-", folder=tmp_path)
    assert process.stdin
    assert process.stdout
    assert process.stderr
    process.stdin.write(NONSENSE.encode() * 20_000)
    async with asyncio.timeout(PATIENCE):
        await process.stdout.readline()  # so it is at work, and waits for more
        process.send_signal(signal.SIGINT)
        _, errors = await process.communicate()
    assert (process.returncode, b"Traceback" in errors) == (130, False)
