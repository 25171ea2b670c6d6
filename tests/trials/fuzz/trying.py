"""Tries cases one by one, each with dice of its own, and says which one broke a promise."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ParamSpec, TypeVar

from powertrip.errors import IngestRefused, OutsideError
from powertrip.store.database import DatabaseThread, open_database
from tests.databases import provide_database

SECRET = "9f31c07be2a84d65"
"""Part of every secret that these trials know, so that one look finds any of them."""
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
# Nothing here is about disks, and each commit would wait for one.
_FOLDER = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108


def dice_of(seed: int, number: int) -> random.Random:
    """The dice of one case, which need no other case to have been tried before."""
    return random.Random(f"{seed} {number}")  # noqa: S311 - the same cases for the same seed


@contextmanager
def naming(number: int, seed: int, about: Callable[[], object] = str) -> Iterator[None]:
    """Whatever breaks within is an AssertionError that names the case."""
    try:
        yield
    except Exception as error:
        said = f"case {number} of seed {seed}: {type(error).__name__} {error} {about()}"
        raise AssertionError(said[:5000]) from error


async def each(
    cases: int,
    seed: int,
    act: Callable[[random.Random], Awaitable[str]],
    about: Callable[[], object] = str,
) -> Counter[str]:
    """What the cases came to; `about` tells of the one under way."""
    outcomes: Counter[str] = Counter()
    for number in range(cases):
        with naming(number, seed, about):
            outcomes[await act(dice_of(seed, number))] += 1
        # Else what only waits for its turn would never come to it.
        await asyncio.sleep(0)
    return outcomes


class _AtOnce(DatabaseThread):
    """Does each step on the thread of the event loop: the way to another takes longer than most steps."""

    async def run(
        self, step: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Result:
        return self._transact(self._lines.current, partial(step, *args, **kwargs))


@asynccontextmanager
async def a_database() -> AsyncIterator[DatabaseThread]:
    """An empty database of its own."""
    with TemporaryDirectory(dir=_FOLDER) as folder:
        url = f"sqlite:///{folder}/powertrip.db"
        provide_database(url)
        at_once = _AtOnce(open_database(url))
        yield at_once
        at_once.database.close()


def check_told(error: OutsideError | IngestRefused) -> str:
    """What an operator, or a sender, is told is short, of one line, and tells no secret; its kind."""
    said = str(error)
    assert said, "says nothing"
    assert len(said) < 1000, said
    assert SECRET not in said, said
    return type(error).__name__
