"""The person's own past, in sentences: what is new about an event, and what is as ever."""

from powertrip.cards import words
from powertrip.cards.blocks import Line, bold, date, text
from powertrip.cards.text import named
from powertrip.domain.event import Event


def unusual(event: Event) -> list[Line]:
    """What the past warns of; nothing where it has not been looked at."""
    past, shown = event.past, list[Line]()
    if past is None:
        return shown
    if past.denied_from_address_at:
        shown.append([bold("⛔ An event from this address was denied, "), date(past.denied_from_address_at)])
    # Without a user name there is no past of the person to compare with.
    if event.user_name is None:
        return shown
    who, new = words.user(event), list[str]()
    new += ["country"] if past.first_from_country else []
    new += ["network"] if past.first_from_network else []
    new += ["address"] if past.first_from_address else []
    if past.first_of_person:
        shown.append([text(f"🆕 Nothing of this kind was seen of {who} before.")])
    elif new:
        shown.append([text(f"🆕 New {words.listed(new)} for {who}: nothing from there was approved before.")])
    if past.unusual_hour:
        shown.append([text(f"🌙 {who} is not usually at work at this hour.")])
    return shown


def usual(event: Event) -> list[Line]:
    """What is as ever."""
    past, shown = event.past, list[Line]()
    if past is None:
        return shown
    if past.times_from_address:
        which = f"The {words.ordinal(past.times_from_address)} time"
        if past.or_more_times:
            which = f"At least the {words.ordinal(past.times_from_address)} time"
        shown.append([text(f"🔁 {which} from this address in 30 days.")])
    if past.host_approved_at:
        user = past.host_approved_user
        last = named(user, words.NAME_LIMIT) if user else "somebody"
        shown.append([text(f"🕘 The last approved here was {last}, "), date(past.host_approved_at)])
    return shown
