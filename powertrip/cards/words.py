"""Plain words for what the values of an event mean."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from powertrip.cards.text import clean, fit_middle, named, one_line, quoted, show
from powertrip.domain.address import AddressKind, RiskLevel
from powertrip.domain.decision import ActorKind, Decision, Verdict, Via
from powertrip.domain.event import Event, Severity, Status
from powertrip.domain.people import Standing, Subject, SubjectKind

NAME_LIMIT = 60
"""Characters of a user, a host or a person that are shown."""
TITLE_LIMIT = 80
DECISIVE_SHOWN = 4
"""Decisive fields that stand beside the title."""
DECISIVE_LIMIT = 160
"""Characters of them all together, in plain text."""
FAILURE = "failure"
"""What `event_outcome` says of what was tried and did not succeed."""

DONE = {Verdict.APPROVE: "Approved", Verdict.DENY: "Denied", Verdict.CLOSE: "Closed"}
STATUS = {
    Status.PENDING: "pending",
    Status.HALF_APPROVED: "half approved",
    Status.APPROVED: "approved",
    Status.DENIED: "denied",
    Status.CLOSED: "closed",
}
STATUS_MARK = {
    Status.PENDING: "⏳",
    Status.HALF_APPROVED: "⏳",
    Status.APPROVED: "✅",
    Status.DENIED: "⛔",
    Status.CLOSED: "📁",
}
SEVERITY = {
    Severity.LOW: "low severity",
    Severity.MEDIUM: "medium severity",
    Severity.HIGH: "high severity",
    Severity.CRITICAL: "critical severity",
}
VIA = {Via.BUTTON: "with the button", Via.COMMAND: "by command"}
FROM_MENU = "from the menu"
STANDING = {
    Standing.MEMBER: "a member of this workspace",
    Standing.GUEST: "a guest of this workspace",
    Standing.DEACTIVATED: "a deactivated account",
    Standing.OUTSIDER: "a member of another organisation",
    Standing.BOT: "a bot",
    Standing.UNKNOWN: "somebody Slack could not tell us about just now",
}

RISK_DOT = {RiskLevel.LOW: "🟢", RiskLevel.MEDIUM: "🟡", RiskLevel.HIGH: "🔴"}

_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def duration(length: timedelta) -> str:
    """The two largest units of a length of time: `2 h 5 min`, `40 s`; a negative one counts as none."""
    seconds = max(0, int(length.total_seconds()))
    for (unit, size), (smaller, smaller_size) in pairwise(_UNITS):
        if seconds >= size:
            rest = seconds % size // smaller_size
            whole = f"{seconds // size:,} {unit}"
            return f"{whole} {rest} {smaller}" if rest else whole
    return f"{seconds} s"


def count(number: int, thing: str) -> str:
    """`1 event`, `1,234 events`."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def does(number: int, one: str, many: str) -> str:
    """The verb that agrees with the number: `1 event waits`, `2 events wait`."""
    return one if number == 1 else many


def times(number: int) -> str:
    """`once`, `twice`, `3 times`."""
    return {1: "once", 2: "twice"}.get(number, f"{number:,} times")


def ordinal(number: int) -> str:
    """`1st`, `12th`, `1,002nd`."""
    # 11th to 13th, and 111th, whatever their last digit.
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"


def often(event: Event) -> str:
    """`, 3 times` to go on with after an event that occurred more than once; else nothing."""
    return f", {times(event.times)}" if event.times > 1 else ""


def utc(moment: datetime) -> str:
    """`2026-01-31 12:03:22 UTC`."""
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def listed(things: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(things[:-1]), things[-1]] if len(things) > 1 else things)


# The next ones take text from outside, and each gives a piece that is fit for a sentence of ours.


def user(event: Event) -> str:
    return named(event.user_name, NAME_LIMIT) if event.user_name else "an unnamed user"


def title(event: Event) -> str:
    return show(event.title, TITLE_LIMIT)


def summary(event: Event) -> str:
    """`sudo to root: “systemctl stop auditd” as alice on db-1 from 192.0.2.10`, in plain text.

    What the log does not name is left out.
    """
    parts = [title(event)]
    if event.decisive:
        shown = " · ".join(clean(value) for value in event.decisive[:DECISIVE_SHOWN])
        parts[0] += f": {quoted(fit_middle(shown, DECISIVE_LIMIT))}"
    for word, name in (("as", event.user_name), ("on", event.host_name), ("from", event.source_ip)):
        parts += [f"{word} {named(name, NAME_LIMIT)}"] if name else []
        parts += [f"and {count(event.users - 1, 'other')}"] if word == "as" and event.users > 1 else []
    return " ".join(parts)


