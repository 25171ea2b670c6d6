"""Buttons and modals: acknowledge, read, call the workflow, answer. Every click gets an answer."""

import asyncio
import functools
import re
from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec

import aiohttp
import structlog
from slack_bolt.app.async_app import AsyncApp

from powertrip import cards
from powertrip.cards import Message
from powertrip.domain.deciding import Outcome
from powertrip.domain.decision import Verdict, Via
from powertrip.errors import PowertripError, ReasonRequired, Refused, SlackRefused
from powertrip.ingest.contract import Inbox
from powertrip.pipeline.context import Parts
from powertrip.pipeline.decide import Decider, Reference, parse_reference
from powertrip.slack.calls import call
from powertrip.slack.commands import Caller, Commands
from powertrip.slack.modals import Asked, open_window, read_window

log = structlog.get_logger(__name__)

MODAL_PATIENCE = 2.0
"""Seconds a submitted modal waits for the decision; Slack gives up on it after three."""
FINISH_TIMEOUT = 8.0
"""Seconds that clicks already taken are given when the process ends."""

BROKE = "Something broke inside Powertrip. The card shows whether this was decided."

Arguments = ParamSpec("Arguments")


class InFlight:
    """The clicks and commands being answered, so that the end of the process can wait for them."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def track(self, listener: Callable[Arguments, Awaitable[None]]) -> Callable[Arguments, Awaitable[None]]:
        """Wrap a listener so that it is known while it runs; Bolt itself keeps no reference to it."""

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
        """Wait for what is running, for a limited time."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=FINISH_TIMEOUT)


class Listeners:
    """What Powertrip listens to in Slack."""

    def __init__(self, parts: Parts, decider: Decider, inbox: Inbox, in_flight: InFlight) -> None:
        self._parts = parts
        self._decider = decider
        self._commands = Commands(parts, decider, inbox)
        self._in_flight = in_flight

    def register(self, app: AsyncApp) -> None:
        """Tell Bolt who answers to what."""
        track = self._in_flight.track
        app.action("approve")(track(self._approve))
        app.action("deny")(track(self._deny))
        app.action("close")(track(self._close))
        app.action(cards.PREVIOUS)(track(self._page))
        app.action(cards.NEXT)(track(self._page))
        app.view(cards.CALLBACK)(track(self._submitted))
        # Slack sends only the commands of the app's manifest, and a reload may rename ours.
        app.command(re.compile("."))(track(self._typed))
        app.error(self._broke)

    async def _approve(self, ack: Any, body: dict[str, Any], client: Any, respond: Any) -> None:
        await ack()
        await self._pressed(Verdict.APPROVE, body, client, respond)

    async def _deny(self, ack: Any, body: dict[str, Any], client: Any, respond: Any) -> None:
        await ack()
        await self._pressed(Verdict.DENY, body, client, respond)

    async def _close(self, ack: Any, body: dict[str, Any], client: Any, respond: Any) -> None:
        await ack()
        await self._pressed(Verdict.CLOSE, body, client, respond)

    async def _pressed(self, verdict: Verdict, body: dict[str, Any], client: Any, respond: Any) -> None:
        try:
            reference = parse_reference(str(body["actions"][0].get("value", "")))
            outcome = await self._decide(reference, verdict, body, Via.BUTTON)
        except ReasonRequired:
            await self._ask_reason(reference, verdict, body, client, respond)
        except PowertripError as error:
            await _answer(respond, cards.refusal(_sentence(error)))
        else:
            await _answer(respond, _told(outcome))

    async def _decide(
        self,
        reference: Reference,
        verdict: Verdict,
        body: dict[str, Any],
        via: Via,
        reason: str | None = None,
    ) -> Outcome:
        user = body["user"]
        return await self._decider.decide(
            reference, verdict, slack_id=user["id"], team_id=user.get("team_id"), via=via, reason=reason
        )

    async def _ask_reason(
        self, reference: Reference, verdict: Verdict, body: dict[str, Any], client: Any, respond: Any
    ) -> None:
        asked = Asked(
            reference=reference, verdict=verdict, via=Via.BUTTON, channel=body["container"]["channel_id"]
        )
        try:
            event = await self._decider.event(reference)
            await open_window(client, body["trigger_id"], event, asked)
        except PowertripError as error:
            await _answer(respond, cards.refusal(_sentence(error)))

    async def _submitted(self, ack: Any, body: dict[str, Any], view: dict[str, Any], client: Any) -> None:
        """A reason was given: decide before acknowledging, so that a refusal can be shown in the window."""
        asked, reason = read_window(view)
        deciding = asyncio.create_task(
            self._decide(asked.reference, asked.verdict, body, asked.via, reason=reason)
        )
        done, _ = await asyncio.wait({deciding}, timeout=MODAL_PATIENCE)
        error = deciding.exception() if done else None
        if error is not None:
            problem = await self._in_plain_text(_sentence(error), asked.reference)
            await ack(response_action="errors", errors={cards.INPUT_BLOCK: problem})
            return
        await ack()
        await _tell_after_window(deciding, asked.channel, body["user"]["id"], client)

    async def _in_plain_text(self, sentence: str, reference: Reference) -> str:
        """A window shows its errors as they are, so a mention would be read as its code."""
        if "<@" not in sentence:
            return sentence
        for decision in (await self._decider.event(reference)).decisions:
            sentence = sentence.replace(f"<@{decision.actor_id}>", decision.actor_name)
        return sentence

    async def _page(self, ack: Any, body: dict[str, Any], respond: Any) -> None:
        await ack()
        answer = await self._commands.page(_caller(body["user"]), str(body["actions"][0].get("value", "")))
        await _answer(respond, answer, replace=True)

    async def _typed(self, ack: Any, body: dict[str, Any], respond: Any, client: Any) -> None:
        await ack()
        caller = Caller(
            slack_id=body["user_id"],
            team_id=body.get("team_id"),
            channel=body["channel_id"],
            trigger_id=body["trigger_id"],
            client=client,
        )
        await _answer(respond, await self._commands.run(caller, str(body.get("text", ""))))

    async def _broke(self, error: Exception, body: dict[str, Any], respond: Any) -> None:
        """The last resort: whatever broke, the person is told that it did, and operators learn what."""
        log.error("a listener broke", exc_info=error, type=body.get("type"))
        if "response_url" in body or body.get("response_urls"):
            await _answer(respond, cards.refusal(BROKE))


