"""In what the records of one event differ: fields that the rule lets vary, so that the card can show them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from powertrip.domain.event import Event

KEPT = 20
"""Different values of a field that an event keeps beside its first; of more it keeps that there are."""
MORE = "…"

Differences = Mapping[str, str | None]
"""By field, what a later record says; None where it says nothing."""

_NAMES = ("user_name", "host_name", "source_ip")


def stated(event: Event) -> dict[str, str]:
    """All fields of an event, its names among them."""
    return all_fields(event.fields, event)


def all_fields(fields: Mapping[str, str], row: Any) -> dict[str, str]:
    """`fields`, and those that have a place of their own in a row or an event, as far as they are known."""
    names = {name: getattr(row, name) for name in _NAMES}
    return {**fields, **{name: value for name, value in names.items() if value is not None}}


def differences(first: Mapping[str, str], later: Mapping[str, str]) -> dict[str, str | None]:
    """What `later` says otherwise."""
    return {name: later.get(name) for name in {*first, *later} if first.get(name) != later.get(name)}


def restated(event: Event, differing: Differences) -> Event:
    """The event as a later record of it tells it."""
    said: dict[str, str | None] = {**stated(event), **differing}
    return replace(
        event,
        user_name=said.pop("user_name", None),
        host_name=said.pop("host_name", None),
        source_ip=said.pop("source_ip", None),
        fields={name: value for name, value in said.items() if value is not None},
    )


def collected(
    all_differing: Iterable[Differences], beside: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """The different values by field, in the order they came, after those of `beside`."""
    varied = {name: list(values) for name, values in beside.items()}
    for differing in all_differing:
        for name, value in differing.items():
            values = varied.setdefault(name, [])
            if value is None or value in values or values[-1:] == [MORE]:
                continue
            values.append(value if len(values) < KEPT else MORE)
    return {name: tuple(values) for name, values in varied.items() if values}
