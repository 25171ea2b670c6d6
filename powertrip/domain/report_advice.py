"""What would halve what a rule asks: rules that ignore what repeats, and was approved each time.

Only a bot is named, or what many people do alike: a report names nobody.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from powertrip.domain.event import GRAVE, OPEN, Status

KEPT = 2_000
"""Different combinations of one rule and kind that are counted; those that come later are not."""
ENTRIES = 3
"""Rules in one advice at most: who has to read more pastes them unread."""
LEAST = 5
"""A combination that was approved less often is no habit."""
DAYS = 2
"""One that came on fewer days is one piece of work, and over."""
MANY = 5
"""People of whom nobody is told apart."""
LONGEST = 100
"""Characters of a value that can stand in a rule that people are to read, in ASCII."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """Entries for `rules:` in the configuration, and what they would have come to."""

    entries: tuple[Mapping[str, Any], ...]
    spared: int
    """Events that would not have been asked about."""
    halves: bool


class Counted(Protocol):
    """What is known of an event."""

    @property
    def severity(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def subject(self) -> str | None: ...
    @property
    def is_bot(self) -> bool: ...
    @property
    def decisive(self) -> str | None: ...
    @property
    def received_at(self) -> Any: ...


@dataclass(slots=True)
class _Combination:
    count: int = 0
    approved: int = 0
    is_spoilt: bool = False
    """One of it was denied, grave, or about somebody whom the configuration does not know."""
    is_of_bots: bool = True
    people: set[str] = field(default_factory=set)
    days: set[str] = field(default_factory=set)

    def add(self, each: Counted) -> None:
        self.count += 1
        self.approved += each.status == Status.APPROVED
        is_fine = each.status == Status.APPROVED or each.status in OPEN
        self.is_spoilt |= not is_fine or each.severity in GRAVE or not (each.subject or each.is_bot)
        self.is_of_bots &= each.is_bot
        # No more than it takes to tell many from few.
        if each.subject and len(self.people) < MANY:
            self.people.add(each.subject)
        if len(self.days) < DAYS:
            self.days.add(f"{each.received_at:%Y-%m-%d}")

    @property
    def is_usual(self) -> bool:
        """Whether it could be named, and ignored."""
        names_nobody = self.is_of_bots or len(self.people) >= MANY
        return names_nobody and not self.is_spoilt and self.approved >= LEAST and len(self.days) >= DAYS


_Key = tuple[tuple[str, str], ...]
"""Names and values of fields."""


@dataclass(slots=True)
class Combinations:
    """What repeats among the events of one rule."""

    _found: dict[tuple[str, ...], dict[_Key, _Combination]] = field(default_factory=dict)
    """By the names of the fields that make them."""

    def add(self, values: Mapping[str, str], each: Counted) -> None:
        """Count an event under each combination that could be named."""
        # A name is a person's unless it is a bot's; what is done, and where, may be what many do.
        kinds = [("user_name", "source_ip"), ("user_name", "host_name")] if each.is_bot else []
        kinds += [(each.decisive, "host_name")] if each.decisive else []
        for names in kinds:
            key = tuple((name, values[name]) for name in names if _is_plain(values.get(name)))
            known = self._found.setdefault(names, {})
            if len(key) == len(names) and (key in known or len(known) < KEPT):
                known.setdefault(key, _Combination()).add(each)

    def advice(
        self, rule: str, fields: Collection[str], taken: Collection[str], *, asked: int
    ) -> Advice | None:
        """The fewest entries that would halve it, or else those that spare most; None where there are none.

        `fields` are those that the rule names, `taken` the names that rules have.
        """
        best: list[tuple[_Key, _Combination]] = []
        for names, found in self._found.items():
            if set(names) <= set(fields):
                usual = [(key, each) for key, each in found.items() if each.is_usual]
                chosen = _enough(sorted(usual, key=lambda item: (-item[1].count, item[0])), asked)
                # The narrowest was counted first: of two that spare as much it stays.
                best = chosen if _spared(chosen) > _spared(best) else best
        if not best:
            return None
        free = (name for number in range(1, 10_000) if (name := f"{rule}_expected_{number}") not in taken)
        entries = [{"name": next(free), "rule": rule, "where": dict(key), "ignore": True} for key, _ in best]
        spared = _spared(best)
        return Advice(entries=tuple(entries), spared=spared, halves=2 * spared >= asked)


def _enough(usual: list[tuple[_Key, _Combination]], asked: int) -> list[tuple[_Key, _Combination]]:
    """As many of them as it takes to spare a half, and no more than people read."""
    for count in range(1, ENTRIES):
        if 2 * _spared(usual[:count]) >= asked:
            return usual[:count]
    return usual[:ENTRIES]


def _spared(chosen: list[tuple[_Key, _Combination]]) -> int:
    return sum(each.count for _, each in chosen)


def _is_plain(value: str | None) -> bool:
    """Whether people who read a rule see what it says."""
    return value is not None and 0 < len(value) <= LONGEST and value.isascii() and value.isprintable()