def weight(event: Event) -> str:
    """`🔴 high risk, high severity`: how bad it is; the dot's colour never stands without its word."""
    level = event.risk.level
    risk = "" if level is RiskLevel.UNKNOWN else f"{RISK_DOT[level]} {level} risk, "
    return f"{risk}{SEVERITY[event.severity]}"


def alarm(event: Event) -> str:
    """What the headline of a grave event begins with; others have none, or nobody would see it any more."""
    grave = {Severity.CRITICAL: ("🚨", "critical"), Severity.HIGH: ("❗", "high severity")}
    found = [grave[event.severity]] if event.severity in grave else []
    found += [(RISK_DOT[RiskLevel.HIGH], "high risk")] if event.risk.level is RiskLevel.HIGH else []
    return f"{found[0][0]} {', '.join(word for _, word in found).capitalize()}. " if found else ""


def risk(event: Event) -> str:
    """`🔴 high (84 of 100 by Threat Jammer): in 3 lists`; empty where no service rates the address."""
    risk = event.risk
    if risk.level is RiskLevel.UNKNOWN:
        return ""
    by = f" by {show(risk.service, NAME_LIMIT)}" if risk.service else ""
    according = by if risk.score is None else f" ({risk.score} of 100{by})"
    because = f": {show(risk.reason, 200)}" if risk.reason else ""
    return f"{RISK_DOT[risk.level]} {risk.level}{according}{because}"


ADDRESS_KIND = {
    AddressKind.PRIVATE: "a private address",
    AddressKind.SHARED: "an address that a provider shares among customers",
    AddressKind.DOCUMENTATION: "an address for documentation, used by nobody",
    AddressKind.RESERVED: "a reserved address, used by nobody",
}
"""What is said of an address that no service is asked about."""


def person(subject: Subject) -> str | None:
    """The name Slack shows for the subject, fit for a sentence."""
    return named(subject.name, NAME_LIMIT) if subject.name else None


def way(decision: Decision) -> str:
    """`with the button`, `by command`."""
    is_chosen = decision.actor_kind is ActorKind.AGENT and decision.via is Via.BUTTON
    return FROM_MENU if is_chosen else VIA[decision.via]


def unsure(event: Event) -> str:
    """`Alice is not sure`, `Alice and 2 others are not sure`; of an event of which somebody is."""
    first, *others = event.doubts
    name = named(first.actor_name, NAME_LIMIT)
    return f"{name} and {count(len(others), 'other')} are not sure" if others else f"{name} is not sure"


def for_agent(event: Event) -> str:
    """` for the agent or script “nightly-backup”`, where the last decision was for one; else nothing."""
    last = event.decisions[-1] if event.decisions else None
    if last is None or last.actor_kind is ActorKind.PERSON:
        return ""
    return f" for the agent or script {named(one_line(last.agent_name or '-'), NAME_LIMIT)}"


def why_in_channel(event: Event) -> str | None:
    """The sentence that says why no person was asked; None where one was."""
    name = user(event)
    if event.diverted:
        return f"{event.diverted} for {person(event.subject) or name}, too many to answer each with care."
    who = f"{person(event.subject)} ({name})" if event.subject.name else name
    team = f"of team {named(event.subject.team, NAME_LIMIT)}" if event.subject.team else ""
    unlisted = f"Nobody is listed for {name} in the configuration."
    sentences = {
        SubjectKind.BOT: f"{name} is a bot {team}." if team else f"{name} is a bot; no team is named.",
        SubjectKind.UNMAPPED: unlisted if event.user_name else "The log names no user.",
        SubjectKind.NOT_FOUND: f"Slack knows no member for {name}.",
        SubjectKind.DEACTIVATED: f"The Slack account of {who} is deactivated.",
        SubjectKind.GUEST: f"The Slack account of {who} is a guest, a bot, or of another organisation.",
        SubjectKind.AWAITED: f"Slack has not said yet who {name} is.",
        SubjectKind.UNREACHABLE: f"{who} could not be sent a direct message.",
    }
    return sentences.get(event.subject.kind)
