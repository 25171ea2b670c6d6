"""What a denied event's card says: to its person what to do, to reviewers who has it and what is left."""

from typing import Any

from powertrip.cards import address_lines, buttons, words
from powertrip.cards.blocks import (
    Block,
    Line,
    actions,
    bold,
    button,
    confirm,
    date,
    paragraph,
    plain,
    text,
    user,
)
from powertrip.cards.message import CardView
from powertrip.cards.text import fit, named, one_line, show
from powertrip.domain.event import Event, NoticeKind, Status
from powertrip.domain.follow_up import DenialNote, FollowUp, Item

OWN, GIVE_BACK, NOTE, CLAIM = "own", "give_back", "note", "claim"
TICK = "tick_"
"""How the actions of the checklist's buttons begin; the number of the line follows."""
FOLLOW_UP_CALLBACK = "follow_up"
TYPED_BLOCK, TYPED = "follow_up", "follow_up_text"
TYPED_LIMIT = 1000
NOBODY = "-"
"""Stands in the value of a button for the owner whom the card did not show."""
NOTES_SHOWN = 3
NOTE_LIMIT, CLAIM_LIMIT, LINE_LIMIT = 300, 400, 150
BRIEF_LIMIT = 70
"""Characters of a text where a card has no room for more."""


def lines(event: Event, view: CardView) -> list[Line]:
    """What became of the event after a denial, for the readers of this card."""
    follow_up = event.follow_up
    if follow_up is None:
        return []
    if event.status is not Status.DENIED:
        return [*_claim(event, follow_up, view), *_left(follow_up)]
    if view.audience == "person":
        return _for_person(event, follow_up, view)
    claimed = _claim(event, follow_up, view)
    # A first notice in the channel has no buttons for what is to be done; the call below it has.
    if not view.for_reviewers or view.kind is NoticeKind.FIRST:
        return [_owner(follow_up), *claimed]
    noted = notes(event, view.command, NOTES_SHOWN if not view.is_brief else 0)
    left = [*_checklist(follow_up, view), *noted, *_runbook(view)]
    return [_owner(follow_up), *claimed, *left]


def _for_person(event: Event, follow_up: FollowUp, view: CardView) -> list[Line]:
    said: list[Line] = [*_told(event, follow_up), _owner(follow_up)]
    if made := follow_up.claim:
        typed = _quoted(made.text, _room(view, CLAIM_LIMIT))
        ending = f": {typed} It stays denied until a reviewer who has not denied it agrees."
        said.append([text("↩️ You said that it was you after all, "), date(made.at), text(ending)])
    guidance = view.guidance
    if guidance.lines:
        said.append([bold("What to do now:")])
        said += [
            [text(f"{number}. {show(line, _room(view, LINE_LIMIT))}")]
            for number, line in enumerate(guidance.lines, 1)
        ]
    if guidance.phone:
        said.append([text("☎️ Security by phone: "), bold(guidance.phone)])
    return [*said, *_runbook(view)]


def _told(event: Event, follow_up: FollowUp) -> list[Line]:
    """Whether security knows, as far as that is known itself."""
    if event.is_test:
        return [[text("🧪 This is a test, so security is not called.")]]
    if follow_up.told_at:
        return [[text("📣 Security was told in Slack, "), date(follow_up.told_at), text(".")]]
    if not follow_up.is_being_told:
        return []
    # What a backup channel was told before the denial is nothing of it.
    others = [told for told in event.backups if told.status is Status.DENIED]
    if not others:
        return [[text("⏳ Security is being told; Slack has not taken that message yet.")]]
    return [
        [
            text("📟 Slack has not taken the message to security yet. They were told by "),
            text(named(told.channel, words.NAME_LIMIT)),
            text(", "),
            date(told.at),
            text("."),
        ]
        for told in others
    ]


def _owner(follow_up: FollowUp) -> Line:
    if follow_up.owner is None:
        return [text("🙋 Nobody has taken this on yet.")]
    return [
        text("🙋 "),
        user(follow_up.owner.slack_id),
        text(" has this, since "),
        date(follow_up.owner.since),
        text("."),
    ]


def who_has_it(event: Event) -> str | None:
    """`Carol has this`, for a headline; None where nobody has it."""
    owner = event.follow_up.owner if event.follow_up else None
    return f"{named(owner.name, words.NAME_LIMIT)} has this" if owner else None


def _claim(event: Event, follow_up: FollowUp, view: CardView | None = None) -> list[Line]:
    made = follow_up.claim
    if made is None:
        return []
    line = [
        text("↩️ "),
        user(made.actor_id),
        text(" said that it was them after all, "),
        date(made.at),
        text(f": {_quoted(made.text, _room(view, CLAIM_LIMIT))}"),
    ]
    if event.status is Status.DENIED:
        line.append(text(" It stays denied unless a reviewer who has not denied it approves it."))
    return [line]


def _checklist(follow_up: FollowUp, view: CardView) -> list[Line]:
    items, limit = follow_up.items, _room(view, LINE_LIMIT)
    if not items:
        return []
    done = len(items) - len(follow_up.undone)
    return [[bold(f"To do: {done} of {len(items)} done")], *(_item(item, limit) for item in items)]


def _item(item: Item, limit: int = LINE_LIMIT) -> Line:
    said = f"{item.number}. {show(item.text, limit)}"
    if item.done_at is None or item.done_by is None:
        return [text(f"☐ {said}")]
    return [text(f"☑️ {said} · "), user(item.done_by), text(f", {words.utc(item.done_at)}")]


