"""What expectations need as time passes: they end, their ends are summed up, and each day has a digest."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

from powertrip.domain import expectation_words
from powertrip.domain.event import Status
from powertrip.domain.expectation_words import DayOfOne
from powertrip.domain.expectations import Expectation
from powertrip.store import notes, written
from powertrip.store.bulk import insert_all
from powertrip.store.database import Role, transaction
from powertrip.store.expected_work import changing
from powertrip.store.expected_work.rows import BY_PERSON, expectation_from, find, is_any_open
from powertrip.store.expected_work.tables import ExpectedWorkRow, TrustDigestRow
from powertrip.store.utc_days import beginning, day_of

AT_ONCE = 50
"""Expectations that one sweep ends, or sums up; the next begins soon after it."""
DAYS = 7
"""Days that are looked back for, where no worker ran on the day after."""
NO_ADDRESS = "no address"
OVER = {
    "until <= ?": "its time is over",
    "uses >= max_uses": "all that it could cover came",
    "confirm_by <= ?": "nobody confirmed it in time",
}
"""The conditions under which one ends by itself, and what is said of it then."""


def sweep(names: Callable[[str], Collection[str]], channel: str, now: datetime) -> int:
    """End what is over, and sum up what has ended, once; returns how many messages were queued.

    `names` are the user names of a person.
    """
    if is_any_open():
        for condition, why in OVER.items():
            values = [now] * condition.count("?")
            over = find(f"ended_at IS NULL AND {condition} {BY_PERSON} LIMIT {AT_ONCE}", *values)
            if over:
                changing.end_all([each.id for each in over], actor_id=None, why=why, now=now)
    return _sum_up(names, channel, now) + _digest(names, channel, now)


def _sum_up(names: Callable[[str], Collection[str]], channel: str, now: datetime) -> int:
    unsummed = f"summed_at IS NULL AND ended_at IS NOT NULL ORDER BY id LIMIT {AT_ONCE}"
    told = 0
    for row in written.rows(ExpectedWorkRow, unsummed):
        each = expectation_from(row)
        once = "UPDATE expected_work SET summed_at = ? WHERE id = ? AND summed_at IS NULL"
        if written.run(once, now, each.id).rowcount != 1 or each.confirmed_at is None:
            continue
        asked = _asked(each, names(each.person))
        note = expectation_words.summary(each, asked)
        # One that went as announced is summed up where it was announced: thirty messages a day more that
        # say nothing new would be why nobody reads the one that does.
        is_plain = asked == 0 and each.ended_why in OVER.values()
        if not (is_plain and notes.replace(row.note_uid, note, now)):
            notes.post(channel, note, now)
        told += 1
    return told


def _asked(expected: Expectation, names: Collection[str]) -> int:
    """Events of the person, the rule and the hosts within its time that people were asked about."""
    if not names or expected.confirmed_at is None or expected.ended_at is None:
        return 0
    rows = written.run(
        f"SELECT rule, host_name FROM event WHERE user_name IN ({written.marks(names)}) "  # noqa: S608 (marks)
        "AND received_at >= ? AND received_at <= ? AND expected_by IS NULL AND NOT is_test",
        *names,
        expected.confirmed_at,
        expected.ended_at,
    ).fetchall()
    return sum(expected.has_rule(rule) and expected.has_host(host) for rule, host in rows)


def _digest(names: Callable[[str], Collection[str]], channel: str, now: datetime) -> int:
    """Tell once of each of the last days what was trusted without asking, if anything was."""
    today = beginning(now)
    days = {day_of(day): day for day in (today - timedelta(days=back) for back in range(1, DAYS + 1))}
    known = written.run(f"SELECT day FROM trust_digest WHERE day IN ({written.marks(days)})", *days)  # noqa: S608 (marks)
    told = 0
    for day in sorted(days.keys() - {day for (day,) in known.fetchall()}):
        # Of two workers that look at the same moment one gets to tell of it.
        is_first = insert_all(TrustDigestRow, [{"day": day, "at": now}], "ON CONFLICT (day) DO NOTHING")
        covered = _covered(names, days[day], days[day] + timedelta(days=1)) if is_first else []
        if covered:
            notes.post(channel, expectation_words.digest(day, covered), now)
            told += 1
    return told


def _covered(names: Callable[[str], Collection[str]], began: datetime, until: datetime) -> list[DayOfOne]:
    rows: list[Any] = written.run(
        f"SELECT expected_by, coalesce(source_ip, '{NO_ADDRESS}'), SUM(occurrences) FROM event "  # noqa: S608 (ours)
        "WHERE expected_by IS NOT NULL AND decided_at >= ? AND decided_at < ? "
        "GROUP BY expected_by, source_ip ORDER BY 1, 3 DESC, 2",
        began,
        until,
    ).fetchall()
    by_id: dict[str, dict[str, int]] = {}
    for expectation_id, address, records in rows:
        by_id.setdefault(expectation_id, {})[address] = int(records)
    found = {each.id: each for each in find(f"id IN ({written.marks(by_id)})", *by_id)} if by_id else {}
    return [
        DayOfOne(
            expected=found[each],
            records=sum(addresses.values()),
            addresses=addresses,
            unknown=_unknown(addresses, names(found[each].person)),
        )
        for each, addresses in by_id.items()
        if each in found
    ]


def _unknown(addresses: Collection[str], names: Collection[str]) -> frozenset[str]:
    """Those of the addresses from which nobody ever approved anything of this person's by looking at it."""
    if not names:
        return frozenset(addresses)
    looked_at = (
        f"SELECT 1 FROM event WHERE source_ip = ? AND user_name IN ({written.marks(names)}) "  # noqa: S608 (marks)
        "AND status = ? AND expected_by IS NULL AND NOT is_test LIMIT 1"
    )
    return frozenset(
        address
        for address in addresses
        if address != NO_ADDRESS
        and written.run(looked_at, address, *names, Status.APPROVED).fetchone() is None
    )


class ExpectedWork(Role):
    """What people expect."""

    get = transaction(changing.get)
    propose = transaction(changing.propose)
    propose_once = transaction(changing.propose_once)
    untold = transaction(changing.untold)
    tell = transaction(changing.tell)
    confirm = transaction(changing.confirm)
    end = transaction(changing.end)
    end_all = transaction(changing.end_all)
    end_of = transaction(changing.end_of)
    standing = transaction(changing.standing)
    listed = transaction(changing.listed)
    sweep = transaction(sweep)
