"""Enrolments: one-time codes of the server, what was enrolled, who confirmed it, and how it ends."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from powertrip.domain import proof_words
from powertrip.domain.enrolment import CODE_LASTS, CONFIRM_WITHIN, Began, Claimed, Enrolled, NewFactor
from powertrip.domain.people import Actor
from powertrip.domain.proof import ProofKind
from powertrip.store import audit, notes, written
from powertrip.store.bulk import insert_all
from powertrip.store.proofs import factors
from powertrip.store.proofs.tables import ProofCodeRow, ProofFactorRow
from powertrip.store.signals import Signal, notify

NOBODY_CAME = "Nobody confirmed it in time"
_SAME = (
    *("id", "person", "slack_id", "label", "enrolled_at", "confirm_by", "confirmed_at", "confirmed_name"),
    *("used_at", "locked_until", "ended_at", "ended_why"),
)
_WAITS = "confirmed_at IS NULL AND ended_at IS NULL"


def hash_of(code: str) -> str:
    """What is kept of a one-time code; how it is grouped and whether in capitals does not matter."""
    plain = "".join(letter for letter in code.lower() if letter.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()


def keep_code(code: str, person: str, kind: ProofKind, now: datetime) -> None:
    """Keep the hash of a code that was given out on the server."""
    row = {"hash": hash_of(code), "person": person, "kind": kind, "created_at": now}
    insert_all(ProofCodeRow, [row | {"until": now + CODE_LASTS, "used_at": None}])
    audit.append("enrolment_begun", now, person=person, kind=kind)


def claim(code: str, now: datetime) -> Claimed | None:
    """Use a code up; returns what it was given out for, or None for one that is unknown, used or too old."""
    found = written.rows(ProofCodeRow, "hash = ?", hash_of(code))
    once = "UPDATE proof_code SET used_at = ? WHERE hash = ? AND used_at IS NULL AND until > ?"
    # Anybody on the network may guess: nothing is written for one that is none.
    if not found or written.run(once, now, hash_of(code), now).rowcount != 1:
        return None
    return Claimed(found[0].person, ProofKind(found[0].kind))


def enrol(new: NewFactor, now: datetime) -> bool:
    """Keep what was enrolled; a worker asks reviewers whether it counts. False where it was kept before."""
    if written.rows(ProofFactorRow, "id = ? OR credential_id = ?", new.id, new.credential_id):
        return False
    row = {
        "id": new.id,
        "person": new.person,
        "kind": new.kind,
        "label": new.label,
        "secret": new.secret,
        "credential_id": new.credential_id,
        "enrolled_at": now,
        "confirm_by": now + CONFIRM_WITHIN,
        "last_step": new.last_step,
        "began": new.began,
    }
    insert_all(ProofFactorRow, [row])
    about = {"person": new.person, "kind": new.kind, "label": new.label, "began": new.began}
    _line("factor_enrolled", new.id, now, **about)
    notify(Signal.PROOFS)
    return True


def enrolled_from(row: Any) -> Enrolled:
    """The enrolment of a row."""
    same = {name: getattr(row, name) for name in _SAME}
    return Enrolled(**same, kind=ProofKind(row.kind), began=Began(row.began))


def waiting(person: str) -> int:
    """How many of a person's, as the configuration names them, wait for a reviewer."""
    return len(written.rows(ProofFactorRow, f"person = ? AND {_WAITS}", person))


def unasked() -> list[Enrolled]:
    """What nobody was asked about yet, the oldest first."""
    waiting = f"asked_at IS NULL AND {_WAITS} ORDER BY enrolled_at, id LIMIT 20"
    return list(map(enrolled_from, written.rows(ProofFactorRow, waiting)))


