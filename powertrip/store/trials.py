"""Keeps test logins by their tokens: each is good once, and what became of it is known for a day."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from powertrip.domain.judgement import Judgement, MaybeTest, ToTry
from powertrip.domain.trial import GOOD_FOR, KEPT, MOST, Trial
from powertrip.store.database import Role, transaction
from powertrip.store.heartbeat_tables import TrialRow


def begin(trial: Trial) -> bool:
    """Keep a test that is about to be sent; False where too many are under way."""
    TrialRow.delete().where(TrialRow.created_at < trial.created_at - KEPT).execute()
    under_way = _is_good(trial.created_at)
    if TrialRow.select().where(under_way).count() >= MOST:
        return False
    TrialRow.create(
        token=trial.token, source=trial.source, user_name=trial.user_name, created_at=trial.created_at
    )
    return True


def find(tokens: Collection[str], now: datetime) -> dict[str, Trial]:
    """The tests of these tokens that are still good."""
    rows = TrialRow.select().where(TrialRow.token.in_(list(tokens)) & _is_good(now))
    return {row.token: _trial(row) for row in rows}


def get(token: str) -> Trial | None:
    """A test, and what became of it."""
    row = TrialRow.get_or_none(TrialRow.token == token)
    return _trial(row) if row else None


def resolve(judgements: Sequence[MaybeTest], now: datetime) -> list[Judgement]:
    """Use up the tokens among the judgements: what is no test any more is judged as all else is."""
    resolved: list[Judgement] = []
    for item in judgements:
        if not isinstance(item, ToTry):
            resolved.append(item)
            continue
        event_id = item.as_test.event.id if item.as_test else None
        changed = TrialRow.update(outcome=item.outcome, event_id=event_id)
        is_first = changed.where((TrialRow.token == item.token) & _is_good(now)).execute()
        resolved.append(item.as_test if is_first and item.as_test else item.otherwise)
    return resolved


def _is_good(now: datetime) -> Any:
    return TrialRow.outcome.is_null() & (TrialRow.created_at > now - GOOD_FOR)


def _trial(row: Any) -> Trial:
    return Trial(
        token=row.token,
        source=row.source,
        user_name=row.user_name,
        created_at=row.created_at,
        outcome=row.outcome,
        event_id=row.event_id,
    )


class Trials(Role):
    """Test logins."""

    begin = transaction(begin)
    find = transaction(find)
    get = transaction(get)
