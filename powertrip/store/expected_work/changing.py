"""Expectations are announced, confirmed and ended; the note in the security channel says so each time.

Each takes the turn of decisions, so that nothing is covered by what ends at the same moment.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from powertrip.domain import expectation_words
from powertrip.domain.announcing import Week
from powertrip.domain.expectation_proof import UNPROVEN, Act, Proven
from powertrip.domain.expectations import Expectation
from powertrip.domain.people import Subject, SubjectKind
from powertrip.errors import NotAllowed
from powertrip.store import audit, notes, written
from powertrip.store.bulk import insert_all
from powertrip.store.database import Turn, wait_for
from powertrip.store.expected_work.rows import BY_PERSON, columns_of, expectation_from, find
from powertrip.store.expected_work.tables import ExpectedWorkRow
from powertrip.store.history import seals
from powertrip.store.proofs import expectations as expectation_proofs

TOLD_WITHIN = timedelta(days=1)
"""For so long an announcement is told to the channel that could not be when it was made."""
_UNTOLD = (
    "created_at > ? AND ended_at IS NULL "
    "AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.uid = expected_work.note_uid)"
)
DENIED = "something of this person was denied"
NOT_SURE = "somebody is not sure of something of this person"


def get(expectation_id: str) -> Expectation | None:
    """The expectation with this id."""
    return next(iter(find("id = ?", expectation_id)), None)


def propose(
    expected: Expectation,
    *,
    confirm_within: timedelta,
    max_open: int,
    channel: str,
    command: str,
    week: Week | None = None,
    proven: Proven = UNPROVEN,
    stands: bool = False,
) -> Expectation | None:
    """Keep one that is to be confirmed; returns None where the person has as many as they may.

    `week` is what it would have covered, which whoever confirms it is to read. It `stands` at once where
    nobody has to. Raises NotAllowed, with nothing kept, where a proof cannot be spent.
    """
    wait_for(Turn.DECIDING)
    uid, now = notes.new_uid(), expected.created_at
    if not _has_room(expected, max_open):
        return None
    if get(expected.id) is not None:
        # As by another proof, which its window offered in place of the first.
        raise NotAllowed("This was announced already. Nothing was changed.")
    expectation_proofs.spend(Act.ANNOUNCE, expected, proven, actor_id=expected.created_by, now=now)
    kept = _keep(expected, uid, confirm_within=confirm_within, proven=proven)
    notes.post(channel, expectation_words.announcement(kept, command, week), now, uid=uid)
    if not stands:
        return kept
    return _confirm(kept, actor_id=kept.created_by, name=kept.created_name, command=command, now=now)


def propose_once(
    expected: Expectation, *, confirm_within: timedelta, max_open: int
) -> tuple[Expectation | None, bool]:
    """The same, unless this very one is kept already; `tell` tells the channel. Returns whether it is new."""
    wait_for(Turn.DECIDING)
    if (known := get(expected.id)) is not None:
        return known, False
    if not _has_room(expected, max_open):
        return None, True
    return _keep(expected, notes.new_uid(), confirm_within=confirm_within), True


def untold(now: datetime) -> list[Expectation]:
    """What was kept by a half of Powertrip that does not know the channel."""
    return find(f"{_UNTOLD} {BY_PERSON}", now - TOLD_WITHIN)


def tell(expectation_id: str, *, channel: str, command: str, week: Week | None, now: datetime) -> int:
    """Tell the channel of it as it is now, once; returns whether this did."""
    # Of two workers the second finds it told; whoever confirms it from now on finds what to amend.
    wait_for(Turn.DECIDING)
    found = written.rows(ExpectedWorkRow, f"{_UNTOLD} AND id = ?", now - TOLD_WITHIN, expectation_id)
    for row in found:
        note = expectation_words.announcement(expectation_from(row), command, week)
        notes.post(channel, note, now, uid=row.note_uid)
    return len(found)


def _has_room(expected: Expectation, max_open: int) -> bool:
    standing = "person = ? AND ended_at IS NULL AND until > ?"
    return len(find(standing, expected.person, expected.created_at)) < max_open


def _keep(
    expected: Expectation, note_uid: str, *, confirm_within: timedelta, proven: Proven = UNPROVEN
) -> Expectation:
    now = expected.created_at
    confirm_by = min(now + confirm_within, expected.until)
    expected = replace(expected, confirm_by=confirm_by, announced_proof=proven.kinds)
    columns = columns_of(expected)
    insert_all(ExpectedWorkRow, [columns | {"note_uid": note_uid}])
    audit.append(
        "expectation_announced",
        now,
        actor_id=expected.created_by,
        expectation=expected.id,
        seal=seals.of_expected_work(columns),
        person=expected.person,
        until=expected.until.isoformat(),
        what=expectation_words.scope(expected),
        why=expected.reason,
        **_shown(proven),
    )
    return expected


def confirm(
    expectation_id: str,
    *,
    actor_id: str,
    name: str,
    command: str,
    now: datetime,
    proven: Proven = UNPROVEN,
) -> Expectation | None:
    """Have it stand from now on; returns None where it was confirmed or ended already, or is too late.

    Raises NotAllowed, with nothing changed, where a proof cannot be spent.
    """
    wait_for(Turn.DECIDING)
    expected = get(expectation_id)
    if expected is None:
        return None
    confirmed = _confirm(expected, actor_id=actor_id, name=name, command=command, now=now, proven=proven)
    if confirmed is not None:
        expectation_proofs.spend(Act.CONFIRM, expected, proven, actor_id=actor_id, now=now)
    return confirmed


def _confirm(
    expected: Expectation,
    *,
    actor_id: str,
    name: str,
    command: str,
    now: datetime,
    proven: Proven = UNPROVEN,
) -> Expectation | None:
    waiting = "id = ? AND confirmed_at IS NULL AND ended_at IS NULL AND until > ? AND confirm_by > ?"
    confirmed = (
        "confirmed_at = ?, confirmed_by = ?, confirmed_name = ?, confirmed_proof = ?, confirm_by = NULL"
    )
    changed = written.run(
        f"UPDATE expected_work SET {confirmed} WHERE {waiting}",  # noqa: S608 (ours)
        *(now, actor_id, name, proven.kinds, expected.id, now, now),
    )
    if changed.rowcount != 1:
        return None
    audit.append("expectation_confirmed", now, actor_id=actor_id, expectation=expected.id, **_shown(proven))
    return _said(expected.id, command, now)


def _shown(proven: Proven) -> dict[str, str | None]:
    """What the history says of it; an earlier release says nothing."""
    return {"demands": " ".join(proven.demands), "proof": proven.kinds}


def end(expectation_id: str, *, actor_id: str | None, why: str, now: datetime) -> Expectation | None:
    """End it, whether or not it was confirmed; returns None where it had ended."""
    wait_for(Turn.DECIDING)
    return _end(expectation_id, actor_id, why, now)


def end_all(
    expectation_ids: Iterable[str], *, actor_id: str | None, why: str, now: datetime
) -> list[Expectation]:
    """The same for each; returns those that ended now."""
    wait_for(Turn.DECIDING)
    ended = [_end(each, actor_id, why, now) for each in expectation_ids]
    return [each for each in ended if each is not None]


def end_for(subjects: Iterable[Subject], *, actor_id: str, now: datetime, why: str = DENIED) -> None:
    """End all of those whose events were denied, or doubted; belongs where the turn of decisions is held."""
    for theirs, value in sorted({each for subject in subjects if (each := _of(subject))}):
        for expected in find(f"{theirs} = ? AND ended_at IS NULL {BY_PERSON}", value):
            _end(expected.id, actor_id, why, now)


def _of(subject: Subject) -> tuple[str, str] | None:
    """The column by which expectations of a subject are found, and its value."""
    if subject.slack_id is not None:
        return "slack_id", subject.slack_id
    if subject.kind in (SubjectKind.BOT, SubjectKind.AWAITED) and subject.name is not None:
        return "person", subject.name
    return None


def _end(expectation_id: str, actor_id: str | None, why: str, now: datetime) -> Expectation | None:
    once = (
        "UPDATE expected_work SET ended_at = ?, ended_by = ?, ended_why = ? WHERE id = ? AND ended_at IS NULL"
    )
    if written.run(once, now, actor_id, why, expectation_id).rowcount != 1:
        return None
    audit.append("expectation_ended", now, actor_id=actor_id, expectation=expectation_id, why=why)
    return _said(expectation_id, "", now)


def _said(expectation_id: str, command: str, now: datetime) -> Expectation:
    """The expectation as it is now, which its note in the channel says from now on."""
    (row,) = written.rows(ExpectedWorkRow, "id = ?", expectation_id)
    expected = expectation_from(row)
    # What has ended names no command.
    notes.replace(row.note_uid, expectation_words.announcement(expected, command), now)
    return expected


def end_of(
    slack_id: str | None, person: str | None, *, actor_id: str, why: str, now: datetime
) -> list[Expectation]:
    """End all of a member, or of a name in the configuration; returns those that ended now."""
    wait_for(Turn.DECIDING)
    theirs = find(f"ended_at IS NULL AND (slack_id = ? OR person = ?) {BY_PERSON}", slack_id, person)
    return end_all([each.id for each in theirs], actor_id=actor_id, why=why, now=now)


def standing() -> list[Expectation]:
    """All that have not ended."""
    return find(f"ended_at IS NULL {BY_PERSON}")


def listed(slack_id: str | None, since: datetime) -> list[Expectation]:
    """What stands, waits to be confirmed, or has ended since, the latest first, of one member or of all."""
    recent = "(ended_at IS NULL OR ended_at > ?) ORDER BY created_at DESC, id LIMIT 50"
    if slack_id is None:
        return find(recent, since)
    return find(f"? IN (slack_id, created_by) AND {recent}", slack_id, since)
