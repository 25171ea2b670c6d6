"""What the services know of an event's address: owner of the network, place, and what nobody could say."""

from collections.abc import Iterable

from powertrip.cards import words
from powertrip.cards.address_lines import labelled
from powertrip.cards.blocks import Line, outside, text
from powertrip.cards.text import show
from powertrip.domain.address import AddressFacts, Network, Place, Reputation
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
    found = [
        *([labelled("Address", text(words.ADDRESS_KIND[known.kind]))] if _is_worth_saying(known) else []),
        *_other_opinions(event, known.reputations),
        *([labelled("Network", *_network(known.network))] if known.network else []),
        *([labelled("Place", *_place(known.place))] if known.place else []),
    ]
    return [*found, *_missing(known)]


def _is_worth_saying(known: AddressFacts) -> bool:
    """Whether the kind of address explains why nothing is known of it."""
    return known.kind in words.ADDRESS_KIND and not (known.reputations or known.awaited)


def _other_opinions(event: Event, reputations: Iterable[Reputation]) -> list[Line]:
    """What the services say whose word is not the one beside the risk."""
    return [
        labelled(show(said.service, NAME_LIMIT), text(_opinion(said)))
        for said in reputations
        if said.service != event.risk.service
    ]


def _opinion(said: Reputation) -> str:
    score = [] if said.score is None else [f"{said.score} of 100"]
    word = [show(said.risk, NAME_LIMIT)] if said.risk else []
    verdict = ", ".join([*word, *score]) or "nothing known"
    return f"{verdict}: {show(said.reason, DETAIL_LIMIT)}" if said.reason else verdict


def _network(network: Network) -> Line:
    number = f"AS{network.as_number}" if network.as_number is not None else None
    return _joined([number, network.name, network.description, network.country_code, network.prefix])


def _place(place: Place) -> Line:
    country = place.country or place.country_code
    code = place.country_code if place.country else None
    return _joined([place.city, place.region, country, code, place.time_zone])


def _joined(values: Iterable[str | None]) -> Line:
    pieces: Line = []
    for value in dict.fromkeys(value for value in values if value):
        pieces += [text(" · ")] if pieces else []
        pieces.append(outside(value, NAME_LIMIT))
    return pieces or [text("not known")]


def _missing(known: AddressFacts) -> list[Line]:
    awaited = [show(name, NAME_LIMIT) for name in known.awaited]
    looking = [[text(f"🔎 Still asking {words.listed(awaited)} about the address.")]] if awaited else []
    return [
        *looking,
        *(
            labelled(f"{show(name, NAME_LIMIT)} unavailable", text(show(why, PROBLEM_LIMIT)))
            for name, why in known.unavailable.items()
        ),
    ]


def evidence(event: Event) -> list[Line]:
    """Whatever else the services say, for those who look closer."""
    said = event.facts.reputations if event.facts else ()
    return [
        labelled(show(label, NAME_LIMIT), outside(value, DETAIL_LIMIT))
        for reputation in said
        for label, value in list(reputation.details.items())[:DETAILS_SHOWN]
        if value
    ]
