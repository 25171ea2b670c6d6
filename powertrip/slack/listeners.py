"""Buttons, modals and commands: acknowledge, read, decide, answer. Every click gets an answer."""

import asyncio
import functools
import re
from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec

import structlog
from slack_bolt.app.async_app import AsyncApp

from powertrip import cards
from powertrip.cards import Message
from powertrip.domain.deciding import Outcome
from powertrip.domain.decision import Agent, Verdict, Via
from powertrip.domain.expectation_words import CONFIRM_EXPECTED, END_EXPECTED
from powertrip.errors import PowertripError, ProofRequired, ReasonRequired
from powertrip.pipeline.containments import Containments
from powertrip.pipeline.context import Context
from powertrip.pipeline.decide import Decider, Reference, parse_reference
from powertrip.pipeline.decide_storm import StormDecider
from powertrip.pipeline.follow_up import FollowUps
from powertrip.pipeline.ports import Trials
from powertrip.slack.announcing import AnnouncingListeners
from powertrip.slack.answering import (
    BROKE,
    TELL_PATIENCE,
    Asker,
    asker_of,
    channel_of,
    give_answer,
    is_kept_or_told,
    refusal_in_window,
    sentence,
    show_in_window,
    tell_what_became,
    without_mentions,
)
from powertrip.slack.arguments import is_decision
from powertrip.slack.caller import Caller
from powertrip.slack.commands import Commands
from powertrip.slack.containment import CONTAINING, ContainmentListeners
from powertrip.slack.enrolments import ENROLMENT, EnrolmentListeners
from powertrip.slack.expectation_proofs import ExpectationProofListeners
from powertrip.slack.follow_up import ACTIONS, WRITING, FollowUpListeners
from powertrip.slack.home import HomeTab
from powertrip.slack.menu import OtherAnswers
from powertrip.slack.modals import ModalContext, open_modal, read_modal
from powertrip.slack.offers import OfferListeners
from powertrip.slack.proofs import ProofListeners
from powertrip.slack.storms import StormListeners

log = structlog.get_logger(__name__)

FINISH_TIMEOUT = 8.0
"""Seconds that clicks already taken are given when the process ends."""

Arguments = ParamSpec("Arguments")


class PendingInteractions:
    """The clicks and commands being answered, which the end of the process waits for."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def track(self, listener: Callable[Arguments, Awaitable[None]]) -> Callable[Arguments, Awaitable[None]]:
        """Wrap a listener so that `finish` knows of it while it runs; Bolt keeps no reference to it."""

        @functools.wraps(listener)
        async def tracked(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
            task = asyncio.current_task()
            assert task is not None  # noqa: S101 (a coroutine runs in a task)
            self._tasks.add(task)
            try:
                await listener(*args, **kwargs)
            finally:
                self._tasks.discard(task)

        return tracked

    async def finish(self) -> None:
        """Wait for the listeners that run, FINISH_TIMEOUT at most."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=FINISH_TIMEOUT)


