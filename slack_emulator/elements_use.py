"""Finding the element that a person uses, and what using it looks like in a payload."""

from collections.abc import Iterator
from dataclasses import dataclass

from slack_emulator.blocks import elements_of
from slack_emulator.entities import Content, Json, Message, View
from slack_emulator.world import World


class CannotDo(Exception):
    """A person tried what Slack's client would not let them do; the text says why."""


@dataclass(frozen=True)
class Element:
    """An element where it stands: its block, and its attachment's number if it is in one."""

    block: Json
    element: Json
    attachment_id: int | None = None


def _all_in(content: Content) -> Iterator[Element]:
    yield from (Element(block, element) for block, element in elements_of(content.blocks))
    for attachment in content.attachments:
        for block, element in elements_of(attachment.get("blocks", [])):
            yield Element(block, element, attachment["id"])


def _fits(found: Element, action_id: str, value: str, block_id: str) -> bool:
    element = found.element
    if block_id and found.block.get("block_id") != block_id:
        return False
    if action_id and element.get("action_id") != action_id:
        return False
    # A value names a button, or an option of a menu.
    return not value or element.get("value") == value or _option(element, value) is not None


def in_message(message: Message, action_id: str, value: str, block_id: str, *, stale: bool) -> Element:
    """The element of a message; `stale` also looks at what the message showed before its edits.

    Raises CannotDo if there is none.
    """
    contents = [message.content, *(reversed(message.earlier) if stale else ())]
    for content in contents:
        for found in _all_in(content):
            if _fits(found, action_id, value, block_id):
                return found
    raise CannotDo(f"message {message.ts} has no element {action_id or value!r}")


def in_view(view: View, action_id: str, value: str, block_id: str) -> Element:
    """The element of a view; raises CannotDo if there is none."""
    for block, element in elements_of(view.body["blocks"]):
        found = Element(block, element)
        if _fits(found, action_id, value, block_id):
            return found
    raise CannotDo(f"view {view.id} has no element {action_id or value!r}")


def _options(element: Json) -> list[Json]:
    grouped = [option for group in element.get("option_groups", []) for option in group["options"]]
    return [*element.get("options", []), *grouped]


def _option(element: Json, value: str) -> Json | None:
    return next((option for option in _options(element) if option["value"] == value), None)


def action_json(found: Element, world: World, chosen: str) -> Json:
    """The entry of `actions`: what was pressed, or which option was chosen."""
    element = found.element
    kept = ("action_id", "type", "text", "value", "style", "placeholder", "confirm", "url")
    shape = {name: element[name] for name in kept if name in element}
    shape |= {"block_id": found.block["block_id"], "action_ts": world.next_ts()}
    if element["type"] == "button":
        return shape
    return shape | _chosen(element, chosen)


def _chosen(element: Json, value: str | list[str]) -> Json:
    kind = element["type"]
    if kind == "users_select":
        return {"selected_user": value}
    if kind == "checkboxes":
        wanted = value if isinstance(value, list) else [value]
        return {"selected_options": [option for option in _options(element) if option["value"] in wanted]}
    option = _option(element, str(value))
    if option is None:
        raise CannotDo(f"{element.get('action_id')} has no option {value!r}")
    return {"selected_option": option}


def _initial(element: Json) -> str | list[str]:
    if "initial_options" in element:
        return [option["value"] for option in element["initial_options"]]
    initial = element.get("initial_value") or element.get("initial_user")
    return str(initial or element.get("initial_option", {}).get("value", ""))


def _state_of(element: Json, value: str | list[str]) -> Json:
    if element["type"] == "plain_text_input":
        return {"type": element["type"], "value": value or None}
    empty: Json = {"users_select": {"selected_user": None}, "checkboxes": {"selected_options": []}}
    if not value:
        return {"type": element["type"], **empty.get(element["type"], {"selected_option": None})}
    return {"type": element["type"], **_chosen(element, value)}


def view_state(view: View, typed: dict[str, str | list[str]]) -> dict[str, dict[str, Json]]:
    """`state.values` for what was typed, by action id or block id; what was not keeps its initial value.

    Raises CannotDo for a name that no input has, a required input left empty, or a length out of bounds.
    """
    stateless = ("button", "overflow", "image")
    inputs = [pair for pair in elements_of(view.body["blocks"]) if pair[1]["type"] not in stateless]
    known = {name for block, element in inputs for name in (element["action_id"], block["block_id"])}
    if typed.keys() - known:
        raise CannotDo(f"the view has no input {', '.join(sorted(typed.keys() - known))}")
    state: dict[str, dict[str, Json]] = {}
    for block, element in inputs:
        names = (element["action_id"], block["block_id"])
        value = next((typed[name] for name in names if name in typed), _initial(element))
        _check_typed(block, element, value)
        state.setdefault(block["block_id"], {})[element["action_id"]] = _state_of(element, value)
    return state


def _check_typed(block: Json, element: Json, value: str | list[str]) -> None:
    if block["type"] == "input" and not value and not block.get("optional"):
        raise CannotDo(f"{block['label']['text']}: please complete this required field")
    least, most = element.get("min_length", 0), element.get("max_length", 3000)
    if value and isinstance(value, str) and not least <= len(value) <= most:
        raise CannotDo(f"{block['label']['text']}: must have {least} to {most} characters")


def buttons_of(blocks: list[Json]) -> list[Json]:
    """The buttons in these blocks, in reading order."""
    return [element for _, element in elements_of(blocks) if element["type"] == "button"]