def _left(follow_up: FollowUp) -> list[Line]:
    """How far the list of an event had come that nobody works at any more."""
    if not follow_up.items:
        return []
    done = len(follow_up.items) - len(follow_up.undone)
    of = words.count(len(follow_up.items), "thing")
    return [[text(f"☑️ {done} of {of} to do {words.does(done, 'was', 'were')} done.")]]


def notes(event: Event, command: str | None = None, last: int = NOTES_SHOWN) -> list[Line]:
    """What reviewers noted: all of it, or the last few where a `command` can show the rest."""
    written = event.follow_up.notes if event.follow_up else ()
    shown = written if command is None else written[len(written) - min(last, len(written)) :]
    said: list[Line] = []
    if earlier := len(written) - len(shown):
        said.append(
            [
                text(f"📝 {words.count(earlier, 'earlier note')}: "),
                text(f"{command} show {event.id}", code=True),
            ]
        )
    return [*said, *map(_note, shown)]


def _note(note: DenialNote) -> Line:
    return [
        text("📝 "),
        user(note.actor_id),
        text(", "),
        date(note.at),
        text(f": {_quoted(note.text, NOTE_LIMIT)}"),
    ]


def _runbook(view: CardView) -> list[Line]:
    if view.guidance.runbook is None:
        return []
    # The setting takes no character that could end the link.
    return [[text("📖 "), {"type": "link", "url": view.guidance.runbook, "text": "What to do, in full"}]]


def _room(view: CardView | None, limit: int) -> int:
    """Characters that a text may have on this card."""
    return min(limit, BRIEF_LIMIT) if view is not None and view.is_brief else limit


def _quoted(typed: str, limit: int) -> str:
    return f"“{show(one_line(typed), limit)}”"


def rows(event: Event, view: CardView) -> list[Block]:
    """The buttons beside those that decide."""
    follow_up = event.follow_up
    if follow_up is None or event.status is not Status.DENIED:
        return []
    if view.audience == "person":
        return [] if follow_up.claim else [actions([_claim_button(event)])]
    if not view.for_reviewers:
        return []
    first = [*_owning(event, follow_up), _button(event, "Note…", NOTE)]
    ticks = [_tick(event, item, 20 if view.is_brief else LINE_LIMIT) for item in follow_up.items]
    return [actions(first), *([actions(ticks)] if ticks else [])]


def _button(event: Event, label: str, action_id: str, **more: Any) -> dict[str, Any]:
    value = more.pop("value", buttons.value(event))
    return button(label, action_id, value, about=words.summary(event), **more)


def _claim_button(event: Event) -> dict[str, Any]:
    return _button(event, "It was me after all…", CLAIM)


def taking_on(event: Event) -> list[Block]:
    """For a list: the button of whoever takes a denied event on, while nobody has."""
    if event.status is not Status.DENIED or event.follow_up is None or event.follow_up.owner is not None:
        return []
    return [actions(_owning(event, event.follow_up))]


def _owning(event: Event, follow_up: FollowUp) -> list[dict[str, Any]]:
    owner = follow_up.owner
    if owner is None:
        value = f"{buttons.value(event)} {NOBODY}"
        return [_button(event, "I have it", OWN, value=value, style="primary")]
    really = confirm(
        title="Take it over?",
        body=fit(
            f"{named(owner.name, words.NAME_LIMIT)} has it now. The card says from then on that you do.", 300
        ),
        yes="I have it now",
        no="Go back",
    )
    value = f"{buttons.value(event)} {owner.slack_id}"
    return [
        _button(event, "Take over…", OWN, value=value, confirm=really),
        _button(event, "Give back", GIVE_BACK),
    ]


def _tick(event: Event, item: Item, limit: int) -> dict[str, Any]:
    is_done = item.done_at is not None
    label, wanted = (f"Untick {item.number}", "off") if is_done else (f"Tick {item.number}", "on")
    value = f"{buttons.value(event)} {wanted}"
    return button(label, f"{TICK}{item.number}", value, about=show(item.text, limit))


def in_modal(event: Event) -> list[Line]:
    """What whoever decides a denied event sees once more: what was claimed, and what is not done."""
    follow_up = event.follow_up
    if follow_up is None or event.status is not Status.DENIED:
        return []
    undone = follow_up.undone
    left = (
        [[bold(f"Not done: {len(undone)} of {len(follow_up.items)}")], *map(_item, undone)] if undone else []
    )
    return [*_claim(event, follow_up), *left]


def typing_modal(event: Event, action_id: str, private_metadata: str) -> dict[str, Any]:
    """The window that asks for a note, or why it was them after all."""
    is_claim = action_id == CLAIM
    title = "It was me after all" if is_claim else "Note on a denied event"
    question = "What did you do, and why did you deny it?" if is_claim else "What was found, or done?"
    said: list[Line] = [address_lines.summary(event), *address_lines.essentials(event)]
    if is_claim:
        said.append([text("It stays denied until a reviewer who has not denied it agrees.")])
    return {
        "type": "modal",
        "callback_id": FOLLOW_UP_CALLBACK,
        "private_metadata": private_metadata,
        "title": plain(title, 24),
        "submit": plain("Tell security" if is_claim else "Keep it", 24),
        "close": plain("Go back", 24),
        "blocks": [
            paragraph(said),
            {
                "type": "input",
                "block_id": TYPED_BLOCK,
                "label": plain(question, 100),
                "element": {
                    "type": "plain_text_input",
                    "action_id": TYPED,
                    "multiline": True,
                    "min_length": 1,
                    "max_length": TYPED_LIMIT,
                    "focus_on_load": True,
                },
            },
        ],
    }
