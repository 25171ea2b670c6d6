"""What a denied event's card says, to reviewers, of containment: what can be done, and what became of it."""

from datetime import datetime
from typing import Any

from powertrip.cards import buttons, words
from powertrip.cards.blocks import Block, Line, actions, bold, button, confirm, date, text, user
from powertrip.cards.message import CardView
from powertrip.cards.text import fit, one_line, show
from powertrip.domain import containing
from powertrip.domain.contained import TRIED, Containment, ContainmentState
from powertrip.domain.containment import OFFERED_AT_MOST, Offer, Plan
from powertrip.domain.event import Event, NoticeKind, Status

CONTAIN, AGREE, UNDO, TRY = "contain_", "agree_", "undo_", "try_"
"""How the actions of these buttons begin; a number follows, for no two in a row may be called the same."""
SHOWN = 6
"""How many of what was done a card shows."""
BRIEFLY_OFFERED = 2
"""Buttons in a row of a card that has no room for more."""
SAYS_LIMIT, SAID_LIMIT, BRIEF_LIMIT, BRIEF_QUESTION = 70, 150, 40, 120


def lines(event: Event, view: CardView, now: datetime) -> list[Line]:
    """What became of each, and what is not offered, with the reason."""
    if not _is_shown(event, view):
        return []
    made = [each for each in containing.of_event(event) if each.undoes is None]
    last = made[-(1 if view.is_brief else SHOWN) :]
    said: list[Line] = []
    if earlier := len(made) - len(last):
        said.append([text(f"🧰 {words.count(earlier, 'earlier containment')}, of which the history tells.")])
    for each in last:
        said.append(_line(each, view))
        if (other := containing.undoing(event, each)) is not None:
            said.append(_line(other, view))
    offered, left_out = _offered(event, view, now)
    if offered and not view.is_brief:
        said.append(
            [text("🧰 Nothing happens by itself: each button below says what it does before it is done.")]
        )
    refused: dict[str, list[str]] = {}
    for offer in view.contains:
        if offer.plan is None and not view.is_brief:
            refused.setdefault(offer.refusal, []).append(offer.name)
    said += [
        [text(f"🚫 Cannot be pressed: {words.listed(names)}, for {why}.")] for why, names in refused.items()
    ]
    if left_out:
        said.append([text(f"🧰 {words.count(left_out, 'more action')} found no room here.")])
    return [[bold("Containment")], *said] if said else []


def rows(event: Event, view: CardView, now: datetime) -> list[Block]:
    """The buttons: what can be done, agreed to, undone, or tried once more."""
    if not _is_shown(event, view):
        return []
    offered, _ = _offered(event, view, now)
    asking = [_contain(event, number, offer.name, plan) for number, (offer, plan) in enumerate(offered, 1)]
    made = containing.of_event(event)[-2 * SHOWN :]
    following = [button for each in made if (button := _follow(event, each, now)) is not None]
    shown = [row for row in (asking, following[-_in_a_row(view) :]) if row]
    return [actions(list(map(_shortened, row)) if view.is_brief else row) for row in shown]


def _shortened(made: dict[str, Any]) -> dict[str, Any]:
    """The button with less of what it asks, where a card has no room."""
    asked = made["confirm"]["text"]
    question = made["confirm"] | {"text": asked | {"text": fit(asked["text"], BRIEF_QUESTION)}}
    return made | {"confirm": question}


def _in_a_row(view: CardView) -> int:
    return BRIEFLY_OFFERED if view.is_brief else OFFERED_AT_MOST


def _is_shown(event: Event, view: CardView) -> bool:
    # As with all that is done after a denial, a first notice is not the place; nor is a person's own message.
    return (
        view.for_reviewers
        and view.audience == "channel"
        and view.kind is not NoticeKind.FIRST
        and not event.is_open
    )


