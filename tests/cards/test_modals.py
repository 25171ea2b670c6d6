from dataclasses import replace

import pytest
from hypothesis import given, settings

from powertrip.cards import CALLBACK, INPUT, INPUT_BLOCK, reason_modal
from powertrip.domain.decision import Verdict
from powertrip.domain.event import Event
from tests.cards.hostile import events
from tests.cards.reading import view_objections, view_read
from tests.cards.states import followed
from tests.samples import event


def test_a_reason_is_asked_with_the_event_in_sight() -> None:
    view = reason_modal(event(), Verdict.APPROVE, '{"ref": "k.1"}')

    assert view["title"]["text"] == "Approve with a reason"
    assert view["private_metadata"] == '{"ref": "k.1"}'
    assert view_read(view) == [
        "SSH login as alice on bastion-1",
        "From: 192.0.2.10",
        "When: 2026-01-15 12:00:00 UTC",
        "Severity: medium",
        "Why is this right? ____",
    ]


def test_closing_asks_what_was_found() -> None:
    view = reason_modal(event(), Verdict.CLOSE, "")

    assert view["title"]["text"] == "Close a denied event"
    assert view_read(view)[-1] == "What was found, and what was done? ____"
    left = replace(event(), follow_up=followed(event()))
    asked = view_read(reason_modal(left, Verdict.CLOSE, ""))[-1]
    assert asked == "What was found and done, and why is the rest waived? ____"


def test_what_is_typed_is_found_under_the_published_names() -> None:
    view = reason_modal(event(), Verdict.APPROVE, "")

    assert view["callback_id"] == CALLBACK
    (block,) = [block for block in view["blocks"] if block["type"] == "input"]
    assert (block["block_id"], block["element"]["action_id"]) == (INPUT_BLOCK, INPUT)
    assert "optional" not in block


@pytest.mark.parametrize("verdict", Verdict)
@settings(derandomize=True)
@given(hostile=events())
def test_slack_takes_every_window(verdict: Verdict, hostile: Event) -> None:
    assert view_objections(reason_modal(hostile, verdict, "x" * 3000)) == []
