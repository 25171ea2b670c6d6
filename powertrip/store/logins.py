"""Pairs what a server signed of a login with what its log says of it, whichever comes first.

The event that either opened bears the number that the login's terminal shows, and the other joins it. No
other login ever joins an event with a number, for an approval that it proves is of that login alone.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from powertrip.domain import logins, proof
from powertrip.domain.event import Status
from powertrip.domain.judgement import Judgement, ToAsk
from powertrip.domain.logins import Login
from powertrip.store import audit
from powertrip.store.among import among
from powertrip.store.bulk import read_all, update_all
from powertrip.store.history import seals
from powertrip.store.tables import EventRow, OccurrenceRow

_DEMANDS = ("requires_reason", "requires_second_person", "requires_proof")


class _Told:
    """When logs told of the logins that have a number, by the fold keys of their events."""

    def __init__(self) -> None:
        self._moments: dict[str, list[datetime]] = {}

    def keep(self, fold_key: str, at: datetime) -> None:
        self._moments.setdefault(fold_key, []).append(at)

    def is_alike(self, fold_key: str, at: datetime) -> bool:
        """Whether a record of this moment tells of that login too; it is kept if so."""
        if any(abs(at - other) > logins.ALIKE for other in self._moments.get(fold_key, ())):
            return False
        self.keep(fold_key, at)
        return True


def keys(judgements: Iterable[Judgement]) -> set[str]:
    """What has to be waited for before anything else, lest two processes keep one of the two records each."""
    return {f"login {ask.event.user_name}" for ask in judgements if isinstance(ask, ToAsk) and ask.is_login}


def pair(asked: Sequence[ToAsk]) -> list[ToAsk]:
    """The same, each with the fold key of the event that it belongs to, and the number of its login."""
    both = [ask for ask in asked if ask.is_login]
    if not both:
        return list(asked)
    changed: dict[str, ToAsk] = {}
    numbered: dict[str, str] = {}
    """The events with a number that others would join, by their fold key."""
    signed = [ask for ask in both if ask.event.session_number]
    logged = [ask for ask in both if not ask.event.session_number]
    waiting = list(_kept(signed, logins.LOGGED))
    for ask in signed:
        opened = next((row for row, login in waiting if _may_get_number(row) and _is_of(ask, login)), None)
        if opened is not None:
            changed[ask.event.id] = _joining(ask, opened.fold_key)
            numbered[opened.fold_key] = opened.id
    known = list(_kept(logged, logins.SIGNED))
    told = _Told()
    for row, login in [*waiting, *(_kept(logged, logins.LOGGED) if known else ())]:
        told.keep(row.fold_key, login.at)
    for ask in logged:
        of_batch = next((other for other in signed if _are_one(ask, other)), None)
        if of_batch is not None:
            fold_key = changed.get(of_batch.event.id, of_batch).event.fold_key
            if told.is_alike(fold_key, ask.event.occurred_at):
                changed[ask.event.id] = _joining(ask, fold_key)
                continue
        of_row = next((row for row, login in known if row.session_number and _is_of(ask, login)), None)
        if of_row is not None and not told.is_alike(of_row.fold_key, ask.event.occurred_at):
            continue
        if of_row is not None and of_row.status == Status.PENDING:
            changed[ask.event.id] = _joining(ask, of_row.fold_key)
        elif of_row is not None:
            # What was decided is joined by nothing. It is the same login, and so is its number.
            own = replace(
                ask.event,
                session_number=of_row.session_number,
                fold_key=logins.apart(ask.event.fold_key, ask.record.record_id),
            )
            changed[ask.event.id] = replace(ask, event=own)
    beside = _beside([ask.event.fold_key for ask in asked if ask.event.id not in changed], numbered)
    return [changed.get(ask.event.id) or _joining(ask, beside.get(ask.event.fold_key)) for ask in asked]


def keep(asked: Sequence[ToAsk], event_ids: Sequence[str], now: datetime) -> None:
    """Keep the numbers of events that the log opened, and all that approving takes by either of the two."""
    joined: dict[str, list[ToAsk]] = {}
    for ask, event_id in zip(asked, event_ids, strict=True):
        if ask.is_login and event_id != ask.event.id:
            joined.setdefault(event_id, []).append(ask)
    if not joined:
        return
    wanted = ("id", "severity", "session_number", *_DEMANDS)
    query = EventRow.select(*(getattr(EventRow, name) for name in wanted)).where(among(EventRow.id, joined))
    changes = []
    for row in read_all(query.order_by(EventRow.id)):
        events = [row, *(ask.event for ask in joined[row.id])]
        columns = {
            "session_number": next((each.session_number for each in events if each.session_number), None),
            "requires_reason": any(each.requires_reason for each in events),
            "requires_second_person": any(each.requires_second_person for each in events),
            "requires_proof": proof.together(*(each.requires_proof.split() for each in events)),
        }
        before = {name: getattr(row, name) for name in columns}
        if columns == before:
            continue
        changes.append({"id": row.id, **columns})
        if columns["session_number"] != before["session_number"]:
            numbered = next(ask for ask in joined[row.id] if ask.event.session_number)
            audit.append("number_paired", now, event_id=row.id, record_id=numbered.record.record_id)
        if any(columns[name] != before[name] for name in _DEMANDS):
            weight = seals.weight([row.severity, *(columns[name] for name in _DEMANDS)])
            audit.append("event_weighed", now, event_id=row.id, weight=weight)
    update_all(EventRow, changes)


def _joining(ask: ToAsk, fold_key: str | None) -> ToAsk:
    return replace(ask, event=replace(ask.event, fold_key=fold_key)) if fold_key else ask


def _may_get_number(row: Any) -> bool:
    # With a second login in it, the number of the first would approve both.
    return row.status == Status.PENDING and row.session_number is None and row.occurrences == 1


def _is_of(ask: ToAsk, login: Login) -> bool:
    own = logins.login_of(ask.event)
    return own is not None and logins.is_one(own, login)


def _are_one(ask: ToAsk, other: ToAsk) -> bool:
    login = logins.login_of(other.event)
    return login is not None and _is_of(ask, login)


def _kept(asks: Sequence[ToAsk], action: str) -> Iterator[tuple[Any, Login]]:
    """Events with records of this action that may be of one of these logins."""
    own = [login for ask in asks if (login := logins.login_of(ask.event))]
    if not own:
        return
    row, moments = OccurrenceRow, [login.at for login in own]
    near = row.occurred_at.between(min(moments) - logins.WITHIN, max(moments) + logins.WITHIN)
    of_users = among(row.user_name, {login.user_name for login in own})
    of_ports = among(row.source_port, {login.source_port for login in own})
    said = ("user_name", "source_ip", "source_port", "host_name")
    query: Any = (
        EventRow.select(
            *(EventRow.id, EventRow.fold_key, EventRow.status, EventRow.session_number, EventRow.occurrences),
            *(getattr(row, name).alias(f"its_{name}") for name in said),
            row.occurred_at.alias("its_at"),
        )
        .join(row, on=(row.event_id == EventRow.id))
        .where((row.event_action == action) & of_users & of_ports & near)
        .order_by(row.id)
    )
    for found in query.namedtuples():
        values = {name: getattr(found, f"its_{name}") for name in said}
        if all(values.values()):
            yield found, Login(**values, at=found.its_at)


def _beside(fold_keys: Collection[str], numbered: dict[str, str]) -> dict[str, str]:
    """Other fold keys for those whose open event has a number, so that it is joined by no other login."""
    beside: dict[str, str] = {}
    left = {key: key for key in fold_keys}
    while left:
        query: Any = EventRow.select(EventRow.fold_key, EventRow.id).where(
            among(EventRow.fold_key, set(left.values()))
            & (EventRow.status == Status.PENDING)
            & EventRow.session_number.is_null(False)
        )
        taken = {**numbered, **dict(query.tuples())}
        left = {key: logins.apart(own, taken[own]) for key, own in left.items() if own in taken}
        beside.update(left)
    return beside
