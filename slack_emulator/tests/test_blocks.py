"""Block Kit's limits: the largest that goes, and what Slack says one step further."""

from typing import Any

import pytest

from slack_emulator.blocks import check_attachments, check_blocks, check_view, normalised

Json = dict[str, Any]


def plain(length: int) -> Json:
    return {"type": "plain_text", "text": "x" * length}


def mrkdwn(length: int) -> Json:
    return {"type": "mrkdwn", "text": "x" * length}


def button(**more: object) -> Json:
    return {"type": "button", "text": plain(5), **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def confirm(title: int = 100, text: int = 300, answer: int = 30) -> Json:
    return {"title": plain(title), "text": mrkdwn(text), "confirm": plain(answer), "deny": plain(answer)}


def option(text: int = 75, value: int = 150) -> Json:
    return {"text": plain(text), "value": "x" * value}


def rich(*pieces: Json) -> Json:
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": list(pieces)}],
    }


IMAGE: Json = {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "x"}

PAIRS: list[tuple[str, list[Json], list[Json]]] = [
    ("blocks", [{"type": "divider"}] * 50, [{"type": "divider"}] * 51),
    (
        "section text",
        [{"type": "section", "text": mrkdwn(3000)}],
        [{"type": "section", "text": mrkdwn(3001)}],
    ),
    ("empty text", [{"type": "section", "text": mrkdwn(1)}], [{"type": "section", "text": mrkdwn(0)}]),
    (
        "fields",
        [{"type": "section", "fields": [mrkdwn(2000)] * 10}],
        [{"type": "section", "fields": [mrkdwn(2000)] * 11}],
    ),
    (
        "field text",
        [{"type": "section", "fields": [mrkdwn(2000)]}],
        [{"type": "section", "fields": [mrkdwn(2001)]}],
    ),
    ("header", [{"type": "header", "text": plain(150)}], [{"type": "header", "text": plain(151)}]),
    ("header kind", [{"type": "header", "text": plain(1)}], [{"type": "header", "text": mrkdwn(1)}]),
    (
        "context",
        [{"type": "context", "elements": [mrkdwn(9)] * 10}],
        [{"type": "context", "elements": [mrkdwn(9)] * 11}],
    ),
    ("actions", [actions(*[button()] * 25)], [actions(*[button()] * 26)]),
    ("button text", [actions(button(text=plain(75)))], [actions(button(text=plain(76)))]),
    ("button value", [actions(button(value="x" * 2000))], [actions(button(value="x" * 2001))]),
    ("button style", [actions(button(style="danger"))], [actions(button(style="default"))]),
    ("button url", [actions(button(url="https://example.com"))], [actions(button(url="example"))]),
    ("action_id", [actions(button(action_id="x" * 255))], [actions(button(action_id="x" * 256))]),
    (
        "action_id twice",
        [actions(button(action_id="a")), actions(button(action_id="a"))],
        [actions(button(action_id="a"), button(action_id="a"))],
    ),
    (
        "block_id twice",
        [{"type": "divider", "block_id": "a"}, {"type": "divider", "block_id": "b"}],
        [{"type": "divider", "block_id": "a"}, {"type": "divider", "block_id": "a"}],
    ),
    ("confirm title", [actions(button(confirm=confirm()))], [actions(button(confirm=confirm(title=101)))]),
    ("confirm text", [actions(button(confirm=confirm()))], [actions(button(confirm=confirm(text=301)))]),
    ("confirm answer", [actions(button(confirm=confirm()))], [actions(button(confirm=confirm(answer=31)))]),
    (
        "label",
        [actions(button(accessibility_label="x" * 75))],
        [actions(button(accessibility_label="x" * 76))],
    ),
    (
        "overflow",
        [actions({"type": "overflow", "options": [option()] * 5})],
        [actions({"type": "overflow", "options": [option()] * 6})],
    ),
    (
        "options",
        [actions({"type": "static_select", "options": [option()] * 100})],
        [actions({"type": "static_select", "options": [option()] * 101})],
    ),
    (
        "option value",
        [actions({"type": "static_select", "options": [option(value=150)]})],
        [actions({"type": "static_select", "options": [option(value=151)]})],
    ),
    ("image", [IMAGE], [{"type": "image", "alt_text": "x"}]),
    ("image address", [IMAGE], [IMAGE | {"image_url": "javascript:alert(1)"}]),
    ("alt text", [IMAGE | {"alt_text": "x" * 2000}], [IMAGE | {"alt_text": "x" * 2001}]),
    ("rich text", [rich({"type": "text", "text": "x"})], [rich({"type": "text"})]),
    ("rich element", [rich({"type": "user", "user_id": "U1"})], [rich({"type": "userx", "user_id": "U1"})]),
    (
        "rich style",
        [rich({"type": "text", "text": "x", "style": {"bold": True}})],
        [rich({"type": "text", "text": "x", "style": {"loud": True}})],
    ),
    (
        "unknown field",
        [{"type": "section", "text": mrkdwn(1)}],
        [{"type": "section", "text": mrkdwn(1), "color": "red"}],
    ),
    ("markdown", [{"type": "markdown", "text": "x" * 12_000}], [{"type": "markdown", "text": "x" * 12_001}]),
]