def ask(factor_id: str, *, slack_id: str, name: str, channel: str, command: str, now: datetime) -> None:
    """Record whose it is, and ask reviewers in `channel`, once."""
    uid = notes.new_uid()
    asked = written.run(
        f"UPDATE proof_factor SET slack_id = ?, note_uid = ?, asked_at = ? WHERE id = ? AND asked_at IS NULL AND {_WAITS}",  # noqa: S608, E501 (ours)
        *(slack_id, uid, now, factor_id),
    )
    found = find(factor_id)
    if asked.rowcount == 1 and found is not None:
        _line("factor_asked", factor_id, now, slack_id=slack_id)
        others = len(factors.standing(slack_id))
        question = proof_words.enrolment_question(found, name, command, others)
        notes.post(channel, question, now, uid=uid)
        # Whoever it is in the name of hears of it, too.
        notes.post(slack_id, proof_words.enrolled_for_you(found, others), now)


def find(factor_id: str) -> Enrolled | None:
    """The enrolment with this id."""
    return next(iter(map(enrolled_from, written.rows(ProofFactorRow, "id = ?", factor_id))), None)


def confirm(factor_id: str, actor: Actor, fresh: timedelta, now: datetime) -> Enrolled | None:
    """Have it count from now on; returns None where it was confirmed or has ended, or it is too late."""
    once = (
        "UPDATE proof_factor SET confirmed_at = ?, confirmed_by = ?, confirmed_name = ?, confirm_by = NULL "
        "WHERE id = ? AND asked_at IS NOT NULL AND slack_id <> ? AND confirm_by > ? "
        "AND confirmed_at IS NULL AND ended_at IS NULL"
    )
    changed = written.run(once, now, actor.slack_id, actor.name, factor_id, actor.slack_id, now)
    if changed.rowcount != 1:
        return None
    _line("factor_confirmed", factor_id, now, actor_id=actor.slack_id)
    return _said(factor_id, fresh, now)


def end(
    factor_id: str, why: str, fresh: timedelta, now: datetime, *, by: str | None = None
) -> Enrolled | None:
    """End it for good; returns None where it had ended."""
    once = (
        "UPDATE proof_factor SET ended_at = ?, ended_by = ?, ended_why = ?, confirm_by = NULL "
        "WHERE id = ? AND ended_at IS NULL"
    )
    if written.run(once, now, by, why, factor_id).rowcount != 1:
        return None
    _line("factor_ended", factor_id, now, actor_id=by, why=why)
    return _said(factor_id, fresh, now)


def refuse(factor_id: str, actor: Actor, fresh: timedelta, now: datetime) -> Enrolled | None:
    """End one that waits to be confirmed; returns None where it does not wait any more."""
    if not written.rows(ProofFactorRow, written.locked(f"id = ? AND {_WAITS}"), factor_id):
        return None
    return end(factor_id, f"{actor.name} refused it", fresh, now, by=actor.slack_id)


def expire(fresh: timedelta, now: datetime) -> int:
    """End what nobody confirmed in time; returns how many."""
    late = written.rows(ProofFactorRow, f"confirm_by <= ? AND {_WAITS} ORDER BY id", now)
    return sum(end(row.id, NOBODY_CAME, fresh, now) is not None for row in late)


def listed(slack_id: str) -> list[Enrolled]:
    """What a member has enrolled, and not ended, the oldest first."""
    theirs = "slack_id = ? AND ended_at IS NULL ORDER BY enrolled_at, id"
    return list(map(enrolled_from, written.rows(ProofFactorRow, theirs, slack_id)))


def renew(again: Callable[[str], str]) -> int:
    """Encrypt all secrets anew, as after another key was put before the old one; returns how many."""
    rows = written.rows(ProofFactorRow, written.locked("ended_at IS NULL ORDER BY id"))
    for row in rows:
        written.run("UPDATE proof_factor SET secret = ? WHERE id = ?", again(row.secret), row.id)
    return len(rows)


def _said(factor_id: str, fresh: timedelta, now: datetime) -> Enrolled:
    (row,) = written.rows(ProofFactorRow, "id = ?", factor_id)
    enrolled = enrolled_from(row)
    # What has ended later on, as by a loss, keeps the note of how it began.
    if row.note_uid and not (row.ended_at and row.confirmed_at):
        notes.replace(row.note_uid, proof_words.enrolment_told(enrolled, fresh), now)
    return enrolled


def _line(action: str, factor_id: str, now: datetime, *, actor_id: str | None = None, **detail: Any) -> None:
    audit.append(action, now, actor_id=actor_id, factor=factor_id, **detail)
