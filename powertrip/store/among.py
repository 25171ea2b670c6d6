"""The condition that a column is one of many values, all of them one parameter.

Of a list peewee makes a piece of SQL for each value, which takes longer than the database needs to find all.
"""

import json
from collections.abc import Iterable
from typing import Any

from peewee import SQL, NodeList

from powertrip.store.bulk import in_database
from powertrip.store.database import is_postgres


def among(column: Any, values: Iterable[Any]) -> Any:
    """The condition that `column`, of one of our tables, is one of `values`; for none of them it is false."""
    stored = list(in_database(column, list(values)))
    if is_postgres():
        one_of = SQL("= ANY(%s)", (stored,))
    else:
        one_of = SQL("IN (SELECT value FROM json_each(?))", (json.dumps(stored),))
    return NodeList((column, one_of), parens=True)