def _told(outcome: Outcome) -> Message:
    return cards.decision_answer(outcome.event, outcome.decision, outcome.rest)


def _caller(user: dict[str, Any]) -> Caller:
    return Caller(slack_id=user["id"], team_id=user.get("team_id"), channel="", trigger_id="", client=None)


async def _tell_after_window(deciding: "asyncio.Task[Outcome]", channel: str, user: str, client: Any) -> None:
    """Answer where they asked, for them only; in their direct messages where Powertrip is not there."""
    try:
        answer = _told(await deciding)
    except Exception as error:  # noqa: BLE001 (the window is closed, so whatever it was is told and logged here)
        answer = cards.refusal(_sentence(error))
    try:
        await call(client.chat_postEphemeral(channel=channel, user=user, **answer.arguments()))
    except SlackRefused as error:
        log.info("an answer goes to the direct messages", why=error.code)
        await call(client.chat_postMessage(channel=user, **answer.arguments()))


async def _answer(respond: Any, message: Message, *, replace: bool = False) -> None:
    """Tell the person; what was decided stands, also where this answer cannot be given."""
    try:
        await respond(response_type="ephemeral", replace_original=replace, **message.arguments())
    except (aiohttp.ClientError, TimeoutError) as error:
        log.warning("an answer could not be given", error=f"{type(error).__name__} {error}")


def _sentence(error: BaseException) -> str:
    """What to tell a person of what went wrong; operators learn the rest from the log."""
    if isinstance(error, Refused):
        return str(error)
    if isinstance(error, PowertripError):
        log.error("a decision could not be taken", error=str(error))
        return "Powertrip cannot do this right now, and nothing was decided. Please try again in a moment."
    log.error("a decision broke", exc_info=error)
    return BROKE
