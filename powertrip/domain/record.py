"""One log record as a source delivered it, and what a sender left out."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias


def require_utc(moment: datetime) -> datetime:
    """Return `moment` in UTC; raises ValueError for a naive datetime, which could mean any zone."""
    if moment.tzinfo is None:
        raise ValueError(f"a datetime without a time zone is not accepted: {moment!r}")
    return moment.astimezone(UTC)


_CONTENT = re.compile(r"#sha256:[0-9a-f]{64}(?:#[0-9]+)?$", re.ASCII)


def content_of(*parts: str) -> str:
    """The hash by which contents are compared; no part holds a NUL."""
    # So no two lists of parts are joined to one text.
    return "sha256:" + hashlib.sha256("\0".join(parts).encode()).hexdigest()


def told_apart(record_id: str, content: str, number: int = 0) -> str:
    """The id of a record whose sender gave its id to another as well; `number` where even those are alike."""
    return f"{record_id}#{content}#{number}" if number else f"{record_id}#{content}"


def sent_id(record_id: str) -> str:
    """The id as the sender knows it."""
    return _CONTENT.sub("", record_id) if "#" in record_id else record_id


# Nobody changes one; but to make one that is frozen takes four times as long, and each that comes is made.
@dataclass(unsafe_hash=True, slots=True, kw_only=True)
class Record:
    """One log record as a source delivered it."""

    source: str
    """The source's name in the config."""
    record_id: str
    """Unique within the source: the sender's own id, or a hash where it has none. Of several records with one
    id and other content, all but the first bear their content behind it: see `told_apart`."""
    message: str
    """The log line without its syslog header, at most `rules.MESSAGE_LIMIT` characters."""
    raw: str
    """The record verbatim, as JSON text or as the line that came."""
    received_at: datetime
    occurred_at: datetime | None = None
    """When the sender says it happened; None if it does not say."""
    host_name: str | None = None
    program: str | None = None
    """The syslog tag without its pid, such as `sshd-session`."""
    cut: int = 0
    """How many characters of the message were cut off; shown wherever the message is."""
    facility: str | None = None
    """The syslog facility in lower case, such as `auth`; None if the sender does not say."""
    trusted: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Fields the log system adds and a writer cannot forge: journald's `_UID` and `_COMM`."""
    rejudged_at: datetime | None = None
    """When it was put back to be judged by mended rules; None for one that is judged as it comes."""
    content: str = field(default="", compare=False)
    """A hash of what makes it another record than one with the same id; empty where that is not known."""
    flaw: str | None = None
    """Why no rule may judge it, in words for the operator; None where there is nothing in the way."""
    inbox_id: int = field(default=0, compare=False)
    """Its row in the inbox, once it was claimed from there; says nothing of the record itself."""

    def __post_init__(self) -> None:
        if self.received_at.tzinfo is not UTC:
            self.received_at = require_utc(self.received_at)
        if self.occurred_at is not None and self.occurred_at.tzinfo is not UTC:
            self.occurred_at = require_utc(self.occurred_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A missing range of records, kept until it is fetched from the sender's API."""

    source: str
    after_id: str
    """The sender's id before the first that is missing, in decimal digits."""
    until_id: str
    """The last id that may be missing, in decimal digits."""
    query: str | None
    """What the sender searched for; None for everything."""
    noticed_at: datetime


Cursor: TypeAlias = dict[str, Any]
"""Where a poll goes on; JSON that only its own type understands."""
