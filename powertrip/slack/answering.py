"""Answers whoever pressed or typed, for them only: at the address that Slack gave, or another way."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

import aiohttp
import structlog

from powertrip import cards
from powertrip.cards import Message
from powertrip.domain.decision import Decision
from powertrip.errors import PowertripError, Refused, SlackRefused, StoreUncertain
from powertrip.slack.calls import call, within

T = TypeVar("T")

log = structlog.get_logger(__name__)

ACK_PATIENCE = 2.0
"""Seconds that a click or a submitted modal waits for its decision; Slack gives up on it after three."""
TELL_PATIENCE = 0.7
"""Seconds beyond those in which the person has to hear that it is not kept yet."""
NOT_YET = (
    "This takes longer than it should, and your decision is not kept yet. What became of it is said here in "
    "a moment; if nothing is, and the card still has its buttons, please decide again."
)
BROKE = "Something broke inside Powertrip. The card shows whether this was decided."


HOME = "home"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who clicked or typed, where, and the client to answer them with."""

    user: str
    channel: str
    """HOME for whoever clicked on their Home tab, where no message can stand."""
    client: Any
    at_home: Callable[[Message], Awaitable[bool]] | None = None
    """Shows the answer on their Home tab, and returns whether Slack took it."""

    @property
    def is_at_home(self) -> bool:
        """Whether they clicked on their Home tab."""
        return self.channel == HOME


def asker_of(body: dict[str, Any], client: Any) -> Asker:
    """Who sent this interaction, or command."""
    return Asker(
        user=str(within(body, "user", "id") or body.get("user_id") or ""),
        channel=channel_of(body),
        client=client,
    )


def channel_of(body: dict[str, Any]) -> str:
    """Where this was clicked or typed: a channel's id, or HOME; empty where Slack does not say."""
    if within(body, "view", "type") == "home":
        return HOME
    where = within(body, "channel", "id") or body.get("channel_id") or within(body, "container", "channel_id")
    return str(where or "")


async def is_kept_or_told(deciding: "asyncio.Task[Any]", tell: Callable[[Message], Awaitable[bool]]) -> bool:
    """Whether Slack may be told that the click arrived; to be awaited before it is.

    It may once the decision was taken or refused, or the person has heard that it is not kept yet: a process
    that is killed would otherwise lose a click that its person believes to have counted. Where it may not,
    Slack itself shows the person that the click did not work.
    """
    await asyncio.wait({deciding}, timeout=ACK_PATIENCE)
    if deciding.done():
        return True
    log.warning("a decision takes long", seconds=ACK_PATIENCE)
    try:
        async with asyncio.timeout(TELL_PATIENCE):
            return await tell(cards.note(f"⏳ {NOT_YET}")) or deciding.done()
    except TimeoutError:
        return deciding.done()


async def answer_press(
    doing: "asyncio.Task[Message | None]", asker: Asker, *, ack: Any, respond: Any
) -> None:
    """Acknowledge a press once `doing` has kept or refused it, and give its answer.

    None is given where the redrawn card is the answer.
    """
    if await is_kept_or_told(doing, lambda message: give_answer(respond, message, asker)):
        await ack()
    if (answer := await doing) is not None:
        await give_answer(respond, answer, asker)


async def refusal_in_window(ack: Any, doing: "asyncio.Task[Any]", block: str) -> BaseException | None:
    """Acknowledge a submitted window that `doing` keeps, unless that was refused: then returns the refusal.

    The refusal is for the caller to show in the window. Where it takes too long the window stays open, and
    says so under `block`; in both other cases whoever submitted is still to be told what became of it.
    """
    done, _ = await asyncio.wait({doing}, timeout=ACK_PATIENCE)
    if not done:
        await show_in_window(ack, block, NOT_YET)
        return None
    error = doing.exception()
    if error is None:
        await ack()
    return error


