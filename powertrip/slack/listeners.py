"""Buttons and modals: acknowledge, read, call the workflow, answer. Every click gets an answer."""

import asyncio
import functools
import json
from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec

import aiohttp
import structlog
from slack_bolt.app.async_app import AsyncApp

from powertrip import cards
from powertrip.cards import Message
from powertrip.errors import PowertripError, ReasonRequired, Refused
from powertrip.event import Verdict, Via
from powertrip.ingest import Inbox
from powertrip.slack.calls import call
from powertrip.slack.commands import Caller, Commands
from powertrip.workflow import Decider, Outcome, Parts, Reference, parse_reference

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

    def __init__(
        self, parts: Parts, decider: Decider, inbox: Inbox, in_flight: InFlight, command: str
    ) -> None:
        self._parts = parts
        self._decider = decider
        self._commands = Commands(parts, decider, inbox, command)
        self._command = command
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
        app.command(self._command)(track(self._typed))
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
        except Refused as refusal:
            await _answer(respond, cards.refusal(str(refusal)))
        except PowertripError as error:
            log.error("a click could not be carried out", error=str(error))
            await _answer(respond, cards.refusal(_not_now(error)))
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
        event = await self._decider.event(reference)
        channel = (body.get("container") or {}).get("channel_id") or (body.get("channel") or {}).get("id")
        kept = json.dumps({"ref": str(reference), "verdict": verdict, "channel": channel})
        view = cards.reason_modal(event, verdict, kept)
        try:
            await call(client.views_open(trigger_id=body["trigger_id"], view=view))
        except PowertripError as error:
            log.error("a modal could not be opened", error=str(error))
            await _answer(respond, cards.refusal(_not_now(error)))

    async def _submitted(self, ack: Any, body: dict[str, Any], view: dict[str, Any], client: Any) -> None:
        """A reason was given: decide before acknowledging, so that a refusal can be shown in the modal."""
        kept = json.loads(view["private_metadata"])
        reason = view["state"]["values"][cards.INPUT_BLOCK][cards.INPUT]["value"]
        deciding = asyncio.create_task(
            self._decide(
                parse_reference(kept["ref"]), Verdict(kept["verdict"]), body, Via.BUTTON, reason=reason
            )
        )
        done, _ = await asyncio.wait({deciding}, timeout=MODAL_PATIENCE)
        refusal = deciding.exception() if done else None
        if refusal is not None:
            await ack(response_action="errors", errors={cards.INPUT_BLOCK: _for_modal(refusal)})
            return
        await ack()
        await self._tell_after_modal(deciding, kept["channel"], body["user"]["id"], client)

    async def _tell_after_modal(
        self, deciding: "asyncio.Task[Outcome]", channel: str | None, user: str, client: Any
    ) -> None:
        try:
            answer = _told(await deciding)
        except PowertripError as error:
            answer = cards.refusal(str(error) if isinstance(error, Refused) else _not_now(error))
        await call(client.chat_postEphemeral(channel=channel or user, user=user, **answer.arguments()))

    async def _page(self, ack: Any, body: dict[str, Any], respond: Any) -> None:
        await ack()
        answer = await self._commands.page(_caller(body["user"]), str(body["actions"][0].get("value", "")))
        await _answer(respond, answer, replace=True)

    async def _typed(self, ack: Any, body: dict[str, Any], respond: Any, client: Any) -> None:
        await ack()
        caller = Caller(
            slack_id=body["user_id"], team_id=body.get("team_id"), channel=body["channel_id"], client=client
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
    return Caller(slack_id=user["id"], team_id=user.get("team_id"), channel="", client=None)


async def _answer(respond: Any, message: Message, *, replace: bool = False) -> None:
    """Tell the person; what was decided stands, also where this answer cannot be given."""
    try:
        await respond(response_type="ephemeral", replace_original=replace, **message.arguments())
    except (aiohttp.ClientError, TimeoutError) as error:
        log.warning("an answer could not be given", error=f"{type(error).__name__} {error}")


def _not_now(error: Exception) -> str:
    log.debug("told as a passing fault", error=str(error))
    return "Powertrip cannot do this right now, and nothing was decided. Please try again in a moment."


def _for_modal(error: BaseException) -> str:
    return str(error) if isinstance(error, Refused) else _not_now(Exception(str(error)))
