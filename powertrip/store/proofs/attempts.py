"""Attempts at a proof, of approvals and of expectations alike: answered, failed, met, and ended."""

from collections.abc import Callable
from datetime import datetime

from powertrip.domain import expectation_proof_words, proof_words
from powertrip.domain.event import Event
from powertrip.domain.expectation_proof import AnyChallenge
from powertrip.domain.expectations import Expectation
from powertrip.domain.proof import ENROLLED, Challenge, Met, ProofKind, Proving
from powertrip.domain.proof_limits import COPIED, TAKEN_WITHIN, TOO_OFTEN, TRIES
from powertrip.store import notes, written
from powertrip.store.database import Turn, wait_for_each
from powertrip.store.proofs import factors, numbers
from powertrip.store.proofs.rows import (
    READY,
    UNMET,
    attempt_from,
    get,
    line,
    locked,
    name_of_table,
)
from powertrip.store.proofs.tables import ExpectationChallengeRow, ProofChallengeRow
from powertrip.store.rows import read_event
from powertrip.store.signals import Signal, notify

Check = Callable[[AnyChallenge, Event | Expectation, Proving], Met | None]


def answer(nonce: str, slack_id: str, check: Check, now: datetime, due_at: datetime) -> AnyChallenge | None:
    """Mark it met if `check` says so, or count a wrong answer; None where it is not met.

    Answers of one person are looked at one after the other: of a thousand guesses at the same moment as many
    count as of a thousand in a row.
    """
    wait_for_each(Turn.PROVING, [slack_id])
    attempt = get(nonce)
    # Whoever has the nonce of somebody else's learns nothing by it.
    if attempt is None or attempt.slack_id != slack_id:
        return None
    attempt = locked(nonce)
    if attempt is None or not attempt.is_open(now):
        return None
    if isinstance(attempt, Challenge) and _guessed_too_often(attempt, now):
        end(nonce, TOO_OFTEN, now)
        return None
    found = check(attempt, _about(attempt), Proving(factors=factors.standing(slack_id)))
    done = met(nonce, found, now, due_at) if found else None
    if done is None:
        failed(nonce, now)
    return done


def _about(attempt: AnyChallenge) -> Event | Expectation:
    return read_event(attempt.event_id) if isinstance(attempt, Challenge) else attempt.expected


def _guessed_too_often(challenge: Challenge, now: datetime) -> bool:
    of_number = challenge.kind is ProofKind.SESSION_NUMBER
    return of_number and numbers.failures(challenge.event_id, challenge.slack_id, now) >= TRIES


def failed(nonce: str, now: datetime, *, is_copy: bool = False) -> None:
    """Count a wrong answer; what was answered wrongly too often ends, of which a worker tells security.

    So does at once what was answered by the copy of a passkey.
    """
    attempt = locked(nonce)
    if attempt is None or not attempt.is_open(now):
        return
    failures = attempt.failures + 1
    written.run(f"UPDATE {name_of_table(nonce)} SET failures = ? WHERE nonce = ?", failures, nonce)  # noqa: S608 (ours)
    line("failed", attempt, now, failures=failures)
    is_over = is_copy or failures >= TRIES
    if isinstance(attempt, Challenge) and attempt.kind is ProofKind.SESSION_NUMBER:
        is_over = _guessed_too_often(attempt, now)
    if attempt.kind in ENROLLED and factors.count_failure(attempt, now):
        is_over = True
    if is_over:
        end(nonce, COPIED if is_copy else TOO_OFTEN, now)
        written.run(f"UPDATE {name_of_table(nonce)} SET due_at = ? WHERE nonce = ?", now, nonce)  # noqa: S608 (ours)
        notify(Signal.PROOFS)


def tell_of_failures(nonce: str, channel: str, command: str, now: datetime) -> None:
    """Tell security, once, of an attempt that ended by wrong answers."""
    once = f"UPDATE {name_of_table(nonce)} SET due_at = NULL WHERE nonce = ? AND due_at <= ?"  # noqa: S608 (ours)
    told, attempt = written.run(once, nonce, now), get(nonce)
    if told.rowcount == 1 and attempt is not None:
        theirs = factors.standing(attempt.slack_id)
        locks = [each.locked_until for each in theirs if each.kind is attempt.kind]
        until = max((each for each in locks if each and each > now), default=None)
        if isinstance(attempt, Challenge):
            note = proof_words.wrong_answers(attempt, read_event(attempt.event_id), command, until)
        else:
            note = expectation_proof_words.wrong_answers(attempt, until)
        notes.post(channel, note, now)


def met(nonce: str, answer: Met, now: datetime, due_at: datetime) -> AnyChallenge | None:
    """Mark it met; from `due_at` on a worker takes what it proves, unless that was taken by then.

    Returns None, with nothing changed, where it is over, or the step of its factor was used already.
    """
    attempt = locked(nonce)
    if attempt is None or not attempt.is_open(now):
        return None
    if attempt.kind in ENROLLED and not factors.use(attempt, answer, now):
        return None
    written.run(
        f"UPDATE {name_of_table(nonce)} SET met_at = ?, factor_id = ?, until = ?, due_at = ? WHERE nonce = ? AND {UNMET}",  # noqa: S608, E501 (ours)
        *(now, answer.factor_id, now + TAKEN_WITHIN, due_at, nonce),
    )
    done = get(nonce)
    assert done is not None  # noqa: S101 (its row is locked)
    line("met", done, now, factor=answer.factor_id)
    notify(Signal.PROOFS)
    return done


def due(now: datetime, limit: int) -> list[AnyChallenge]:
    """Those that a worker takes now, the oldest first; of each kind of attempt this many at most."""
    waiting = "due_at <= ? ORDER BY due_at, nonce LIMIT ?"
    of_approvals = written.rows(ProofChallengeRow, waiting, now, limit)
    of_expectations = written.rows(ExpectationChallengeRow, waiting, now, limit)
    return list(map(attempt_from, [*of_approvals, *of_expectations]))


def postpone(nonce: str, due_at: datetime) -> None:
    """Have a worker come back to it later."""
    written.run(
        f"UPDATE {name_of_table(nonce)} SET due_at = ? WHERE nonce = ? AND {READY}",  # noqa: S608 (ours)
        *(due_at, nonce),
    )


def end(nonce: str, why: str, now: datetime, *, tell: str | None = None) -> bool:
    """End it unspent, and have its person told; returns whether it was there to be ended."""
    ended = written.run(
        f"UPDATE {name_of_table(nonce)} SET ended_at = ?, ended_why = ?, due_at = NULL "  # noqa: S608 (ours)
        "WHERE nonce = ? AND spent_at IS NULL AND ended_at IS NULL",
        *(now, why, nonce),
    )
    attempt = get(nonce)
    if ended.rowcount != 1 or attempt is None:
        return False
    line("ended", attempt, now, why=why)
    if tell:
        if isinstance(attempt, Challenge):
            note = proof_words.not_approved(attempt, tell)
        else:
            note = expectation_proof_words.not_taken(attempt, tell)
        notes.post(attempt.slack_id, note, now)
    return True
