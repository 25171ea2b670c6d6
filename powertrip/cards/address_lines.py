"""What is known of an event, line by line: used by the card, by its plain text and by the answers."""

from datetime import datetime, timedelta
from operator import attrgetter

from powertrip.cards import address, fields, words
from powertrip.cards.blocks import Line, bold, date, labelled, outside, text, user
from powertrip.cards.scripts import scripts
from powertrip.cards.text import clean, fit_middle, named, one_line, show
from powertrip.domain import proof
from powertrip.domain.agents import claimed
from powertrip.domain.decision import ActorKind, Decision, Doubt, Verdict
from powertrip.domain.event import MISSED_AT, Event, Status
from powertrip.domain.people import SubjectKind
from powertrip.domain.proof import ProofKind

VALUE_LIMIT = 160
REASON_LIMIT = 600
DOUBTS_SHOWN = 3

_LOOKS_LIKE = "it may only look like a name you know"
TITLE_VALUE_LIMIT = 160
"""Characters of one decisive field beside the title."""


def summary(event: Event) -> Line:
    """What, who and where; the decisive fields and the names are set off as code.

    What the log does not name is left out.
    """
    line = [bold(words.title(event))]
    for number, value in enumerate(event.decisive[: words.DECISIVE_SHOWN]):
        shown = fit_middle(clean(value), TITLE_VALUE_LIMIT)
        line += [text(" · " if number else ": "), text(shown, bold=True, code=True)]
    for word, name in (("as", event.user_name), ("on", event.host_name)):
        if name:
            line += [text(f" {word} "), outside(name, words.NAME_LIMIT, bold=True)]
        if word == "as" and event.users > 1:
            line.append(text(f" and {words.count(event.users - 1, 'other')}"))
    return line


def essentials(event: Event) -> list[Line]:
    """From where, when, how often, and how bad it is."""
    lines = [*_confusable(event), *address.origin(event), labelled("When", date(event.occurred_at))]
    if event.times > 1:
        last = [text("last "), date(event.last_occurred_at)]
        lines.append(labelled("Seen", text(f"{words.times(event.times)}, "), *_since(event), *last))
    elif event.occurrences > 1:
        lines.append(labelled("Told of", text(f"by {words.count(event.occurrences, 'record')} of one login")))
    lines += fields.varied(event)
    if risk := words.risk(event):
        lines.append(labelled("Risk", text(risk)))
    why = [text(f", {show(event.severity_reason, VALUE_LIMIT)}")] if event.severity_reason else []
    return [*lines, labelled("Severity", text(str(event.severity)), *why)]


def _confusable(event: Event) -> list[Line]:
    """That a name may look like another: most fonts draw the Cyrillic and the Latin a alike."""
    names = (("user", event.user_name), ("host", event.host_name))
    return [
        [text(f"⚠️ The {what}'s name mixes {words.listed(mixed)} letters: {_LOOKS_LIKE}.")]
        for what, name in names
        if name and len(mixed := scripts(name)) > 1
    ]


def _since(event: Event) -> Line:
    """Since when, where that is not when the first that came happened."""
    earlier = event.earlier_occurred_at
    return [text("the earliest of "), date(earlier), text(", ")] if earlier else []


def failed(event: Event) -> list[Line]:
    """That it was tried and did not succeed: the rule's title may sound as if it had."""
    if event.fields.get("event_outcome") != words.FAILURE:
        return []
    why = event.fields.get("error") or event.fields.get("reason")
    because = [text(": "), outside(why, VALUE_LIMIT)] if why else []
    return [[text("✋ It did not succeed"), *because]]


def cut_off(characters: int) -> Line:
    """That a log line is not shown whole because it was never kept whole."""
    return [text(f"✂️ {words.count(characters, 'more character')} of the line came and were cut off.")]


def timing(event: Event, late_after: timedelta, future_after: timedelta) -> list[Line]:
    """That the record came late, or from the future."""
    # Asked about all the same, and said: an attacker may hold a log back, or set a clock.
    delay = event.received_at - event.occurred_at
    if MISSED_AT in event.fields:
        missed = show(event.fields[MISSED_AT], words.NAME_LIMIT)
        late = f"⏰ This is late news: the record came {missed}, and no rule took it then. It happened "
        return [[text(f"{late}{words.duration(delay)} before it was judged again and asked about.")]]
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
    if event.requires_proof:
        lines.append([text(f"🔐 Approving this takes {_proofs(event)}.")])
    return lines


