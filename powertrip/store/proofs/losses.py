"""A lost device: one reviewer says so, and a second one ends what its person enrolled."""

from datetime import datetime, timedelta
from typing import Any

from powertrip.domain import proof_words
from powertrip.domain.enrolment import CONFIRM_WITHIN, Loss
from powertrip.domain.people import Actor
from powertrip.store import audit, notes, written
from powertrip.store.bulk import insert_all
from powertrip.store.proofs import attempts, enrolment
from powertrip.store.proofs.tables import ExpectationChallengeRow, ProofChallengeRow, ProofLossRow

_NAMES = ("id", "slack_id", "name", "asked_by", "asked_name", "asked_at", "until")


def loss_from(row: Any) -> Loss:
    """The loss of a row."""
    return Loss(**{name: getattr(row, name) for name in _NAMES})


def report(
    loss_id: str, slack_id: str, name: str, actor: Actor, *, channel: str, command: str, now: datetime
) -> Loss | None:
    """Ask for a second reviewer; returns None where they have enrolled nothing, or it is asked already."""
    factors = enrolment.listed(slack_id)
    if not factors or written.rows(ProofLossRow, "slack_id = ? AND ended_at IS NULL", slack_id):
        return None
    uid = notes.new_uid()
    loss = Loss(
        id=loss_id,
        slack_id=slack_id,
        name=name,
        asked_by=actor.slack_id,
        asked_name=actor.name,
        asked_at=now,
        until=now + CONFIRM_WITHIN,
    )
    row = {name: getattr(loss, name) for name in _NAMES} | {"note_uid": uid}
    insert_all(ProofLossRow, [row])
    _line("loss_reported", loss, now, actor.slack_id)
    notes.post(channel, proof_words.loss_question(loss, factors, command), now, uid=uid)
    return loss


def find(loss_id: str) -> Loss | None:
    """The loss with this id, where it waits for the second reviewer."""
    waiting = written.rows(ProofLossRow, "id = ? AND ended_at IS NULL", loss_id)
    return loss_from(waiting[0]) if waiting else None


def confirm(loss_id: str, actor: Actor, fresh: timedelta, now: datetime) -> Loss | None:
    """End all that the person has enrolled; returns None where it does not wait any more."""
    loss = _end(loss_id, actor, f"{actor.name} agreed.", now, is_ended=True)
    if loss is None:
        return None
    why = f"{loss.asked_name} and {actor.name} said that it is lost"
    for factor in enrolment.listed(loss.slack_id):
        enrolment.end(factor.id, why, fresh, now, by=actor.slack_id)
    # What was proven with it a moment ago, too.
    theirs = "slack_id = ? AND spent_at IS NULL AND ended_at IS NULL"
    for table in (ProofChallengeRow, ExpectationChallengeRow):
        for (nonce,) in written.columns(table, ("nonce",), theirs, loss.slack_id):
            attempts.end(nonce, "its device is lost", now)
    return loss


def refuse(loss_id: str, actor: Actor, now: datetime) -> Loss | None:
    """Leave all as it is; returns None where it does not wait any more."""
    return _end(loss_id, actor, f"{actor.name} refused it.", now, is_ended=False)


def expire(now: datetime) -> int:
    """End what no second reviewer confirmed in time; returns how many."""
    late = written.rows(ProofLossRow, "until <= ? AND ended_at IS NULL ORDER BY id", now)
    why = "No second reviewer agreed in time."
    return sum(_end(row.id, None, why, now, is_ended=False) is not None for row in late)


def _end(loss_id: str, actor: Actor | None, why: str, now: datetime, *, is_ended: bool) -> Loss | None:
    once = "UPDATE proof_loss SET ended_at = ?, ended_by = ?, ended_name = ?, ended_why = ? WHERE id = ? AND ended_at IS NULL"  # noqa: E501
    by = (actor.slack_id, actor.name) if actor else (None, None)
    if is_ended:
        # Within its time only, and by a second person.
        once += " AND until > ? AND ? NOT IN (asked_by, slack_id)"
        values: tuple[Any, ...] = (now, *by, why, loss_id, now, by[0])
    else:
        values = (now, *by, why, loss_id)
    if written.run(once, *values).rowcount != 1:
        return None
    (row,) = written.rows(ProofLossRow, "id = ?", loss_id)
    loss = loss_from(row)
    _line("loss_confirmed" if is_ended else "loss_ended", loss, now, by[0], why=why)
    notes.replace(row.note_uid, proof_words.loss_told(loss, why, is_ended=is_ended), now)
    return loss


def _line(action: str, loss: Loss, now: datetime, actor_id: str | None, **detail: Any) -> None:
    audit.append(action, now, actor_id=actor_id, loss=loss.id, slack_id=loss.slack_id, **detail)
