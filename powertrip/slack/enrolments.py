"""What reviewers press on questions about enrolments, and `/powertrip proofs`."""

import asyncio
import re
from typing import Any

from powertrip import cards
from powertrip.cards import Message
from powertrip.domain import proof_words
from powertrip.errors import Refused
from powertrip.pipeline.context import Context
from powertrip.pipeline.enrol import Enroller
from powertrip.slack.answering import answer_press, asker_of, sentence
from powertrip.slack.arguments import member_id
from powertrip.slack.caller import Caller
from powertrip.slack.mentions import with_mentions

ENROLMENT = re.compile("^proof_(?:lost_)?(?:confirm|refuse)$")
_ID = re.compile(r"[a-z0-9]{6,40}")
_SAID = {
    proof_words.CONFIRM: "It counts from now on; for events of high severity later, as the channel says.",
    proof_words.REFUSE: "It counts for nothing.",
    proof_words.LOST_CONFIRM: "What they had enrolled proves nothing any more. They can enrol anew.",
    proof_words.LOST_REFUSE: "What they have enrolled still counts.",
}


async def answer(context: Context, action: str, typed_id: str, slack_id: str, team_id: str | None) -> Message:
    """Do what a reviewer pressed or typed; raises Refused."""
    if not _ID.fullmatch(typed_id):
        raise Refused("Nothing that was enrolled has this id.")
    actor, enroller = await context.member(slack_id, team_id), Enroller(context)
    if action == proof_words.CONFIRM:
        await enroller.confirm(typed_id, actor)
    elif action == proof_words.REFUSE:
        await enroller.refuse(typed_id, actor)
    else:
        await enroller.end_lost(typed_id, actor, agrees=action == proof_words.LOST_CONFIRM)
    return cards.note(_SAID[action])


class EnrolmentListeners:
    """The buttons of those questions."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def on_button(self, ack: Any, body: dict[str, Any], client: Any, respond: Any) -> None:
        """Do what the button says, and tell whoever pressed what became of it."""
        doing = asyncio.create_task(self._answer(body))
        await answer_press(doing, asker_of(body, client), ack=ack, respond=respond)

    async def _answer(self, body: dict[str, Any]) -> Message:
        action, user = body["actions"][0], body["user"]
        named = str(action.get("value", ""))
        try:
            return await answer(
                self._context, str(action["action_id"]), named, user["id"], user.get("team_id")
            )
        except Exception as error:  # noqa: BLE001 (whoever pressed is told, and the log says the rest)
            return cards.refusal(sentence(error))


class EnrolmentCommands:
    """`proofs`; raises Refused with the sentence that answers."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._enroller = Enroller(context)

    async def proofs(self, caller: Caller, arguments: list[str]) -> Message:
        """`proofs [lost @somebody | confirm ID | refuse ID]`: one's own, without a word."""
        word, command = arguments[0].lower() if arguments else "", self._context.settings.command
        proofs = self._context.settings.proofs
        if not word:
            actor = await self._context.member(caller.slack_id, caller.team_id)
            listed = await self._enroller.listed(actor)
            now = self._context.clock()
            return cards.proofs_card(listed, proofs.kinds, proofs.fresh, now, proofs.enrol_page)
        if word in ("confirm", "refuse") and len(arguments) == 2:
            return await self._decide(word, arguments[1].lower(), caller)
        if word != "lost" or len(arguments) < 2:
            raise Refused(f"Type {command} proofs, or with lost @somebody, confirm ID or refuse ID after it.")
        words, whose = await with_mentions(arguments[1:], self._context)
        slack_id = member_id(words[0])
        if slack_id is None or len(words) > 1:
            raise Refused("That is no member.")
        actor = await self._context.member(caller.slack_id, caller.team_id)
        loss = await self._enroller.lost(slack_id, whose.removeprefix("@"), actor)
        return cards.note(
            f"A second reviewer is asked in the security channel, until {loss.until:%Y-%m-%d %H:%M} UTC. "
            "Until one agrees, what they have enrolled still counts."
        )

    async def _decide(self, word: str, typed_id: str, caller: Caller) -> Message:
        is_loss = await self._context.store.proofs.find_loss(typed_id) is not None
        action = f"proof_{'lost_' if is_loss else ''}{word}"
        return await answer(self._context, action, typed_id, caller.slack_id, caller.team_id)
