"""Challenges: begun, failed, met, and spent in the transaction of the decision that they prove."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from powertrip.domain import proof_words
from powertrip.domain.deciding import DecisionPlan
from powertrip.domain.decision import Agent, Verdict, Via
from powertrip.domain.delivery import Note
from powertrip.domain.event import Event
from powertrip.domain.proof import (
    COPIED,
    ENROLLED,
    FACTOR_LOCK,
    FACTOR_TRIES,
    FACTOR_WINDOW,
    NUMBERS_WINDOW,
    NUMBERS_WRONG,
    TAKEN_WITHIN,
    TOO_OFTEN,
    TRIES,
    Challenge,
    Met,
    ProofKind,
    Proving,
)
from powertrip.errors import NotAllowed
from powertrip.store import audit, notes, written
from powertrip.store.bulk import insert_all
from powertrip.store.database import Turn, wait_for_each
from powertrip.store.proofs.factors import standing
from powertrip.store.proofs.tables import ProofChallengeRow, ProofFactorRow
from powertrip.store.rows import read_event
from powertrip.store.signals import Signal, notify

_UNMET = "met_at IS NULL AND ended_at IS NULL"
_READY = "met_at IS NOT NULL AND spent_at IS NULL AND ended_at IS NULL"


def challenge_from(row: Any) -> Challenge:
    """The challenge of a row."""
    plain = {name: getattr(row, name) for name in _SAME}
    agent = Agent(**row.agent) if row.agent else None
    return Challenge(**plain, kind=ProofKind(row.kind), via=Via(row.via), agent=agent)


_SAME = (
    *("nonce", "event_id", "revision", "slack_id", "name", "team_id", "channel", "reason", "created_at"),
    *("until", "failures", "met_at", "factor_id", "spent_at", "ended_at", "ended_why"),
)


def name_of(nonce: str) -> str:
    """What the history calls a challenge, for whoever knows its nonce can meet it."""
    return hashlib.sha256(nonce.encode()).hexdigest()[:16]


def begin(challenge: Challenge) -> None:
    """Keep a new one; what the same person began for the same event, and has not met, ends."""
    now = challenge.created_at
    earlier = f"event_id = ? AND slack_id = ? AND {_UNMET}"
    for row in written.rows(ProofChallengeRow, earlier, challenge.event_id, challenge.slack_id):
        end(row.nonce, "another was begun", now)
    columns = {name: getattr(challenge, name) for name in (*_SAME, "kind", "via")}
    agent = asdict(challenge.agent) if challenge.agent else None
    insert_all(ProofChallengeRow, [columns | {"agent": agent, "due_at": None}])
    _line("proof_begun", challenge, now, via=challenge.via)


def get(nonce: str) -> Challenge | None:
    """The challenge of this nonce, as it is now."""
    found = written.rows(ProofChallengeRow, "nonce = ?", nonce)
    return challenge_from(found[0]) if found else None


def answer(
    nonce: str,
    slack_id: str,
    check: Callable[[Challenge, Event, Proving], Met | None],
    now: datetime,
    due_at: datetime,
) -> Challenge | None:
    """Mark it met if `check` says so, or count a wrong answer; None where it is not met.

    Answers of one person are looked at one after the other: of a thousand guesses at the same moment as many
    count as of a thousand in a row.
    """
    wait_for_each(Turn.PROVING, [slack_id])
    challenge = get(nonce)
    # Whoever has the nonce of somebody else's learns nothing by it.
    if challenge is None or challenge.slack_id != slack_id:
        return None
    event_id, row = challenge.event_id, _locked(nonce)
    if row is None or not (challenge := challenge_from(row)).is_open(now):
        return None
    if challenge.kind is ProofKind.SESSION_NUMBER and number_failures(event_id, slack_id, now) >= TRIES:
        end(nonce, TOO_OFTEN, now)
        return None
    found = check(challenge, read_event(event_id), proving(event_id, slack_id, now))
    done = met(nonce, found, now, due_at) if found else None
    if done is None:
        failed(nonce, now)
    return done


def failed(nonce: str, now: datetime, *, is_copy: bool = False) -> None:
    """Count a wrong answer; what was answered wrongly too often ends, of which a worker tells security.

    So does at once what was answered by the copy of a passkey.
    """
    row = _locked(nonce)
    if row is None or not challenge_from(row).is_open(now):
        return
    challenge, failures = challenge_from(row), row.failures + 1
    written.run("UPDATE proof_challenge SET failures = ? WHERE nonce = ?", failures, nonce)
    _line("proof_failed", challenge, now, failures=failures)
    is_over = is_copy or failures >= TRIES
    if challenge.kind is ProofKind.SESSION_NUMBER:
        is_over = number_failures(challenge.event_id, challenge.slack_id, now) >= TRIES
    if challenge.kind in ENROLLED and _count_for_factors(challenge, now):
        is_over = True
    if is_over:
        end(nonce, COPIED if is_copy else TOO_OFTEN, now)
        written.run("UPDATE proof_challenge SET due_at = ? WHERE nonce = ?", now, nonce)
        notify(Signal.PROOFS)


def tell_of_failures(nonce: str, channel: str, command: str, now: datetime) -> None:
    """Tell security, once, of a challenge that ended by wrong answers."""
    told = written.run("UPDATE proof_challenge SET due_at = NULL WHERE nonce = ? AND due_at <= ?", nonce, now)
    challenge = get(nonce)
    if told.rowcount == 1 and challenge is not None:
        locked = [each.locked_until for each in standing(challenge.slack_id) if each.kind is challenge.kind]
        until = max((each for each in locked if each and each > now), default=None)
        about = read_event(challenge.event_id)
        notes.post(channel, proof_words.wrong_answers(challenge, about, command, until), now)


def tell_of_lacking(event: Event, note: Note, channel: str, now: datetime) -> None:
    """Tell security that the person whom an event is about cannot prove it; once an event."""
    wait_for_each(Turn.PROVING, [event.subject.slack_id or event.id])
    uid = f"lacking{event.id}"
    if not written.run("SELECT 1 FROM delivery WHERE uid = ?", uid).fetchone():
        notes.post(channel, note, now, uid=uid)


def _count_for_factors(challenge: Challenge, now: datetime) -> bool:
    """Count it for what the person enrolled of this kind; returns whether that is locked by this one."""
    is_locked = False
    theirs = "slack_id = ? AND kind = ? AND confirmed_at IS NOT NULL AND ended_at IS NULL ORDER BY id"
    condition = written.locked(theirs)
    for row in written.rows(ProofFactorRow, condition, challenge.slack_id, challenge.kind):
        is_new = row.failed_since is None or row.failed_since <= now - FACTOR_WINDOW
        since, failures = (now, 1) if is_new else (row.failed_since, row.failures + 1)
        lock = row.locked_until
        if failures >= FACTOR_TRIES:
            is_locked, lock = True, now + FACTOR_LOCK
            since, failures = None, 0
            audit.append("factor_locked", now, actor_id=row.slack_id, factor=row.id, until=lock.isoformat())
        written.run(
            "UPDATE proof_factor SET failures = ?, failed_since = ?, locked_until = ? WHERE id = ?",
            *(failures, since, lock, row.id),
        )
    return is_locked


def met(nonce: str, answer: Met, now: datetime, due_at: datetime) -> Challenge | None:
    """Mark it met; from `due_at` on a worker takes the decision, unless that was taken by then.

    Returns None, with nothing changed, where it is over, or the step of its factor was used already.
    """
    row = _locked(nonce)
    if row is None or not challenge_from(row).is_open(now):
        return None
    if row.kind in ENROLLED and not _use(row, answer, now):
        return None
    written.run(
        f"UPDATE proof_challenge SET met_at = ?, factor_id = ?, until = ?, due_at = ? WHERE nonce = ? AND {_UNMET}",  # noqa: S608, E501 (ours)
        *(now, answer.factor_id, now + TAKEN_WITHIN, due_at, nonce),
    )
    challenge = get(nonce)
    assert challenge is not None  # noqa: S101 (its row is locked)
    _line("proof_met", challenge, now, factor=answer.factor_id)
    notify(Signal.PROOFS)
    return challenge


def _use(row: Any, answer: Met, now: datetime) -> bool:
    """Whether the factor counts, and its step was not used: it is from now on."""
    counts = (
        "id = ? AND slack_id = ? AND kind = ? AND confirmed_at IS NOT NULL AND ended_at IS NULL "
        "AND (locked_until IS NULL OR locked_until <= ?) AND last_step < ?"
    )
    used = written.run(
        f"UPDATE proof_factor SET last_step = ?, used_at = ?, failures = 0, failed_since = NULL WHERE {counts}",  # noqa: S608, E501 (ours)
        *(answer.step, now, answer.factor_id, row.slack_id, row.kind, now, answer.step),
    )
    return bool(used.rowcount == 1)


def spend(plan: DecisionPlan) -> None:
    """Spend what an approval proves; belongs in its transaction.

    Raises NotAllowed where a proof is not, or not any more, one of this event, revision and person.
    """
    decision = plan.decision
    if decision.verdict is not Verdict.APPROVE:
        return
    if plan.after.requires_proof and not plan.proofs:
        raise NotAllowed("Approving this takes a proof, and there is none. Nothing was changed.")
    for challenge in plan.proofs:
        once = f"nonce = ? AND event_id = ? AND revision = ? AND slack_id = ? AND until > ? AND {_READY}"
        spent = written.run(
            f"UPDATE proof_challenge SET spent_at = ?, due_at = NULL WHERE {once}",  # noqa: S608 (ours)
            *(decision.at, challenge.nonce, plan.before.id, decision.revision, decision.actor_id),
            decision.at,
        )
        if spent.rowcount != 1:
            raise NotAllowed("The proof of this was spent already, or came too late. Nothing was changed.")
        _line("proof_spent", challenge, decision.at)


def proving(event_id: str, slack_id: str, now: datetime) -> Proving:
    """What the person has enrolled, and proven of this event; what is configured stands elsewhere."""
    ready = f"event_id = ? AND slack_id = ? AND {_READY} ORDER BY met_at"
    return Proving(
        factors=standing(slack_id),
        challenges=tuple(map(challenge_from, written.rows(ProofChallengeRow, ready, event_id, slack_id))),
        number_failures=number_failures(event_id, slack_id, now),
    )


def number_failures(event_id: str, slack_id: str, now: datetime) -> int:
    """Wrong answers of this person to the number of this event, in all challenges; see `Proving`."""
    counted = "SELECT COALESCE(SUM(failures), 0) FROM proof_challenge WHERE slack_id = ? AND kind = ? AND "
    who = (slack_id, ProofKind.SESSION_NUMBER)
    (of_event,) = written.run(counted + "event_id = ?", *who, event_id).fetchone()
    (lately,) = written.run(counted + "created_at > ?", *who, now - NUMBERS_WINDOW).fetchone()
    return max(int(of_event), TRIES) if lately >= NUMBERS_WRONG else int(of_event)


def due(now: datetime, limit: int) -> list[Challenge]:
    """Those of which a worker takes the decision now, the oldest first."""
    waiting = "due_at <= ? ORDER BY due_at, nonce LIMIT ?"
    return list(map(challenge_from, written.rows(ProofChallengeRow, waiting, now, limit)))


def postpone(nonce: str, due_at: datetime) -> None:
    """Have a worker come back to it later."""
    written.run(
        f"UPDATE proof_challenge SET due_at = ? WHERE nonce = ? AND {_READY}",  # noqa: S608 (ours)
        *(due_at, nonce),
    )


def end(nonce: str, why: str, now: datetime, *, tell: str | None = None) -> bool:
    """End it unspent, and have its person told; returns whether it was there to be ended."""
    ended = written.run(
        "UPDATE proof_challenge SET ended_at = ?, ended_why = ?, due_at = NULL "
        "WHERE nonce = ? AND spent_at IS NULL AND ended_at IS NULL",
        *(now, why, nonce),
    )
    challenge = get(nonce)
    if ended.rowcount != 1 or challenge is None:
        return False
    _line("proof_ended", challenge, now, why=why)
    if tell:
        notes.post(challenge.slack_id, proof_words.not_approved(challenge, tell), now)
    return True


def _locked(nonce: str) -> Any | None:
    return next(iter(written.rows(ProofChallengeRow, written.locked("nonce = ?"), nonce)), None)


def _line(action: str, challenge: Challenge, now: datetime, **detail: Any) -> None:
    audit.append(
        action,
        now,
        event_id=challenge.event_id,
        actor_id=challenge.slack_id,
        challenge=name_of(challenge.nonce),
        kind=challenge.kind,
        revision=challenge.revision,
        **detail,
    )
