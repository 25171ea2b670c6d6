"""The Home tab: drawn when it is opened, after clicks on it, and when something changed while it is open.

Nobody is looked up in Slack, and nothing is published, faster than leaves clicks and cards their share.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeGuard

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from powertrip import cards
from powertrip.cards import HomeView, Message
from powertrip.domain.home import HomeFacts, OpenHome
from powertrip.domain.people import Actor, Standing
from powertrip.domain.policy import STANDING_IN_WORDS
from powertrip.errors import PowertripError, SlackError, SlackRefused
from powertrip.pipeline.context import Context
from powertrip.pipeline.expect import Expecter
from powertrip.pipeline.home import Gatherer
from powertrip.slack.answering import Asker, answer_press, asker_of, sentence
from powertrip.slack.calls import within
from powertrip.slack.limits import RateLimits

log = structlog.get_logger(__name__)

LOOKED_AT_ONCE = 10
"""Home tabs that are looked at together; a look costs a few queries."""
BURST, A_MINUTE = 20, 60
"""Drawn at once, and a minute: Slack takes about 100 a minute of views.publish, and clicks draw too."""
FOR_OPENERS = BURST // 2
"""Of these what is kept for those who open theirs, whatever changes on the others."""
UNKNOWN_FOR = timedelta(seconds=30)
"""So long Slack may take to say who opened theirs before they are told that it does not."""
AGAIN = timedelta(seconds=10)
"""When one is tried again that could not be drawn."""
ID_LIMIT = 100
NOBODY = "Powertrip shows you nothing"
SWITCHED_OFF = "The Home tab is switched off: home.enabled in the configuration."
UNKNOWN = "Slack does not say who you are just now, so nothing is shown. Open this tab again in a moment."


def is_short(value: object) -> TypeGuard[str]:
    """Whether this is text that a row has room for, as Slack's ids and hashes are."""
    return isinstance(value, str) and 0 < len(value) <= ID_LIMIT