@pytest.mark.parametrize(("_name", "fits", "too_much"), PAIRS, ids=[pair[0] for pair in PAIRS])
def test_the_limit_itself_fits_and_one_step_more_does_not(
    _name: str, fits: list[Json], too_much: list[Json]
) -> None:
    assert check_blocks(fits) == []
    assert check_blocks(too_much) != []


def test_a_problem_says_where_it_is() -> None:
    assert check_blocks([{"type": "divider"}, {"type": "header", "text": plain(151)}]) == [
        "[ERROR] must be less than 151 characters [json-pointer:/blocks/1/text/text]"
    ]


def test_attachments_carry_blocks_and_a_colour() -> None:
    blocks = [{"type": "section", "text": mrkdwn(1)}]
    assert check_attachments([{"color": "#22a559", "blocks": blocks, "fallback": "x"}] * 100) == []
    assert check_attachments([{"blocks": blocks}] * 101) != []
    assert check_attachments([{"color": "reddish"}]) != []
    assert check_attachments([{"blocks": [{"type": "section"}]}]) != []


def modal(**more: object) -> Json:
    return {"type": "modal", "title": plain(24), "blocks": [{"type": "divider"}], **more}


@pytest.mark.parametrize(
    ("fits", "too_much"),
    [
        (modal(), modal(title=plain(25))),
        (modal(submit=plain(24)), modal(submit=plain(25))),
        (modal(private_metadata="x" * 3000), modal(private_metadata="x" * 3001)),
        (modal(callback_id="x" * 255), modal(callback_id="x" * 256)),
        (modal(blocks=[{"type": "divider"}] * 100), modal(blocks=[{"type": "divider"}] * 101)),
        (modal(), {"type": "modal", "blocks": []}),
    ],
)
def test_a_modal_keeps_its_limits(fits: Json, too_much: Json) -> None:
    assert check_view(fits, "modal") == []
    assert check_view(too_much, "modal") != []


def test_a_modal_with_inputs_needs_a_submit_button() -> None:
    field = {"type": "input", "label": plain(5), "element": {"type": "plain_text_input"}}
    assert check_view(modal(blocks=[field], submit=plain(4)), "modal") == []
    assert check_view(modal(blocks=[field]), "modal") != []


def test_a_home_tab_is_no_modal() -> None:
    assert check_view({"type": "home", "blocks": [{"type": "divider"}]}, "home") == []
    assert check_view({"type": "home", "blocks": []}, "modal") != []


def test_ids_and_text_defaults_are_filled_in_and_what_was_given_stays() -> None:
    kept = normalised([actions(button(action_id="mine")), {"type": "section", "text": mrkdwn(1)}])
    assert kept[0]["elements"][0]["action_id"] == "mine"
    assert kept[0]["elements"][0]["text"]["emoji"] is True
    assert kept[1]["text"]["verbatim"] is False
    assert kept[0]["block_id"] != kept[1]["block_id"]
