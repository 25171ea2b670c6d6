"""Answers that only the person who clicked or typed sees."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from powertrip.cards import address, address_lines, buttons, fields, follow_up, habits, words
from powertrip.cards.blocks import (
    Block,
    Line,
    bold,
    channel,
    date,
    header,
    labelled,
    paragraph,
    paragraphs,
    preformatted,
    text,
    user,
    with_dates,
)
from powertrip.cards.message import Message, answer
from powertrip.cards.text import show
from powertrip.domain.decision import Decision, Verdict, Via
from powertrip.domain.event import Event, Notice, NoticeKind, Occurrence, Status
from powertrip.domain.people import Actor

SENTENCE_LIMIT = 1000
OCCURRENCES_SHOWN = 5
OCCURRENCE_LIMIT = 300
NOTICES_SHOWN = 10
NAMES_SHOWN = 20

_OUR_MENTION = re.compile(r"(<@[UW][A-Z0-9]{1,30}>)")
_NOTICE = {
    NoticeKind.FIRST: "First asked",
    NoticeKind.REMINDER: "Reminder",
    NoticeKind.NUDGE: "Asked again",
    NoticeKind.SECOND: "Second person asked for",
    NoticeKind.OUTCOME: "Security told",
    NoticeKind.COPY: "Also told",
}


def note(sentence: str) -> Message:
    """One sentence, in which `<@U…>` is a mention and all else is plain."""
    # Answers are ephemeral: a mention in a name that an error quotes calls nobody but its reader.
    line: Line = []
    for part in _OUR_MENTION.split(sentence[:SENTENCE_LIMIT] or "-"):
        if _OUR_MENTION.fullmatch(part):
            line.append(user(part[2:-1]))
        elif part:
            line += with_dates(show(part, SENTENCE_LIMIT))
    return answer([line], [paragraph([line])])


def with_note(message: Message, sentence: str) -> Message:
    """The message, and a sentence below it."""
    said = note(sentence)
    return replace(message, text=f"{message.text}\n{said.text}", blocks=[*message.blocks, *said.blocks])


def refusal(sentence: str) -> Message:
    """Why nothing was done, in the words of the error."""
    return note(f"🚫 {sentence}")


def decision_answer(event: Event, decision: Decision, rest: Event | None) -> Message:
    """What the decision came to; `event` is as it stands after, `rest` holds what it did not cover."""
    mark, verb = words.STATUS_MARK[event.status], words.DONE[decision.verdict].lower()
    ending = f"{words.often(event)} · {event.ref}"
    lines: list[Line] = [[bold(f"{mark} You {verb}: "), *address_lines.summary(event), text(ending)]]
    lines += [*address_lines.agent(decision), *address_lines.proven(decision)]
    if event.status is Status.HALF_APPROVED:
        lines.append([text("It is not settled yet: a second person has to approve it too.")])
    elif decision.verdict is Verdict.DENY:
        lines.append([text("A reviewer has to look into it and close it with a note.")])
    if rest:
        # Whoever types an id may name an older revision than they saw.
        after = (
            "what you saw"
            if decision.via is Via.BUTTON
            else f"revision {decision.revision:,}, which you named,"
        )
        came = f"{words.count(rest.occurrences, 'occurrence')} came after {after} and "
        verb = "stays" if rest.occurrences == 1 else "stay"
        lines.append([bold("Not covered: "), text(f"{came}{verb} open as {rest.ref}.")])
    return answer(lines, [paragraph(lines)])


def doubt_answer(event: Event) -> Message:
    """What it came to that somebody is not sure."""
    ending = f"{words.often(event)} · {event.ref}"
    lines: list[Line] = [
        [bold("🤔 You are not sure: "), *address_lines.summary(event), text(ending)],
        [text("The security channel is told, and nothing is decided. Approve or deny it once you know.")],
    ]
    return answer(lines, [paragraph(lines)])


def help_card(command: str, *, expectations: bool = False, proofs: bool = False) -> Message:
    """What can be typed; of `expectations` and `proofs` only where they are switched on."""
    usages = (*_HELP, *(_PROOFS if proofs else ()), *(_EXPECTATIONS if expectations else ()))
    lines = [[text(f"{command} {usage}", code=True), text(f"  {meaning}")] for usage, meaning in usages]
    lines.append([text("Ids are on the cards. Only you see these answers.")])
    title = "What you can type"
    return answer([[text(title)], *lines], [header(title), paragraph(lines)])


_HELP = (
    ("pending [me|all|@user]", "what waits for a decision"),
    ("show ID", "all that is known of an event"),
    ("approve ID [reason]", "it was expected"),
    ("deny ID [reason]", "it was not; reviewers are called at once"),
    ("unsure ID", "you are not sure; reviewers look into it, and nothing is decided"),
    ("agent ID [NAME]", "it was expected, and done by an agent or a script of yours"),
    ("close ID note", "for reviewers: a denied event is dealt with"),
    ("note ID text", "for reviewers: what was found out about a denied event"),
    ("history [@user|host|address] [since]", "what happened, and what became of it"),
    ("sources [NAME]", "what came of each source's records, and what no rule knew"),
    ("stats", "numbers, with a chart"),
    ("report [me] [since]", "how much is asked, how that is answered, and what would halve it"),
    ("rules", "what is watched"),
    ("whoami", "who you are to Powertrip"),
    ("test [SOURCE]", "a login of your own, made up, through the whole path"),
    ("help", "this"),
)
_PROOFS = (("proofs [lost @user]", "what proves your approvals; for reviewers: a device is lost"),)
_EXPECTATIONS = (
    ("expect [@user] RULE HOST 2h [TICKET] why", "work that nobody need be asked about"),
    ("expectations [confirm|end ID]", "what is expected now"),
    ("distrust [@user]", "ends all that is expected of somebody, at once"),
)


def show_card(
    event: Event,
    occurrences: Sequence[Occurrence],
    notices: Sequence[Notice],
    now: datetime,
    *,
    for_reviewer: bool = False,
) -> Message:
    """All that is known of an event; what reviewers noted about it only for them."""
    status = f"{words.STATUS_MARK[event.status]} {words.STATUS[event.status].capitalize()}, event {event.ref}"
    standing: list[Line] = []
    if why := words.why_in_channel(event):
        standing.append(labelled("Asked in the security channel", text(why)))
    # The newest: earlier reminders were about the same.
    for notice in notices[-NOTICES_SHOWN:]:
        where = [channel(notice.channel), text(", "), date(notice.posted_at)]
        standing.append(labelled(_NOTICE[notice.kind], *where))
    if not notices:
        standing.append([text("No message about it has reached Slack yet.")])
    if event.next_reminder_at and event.next_reminder_at > now:
        standing.append(labelled("Next reminder", date(event.next_reminder_at)))
    groups = [
        address_lines.trail(event),
        [address_lines.summary(event), *address_lines.essentials(event)],
        [
            *address_lines.failed(event),
            *address_lines.claim(event),
            *habits.unusual(event),
            *address.lines(event),
            *habits.usual(event),
        ],
        [*fields.evidence(event), *address.evidence(event)],
        follow_up.notes(event) if for_reviewer else [],
        standing,
    ]
    blocks = [header(status), *paragraphs(*groups), *buttons.for_status(event), *_records(occurrences)]
    return answer([[text(status)], *(line for group in groups for line in group)], blocks)


def _records(occurrences: Sequence[Occurrence]) -> list[Block]:
    if not occurrences:
        return []
    shown = occurrences[-OCCURRENCES_SHOWN:]
    records = words.count(len(occurrences), "record")
    title = records if len(shown) == len(occurrences) else f"The last {len(shown)} of {records}"
    blocks = [paragraph([[bold(title)]])]
    for occurrence in shown:
        cut = f"\n({words.count(occurrence.cut, 'more character')} cut off)" if occurrence.cut else ""
        line = show(occurrence.message, OCCURRENCE_LIMIT)
        head = f"{words.utc(occurrence.occurred_at)}  {show(occurrence.source, 60)}"
        blocks.append(preformatted(f"{head}\n{line}{cut}"))
    return blocks


def whoami_card(actor: Actor, names: Sequence[str]) -> Message:
    """Who Powertrip takes the person for; `names` are the user names they answer for."""
    shown = words.listed([show(name, words.NAME_LIMIT) for name in names[:NAMES_SHOWN]])
    asked = f"You are asked about the user names {shown}." if names else "No user name is listed as yours."
    role = (
        "You are a reviewer: you may decide every event." if actor.is_reviewer else "You are not a reviewer."
    )
    lines = [
        [
            text("You are "),
            user(actor.slack_id),
            text(f" ({show(actor.slack_id, words.NAME_LIMIT)}), {words.STANDING[actor.standing]}."),
        ],
        [text(asked)],
        [text(role)],
    ]
    return answer(lines, [paragraph(lines)])
