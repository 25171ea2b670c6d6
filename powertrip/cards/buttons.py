"""The buttons under an event. Their values name the event and the revision shown, and grant nothing."""

from powertrip.cards import words
from powertrip.cards.blocks import Block, Style, actions, button, confirm, overflow
from powertrip.cards.text import fit
from powertrip.domain import lifecycle
from powertrip.domain.decision import FOR_AGENT, UNSURE
from powertrip.domain.event import Event, Status

APPROVE, DENY, CLOSE = "approve", "deny", "close"
NOT_AGAIN = "not_again"
MENU = "other_answers"

CONFIRM_LIMIT = 300
"""Characters that Slack takes in the question before a click."""


def value(event: Event) -> str:
    """What a button carries: the event, and the revision that its card shows."""
    # A decision covers what the card had shown: what came later stays open.
    return f"{event.id}.{event.revision}"


def deciding(event: Event, *, with_menu: bool = True) -> Block:
    """Approve, asking once more, and Deny, which never hesitates; beside them the answers that are rarer.

    Under a grave event Deny comes first, and Approve has no colour.
    """
    summary = words.summary(event)
    label, really = "Approve…", None
    # Where a reason or a proof is required, the modal that asks for it is the second look.
    if not (event.requires_reason or event.requires_proof):
        label = "Approve"
        # The weight comes last and is never cut, however long the names are.
        ending = f"{words.often(event)} ({words.weight(event)}). Approve only what you know to be right."
        really = confirm(
            title="Approve this?",
            body=fit(summary, CONFIRM_LIMIT - len(ending)) + ending,
            yes="Yes, approve",
            no="Go back",
        )
    # The hand that presses the first button unread must not approve what matters most.
    style: Style | None = None if event.is_grave else "primary"
    yes = button(label, APPROVE, value(event), about=summary, style=style, confirm=really)
    # Without a second question: a wrong Deny costs somebody a look, a late one more.
    no = button("Deny", DENY, value(event), about=summary, style="danger")
    menu = [("Not sure", f"{UNSURE} {value(event)}"), ("My agent or script…", f"{FOR_AGENT} {value(event)}")]
    clear = [no, yes] if event.is_grave else [yes, no]
    return actions([*clear, *([overflow(MENU, menu)] if with_menu else [])])


def closing(event: Event) -> Block:
    """Close, for a denied event; the note is asked in a modal, and says why where its list is not done.

    Where its person says that it was them after all, Approve stands beside it, for somebody else.
    """
    summary = words.summary(event)
    is_done = event.follow_up is None or not event.follow_up.undone
    label = "Close…" if is_done else "Waive the rest and close…"
    close = button(label, CLOSE, value(event), about=summary)
    if not lifecycle.is_claimed(event):
        return actions([close])
    agree = button("Approve…", APPROVE, value(event), about=summary)
    return actions([agree, close])


def not_again(event: Event) -> Block:
    """For whoever approved it: the like of it need not be asked about for a while."""
    about = f"the like of {words.summary(event)}"
    return actions([button("Don't ask again…", NOT_AGAIN, event.id, about=about)])


def for_status(event: Event, *, with_menu: bool = True) -> list[Block]:
    """The row of buttons that the event's status allows; none once it is settled."""
    if event.is_open:
        return [deciding(event, with_menu=with_menu)]
    return [closing(event)] if event.status is Status.DENIED else []
