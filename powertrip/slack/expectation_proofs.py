"""The windows in which somebody proves that they announce an expectation, or confirm it."""

import asyncio
import json
from typing import Any

from powertrip import cards
from powertrip.cards import Message
from powertrip.domain.announcing import Week
from powertrip.domain.expectation_proof import ExpectationChallenge, ProofWanted
from powertrip.domain.expectation_proof_words import UNKNOWN_WINDOW
from powertrip.domain.expectations import Expectation
from powertrip.domain.proof import ProofKind
from powertrip.errors import ProofOver
from powertrip.pipeline.context import Context
from powertrip.pipeline.decide import Decider
from powertrip.pipeline.prove import Prover
from powertrip.pipeline.prove_expectation import ExpectationProver
from powertrip.slack.answering import (
    Asker,
    refusal_in_window,
    sentence,
    show_in_window,
    show_next_window,
    tell_what_became,
)
from powertrip.slack.caller import Caller
from powertrip.slack.calls import call
from powertrip.slack.proofs import CHOOSE, typed_in

OPENED = "🔐 Prove it in the window that has opened; until then nothing is changed."


class ExpectationProofs:
    """Begins a challenge, and shows its window."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._prover = ExpectationProver(context)

    async def open(self, wanted: ProofWanted, caller: Caller) -> Message:
        """Show the window to whoever pressed or typed, within three seconds of that."""
        view = await self.view(
            wanted, slack_id=caller.slack_id, team_id=caller.team_id, channel=caller.channel
        )
        await call(caller.client.views_open(trigger_id=caller.trigger_id, view=view))
        return cards.note(OPENED)

    async def view(
        self,
        wanted: ProofWanted,
        *,
        slack_id: str,
        team_id: str | None,
        channel: str,
        chosen: ProofKind | None = None,
    ) -> dict[str, Any]:
        """The window of a challenge of the best kind that the person can give, or of the one they chose."""
        kinds = [ProofKind(kind) for kind in wanted.kinds]
        kind = chosen or kinds[0]
        challenge = await self._prover.begin(
            wanted, kind, slack_id=slack_id, team_id=team_id, channel=channel
        )
        metadata = json.dumps({"nonce": challenge.nonce, "channel": channel, "kinds": kinds})
        shown = self._context.settings.proofs.shown(challenge, challenge.expected)
        others = [other for other in kinds if other is not kind]
        return cards.expectation_proof_modal(challenge, shown, metadata, others)

    async def answer_window(
        self, ack: Any, asker: Asker, announcing: "asyncio.Task[Message]", block: str, user: dict[str, Any]
    ) -> None:
        """Answer whoever submitted a window that announces; one that proves it takes its place if need be."""
        error = await refusal_in_window(ack, announcing, block)
        if error is None:
            await tell_what_became(asker, announcing, lambda answer: answer)
        elif isinstance(error, ProofWanted):
            await self.show_next(ack, error, user, asker.channel, block=block)
        else:
            await show_in_window(ack, block, sentence(error))

    async def show_next(
        self,
        ack: Any,
        wanted: ProofWanted,
        user: dict[str, Any],
        channel: str,
        *,
        block: str,
        chosen: ProofKind | None = None,
    ) -> None:
        """Show the window of a challenge in place of one that was submitted, or under `block` why not."""
        who, team = user["id"], user.get("team_id")
        drawing = self.view(wanted, slack_id=who, team_id=team, channel=channel, chosen=chosen)
        await show_next_window(ack, block, drawing)


class ExpectationProofListeners:
    """What is submitted in such a window."""

    def __init__(self, context: Context, decider: Decider) -> None:
        self._context = context
        self._prover = Prover(context, decider)
        self._windows = ExpectationProofs(context)

    async def on_modal(self, ack: Any, body: dict[str, Any], view: dict[str, Any], client: Any) -> None:
        """Have it announced, or confirmed, before acknowledging: a wrong answer is shown in the window."""
        metadata, user = json.loads(view["private_metadata"]), body["user"]
        nonce, channel = str(metadata["nonce"]), str(metadata["channel"])
        field, typed, chosen = typed_in(view)
        if chosen or not typed.strip():
            await self._otherwise(ack, metadata, user, chosen, field)
            return
        answering = asyncio.create_task(self._prover.answer_of_expectation(nonce, typed, slack_id=user["id"]))
        error = await refusal_in_window(ack, answering, field)
        if error is None:
            asker = Asker(user=user["id"], channel=channel, client=client)
            await tell_what_became(asker, answering, self._in_words)
        elif isinstance(error, ProofWanted):
            await self._windows.show_next(ack, error, user, channel, block=field)
        elif isinstance(error, ProofOver):
            await ack(response_action="update", view=cards.proof_over_modal(str(error)))
        else:
            await show_in_window(ack, field, sentence(error))

    def _in_words(self, became: tuple[Expectation, Week | None]) -> Message:
        return cards.expectation_card(*became, self._context.settings.command)

    async def _otherwise(
        self,
        ack: Any,
        metadata: dict[str, Any],
        user: dict[str, Any],
        chosen: str | None,
        field: str,
    ) -> None:
        """Show the window of another kind in this one's place, which the person has chosen."""
        kinds = tuple(ProofKind(kind) for kind in metadata.get("kinds", ()))
        # Slack shows an error under an input alone, and a window of the page has none but this.
        block = cards.PROOF_OTHERWISE if len(kinds) > 1 else field
        if chosen is None or chosen not in kinds:
            await show_in_window(ack, block, CHOOSE)
            return
        earlier = await self._context.store.proofs.attempt(str(metadata["nonce"]))
        if not isinstance(earlier, ExpectationChallenge) or earlier.slack_id != user["id"]:
            await show_in_window(ack, block, UNKNOWN_WINDOW)
            return
        wanted = ProofWanted(earlier.act, earlier.expected, kinds)
        await self._windows.show_next(
            ack, wanted, user, earlier.channel, block=block, chosen=ProofKind(chosen)
        )
