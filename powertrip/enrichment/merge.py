"""Merges what several services say of one address."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import TypeVar

from powertrip.domain.address import AddressFacts, AddressKind, Network, Place
from powertrip.enrichment.service import ServiceAnswer

Part = TypeVar("Part", Network, Place)


def merge(
    kind: AddressKind, answers: Mapping[str, ServiceAnswer], *, awaited: Sequence[str] = ()
) -> AddressFacts:
    """Merges answers by service, in the order of the config: the first to state a field counts."""
    networks = [answer.network for answer in answers.values() if answer.network]
    places = [answer.place for answer in answers.values() if answer.place]
    return AddressFacts(
        kind=kind,
        reputations=tuple(answer.reputation for answer in answers.values() if answer.reputation),
        network=_first_of_each(networks, identity="as_number"),
        place=_first_of_each(places, identity="country_code"),
        unavailable={name: answer.problem for name, answer in answers.items() if answer.problem},
        awaited=tuple(awaited),
        failing=tuple(name for name, answer in answers.items() if answer.failed or not answer.complete),
    )


def _first_of_each(parts: Sequence[Part], *, identity: str) -> Part | None:
    if not parts:
        return None
    merged = parts[0]
    for part in parts[1:]:
        known, stated = getattr(merged, identity), getattr(part, identity)
        # A town of one country must not stand beside the name of another.
        if known is not None and stated is not None and known != stated:
            continue
        unset = [field.name for field in fields(merged) if getattr(merged, field.name) is None]
        merged = replace(merged, **{name: getattr(part, name) for name in unset})
    return merged
