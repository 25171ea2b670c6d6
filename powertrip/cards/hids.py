"""What the host intrusion detection systems have to do with an event, in words."""

from powertrip.cards import words
from powertrip.cards.address_lines import labelled
from powertrip.cards.blocks import Line, date, text
from powertrip.cards.text import one_line, show
from powertrip.domain.event import Event
from powertrip.domain.hids import OriginStanding, OriginState

WHY_LIMIT = 300
"""Characters of an origin's refusal that are shown."""


def alone(event: Event) -> list[Line]:
    """That the log pipeline did not tell of the event."""
    names = [_name(standing) for standing in event.origins if standing.state is OriginState.ALONE]
    return [[text(f"🕳️ The log pipeline missed this: only {words.listed(names)} saw it.")]] if names else []


def standings(event: Event) -> list[Line]:
    """What each origin saw, and was told."""
    return [
        labelled(f"HIDS ({_name(standing)})", *_words(standing))
        for standing in event.origins
        if standing.state is not OriginState.ALONE
    ]


def _name(standing: OriginStanding) -> str:
    return show(standing.origin, words.NAME_LIMIT)


def _words(standing: OriginStanding) -> Line:
    match standing.state:
        case OriginState.MISSED:
            return [text("⚠️ the HIDS did not see this.")]
        case OriginState.TOLD if standing.at:
            return [text("told what was decided, "), date(standing.at)]
        case OriginState.FAILED:
            why = show(one_line(standing.why or "no reason given"), WHY_LIMIT)
            return [text(f"⚠️ failed, not told what was decided: {why}")]
        case OriginState.PENDING:
            return [text("pending, will be told what is decided.")]
        case _:
            return [text("saw this too.")]
