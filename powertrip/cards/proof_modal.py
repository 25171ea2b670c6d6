"""The window in which an approval is proven: a field, or a button to the page where that is done."""

from typing import Any

from powertrip.cards.blocks import actions, button, paragraph, plain, text
from powertrip.cards.modals import about
from powertrip.cards.text import fit
from powertrip.domain.event import Event
from powertrip.domain.proof import Shown

PROOF_CALLBACK = "prove"
PROOF_BLOCK, PROOF_INPUT = "proof", "typed"
PROOF_PAGE = "proof_page"
TYPED_LIMIT = 300
_HINT_LIMIT = 2000


def proof_modal(event: Event, shown: Shown, private_metadata: str) -> dict[str, Any]:
    """The view that asks for it; what is typed is `proof`/`typed` in its state."""
    view: dict[str, Any] = {
        "type": "modal",
        "callback_id": PROOF_CALLBACK,
        "private_metadata": private_metadata,
        "title": plain("Prove it to approve", 24),
        "close": plain("Go back", 24),
    }
    why = paragraph(
        [
            [text("🔐 Approving this takes a proof that Slack cannot give.")],
            [text("It is good for this approval alone, within five minutes. Deny takes none.")],
        ]
    )
    if shown.address is not None:
        return view | {"blocks": [about(event), why, _hint(shown), _page(shown, shown.address)]}
    return view | {"submit": plain("Approve", 24), "blocks": [about(event), why, _field(shown)]}


def _field(shown: Shown) -> dict[str, Any]:
    return {
        "type": "input",
        "block_id": PROOF_BLOCK,
        "label": plain(shown.label, 100),
        "hint": plain(shown.hint, _HINT_LIMIT),
        "element": {
            "type": "plain_text_input",
            "action_id": PROOF_INPUT,
            "min_length": 1,
            "max_length": TYPED_LIMIT,
            "focus_on_load": True,
        },
    }


def _hint(shown: Shown) -> dict[str, Any]:
    return paragraph([[text(fit(shown.hint, _HINT_LIMIT))]])


def _page(shown: Shown, address: str) -> dict[str, Any]:
    # Slack opens the address, and tells us all the same that it was pressed.
    opening = button(shown.label, PROOF_PAGE, "open", says=shown.label, style="primary")
    return actions([opening | {"url": address}])
