"""What is said of proofs beside the cards, in plain text."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from powertrip.domain.delivery import Choice, Note, Question
from powertrip.domain.enrolment import Began, Enrolled, Loss
from powertrip.domain.event import Event
from powertrip.domain.proof import IN_WORDS, Challenge, ProofKind
from powertrip.domain.proof_limits import COPIED, TOO_OFTEN

CONFIRM, REFUSE = "proof_confirm", "proof_refuse"
LOST_CONFIRM, LOST_REFUSE = "proof_lost_confirm", "proof_lost_refuse"
ASKED_THEM = (
    "From then on it proves approvals in their name. Confirm only what they told you of themselves, by "
    "another way than Slack."
)
LOST_FOR_GOOD = (
    "What they enrolled ends for good, and they have to enrol anew. Confirm only what they told you of "
    "themselves, by another way than Slack."
)
_AT = "%Y-%m-%d %H:%M:%S UTC"


def wrong_answers(
    challenge: Challenge, about: Event, command: str, locked_until: datetime | None = None
) -> Note:
    """For the security channel: somebody who presses Approve cannot prove it."""
    who, failures = challenge.name, challenge.failures
    if challenge.ended_why == COPIED:
        return Note(
            title="A passkey may have been copied",
            lines=(
                f"{who} wants to approve {about.id}. The count of the passkey went back.",
                f"What it is about: {_what(about)}.",
                "That is how a copy of a passkey shows. Nothing was approved.",
                "Ask them by another way than Slack whether it was them. If not, end what they enrolled.",
            ),
        )
    times = "once" if failures == 1 else f"{failures} times"
    lines = [
        f"{who} wants to approve {about.id}, which takes {IN_WORDS[challenge.kind]}.",
        f"What it is about: {_what(about)}.",
        f"They have answered wrongly {times} in one window. Nothing was approved.",
        (
            "Either they mistyped, or somebody else has their Slack. Ask them by another way than Slack. If "
            f"it was not them, type {command} deny {about.id} to deny it."
        ),
    ]
    if locked_until is not None:
        lines.insert(3, f"What they enrolled proves nothing until {locked_until:{_AT}}.")
    return Note(title="An approval could not be proven", lines=tuple(lines))


def not_proven(left: int) -> str:
    """For whoever typed what does not prove it, and can try again.

    The same for every failure, so that nobody learns from it how near a guess was.
    """
    tries = "one try is" if left == 1 else f"{left} tries are"
    return (
        "That did not prove it: the answer was wrong, too old, or used before. Nothing was approved. "
        f"At most {tries} left."
    )


def why_over(challenge: Challenge, now: datetime) -> str | None:
    """Why nothing can be typed for it any more; None while something can.

    It rests on nothing that is typed afterwards, so it does not tell whether that would have been right.
    """
    if challenge.met_at is not None:
        return "This window was answered before. The card says what became of it."
    over = "That did not prove it, and this window is over"
    if challenge.ended_why == TOO_OFTEN:
        return (
            f"{over}: there were too many wrong answers.\nNothing was approved, and the security channel is "
            "told.\nIf you did not press Approve yourself, press Deny on the card: that takes no proof. "
            "Otherwise press Approve again: it says whether you have another try, or another way."
        )
    if challenge.ended_at is not None:
        return f"{over}: Approve was pressed again.\nNothing was approved here. Use the newer window."
    if now >= challenge.until:
        return (
            f"{over}: it was good for five minutes.\nNothing was approved. Press Approve on the card again."
        )
    return None


UNKNOWN_WINDOW = "That did not prove it. Nothing was approved. Press Approve on the card again, or Deny."
"""For a window that is not of whoever submits it."""


def cannot_prove(event: Event, name: str, command: str) -> Note:
    """For the security channel: the person whom it is about wants to approve it, and has no proof."""
    return Note(
        title=f"{name} cannot prove that {event.id} was them",
        lines=(
            f"{_what(event)}: they pressed Approve, and cannot give the proof that it takes. It stays open.",
            f"A reviewer who has one can approve it: {command} show {event.id}. Anybody who may can deny it.",
        ),
    )


def _what(event: Event) -> str:
    """`SSH login as bob on bastion-1`."""
    named = (
        event.title,
        event.user_name and f"as {event.user_name}",
        event.host_name and f"on {event.host_name}",
    )
    return " ".join(part for part in named if part)


def not_approved(challenge: Challenge, why: str) -> Note:
    """For the person who proved it, where no approval came of it."""
    return Note(title=f"{challenge.event_id} was not approved", lines=(why,))


def enrolment_question(enrolled: Enrolled, name: str, command: str, others: int) -> Question:
    """For reviewers: does somebody's new factor count? `others` of theirs count already."""
    return Question(
        title=f"{enrolled.person} has enrolled {IN_WORDS[enrolled.kind]}",
        lines=(
            f"It was enrolled {_where(enrolled)}, for {name} in Slack: {enrolled.label}.",
            *_beside(others, "They have"),
            (
                "It counts for nothing until a reviewer other than them confirms it. Ask them first, and by "
                f"another way than Slack, whether it was they who enrolled it{_which(enrolled)}."
            ),
            (
                f"Confirm it until {enrolled.confirm_by:{_AT}}, here or with {command} proofs confirm "
                f"{enrolled.id}."
            ),
        ),
        choices=(
            Choice(label="Confirm", action=CONFIRM, value=enrolled.id, really=ASKED_THEM),
            Choice(label="Refuse", action=REFUSE, value=enrolled.id),
        ),
    )


