"""What processes cost, and what others took of the machine meanwhile; read from /proc."""

import os
import platform
import subprocess
import time
from pathlib import Path
from typing import Any

TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


class Watch:
    """Tells the share of the machine's CPU time that nobody of ours had."""

    def __init__(self) -> None:
        self._roots = {os.getpid()}
        self._began = (0.0, 0.0, 0.0)

    def add(self, pid: int) -> None:
        """Count this process and its children among ours though it is no child of ours."""
        self._roots.add(pid)

    def begin(self) -> None:
        self._began = self._look()

    def others(self) -> float:
        """Since `begin`, between 0 and 1; time that a host took away counts as others'."""
        (busy, ours, at), (busy_before, ours_before, before) = self._look(), self._began
        whole = (at - before) * (os.cpu_count() or 1)
        return max(0.0, (busy - busy_before) - (ours - ours_before)) / whole if whole > 0 else 0.0

    def _look(self) -> tuple[float, float, float]:
        user, nice, system, _idle, _wait, irq, softirq, steal = map(
            int, (PROC / "stat").read_text("ascii").splitlines()[0].split()[1:9]
        )
        busy = (user + nice + system + irq + softirq + steal) / TICKS
        return busy, cpu_of_trees(self._roots), time.monotonic()


def cpu_of_trees(roots: set[int]) -> float:
    """CPU seconds of these processes and of all that they began, the ended ones among them too."""
    parents, spent = dict[int, int](), dict[int, int]()
    for entry in PROC.iterdir():
        if entry.name.isdecimal() and (fields := _stat(int(entry.name))):
            parents[int(entry.name)] = int(fields[1])
            spent[int(entry.name)] = sum(map(int, fields[11:15]))
    return sum(ticks for pid, ticks in spent.items() if _is_of(pid, roots, parents)) / TICKS


def _is_of(pid: int, roots: set[int], parents: dict[int, int]) -> bool:
    while pid not in roots:
        if pid not in parents:
            return False
        pid = parents[pid]
    return True


def _stat(pid: int) -> list[str]:
    """The fields of a process from its state on; empty where it has ended."""
    try:
        return (PROC / str(pid) / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return []


def cpu_of(pid: int) -> float:
    """CPU seconds of a process since its start, of all its threads; raises ProcessLookupError."""
    fields = _stat(pid)
    if not fields:
        raise ProcessLookupError(f"process {pid} has ended")
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_of(pid: int) -> tuple[float, float]:
    """MiB that a process holds now, and held at most."""
    return _memory(pid, "VmRSS"), _memory(pid, "VmHWM")


def _memory(pid: int, name: str) -> float:
    for line in (PROC / str(pid) / "status").read_text("utf-8").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(f"process {pid} has ended")


def wake_ups_of(pid: int) -> int:
    """How often its threads have waited for something, each of which is a time that they woke up."""
    found = 0
    for task in (PROC / str(pid) / "task").iterdir():
        for line in (task / "status").read_text("utf-8").splitlines():
            if line.startswith("voluntary_ctxt_switches:"):
                found += int(line.split()[1])
    return found


def description() -> dict[str, Any]:
    """The machine and the code, as they stand beside the figures."""
    lines = (PROC / "cpuinfo").read_text("utf-8").splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    memory = int((PROC / "meminfo").read_text("ascii").splitlines()[0].split()[1]) // 1024
    return {
        "cpu": model or platform.machine(),
        "cores": os.cpu_count(),
        "memory_mib": memory,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "commit": _commit(),
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "load": list(os.getloadavg()),
    }


def _commit() -> str:
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent,
    )
    return described.stdout.strip()
