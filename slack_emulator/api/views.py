"""Methods that show modals and the Home tab: views.open, push, update, publish."""

import json

from slack_emulator.api.base import TIER_4, ApiError, Call, Method
from slack_emulator.blocks import check_view, normalised
from slack_emulator.entities import Json
from slack_emulator.shapes import view_json

DEEPEST_STACK = 3
LARGEST = 250_000
"""Bytes of a view, as JSON in UTF-8."""


def readable_view(view: object, kind: str) -> Json:
    """The view with ids and defaults filled in.

    Raises ApiError: invalid_arguments with Slack's reasons, or view_too_large.
    """
    problems = check_view(view, kind)
    if problems or not isinstance(view, dict):
        messages = problems or ["[ERROR] missing required field: view"]
        raise ApiError("invalid_arguments", response_metadata={"messages": messages})
    if (
        len(json.dumps(view, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"))
        > LARGEST
    ):
        raise ApiError("view_too_large")
    return {**view, "blocks": normalised(view["blocks"])}


def _view_argument(call: Call, kind: str) -> Json:
    return readable_view(call.args.structure("view", "invalid_arguments"), kind)


def _spend_trigger(call: Call) -> str:
    user, error = call.world.spend_trigger(call.args.required("trigger_id"))
    if error:
        raise ApiError(error)
    return user


async def views_open(call: Call) -> Json:
    body = _view_argument(call, "modal")
    # After the check: a view that is refused does not cost the trigger.
    user = _spend_trigger(call)
    call.world.close_modals(user, everything=True)
    view = call.world.new_view(user, body)
    call.world.push_modal(view)
    return {"view": view_json(view, call.world)}


async def views_push(call: Call) -> Json:
    """Put a modal on top of the one that is open; three is the most."""
    body = _view_argument(call, "modal")
    user = _spend_trigger(call)
    if len(call.world.modals.get(user, [])) >= DEEPEST_STACK:
        raise ApiError("push_limit_reached")
    view = call.world.new_view(user, body)
    call.world.push_modal(view)
    return {"view": view_json(view, call.world)}


async def views_update(call: Call) -> Json:
    external = call.args.text("external_id")
    # Only what is open can be updated; a closed modal is not found.
    shown = [call.world.views[view_id] for stack in call.world.modals.values() for view_id in stack]
    wanted = (
        view
        for view in shown
        if view.id == call.args.text("view_id") or (external and view.body.get("external_id") == external)
    )
    view = next(wanted, None)
    if view is None:
        raise ApiError("not_found")
    if "hash" in call.args and call.args.text("hash") != view.hash:
        raise ApiError("hash_conflict")
    call.world.replace_view(view, _view_argument(call, "modal"))
    return {"view": view_json(view, call.world)}


async def views_publish(call: Call) -> Json:
    body = _view_argument(call, "home")
    if not call.world.app.has_home_tab:
        raise ApiError("not_enabled")
    user = call.args.required("user_id")
    if user not in call.world.users:
        raise ApiError("user_not_found")
    shown = call.world.homes.get(user)
    if shown and "hash" in call.args and call.args.text("hash") != shown.hash:
        raise ApiError("hash_conflict")
    home = shown or call.world.homes.setdefault(user, call.world.new_view(user, body))
    call.world.replace_view(home, body)
    return {"view": view_json(home, call.world)}


METHODS = {
    "views.open": Method(views_open, TIER_4),
    "views.push": Method(views_push, TIER_4),
    "views.update": Method(views_update, TIER_4),
    "views.publish": Method(views_publish, TIER_4),
}
