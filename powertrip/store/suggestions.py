"""Tells reviewers, once for each user name, that an agent or a script acts under it."""

from datetime import datetime

from powertrip.domain.agents import Suggestion
from powertrip.domain.delivery import Note
from powertrip.store import notes, written
from powertrip.store.tables import DecisionRow

# The kind is written out, so that its small index is used.
_BEFORE = (
    "actor_kind = 'agent' AND event_id <> ? "
    "AND event_id IN (SELECT id FROM event WHERE user_name = ? AND NOT is_test) LIMIT 1"
)


def make(suggestion: Suggestion, *, besides: str, now: datetime) -> None:
    """Queue the note, unless an event of this user name `besides` this one was approved for an agent."""
    if not written.rows(DecisionRow, _BEFORE, besides, suggestion.user_name):
        # No trouble, and it must not look as if it were.
        notes.post(suggestion.channel, Note(title=suggestion.title, lines=suggestion.lines, quiet=True), now)
