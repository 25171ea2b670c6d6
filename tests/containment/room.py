"""Denied events, reviewers who press, and a worker that is killed before it writes down what came of it."""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from powertrip.containment import ContainmentSection, ways
from powertrip.domain import containing, containment
from powertrip.domain.contained import Containment, ContainmentState
from powertrip.domain.delivery import Delivery, DeliveryKind
from powertrip.domain.event import Event, Status
from powertrip.domain.people import Actor, Person, Standing
from powertrip.net import Pool
from powertrip.pipeline.contain import contain
from powertrip.pipeline.containments import Containments, Press
from powertrip.pipeline.context import Context
from powertrip.pipeline.decide import Reference
from powertrip.store import Store
from powertrip.store.database import DatabaseThread
from tests.claiming import take_one
from tests.conftest import Clock
from tests.pipeline.contexts import context
from tests.samples import ALICE, CAROL
from tests.store.busy import Busy

DANA = "U0DANA"
LEASE_OVER = {"seconds": 31}


class Killed(BaseException):
    """What ends a process at once."""


@dataclass
class Room:
    """All that a test of containment acts on."""

    thread: DatabaseThread
    store: Store
    clock: Clock
    pool: Pool
    section: ContainmentSection
    person: Person | None = None
    reviewers: set[str] = field(default_factory=lambda: {CAROL, DANA})
    renamed: dict[str, str] = field(default_factory=dict)
    """The ids that Slack has now for those whose workspace has joined an organisation."""

    @property
    def context(self) -> Context:
        """What the steps get."""
        section = self.section

        def offers(event: Event) -> list[containment.Offer]:
            return containment.offers(event, self.person, section.actions, section)

        async def actor(slack_id: str, _team: str | None, **_: Any) -> Actor:
            is_reviewer = slack_id in self.reviewers
            return Actor(slack_id=slack_id, name=slack_id, standing=Standing.MEMBER, is_reviewer=is_reviewer)

        async def current_id(slack_id: str) -> str:
            return self.renamed.get(slack_id, slack_id)

        directory: Any = SimpleNamespace(actor=actor, current_id=current_id)
        made = context(self.store, self.clock, containment=section, actions=section.actions, offers=offers)
        actions: Any = ways(section, self.pool, self.clock)
        return replace(made, directory=directory, live_actions=lambda: actions)

    async def denied(self, name: str = "login", *, by: str = ALICE, **changes: Any) -> Event:
        """An event that somebody denied, of which nothing waits to be told."""
        busy = Busy(self.thread)
        await busy.opened(name, **changes)
        await busy.decide(name, Status.DENIED, by)
        await busy.send()
        return await self.event(name)

    async def event(self, name: str = "login") -> Event:
        return await self.store.events.get(name)

    async def contained(self, name: str = "login") -> tuple[Containment, ...]:
        """All that was wanted about an event."""
        follow_up = (await self.event(name)).follow_up
        assert follow_up is not None
        return follow_up.containments

    async def states(self, name: str = "login") -> list[ContainmentState]:
        return [each.state for each in await self.contained(name)]

    def pressed_by(self, by: str, name: str = "login") -> tuple[Containments, Press]:
        press = Press(reference=Reference(event_id=name), slack_id=by, team_id=None, doing="contain")
        return Containments(self.context), press

    async def press(self, action: str, by: str = CAROL, name: str = "login") -> None:
        """Press the button of an action as a card drawn now has it; raises Refused."""
        event = await self.event(name)
        offer = next(each for each in self.context.settings.offers(event) if each.name == action)
        seen = containing.shown(offer.plan, len(containing.of_action(event, action))) if offer.plan else ""
        pressed, press = self.pressed_by(by, name)
        await pressed.ask(press, action, seen)

    async def press_as_drawn(self, action: str, drawn: ContainmentSection, by: str = CAROL) -> None:
        """Press a button of a card that was drawn by other settings."""
        event = await self.event()
        plan = drawn.actions[action].plan(event)
        pressed, press = self.pressed_by(by, "login")
        await pressed.ask(press, action, containing.shown(plan, 0))

    async def agree(self, by: str = DANA, name: str = "login") -> None:
        pressed, press = self.pressed_by(by, name)
        await pressed.agree(press, (await self.contained(name))[-1].id)

    async def undo(self, by: str = CAROL, name: str = "login") -> None:
        pressed, press = self.pressed_by(by, name)
        done = [each for each in await self.contained(name) if each.undoes is None]
        await pressed.undo(press, done[-1].id)

    async def try_again(self, by: str = CAROL, name: str = "login") -> None:
        pressed, press = self.pressed_by(by, name)
        last = (await self.contained(name))[-1]
        await pressed.try_again(press, last.id, last.tries)

    async def take(self) -> Delivery | None:
        """What a worker takes next to contain; messages count as sent."""
        while delivery := await take_one(self.store, self.clock):
            if delivery.kind is DeliveryKind.CONTAIN:
                return delivery
            await self.store.deliveries.finish(delivery, self.clock())
            await self.store.deliveries.leave([(delivery, timedelta())], self.clock)
        return None

    async def work(self) -> None:
        """Do all that waits."""
        while delivery := await self.take():
            await contain(self.context, delivery)
            await self.store.deliveries.leave([(delivery, timedelta())], self.clock)

    async def killed_before_the_outcome(self) -> None:
        """A worker does it, and is killed before it can say so; its lease and its lane run out."""
        made = self.context

        class Dying:
            def __getattr__(self, name: str) -> Any:
                if name == "end":
                    raise Killed
                return getattr(made.store.containments, name)

        store: Any = SimpleNamespace(containments=Dying(), deliveries=made.store.deliveries)
        delivery = await self.take()
        assert delivery is not None
        with suppress(Killed):
            await contain(replace(made, store=store), delivery)
        self.clock.forward(minutes=1)
