"""Who may do what about a denied event: have it, tick its list, note something, say that it was them.

Each function looks at the event as it is and at whoever acts, and returns what changes. It raises Refused,
with the sentence for the person, where nothing does.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from powertrip.domain import lifecycle, policy
from powertrip.domain.decision import Verdict
from powertrip.domain.event import Event, Status
from powertrip.domain.follow_up import DenialNote, FollowUp, Item, Noted, NoteKind, Owned, Owner, Ticked
from powertrip.domain.people import Actor
from powertrip.errors import NotAllowed, NotInThisStatus, Refused

NOTES_AT_MOST = 50
"""Notes on one event; what is longer belongs into a ticket."""


def own(event: Event, actor: Actor, *, instead_of: str | None, pause: timedelta, now: datetime) -> Owned:
    """`actor` has it from now on; the button that was pressed showed `instead_of` as the owner, or none."""
    _reviewers_only(actor, "have a denied event")
    _denied_only(event)
    # To have it keeps the others from being mentioned.
    if event.subject.slack_id == actor.slack_id:
        raise NotAllowed("This is about you, so somebody else has to look into it.")
    owner = _of(event).owner
    if owner is not None and owner.slack_id == actor.slack_id:
        raise Refused("You have it already.")
    if owner is not None and owner.slack_id != instead_of:
        raise Refused(f"<@{owner.slack_id}> has it, since {owner.since:%Y-%m-%d %H:%M:%S} UTC.")
    if owner is None and instead_of is not None:
        raise Refused(
            f"<@{instead_of}> has given it back, and nobody has it now. Press `I have it` to take it."
        )
    return Owned(owner=Owner(slack_id=actor.slack_id, name=actor.name, since=now, until=now + pause))


def give_back(event: Event, actor: Actor) -> Owned:
    """Nobody has it any more."""
    _reviewers_only(actor, "give a denied event back")
    _denied_only(event)
    owner = _of(event).owner
    if owner is None:
        raise Refused("Nobody has it just now.")
    if owner.slack_id != actor.slack_id:
        raise NotAllowed(f"<@{owner.slack_id}> has it, and gives it back; you can take it over.")
    return Owned(owner=None)


def tick(event: Event, actor: Actor, number: int, *, done: bool, now: datetime) -> Ticked:
    """One thing of the list is done, or is not done after all."""
    _reviewers_only(actor, "tick what is done")
    _denied_only(event)
    item = next((item for item in _of(event).items if item.number == number), None)
    if item is None:
        raise Refused("This list has no such line.")
    if done and item.done_at is not None:
        raise Refused(f"<@{item.done_by}> ticked this at {item.done_at:%Y-%m-%d %H:%M:%S} UTC.")
    if not done and item.done_at is None:
        raise Refused("This is not ticked.")
    by, at = (actor.slack_id, now) if done else (None, None)
    return Ticked(item=Item(number=number, text=item.text, done_by=by, done_at=at))


def note(event: Event, actor: Actor, text: str, *, now: datetime) -> Noted:
    """A reviewer writes down what was found, or done."""
    _reviewers_only(actor, "note something about a denied event")
    # What is found out later belongs here, too.
    if event.status is not Status.CLOSED:
        _denied_only(event)
    if len(_of(event).notes) >= NOTES_AT_MOST:
        raise Refused(
            f"There are {NOTES_AT_MOST} notes already; close it with a last one that says where to read on."
        )
    return Noted(note=_note(NoteKind.NOTE, actor, text, now))


def claim(event: Event, actor: Actor, text: str, *, now: datetime) -> Noted:
    """The person whom it is about says that it was them after all; others decide."""
    policy.only_members(actor)
    if event.subject.slack_id != actor.slack_id:
        raise NotAllowed("Only the person this event is about can say that it was them.")
    _denied_only(event)
    if said := _of(event).claim:
        raise Refused(f"You said so at {said.at:%Y-%m-%d %H:%M:%S} UTC. A reviewer has to agree.")
    return Noted(note=_note(NoteKind.CLAIM, actor, text, now))


def put_off(owner: Owner | None, by: str, pause: timedelta, now: datetime) -> Owner | None:
    """The owner after something that `by` did: what they do themselves shows that they are at it."""
    return replace(owner, until=now + pause) if owner and owner.slack_id == by else None


def _of(event: Event) -> FollowUp:
    return event.follow_up or FollowUp()


def _note(kind: NoteKind, actor: Actor, text: str, now: datetime) -> DenialNote:
    typed = text.strip()
    if not typed:
        raise Refused("Please write what it is.")
    return DenialNote(kind=kind, actor_id=actor.slack_id, actor_name=actor.name, at=now, text=typed)


def _reviewers_only(actor: Actor, doing: str) -> None:
    policy.only_members(actor)
    if not actor.is_reviewer:
        raise NotAllowed(f"Only reviewers can {doing}. Nothing was changed.")


def _denied_only(event: Event) -> None:
    if event.is_open:
        raise NotInThisStatus("Nobody has denied this event.")
    if event.status is not Status.DENIED:
        raise lifecycle.refusal(event, Verdict.DENY)