def _proofs(event: Event) -> str:
    named = dict(proof.IN_WORDS)
    if event.session_number is None:
        named[ProofKind.SESSION_NUMBER] = (
            "more than a click, in place of its terminal's number, which is not known"
        )
    return " and ".join(named.get(word, "a proof that Slack cannot give") for word in proof.words(event))


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
    """Who decided what, and who was not sure, in order; and what is still to be done."""
    lines: list[Line] = []
    answers: list[Decision | Doubt] = [*event.decisions, *event.doubts[:DOUBTS_SHOWN]]
    for said in sorted(answers, key=attrgetter("at")):
        lines += [doubted(event, said)] if isinstance(said, Doubt) else decided(event, said)
    if (left := len(event.doubts) - DOUBTS_SHOWN) > 0:
        lines.append([text(f"… and {words.count(left, 'other')} {words.does(left, 'is', 'are')} not sure.")])
    # One decision for many occurrences: say for how many, and up to when.
    last = event.decisions[-1] if event.decisions and not event.is_open else None
    if last and event.times > 1 and last.revision >= event.revision:
        covers = f"{words.count(event.times, 'occurrence')}, "
        until = [text("the last of "), date(event.last_occurred_at)]
        lines.append(labelled("Covers", text(covers), *_since(event), *until))
    if event.status is Status.PENDING and event.doubts:
        lines.append([text("🔎 Nothing is decided: a reviewer has to look into it.")])
    elif event.status is Status.HALF_APPROVED:
        lines.append([text("👥 A second person has to approve it too, or deny it.")])
    elif event.status is Status.DENIED:
        lines.append([text("🔎 A reviewer has to look into it and close it with a note.")])
    return lines


def decided(event: Event, decision: Decision) -> list[Line]:
    """One decision: by whom, for which agent, when, how, why, having seen what."""
    verb = words.DONE[decision.verdict]
    by, way = f"{verb} by ", f" {words.way(decision)}, "
    if decision.expectation_id:
        by, way = f"{verb} by expectation {decision.expectation_id} of ", ", without asking, "
    seen = text(_having_seen(event, decision.revision))
    line = [bold(by), user(decision.actor_id), text(way), date(decision.at), seen]
    lines = [line, *agent(decision), *proven(decision)]
    if decision.reason:
        label = "Note" if decision.verdict is Verdict.CLOSE else "Reason"
        lines.append(labelled(label, text(f"“{show(one_line(decision.reason), REASON_LIMIT)}”")))
    return lines


def _having_seen(event: Event, revision: int) -> str:
    # A decision covers what the card had shown, and says so where more came meanwhile.
    if revision < event.revision:
        return f", having seen {revision:,} of the {event.revision:,} occurrences."
    return "."


def agent(decision: Decision) -> list[Line]:
    """The agent or script that an approval was given for; the one who gave it answers for it."""
    if decision.actor_kind is ActorKind.PERSON:
        return []
    going = {True: ", which still runs", False: ", which has ended", None: ""}[decision.agent_running]
    name = outside(one_line(decision.agent_name or "-"), words.NAME_LIMIT, bold=True)
    return [labelled("🤖 For an agent or script", name, *([text(going)] if going else []))]


def proven(decision: Decision) -> list[Line]:
    """What an approval was proven by, and what was typed against a blind yes."""
    kinds = (decision.proof or "").split()
    by = " and ".join(proof.IN_WORDS.get(kind, kind) for kind in kinds if kind != ProofKind.TYPED_HOST)
    typed = [[text("⌨️ The name was typed to approve it.")]] if ProofKind.TYPED_HOST in kinds else []
    return [*([labelled("🔐 Proven by", text(by))] if by else []), *typed]


def doubted(event: Event, doubt: Doubt) -> Line:
    """One person who is not sure, since when, having seen what."""
    return [
        bold("🤔 Not sure: "),
        user(doubt.actor_id),
        text(", "),
        date(doubt.at),
        text(_having_seen(event, doubt.revision)),
    ]


def claim(event: Event) -> list[Line]:
    """That the record says it is of an agent, and that this is worth nothing by itself."""
    name = claimed(event.fields)
    if not name:
        return []
    said = text(". Whoever acts can claim that: it makes nothing easier to approve.")
    return [[text("🤖 Claimed, not proven: an agent named "), outside(name, words.NAME_LIMIT), said]]


def entry(event: Event, now: datetime, apart: str = "") -> Line:
    """An event as one line of a list; `apart` tells it from others that read alike."""
    what, _, rest = words.summary(event).partition(words.title(event))
    mark = words.STATUS_MARK[event.status]
    return [text(f"{mark} {what}"), bold(words.title(event)), text(f"{rest}{apart}{_standing(event, now)}")]


def plain_entry(event: Event, now: datetime, apart: str = "") -> Line:
    """The same without emphasis, where many lines have to share a message."""
    return [text(f"{words.STATUS_MARK[event.status]} {words.summary(event)}{apart}{_standing(event, now)}")]


def _standing(event: Event, now: datetime) -> str:
    ago = words.duration(now - event.received_at)
    often = words.often(event)
    # That it waits is why it is listed.
    status = "" if event.status is Status.PENDING else f" · {words.STATUS[event.status]}"
    if event.doubts and event.status is Status.PENDING:
        status = f" · 🤔 {words.unsure(event)}"
    if event.status is Status.DENIED and event.follow_up and event.follow_up.owner:
        status += f", {named(event.follow_up.owner.name, words.NAME_LIMIT)} has this"
    return f" · {words.weight(event)} · {ago} ago{often}{status} · {event.ref}"
