"""Files that commands write, at times as root and into a directory of many."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from powertrip.errors import StoreError


@contextmanager
def replacing(output: Path) -> Iterator[TextIO]:
    """A file for its owner alone that takes the place of `output` once the block has filled it.

    Raises StoreError where it cannot be written.
    """
    # Renamed once it is whole, so that nobody takes half of it for all.
    beside = output.with_name(f"{output.name}.partial")
    try:
        beside.unlink(missing_ok=True)
        # Never through a link that somebody has put there, which leads to a file of root's.
        handle = os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "w", newline="", encoding="utf-8") as file:
            yield file
        beside.replace(output)
    except OSError as error:
        raise StoreError(f"--output: {output} cannot be written: {error.strerror}") from error
