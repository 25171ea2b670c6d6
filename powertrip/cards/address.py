"""What the services know of an event's address: owner of the network, place, and what nobody could say."""

from collections.abc import Iterable

from powertrip.cards import words
from powertrip.cards.address_lines import labelled
from powertrip.cards.blocks import Line, outside, text
from powertrip.cards.text import show
from powertrip.domain.address import Reputation
from powertrip.domain.event import Event

NAME_LIMIT = 80
DETAIL_LIMIT = 160
DETAILS_SHOWN = 6
PROBLEM_LIMIT = 160


def lines(event: Event) -> list[Line]:
    """Network, place, and what is missing; nothing where nothing was asked."""
    known = event.facts
    if known is None:
        return []
    shown: list[Line] = []
    # The kind of address explains why no service knows it; beside an answer it explains nothing.
    if known.kind in words.ADDRESS_KIND and not (known.reputations or known.awaited):
        shown.append(labelled("Address", text(words.ADDRESS_KIND[known.kind])))
    # The opinion that counts stands beside the risk.
    others = [item for item in known.reputations if item.service != event.risk.service]
    shown += [labelled(show(item.service, NAME_LIMIT), text(_opinion(item))) for item in others]
    if network := known.network:
        number = f"AS{network.as_number}" if network.as_number is not None else None
        names = [number, network.name, network.description, network.country_code, network.prefix]
        shown.append(labelled("Network", *_joined(names)))
    if place := known.place:
        country = [place.country, place.country_code] if place.country else [place.country_code, None]
        shown.append(labelled("Place", *_joined([place.city, place.region, *country, place.time_zone])))
    if known.awaited:
        awaited = words.listed([show(name, NAME_LIMIT) for name in known.awaited])
        shown.append([text(f"🔎 Still asking {awaited} about the address.")])
    for name, problem in known.unavailable.items():
        shown.append(labelled(f"{show(name, NAME_LIMIT)} unavailable", text(show(problem, PROBLEM_LIMIT))))
    return shown


def _opinion(reputation: Reputation) -> str:
    score = [] if reputation.score is None else [f"{reputation.score} of 100"]
    risk = [show(reputation.risk, NAME_LIMIT)] if reputation.risk else []
    opinion = ", ".join([*risk, *score]) or "nothing known"
    return f"{opinion}: {show(reputation.reason, DETAIL_LIMIT)}" if reputation.reason else opinion


def _joined(values: Iterable[str | None]) -> Line:
    pieces: Line = []
    for value in dict.fromkeys(value for value in values if value):
        pieces += [text(" · ")] if pieces else []
        pieces.append(outside(value, NAME_LIMIT))
    return pieces or [text("not known")]


def evidence(event: Event) -> list[Line]:
    """Whatever else the services say, for those who look closer."""
    reputations = event.facts.reputations if event.facts else ()
    return [
        labelled(show(label, NAME_LIMIT), outside(value, DETAIL_LIMIT))
        for reputation in reputations
        for label, value in list(reputation.details.items())[:DETAILS_SHOWN]
        if value
    ]
