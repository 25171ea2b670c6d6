"""What somebody proves, as the page tells of it: the approval of an event, or an expectation."""

from dataclasses import dataclass

from powertrip.cards import fields, words
from powertrip.cards.text import show
from powertrip.domain import expectation_words
from powertrip.domain.event import Event, Status
from powertrip.domain.expectation_proof import DONE, Act, ExpectationChallenge
from powertrip.domain.expectations import Expectation
from powertrip.domain.proof import Challenge
from powertrip.html import text
from powertrip.page.look import facts

VALUE_LIMIT = 300
MOST_FIELDS = 12
IN_WORDS = {
    Status.APPROVED: "was approved",
    Status.DENIED: "was denied",
    Status.CLOSED: "was denied and closed",
}
_ANOTHER = {
    Act.ANNOUNCE: "A reviewer who can prove it may announce it",
    Act.CONFIRM: "Another reviewer who can prove it may confirm it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """The words of one; of those that are HTML, text from outside is escaped."""

    title: str
    """Of the question."""
    asked: str
    """What somebody did in Slack, HTML: `pressed <b>Approve</b> on this`."""
    done: str
    """What it is then: `approved`."""
    warning: str
    """For whom it was not, HTML."""
    free: str
    """What takes no proof."""
    deciding: str
    """Of what is proven, and has not become anything yet."""
    taken: str
    """The headline of what it became."""
    became: str
    """What became of it, HTML."""
    why_not: str | None
    """Why it can come to nothing any more, HTML."""
    another: str
    """Who may do it in this person's place."""
    facts: str
    """All that it is about, HTML."""


def of_approval(challenge: Challenge, event: Event) -> Matter:
    """The approval of an event."""
    became, waits = _what_became(event), event.status is Status.HALF_APPROVED
    return Matter(
        title="Prove this approval",
        asked="pressed <b>Approve</b> on this",
        done="approved",
        warning="<b>Was it not you who pressed Approve?</b> Then prove nothing: whoever sent you this link "
        "wants your yes. Close the page, press Deny in Slack and tell your security team.",
        free="A denial never takes a proof.",
        deciding="Powertrip is deciding; look at Slack. Your approval counts from when the card there says "
        "so, for somebody may have been first.",
        taken="Your approval counts",
        became="A second person has to approve it too." if waits else became,
        why_not=None if event.is_open else f"{became} Look at the card in Slack.",
        another="A reviewer who can prove it may approve it",
        facts=_facts_of_event(challenge, event),
    )


def of_expectation(challenge: ExpectationChallenge, expected: Expectation) -> Matter:
    """The announcement of an expectation, or its confirmation; `expected` is as it is now."""
    act, done = challenge.act, DONE[challenge.act]
    asked = "announced this" if act is Act.ANNOUNCE else "pressed <b>Confirm</b> on this"
    why_not = None
    if act is Act.CONFIRM and expected.confirmed_at is not None:
        why_not = "It was confirmed already."
    if expected.ended_at is not None:
        why_not = f"It is over: {text(show(expected.ended_why or '', VALUE_LIMIT))}."
    return Matter(
        title="Prove this announcement" if act is Act.ANNOUNCE else "Prove this confirmation",
        asked=asked,
        done=done,
        warning=f"<b>Was it not you who {asked}?</b> Then prove nothing: whoever sent you this link wants "
        "your yes. Close the page and tell your security team. What it covers is approved without asking.",
        free="To end it never takes a proof.",
        deciding="Powertrip looks at it; a message in Slack tells you what became of it.",
        taken=f"It was {done}",
        became="It is expected now."
        if expected.is_open
        else why_not or "It covers nothing until a reviewer confirms it.",
        why_not=why_not,
        another=_ANOTHER[act],
        facts=_facts_of_expectation(expected),
    )


def _what_became(event: Event) -> str:
    what = IN_WORDS.get(event.status, "waits for a decision")
    last = event.decisions[-1] if event.decisions else None
    by = (
        f" by {text(show(last.actor_name, 80))} at {words.utc(last.at)}" if last and not event.is_open else ""
    )
    return f"This {what}{by}."


def _facts_of_event(challenge: Challenge, event: Event) -> str:
    rows = [("What", words.summary(event))]
    for name, value in (("Who", event.user_name), ("Where", event.host_name), ("From", event.source_ip)):
        rows += [(name, show(value, VALUE_LIMIT))] if value else []
    rows.append(("Severity", event.severity.value))
    rows.append(("When", f"{words.utc(event.occurred_at)}{_often(challenge, event)}"))
    shown = list(fields.in_words(event).items())
    rows += [(name, show(value, VALUE_LIMIT)) for name, value in shown[:MOST_FIELDS]]
    if len(shown) > MOST_FIELDS:
        rows.append(
            ("More", f"{words.count(len(shown) - MOST_FIELDS, 'field')} that the card in Slack shows")
        )
    if challenge.reason:
        rows.append(("Reason given", show(challenge.reason, VALUE_LIMIT)))
    rows.append(("Event", event.id))
    return facts(rows)


def _often(challenge: Challenge, event: Event) -> str:
    if event.is_open and event.revision > challenge.revision:
        return ". It happened again since Approve was pressed: that is not covered, and stays open"
    return f"; {words.times(event.times)} in all" if event.times > 1 else ""


def _facts_of_expectation(expected: Expectation) -> str:
    up_to = f"{expected.severity} severity and {expected.risk} risk"
    rows = [
        ("Whose work", show(expected.person, VALUE_LIMIT)),
        ("Rule", show(expected.rule, VALUE_LIMIT)),
        ("Hosts", show(expected.host, VALUE_LIMIT)),
        ("Network", show(expected.network or "any", VALUE_LIMIT)),
        *([("Key", show(expected.key, VALUE_LIMIT))] if expected.key else []),
        ("Up to", up_to),
        ("When", expectation_words.span(expected)),
        ("Why", show(expected.reason, VALUE_LIMIT)),
        ("Announced by", show(f"{expected.created_name} ({expected.created_by})", VALUE_LIMIT)),
        ("Expectation", expected.id),
    ]
    return facts(rows)
