"""What is said of proofs beside the cards, in plain text."""

from datetime import datetime

from powertrip.domain.delivery import Note
from powertrip.domain.proof import IN_WORDS, Challenge


def wrong_answers(challenge: Challenge, locked_until: datetime | None) -> Note:
    """For the security channel: somebody who presses Approve cannot prove it."""
    who, failures = challenge.name, challenge.failures
    times = "once" if failures == 1 else f"{failures} times"
    lines = [
        f"{who} wants to approve {challenge.event_id}, which takes {IN_WORDS[challenge.kind]}.",
        f"They have answered wrongly {times} in one window. Nothing was approved.",
        "Either they mistyped, or somebody else has their Slack. Ask them by another way than Slack.",
    ]
    if locked_until is not None:
        lines.insert(2, f"What they enrolled proves nothing until {locked_until:%H:%M} UTC.")
    return Note(title="An approval could not be proven", lines=tuple(lines))


def not_approved(challenge: Challenge, why: str) -> Note:
    """For the person who proved it, where no approval came of it."""
    return Note(title=f"{challenge.event_id} was not approved", lines=(why,))
