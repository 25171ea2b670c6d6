"""Python with Powertrip loaded, which forks a process of it whenever it is asked to; see tests/forking.py.

What is asked comes on its standard input, a socket, and names `bot.py` with its arguments and environment.
With it come two files: where the process writes what it says, and a socket on which is told its number, and
then its exit status. The process is killed where that socket is closed, and all this ends with the input.
"""

import gc
import json
import os
import runpy
import select
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import NoReturn

sys.path[0] = str(Path(__file__).parents[1])

from powertrip import cli  # noqa: E402
from powertrip.cli import running  # noqa: E402

__all__ = ["cli", "running"]  # what `bot.py run` loads


def take_orders(orders: socket.socket) -> list[str]:
    """Return, in each forked process, what it is to run."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        order, files, _, _ = socket.recv_fds(orders, 1 << 17, 2)
        if not order:
            sys.exit()
        assert threading.active_count() == 1
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            output, telling = files[0], socket.socket(fileno=files[1])
            if (pid := os.fork()) != 0:
                watch(pid, telling)
            telling.close()
            arguments, environment = json.loads(order)
            become(output, environment)
            return list(arguments)
        for file in files:
            os.close(file)


def watch(pid: int, telling: socket.socket) -> NoReturn:
    """Tell of the process until it ends, and do not let it outlive whoever listens."""
    telling.sendall(f"{pid}\n".encode())
    ended = os.pidfd_open(pid)
    if ended not in select.select([ended, telling.fileno()], [], [])[0]:
        os.kill(pid, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    telling.sendall(f"{status}\n".encode())
    os._exit(0)


def become(output: int, environment: dict[str, str]) -> None:
    """Have the files and variables of a program that was started."""
    os.dup2(output, sys.stdout.fileno())
    os.dup2(output, sys.stderr.fileno())
    os.close(output)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), sys.stdin.fileno())
    os.environ.clear()
    os.environ.update(environment)


if __name__ == "__main__":
    # What is loaded is looked at by no process on its own.
    gc.freeze()
    sys.argv = take_orders(socket.socket(fileno=os.dup(sys.stdin.fileno())))
    runpy.run_path(sys.argv[0], run_name="__main__")
