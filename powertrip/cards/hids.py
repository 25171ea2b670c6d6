"""What the host intrusion detection systems have to do with an event, in words."""

from powertrip.cards import words
from powertrip.cards.blocks import Line, date, labelled, text
from powertrip.cards.text import one_line, show
from powertrip.domain.event import Event
from powertrip.domain.hids import OriginState

WHY_LIMIT = 300


def alone(event: Event) -> list[Line]:
    """That the log pipeline did not tell of the event."""
    alone = [standing.origin for standing in event.origins if standing.state is OriginState.ALONE]
    names = [show(origin, words.NAME_LIMIT) for origin in alone]
    return [[text(f"🕳️ The log pipeline missed this: only {words.listed(names)} saw it.")]] if names else []


def standings(event: Event) -> list[Line]:
    """What each origin saw, and was told."""
    lines: list[Line] = []
    for standing in event.origins:
        label = f"HIDS ({show(standing.origin, words.NAME_LIMIT)})"
        match standing.state:
            case OriginState.ALONE:
                continue
            case OriginState.MISSED:
                line = [text("⚠️ the HIDS did not see this.")]
            case OriginState.TOLD if standing.at:
                line = [text("told what was decided, "), date(standing.at)]
            case OriginState.FAILED:
                # An API's refusal is text from outside, and may be a page of HTML.
                why = show(one_line(standing.why or "no reason given"), WHY_LIMIT)
                line = [text(f"⚠️ failed, not told what was decided: {why}")]
            case OriginState.PENDING:
                line = [text("pending, will be told what is decided.")]
            case _:
                line = [text("saw this too.")]
        lines.append(labelled(label, *line))
    return lines
