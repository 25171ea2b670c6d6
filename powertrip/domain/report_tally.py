"""Counts events for a report, as they are read."""

from array import array
from collections import Counter, defaultdict, deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from powertrip.domain.decision import Verdict
from powertrip.domain.event import OPEN, Status
from powertrip.domain.report import (
    ADVISED,
    BURST,
    BURST_WITHIN,
    FAST,
    FEW,
    Answer,
    Answers,
    Asked,
    CardsADay,
    Group,
    Report,
    RuleFigures,
)
from powertrip.domain.report_advice import Combinations
from powertrip.domain.statistics import share_up_to

_MICROSECOND = timedelta(microseconds=1)


@dataclass(slots=True)
class _Group:
    people: set[str] = field(default_factory=set)
    answered: int = 0
    waits: Counter[int] = field(default_factory=Counter)
    timed: int = 0
    fast: int = 0
    approvals: dict[str, "array[int]"] = field(default_factory=lambda: defaultdict(lambda: array("q")))
    """When each person approved, in microseconds."""

    def add(self, answer: Answer, waited: timedelta | None) -> None:
        self.people.add(answer.actor_id)
        self.answered += 1
        if waited is not None:
            self.waits[int(waited.total_seconds())] += 1
        if answer.verdict == Verdict.APPROVE and not answer.in_bulk:
            self.approvals[answer.actor_id].append(int(answer.at.timestamp() * 1_000_000))
            self.timed += waited is not None
            self.fast += is_fast(answer, waited)

    def told(self, group: Group, few: int) -> Answers:
        shown = len(self.people) >= few
        return Answers(
            group=group,
            answered=self.answered,
            waits=dict(self.waits) if shown else None,
            approvals=sum(map(len, self.approvals.values())),
            timed=self.timed,
            fast=self.fast if shown else None,
            in_bursts=sum(map(in_bursts, self.approvals.values())) if shown else None,
        )


@dataclass(slots=True)
class _Rule:
    asked: int = 0
    denied: int = 0
    fast: int = 0
    approvals: int = 0
    people: set[str] = field(default_factory=set)
    combinations: Combinations = field(default_factory=Combinations)


def is_fast(answer: Answer, waited: timedelta | None) -> bool:
    """Whether it is an approval that came sooner than its card can be read."""
    return answer.verdict == Verdict.APPROVE and waited is not None and waited < FAST


def in_bursts(moments: Iterable[int]) -> int:
    """How many of one person's approvals, in microseconds, are part of a burst."""
    window: deque[list[int]] = deque()
    found = 0
    for moment in sorted(moments):
        while window and moment - window[0][0] > BURST_WITHIN // _MICROSECOND:
            window.popleft()
        window.append([moment, 0])
        if len(window) >= BURST:
            for each in window:
                found += 1 - each[1]
                each[1] = 1
    return found


class Tally:
    """Counts events as they are read; of each approval it keeps eight bytes, of nothing else anything."""

    def __init__(self, *, own: str | None = None) -> None:
        """`own`: the member whom the report is about, and for whom alone it is."""
        self._own = own
        self._few = 1 if own else FEW
        self._events = self._expected = self._asked = self._answered = self._denied = self._in_storms = 0
        self._settled = self._unreminded = 0
        self._groups = {group: _Group() for group in Group}
        self._cards: Counter[tuple[str, str]] = Counter()
        self._rules: dict[str, _Rule] = defaultdict(_Rule)
        self._per_day: dict[str, Counter[str]] = defaultdict(Counter)

    def add(self, page: Iterable[Asked]) -> None:
        """Count a page."""
        for each in page:
            self._add(each)

    def _add(self, each: Asked) -> None:
        self._events += 1
        self._per_day[f"{each.received_at:%Y-%m-%d}"][each.status] += 1
        self._expected += each.is_expected
        if not each.was_asked:
            return
        self._asked += 1
        self._in_storms += each.in_storm
        self._answered += each.status not in OPEN
        denied = each.status in (Status.DENIED, Status.CLOSED)
        self._denied += denied
        rule = self._rules[each.rule]
        rule.asked += 1
        rule.denied += denied
        rule.combinations.add(each.values, each)
        if each.in_person and each.subject:
            self._cards[each.subject, f"{each.asked_at:%Y-%m-%d}"] += 1
        self._time(each, rule)

    def _time(self, each: Asked, rule: _Rule) -> None:
        answer, group = each.answer, each.group
        if not each.in_storm and (answer or each.reminded_at):
            self._settled += 1
            self._unreminded += bool(answer and (not each.reminded_at or answer.at < each.reminded_at))
        if answer is None or group is None:
            return
        self._groups[group].add(answer, each.waited)
        if group is Group.PEOPLE and answer.verdict == Verdict.APPROVE and not answer.in_bulk:
            rule.people.add(answer.actor_id)
            rule.approvals += 1
            rule.fast += is_fast(answer, each.waited)

    def report(
        self,
        since: datetime,
        until: datetime,
        *,
        fields: Mapping[str, Collection[str]],
        taken: Collection[str],
    ) -> Report:
        """What was counted, with advice: `fields` are those that each rule in force names.

        `taken` are the names of all rules.
        """
        by_asked = sorted(self._rules.items(), key=lambda item: (-item[1].asked, item[0]))
        shown, named = self._shown_rules(), set(taken)
        figures: list[RuleFigures] = []
        for name, rule in by_asked:
            advice = None
            if len(figures) < ADVISED and not self._own:
                advice = rule.combinations.advice(name, fields.get(name, ()), named, asked=rule.asked)
                named |= {entry["name"] for entry in advice.entries} if advice else set()
            figures.append(
                RuleFigures(
                    rule=name,
                    asked=rule.asked,
                    denied=rule.denied,
                    fast=rule.fast if name in shown else None,
                    approvals=rule.approvals,
                    advice=advice,
                )
            )
        groups = [Group.PEOPLE, Group.AGENTS] if self._own else list(Group)
        return Report(
            since=since,
            until=until,
            is_own=self._own is not None,
            events=self._events,
            expected=self._expected,
            asked=self._asked,
            answered=self._answered,
            denied=self._denied,
            in_storms=self._in_storms,
            settled=self._settled,
            unreminded=None if 0 < len(self._people()) < self._few else self._unreminded,
            answers=tuple(self._groups[group].told(group, self._few) for group in groups),
            cards=self._cards_a_day(),
            people_asked=bool(self._cards),
            rules=tuple(figures),
            per_day=dict(self._per_day),
        )

    def _people(self) -> set[str]:
        """All who answered, whatever group they are of."""
        return {person for group in self._groups.values() for person in group.people}

    def _shown_rules(self) -> set[str]:
        """Rules whose fast approvals are shown: of enough people, and so that no rest gives fewer away."""
        withheld = {name for name, rule in self._rules.items() if 0 < len(rule.people) < self._few}
        rest = {person for name in withheld for person in self._rules[name].people}
        # What all did, less what is shown, is what they did.
        return set() if 0 < len(rest) < self._few else self._rules.keys() - withheld

    def _cards_a_day(self) -> CardsADay | None:
        if not self._cards or len({person for person, _ in self._cards}) < self._few:
            return None
        counts = Counter(self._cards.values())
        return CardsADay(median=share_up_to(counts, 0.5), p95=share_up_to(counts, 0.95), most=max(counts))
