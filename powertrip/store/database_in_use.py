"""The database that the running step reads and writes."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from peewee import (
    DatabaseProxy,
)

_in_use: ContextVar[Any] = ContextVar("database in use", default=None)


class _DatabaseInUse(DatabaseProxy):
    """The database that the running step was given, so that a step can never reach another open one.

    Peewee binds models for the whole process; here each context, and so each thread, has its own binding.
    """

    @property
    def obj(self) -> Any:
        return _in_use.get()

    @obj.setter
    def obj(self, _: object) -> None:
        """Peewee sets None in the beginning."""


database = _DatabaseInUse()


@contextmanager
def using(opened: Any) -> Iterator[None]:
    """The models read and write `opened` inside; outside of any such block they refuse."""
    token = _in_use.set(opened)
    try:
        yield
    finally:
        _in_use.reset(token)
