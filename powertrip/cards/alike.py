"""What tells events of one list apart whose lines would read alike: another key, method or variable."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from powertrip.cards import fields, words
from powertrip.cards.text import one_line, show
from powertrip.domain.event import Event

SAID = 2
"""Differences that are named; the card names all."""
VALUE_LIMIT = 100
"""The fingerprint of a key, and how it was used."""


def told_apart(events: Iterable[Event]) -> Mapping[str, str]:
    """By id, ` · How: password`, for each event that another one of the list reads like."""
    alike = defaultdict(list)
    for event in events:
        alike[words.summary(event)].append(event)
    apart: dict[str, str] = {}
    for group in alike.values():
        values = [fields.in_words(event) for event in group]
        labels = dict.fromkeys(label for each in values for label in each)
        differing = [label for label in labels if len({each.get(label, "none") for each in values}) > 1]
        for event, each in zip(group, values, strict=True):
            apart[event.id] = "".join(
                f" · {label}: {show(one_line(each.get(label, 'none')), VALUE_LIMIT)}"
                for label in differing[:SAID]
            )
    return apart
