"""What is said of proofs of expectations beside the cards, in plain text."""

from datetime import datetime

from powertrip.domain.delivery import Note
from powertrip.domain.expectation_proof import AGAIN, DONE, ExpectationChallenge
from powertrip.domain.expectation_words import scope, span, standing
from powertrip.domain.expectations import Expectation
from powertrip.domain.proof import IN_WORDS
from powertrip.domain.proof_limits import COPIED, TOO_OFTEN

UNKNOWN_WINDOW = "That did not prove it. Nothing is expected by it. Announce it, or confirm it, again."
"""For a window that is not of whoever submits it."""


def wrong_answers(challenge: ExpectationChallenge, locked_until: datetime | None) -> Note:
    """For the security channel: somebody who announces work, or confirms it, cannot prove that it is they."""
    who, failures, done = challenge.name, challenge.failures, DONE[challenge.act]
    wanted = f"{who} wants to {challenge.act} work of {challenge.expected.person}"
    about = f"What it is about: {scope(challenge.expected)}."
    if challenge.ended_why == COPIED:
        return Note(
            title="A passkey may have been copied",
            lines=(
                f"{wanted}. The count of the passkey went back.",
                about,
                f"That is how a copy of a passkey shows. Nothing was {done}.",
                "Ask them by another way than Slack whether it was them. If not, end what they enrolled.",
            ),
        )
    times = "once" if failures == 1 else f"{failures} times"
    lock: tuple[str, ...] = ()
    if locked_until is not None:
        lock = (f"What they enrolled proves nothing until {locked_until:%Y-%m-%d %H:%M:%S UTC}.",)
    return Note(
        title="An expectation could not be proven",
        lines=(
            f"{wanted}, which takes {IN_WORDS[challenge.kind]}.",
            about,
            f"They have answered wrongly {times} in one window. Nothing was {done}.",
            *lock,
            "Either they mistyped, or somebody else has their Slack. Ask them by another way than Slack.",
        ),
    )


def not_proven(challenge: ExpectationChallenge, left: int) -> str:
    """For whoever typed what does not prove it, and can try again: the same for every failure."""
    tries = "one try is" if left == 1 else f"{left} tries are"
    return (
        "That did not prove it: the answer was wrong, too old, or used before. "
        f"Nothing was {DONE[challenge.act]}. At most {tries} left."
    )


def why_over(challenge: ExpectationChallenge, command: str, now: datetime) -> str | None:
    """Why nothing can be typed for it any more; None while something can."""
    done, again = DONE[challenge.act], AGAIN[challenge.act]
    if challenge.met_at is not None:
        return f"This window was answered before. {command} expectations shows what became of it."
    over = "That did not prove it, and this window is over"
    if challenge.ended_why == TOO_OFTEN:
        return (
            f"{over}: there were too many wrong answers.\nNothing was {done}, and the security channel is "
            f"told.\nIf you did not begin this yourself, tell security at once. Otherwise {again}: you read "
            "then whether you have another try, or another way."
        )
    if challenge.ended_at is not None:
        return f"{over}: it was begun again.\nNothing was {done} here. Use the newer window."
    if now >= challenge.until:
        return f"{over}: it was good for five minutes.\nNothing was {done}: {again}."
    return None


def not_taken(challenge: ExpectationChallenge, why: str) -> Note:
    """For the person who proved it, where nothing came of it."""
    expected, done = challenge.expected, DONE[challenge.act]
    return Note(title=f"Work of {expected.person} was not {done}", lines=(f"{scope(expected)}.", why))


def taken(challenge: ExpectationChallenge, expected: Expectation) -> Note:
    """For the person who proved it on the page, and sees no answer where they pressed."""
    what = (f"What: {scope(expected)}.", f"When: {span(expected)}.", standing(expected))
    title = f"Work of {expected.person} was {DONE[challenge.act]}, {expected.id}"
    return Note(title=title, lines=what, quiet=True)
