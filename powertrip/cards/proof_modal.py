"""The window in which an approval is proven: a field, or a button to the page where that is done."""

from collections.abc import Sequence
from typing import Any

from powertrip.cards.blocks import Block, actions, button, paragraph, plain, text
from powertrip.cards.modals import about
from powertrip.cards.text import fit
from powertrip.domain.event import Event
from powertrip.domain.proof import IN_WORDS, ProofKind, Shown

PROOF_CALLBACK = "prove"
PROOF_BLOCK, PROOF_INPUT = "proof", "typed"
PROOF_PAGE = "proof_page"
PROOF_OTHERWISE = "proof_otherwise"
TYPED_LIMIT = 300
_HINT_LIMIT = 2000
_PROOF = (
    "🔐 Approving this takes a proof that Slack cannot give.",
    "It is good for this approval alone, within five minutes. Deny never takes one.",
)
_TYPED = ("⌨️ This event matters: nobody should approve it without reading it. Deny needs no typing.",)


def proof_modal(
    event: Event, kind: ProofKind, shown: Shown, private_metadata: str, others: Sequence[ProofKind] = ()
) -> dict[str, Any]:
    """The view that asks for it; what is typed is `proof_KIND`/`typed` in its state.

    One of the `others` may be chosen instead, and is `proof_otherwise`/`kind`.
    """
    view: dict[str, Any] = {
        "type": "modal",
        "callback_id": PROOF_CALLBACK,
        "private_metadata": private_metadata,
        "title": plain("Prove it to approve" if shown.is_proof else "Type it to approve", 24),
        "close": plain("Go back", 24),
    }
    why = paragraph([[text(line)] for line in (_PROOF if shown.is_proof else _TYPED)])
    return with_proof(view, [about(event), why], kind, shown, others, submit="Approve")


def with_proof(
    view: dict[str, Any],
    blocks: Sequence[Block],
    kind: ProofKind,
    shown: Shown,
    others: Sequence[ProofKind],
    *,
    submit: str,
) -> dict[str, Any]:
    """The view with these blocks, and below them how it is proven, or another way."""
    otherwise = [_otherwise(others)] if others else []
    if shown.address is not None:
        if others:
            view["submit"] = plain("Another way", 24)
        return view | {"blocks": [*blocks, _hint(shown), _page(shown, shown.address), *otherwise]}
    field = _field(kind, shown, is_optional=bool(others))
    return view | {"submit": plain(submit, 24), "blocks": [*blocks, field, *otherwise]}


def proof_over_modal(why: str) -> dict[str, Any]:
    """What takes the place of a window in which nothing can be typed any more."""
    return {
        "type": "modal",
        "title": plain("This window is over", 24),
        "close": plain("Close", 24),
        "blocks": [paragraph([[text(line)] for line in f"⛔ {why}".splitlines()])],
    }


def _otherwise(kinds: Sequence[ProofKind]) -> dict[str, Any]:
    def option(kind: ProofKind) -> dict[str, Any]:
        words = IN_WORDS[kind]
        return {"text": plain(words[0].upper() + words[1:], 75), "value": kind.value}

    return {
        "type": "input",
        "block_id": PROOF_OTHERWISE,
        "optional": True,
        "label": plain("Or prove it another way", 100),
        "element": {
            "type": "radio_buttons",
            "action_id": "kind",
            "options": [option(kind) for kind in kinds],
        },
    }


def _field(kind: ProofKind, shown: Shown, *, is_optional: bool) -> dict[str, Any]:
    return {
        "type": "input",
        # Slack keeps what was typed in a block of the same id, also when another window takes its place.
        "block_id": f"{PROOF_BLOCK}_{kind}",
        "optional": is_optional,
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
    opening = button(shown.label, PROOF_PAGE, "open", style="primary")
    return actions([opening | {"url": address}])
