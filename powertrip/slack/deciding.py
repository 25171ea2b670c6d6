"""`/powertrip approve`, `deny` and `close`."""

from powertrip import cards
from powertrip.cards import Message
from powertrip.domain.decision import Verdict, Via
from powertrip.errors import ProofRequired, ReasonRequired, Refused
from powertrip.pipeline.context import Context
from powertrip.pipeline.decide import REASON_LIMIT, Decider, parse_reference
from powertrip.slack.caller import Caller
from powertrip.slack.modals import ModalContext, open_modal
from powertrip.slack.proofs import ProofWindows


class DecidingCommands:
    """Decides by command; raises Refused with the sentence that answers."""

    def __init__(self, context: Context, decider: Decider) -> None:
        self._context = context
        self._decider = decider
        self._windows = ProofWindows(context, decider)

    async def decide(self, verdict: Verdict, caller: Caller, arguments: list[str]) -> Message:
        """`approve`, `deny` or `close ID [reason]`; opens the modal where a reason is missing."""
        if not arguments:
            command = f"{self._context.settings.command} {verdict}"
            raise Refused(f"The id of the event is missing. Type {command} ID reason; cards show the id.")
        reference, reason = parse_reference(arguments[0]), " ".join(arguments[1:])
        context = ModalContext(reference=reference, verdict=verdict, via=Via.COMMAND, channel=caller.channel)
        try:
            outcome = await self._decider.decide(
                reference,
                verdict,
                slack_id=caller.slack_id,
                team_id=caller.team_id,
                via=Via.COMMAND,
                reason=reason,
            )
        except ReasonRequired as missing:
            event = await self._decider.event(reference)
            await open_modal(caller.client, caller.trigger_id, event, context)
            return cards.note(f"{missing} Write it into the window that has opened.")
        except ProofRequired as required:
            await self._windows.open(required, context, caller, reason=reason)
            return cards.note("Approving this takes a proof that Slack cannot give: see the window.")
        answer = cards.decision_answer(outcome.event, outcome.decision, outcome.rest)
        if len(reason) <= REASON_LIMIT:
            return answer
        return cards.with_note(answer, f"Only the first {REASON_LIMIT:,} characters of the reason were kept.")
