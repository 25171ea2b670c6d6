"""A test login: made up by `bot.py send-test` or `/powertrip test`, and known by a token in the database.

The token is made by chance, stands in the record where a key's fingerprint would, and is good once, for a few
minutes, for one source and one user. Nothing else makes a test: whoever copies the words of one has sent a
login like any other.
"""

import re
import secrets
import string
from dataclasses import dataclass
from datetime import datetime, timedelta

MARK = "powertripTest"
GOOD_FOR = timedelta(minutes=10)
KEPT = timedelta(days=1)
"""How long it is known what became of a test."""
MOST = 20
"""Tests under way at a time."""
NO_SOURCE = "test"
"""Stands for the source of a test where none is configured yet."""
TITLE = "🧪 Test: "
"""Begins the title of a test's event, and so each sentence about it."""

_TOKEN = re.compile(MARK + r"[0-9A-Za-z]{30}", re.ASCII)


def new_token() -> str:
    """43 characters, as many as a fingerprint has; 178 bits of them by chance."""
    letters = string.ascii_letters + string.digits
    return MARK + "".join(secrets.choice(letters) for _ in range(30))


def token_in(*texts: str) -> str | None:
    """The first token in what a record holds."""
    return next((match[0] for text in texts if (match := _TOKEN.search(text))), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One test, and what became of it."""

    token: str
    source: str
    user_name: str
    created_at: datetime
    outcome: str | None = None
    """What became of its record; None until it is judged."""
    event_id: str | None = None
    """The event that it made."""
