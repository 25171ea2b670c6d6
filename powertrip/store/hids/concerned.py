"""Locks the events that a batch may change by pairs, all at once and before it changes anything.

One after the other, as records name them, two transactions would take them in opposite orders.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from powertrip.domain.event import Event
from powertrip.domain.judgement import Judgement, ToAsk, ToSight
from powertrip.store.database import is_postgres
from powertrip.store.joining import open_ids
from powertrip.store.rows import lock_events
from powertrip.store.tables import OccurrenceRow

_Place = tuple[Event, timedelta]
"""What happened, and within how much time its pair is."""
_REACH = 5
"""A record moves those within two windows; one that moves is compared with what lies two further, and the
partner of that may be one more away."""


def lock(judgements: Sequence[Judgement]) -> None:
    """Lock the events that these may join, and those whose pairs they may change."""
    places: dict[tuple[str | None, str], list[_Place]] = {}
    fold_keys = set()
    for item in judgements:
        if isinstance(item, ToAsk):
            watches = item.watches
            fold_keys.add(item.event.fold_key)
        elif isinstance(item, ToSight):
            watches = (item.watch,)
        else:
            continue
        if watches:
            within = max(watch.origin.within for watch in watches)
            key = (item.event.user_name, item.event.event_action)
            places.setdefault(key, []).append((item.event, within))
    # Who makes no pairs locks events by one statement anyway.
    if places and is_postgres():
        near = {event_id for of_one in places.values() for event_id in _near(of_one)}
        lock_events(near | open_ids(fold_keys))


def _near(places: Sequence[_Place]) -> set[str]:
    """The events near these, which are all of one person and act."""
    event, row = places[0][0], OccurrenceRow
    reach = _REACH * max(within for _, within in places)
    moments = [each.occurred_at for each, _ in places]
    addresses = {each.source_ip for each, _ in places}
    of_address = row.source_ip.in_([address for address in addresses if address is not None])
    if None in addresses:
        of_address |= row.source_ip.is_null()
    user = row.user_name.is_null() if event.user_name is None else row.user_name == event.user_name
    between = row.occurred_at.between(min(moments) - reach, max(moments) + reach)
    alike = user & (row.event_action == event.event_action) & of_address
    query: Any = row.select(row.event_id).where(alike & between).distinct()
    return {event_id for (event_id,) in query.tuples()}
