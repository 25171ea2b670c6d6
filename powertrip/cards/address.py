"""What the services know of an event's address: owner of the network, place, and what nobody could say."""

from collections.abc import Iterable

from powertrip.cards import words
from powertrip.cards.blocks import Line, labelled, outside, text
from powertrip.cards.text import show
from powertrip.domain.address import Network, Place, Reputation, RiskLevel
from powertrip.domain.event import Event

NAME_LIMIT = 80
SHORT_LIMIT = 40
"""Characters of a town or the owner of a network beside the address."""
DETAIL_LIMIT = 160
DETAILS_SHOWN = 6
PROBLEM_LIMIT = 160


def origin(event: Event) -> list[Line]:
    """`From: 203.0.113.9 · Berlin, DE · AS64496 Example Networks`; nothing where the log names no address."""
    if not event.source_ip:
        return []
    line = labelled("From", outside(event.source_ip, words.NAME_LIMIT))
    known = event.facts
    if known is None:
        return [line]
    said = [_where(known.place), _whose(known.network)]
    # The kind of address explains why no service knows it; beside an answer it explains nothing.
    if not (known.reputations or known.awaited):
        said.append(words.ADDRESS_KIND.get(known.kind))
    return [[*line, *(text(f" · {show(value, 2 * SHORT_LIMIT)}") for value in said if value)]]


def _where(place: Place | None) -> str | None:
    if place is None:
        return None
    town, country = place.city or place.region or place.country, place.country_code
    names = [name[:SHORT_LIMIT] for name in (town, country) if name]
    return ", ".join(names) or None


def _whose(network: Network | None) -> str | None:
    if network is None:
        return None
    number = f"AS{network.as_number}" if network.as_number is not None else None
    owner = network.description or network.name or ""
    return " ".join(name for name in (number, owner[:SHORT_LIMIT]) if name) or None


def lines(event: Event) -> list[Line]:
    """What further services think of the address, and what is missing; nothing where nothing was asked."""
    known = event.facts
    if known is None:
        return []
    # The opinion that counts stands beside the risk.
    said = event.risk.service if event.risk.level is not RiskLevel.UNKNOWN else None
    others = [item for item in known.reputations if item.service != said]
    shown = [labelled(show(item.service, NAME_LIMIT), text(_opinion(item))) for item in others]
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


def _joined(values: Iterable[str | None]) -> str:
    return " · ".join(show(value, NAME_LIMIT) for value in dict.fromkeys(values) if value)


def evidence(event: Event) -> list[Line]:
    """Network and place in full, and whatever else the services say, for those who look closer."""
    known = event.facts
    if known is None:
        return []
    shown = []
    if network := known.network:
        number = f"AS{network.as_number}" if network.as_number is not None else None
        names = [number, network.name, network.description, network.country_code, network.prefix]
        shown.append(("Network", _joined(names)))
    if place := known.place:
        names = [place.city, place.region, place.country, place.country_code, place.time_zone]
        shown.append(("Place", _joined(names)))
    details = [
        labelled(show(label, NAME_LIMIT), outside(value, DETAIL_LIMIT))
        for reputation in known.reputations
        for label, value in list(reputation.details.items())[:DETAILS_SHOWN]
        if value
    ]
    return [*(labelled(label, text(names)) for label, names in shown if names), *details]
