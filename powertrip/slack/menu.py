"""The answers beside Approve and Deny: that somebody is not sure, and that it was their agent or script."""

from typing import Any

from powertrip import cards
from powertrip.cards import Message
from powertrip.domain.decision import FOR_AGENT, UNSURE, Agent, Verdict, Via
from powertrip.errors import ProofRequired, ReasonRequired, Refused
from powertrip.pipeline.context import Context
from powertrip.pipeline.decide import Decider, parse_reference
from powertrip.slack.answering import channel_of
from powertrip.slack.caller import Caller
from powertrip.slack.calls import within
from powertrip.slack.modals import ModalContext, open_modal
from powertrip.slack.proofs import ProofWindows


class OtherAnswers:
    """By the menu and by command. Each method raises Refused with the sentence that answers."""

    def __init__(self, context: Context, decider: Decider) -> None:
        self._context = context
        self._decider = decider
        self._windows = ProofWindows(context, decider)

    async def chosen(self, body: dict[str, Any], client: Any) -> Message | None:
        """What whoever chose from the menu is told; None where a modal asks which agent it was."""
        action, user = body["actions"][0], body["user"]
        kind, _, named = str(within(action, "selected_option", "value") or "").partition(" ")
        reference = parse_reference(named)
        who = {"slack_id": user["id"], "team_id": user.get("team_id")}
        if kind == UNSURE:
            return cards.doubt_answer(await self._decider.not_sure(reference, **who, via=Via.BUTTON))
        if kind != FOR_AGENT:
            raise Refused("This menu does not know that answer.")
        context = ModalContext(
            reference=reference,
            verdict=Verdict.APPROVE,
            via=Via.BUTTON,
            channel=channel_of(body),
        )
        return await self._for_agent(context, client, body["trigger_id"], name="", **who)

    async def unsure(self, caller: Caller, arguments: list[str]) -> Message:
        """`unsure ID`: decides nothing, and has reviewers look."""
        reference = parse_reference(self._id(arguments, UNSURE))
        event = await self._decider.not_sure(
            reference, slack_id=caller.slack_id, team_id=caller.team_id, via=Via.COMMAND
        )
        return cards.doubt_answer(event)

    async def agent(self, caller: Caller, arguments: list[str]) -> Message:
        """`agent ID [NAME]`: approves; opens the modal where the name, or a reason, is missing."""
        context = ModalContext(
            reference=parse_reference(self._id(arguments, FOR_AGENT)),
            verdict=Verdict.APPROVE,
            via=Via.COMMAND,
            channel=caller.channel,
        )
        answer = await self._for_agent(
            context,
            caller.client,
            caller.trigger_id,
            name=" ".join(arguments[1:]),
            slack_id=caller.slack_id,
            team_id=caller.team_id,
        )
        return answer or cards.note("Say what is still missing in the window that has opened.")

    async def _for_agent(
        self,
        context: ModalContext,
        client: Any,
        trigger_id: str,
        *,
        name: str,
        slack_id: str,
        team_id: str | None,
    ) -> Message | None:
        try:
            outcome = await self._decider.decide(
                context.reference,
                context.verdict,
                slack_id=slack_id,
                team_id=team_id,
                via=context.via,
                agent=Agent(name=name),
            )
        except ReasonRequired:
            # Only now, so that nobody fills it in for what they may not decide or what is decided.
            event = await self._decider.event(context.reference)
            await open_modal(client, trigger_id, event, context, for_agent=True)
            return None
        except ProofRequired as required:
            who = Caller(
                slack_id=slack_id,
                team_id=team_id,
                channel=context.channel,
                trigger_id=trigger_id,
                client=client,
            )
            await self._windows.open(required, context, who, agent=Agent(name=name))
            return None
        return cards.decision_answer(outcome.event, outcome.decision, outcome.rest)

    def _id(self, arguments: list[str], word: str) -> str:
        if not arguments:
            command = f"{self._context.settings.command} {word}"
            raise Refused(f"The id of the event is missing. Type {command} ID; cards show the id.")
        return arguments[0]
