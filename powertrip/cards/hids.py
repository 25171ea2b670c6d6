"""What the host intrusion detection systems have to do with an event, in words."""

from powertrip.cards import words
from powertrip.cards.blocks import Line, date, labelled, text
from powertrip.cards.text import one_line, show
from powertrip.domain.event import Event, Status
from powertrip.domain.hids import OriginStanding, OriginState

WHY_LIMIT = 300
MISSED_SHOWN = 5
DECIDED = (Status.APPROVED, Status.DENIED, Status.CLOSED)


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