class Listeners:
    """What Powertrip listens to in Slack."""

    def __init__(
        self,
        context: Context,
        decider: Decider,
        trials: Trials,
        pending: PendingInteractions,
        home: HomeTab,
    ) -> None:
        self._context = context
        self._decider = decider
        self._commands = Commands(context, decider, trials)
        self._others = OtherAnswers(context, decider)
        self._storms = StormListeners(StormDecider(context))
        self._offers = OfferListeners(context)
        self._proofs = ProofListeners(context, decider, home.at_home)
        self._expectation_proofs = ExpectationProofListeners(context, decider)
        self._enrolments = EnrolmentListeners(context)
        self._announcing = AnnouncingListeners(context, self._commands.expecting)
        self._follow_ups = FollowUpListeners(FollowUps(context), home.at_home)
        self._containment = ContainmentListeners(Containments(context))
        self._pending = pending
        self._home = home

    def register(self, app: AsyncApp) -> None:
        """Tell Bolt who answers to what."""
        track = self._pending.track
        for verdict in Verdict:
            app.action(verdict.value)(track(self.on_button))
        app.action(cards.MENU)(track(self.on_button))
        app.action(cards.PREVIOUS)(track(self.on_page))
        app.action(cards.NEXT)(track(self.on_page))
        for callback in (cards.CALLBACK, cards.AGENT_CALLBACK):
            app.view(callback)(track(self.on_modal))
        app.action(cards.NOT_AGAIN)(track(self._offers.on_button))
        app.view(cards.OFFER_CALLBACK)(track(self._offers.on_modal))
        app.action(cards.PROOF_PAGE)(track(self._proofs.on_page))
        app.action(ENROLMENT)(track(self._enrolments.on_button))
        app.view(cards.PROOF_CALLBACK)(track(self._proofs.on_modal))
        app.view(cards.EXPECTATION_PROOF_CALLBACK)(track(self._expectation_proofs.on_modal))
        app.event("app_home_opened")(track(self._home.on_opened))
        app.action(cards.HOME_END)(track(self._home.on_end))
        for step in (CONFIRM_EXPECTED, END_EXPECTED):
            app.action(step)(track(self._announcing.on_button))
        app.view(cards.ANNOUNCE_CALLBACK)(track(self._announcing.on_modal))
        app.action(cards.STORM)(track(self._storms.on_button))
        app.view(cards.STORM_CALLBACK)(track(self._storms.on_modal))
        app.action(ACTIONS)(track(self._follow_ups.on_button))
        app.action(CONTAINING)(track(self._containment.on_button))
        app.action(WRITING)(track(self._follow_ups.on_writing))
        app.view(cards.FOLLOW_UP_CALLBACK)(track(self._follow_ups.on_modal))
        # Slack sends only the commands of the app's manifest, and a reload may rename ours.
        app.command(re.compile("."))(track(self.on_command))
        app.error(self.on_error)

    async def on_button(self, ack: Any, body: dict[str, Any], client: Any, respond: Any) -> None:
        """Decide as the button says, or open the modal where that takes a reason."""
        deciding = asyncio.create_task(self._button_answer(body, client))
        asker = self._home.asker(body, client)
        may_ack = await is_kept_or_told(deciding, lambda message: give_answer(respond, message, asker))
        is_late = not deciding.done()
        if is_late and may_ack:
            await ack()
        answer, is_kept = await deciding
        if not is_late and is_kept:
            await ack()
        if answer is None:
            return
        telling = asyncio.create_task(give_answer(respond, answer, asker))
        if not is_late and not is_kept:
            # Whoever cannot be told that nothing was decided sees by Slack that the click did not work.
            await asyncio.wait({telling}, timeout=TELL_PATIENCE)
            if telling.done() and telling.result():
                await ack()
        await telling

    async def _button_answer(self, body: dict[str, Any], client: Any) -> tuple[Message | None, bool]:
        """What the person is told, and whether they were obeyed; nothing where a modal asks for a reason."""
        action = body["actions"][0]
        try:
            if action["action_id"] == cards.MENU:
                return await self._others.chosen(body, client), True
            verdict = Verdict(action["action_id"])
            reference = parse_reference(str(action.get("value", "")))
            try:
                outcome = await self._decide(body, reference, verdict, via=Via.BUTTON)
            except ReasonRequired:
                channel = channel_of(body)
                context = ModalContext(reference=reference, verdict=verdict, via=Via.BUTTON, channel=channel)
                event = await self._decider.event(reference)
                await open_modal(client, body["trigger_id"], event, context)
                return None, True
            except ProofRequired as required:
                await self._proofs.begin(required, reference, body, client)
                return None, True
        except PowertripError as error:
            return cards.refusal(sentence(error)), False
        return _in_words(outcome), True

    async def on_modal(self, ack: Any, body: dict[str, Any], view: dict[str, Any], client: Any) -> None:
        """Decide with what was typed, before acknowledging: a refusal is shown in the modal.

        It stays open, with what was typed, also where the decision is not kept yet.
        """
        submitted = read_modal(view)
        context, block = submitted.context, submitted.error_block
        deciding = asyncio.create_task(
            self._decide(
                body,
                context.reference,
                context.verdict,
                via=context.via,
                reason=submitted.reason,
                agent=submitted.agent,
            )
        )
        error = await refusal_in_window(ack, deciding, block)
        if error is None:
            asker = self._home.at_home(Asker(user=body["user"]["id"], channel=context.channel, client=client))
            await tell_what_became(asker, deciding, _in_words)
            return
        problem = sentence(error)
        if isinstance(error, ProofRequired):
            failure = await self._proofs.go_on(
                ack, error, context, body["user"], reason=submitted.reason, agent=submitted.agent
            )
            if failure is None:
                return
            problem = sentence(failure)
        if "<@" in problem:
            problem = without_mentions(problem, (await self._decider.event(context.reference)).decisions)
        await show_in_window(ack, block, problem)

    async def _decide(
        self,
        body: dict[str, Any],
        reference: Reference,
        verdict: Verdict,
        *,
        via: Via,
        reason: str = "",
        agent: Agent | None = None,
    ) -> Outcome:
        user = body["user"]
        return await self._decider.decide(
            reference,
            verdict,
            slack_id=user["id"],
            team_id=user.get("team_id"),
            via=via,
            reason=reason,
            agent=agent,
        )

    async def on_page(self, ack: Any, body: dict[str, Any], respond: Any, client: Any) -> None:
        """Put another page of a list in place of the one shown."""
        await ack()
        user = body["user"]
        # A page opens no modal, so neither the channel nor a trigger is of use.
        caller = Caller(
            slack_id=user["id"], team_id=user.get("team_id"), channel="", trigger_id="", client=None
        )
        answer = await self._commands.page(caller, str(body["actions"][0].get("value", "")))
        await give_answer(respond, answer, asker_of(body, client), replace=True)

    async def on_command(self, ack: Any, body: dict[str, Any], respond: Any, client: Any) -> None:
        """Answer `/powertrip`."""
        caller = Caller(
            slack_id=body["user_id"],
            team_id=body.get("team_id"),
            channel=body["channel_id"],
            trigger_id=body["trigger_id"],
            client=client,
        )
        asker = Asker(user=caller.slack_id, channel=caller.channel, client=client)
        typed = str(body.get("text", ""))
        answering = asyncio.create_task(self._commands.run(caller, typed))
        # What only reads may take its time, and loses nothing.
        if not is_decision(typed) or await is_kept_or_told(
            answering, lambda message: give_answer(respond, message, asker)
        ):
            await ack()
        await give_answer(respond, await answering, asker)

    async def on_error(self, error: Exception, body: dict[str, Any], respond: Any, client: Any) -> None:
        """The last resort: whatever broke, the person hears that it did, and operators read what."""
        log.error("a listener broke", exc_info=error, type=body.get("type"))
        if "response_url" in body or body.get("response_urls"):
            await give_answer(respond, cards.refusal(BROKE), asker_of(body, client))


def _in_words(outcome: Outcome) -> Message:
    return cards.decision_answer(outcome.event, outcome.decision, outcome.rest)
