"""What the host intrusion detection systems have to do with an event, in words."""

from powertrip.cards import words
from powertrip.cards.blocks import Line, date, labelled, text
from powertrip.cards.text import one_line, show
from powertrip.domain.event import DECIDED, Event
from powertrip.domain.hids import OriginStanding, OriginState

WHY_LIMIT = 300
MISSED_SHOWN = 5
UNUSUAL = frozenset({OriginState.MISSED, OriginState.FAILED})


def unusual(event: Event) -> list[Line]:
    """That one side did not see the event, or is not told."""
    alone = [standing.origin for standing in event.origins if standing.state is OriginState.ALONE]
    names = [show(origin, words.NAME_LIMIT) for origin in alone]
    missed = f"🕳️ The log pipeline missed this: only {words.listed(names)} saw it." if names else ""
    return [*([[text(missed)]] if missed else []), *_standings(event, UNUSUAL)]


def usual(event: Event) -> list[Line]:
    """What each other origin saw, and was told."""
    return _standings(event, frozenset(OriginState) - UNUSUAL - {OriginState.ALONE})


def _standings(event: Event, states: frozenset[OriginState]) -> list[Line]:
    lines: list[Line] = []
    for standing in event.origins:
        if standing.state not in states:
            continue
        label = f"HIDS ({show(standing.origin, words.NAME_LIMIT)})"
        match standing.state:
            case OriginState.MISSED:
                line = _missed(event, standing)
            case OriginState.TOLD if standing.at:
                line = [text("told what was decided, "), date(standing.at)]
            case OriginState.FAILED:
                # An API's refusal is text from outside, and may be a page of HTML.
                why = show(one_line(standing.why or "no reason given"), WHY_LIMIT)
                line = [text(f"⚠️ failed, not told what was decided: {why}")]
            case OriginState.PENDING:
                # What is decided is on its way, and is tried again until it arrives.
                is_decided = event.status in DECIDED
                coming = (
                    "being told of the decision." if is_decided else "pending, will be told what is decided."
                )
                line = [text(coming)]
            case _:
                line = [text("saw this too.")]
        lines.append(labelled(label, *line))
    return lines


def _missed(event: Event, standing: OriginStanding) -> Line:
    """Which of the event's records the origin did not see."""
    if event.occurrences <= 1:
        return [text("⚠️ the HIDS did not see this.")]
    count = len(standing.missed)
    if count >= event.occurrences:
        return [text(f"⚠️ the HIDS saw none of these {event.occurrences:,}.")]
    line = [text(f"⚠️ the HIDS did not see {count:,} of these {event.occurrences:,}: ")]
    for number, missed in enumerate(standing.missed[:MISSED_SHOWN]):
        port = f" (port {show(missed.source_port, 10)})" if missed.source_port else ""
        line += [*([text(", ")] if number else []), date(missed.at), text(port)]
    more = f" and {count - MISSED_SHOWN:,} more" if count > MISSED_SHOWN else ""
    return [*line, text(f"{more}.")]
