"""Whose Home tab is open, and whose turn it is to have it drawn anew."""

from datetime import datetime

from peewee import SQL, Case

from powertrip.domain.home import BEHIND_CARDS, LOOKED_AT_EVERY, OPEN_FOR, OPENED_AT_MOST, OpenHome
from powertrip.store.bulk import insert_all
from powertrip.store.database import Role, for_update, transaction
from powertrip.store.home_facts import of_person, queue
from powertrip.store.home_tables import OpenHomeRow
from powertrip.store.tables import WAITING, DeliveryRow


def opened(slack_id: str, view_hash: str | None, now: datetime) -> None:
    """Somebody looks at theirs; `view_hash` is of what they see, where Slack says so."""
    row = {"slack_id": slack_id, "opened_at": now, "asked_at": now, "due_at": now, "view_hash": view_hash}
    if insert_all(OpenHomeRow, [row], "ON CONFLICT DO NOTHING"):
        return
    found = for_update(OpenHomeRow.select().where(OpenHomeRow.slack_id == slack_id)).first()
    if found is None:
        return
    found.opened_at, found.asked_at = now, found.asked_at or now
    drawn = found.published_at
    found.due_at = max(now, drawn + OPENED_AT_MOST) if drawn is not None and drawn <= now else now
    found.view_hash = view_hash or found.view_hash
    found.save()


def claim(now: datetime, limit: int) -> list[OpenHome]:
    """Those that are due: who waits for theirs first. None is due again before LOOKED_AT_EVERY is over.

    While questions to people are still to be posted only those are due who have waited for BEHIND_CARDS.
    """
    due = OpenHomeRow.due_at <= now
    waits = Case(None, [(OpenHomeRow.asked_at.is_null(), 1)], 0)
    query = OpenHomeRow.select().where(due).order_by(waits, OpenHomeRow.asked_at, OpenHomeRow.due_at)
    rows = list(for_update(query.limit(limit), skip_locked=True))
    if rows and _cards_wait(now):
        rows = [row for row in rows if row.asked_at is not None and row.asked_at <= now - BEHIND_CARDS]
    if not rows:
        return []
    closed = [row.slack_id for row in rows if row.opened_at < now - OPEN_FOR]
    if closed:
        OpenHomeRow.delete().where(OpenHomeRow.slack_id.in_(closed)).execute()
    rows = [row for row in rows if row.slack_id not in closed]
    ids = [row.slack_id for row in rows]
    OpenHomeRow.update(due_at=now + LOOKED_AT_EVERY).where(OpenHomeRow.slack_id.in_(ids)).execute()
    return [_home(row) for row in rows]


def _cards_wait(now: datetime) -> bool:
    # Priority 0: first notices, denials, storms, and the call for a second person.
    first = DeliveryRow.select(SQL("1")).where(WAITING & (DeliveryRow.priority == 0))
    return bool(first.where(DeliveryRow.due_at <= now).limit(1).tuples().first())


def _home(row: OpenHomeRow) -> OpenHome:
    names = ("slack_id", "opened_at", "asked_at", "published_at", "is_reviewer", "stamp", "view_hash")
    return OpenHome(**{name: getattr(row, name) for name in names})


def get(slack_id: str) -> OpenHome | None:
    """Somebody's open Home tab; None where none is known to be open."""
    row = OpenHomeRow.get_or_none(OpenHomeRow.slack_id == slack_id)
    return _home(row) if row else None


def drawn(home: OpenHome) -> None:
    """Write down what one shows now, also where it was not known to be open."""
    shows = {
        "opened_at": home.opened_at,
        "asked_at": None,
        "published_at": home.published_at,
        "is_reviewer": home.is_reviewer,
        "stamp": home.stamp,
        "view_hash": home.view_hash,
    }
    due_at = (home.published_at or home.opened_at) + LOOKED_AT_EVERY
    row = {"slack_id": home.slack_id, "due_at": due_at, **shows}
    OpenHomeRow.insert(**row).on_conflict(conflict_target=[OpenHomeRow.slack_id], update=shows).execute()


def postpone(slack_id: str, until: datetime) -> None:
    """Have one looked at again at another time than it would be."""
    OpenHomeRow.update(due_at=until).where(OpenHomeRow.slack_id == slack_id).execute()


def closed(slack_id: str) -> None:
    """Forget one: it is nobody's who may see anything."""
    OpenHomeRow.delete().where(OpenHomeRow.slack_id == slack_id).execute()


class Homes(Role):
    """The Home tabs that are open, and what they show."""

    opened = transaction(opened)
    claim = transaction(claim)
    get = transaction(get)
    drawn = transaction(drawn)
    postpone = transaction(postpone)
    closed = transaction(closed)
    of_person = transaction(of_person)
    queue = transaction(queue)
