"""Somebody announces work, confirms what is announced, or ends it; time, and Slack, end what is left."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from powertrip.domain import announcing, offering
from powertrip.domain.announcing import Week, Wish
from powertrip.domain.event import EventQuery
from powertrip.domain.expectations import Expectation, ExpectationSection
from powertrip.domain.offering import Offer
from powertrip.domain.people import Actor, Person, Standing, may_be_former
from powertrip.domain.severity import SeverityLists
from powertrip.errors import NotAllowed, Refused
from powertrip.pipeline.context import Context
from powertrip.pipeline.former_ids import recognise
from powertrip.store import Store

log = structlog.get_logger(__name__)

WEEK = timedelta(days=7)
LOOKED_AT = 500
"""Events of one name that are looked at, to say what would have been covered last week."""
ASKED_AGAIN = timedelta(minutes=1)
"""How often Slack is asked whether the people behind an expectation are still there."""
ASKED_AT_ONCE = 2
"""People who are asked about at each look; Slack allows a hundred a minute, and others ask, too."""
GONE = "their Slack account is no member's any more"


class Expecter:
    """Takes what people announce, confirm and end. Everything raises Refused with the sentence for them."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @property
    def section(self) -> ExpectationSection:
        """The section in force; raises Refused where expectations are switched off."""
        section = self._context.settings.expectations
        if not section.enabled:
            raise Refused("Expectations are switched off: expectations.enabled in the configuration.")
        return section

    async def announce(
        self, wish: Wish, actor: Actor, person: Person, slack_id: str | None
    ) -> tuple[Expectation, Week]:
        """Keep what was announced; it stands at once only where nobody has to look at it first."""
        context, section, settings = self._context, self.section, self._context.settings
        expected = announcing.announced(
            wish,
            person,
            slack_id,
            actor,
            section=section,
            lists=settings.severity,
            expectation_id=context.new_id(),
            now=context.clock(),
        )
        week = await week_of(context.store, expected, person, section, settings.severity, context.clock())
        kept = await context.store.expected_work.propose(
            expected,
            confirm_within=section.confirm_within,
            max_open=section.max_open,
            channel=settings.security_channel,
            command=settings.command,
            week=week,
        )
        if kept is None:
            raise Refused(
                f"{person.name} has {section.max_open} expectations already, and no more may stand at one "
                "time. End one first."
            )
        if not announcing.needs_second_person(kept, section) and not announcing.is_broad(kept, week):
            kept = await self._stand(kept, actor)
        context.signals.outbox.set()
        log.info("expectation announced", expectation=kept.id, actor=actor.slack_id, is_open=kept.is_open)
        return kept, week

    async def offer(self, event_id: str, slack_id: str) -> Offer:
        """What this member may ask for after they approved an event of their own."""
        section, settings = self.section, self._context.settings
        event = await self._context.store.events.get(event_id)
        event = await recognise(self._context, event, slack_id)
        whose, sensitive = settings.expectable(event), settings.severity.sensitive
        return offering.offer(event, whose, section, sensitive, slack_id)

    async def accept(
        self,
        event_id: str,
        *,
        slack_id: str,
        team_id: str | None,
        host: str,
        network: str | None,
        length: timedelta,
        ticket: str | None,
        why: str,
    ) -> tuple[Expectation, Week]:
        """Announce what they chose of that; it takes what any announcement of one's own takes."""
        actor = await self._context.member(slack_id, team_id)
        offer = await self.offer(event_id, slack_id)
        section = self.section
        if section.ticket is not None and not section.takes_ticket(ticket or ""):
            raise Refused("That ticket does not have the form that the configuration asks for.")
        wish = offer.wish(host=host, network=network, length=length, why=why, ticket=ticket)
        person = self._context.settings.people.find(offer.event.user_name)
        if person is None:
            raise Refused("Nobody in the configuration has this name any more.")
        return await self.announce(wish, actor, person, slack_id)

    async def confirm(self, expectation_id: str, actor: Actor) -> Expectation:
        """Have it stand from now on."""
        expected = await self._get(expectation_id)
        announcing.authorise_confirming(expected, actor, self.section)
        await self._is_another(expected, actor)
        if expected.confirmed_at is None and expected.ended_at is None:
            await self._still_member(expected)
        confirmed = await self._stand(expected, actor)
        self._context.signals.outbox.set()
        log.info("expectation confirmed", expectation=expected.id, actor=actor.slack_id)
        return confirmed

    async def _stand(self, expected: Expectation, actor: Actor) -> Expectation:
        confirmed = await self._context.store.expected_work.confirm(
            expected.id,
            actor_id=actor.slack_id,
            name=actor.name,
            command=self._context.settings.command,
            now=self._context.clock(),
        )
        if confirmed is None:
            raise Refused("This was confirmed, or has ended, already. Nothing was changed.")
        return confirmed

    async def _is_another(self, expected: Expectation, actor: Actor) -> None:
        """Raise NotAllowed where the second person is the first under the id that they had before."""
        if not announcing.needs_second_person(expected, self.section):
            return
        mine = [expected.created_by, *([expected.slack_id] if expected.slack_id else [])]
        for former in may_be_former(actor.slack_id, mine):
            if await self._context.directory.current_id(former) == actor.slack_id:
                raise NotAllowed("You announced this for yourself, so another reviewer has to confirm it.")

    async def _still_member(self, expected: Expectation) -> None:
        if expected.slack_id is None:
            return
        person = await self._context.directory.actor(expected.slack_id, None, needs_group=False)
        if person.standing is not Standing.MEMBER:
            raise Refused(
                f"Slack does not say just now that {expected.person} is a member. Nothing was changed."
            )

    async def end(self, expectation_id: str, actor: Actor) -> Expectation:
        """End it at once."""
        expected = await self._get(expectation_id)
        announcing.authorise_ending(expected, actor)
        ended = await self._context.store.expected_work.end(
            expected.id,
            actor_id=actor.slack_id,
            why=f"ended by {actor.name}",
            now=self._context.clock(),
        )
        if ended is None:
            raise Refused("This has ended already. Nothing was changed.")
        self._context.signals.outbox.set()
        log.info("expectation ended", expectation=expected.id, actor=actor.slack_id)
        return ended

    async def distrust(self, slack_id: str | None, name: str | None, actor: Actor) -> list[Expectation]:
        """End all that is expected of a member, or of the bot of this name, at once."""
        if not actor.is_reviewer and actor.slack_id != slack_id:
            raise NotAllowed("Only reviewers can end what is expected of others.")
        ended = await self._context.store.expected_work.end_of(
            slack_id,
            name,
            actor_id=actor.slack_id,
            why=f"ended by {actor.name}",
            now=self._context.clock(),
        )
        self._context.signals.outbox.set()
        log.info("person distrusted", member=slack_id or name, actor=actor.slack_id, ended=len(ended))
        return ended

    async def listed(self, actor: Actor) -> list[Expectation]:
        """What stands or waits, and what has ended today; of everybody for a reviewer."""
        since = self._context.clock() - timedelta(days=1)
        return await self._context.store.expected_work.listed(
            None if actor.is_reviewer else actor.slack_id, since
        )

    async def _get(self, expectation_id: str) -> Expectation:
        found = await self._context.store.expected_work.get(expectation_id)
        if found is None:
            raise Refused(f"There is no expectation with the id {expectation_id[:40]!r}.")
        return found


async def week_of(
    store: Store,
    expected: Expectation,
    person: Person,
    section: ExpectationSection,
    lists: SeverityLists,
    now: datetime,
) -> Week:
    """What it would have covered in the last week."""
    events, is_cut = [], False
    for name in _names(person):
        query = EventQuery(user_name=name, since=now - WEEK, limit=LOOKED_AT)
        found, total = await store.events.find(query)
        events += found
        is_cut |= total > len(found)
    return announcing.last_week(expected, events, person, section, lists, is_cut=is_cut)


def _names(person: Person) -> list[str]:
    names = (person.name, *person.names, person.email, person.github)
    return list(dict.fromkeys(name for name in names if name))


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
            return _names(person) if person else []

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
