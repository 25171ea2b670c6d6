"""Makes one whole of what several services say of an address."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import TypeVar

from powertrip.domain.address import AddressFacts, AddressKind, Network, Place
from powertrip.enrichment.service import ServiceAnswer

Part = TypeVar("Part", Network, Place)


def merge(
    kind: AddressKind, answers: Mapping[str, ServiceAnswer], awaited: Sequence[str] = ()
) -> AddressFacts:
    """What the services say, by name in the order of the config: field by field the first one counts."""
    said = list(answers.values())
    networks = [answer.network for answer in said if answer.network]
    places = [answer.place for answer in said if answer.place]
    return AddressFacts(
        kind=kind,
        reputations=tuple(answer.reputation for answer in said if answer.reputation),
        network=_first_of_each(networks, "as_number"),
        place=_first_of_each(places, "country_code"),
        unavailable={name: answer.problem for name, answer in answers.items() if answer.problem},
        awaited=tuple(awaited),
    )


def _first_of_each(parts: Sequence[Part], identity: str) -> Part | None:
    """Field by field the first that is said; who contradicts the `identity` found so far is left out.

    A town of one country must not stand beside the name of another.
    """
    if not parts:
        return None
    whole = parts[0]
    for part in parts[1:]:
        if getattr(whole, identity) in (None, getattr(part, identity)) or getattr(part, identity) is None:
            whole = _filled(whole, part)
    return whole


def _filled(whole: Part, part: Part) -> Part:
    missing = [field.name for field in fields(whole) if getattr(whole, field.name) is None]
    return replace(whole, **{name: getattr(part, name) for name in missing})
