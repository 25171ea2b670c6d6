"""What was contained cannot be rewritten, nor made up, without showing."""

import pytest

from powertrip.domain.event import Status
from powertrip.store.database import DatabaseThread
from powertrip.store.database_in_use import database
from powertrip.store.history.verify import verify
from tests.samples import later
from tests.store.busy import Busy, faults

MADE_UP = (
    "INSERT INTO containment (key, event_id, action, says, target, arguments, state, dry_run, asked_by, "
    "asked_name, asked_at, undo, tries) VALUES ('x', 'denied', 'lock', 'Lock bob', 'bob', '{}', 'done', 0, "
    "'U0CAROL', 'Carol', 1, '-', 1)"
)
ATTACKS = (
    "UPDATE containment SET says = 'Lock bob' WHERE action = 'lock'",
    "UPDATE containment SET target = 'bob' WHERE action = 'lock'",
    "UPDATE containment SET asked_by = 'U0MALLORY' WHERE action = 'lock'",
    "UPDATE containment SET asked_at = 1 WHERE action = 'lock'",
    "UPDATE containment SET state = 'done' WHERE action = 'lapsed'",
    "UPDATE containment SET said = 'nothing' WHERE action = 'agreed'",
    "UPDATE containment SET agreed_by = 'U0CAROL' WHERE action = 'agreed'",
    "UPDATE containment SET why_second = NULL WHERE action = 'agreed'",
    "UPDATE containment SET dry_run = 1 WHERE action = 'lock'",
    "UPDATE containment SET undoes = NULL",
    "DELETE FROM containment WHERE action = 'lapsed'",
    MADE_UP,
)


class Undone(Exception):
    """Takes an attack back."""


async def test_what_is_rewritten_shows(database_thread: DatabaseThread) -> None:
    busy = Busy(database_thread)
    await busy.opened("denied")
    await busy.decide("denied", Status.DENIED)
    await busy.contain("denied")
    assert await faults(database_thread) == {}
    unseen = list(ATTACKS)

    def attacked(attack: str) -> None:
        assert database.execute_sql(attack).rowcount
        found = verify(database_thread.database, later(days=30)).faults
        if any(kind.startswith("containment") for _, kind in found):
            unseen.remove(attack)
        raise Undone

    for attack in ATTACKS:
        with pytest.raises(Undone):
            await database_thread.run(attacked, attack)
    assert unseen == []