def _offered(event: Event, view: CardView, now: datetime) -> tuple[list[tuple[Offer, Plan]], int]:
    """What can be pressed now, and how much more there is no room for."""
    if event.status is not Status.DENIED:
        return [], 0
    free = [
        (offer, offer.plan)
        for offer in view.contains
        if offer.plan is not None
        and not any(containing.is_open(event, each, now) for each in containing.of_action(event, offer.name))
    ]
    room = _in_a_row(view)
    return free[:room], len(free[room:])


def _line(each: Containment, view: CardView) -> Line:
    says = show(each.says, SAYS_LIMIT)
    by = [user(each.asked.slack_id), *([text(" and "), user(each.agreed.slack_id)] if each.agreed else [])]
    if each.is_dry_run:
        return [text(f"🧪 Dry run, nothing was done: {says} · asked for by "), *by, text(f", {_at(each)}")]
    room = BRIEF_LIMIT if view.is_brief else SAID_LIMIT
    why = show(one_line(each.said).rstrip("."), room) if each.said else ""
    so = f" {why}." if why else ""
    line: Line
    match each.state:
        case ContainmentState.ASKED:
            until = f" until {words.utc(each.decide_by)}" if each.decide_by else ""
            wanted = f" asked for it; another reviewer has to agree{until}, for {each.why_second}."
            line = [text(f"👥 {says}: not done yet. "), *by, text(wanted)]
        case ContainmentState.LAPSED:
            line = [text(f"👥 {says}: not done. "), *by, text(" asked for it, and nobody agreed in time.")]
        case ContainmentState.WAITING:
            line = [text(f"⏳ {says}: under way, asked for by "), *by, text(f", {_at(each)}.")]
        case ContainmentState.DONE:
            mark, ended = "🔓" if each.undoes else "🔒", each.ended_at or each.asked.at
            ends = [text(", until "), date(each.until)] if each.until else []
            line = [text(f"{mark} {says}: done, "), date(ended), *ends, text(", by "), *by]
            line.append(text(f" ({why})." if why else "."))
        case ContainmentState.FAILED:
            line = [text(f"❌ {says}: not done, pressed by "), *by, text(f".{so}")]
        case ContainmentState.UNKNOWN:
            known = f"❓ {says}: nobody knows whether it was done, pressed by "
            line = [text(known), *by, text(f".{so}")]
    return line


def _at(each: Containment) -> str:
    return words.utc(each.asked.at)


def _contain(event: Event, number: int, name: str, plan: Plan) -> dict[str, Any]:
    earlier = len(containing.of_action(event, name))
    really = _really(f"{plan.says}. {plan.does} {plan.undo}")
    value = f"{buttons.value(event)} {name} {containing.shown(plan, earlier)}"
    return button(plan.says, f"{CONTAIN}{number}", value, confirm=really)


def _follow(event: Event, each: Containment, now: datetime) -> dict[str, Any] | None:
    """The button that goes with one, where there is anything to press."""
    says, value = show(each.says, SAYS_LIMIT), f"{buttons.value(event)} {each.id}"
    is_denied = event.status is Status.DENIED
    if each.state in TRIED and (each.undoes or is_denied):
        label = f"Try again: {says}"
        really = _really(f"{says}, once more. {each.undo}")
        return button(label, f"{TRY}{each.id}", f"{value} {each.tries}", confirm=really)
    if each.state is ContainmentState.ASKED and each.decide_by and now < each.decide_by and is_denied:
        label = f"Agree: {says}"
        really = _really(f"{says}, as {show(each.asked.name, 40)} asks for. {each.undo}")
        return button(label, f"{AGREE}{each.id}", value, confirm=really)
    can_undo = each.undo_says and each.state is ContainmentState.DONE and not each.is_dry_run
    if can_undo and each.undo_says and not each.has_ended(now) and containing.undoing(event, each) is None:
        label = show(each.undo_says, SAYS_LIMIT)
        return button(label, f"{UNDO}{each.id}", value, confirm=_really(f"{label}. This undoes: {says}."))
    return None


def _really(body: str) -> dict[str, Any]:
    return confirm(title="Do this?", body=fit(body, 250), yes="Do it", no="Go back")