async def tell_what_became(asker: Asker, doing: "asyncio.Task[T]", say: Callable[[T], Message]) -> None:
    """Answer whoever submitted a window that says nothing more, once it is known what became of it."""
    try:
        answer = say(await doing)
    except Exception as late:  # noqa: BLE001 (whatever it was is told here, and logged)
        answer = cards.refusal(sentence(late))
    if not await _told_at_home(asker, answer):
        await answer_otherwise(asker, answer.arguments())


async def answer_window(
    ack: Any, asker: Asker, doing: "asyncio.Task[T]", block: str, say: Callable[[T], Message]
) -> None:
    """A refusal stands under `block` of the window that was submitted; all else is told as `say` has it."""
    if (error := await refusal_in_window(ack, doing, block)) is not None:
        await show_in_window(ack, block, sentence(error))
        return
    await tell_what_became(asker, doing, say)


async def _told_at_home(asker: Asker, answer: Message) -> bool:
    return asker.at_home is not None and await asker.at_home(answer)


async def show_next_window(ack: Any, block: str, drawing: Awaitable[dict[str, Any]]) -> None:
    """Show another window in place of the one that was submitted, or under its `block` why there is none."""
    try:
        view = await drawing
    except PowertripError as error:
        await show_in_window(ack, block, sentence(error))
    else:
        await ack(response_action="update", view=view)


async def show_in_window(ack: Any, block: str, problem: str) -> None:
    """Leave a submitted window open, and show under one of its inputs why it was not taken."""
    await ack(response_action="errors", errors={block: problem})


async def give_answer(respond: Any, message: Message, asker: Asker, *, replace: bool = False) -> bool:
    """Show it to this person only; returns whether Slack took it. What was decided stands all the same."""
    content = message.arguments()
    if asker.is_at_home:
        # Slack gives no address to answer at, for a click on no message.
        return await _told_at_home(asker, message) or await answer_otherwise(asker, content)
    try:
        taken = await respond(response_type="ephemeral", replace_original=replace, **content)
    except (aiohttp.ClientError, TimeoutError) as error:
        why = f"{type(error).__name__} {error}"
    else:
        # Bolt raises nothing for an address that is used up, or gone.
        if taken.status_code == HTTPStatus.OK:
            return True
        why = f"{taken.status_code} {taken.body[:100]}"
        if taken.status_code == HTTPStatus.BAD_REQUEST:
            # It may be the layout that is not taken.
            content = {"text": message.text}
    log.warning("answer not taken at its address, giving it another way", why=why, user=asker.user)
    return await answer_otherwise(asker, content)


async def answer_otherwise(asker: Asker, content: dict[str, Any]) -> bool:
    """Answer where they asked, for them only; in their direct messages where Powertrip is not there.

    Returns whether Slack took it.
    """
    client, user = asker.client, asker.user
    try:
        if asker.is_at_home:
            await call(client.chat_postMessage(channel=user, **content))
            return True
        try:
            await call(client.chat_postEphemeral(channel=asker.channel, user=user, **content))
        except SlackRefused as error:
            log.info("answer goes to the direct messages", reason=error.code)
            await call(client.chat_postMessage(channel=user, **content))
    except PowertripError as error:
        # The decision stands, and the card shows it once Slack is back.
        log.error("answer not delivered", error=str(error), user=user, text=content["text"][:200])
        return False
    return True


def without_mentions(problem: str, decisions: Iterable[Decision]) -> str:
    """The problem as plain text: a window shows its errors so, and a mention would be read as its code."""
    for decision in decisions:
        problem = problem.replace(f"<@{decision.actor_id}>", decision.actor_name)
    return problem


def sentence(error: BaseException) -> str:
    """The error as the person reads it; operators find the rest in the log."""
    if isinstance(error, Refused):
        return str(error)
    if isinstance(error, StoreUncertain):
        log.error("decision may have failed", error=str(error))
        return (
            "Powertrip lost its database at that moment and cannot say whether your decision was kept. "
            "If the card still has its buttons in a minute, please decide again."
        )
    if isinstance(error, PowertripError):
        log.error("decision failed", error=str(error))
        return "Powertrip cannot do this right now, and nothing was decided. Please try again in a moment."
    log.error("a decision broke", exc_info=error)
    return BROKE
