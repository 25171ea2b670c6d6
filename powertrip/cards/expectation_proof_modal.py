"""The window in which somebody proves that they announce an expectation, or confirm it."""

from collections.abc import Sequence
from typing import Any

from powertrip.cards import words
from powertrip.cards.blocks import labelled, paragraph, plain, text
from powertrip.cards.expectations import announced_line, scope_lines
from powertrip.cards.proof_modal import with_proof
from powertrip.cards.text import show
from powertrip.domain.expectation_proof import DOING, DONE, Act, ExpectationChallenge
from powertrip.domain.proof import ProofKind, Shown

EXPECTATION_PROOF_CALLBACK = "prove_expectation"


def expectation_proof_modal(
    challenge: ExpectationChallenge, shown: Shown, private_metadata: str, others: Sequence[ProofKind] = ()
) -> dict[str, Any]:
    """The view that asks for it; what is typed, or chosen, is named as in the window of an approval."""
    expected, act = challenge.expected, challenge.act
    about = [labelled("Whose work", text(show(expected.person, words.NAME_LIMIT))), *scope_lines(expected)]
    about += [announced_line(expected)] if act is Act.CONFIRM else []
    why = f"🔐 {DOING[act]} takes a proof that Slack cannot give."
    how = f"It is good for this alone, within five minutes; nothing is {DONE[act]} before."
    view = {
        "type": "modal",
        "callback_id": EXPECTATION_PROOF_CALLBACK,
        "private_metadata": private_metadata,
        "title": plain(f"Prove it to {act}", 24),
        "close": plain("Go back", 24),
    }
    blocks = [paragraph(about), paragraph([[text(why)], [text(how)]])]
    return with_proof(view, blocks, challenge.kind, shown, others, submit=f"{act.capitalize()} it")
