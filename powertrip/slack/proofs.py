"""The windows in which an approval is proven: opened where one is demanded, read when submitted."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from powertrip import cards
from powertrip.cards import Message
from powertrip.domain import proof
from powertrip.domain.deciding import Outcome
from powertrip.domain.decision import Agent, Verdict, Via
from powertrip.domain.proof import ProofKind
from powertrip.errors import PowertripError, ProofOver, ProofRequired, Refused
from powertrip.pipeline.context import Context
from powertrip.pipeline.decide import Decider, Reference
from powertrip.pipeline.prove import Prover
from powertrip.slack.answering import (
    Asker,
    channel_of,
    refusal_in_window,
    sentence,
    show_in_window,
    show_next_window,
    tell_what_became,
    without_mentions,
)
from powertrip.slack.caller import Caller
from powertrip.slack.calls import call, within
from powertrip.slack.modals import ModalContext

CHOOSE = "Type it, or choose another way."


class ProofWindows:
    """Begins a challenge, and shows its window. Raises Refused, StoreError or SlackError."""

    def __init__(self, context: Context, decider: Decider) -> None:
        self._context = context
        self._prover = Prover(context, decider)

    async def open(
        self,
        required: ProofRequired,
        context: ModalContext,
        caller: Caller,
        *,
        reason: str = "",
        agent: Agent | None = None,
    ) -> None:
        """Show the window to whoever pressed or typed, within three seconds of that."""
        view = await self.view(
            required,
            context,
            slack_id=caller.slack_id,
            team_id=caller.team_id,
            reason=reason,
            agent=agent,
        )
        await call(caller.client.views_open(trigger_id=caller.trigger_id, view=view))

    async def view(
        self,
        required: ProofRequired,
        context: ModalContext,
        *,
        slack_id: str,
        team_id: str | None,
        reason: str = "",
        agent: Agent | None = None,
        chosen: ProofKind | None = None,
    ) -> dict[str, Any]:
        """The window of a challenge of the best kind that the person can give, or of the one they chose."""
        kinds = [ProofKind(kind) for kind in required.kinds]
        kind = chosen or kinds[0]
        challenge, event = await self._prover.begin(
            context.reference,
            kind,
            slack_id=slack_id,
            team_id=team_id,
            via=context.via,
            channel=context.channel,
            reason=reason,
            agent=agent,
        )
        metadata = json.dumps({"nonce": challenge.nonce, "channel": challenge.channel, "kinds": kinds})
        shown = self._context.settings.proofs.shown(challenge, event)
        return cards.proof_modal(
            event, kind, shown, metadata, [other for other in kinds if other is not kind]
        )


class ProofListeners:
    """What is submitted in the window of a proof, and pressed there."""

    def __init__(self, context: Context, decider: Decider, at_home: Callable[[Asker], Asker]) -> None:
        """`at_home` lets whoever pressed on their Home tab be answered there."""
        self._context = context
        self._at_home = at_home
        self._prover = Prover(context, decider)
        self.windows = ProofWindows(context, decider)

    async def begin(
        self, required: ProofRequired, reference: Reference, body: dict[str, Any], client: Any
    ) -> None:
        """Open the window for whoever pressed Approve."""
        user, channel = body["user"], channel_of(body)
        context = ModalContext(reference=reference, verdict=Verdict.APPROVE, via=Via.BUTTON, channel=channel)
        caller = Caller(
            slack_id=user["id"],
            team_id=user.get("team_id"),
            channel=channel,
            trigger_id=body["trigger_id"],
            client=client,
        )
        await self.windows.open(required, context, caller)

    async def go_on(
        self,
        ack: Any,
        required: ProofRequired,
        context: ModalContext,
        user: dict[str, Any],
        *,
        reason: str,
        agent: Agent | None,
    ) -> PowertripError | None:
        """Show the window of the proof in place of one that was submitted; returns why not, if not."""
        who, team = user["id"], user.get("team_id")
        try:
            view = await self.windows.view(
                required, context, slack_id=who, team_id=team, reason=reason, agent=agent
            )
        except PowertripError as failure:
            return failure
        await ack(response_action="update", view=view)
        return None

    async def on_page(self, ack: Any) -> None:
        """Slack opens the page, and wants to hear that we know."""
        await ack()

    async def on_modal(self, ack: Any, body: dict[str, Any], view: dict[str, Any], client: Any) -> None:
        """Take the decision that is proven, before acknowledging: a wrong answer is shown in the window."""
        metadata, user = json.loads(view["private_metadata"]), body["user"]
        nonce = str(metadata["nonce"])
        field, typed, chosen = typed_in(view)
        if chosen or not typed.strip():
            await self._otherwise(ack, metadata, user["id"], chosen, field)
            return
        answering = asyncio.create_task(self._prover.answer(nonce, typed, slack_id=user["id"]))
        error = await refusal_in_window(ack, answering, field)
        if error is None:
            asker = self._at_home(Asker(user=user["id"], channel=metadata["channel"], client=client))
            await tell_what_became(asker, answering, _in_words)
        elif isinstance(error, ProofRequired):
            await show_next_window(ack, field, self._again(error, nonce, user["id"]))
        elif isinstance(error, ProofOver):
            await ack(response_action="update", view=cards.proof_over_modal(str(error)))
        else:
            await show_in_window(ack, field, await self._as_plain(sentence(error), nonce))

    async def _as_plain(self, problem: str, nonce: str) -> str:
        challenge = await self._context.store.proofs.get(nonce) if "<@" in problem else None
        if challenge is None:
            return problem
        event = await self._context.store.events.get(challenge.event_id)
        return without_mentions(problem, event.decisions)

    async def _otherwise(
        self, ack: Any, metadata: dict[str, Any], slack_id: str, chosen: str | None, field: str
    ) -> None:
        """Show the window of another kind in this one's place, which the person has chosen."""
        kinds = tuple(metadata.get("kinds", ()))
        # Slack shows an error under an input alone, and a window of the page has none but this.
        block = cards.PROOF_OTHERWISE if len(kinds) > 1 else field
        if chosen is None or chosen not in kinds:
            await show_in_window(ack, block, CHOOSE)
            return
        required, nonce = ProofRequired(proof.NEEDED, kinds), str(metadata["nonce"])
        await show_next_window(ack, block, self._again(required, nonce, slack_id, ProofKind(chosen)))

    async def _again(
        self, required: ProofRequired, nonce: str, slack_id: str, chosen: ProofKind | None = None
    ) -> dict[str, Any]:
        """The window of another challenge of the same approval."""
        earlier = await self._context.store.proofs.get(nonce)
        if earlier is None or earlier.slack_id != slack_id:
            raise Refused(CHOOSE)
        reference = Reference(event_id=earlier.event_id, revision=earlier.revision)
        context = ModalContext(
            reference=reference, verdict=Verdict.APPROVE, via=earlier.via, channel=earlier.channel
        )
        return await self.windows.view(
            required,
            context,
            slack_id=slack_id,
            team_id=earlier.team_id,
            reason=earlier.reason or "",
            agent=earlier.agent,
            chosen=chosen,
        )


def _in_words(outcome: Outcome) -> Message:
    return cards.decision_answer(outcome.event, outcome.decision, outcome.rest)


def typed_in(view: dict[str, Any]) -> tuple[str, str, str | None]:
    """The block in which somebody types, what they typed, and the other kind that they chose."""
    values = view["state"]["values"]
    field = next((name for name in values if within(values, name, cards.PROOF_INPUT) is not None), "")
    typed = str(within(values, field, cards.PROOF_INPUT, "value") or "")
    return field, typed, within(values, cards.PROOF_OTHERWISE, "kind", "selected_option", "value")
