"""Somebody announces work, confirms what is announced, or ends it; time, and Slack, end what is left."""

from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from powertrip.domain import announcing, offering
from powertrip.domain.announcing import Week, Wish
from powertrip.domain.event import EventQuery
from powertrip.domain.expectation_proof import UNPROVEN, Act, Proven
from powertrip.domain.expectations import Expectation, ExpectationSection
from powertrip.domain.offering import Offer
from powertrip.domain.people import Actor, Person, Standing, may_be_former
from powertrip.domain.severity import SeverityLists
from powertrip.errors import NotAllowed, Refused
from powertrip.pipeline.context import Context
from powertrip.pipeline.former_ids import recognise
from powertrip.pipeline.proven import proven_of
from powertrip.store import Store

log = structlog.get_logger(__name__)

WEEK = timedelta(days=7)
LOOKED_AT = 500
"""Events of one name that are looked at, to say what would have been covered last week."""


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
        """Keep what was announced; it stands at once only where nobody has to look at it first.

        Where that takes a proof, nothing is kept: raises ProofWanted with what is to be proven, or
        CannotProve.
        """
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
        # Of one that takes a proof nothing is proven yet.
        proven = await proven_of(context, Act.ANNOUNCE, expected, actor.slack_id)
        return await self._keep(expected, person, actor, proven)

    async def announce_proven(self, expected: Expectation, actor: Actor) -> tuple[Expectation, Week]:
        """The same for one of which its announcer has proven that it was they; it is kept from now on."""
        context, section, now = self._context, self.section, self._context.clock()
        person = context.settings.people.find(expected.person)
        if person is None:
            raise Refused(f"Nobody in the configuration is called {expected.person} any more.")
        announcing.authorise_announcing(expected, actor, section, now)
        proven = await proven_of(context, Act.ANNOUNCE, expected, actor.slack_id)
        return await self._keep(replace(expected, created_at=now), person, actor, proven)

    async def _keep(
        self, expected: Expectation, person: Person, actor: Actor, proven: Proven
    ) -> tuple[Expectation, Week]:
        context, section, settings = self._context, self.section, self._context.settings
        week = await week_of(context.store, expected, person, section, settings.severity, context.clock())
        waits = announcing.needs_second_person(expected, section) or announcing.is_broad(expected, week)
        kept = await context.store.expected_work.propose(
            expected,
            confirm_within=section.confirm_within,
            max_open=section.max_open,
            channel=settings.security_channel,
            command=settings.command,
            week=week,
            proven=proven,
            stands=not waits,
        )
        if kept is None:
            raise Refused(
                f"{person.name} has {section.max_open} expectations already, and no more may stand at one "
                "time. End one first."
            )
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
        """Have it stand from now on; raises ProofWanted, or CannotProve, where that takes a proof."""
        expected = await self._get(expectation_id)
        announcing.authorise_confirming(expected, actor, self.section)
        await self._is_another(expected, actor)
        if expected.confirmed_at is None and expected.ended_at is None:
            await self._still_member(expected)
            proven = await proven_of(self._context, Act.CONFIRM, expected, actor.slack_id)
        else:
            proven = UNPROVEN
        confirmed = await self._context.store.expected_work.confirm(
            expected.id,
            actor_id=actor.slack_id,
            name=actor.name,
            command=self._context.settings.command,
            now=self._context.clock(),
            proven=proven,
        )
        if confirmed is None:
            raise Refused("This was confirmed, or has ended, already. Nothing was changed.")
        self._context.signals.outbox.set()
        log.info("expectation confirmed", expectation=expected.id, actor=actor.slack_id)
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
    for name in names_of(person):
        query = EventQuery(user_name=name, since=now - WEEK, limit=LOOKED_AT)
        found, total = await store.events.find(query)
        events += found
        is_cut |= total > len(found)
    return announcing.last_week(expected, events, person, section, lists, is_cut=is_cut)


def names_of(person: Person) -> list[str]:
    """The user names by which events may be of this person."""
    names = (person.name, *person.names, person.email, person.github)
    return list(dict.fromkeys(name for name in names if name))