def _where(enrolled: Enrolled) -> str:
    at = f"at {enrolled.enrolled_at:{_AT}}"
    if enrolled.began is Began.SIGN_IN:
        return f"on the page {at}, after a sign-in at the identity provider and not on the server"
    where = "on the page with a code of" if enrolled.kind is ProofKind.PASSKEY else "on"
    return f"{where} the server {at}"


def _which(enrolled: Enrolled) -> str:
    # Nobody was in the room: who has their sign-in may enrol at the same time as they do.
    return f", and whether their page calls it {enrolled.id}" if enrolled.began is Began.SIGN_IN else ""


def _beside(others: int, who: str) -> tuple[str, ...]:
    """What it comes in addition to; no line where it is the first."""
    if not others:
        return ()
    count = "count" if others > 1 else "counts"
    return (f"{who} {others} that {count} already; this comes beside, and ends none.",)


def enrolled_for_you(enrolled: Enrolled, others: int) -> Note:
    """For the person in whose name it was enrolled; `others` of theirs count already."""
    return Note(
        title=f"{IN_WORDS[enrolled.kind].capitalize()} was enrolled for you",
        lines=(
            f"It was enrolled {_where(enrolled)}: {enrolled.label}.",
            *_beside(others, "You have"),
            "It counts once a reviewer has confirmed it.",
            "Was that not you? Then tell security at once, and not only in Slack.",
        ),
        quiet=True,
    )


def enrolment_told(enrolled: Enrolled, fresh: timedelta) -> Note:
    """What becomes of that question."""
    title = f"{enrolled.person} has enrolled {IN_WORDS[enrolled.kind]}"
    if enrolled.ended_at is not None:
        return Note(title=f"{title}; it counts for nothing", lines=(f"{enrolled.ended_why}.",), quiet=True)
    assert enrolled.confirmed_at is not None  # noqa: S101 (it is one or the other)
    from_then = enrolled.confirmed_at + fresh
    return Note(
        title=f"{title}, and it counts",
        lines=(
            f"It was enrolled {_where(enrolled)}.",
            f"{enrolled.confirmed_name} confirmed it at {enrolled.confirmed_at:{_AT}}.",
            f"For events of high severity and above it counts from {from_then:{_AT}} on.",
        ),
        quiet=True,
    )


def loss_question(loss: Loss, factors: Sequence[Enrolled], command: str) -> Question:
    """For reviewers: is the device really lost?"""
    these = "; ".join(f"{IN_WORDS[each.kind]} ({each.label})" for each in factors)
    return Question(
        title=f"Has {loss.name} lost what proves their approvals?",
        lines=(
            f"{loss.asked_name} says so. If a second reviewer agrees, this ends for good: {these}.",
            "Ask them by another way than Slack. Afterwards they enrol anew.",
            f"Confirm it until {loss.until:{_AT}}, here or with {command} proofs confirm {loss.id}.",
        ),
        choices=(
            Choice(label="Confirm", action=LOST_CONFIRM, value=loss.id, really=LOST_FOR_GOOD),
            Choice(label="Refuse", action=LOST_REFUSE, value=loss.id),
        ),
    )


def loss_told(loss: Loss, why: str, *, is_ended: bool) -> Note:
    """What becomes of that question."""
    state = "proves nothing any more" if is_ended else "still counts"
    return Note(
        title=f"What {loss.name} enrolled {state}",
        lines=(f"{loss.asked_name} said that it is lost. {why}",),
        quiet=True,
    )
