"""The window in which an approval is proven."""

from powertrip.cards import proof_modal
from powertrip.domain.proof import ProofKind, Shown
from tests.samples import event


def test_what_was_typed_in_one_window_does_not_stand_in_the_next() -> None:
    shown = Shown(label="Type it", hint="as it stands there")

    def block_of(kind: ProofKind) -> str:
        blocks = proof_modal(event(), kind, shown, "{}")["blocks"]
        return next(str(block["block_id"]) for block in blocks if block["type"] == "input")

    # Slack keeps what stands in a block of the same id where one view takes another's place.
    assert block_of(ProofKind.TOTP) != block_of(ProofKind.TYPED_HOST)
