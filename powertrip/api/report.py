"""`GET /api/v1/report`: the figures of a report; those that fewer than five people made are withheld."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web
from pydantic import SecretStr

from powertrip.api.answers import answer, as_moment, guarded, refused, written
from powertrip.domain.report import Answers, Report, RuleFigures
from powertrip.domain.statistics import share_up_to
from powertrip.pipeline.report import read_report
from powertrip.rules import RuleSet
from powertrip.store import Store

PATH = "/api/v1/report"
USUAL, LONGEST = timedelta(days=7), timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportApi:
    """Answers whoever has the token of the read API."""

    store: Callable[[], Store]
    rules: Callable[[], RuleSet]
    clock: Callable[[], datetime]
    token: Callable[[], SecretStr | None]
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)
    """A report reads all events of its time: one after the other."""

    def add_to(self, app: web.Application) -> None:
        """Add the route."""
        app.router.add_get(PATH, guarded(self.token, self.report), allow_head=False)

    async def report(self, request: web.Request) -> web.Response:
        """The figures since a moment."""
        now = self.clock()
        try:
            since = as_moment(text) if (text := request.query.get("since", "")) else now - USUAL
        except (ValueError, OverflowError):
            return refused(400, "since: write a time such as 2026-01-31T12:00:00Z")
        if not now - LONGEST <= since < now:
            return refused(400, f"since: write a time of the last {LONGEST.days} days")
        if self._reading.locked():
            response = refused(429, "another report is being read; ask again when it is answered")
            response.headers["Retry-After"] = "10"
            return response
        async with self._reading:
            found = await read_report(self.store(), self.rules(), since, now)
        return answer(_as_json(found))


def _as_json(report: Report) -> dict[str, Any]:
    cards = report.cards
    return {
        "since": written(report.since),
        "until": written(report.until),
        "events": report.events,
        "asked": report.asked,
        "expected": report.expected,
        "answered": report.answered,
        "denied": report.denied,
        "in_storms": report.in_storms,
        "settled": report.settled,
        "before_reminder": report.unreminded,
        "groups": list(map(_group, report.answers)),
        "cards_a_day": {"median": cards.median, "p95": cards.p95, "most": cards.most} if cards else None,
        "rules": list(map(_rule, report.rules)),
        "days": {day: dict(counts) for day, counts in sorted(report.per_day.items())},
    }


def _group(group: Answers) -> dict[str, Any]:
    waits = group.waits
    return {
        "group": group.group,
        "answers": group.answered,
        "median_seconds": share_up_to(waits, 0.5) if waits else None,
        "p90_seconds": share_up_to(waits, 0.9) if waits else None,
        "approvals": group.approvals,
        "timed": group.timed,
        "under_three_seconds": group.fast,
        "in_bursts": group.in_bursts,
    }


def _rule(rule: RuleFigures) -> dict[str, Any]:
    advice = rule.advice
    entries = [dict(entry) for entry in advice.entries] if advice else []
    return {
        "rule": rule.rule,
        "asked": rule.asked,
        "denied": rule.denied,
        "approvals": rule.approvals,
        "under_three_seconds": rule.fast,
        "advice": {"spared": advice.spared, "entries": entries} if advice else None,
    }
