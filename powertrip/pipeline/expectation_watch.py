"""Time, and Slack, end what is expected; what pipelines announced is told to the channel."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from powertrip.domain.people import Standing
from powertrip.pipeline.context import Context
from powertrip.pipeline.expect import WEEK, names_of, week_of

log = structlog.get_logger(__name__)

ASKED_AGAIN = timedelta(minutes=1)
"""How often Slack is asked whether the people behind an expectation are still there."""
ASKED_AT_ONCE = 2
"""People who are asked about at each look; Slack allows a hundred a minute, and others ask, too."""
GONE = "their Slack account is no member's any more"


@dataclass(slots=True)
class ExpectationWatch:
    """Ends expectations as time passes, and those of people who have left."""

    context: Context
    asked_at: dict[str, datetime] = field(default_factory=dict)
    """When Slack was last asked about a member."""

    async def look(self) -> bool:
        """Look once; returns False, for the next look is soon enough."""
        context, people = self.context, self.context.settings.people

        def names(name: str) -> list[str]:
            person = people.find(name)
            return names_of(person) if person else []

        now, settings = context.clock(), context.settings
        told = await self._tell_of_pipelines(now)
        told += await context.store.expected_work.sweep(names, settings.security_channel, now)
        await self._look_for_leavers(now)
        if told:
            context.signals.outbox.set()
        return False

    async def _tell_of_pipelines(self, now: datetime) -> int:
        """Tell the channel what was announced to a half of Powertrip that has no Slack."""
        context, settings, told = self.context, self.context.settings, 0
        store, section = context.store, settings.expectations
        for expected in await store.expected_work.untold(now):
            person = settings.people.find(expected.person)
            week = None
            if person is not None:
                week = await week_of(store, expected, person, section, settings.severity, now)
            told += await store.expected_work.tell(
                expected.id,
                channel=settings.security_channel,
                command=settings.command,
                week=week,
                now=now,
            )
        return told

    async def _look_for_leavers(self, now: datetime) -> None:
        store = self.context.store.expected_work
        standing = await store.standing()
        members = {member for each in standing for member in (each.slack_id, each.created_by) if member}
        self.asked_at = {member: at for member, at in self.asked_at.items() if member in members}
        due = [each for each in members if self.asked_at.get(each, now - ASKED_AGAIN) <= now - ASKED_AGAIN]
        for member in sorted(due, key=lambda each: (self.asked_at.get(each, now - WEEK), each))[
            :ASKED_AT_ONCE
        ]:
            self.asked_at[member] = now
            actor = await self.context.directory.actor(member, None, needs_group=False)
            # That Slack does not answer says nothing about them.
            if actor.standing in (Standing.MEMBER, Standing.UNKNOWN):
                continue
            theirs = [each.id for each in standing if member in (each.slack_id, each.created_by)]
            await store.end_all(theirs, actor_id=None, why=GONE, now=now)
            log.warning("expectations ended, their person has left", member=member, expectations=theirs)
            self.context.signals.outbox.set()
