"""What is known of an event, line by line: used by the card, by its plain text and by the answers."""

from datetime import datetime, timedelta

from powertrip.cards import words
from powertrip.cards.blocks import Line, bold, date, outside, text, user
from powertrip.cards.text import one_line, show
from powertrip.domain.decision import Decision, Verdict
from powertrip.domain.event import Event, Status
from powertrip.domain.people import SubjectKind

VALUE_LIMIT = 160
FIELDS_SHOWN = 10
REASON_LIMIT = 600

_HOW = ("method", "key_type", "key_fingerprint")
_ELSEWHERE = frozenset({*_HOW, "source_port"})
_LABELS = {
    "event_outcome": "Outcome",
    "cert_id": "Certificate",
    "cert_serial": "Certificate serial",
    "ca_fingerprint": "Certified by",
}


def summary(event: Event) -> Line:
    """What, who and where."""
    return [
        bold(f"{words.title(event)} as "),
        _name(event.user_name, "an unnamed user"),
        bold(" on "),
        _name(event.host_name, "an unnamed host"),
    ]


def _name(value: str | None, otherwise: str) -> dict[str, object]:
    return outside(value, words.NAME_LIMIT, bold=True) if value else bold(otherwise)


def labelled(label: str, *pieces: dict[str, object]) -> Line:
    """A line that begins with its label."""
    return [bold(f"{label}: "), *pieces]


def essentials(event: Event) -> list[Line]:
    """From where, when, how often, and what to think of it."""
    source: Line = [text("the log names no address")]
    if event.source_ip:
        source = [outside(event.source_ip, words.NAME_LIMIT)]
        if port := event.fields.get("source_port"):
            source.append(text(f", port {show(port, 10)}"))
    lines = [labelled("From", *source), labelled("When", date(event.occurred_at))]
    if event.occurrences > 1:
        seen = f"{words.times(event.occurrences)}, last "
        lines.append(labelled("Seen", text(seen), date(event.last_occurred_at)))
    return [*lines, labelled("Risk", text(words.risk(event)))]


def details(event: Event) -> list[Line]:
    """How it was done, and what else the rule named."""
    ways = [show(event.fields[name], VALUE_LIMIT) for name in _HOW if event.fields.get(name)]
    lines = [labelled("How", text(" · ".join(ways)))] if ways else []
    others = [(name, value) for name, value in event.fields.items() if name not in _ELSEWHERE and value]
    for name, value in others[:FIELDS_SHOWN]:
        # The names of fields come from the rule, or from a record's JSON.
        label = _LABELS.get(name) or show(name.replace("_", " ").capitalize(), 40)
        lines.append(labelled(label, outside(value, VALUE_LIMIT)))
    if len(others) > FIELDS_SHOWN:
        lines.append([text(f"… and {words.count(len(others) - FIELDS_SHOWN, 'more field')}")])
    return [*lines, labelled("Source", text(show(event.source, VALUE_LIMIT)))]


def cut_off(characters: int) -> Line:
    """That a log line is not shown whole because it was never kept whole."""
    return [text(f"✂️ {words.count(characters, 'more character')} of the line came and were cut off.")]


def timing(event: Event, late_after: timedelta, future_after: timedelta) -> list[Line]:
    """That the record came late, or from the future."""
    # Asked about all the same, and said: an attacker may hold a log back, or set a clock.
    delay = event.received_at - event.occurred_at
    if delay > late_after:
        return [
            [text(f"⏰ This is late news: the record arrived {words.duration(delay)} after it happened.")]
        ]
    if -delay > future_after:
        ahead = words.duration(-delay)
        return [[text(f"⏰ The record is dated {ahead} after its own arrival: a clock is wrong.")]]
    return []


def about(event: Event) -> list[Line]:
    """Why this is in the security channel, or whose event it is."""
    if why := words.why_in_channel(event):
        return [labelled("Asked here", text(why))]
    # A mention would call somebody whose account is not the person's.
    if event.subject.slack_id and event.subject.kind is SubjectKind.PERSON:
        return [labelled("About", user(event.subject.slack_id))]
    return []


def demands(event: Event) -> list[Line]:
    """What approving takes beyond a click."""
    lines: list[Line] = []
    if event.requires_reason:
        lines.append([text("✍️ Approving this takes a reason.")])
    if event.requires_second_person and event.status is Status.PENDING:
        lines.append([text("👥 Approving this takes two people.")])
    return lines


def severity(event: Event) -> list[Line]:
    """That the severity is another one than the rule's, and why."""
    if not event.severity_reason:
        return []
    return [[bold(f"⚖️ Severity {event.severity}, {show(event.severity_reason, VALUE_LIMIT)}")]]


def backups(event: Event) -> list[Line]:
    """Where the event was told while Slack could not be."""
    return [
        [
            text("📟 Told by the backup channel "),
            text(show(told.channel, words.NAME_LIMIT)),
            text(", while Slack could not be, "),
            date(told.at),
        ]
        for told in event.backups
    ]


def trail(event: Event) -> list[Line]:
    """Who decided what, in order, and what is still to be done."""
    lines = [line for decision in event.decisions for line in decided(event, decision)]
    # One decision for many occurrences: say for how many, and up to when.
    last = event.decisions[-1] if event.decisions and not event.is_open else None
    if last and event.occurrences > 1 and last.revision >= event.revision:
        covers = f"{words.count(event.occurrences, 'occurrence')}, the last of "
        lines.append(labelled("Covers", text(covers), date(event.last_occurred_at)))
    if event.status is Status.HALF_APPROVED:
        lines.append([text("👥 A second person has to approve it too, or deny it.")])
    elif event.status is Status.DENIED:
        lines.append([text("🔎 A reviewer has to look into it and close it with a note.")])
    return lines


def decided(event: Event, decision: Decision) -> list[Line]:
    """One decision: by whom, when, how, why, having seen what."""
    verb, ending = words.DONE[decision.verdict], "."
    # A decision covers what the card had shown, and says so where more came meanwhile.
    if decision.revision < event.revision:
        ending = f", having seen {decision.revision:,} of the {event.revision:,} occurrences."
    line = [
        bold(f"{verb} by "),
        user(decision.actor_id),
        text(f" {words.VIA[decision.via]}, "),
        date(decision.at),
        text(ending),
    ]
    if not decision.reason:
        return [line]
    label = "Note" if decision.verdict is Verdict.CLOSE else "Reason"
    return [line, labelled(label, text(f"“{show(one_line(decision.reason), REASON_LIMIT)}”"))]


def entry(event: Event, now: datetime) -> Line:
    """An event as one line of a list."""
    origin = [text(" from "), outside(event.source_ip, words.NAME_LIMIT)] if event.source_ip else []
    return [
        text(f"{words.STATUS_MARK[event.status]} "),
        *summary(event),
        *origin,
        text(_standing(event, now)),
    ]


def plain_entry(event: Event, now: datetime) -> Line:
    """The same without emphasis, where many lines have to share a message."""
    mark = words.STATUS_MARK[event.status]
    return [text(f"{mark} {words.summary(event)} from {words.address(event)}{_standing(event, now)}")]


def _standing(event: Event, now: datetime) -> str:
    ago = words.duration(now - event.received_at)
    return f" · {ago} ago{words.often(event)} · {words.STATUS[event.status]} · {event.ref}"
