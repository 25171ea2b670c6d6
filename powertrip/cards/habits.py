"""The person's own past, in sentences: what is new about an event, and what is as ever."""

from powertrip.cards import words
from powertrip.cards.blocks import Line, bold, date, text
from powertrip.cards.text import named
from powertrip.domain.event import Event
from powertrip.domain.habits import Past


def lines(event: Event) -> list[Line]:
    """What is new first; nothing where the past has not been looked at."""
    past = event.past
    if past is None:
        return []
    return [*_news(event, past), *_habits(past), *_hosts(past)]


def _news(event: Event, past: Past) -> list[Line]:
    denied = past.denied_from_address_at
    found: list[Line] = [[bold("⛔ An event from this address was denied, "), date(denied)]] if denied else []
    new = [
        name
        for name, is_new in (
            ("country", past.first_from_country),
            ("network", past.first_from_network),
            ("address", past.first_from_address),
        )
        if is_new
    ]
    if event.user_name is None:
        return found
    if past.first_of_person:
        found.append([text(f"🆕 Nothing of this kind was seen of {words.user(event)} before.")])
    elif new:
        where = words.listed(new)
        found.append([text(f"🆕 First from this {where}: none of {words.user(event)} was approved before.")])
    if past.unusual_hour:
        found.append([text(f"🌙 {words.user(event)} is not usually at work at this hour.")])
    return found


def _habits(past: Past) -> list[Line]:
    if not past.times_from_address:
        return []
    return [[text(f"🔁 The {_ordinal(past.times_from_address)} time from this address in 30 days.")]]


def _hosts(past: Past) -> list[Line]:
    if past.host_approved_at is None:
        return []
    who = named(past.host_approved_user, words.NAME_LIMIT) if past.host_approved_user else "somebody"
    return [[text(f"🕘 The last approved here was {who}, "), date(past.host_approved_at)]]


def _ordinal(number: int) -> str:
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"