class Turns:
    """A bucket of turns that fills again with the time."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._left, self._at = float(BURST), clock()

    def left(self) -> float:
        """How many turns there are now."""
        now = self._clock()
        gained = max(0.0, (now - self._at).total_seconds()) * A_MINUTE / 60
        self._left, self._at = min(BURST, self._left + gained), now
        return self._left

    def take(self) -> None:
        """Use one up."""
        self._left -= 1


class HomeTab:
    """Draws Home tabs."""

    def __init__(
        self,
        context: Context,
        client: AsyncWebClient,
        limits: RateLimits,
        *,
        steady: Callable[[], datetime],
        version: str,
    ) -> None:
        """`steady` is a clock that nobody sets; `version` is Powertrip's."""
        self._version = version
        self._context = context
        self._client = client
        self._limits = limits
        self._turns = Turns(steady)
        self._expecter = Expecter(context)

    async def on_opened(self, event: dict[str, Any]) -> None:
        """Somebody opens the app; the loop draws their Home tab."""
        slack_id = event.get("user")
        # The tab of messages sends the same event.
        if event.get("tab") != "home" or not is_short(slack_id):
            return
        shown = within(event, "view", "hash")
        now = self._context.clock()
        await self._context.store.homes.opened(slack_id, shown if is_short(shown) else None, now)
        self._context.signals.homes.set()

    async def look(self) -> bool:
        """Draw those that are due; returns whether more may wait to be opened."""
        now = self._context.clock()
        room = min(LOOKED_AT_ONCE, int(self._turns.left()))
        if room == 0:
            return False
        claimed = await self._context.store.homes.claim(now, room)
        gatherer = Gatherer(self._context)
        for one in claimed:
            await self._look_at(one, gatherer, now)
        return len(claimed) == room and claimed[-1].asked_at is not None

    async def _look_at(self, one: OpenHome, gatherer: Gatherer, now: datetime) -> None:
        store = self._context.store.homes
        is_on = self._context.settings.home.enabled
        if one.asked_at is None:
            facts = await gatherer.gather(one.slack_id, is_reviewer=one.is_reviewer)
            if is_on and not one.is_due(facts.stamp, now):
                return
            if self._turns.left() < FOR_OPENERS:
                await store.postpone(one.slack_id, now)
                return
        self._turns.take()
        try:
            await self._bring_up_to_date(one, now)
        except SlackError as error:
            log.info("home not drawn", user=one.slack_id, error=str(error))
            seconds = timedelta(seconds=error.retry_after or 0)
            await store.postpone(one.slack_id, now + max(AGAIN, seconds))

    async def _bring_up_to_date(self, one: OpenHome, now: datetime) -> None:
        """Draw one as it is now; raises SlackError."""
        context = self._context
        if not context.settings.home.enabled:
            await self._show_nothing(one.slack_id, SWITCHED_OFF)
            return
        viewer = await context.directory.viewer(one.slack_id)
        if viewer.standing is Standing.UNKNOWN:
            # What it shows stays: that Slack does not answer says nothing about them.
            if one.asked_at is None or now < one.asked_at + UNKNOWN_FOR:
                await context.store.homes.postpone(one.slack_id, now + AGAIN)
                return
            await self._show_nothing(one.slack_id, UNKNOWN)
        elif viewer.standing is not Standing.MEMBER:
            await self._show_nothing(one.slack_id, STANDING_IN_WORDS[viewer.standing])
        else:
            await self._draw(viewer, one, answer=None)

    async def _show_nothing(self, slack_id: str, why: str) -> None:
        await self._publish(slack_id, cards.home_without(NOBODY, why), None)
        await self._context.store.homes.closed(slack_id)

    async def _draw(self, viewer: Actor, one: OpenHome, *, answer: Message | None) -> None:
        """Draw one for a member, once more where what it shows was drawn by another meanwhile."""
        context = self._context
        for is_last in (False, True):
            facts = await Gatherer(context).gather(viewer.slack_id, is_reviewer=viewer.is_reviewer)
            now = context.clock()
            try:
                view_hash = await self._publish(
                    viewer.slack_id, self._view(facts, answer, now), one.view_hash
                )
            except SlackRefused as error:
                if error.code != "hash_conflict" or is_last:
                    raise
                known = await context.store.homes.get(viewer.slack_id)
                moved = known.view_hash if known else None
                # Where nobody wrote down what is shown, ours is as good as any.
                one = replace(one, view_hash=moved if moved != one.view_hash else None)
            else:
                await context.store.homes.drawn(
                    replace(
                        one,
                        published_at=now,
                        is_reviewer=viewer.is_reviewer,
                        stamp=facts.stamp,
                        view_hash=view_hash,
                    )
                )
                return

    def _view(self, facts: HomeFacts, answer: Message | None, now: datetime) -> dict[str, Any]:
        view = HomeView(
            command=self._context.settings.command,
            version=self._version,
            now=now,
            link=self._context.notifier.link,
            answer=answer,
        )
        return cards.home(facts, view)

    async def _publish(self, slack_id: str, view: dict[str, Any], view_hash: str | None) -> str | None:
        """Show it; returns Slack's hash of it. Raises SlackError."""
        shown = {"hash": view_hash} if view_hash else {}
        answer = await self._limits.call(
            "views.publish", lambda: self._client.views_publish(user_id=slack_id, view=view, **shown)
        )
        known = within(answer.data, "view", "hash")
        return known if is_short(known) else None

    def asker(self, body: dict[str, Any], client: Any) -> Asker:
        """Who sent this interaction; who clicked on their Home tab is answered there."""
        return self.at_home(asker_of(body, client))

    def at_home(self, asker: Asker) -> Asker:
        """The same, answered on the Home tab if they asked there."""

        async def show(answer: Message) -> bool:
            return await self._answer(asker.user, answer)

        return replace(asker, at_home=show) if asker.is_at_home else asker

    async def _answer(self, slack_id: str, answer: Message) -> bool:
        """Draw somebody's Home tab with the answer to their click above it; returns whether Slack took it."""
        context = self._context
        if not context.settings.home.enabled:
            return False
        now = context.clock()
        try:
            viewer = await context.directory.viewer(slack_id)
            if viewer.standing is not Standing.MEMBER:
                return False
            # Without the hash: nothing that another drew is newer than this click.
            one = OpenHome(
                slack_id=slack_id,
                opened_at=now,
                asked_at=None,
                published_at=None,
                is_reviewer=viewer.is_reviewer,
                stamp=None,
                view_hash=None,
            )
            await self._draw(viewer, one, answer=answer)
        except PowertripError as error:
            log.warning("home not drawn after a click", user=slack_id, error=str(error))
            return False
        return True

    async def on_end(self, ack: Any, body: dict[str, Any], client: Any, respond: Any) -> None:
        """`End now` beside what is expected."""
        ending = asyncio.create_task(self._end(body))
        await answer_press(ending, self.asker(body, client), ack=ack, respond=respond)

    async def _end(self, body: dict[str, Any]) -> Message:
        user = body["user"]
        try:
            actor = await self._context.member(user["id"], user.get("team_id"))
            ended = await self._expecter.end(str(body["actions"][0].get("value", ""))[:40], actor)
        except Exception as error:  # noqa: BLE001 (whoever pressed is told, and the log says the rest)
            return cards.refusal(sentence(error))
        return cards.note(
            f"Ended: nothing is expected by {ended.id} any more. What it covered stays approved."
        )
